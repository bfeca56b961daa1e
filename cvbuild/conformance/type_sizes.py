"""Rules on type: its size and its fonts.

A PDF does not say what is a caption and what a note. Sizes for them are compared with
all text: it holds where every character is large enough for the strictest of them,
fails where one is too small for any, and is not measurable between the two. The body
is the size in which most characters are set; headings are lines in a larger size.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from cvbuild.conformance.families import family_of, named
from cvbuild.conformance.subject import TOLERANCE, Measurement, Subject, at, unless_unread
from cvbuild.model.rules import AllowedFonts, Length, MinFontSize
from cvbuild.pdf.lines import lines_of
from cvbuild.pdf.types import Run
from cvbuild.phrases import counted
from cvbuild.record import Record

ROLES = ("body", "headings", "tables", "captions", "notes")
SMALLEST = ("captions", "notes")
"""Nothing has a reason to be smaller than these."""


class _Text(Record):
    """A run with its page."""

    page: int
    run: Run
    size: float


def _sized(subject: Subject) -> tuple[list[_Text], int]:
    """All painted text whose size is known, and how many characters there are without."""
    known, unknown = [], 0
    for page in subject.pdf.pages:
        for run in page.visible:
            if run.size is None:
                unknown += run.characters
            else:
                known.append(_Text(page.number, run, run.size))
    return known, unknown


def min_font_size(rule: MinFontSize, subject: Subject) -> Iterator[Measurement]:
    """The least size of any text, of text by its role, and of text by its family."""
    texts, unknown = _sized(subject)
    if rule.any is not None:
        yield _of_all(texts, unknown, rule.any, "any text", subject)
    for family, least in rule.families.items():
        same = [text for text in texts if family_of(text.run.font.name) == named(family)]
        if same:
            yield _of_all(same, 0, least, family, subject)
    if rule.families:
        yield from _of_other_families(rule, texts)
    roles = {role: least for role in ROLES if (least := getattr(rule, role)) is not None}
    yield from _by_role(roles, texts, unknown, subject)


def _of_other_families(rule: MinFontSize, texts: list[_Text]) -> Iterator[Measurement]:
    """Text in a family for which no size is given."""
    given = {named(family) for family in rule.families}
    others = [text for text in texts if family_of(text.run.font.name) not in given]
    sizes = ", ".join(f"{family} {least}" for family, least in rule.families.items())
    if others:
        fonts = _listed([text.run.font.name for text in others])
        where = at(others[0].page, others[0].run.text)
        yield Measurement(None, f"at least {sizes}", f"no size is given for {fonts}", where)
    elif not texts:
        yield Measurement(None, f"at least {sizes}", "no text")


def _of_all(texts: list[_Text], unknown: int, least: Length, what: str, subject: Subject) -> Measurement:
    required = f"{what} {least} or larger"
    if not texts:
        return Measurement(None, required, "no text whose size can be told")
    smallest, small = min(texts, key=lambda text: text.size), _smaller(texts, least)
    if small:
        return Measurement(False, required, _too_small(small, least), _where(small))
    holds, where = unless_unread(True, subject)
    if unknown:
        return Measurement(None, required, f"{unknown} characters in a font without a name", where)
    return Measurement(holds, required, f"{least.of(smallest.size)} the smallest", where)


def _smaller(texts: list[_Text], least: Length) -> list[_Text]:
    return [text for text in texts if text.size < least.bp - TOLERANCE]


def _too_small(small: list[_Text], least: Length) -> str:
    """`10.91 pt (1204 characters), 7.97 pt (3)`: the sizes that are too small, most used first."""
    sizes: Counter[str] = Counter()
    for text in small:
        sizes[least.of(text.size)] += text.run.characters
    listing = ", ".join(f"{size} ({counted(number, 'character')})" for size, number in sizes.most_common(3))
    return f"{listing} and other sizes" if len(sizes) > 3 else listing


def _where(small: list[_Text]) -> str:
    """The first place of each of the sizes that are too small, at most two."""
    places = {round(text.size, 2): text for text in reversed(small)}
    shown = sorted(places.values(), key=lambda text: text.size)[:2]
    return "; ".join(dict.fromkeys(at(text.page, text.run.text) for text in shown))


def _by_role(
    roles: Mapping[str, Length], texts: list[_Text], unknown: int, subject: Subject
) -> Iterator[Measurement]:
    if not roles:
        return
    least_of_all = min(roles.values(), key=lambda length: length.bp)
    main = _main_size(texts)
    for role, least in roles.items():
        required = f"{role} {least} or larger"
        small = _smaller(texts, least)
        if not texts or (unknown and not small):
            yield _of_all(texts, unknown, least, role, subject)
        elif not small:
            holds, where = unless_unread(True, subject)
            yield Measurement(holds, required, "no text is smaller", where)
        elif role == "body" and main < least.bp - TOLERANCE:
            yield Measurement(False, required, f"{least.of(main)}, in which most is set", _where(small))
        elif role == "headings":
            yield _headings(least, main, subject)
        elif role in SMALLEST and least.bp <= least_of_all.bp:
            yield Measurement(
                False, required, f"too small for anything: {_too_small(small, least)}", _where(small)
            )
        else:
            yield Measurement(
                None,
                required,
                f"whether this is {role} cannot be told: {_too_small(small, least)}",
                _where(small),
            )


def _main_size(texts: list[_Text]) -> float:
    sizes: Counter[float] = Counter()
    for text in texts:
        sizes[round(text.size, 2)] += text.run.characters
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _headings(least: Length, main: float, subject: Subject) -> Measurement:
    required = f"headings {least} or larger"
    lines = [
        (page.number, line)
        for page in subject.pdf.pages
        for line in lines_of(page)
        if line.size > main + TOLERANCE
    ]
    if not lines:
        return Measurement(None, required, "no line is larger than the text, so none can be told")
    number, smallest = min(lines, key=lambda item: item[1].size)
    holds = smallest.size >= least.bp - TOLERANCE
    return Measurement(holds, required, f"{least.of(smallest.size)} the smallest", at(number, smallest.text))


def allowed_fonts(rule: AllowedFonts, subject: Subject) -> Iterator[Measurement]:
    """Which families the text is set in.

    Word processors take bullets and arrows from a font of signs, and so does TeX's
    mathematics: where only such signs are in another font, a person has to judge.
    """
    names = list(map(str, rule.families))
    families = " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    required = families + (" or similar" if rule.or_similar else "")
    wanted = {named(family) for family in rule.families}
    used: Counter[str] = Counter()
    first: dict[str, str] = {}
    for page in subject.pdf.pages:
        for run in page.visible:
            is_sign = not any(letter.isalnum() for letter in run.text)
            name = run.font.name or UNNAMED
            if is_sign and family_of(name) not in wanted:
                name = f"{SIGNS}{name}"
            used[name] += run.characters
            first.setdefault(name, at(page.number, run.text))
    if not used:
        yield Measurement(None, required, "no text")
        return
    others = [name for name, _ in used.most_common() if family_of(name) not in wanted]
    if not others:
        holds, where = unless_unread(True, subject)
        yield Measurement(holds, required, _listed([name for name, _ in used.most_common()]), where)
        return
    certain = [name for name in others if name != UNNAMED and not name.startswith(SIGNS)]
    if certain and not rule.or_similar:
        yield Measurement(False, required, _listed(certain), first[certain[0]])
    else:
        yield Measurement(None, required, f"{_listed(others)}: to be judged", first[others[0]])


UNNAMED = "a font without a name"
SIGNS = "signs in "


def _listed(names: list[str]) -> str:
    """Fonts without their styles, most used first."""
    names = list(dict.fromkeys(re.split(r"[-,]", name)[0] for name in names))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
