"""Rules on the layout of pages: their number, paper and margins, size and fonts of type, distance of lines.

A PDF does not say which text is a caption or a note. Sizes for them are compared with all text: the
rule holds if every character is large enough for the strictest of them, fails if one is too small for
any, and is not measurable between the two. The body is the size in which most characters are set;
headings are lines in a larger size.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Literal, TypeAlias

from cvbuild.content.values import Positive, Words
from cvbuild.funders.rule import (
    TOLERANCE,
    Language,
    Length,
    Measure,
    Measurement,
    Rule,
    Subject,
    at,
    of_text,
    on_pages,
    quoted,
    rule,
)
from cvbuild.pdf.lines import Leading, leadings, lines_of
from cvbuild.pdf.types import Box, Page, Run
from cvbuild.record import field
from cvbuild.words import counted

_PAPERS = {"a4": (210 / 25.4 * 72, 297 / 25.4 * 72), "letter": (612.0, 792.0)}
"""Width and height in bp (ISO 216; ANSI Y14.1)."""

_SIZE_TOLERANCE = 1.0
"""Tolerance of paper sizes, in bp: programs round to whole points. ISO 216 itself allows 2 mm."""

_DISTANCES: Mapping[str, Callable[[Box, Page], float]] = {
    "left": lambda box, page: box.left,
    "right": lambda box, page: page.width - box.right,
    "top": lambda box, page: page.height - box.top,
    "bottom": lambda box, page: box.bottom,
}
"""Distance of a box from each edge of the paper, in bp."""


@rule("max_pages", one_of=("pages", "by_language"))
class MaxPages(Rule, kw_only=True):
    """Maximum number of pages, for all documents or by language."""

    pages: Positive | None = None
    by_language: Annotated[dict[Language, int], "Limits by language."] = field(default_factory=dict)

    def check(self, subject: Subject) -> list[Measurement]:
        found = len(subject.pdf.pages)
        measured = counted(found, "page")
        language = subject.language or subject.pdf.language
        limit = self.by_language.get(language.split("-")[0]) or self.pages
        if limit is not None:
            return [Measurement(found <= limit, f"at most {limit}", measured)]
        limits = self.by_language.values()
        required = "at most " + ", ".join(f"{number} ({code})" for code, number in self.by_language.items())
        if min(limits) < found <= max(limits):
            return [Measurement(None, required, f"{measured}, language unknown")]
        return [Measurement(found <= min(limits), required, measured)]

    @property
    def remedy(self) -> str:
        return f"`fit: {self.pages or min(self.by_language.values())}` leaves out what matters least"


@rule("page_size", one_of=("exactly", "at_most"), is_in_lengths=True)
class PageSize(Rule, kw_only=True):
    """Paper of every page: exactly this one, or none larger."""

    exactly: Literal["a4", "letter"] | None = None
    at_most: Literal["a4", "letter"] | None = None

    def check(self, subject: Subject) -> list[Measurement]:
        name = self.exactly or self.at_most or "a4"
        paper = name.upper() if name == "a4" else name
        required = paper if self.exactly else f"no larger than {paper}"
        pages = subject.pdf.pages
        if not pages:
            return [Measurement(None, required, "no pages")]
        width, height = _PAPERS[name]
        wrong = []
        for page in pages:
            larger = (page.width - width, page.height - height)
            if max(map(abs, larger) if self.exactly else larger) > _SIZE_TOLERANCE:
                wrong.append(page)
        shown = (wrong or pages)[0]
        measured = f"{shown.width / 72 * 25.4:.1f} × {shown.height / 72 * 25.4:.1f} mm"
        if any((page.width, page.height) != (shown.width, shown.height) for page in wrong):
            measured += " and others"
        where = on_pages([page.number for page in wrong]) if wrong else ""
        return [Measurement(not wrong, required, measured, where)]

    @property
    def remedy(self) -> str:
        return f"`paper: {self.exactly or self.at_most}`"


@rule("margins_min", one_of=("all", *_DISTANCES), is_in_lengths=True)
class MarginsMin(Rule, kw_only=True):
    """Empty margins: nothing on a page stands in them, including images, rules and the running head."""

    all: Measure | None = None
    left: Measure | None = None
    right: Measure | None = None
    top: Measure | None = None
    bottom: Measure | None = None

    def check(self, subject: Subject) -> Iterator[Measurement]:
        inked: list[tuple[Page, Box, str]] = []
        for page in subject.pdf.pages:
            paper = Box(0.0, 0.0, page.width, page.height)
            # Text beside the paper is not seen.
            runs = [(run.box.within(paper), run.text) for run in page.visible]
            inked += [(page, box, quoted(text)) for box, text in runs if box is not None]
            inked += [(page, mark.box, mark.kind) for mark in page.marks]
        for side, distance_of in _DISTANCES.items():
            least: Length | None = getattr(self, side) or self.all
            if least is None:
                continue
            required = f"{side} {least} or more, with nothing in it"
            found = [(distance_of(box, page), page.number, what) for page, box, what in inked]
            if not found:
                yield Measurement(None, required, "nothing is on the pages")
                continue
            distance, number, what = min(found, key=lambda item: item[:2])
            pages = {page for there, page, _ in found if there < least.bp - TOLERANCE}
            more = f", and on {len(pages) - 1} more" if len(pages) > 1 else ""
            where = f"{at(number)}: {what}{more}"
            yield Measurement(not pages, required, f"{side} {least.of(distance)}", where)

    @property
    def remedy(self) -> str:
        # The keys of `layout` are one length, or `sides`, `top` and `bottom`.
        wide = [length for length in (self.left or self.all, self.right or self.all) if length is not None]
        asked = {
            "sides": max(wide, key=lambda length: length.bp, default=None),
            "top": self.top or self.all,
            "bottom": self.bottom or self.all,
        }
        given = {name: length.text.replace(" ", "") for name, length in asked.items() if length is not None}
        if len(given) == len(asked) and len(set(given.values())) == 1:
            margins = given["top"]
        else:
            margins = "{" + ", ".join(f"{name}: {length}" for name, length in given.items()) + "}"
        return f"`layout: {{margins: {margins}}}`: nothing stands in them then"


_ROLES = ("body", "headings", "tables", "captions", "notes")

_UNNAMED = "a font without a name"
_SIGNS = "signs in "

# Families with the fonts made to their widths and shapes, as distributions name them.
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

# Not compiled here: many calls read profiles and measure nothing. What may follow a family's name: style,
# weight, foundry. A width may not: Arial Narrow is another family.
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


@lru_cache(maxsize=256)
def family_of(name: str) -> str:
    """Return the family of a font name in a PDF or a profile; if unknown, the name without its style."""
    first = re.split(r"[-,]", name)[0]
    bare, bare_first = (re.sub(r"[^a-z0-9]", "", part.casefold()) for part in (name, first))
    if re.fullmatch(_COMPUTER_MODERN, bare):
        return "Computer Modern"
    for alias in sorted(_FAMILY, key=len, reverse=True):
        if bare.startswith(alias) and re.fullmatch(_STYLES, bare[len(alias) :]):
            return _FAMILY[alias]
    # Arial-Black is not Arial.
    return name if bare_first in _FAMILY else first


_Sized: TypeAlias = tuple[int, Run, float]
"""A page, text that is painted there, and its size in bp."""


@rule("min_font_size", one_of=("any", *_ROLES, "families"), is_in_lengths=True)
class MinFontSize(Rule, kw_only=True):
    """Minimum size of type: of any text, of text in a role, or of text in a family of fonts."""

    any: Measure | None = None
    body: Measure | None = None
    headings: Measure | None = None
    tables: Measure | None = None
    captions: Measure | None = None
    notes: Measure | None = None
    families: dict[str, Measure] = field(default_factory=dict)

    def check(self, subject: Subject) -> Iterator[Measurement]:
        runs = [(page.number, run) for page in subject.pdf.pages for run in page.visible]
        unknown = sum(run.characters for _, run in runs if run.size is None)
        texts = [(number, run, run.size) for number, run in runs if run.size is not None]
        if self.any is not None:
            yield _of_size("any text", self.any, texts, unknown, subject)
        for family, least in self.families.items():
            same = [text for text in texts if family_of(text[1].font.name) == family_of(family)]
            if same:
                yield _of_size(family, least, same, 0, subject)
        if self.families:
            given = set(map(family_of, self.families))
            others = [(number, run) for number, run, _ in texts if family_of(run.font.name) not in given]
            required = "at least " + ", ".join(f"{name} {least}" for name, least in self.families.items())
            if others:
                measured = f"no size is given for {_listed(run.font.name for _, run in others)}"
                yield Measurement(None, required, measured, at(others[0][0], others[0][1].text))
            elif not texts:
                yield Measurement(None, required, "no text")
        roles = {role: least for role in _ROLES if (least := getattr(self, role)) is not None}
        for role, least in roles.items():
            # No text has a reason to be smaller than captions and notes.
            is_smallest = role in {"captions", "notes"} and least.bp == min(it.bp for it in roles.values())
            yield _of_size(role, least, texts, unknown, subject, is_role=True, is_smallest=is_smallest)

    @property
    def remedy(self) -> str:
        sizes = (self.any, *(getattr(self, role) for role in _ROLES), *self.families.values())
        largest = round(max(length.bp for length in sizes if length is not None), 2)
        change = f"`layout: {{font_size: {largest:g}}}` with `theme: sans` or `theme: times`"
        return f"{change}, which set everything at least as large"


def _of_size(
    what: str,
    least: Length,
    texts: list[_Sized],
    unknown: int,
    subject: Subject,
    *,
    is_role: bool = False,
    is_smallest: bool = False,
) -> Measurement:
    """Compare texts with a size; `unknown` is the number of characters whose size is unknown.

    If `what` is a role, a PDF does not say which texts have it. `is_smallest` if none may be smaller.
    """
    required = f"{what} {least} or larger"
    if not texts:
        return Measurement(None, required, "no text whose size can be told")
    too_small, where = _too_small(texts, least)
    if not too_small and unknown:
        return of_text(subject, None, required, f"{unknown} characters in {_UNNAMED}")
    if not too_small:
        smallest = f"{least.of(min(size for *_, size in texts))} the smallest"
        return of_text(subject, True, required, "no text is smaller" if is_role else smallest)
    if not is_role:
        return Measurement(False, required, too_small, where)
    sizes: Counter[float] = Counter()
    for _, run, size in texts:
        sizes[round(size, 2)] += run.characters
    main = sizes.most_common(1)[0][0]
    if what == "body" and main < least.bp - TOLERANCE:
        return Measurement(False, required, f"{least.of(main)}, in which most is set", where)
    if what == "headings":
        lines = [(page.number, line) for page in subject.pdf.pages for line in lines_of(page)]
        larger = [item for item in lines if item[1].size > main + TOLERANCE]
        if not larger:
            return Measurement(None, required, "no line is larger than the text, so none can be told")
        number, line = min(larger, key=lambda item: item[1].size)
        measured = f"{least.of(line.size)} the smallest"
        return Measurement(line.size >= least.bp - TOLERANCE, required, measured, at(number, line.text))
    if is_smallest:
        return Measurement(False, required, f"too small for anything: {too_small}", where)
    return Measurement(None, required, f"whether this is {what} cannot be told: {too_small}", where)


def _too_small(texts: list[_Sized], least: Length) -> tuple[str, str]:
    """Return the sizes below a limit, most used first, and where the smallest two stand.

    For example `10.91 pt (1204 characters), 7.97 pt (3 characters)`; both are empty if all are large enough.
    """
    sizes: Counter[str] = Counter()
    places: dict[float, str] = {}
    for page, run, size in texts:
        if size < least.bp - TOLERANCE:
            sizes[least.of(size)] += run.characters
            places.setdefault(round(size, 2), at(page, run.text))
    listing = ", ".join(f"{size} ({counted(number, 'character')})" for size, number in sizes.most_common(3))
    where = "; ".join(dict.fromkeys(places[size] for size in sorted(places)[:2]))
    return f"{listing} and other sizes" if len(sizes) > 3 else listing, where


def _listed(fonts: Iterable[str]) -> str:
    """Return at most three fonts without their styles, in the order given."""
    names = list(dict.fromkeys(re.split(r"[-,]", name)[0] for name in fonts))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


@rule("allowed_fonts")
class AllowedFonts(Rule, kw_only=True):
    """Families of fonts that text may be in.

    Word processors take bullets and arrows from a font of signs, and so does TeX's mathematics:
    if only such signs are in another font, a person has to judge.
    """

    families: Words
    or_similar: Annotated[bool, "Whether a similar family is allowed, as a person has to judge."] = False

    def check(self, subject: Subject) -> list[Measurement]:
        names = list(map(str, self.families))
        families = " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        required = families + (" or similar" if self.or_similar else "")
        wanted = set(map(family_of, names))
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
            return [Measurement(None, required, "no text")]
        found = [name for name, _ in used.most_common()]
        others = [name for name in found if family_of(name) not in wanted]
        if not others:
            return [of_text(subject, True, required, _listed(found))]
        certain = [name for name in others if name != _UNNAMED and not name.startswith(_SIGNS)]
        if certain and not self.or_similar:
            return [Measurement(False, required, _listed(certain), first[certain[0]])]
        return [Measurement(None, required, f"{_listed(others)}: to be judged", first[others[0]])]

    @property
    def remedy(self) -> str:
        wanted = set(map(family_of, self.families))
        themes = {"Arial": "sans", "Times New Roman": "times", "Palatino Linotype": "classic"}
        fitting = [(theme, family) for family, theme in themes.items() if family in wanted]
        cures = [f"`theme: {theme}`, with the widths of {family}" for theme, family in fitting]
        return " or ".join(cures) or "a theme of your own in one of them; none that comes with cvbuild is"


@rule("min_line_spacing", is_in_lengths=True)
class MinLineSpacing(Rule, kw_only=True):
    """Minimum distance of two baselines over the type size of the lower line: 12 bp under 10 is 1.2."""

    factor: float

    def check(self, subject: Subject) -> list[Measurement]:
        return _spacing(
            subject,
            f"{self.factor:g} or more (baseline distance / type size)",
            self.factor,
            lambda pair: pair.lower.size,
            lambda distance, size: f"{distance / size:.3f} ({distance:.2f} / {size:.2f} pt)",
        )

    @property
    def remedy(self) -> str:
        least = f"at least {self.factor:g} times the size of type: {self.factor * 11:g} at 11 points"
        return f"`layout: {{leading: …}}`, {least}"


@rule("max_lines_per_inch", is_in_lengths=True)
class MaxLinesPerInch(Rule, kw_only=True):
    """Maximum number of lines in an inch, if all stand as close together as the tightest pair."""

    lines: float

    def check(self, subject: Subject) -> list[Measurement]:
        return _spacing(
            subject,
            f"at most {self.lines:g} lines an inch",
            72 / self.lines,
            lambda pair: 1.0,
            lambda distance, _: f"{72 / distance:.2f} ({distance:.2f} pt apart)",
        )

    @property
    def remedy(self) -> str:
        return f"`layout: {{leading: {72 / self.lines:g}}}` or more"


def _spacing(
    subject: Subject,
    required: str,
    least: float,
    unit: Callable[[Leading], float],
    shown: Callable[[float, float], str],
) -> list[Measurement]:
    """Compare the baseline distance of each pair of lines in a column with `least` times its `unit`, in bp.

    `shown` words the distance and unit of the tightest pair.
    """
    pairs = [(page.number, pair) for page in subject.pdf.pages for pair in leadings(lines_of(page))]
    if not pairs:
        return [Measurement(None, required, "no two lines stand one under the other")]
    page, tightest = min(pairs, key=lambda item: item[1].distance / unit(item[1]))
    measured = shown(tightest.distance, unit(tightest))
    narrow = sum(pair.distance < least * unit(pair) - TOLERANCE for _, pair in pairs)
    if not narrow:
        return [of_text(subject, True, required, measured)]
    more = f", and {narrow - 1} more pairs of lines" if narrow > 1 else ""
    return [Measurement(False, required, measured, at(page, tightest.lower.text) + more)]
