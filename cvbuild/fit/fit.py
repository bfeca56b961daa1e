"""Fitting a variant to its pages: the units that matter most and fit, and an account of them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from pathlib import Path

from cvbuild.content.cv import Cv
from cvbuild.content.settings import SectionChoice
from cvbuild.diagnostics import ContentProblem, Diagnostic, EngineProblem, Findings
from cvbuild.fit.measure import Setting, entries_of, measure
from cvbuild.fit.pages import Document, Entry, Unit, natural
from cvbuild.record import Record, replace
from cvbuild.report import Json, place
from cvbuild.select.selection import choices_of, select
from cvbuild.select.types import Cut, SectionCut, SelectedCv, SelectedSection
from cvbuild.source import Span
from cvbuild.typeset.engine import JOB_NAME
from cvbuild.typeset.engines import ChosenEngine
from cvbuild.typeset.passes import make_private
from cvbuild.typeset.texlive import PAGES, auxiliary, lasting
from cvbuild.words import counted, shortened

_FEWEST, _PER_PAGE = 200, 100
"""Entries measured at first, and for each page: an entry takes a line at least."""
_FULL = 0.85
"""Share of the last page that is enough; below it, more entries are measured to fill it."""
_MOST_ROUNDS = 8
"""Maximum number of times that units are left out because the PDF is longer than measured."""
_SHORTEST, _LONGEST, _TERMINAL = 20, 60, 80
"""Characters of a summary, as far as its line keeps within the terminal, and of a line."""
_MOST_LISTED = 40


def ranked(sections: Iterable[SelectedSection], choices: Sequence[SectionChoice]) -> list[Entry]:
    """Return the entries of all sections, those first that stay longest.

    Within a priority, an entry's rank is its place among the entries of its section with that
    priority, newest first, as a fraction of their number: so all sections shrink evenly.
    """
    placed: list[tuple[int, Fraction, int, Entry]] = []
    for section in sections:
        # The sort is stable: equals stay in the order written, as ongoing posts, the main one first.
        newest = sorted(entries_of(section, choices[section.at]), key=lambda entry: entry.days, reverse=True)
        numbers, before = Counter(entry.priority for entry in newest), Counter[int]()
        for entry in newest:
            rank = Fraction(before[entry.priority], numbers[entry.priority])
            placed.append((entry.priority, rank, section.at, entry))
            before[entry.priority] += 1
    return [entry for *_, entry in sorted(placed, key=lambda item: item[:3])]


def choose(measured: Document, most: int, minimums: Mapping[int, int | None]) -> Document:
    """Return what is printed on at most `most` pages; on more only if the required units need them.

    `minimums` are the numbers of entries that each section must keep; None is one, if it fits.
    These units come first, then all others in order of rank while they fit. A unit that does not
    fit bars those of lower priority that are not smaller.
    """
    shortest = {unit: bool(unit.shrinking) for unit in measured.ranked}
    required = [unit for unit in measured.ranked if unit.keep]
    number_in = Counter(unit.at for unit in required for _ in unit.entries)
    wished: list[Unit] = []
    for unit in measured.ranked:
        minimum = minimums[unit.at]
        if not unit.keep and number_in[unit.at] < (1 if minimum is None else minimum):
            number_in[unit.at] += len(unit.entries)
            (wished if minimum is None else required).append(unit)
    keep = {unit: shortest[unit] for unit in required}
    document = replace(measured, most=most, required=keep, printed={}, sections={})
    if not document.change(keep, always=True):
        return document
    document.add(wished)
    while True:
        before = document.printed
        smallest = math.inf  # of the units refused so far
        left_out = [unit for unit in measured.ranked if unit not in before]
        for _, alike in groupby(left_out, key=lambda unit: unit.priority):
            sizes = {unit: measured.size(unit, shortest[unit]) for unit in alike}
            document.add([unit for unit in sizes if sizes[unit] < smallest], sizes)
            refused = [size for unit, size in sizes.items() if unit not in document.printed]
            smallest = min([smallest, *refused])
        if document.printed is before:
            document.add([unit for unit in measured.ranked if before.get(unit)], is_short=False)
        if document.printed is before:
            return document


class Fitted(Record):
    """A variant fitted to at most `most` pages.

    It has that many `entries`. The `unmeasured` ones are left out because they stand too far down the
    order; `engine` measured the others in `folder`, in as many runs as `passes`. `rounds` counts how
    often it was made `tighter`.
    """

    cv: Cv
    variant: str
    most: int
    document: Document
    entries: int
    unmeasured: Sequence[Entry]
    engine: ChosenEngine
    folder: Path
    passes: int
    rounds: int = 0

    @property
    def pages(self) -> int:
        """The number of pages it will have."""
        return len(self.document.pages)

    @property
    def fill(self) -> float:
        """How full the last page is, from 0 to 1; with shrunk space it can hold more than its height."""
        return min(self.document.pages[-1].used / self.document.shape.height, 1.0) if self.pages else 0.0

    @cached_property
    def left_out(self) -> list[Unit]:
        """The units that were measured and are not printed, the best first."""
        return [unit for unit in self.document.ranked if unit not in self.document.printed]

    @cached_property
    def cut(self) -> Cut:
        """The entries left out of the variant, and those printed short."""
        reason = f"does not fit on {counted(self.most, 'page')}"
        left_out = [(entry, reason) for entry in self.unmeasured]
        for number, unit in enumerate(self.left_out):
            why = reason if number else f"{reason}; the next in line"
            left_out += [(entry, why) for entry in unit.entries]
        return _cut(left_out, [unit for unit, is_short in self.document.printed.items() if is_short])

    @property
    def printed(self) -> int:
        """The number of entries printed."""
        return sum(len(unit.entries) for unit in self.document.printed)

    @cached_property
    def sections(self) -> list[tuple[str, int, int, int]]:
        """The header and each section: its name, its height (sp), its entries printed, and all of them."""
        printed = Counter(unit.at for unit in self.document.printed for _ in unit.entries)
        out = Counter(unit.at for unit in self.left_out for _ in unit.entries)
        out.update(entry.at for entry in self.unmeasured)
        rows = [("(header)", natural(self.document.header), 0, 0)]
        for at, layout in self.document.layouts.items():
            height = natural(self.document.sections[at])
            rows.append((layout.name, height, printed[at], printed[at] + out[at]))
        return rows

    def expect_in(self, folder: Path) -> None:
        """Write the .aux that its document will write into a folder, so that one pass over it is enough.

        It is the last one there, or that of the measuring run, with another number of pages. If the
        guess is wrong, TeX needs another pass, as without it.
        """
        make_private(folder)
        last = auxiliary(folder)
        if known := last or auxiliary(self.folder):
            expected = PAGES.sub(rb"\g<1>{%d}" % self.pages, lasting(known))
            # LaTeX writes it if there are pages.
            expected += b"" if last else b"\\gdef \\@abspage@last{%d}\n" % self.pages
            (folder / f"{JOB_NAME}.aux").write_bytes(expected)

    def tighter(self) -> Fitted | None:
        """Return the same without the units that matter least; None if all of them must stay."""
        # One unit at first, as for a line that runs on; then more and more, as for a theme of other pages.
        number = max(2 ** (self.rounds - 1), 1)
        document = replace(self.document)
        free = document.printed.keys() - document.required
        last = [unit for unit in reversed(document.ranked) if unit in free][:number]
        if not last or self.rounds == _MOST_ROUNDS:
            return None
        left = {unit: is_short for unit, is_short in document.printed.items() if unit not in last}
        document.change(left, always=True)
        return replace(self, document=document, rounds=self.rounds + 1)

    def too_long(self, pages: int) -> Diagnostic:
        """Return the error if its PDF has that many pages, and nothing more can be left out."""
        height = self.document.shape.height
        listing = [f"{name} {space / height:.2f}" for name, space, *_ in self.sections if space]
        cure = "shorten what `owner` in cv.yaml says, or allow more pages"
        if len(listing) > 1:  # not the header alone
            cure = "take `keep` off some items or lower `min` of a section;"
            cure += " `shrink_to: brief` makes items shorter"
        settings = self.cv.variants[self.variant]
        span = settings.span_of("fit") if settings.fit is not None else None
        needed, allowed = counted(pages, "page"), counted(self.most, "page")
        message = f"what must stay of `{self.variant}` needs {needed}, and it is fitted to {allowed}"
        return Diagnostic(
            "does-not-fit", message, span, hints=(f"space in pages: {', '.join(listing)}", cure)
        )


def fit(cv: Cv, variant: str, most: int, setting: Setting) -> Fitted:
    """Choose what a variant prints on at most `most` pages.

    Raises ContentProblem if the entries that must stay do not fit, or TeX cannot typeset the
    variant; EngineProblem without an engine.
    """
    choices = choices_of(cv, variant)
    minimums = {at: choice.min for at, choice in enumerate(choices)}
    whole, _ = select(cv, variant, setting.request)
    order = ranked(whole.sections, choices)
    number, passes = _FEWEST + _PER_PAGE * most, 0
    while True:
        # The best ones are measured, and all that must stay.
        in_section: Counter[int] = Counter()
        unmeasured = []
        for rank, entry in enumerate(order):
            if rank < number or entry.keep or in_section[entry.at] < (minimums[entry.at] or 1):
                in_section[entry.at] += 1
            else:
                unmeasured.append(entry)
        cut = _cut([(entry, "not measured") for entry in unmeasured])
        selected = select(cv, variant, setting.request, cut)[0] if unmeasured else whole
        measured, engine, folder = measure(cv, selected, order, setting)
        document = choose(measured, most, minimums)
        number, passes = 3 * number, passes + 1
        fitted = Fitted(cv, variant, most, document, len(order), unmeasured, engine, folder, passes)
        if fitted.pages > most:
            raise ContentProblem(fitted.too_long(fitted.pages))
        if not unmeasured or (fitted.pages == most and fitted.fill >= _FULL):
            return fitted


def _cut(left_out: Iterable[tuple[Entry, str]], short: Iterable[Unit] = ()) -> Cut:
    """Return what is left out, with its reasons, and printed short in each section."""
    reasons: dict[int, dict[Span, str]] = defaultdict(dict)
    for entry, reason in left_out:
        reasons[entry.at][entry.span] = reason
    spans: dict[int, frozenset[Span]] = defaultdict(frozenset)
    for unit in short:
        spans[unit.at] |= unit.shrinking
    return Cut({at: SectionCut(reasons[at], spans[at]) for at in {*reasons, *spans}})


def cut_of(cv: Cv, variant: str, setting: Setting) -> tuple[Cut, list[Diagnostic]]:
    """Return the entries cut by fitting, for outputs other than the PDF.

    Nothing is cut if fitting fails: the errors say so if there is no PDF either, a warning if
    there is no engine to measure with.
    """
    asked = cv.variants[variant].fit
    try:
        return fit(cv, variant, asked.pages, setting).cut if asked else Cut(), []
    except ContentProblem as problem:
        return Cut(), list(problem.diagnostics)
    except EngineProblem as problem:
        message = f"what does not fit is counted as printed in `{variant}`: {problem.message}"
        span = cv.variants[variant].span_of("fit")
        return Cut(), [Diagnostic("not-measured", message, span, "warning", hints=problem.hints)]


def account_for(cv: Cv, variant: str, setting: Setting) -> tuple[SelectedCv, Findings]:
    """Return what a variant prints and leaves out, entries cut by fitting included."""
    cut, found = cut_of(cv, variant, setting)
    selected, findings = select(cv, variant, setting.request, cut)
    findings.extend(found)
    return selected, findings


def as_lines(fitted: Fitted) -> Iterator[str]:
    """Yield the space of each section, then the units left out in order of rank, as text."""
    layouts, shape = fitted.document.layouts, fitted.document.shape
    line = shape.line or 1
    yield f"{counted(fitted.pages, 'page')} of at most {fitted.most}, the last {fitted.fill * 100:.0f} % full"
    width = max(len(name) for name, *_ in fitted.sections)
    yield f"  {'section':{width}}  {'printed':>10}  {'lines':>6}  % of a page"
    for name, height, printed, entries in fitted.sections:
        share = f"{printed} of {entries}" if entries else ""
        yield f"  {name:{width}}  {share:>10}  {height / line:6.1f}  {height / shape.height * 100:10.0f}"
    if short := sum(fitted.document.printed.values()):
        yield f"  {short} of them in their short form"
    if not fitted.left_out:
        yield "nothing is left out"
        return
    yield "left out, in the order in which they come next:"
    listed = fitted.left_out[:_MOST_LISTED]
    width = max(len(layouts[unit.at].name) for unit in listed)
    for number, unit in enumerate(listed, start=1):
        lines = fitted.document.size(unit) / line
        start = f"  {number:3}. {layouts[unit.at].name:{width}}  {lines:5.1f} lines  "
        end = f"  ({unit.entries[0].span.place})"
        room = _TERMINAL - 2 - len(start) - len(end)  # two more stand before each of these lines
        yield f"{start}{shortened(unit.summary, min(max(room, _SHORTEST), _LONGEST))}{end}"
    if more := len(fitted.left_out) + len(fitted.unmeasured) - len(listed):
        yield f"  and {more} more: `cvbuild audit` lists all"


def for_programs(fitted: Fitted) -> Json:
    """Return the same as data."""
    measured = fitted.document
    line, page = measured.shape.line or 1, measured.shape.height
    sections: list[Json] = [
        {
            "section": name,
            "lines": round(height / line, 2),
            "share": round(height / page, 4),
            "printed": printed,
            "entries": entries,
        }
        for name, height, printed, entries in fitted.sections
    ]
    left_out: list[Json] = [
        {
            "section": measured.layouts[unit.at].name,
            "summary": unit.summary,
            "lines": round(measured.size(unit) / line, 2),
            "place": place(unit.entries[0].span),
        }
        for unit in fitted.left_out
    ]
    return {
        "pages": fitted.pages,
        "most": fitted.most,
        "fill": round(fitted.fill, 4),
        "printed": fitted.printed,
        "entries": fitted.entries,
        "shortened": sum(measured.printed.values()),
        "sections": sections,
        "left_out": left_out,
    }
