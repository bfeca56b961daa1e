"""Rules on what is said: unwanted words and fields, links, cut lists of authors, the language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from cvbuild.content.reader import NotEmpty
from cvbuild.content.values import Word
from cvbuild.funders.content_rules import texts_of
from cvbuild.funders.rule import Language, Measurement, Pattern, Rule, Subject, at, of_text, on_pages
from cvbuild.pdf.types import Mark
from cvbuild.words import counted

_AROUND = 20
"""Characters of the text around a find that are shown."""

_ET_AL = r"\bet\.?\s?al\b\.?|\bu\.\s?a\.|\band others\b|\bund andere\b|\by otros\b"

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

# A web address as people print it: with its scheme, or with www before it.
_PRINTED = re.compile(r"\b(?:https?://|www\.)[^\s<>“”\"]*[^\s<>“”\".,;:)\]]", re.IGNORECASE)
_DOI = re.compile(r"(https?://)?(dx\.)?doi\.org/10\.", re.IGNORECASE)
# Of these it is known what they are: a work, a person, a mailbox, a telephone.
_NO_MEDIUM = re.compile(r"(https?://)?(dx\.)?(doi\.org|orcid\.org)/|mailto:|tel:", re.IGNORECASE)


class ForbidFields(Rule, kw_only=True):
    """What is not to be said of a person.

    A field without its name cannot be told on a PDF: a date of birth is a date, an
    address a home's or an office's.
    """

    fields: Annotated[
        tuple[Literal["photo", "birth date", "home address", "marital status"], ...], NotEmpty()
    ]

    def _measure_all(self, subject: Subject) -> Iterator[Measurement]:
        for name in self.fields:
            if name == "photo":
                yield _photo(subject)
                continue
            found = _absent(name, _FIELDS[name], subject)
            yield (found.holds and _from_content(name, subject)) or found

    def _remedy(self) -> str:
        return "take it out of the content"


def _from_content(name: str, subject: Subject) -> Measurement | None:
    """What the owner's keys say of a field that the PDF does not name; None where they leave it at that."""
    required = f"no {name}"
    if subject.selected is None:
        return Measurement(None, required, "no words for it found; a bare one cannot be told")
    owner = subject.selected.settings.owner
    if name == "birth date" and owner.born is not None:
        if _squeezed(str(owner.born.in_language(subject.language))) in _squeezed(subject.pdf.text):
            return Measurement(False, required, "`born` is printed", span=owner.span_of("born"))
    elif name == "home address" and owner.address is not None:
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
        return of_text(subject, True, "no photo", "no image")
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


class ForbidPatterns(Rule, kw_only=True):
    """Wording that is not to be used; as regular expressions, capitals or not."""

    patterns: Annotated[dict[str, Pattern], "By what each finds: `h-index`.", NotEmpty()]

    def _measure_all(self, subject: Subject) -> Iterator[Measurement]:
        for name, pattern in self.patterns.items():
            yield _absent(name, pattern, subject)

    def _remedy(self) -> str:
        return "reword it, or keep its item out of the variant: `except: [NAME]` at the item"


def _absent(name: str, pattern: str, subject: Subject) -> Measurement:
    """A pattern on the PDF's text; with its place in the content where that is known."""
    wanted = re.compile(pattern, re.IGNORECASE)
    found = [(page.number, match) for page in subject.pdf.pages for match in wanted.finditer(page.text)]
    required = f"no {name}"
    if not found:
        return of_text(subject, True, required, "none found")
    number, match = found[0]
    before = match.string[: match.start()][-_AROUND:].partition(" ")[2]
    after = match.string[match.end() :][:_AROUND].rpartition(" ")[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    typed = (
        span.first_line()
        for section in (subject.selected.sections if subject.selected else ())
        for text, span in texts_of(section, subject)
        if wanted.search(text)
    )
    where = at(number, before + match[0] + after)
    return Measurement(False, required, f"“{match[0]}”{more}", where, next(typed, None))


class Links(Rule, kw_only=True):
    """Which links there may be, clickable or printed."""

    allowed: Literal["none", "doi"]
    unless: Annotated[Word | None, "What other links may lead to; a person has to see to it."] = None

    def _measure(self, subject: Subject) -> Measurement:
        required = "no links" if self.allowed == "none" else "no links but DOIs"
        if self.unless is not None:
            required += f" but to {self.unless}"
        found = list(_addresses(subject))
        if self.allowed == "doi":
            found = [(address, number) for address, number in found if not _DOI.match(address)]
        if not found:
            return of_text(subject, True, required, "none found")
        certain = [item for item in found if self.unless is None or _NO_MEDIUM.match(item[0])]
        address, number = (certain or found)[0]
        measured = counted(len(found), "link")
        if certain:
            return Measurement(False, required, measured, at(number, address))
        return Measurement(None, required, f"{measured}: look where they lead", at(number, address))

    def _remedy(self) -> str:
        return "`layout: {links: false}` prints addresses as text"


def _addresses(subject: Subject) -> Iterator[tuple[str, int]]:
    """Every address with its page: of link annotations, and as printed where none leads there."""
    for page in subject.pdf.pages:
        for address in page.links:
            yield address, page.number
        for match in _PRINTED.finditer(page.text):
            bare = re.sub(r"^https?://", "", match[0], flags=re.IGNORECASE)
            if not any(bare in address for address in page.links):
                yield match[0], page.number


class EtAlForbidden(Rule, kw_only=True):
    """All authors are named."""

    def _measure(self, subject: Subject) -> Measurement:
        return _absent("“et al.”, all authors named", _ET_AL, subject)

    def _remedy(self) -> str:
        return "take `max_authors` out of the section of kind `publications`"


class DocumentLanguage(Rule, kw_only=True):
    """The languages that the document may be in."""

    languages: Annotated[tuple[Language, ...], NotEmpty()]

    def _measure(self, subject: Subject) -> Measurement:
        """The language that the variant is made in, else the one that the PDF names (/Lang)."""
        required = " or ".join(self.languages)
        code = subject.language or subject.pdf.language
        if not code:
            return Measurement(None, required, "the PDF does not say")
        return Measurement(code.split("-")[0].casefold() in self.languages, required, code)

    def _remedy(self) -> str:
        return f"`lang: {self.languages[0]}`"


class ByEye(Rule, kw_only=True):
    """What only a person can see to; it is listed, and never counts as passed."""

    is_of_file = True

    what: Word

    def _measure(self, subject: Subject) -> Measurement:
        return Measurement(None, str(self.what), "to be seen to by a person")
