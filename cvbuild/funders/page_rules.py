"""Rules on pages and the PDF: number, paper, margins, size and fonts of type, distance of lines, version.

A PDF does not say which text is a caption or a note. A size required of one role is compared with all
text. The rule holds if no text is smaller, fails if text is smaller than every role allows, and is not
measurable otherwise. The size of most characters is the body's; headings are lines in a larger size.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cvbuild.content.values import Positive, Words
from cvbuild.funders.rule import (
    TOLERANCE,
    Language,
    Length,
    Measurement,
    Rule,
    Subject,
    at,
    most_used,
    of_text,
    on_pages,
    quoted,
    rule,
    unread_pages,
)
from cvbuild.pdf.types import Box, Page, Run, leadings, lines_of
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
"""Functions of a box's distance from each edge of the paper, in bp."""


@rule("max_pages", one_of=("pages", "by_language"))
class MaxPages(Rule, kw_only=True):
    """Maximum number of pages, for all documents or by language."""

    pages: Positive | None = None
    by_language: Annotated[dict[Language, int], "Limits by language."] = field(default_factory=dict)

    def check(self, subject: Subject) -> list[Measurement]:
        found = len(subject.pdf.pages)
        measured = counted(found, "page")
        language = subject.language
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
    """Paper size of every page: exactly this one, or at most this one."""

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
    """Minimum margins, which no text, image, rule or running head may enter."""

    all: Length | None = None
    left: Length | None = None
    right: Length | None = None
    top: Length | None = None
    bottom: Length | None = None

    def check(self, subject: Subject) -> Iterator[Measurement]:
        inked: list[tuple[Page, Box, str]] = []
        for page in subject.pdf.pages:
            paper = Box(0.0, 0.0, page.width, page.height)
            # Text outside the paper does not show.
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
            yield Measurement(not pages, required, f"{side} {least.shown(distance)}", where)

    @property
    def remedy(self) -> str:
        # `margins` in `layout` is one length, or has the keys `sides`, `top` and `bottom`.
        wide = [length for length in (self.left or self.all, self.right or self.all) if length is not None]
        sides = max(wide, key=lambda length: length.bp, default=None)
        asked = {"sides": sides, "top": self.top or self.all, "bottom": self.bottom or self.all}
        given = {name: length.text.replace(" ", "") for name, length in asked.items() if length is not None}
        margins = "{" + ", ".join(f"{name}: {length}" for name, length in given.items()) + "}"
        if len(given) == len(asked) and len(set(given.values())) == 1:
            margins = given["top"]
        return f"`layout: {{margins: {margins}}}`: nothing stands in them then"


_ROLES = ("body", "headings", "tables", "captions", "notes")

_UNNAMED = "a font without a name"
_SIGNS = "signs in "

_ALIKE = (line.split(":") for line in Path(__file__).with_name("fonts.txt").read_text().splitlines())
_FAMILY = {alias: family for family, aliases in _ALIKE for alias in aliases.split()}
"""The font family of each alias: fonts of equal widths and shapes have several names."""

# A style, weight or foundry may follow a family's name. A width may not: Arial Narrow is another family.
# The pattern is compiled when used: many calls read profiles and measure nothing.
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
    # No style follows a known family: keep the whole name, since Arial-Black is not Arial.
    return name if bare_first in _FAMILY else first


_Sized: TypeAlias = tuple[int, Run, float]
"""A page number, painted text on that page, and its size in bp."""


@rule("min_font_size", one_of=("any", *_ROLES, "families"), is_in_lengths=True)
class MinFontSize(Rule, kw_only=True):
    """Minimum type size of any text, of text in a role, or of text in a font family."""

    any: Length | None = None
    body: Length | None = None
    headings: Length | None = None
    tables: Length | None = None
    captions: Length | None = None
    notes: Length | None = None
    families: dict[str, Length] = field(default_factory=dict)

    def check(self, subject: Subject) -> Iterator[Measurement]:
        runs = [(page.number, run) for page in subject.pdf.pages for run in page.visible]
        unknown = sum(run.characters for _, run in runs if run.size is None)
        texts = [(number, run, run.size) for number, run in runs if run.size is not None]
        if self.any is not None:
            yield _measure_size("any text", self.any, texts, unknown, subject)
        for family, least in self.families.items():
            same = [text for text in texts if family_of(text[1].font.name) == family_of(family)]
            if same:
                yield _measure_size(family, least, same, 0, subject)
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
            # Captions and notes are the smallest text: if theirs is the least size, nothing may be smaller.
            is_smallest = role in {"captions", "notes"} and least.bp == min(it.bp for it in roles.values())
            yield _measure_size(role, least, texts, unknown, subject, is_smallest)

    @property
    def remedy(self) -> str:
        sizes = (self.any, *(getattr(self, role) for role in _ROLES), *self.families.values())
        largest = round(max(length.bp for length in sizes if length is not None), 2)
        change = f"`layout: {{font_size: {largest:g}}}` with `theme: sans` or `theme: times`"
        return f"{change}, which set everything at least as large"


def _measure_size(
    what: str, least: Length, texts: list[_Sized], unknown: int, subject: Subject, is_smallest: bool = False
) -> Measurement:
    """Compare texts, and `unknown` characters without a size, with a minimum size.

    `what` is a role, a font family or `any text`. If `is_smallest`, no role allows smaller text.
    """
    is_role = what in _ROLES
    required = f"{what} {least} or larger"
    if not texts:
        return Measurement(None, required, "no text whose size can be told")
    too_small, where = _too_small(texts, least)
    if not too_small and unknown:
        return of_text(subject, None, required, f"{unknown} characters in {_UNNAMED}")
    if not too_small:
        smallest = f"{least.shown(min(size for *_, size in texts))} the smallest"
        return of_text(subject, True, required, "no text is smaller" if is_role else smallest)
    if not is_role:
        return Measurement(False, required, too_small, where)
    sizes: Counter[float] = Counter()
    for _, run, size in texts:
        sizes[round(size, 2)] += run.characters
    main = sizes.most_common(1)[0][0]
    if what == "body" and main < least.bp - TOLERANCE:
        return Measurement(False, required, f"{least.shown(main)}, in which most is set", where)
    if what == "headings":
        lines = [(page.number, line) for page in subject.pdf.pages for line in lines_of(page)]
        larger = [item for item in lines if item[1].size > main + TOLERANCE]
        if not larger:
            return Measurement(None, required, "no line is larger than the text, so none can be told")
        number, line = min(larger, key=lambda item: item[1].size)
        measured = f"{least.shown(line.size)} the smallest"
        return Measurement(line.size >= least.bp - TOLERANCE, required, measured, at(number, line.text))
    if is_smallest:
        return Measurement(False, required, f"too small for anything: {too_small}", where)
    return Measurement(None, required, f"whether this is {what} cannot be told: {too_small}", where)


def _too_small(texts: list[_Sized], least: Length) -> tuple[str, str]:
    """Return the sizes below a limit, most used first, and places of the smallest two; empty if none is."""
    sizes: Counter[str] = Counter()
    places: dict[float, str] = {}
    for page, run, size in texts:
        if size < least.bp - TOLERANCE:
            sizes[least.shown(size)] += run.characters
            places.setdefault(round(size, 2), at(page, run.text))
    listing = ", ".join(f"{size} ({counted(number, 'character')})" for size, number in sizes.most_common(3))
    where = "; ".join(dict.fromkeys(places[size] for size in sorted(places)[:2]))
    return f"{listing} and other sizes" if len(sizes) > 3 else listing, where


def _listed(fonts: Iterable[str]) -> str:
    """Return the first three fonts without their styles, and the number of others."""
    names = list(dict.fromkeys(re.split(r"[-,]", name)[0] for name in fonts))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


@rule("allowed_fonts")
class AllowedFonts(Rule, kw_only=True):
    """Font families allowed for text.

    Word processors take bullets and arrows from symbol fonts, as does TeX's mathematics. If only such
    signs are in another font, a person has to judge.
    """

    families: Words
    or_similar: Annotated[bool, "Whether a similar family is allowed, as a person has to judge."] = False

    def check(self, subject: Subject) -> list[Measurement]:
        names = list(map(str, self.families))
        families = " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        required = families + (" or similar" if self.or_similar else "")
        wanted = set(map(family_of, names))
        found = []
        for page in subject.pdf.pages:
            for run in page.visible:
                name = run.font.name or _UNNAMED
                if family_of(name) not in wanted and not any(letter.isalnum() for letter in run.text):
                    name = f"{_SIGNS}{name}"
                found.append((name, run.characters, at(page.number, run.text)))
        used = most_used(found)
        if not used:
            return [Measurement(None, required, "no text")]
        others = [name for name in used if family_of(name) not in wanted]
        if not others:
            return [of_text(subject, True, required, _listed(used))]
        certain = [name for name in others if name != _UNNAMED and not name.startswith(_SIGNS)]
        if certain and not self.or_similar:
            return [Measurement(False, required, _listed(certain), used[certain[0]])]
        return [Measurement(None, required, f"{_listed(others)}: to be judged", used[others[0]])]

    @property
    def remedy(self) -> str:
        wanted = set(map(family_of, self.families))
        themes = {"Arial": "sans", "Times New Roman": "times", "Palatino Linotype": "classic"}
        fitting = [(theme, family) for family, theme in themes.items() if family in wanted]
        cures = [f"`theme: {theme}`, with the widths of {family}" for theme, family in fitting]
        return " or ".join(cures) or "a theme of your own in one of them; none that comes with cvbuild is"


@rule("min_line_spacing", is_in_lengths=True)
class MinLineSpacing(Rule, kw_only=True):
    """Minimum ratio of baseline distance to type size of the lower line: 12 bp for a size of 10 is 1.2."""

    factor: float

    def check(self, subject: Subject) -> list[Measurement]:
        required = f"{self.factor:g} or more (baseline distance / type size)"
        return _spacing(subject, required, self.factor, in_sizes=True)

    @property
    def remedy(self) -> str:
        least = f"at least {self.factor:g} times the size of type: {self.factor * 11:g} at 11 points"
        return f"`layout: {{leading: …}}`, {least}"


@rule("max_lines_per_inch", is_in_lengths=True)
class MaxLinesPerInch(Rule, kw_only=True):
    """Maximum number of lines per inch, computed from the smallest baseline distance."""

    lines: float

    def check(self, subject: Subject) -> list[Measurement]:
        return _spacing(subject, f"at most {self.lines:g} lines an inch", 72 / self.lines, in_sizes=False)

    @property
    def remedy(self) -> str:
        return f"`layout: {{leading: {72 / self.lines:g}}}` or more"


def _spacing(subject: Subject, required: str, least: float, *, in_sizes: bool) -> list[Measurement]:
    """Compare baseline distances with the least, in type sizes of the lower line if `in_sizes`, else bp."""
    pairs = [
        (page.number, pair, pair.lower.size if in_sizes else 1.0)
        for page in subject.pdf.pages
        for pair in leadings(lines_of(page))
    ]
    if not pairs:
        return [Measurement(None, required, "no two lines stand one under the other")]
    page, tightest, unit = min(pairs, key=lambda item: item[1].distance / item[2])
    distance = tightest.distance
    measured = f"{72 / distance:.2f} ({distance:.2f} pt apart)"
    if in_sizes:
        measured = f"{distance / unit:.3f} ({distance:.2f} / {unit:.2f} pt)"
    narrow = sum(pair.distance < least * size - TOLERANCE for _, pair, size in pairs)
    if not narrow:
        return [of_text(subject, True, required, measured)]
    more = f", and {narrow - 1} more pairs of lines" if narrow > 1 else ""
    return [Measurement(False, required, measured, at(page, tightest.lower.text) + more)]


@rule("page_numbers")
class PageNumbers(Rule, kw_only=True):
    """Whether pages are numbered."""

    numbers: Literal["required", "forbidden"]

    def check(self, subject: Subject) -> list[Measurement]:
        pages = subject.pdf.pages
        numbered = [page.number for page in pages if _is_numbered(page, len(pages))]
        missing = [page.number for page in pages if page.number not in numbered]
        required, wrong, measured = "no page numbers", numbered, "page numbers" if numbered else "none found"
        if self.numbers == "required":
            required, wrong = "a number on every page", missing
            measured = "not on every page" if missing else "on every page"
        if set(wrong) <= set(unread_pages(subject)):
            return [of_text(subject, True, required, measured)]
        return [Measurement(False, required, measured, on_pages(wrong))]

    @property
    def remedy(self) -> str:
        return f"`layout: {{page_header: {'all' if self.numbers == 'required' else 'none'}}}`"


def _is_numbered(page: Page, count: int) -> bool:
    """Whether the first or last line of any column is the page's number, alone or with `count`."""
    number = re.compile(
        rf"\W*(page|seite|p\.|s\.)?\W*{page.number}\W*((of|von|de|sur|/)\W*{count})?\W*", re.IGNORECASE
    )
    lines = lines_of(page)
    ends = (line for line in lines if min(lines[0].y - line.y, line.y - lines[-1].y) < line.size / 2)
    return any(number.fullmatch(line.text) for line in ends)


@rule("fonts_embedded")
class FontsEmbedded(Rule, kw_only=True):
    """The fonts of all text are in the file, even the standard 14 that PDF readers provide."""

    def check(self, subject: Subject) -> list[Measurement]:
        required = "every font in the file"
        runs = [(page.number, run) for page in subject.pdf.pages for run in page.runs]
        embedded = {run.font.name for _, run in runs if run.font.is_embedded}
        missing = most_used(
            (run.font.name, run.characters, at(number)) for number, run in runs if not run.font.is_embedded
        )
        if missing:
            where = f"first on {next(iter(missing.values()))}"
            return [Measurement(False, required, f"not in it: {', '.join(missing)}", where)]
        if not embedded:
            return [Measurement(None, required, "no text, so no font")]
        measured = "all are: 1 font" if len(embedded) == 1 else f"all {len(embedded)} are"
        return [Measurement(True, required, measured)]


@rule("pdf_version_min")
class PdfVersionMin(Rule, kw_only=True):
    """The oldest version of PDF allowed, such as 1.4."""

    version: float

    def check(self, subject: Subject) -> list[Measurement]:
        required, found = f"PDF {self.version:g} or newer", subject.pdf.version
        if not found:
            return [Measurement(None, required, "the file does not say")]
        return [Measurement(found >= self.version - 1e-9, required, f"PDF {found:.1f}")]


@rule("max_file_size", is_of_file=True)
class MaxFileSize(Rule, kw_only=True):
    """Maximum size of the file, in megabytes of 1 000 000 bytes."""

    megabytes: float

    def check(self, subject: Subject) -> list[Measurement]:
        size = subject.pdf.bytes / 1e6
        return [Measurement(size <= self.megabytes, f"at most {self.megabytes:g} MB", f"{size:.2f} MB")]
