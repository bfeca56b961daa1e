"""Fitting a variant to its pages: measured by TeX, chosen, and selected and rendered again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from cvbuild.content.cv import Cv
from cvbuild.diagnostics import ContentProblem, Diagnostic, EngineProblem, Findings
from cvbuild.fit.choosing import Chosen, DoesNotFit, choose, without_last
from cvbuild.fit.layout import Unit
from cvbuild.fit.measure import Measured, Setting, expect_pages, measure
from cvbuild.fit.pages import natural
from cvbuild.fit.rank import Entry, ranked
from cvbuild.record import Record, as_builtins, replace
from cvbuild.report import Json, place
from cvbuild.select.selection import choices_of, select
from cvbuild.select.types import WHOLE, Cut, SectionCut, SelectedCv
from cvbuild.source import Span
from cvbuild.typeset.engines import ChosenEngine
from cvbuild.words import counted, shortened

_FEWEST, _PER_PAGE = 200, 100
"""How many entries are measured at first, and for each page: an entry takes a line at least."""

_MOST_ROUNDS = 8
"""How often something is left out because the PDF is longer than was measured."""

FULL = 0.85
"""How full the last page is when no more entries are measured to fill it."""

_SHORTEST, _LONGEST = 20, 60
"""Of a summary, in characters, as far as its line keeps within the terminal."""
_TERMINAL = 80
_MOST_LISTED = 40


class Fitted(Record):
    """A variant fitted to pages: what is chosen of it, and how it came to that.

    `minimums` are how many entries each of its sections keeps; `engine` is the one that
    measured it, and `folder` where; `passes` are its runs.
    """

    cv: Cv
    variant: str
    most: int
    minimums: Mapping[int, int | None]
    measured: Measured
    chosen: Chosen
    unmeasured: tuple[Entry, ...]
    engine: ChosenEngine
    folder: Path
    passes: int
    rounds: int = 0

    @property
    def pages(self) -> int:
        """How many pages it will have."""
        return len(self.chosen.pages)

    @cached_property
    def left_out(self) -> list[Unit]:
        """What was measured and is not printed, the best first."""
        return [unit for unit in self.measured.ranked if unit not in self.chosen.kept]

    @cached_property
    def cut(self) -> Cut:
        """What is left out of the variant, and what is printed short."""
        reason = f"does not fit on {counted(self.most, 'page')}"
        entries = [entry for unit in self.left_out for entry in unit.entries]
        left_out = _by_section([*entries, *self.unmeasured], reason)
        for unit in self.left_out[:1]:
            left_out[unit.at] |= {entry.span: f"{reason}; the next in line" for entry in unit.entries}
        short: dict[int, set[Span]] = defaultdict(set)
        for unit in self.chosen.short:
            short[unit.at] |= unit.shrinking
        return Cut({at: SectionCut(left_out.get(at, {}), frozenset(short[at])) for at in {*left_out, *short}})

    def expect_in(self, folder: Path) -> None:
        """Prepare a folder for a document of its pages, so that one pass over it is enough."""
        expect_pages(self.folder, folder, self.pages)

    def too_long(self, pages: int) -> Diagnostic:
        """The complaint where its PDF has more pages, and nothing more can be left out."""
        return _does_not_fit(self.cv, self.variant, self.most, self.measured, self.chosen.kept, pages)

    def tighter(self) -> Fitted | None:
        """The same without what matters least of it; None where all of it must stay."""
        if self.rounds == _MOST_ROUNDS:
            return None
        # One at first, as for a line that runs on; then more and more, as for a theme of other pages.
        number = max(2 ** (self.rounds - 1), 1)
        chosen = without_last(self.measured, self.most, self.chosen, self.minimums, number)
        return replace(self, chosen=chosen, rounds=self.rounds + 1) if chosen is not None else None

    @cached_property
    def report(self) -> FitReport:
        """What is printed and what is not."""
        kept, short = self.chosen.kept, self.chosen.short
        line, page = self.measured.shape.line or 1, self.measured.shape.height
        header = natural(self.measured.header)
        rows = [SectionSpace("(header)", header / line, header / page, 0, 0)]
        for at, layout in self.measured.layouts.items():
            height = natural(layout.composed(kept, short))
            entries = sum(len(unit.entries) for unit in layout.units)
            entries += sum(entry.at == at for entry in self.unmeasured)
            printed = sum(len(unit.entries) for unit in layout.units if unit in kept)
            rows.append(SectionSpace(str(layout.name), height / line, height / page, printed, entries))
        left_out = []
        for unit in self.left_out:
            first, *others = unit.entries
            summary = first.summary + (f" and {len(others)} more" if others else "")
            name, lines = self.measured.layouts[unit.at].name, self.measured.size(unit) / line
            left_out.append(LeftUnit(name, summary, lines, first.span))
        return FitReport(
            pages=self.pages,
            most=self.most,
            fill=self.chosen.fill(self.measured.shape),
            printed=sum(row.printed for row in rows),
            entries=sum(row.entries for row in rows),
            shortened=len(short),
            sections=tuple(rows),
            left_out=tuple(left_out),
            unmeasured=len(self.unmeasured),
        )


class FitReport(Record):
    """The pages, what is printed on them, and what is not, the best first.

    `unmeasured` are how many entries more are left out: too far down the order to be measured.
    """

    pages: int
    most: int
    fill: float
    printed: int
    entries: int
    shortened: int
    sections: tuple[SectionSpace, ...]
    left_out: tuple[LeftUnit, ...]
    unmeasured: int


class SectionSpace(Record):
    """A section's space in lines and as a share of a page, and how many of its entries are printed."""

    section: str
    lines: float
    share: float
    printed: int
    entries: int


class LeftUnit(Record):
    """What is left out, and its height in lines by itself."""

    section: str
    summary: str
    lines: float
    span: Span


def fit(
    cv: Cv, variant: str, most: int, setting: Setting, progress: Callable[[str], None] = lambda message: None
) -> Fitted:
    """Choose what a variant prints on at most so many pages.

    Raises ContentProblem where what must stay does not fit, or TeX cannot typeset the
    variant; EngineProblem without an engine.
    """
    choices = choices_of(cv, variant)
    minimums = {at: choice.min for at, choice in enumerate(choices)}
    whole, _ = select(cv, variant, setting.new_since)
    order = ranked([(section, choices[section.at]) for section in whole.sections])
    number = _FEWEST + _PER_PAGE * most
    passes = 0
    while True:
        unmeasured = _beyond(order, number, minimums)
        selected = whole
        if unmeasured:
            reasons = _by_section(unmeasured, "not measured")
            cut = Cut({at: SectionCut(left_out) for at, left_out in reasons.items()})
            selected, _ = select(cv, variant, setting.new_since, cut)
        measured, engine, folder = measure(cv, selected, order, setting, progress)
        passes += 1
        try:
            chosen = choose(measured, most, minimums)
        except DoesNotFit as problem:
            found = _does_not_fit(cv, variant, most, measured, problem.required, problem.pages)
            raise ContentProblem(found) from None
        is_full = len(chosen.pages) == most and chosen.fill(measured.shape) >= FULL
        if not unmeasured or is_full:
            return Fitted(cv, variant, most, minimums, measured, chosen, unmeasured, engine, folder, passes)
        number *= 3


def cut_of(cv: Cv, variant: str, setting: Setting) -> tuple[Cut, list[Diagnostic]]:
    """What does not fit of a variant, for what is made of it beside its PDF.

    Nothing is cut where that cannot be said: with the errors for which there is no PDF, or
    with a warning where there is no engine to measure with.
    """
    asked = cv.variants[variant].fit
    if asked is None:
        return WHOLE, []
    try:
        return fit(cv, variant, asked.pages, setting).cut, []
    except ContentProblem as problem:
        return WHOLE, list(problem.diagnostics)
    except EngineProblem as problem:
        findings = Findings()
        findings.warning(
            "not-measured",
            f"what does not fit is counted as printed in `{variant}`: {problem.message}",
            cv.variants[variant].span_of("fit"),
            *problem.hints,
        )
        return WHOLE, findings.items


def account_for(cv: Cv, variant: str, setting: Setting) -> tuple[SelectedCv, Findings]:
    """What a variant prints and leaves out, with what does not fit."""
    cut, found = cut_of(cv, variant, setting)
    selected, findings = select(cv, variant, setting.new_since, cut)
    findings.extend(found)
    return selected, findings


def _beyond(order: Sequence[Entry], number: int, minimums: dict[int, int | None]) -> tuple[Entry, ...]:
    """The entries too far down the order to be measured: none that must stay."""
    counted = dict.fromkeys(minimums, 0)
    beyond = []
    for rank, entry in enumerate(order):
        if rank < number or entry.keep or counted[entry.at] < (minimums[entry.at] or 1):
            counted[entry.at] += 1
        else:
            beyond.append(entry)
    return tuple(beyond)


def _by_section(entries: Iterable[Entry], reason: str) -> dict[int, dict[Span, str]]:
    """The places of entries that are left out for a reason, by the places of their sections."""
    left_out: dict[int, dict[Span, str]] = {}
    for entry in entries:
        left_out.setdefault(entry.at, {})[entry.span] = reason
    return left_out


def _does_not_fit(
    cv: Cv, variant: str, most: int, measured: Measured, required: Container[Unit], pages: int
) -> Diagnostic:
    height = measured.shape.height
    listing = [f"(header) {natural(measured.header) / height:.2f}"]
    for layout in measured.layouts.values():
        if space := natural(layout.composed(required, required)):
            listing.append(f"{layout.name} {space / height:.2f}")
    chosen = cv.variants[variant]
    cure = "take `keep` off some items or lower `min` of a section; `shrink_to: brief` makes items shorter"
    if len(listing) == 1:  # the header alone
        cure = "shorten what `owner` in cv.yaml says, or allow more pages"
    return Diagnostic(
        "does-not-fit",
        f"what must stay of `{variant}` needs {counted(pages, 'page')},"
        f" and it is fitted to {counted(most, 'page')}",
        chosen.span_of("fit") if chosen.fit is not None else None,
        hints=(f"space in pages: {', '.join(listing)}", cure),
    )


def as_lines(report: FitReport) -> Iterator[str]:
    """The space of each section, then what is left out in order of rank."""
    fill = f"{report.fill:.0%}".replace("%", " %")
    yield f"{counted(report.pages, 'page')} of at most {report.most}, the last {fill} full"
    width = max(len(row.section) for row in report.sections)
    yield f"  {'section':{width}}  {'printed':>10}  {'lines':>6}  % of a page"
    for row in report.sections:
        printed = f"{row.printed} of {row.entries}" if row.entries else ""
        yield f"  {row.section:{width}}  {printed:>10}  {row.lines:6.1f}  {row.share:11.0%}".replace("%", "")
    if report.shortened:
        yield f"  {report.shortened} of them in their short form"
    if not report.left_out:
        yield "nothing is left out"
        return
    yield "left out, in the order in which they come next:"
    listed = report.left_out[:_MOST_LISTED]
    names = max(len(item.section) for item in listed)
    for number, item in enumerate(listed, start=1):
        place = item.span.place
        start = f"  {number:3}. {item.section:{names}}  {item.lines:5.1f} lines  "
        # Two more stand before each of these lines.
        room = _TERMINAL - 2 - len(start) - len(f"  ({place})")
        summary = shortened(item.summary, min(max(room, _SHORTEST), _LONGEST))
        yield f"{start}{summary}  ({place})"
    if more := len(report.left_out) + report.unmeasured - len(listed):
        yield f"  and {more} more: `cvbuild audit` lists all"


def for_programs(report: FitReport) -> Json:
    """The same as data."""
    return {
        "pages": report.pages,
        "most": report.most,
        "fill": round(report.fill, 4),
        "printed": report.printed,
        "entries": report.entries,
        "shortened": report.shortened,
        "sections": [
            {**as_builtins(row), "lines": round(row.lines, 2), "share": round(row.share, 4)}
            for row in report.sections
        ],
        "left_out": [
            {
                "section": item.section,
                "summary": item.summary,
                "lines": round(item.lines, 2),
                "place": place(item.span),
            }
            for item in report.left_out
        ],
    }
