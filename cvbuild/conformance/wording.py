"""Rules on what is said: unwanted words and fields, cut lists of authors, the language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cvbuild.conformance.content import texts
from cvbuild.conformance.subject import Measurement, Subject, at, on_pages, unless_unread
from cvbuild.model.rules import DocumentLanguage, EtAlForbidden, ForbidFields, ForbidPatterns
from cvbuild.pdf.types import Mark
from cvbuild.source import Span

_AROUND = 20
"""Characters of the text around a find that are shown."""

_ET_AL = re.compile(r"\bet\.?\s?al\b\.?|\bu\.\s?a\.|\band others\b|\bund andere\b|\by otros\b", re.IGNORECASE)

_FIELDS = {
    "birth date": r"\bborn\b|\b(date of birth|birth ?date|birthday)\b|\bgeb(oren|\.)\s|\bgeburtsdatum\b"
    r"|\bnée? le\b|\bdate de naissance\b|\bfecha de nacimiento\b|\bdata di nascita\b|\bgeboortedatum\b",
    "home address": r"\b(home|private|residential) address\b|\b(privat|wohn)(adresse|anschrift)\b"
    r"|\badresse personnelle\b|\bdomicilio\b",
    "marital status": r"\bmarital status\b|\b(un)?married\b|\bfamilienstand\b|\b(verheiratet|ledig)\b"
    r"|\bétat civil\b|\bestado civil\b|\bstato civile\b|\bburgerlijke staat\b",
}
"""Words that name a field, in a few languages."""

_PHOTO_SIDE = 40.0
"""In bp: a smaller image is no photo."""


def forbid_patterns(rule: ForbidPatterns, subject: Subject) -> Iterator[Measurement]:
    """Each pattern on the PDF's text; with its place in the content where that is known."""
    for name, pattern in rule.patterns.items():
        yield _absent(name, re.compile(pattern, re.IGNORECASE), subject)


def et_al_forbidden(rule: EtAlForbidden, subject: Subject) -> Iterator[Measurement]:
    """Whether a list of authors is cut."""
    yield _absent("“et al.”, all authors named", _ET_AL, subject)


def _absent(name: str, pattern: re.Pattern[str], subject: Subject) -> Measurement:
    found = [(page.number, match) for page in subject.pdf.pages for match in pattern.finditer(page.text)]
    required = f"no {name}"
    if not found:
        holds, where = unless_unread(True, subject)
        return Measurement(holds, required, "none found", where)
    number, match = found[0]
    before = match.string[: match.start()][-_AROUND:].partition(" ")[2]
    after = match.string[match.end() :][:_AROUND].rpartition(" ")[0]
    around = before + match[0] + after
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return Measurement(
        False, required, f"“{match[0]}”{more}", at(number, around), _typed_at(pattern, subject)
    )


def _typed_at(pattern: re.Pattern[str], subject: Subject) -> Span | None:
    """Where the content says what a pattern finds."""
    for section in subject.selected.sections if subject.selected else ():
        for text, span in texts(section, subject):
            if pattern.search(text):
                return span.first_line()
    return None


def forbid_fields(rule: ForbidFields, subject: Subject) -> Iterator[Measurement]:
    """What a person's CV is not to say.

    A field without its name cannot be told on a PDF: a date of birth is a date, an
    address a home's or an office's.
    """
    for field in rule.fields:
        if field == "photo":
            yield _photo(subject)
            continue
        found = _absent(field, re.compile(_FIELDS[field], re.IGNORECASE), subject)
        yield _from_content(field, subject) or found if found.holds else found


def _from_content(field: str, subject: Subject) -> Measurement | None:
    """What the owner's keys say of a field that the PDF does not name; None where they leave it at that."""
    required = f"no {field}"
    if subject.selected is None:
        return Measurement(None, required, "no words for it found; a bare one cannot be told")
    owner = subject.selected.settings.owner
    if field == "birth date" and owner.born is not None:
        if _squeezed(str(owner.born.in_language(subject.language))) in _squeezed(subject.pdf.text):
            return Measurement(False, required, "`born` is printed", span=owner.span_of("born"))
    elif field == "home address" and owner.address is not None:
        return Measurement(None, required, "whether `address` is a home's cannot be told")
    return None


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


def _photo(subject: Subject) -> Measurement:
    """An upright or square image on the first page is taken for a photo; others are to be looked at."""
    images = [
        (page.number, mark)
        for page in subject.pdf.pages
        for mark in page.marks
        if mark.kind in {"image", "shading"} and min(_sides(mark)) >= _PHOTO_SIDE
    ]
    if not images:
        holds, where = unless_unread(True, subject)
        return Measurement(holds, "no photo", "no image", where)
    photos = [(number, mark) for number, mark in images if number == 1 and _is_like_a_photo(mark)]
    number, mark = (photos or images)[0]
    width, height = _sides(mark)
    measured = f"an image of {width:.0f} × {height:.0f} pt"
    if photos:
        return Measurement(False, "no photo", measured, at(number))
    return Measurement(None, "no photo", f"{measured}: look whether it is one", on_pages([number]))


def _sides(mark: Mark) -> tuple[float, float]:
    return mark.box.right - mark.box.left, mark.box.top - mark.box.bottom


def _is_like_a_photo(mark: Mark) -> bool:
    width, height = _sides(mark)
    return 0.6 <= width / height <= 1.1


def language(rule: DocumentLanguage, subject: Subject) -> Iterator[Measurement]:
    """The language that the variant is made in, else the one that the PDF names (/Lang)."""
    required = " or ".join(rule.languages)
    code = subject.language or subject.pdf.language
    if not code:
        yield Measurement(None, required, "the PDF does not say")
        return
    yield Measurement(code.split("-")[0].casefold() in rule.languages, required, code)
