"""Choose the highest-ranked units that fit on a variant's pages, and report the choice."""

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
"""Number of entries measured first: a base, and more per page. An entry takes at least one line."""
_FULL = 0.85
"""Minimum filled share of the last page; below it, more entries are measured."""
_MOST_ROUNDS = 8
"""Maximum number of calls of `tighter` for a PDF that is longer than measured."""
_SHORTEST, _LONGEST, _TERMINAL = 20, 60, 80
"""Minimum and maximum length of a summary, and the width of a line, in characters."""
_MOST_LISTED = 40
"""Maximum number of units listed as left out."""


def ranked(sections: Iterable[SelectedSection], choices: Sequence[SectionChoice]) -> list[Entry]:
    """Return the entries of all sections in order of rank: those to leave out first come last.

    Entries rank by priority. Within a priority, an entry's rank is its index among its section's
    entries of that priority, newest first, divided by their number: so all sections shrink evenly.
    """
    placed: list[tuple[int, Fraction, int, Entry]] = []
    for section in sections:
        # The sort is stable: entries of equal dates, such as ongoing posts, keep the order written.
        newest = sorted(entries_of(section, choices[section.at]), key=lambda entry: entry.days, reverse=True)
        numbers, before = Counter(entry.priority for entry in newest), Counter[int]()
        for entry in newest:
            rank = Fraction(before[entry.priority], numbers[entry.priority])
            placed.append((entry.priority, rank, section.at, entry))
            before[entry.priority] += 1
    return [entry for *_, entry in sorted(placed, key=lambda item: item[:3])]


def choose(measured: Document, most: int, minimums: Mapping[int, int | None]) -> Document:
    """Return the document that prints the units chosen for at most `most` pages.

    `minimums` gives the number of entries that each section must keep; None asks for one if it fits.
    Required units are printed even if they need more pages. The others are added by rank if they fit
    and are smaller than all refused units of higher priority. Short forms are lengthened last.
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
        smallest = math.inf  # size of the smallest refused unit, in sp
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

    `entries` is the number of its entries. The `unmeasured` entries rank too low to be measured, and are
    left out. `engine` measured the others in `folder`, in `passes` runs of TeX. `rounds` counts the
    calls of `tighter`.
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
        """The number of pages that its PDF is expected to have."""
        return len(self.document.pages)

    @property
    def fill(self) -> float:
        """Filled share of the last page, limited to 1: content with shrunk space can exceed the height."""
        return min(self.document.pages[-1].used / self.document.shape.height, 1.0) if self.pages else 0.0

    @cached_property
    def left_out(self) -> list[Unit]:
        """The measured units that are not printed, in order of rank."""
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
        """Name, height in sp, printed entries and all entries of the header and each section."""
        printed = Counter(unit.at for unit in self.document.printed for _ in unit.entries)
        out = Counter(unit.at for unit in self.left_out for _ in unit.entries)
        out.update(entry.at for entry in self.unmeasured)
        rows = [("(header)", natural(self.document.header), 0, 0)]
        for at, layout in self.document.layouts.items():
            height = natural(self.document.sections[at])
            rows.append((layout.name, height, printed[at], printed[at] + out[at]))
        return rows

    def expect_in(self, folder: Path) -> None:
        """Write the expected .aux into the document's folder, so that one TeX pass is enough.

        It is the folder's last .aux, else that of the measuring run, with the new number of pages. If
        the guess is wrong, TeX runs another pass, as it does without an .aux.
        """
        make_private(folder)
        last = auxiliary(folder)
        if known := last or auxiliary(self.folder):
            expected = PAGES.sub(rb"\g<1>{%d}" % self.pages, lasting(known))
            # LaTeX writes this only in a run that prints pages, which the measuring run does not.
            expected += b"" if last else b"\\gdef \\@abspage@last{%d}\n" % self.pages
            (folder / f"{JOB_NAME}.aux").write_bytes(expected)

    def tighter(self) -> Fitted | None:
        """Return a copy without the lowest-ranked units; None if all must stay, or after `_MOST_ROUNDS`."""
        # One unit is enough if one line is too many. Then double, since a theme's pages may differ in shape.
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
        """Return the error for a PDF with `pages` pages from which nothing more can be left out."""
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
    """Measure a variant, and choose the units to print on at most `most` pages.

    Raises ContentProblem if the entries that must stay do not fit, or if TeX cannot typeset the
    variant; EngineProblem if there is no engine.
    """
    choices = choices_of(cv, variant)
    minimums = {at: choice.min for at, choice in enumerate(choices)}
    whole, _ = select(cv, variant, setting.request)
    order = ranked(whole.sections, choices)
    number, passes = _FEWEST + _PER_PAGE * most, 0
    while True:
        # Measure the highest-ranked entries, and all that must stay.
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
    """Return the cut that leaves out entries, each for its reason, and shortens the units in `short`."""
    reasons: dict[int, dict[Span, str]] = defaultdict(dict)
    for entry, reason in left_out:
        reasons[entry.at][entry.span] = reason
    spans: dict[int, frozenset[Span]] = defaultdict(frozenset)
    for unit in short:
        spans[unit.at] |= unit.shrinking
    return Cut({at: SectionCut(reasons[at], spans[at]) for at in {*reasons, *spans}})


def cut_of(cv: Cv, variant: str, setting: Setting) -> tuple[Cut, list[Diagnostic]]:
    """Return the entries cut by fitting, for outputs other than the PDF.

    If fitting fails, nothing is cut, and its errors are returned; a warning if there is no engine.
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
    """Select a variant without the entries cut by fitting, and return it with all findings."""
    cut, found = cut_of(cv, variant, setting)
    selected, findings = select(cv, variant, setting.request, cut)
    findings.extend(found)
    return selected, findings


def as_lines(fitted: Fitted) -> Iterator[str]:
    """Yield lines of text: the space of each section, then the units left out, in order of rank."""
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
        room = _TERMINAL - 2 - len(start) - len(end)  # 2: the caller indents each line
        yield f"{start}{shortened(unit.summary, min(max(room, _SHORTEST), _LONGEST))}{end}"
    if more := len(fitted.left_out) + len(fitted.unmeasured) - len(listed):
        yield f"  and {more} more: `cvbuild audit` lists all"


def for_programs(fitted: Fitted) -> Json:
    """Return the content of `as_lines` as JSON, with all units left out."""
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
