"""Rules on type: its size, its fonts, and the distance of lines.

A PDF does not say what is a caption and what a note. Sizes for them are compared with
all text: it holds where every character is large enough for the strictest of them,
fails where one is too small for any, and is not measurable between the two. The body
is the size in which most characters are set; headings are lines in a larger size.

Lines are measured from baseline to baseline. Two lines count where one stands under the
other in the same column; superscripts and subscripts are no lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated

from cvbuild.content.values import Words
from cvbuild.funders.rule import TOLERANCE, Length, Measure, Measurement, Rule, Subject, at, of_text
from cvbuild.pdf.lines import Leading, leadings, lines_of
from cvbuild.pdf.types import Run
from cvbuild.record import Record, field
from cvbuild.words import counted

_ROLES = ("body", "headings", "tables", "captions", "notes")
_SMALLEST = ("captions", "notes")
"""Nothing has a reason to be smaller than these."""

_UNNAMED = "a font without a name"
_SIGNS = "signs in "

_INCH = 72.0
_NO_PAIRS = "no two lines stand one under the other"

_THEMES = {"Arial": "sans", "Times New Roman": "times", "Palatino Linotype": "classic"}
"""The themes with the widths of a family."""

# A family and those made to its widths and shapes, as distributions name them.
_ALIKE: dict[str, str] = {
    "Arial": "arial helvetica texgyreheros qtheros qhv nimbussans nimbussanl liberationsans arimo",
    "Times New Roman": "timesnewroman times texgyretermes qttermes qtm nimbusroman nimbusromno9l"
    " liberationserif tinos",
    "Palatino Linotype": "palatinolinotype palatino texgyrepagella qtpagella qpl urwpalladio"
    " urwpalladiol p052",
    "Courier New": "couriernew courier texgyrecursor qtcursor qcr nimbusmono nimbusmonl nimbusmonops"
    " liberationmono cousine",
    "Calibri": "calibri carlito",
    "Computer Modern": "computermodern latinmodern",
}
_FAMILY = {alias: family for family, aliases in _ALIKE.items() for alias in aliases.split()}

# These two are compiled when a PDF is measured, not for every call that reads a profile.
# What a name may have behind its family's: style, weight, foundry. Not a width: Arial Narrow is another.
_STYLES = (
    r"(regular|regu|reg|roman|roma|book|medium|medi|normal|semibold|demi|bold|italic|ital|oblique|obli|slanted"
    r"|smallcaps|caps|math|ps|mt|std|pro|otf|ttf|bd|bi|it|r|b|i|z)*(\d*)"
)
# Knuth's names (cmr10, cmbx12), Latin Modern's (LMRoman10-Regular) and cm-super's (SFRM1095).
_COMPUTER_MODERN = (
    r"cm(r|bx|b|ti|bxti|sl|bxsl|csc|ss|ssi|ssbx|ssdc|tt|itt|sltt|tcsc|mi|mib|sy|bsy|ex|u|ff|fi|dunh)\d+"
    r"|lm(roman|sans|sansquot|mono|monolt|monoprop|math|mathitalic|mathsymbols|mathextension)[a-z]*\d+[a-z]*"
    r"|sf(rm|bx|ti|bi|sl|bl|cc|ss|si|sx|so|tt|it|st|tc)\d{4}"
)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


@lru_cache(maxsize=256)
def family_of(name: str) -> str:
    """The family of a font by its name in a PDF; where none is known, the name without its style."""
    bare = _bare(name)
    if re.fullmatch(_COMPUTER_MODERN, bare):
        return "Computer Modern"
    for alias in sorted(_FAMILY, key=len, reverse=True):
        if bare.startswith(alias) and re.fullmatch(_STYLES, bare[len(alias) :]):
            return _FAMILY[alias]
    first = re.split(r"[-,]", name)[0]
    return name if _bare(first) in _FAMILY else first  # Arial-Black is no Arial


def named(family: str) -> str:
    """A family as a profile names it, under the name that `family_of` gives it."""
    return _FAMILY.get(_bare(family), str(family))


class _Text(Record):
    """A run whose size is known, with its page."""

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


class MinFontSize(Rule, kw_only=True):
    """The least size of type: of any text, by what the text is, or by the family of its font."""

    one_of = ("any", *_ROLES, "families")
    is_in_lengths = True

    any: Measure | None = None
    body: Measure | None = None
    headings: Measure | None = None
    tables: Measure | None = None
    captions: Measure | None = None
    notes: Measure | None = None
    families: dict[str, Measure] = field(default_factory=dict)

    def _measure_all(self, subject: Subject) -> Iterator[Measurement]:
        texts, unknown = _sized(subject)
        if self.any is not None:
            yield _of_all(texts, unknown, self.any, "any text", subject)
        for family, least in self.families.items():
            same = [text for text in texts if family_of(text.run.font.name) == named(family)]
            if same:
                yield _of_all(same, 0, least, family, subject)
        if self.families:
            yield from self._of_other_families(texts)
        roles = {role: least for role in _ROLES if (least := getattr(self, role)) is not None}
        for role, least in roles.items():
            is_least = role in _SMALLEST and least.bp <= min(length.bp for length in roles.values())
            yield _of_role(role, least, is_least, texts, unknown, subject)

    def _of_other_families(self, texts: list[_Text]) -> Iterator[Measurement]:
        """Text in a family for which no size is given."""
        given = {named(family) for family in self.families}
        others = [text for text in texts if family_of(text.run.font.name) not in given]
        required = "at least " + ", ".join(f"{family} {least}" for family, least in self.families.items())
        if others:
            fonts = _listed([text.run.font.name for text in others])
            where = at(others[0].page, others[0].run.text)
            yield Measurement(None, required, f"no size is given for {fonts}", where)
        elif not texts:
            yield Measurement(None, required, "no text")

    def _remedy(self) -> str:
        sizes = (self.any, *(getattr(self, role) for role in _ROLES), *self.families.values())
        largest = round(max(length.bp for length in sizes if length is not None), 2)
        return (
            f"`layout: {{font_size: {largest:g}}}` with `theme: sans` or `theme: times`,"
            " which set everything at least as large"
        )


def _of_all(texts: list[_Text], unknown: int, least: Length, what: str, subject: Subject) -> Measurement:
    required = f"{what} {least} or larger"
    if not texts:
        return Measurement(None, required, "no text whose size can be told")
    if small := _smaller(texts, least):
        return Measurement(False, required, _too_small(small, least), _where(small))
    if unknown:
        return of_text(subject, None, required, f"{unknown} characters in a font without a name")
    return of_text(subject, True, required, f"{least.of(min(text.size for text in texts))} the smallest")


def _of_role(
    role: str, least: Length, is_least: bool, texts: list[_Text], unknown: int, subject: Subject
) -> Measurement:
    """`is_least` says that nothing may be smaller than this role."""
    required = f"{role} {least} or larger"
    small = _smaller(texts, least)
    if not texts or (unknown and not small):
        return _of_all(texts, unknown, least, role, subject)
    if not small:
        return of_text(subject, True, required, "no text is smaller")
    sizes: Counter[float] = Counter()
    for text in texts:
        sizes[round(text.size, 2)] += text.run.characters
    main = sizes.most_common(1)[0][0]
    if role == "body" and main < least.bp - TOLERANCE:
        return Measurement(False, required, f"{least.of(main)}, in which most is set", _where(small))
    if role == "headings":
        return _headings(required, least, main, subject)
    if is_least:
        measured = f"too small for anything: {_too_small(small, least)}"
        return Measurement(False, required, measured, _where(small))
    measured = f"whether this is {role} cannot be told: {_too_small(small, least)}"
    return Measurement(None, required, measured, _where(small))


def _headings(required: str, least: Length, main: float, subject: Subject) -> Measurement:
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


def _listed(names: list[str]) -> str:
    """Fonts without their styles, most used first."""
    names = list(dict.fromkeys(re.split(r"[-,]", name)[0] for name in names))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


class AllowedFonts(Rule, kw_only=True):
    """The families of fonts that text may be in.

    Word processors take bullets and arrows from a font of signs, and so does TeX's
    mathematics: where only such signs are in another font, a person has to judge.
    """

    families: Words
    or_similar: Annotated[bool, "Whether a family like them will do: then others are to be judged."] = False

    def _measure(self, subject: Subject) -> Measurement:
        names = list(map(str, self.families))
        families = " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        required = families + (" or similar" if self.or_similar else "")
        wanted = {named(family) for family in self.families}
        used: Counter[str] = Counter()
        first: dict[str, str] = {}
        for page in subject.pdf.pages:
            for run in page.visible:
                is_sign = not any(letter.isalnum() for letter in run.text)
                name = run.font.name or _UNNAMED
                if is_sign and family_of(name) not in wanted:
                    name = f"{_SIGNS}{name}"
                used[name] += run.characters
                first.setdefault(name, at(page.number, run.text))
        if not used:
            return Measurement(None, required, "no text")
        found = [name for name, _ in used.most_common()]
        others = [name for name in found if family_of(name) not in wanted]
        if not others:
            return of_text(subject, True, required, _listed(found))
        certain = [name for name in others if name != _UNNAMED and not name.startswith(_SIGNS)]
        if certain and not self.or_similar:
            return Measurement(False, required, _listed(certain), first[certain[0]])
        return Measurement(None, required, f"{_listed(others)}: to be judged", first[others[0]])

    def _remedy(self) -> str:
        wanted = {named(family) for family in self.families}
        themes = [
            f"`theme: {theme}`, with the widths of {family}"
            for family, theme in _THEMES.items()
            if family in wanted
        ]
        return " or ".join(themes) or "a theme of your own in one of them; none that comes with cvbuild is"


class MinLineSpacing(Rule, kw_only=True):
    """The distance of two baselines over the size of the type on the lower one: 12 bp under 10 is 1.2."""

    is_in_lengths = True

    factor: float

    def _measure(self, subject: Subject) -> Measurement:
        required = f"{self.factor:g} or more (baseline distance / type size)"
        pairs = _pairs(subject)
        if not pairs:
            return Measurement(None, required, _NO_PAIRS)
        narrow = sum(pair.distance < self.factor * pair.lower.size - TOLERANCE for _, pair in pairs)
        page, tightest = min(pairs, key=lambda item: item[1].distance / item[1].lower.size)
        distance, size = tightest.distance, tightest.lower.size
        shown = f"{distance / size:.3f} ({distance:.2f} / {size:.2f} pt)"
        return _of_pairs(subject, required, shown, narrow, at(page, tightest.lower.text))

    def _remedy(self) -> str:
        return (
            f"`layout: {{leading: …}}`, at least {self.factor:g} times the size of type:"
            f" {self.factor * 11:g} at 11 points"
        )


class MaxLinesPerInch(Rule, kw_only=True):
    """How many lines an inch may have, if all stand as near to each other as the tightest pair."""

    is_in_lengths = True

    lines: float

    def _measure(self, subject: Subject) -> Measurement:
        required = f"at most {self.lines:g} lines an inch"
        pairs = _pairs(subject)
        if not pairs:
            return Measurement(None, required, _NO_PAIRS)
        narrow = sum(pair.distance < _INCH / self.lines - TOLERANCE for _, pair in pairs)
        page, tightest = min(pairs, key=lambda item: item[1].distance)
        shown = f"{_INCH / tightest.distance:.2f} ({tightest.distance:.2f} pt apart)"
        return _of_pairs(subject, required, shown, narrow, at(page, tightest.lower.text))

    def _remedy(self) -> str:
        return f"`layout: {{leading: {_INCH / self.lines:g}}}` or more"


def _pairs(subject: Subject) -> list[tuple[int, Leading]]:
    """Each line with the one under it, and their page."""
    return [(page.number, pair) for page in subject.pdf.pages for pair in leadings(lines_of(page))]


def _of_pairs(subject: Subject, required: str, measured: str, narrow: int, where: str) -> Measurement:
    """`narrow` counts the pairs that stand too near to each other; `where` is the tightest one."""
    if not narrow:
        return of_text(subject, True, required, measured)
    more = f", and {narrow - 1} more pairs of lines" if narrow > 1 else ""
    return Measurement(False, required, measured, where + more)
