"""Fitting a variant to its pages: measured by TeX, chosen, and selected and rendered again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from cvbuild.diagnostics import ContentProblem, Diagnostic, EngineProblem, Findings
from cvbuild.fitting.choosing import Chosen, DoesNotFit, Key, choose, key_of, without_last
from cvbuild.fitting.layout import Unit
from cvbuild.fitting.measure import Measured, Setting, expect_pages, measured_cv
from cvbuild.fitting.pages import natural
from cvbuild.fitting.rank import Entry, ranked
from cvbuild.model.cv import Cv
from cvbuild.phrases import counted, shortened
from cvbuild.record import Record, replace
from cvbuild.report.json import Json, place
from cvbuild.source import Span
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.variant import WHOLE, Cut, SectionCut, SelectedCv, choices_of, select

_FEWEST, _PER_PAGE = 200, 100
"""How many entries are measured at first, and for each page: an entry takes a line at least."""

_MOST_ROUNDS = 8
"""How often something is left out because the PDF is longer than was measured."""

FULL = 0.85
"""How full the last page is when no more entries are measured to fill it."""


class Fitted(Record):
    """A variant fitted to pages: what is chosen of it, and how it came to that.

    `engine` is the one that measured it, and `folder` where; `passes` are its runs.
    """

    cv: Cv
    variant: str
    most: int
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
    def report(self) -> FitReport:
        """What is printed and what is not."""
        return report_of(self.measured, self.chosen, self.most, self.unmeasured)

    @cached_property
    def cut(self) -> Cut:
        """What is left out of the variant, and what is printed short."""
        reason = f"does not fit on {counted(self.most, 'page')}"
        left_out: dict[int, dict[Span, str]] = {}
        short: dict[int, set[Span]] = {}
        why = f"{reason}; the next in line"
        for unit in self.measured.ranked:
            if key_of(unit) not in self.chosen.kept:
                left_out.setdefault(unit.at, {}).update((entry.span, why) for entry in unit.entries)
                why = reason
            elif key_of(unit) in self.chosen.short:
                short.setdefault(unit.at, set()).update(unit.shrinking)
        for entry in self.unmeasured:
            left_out.setdefault(entry.at, {})[entry.span] = reason
        return Cut(
            {at: SectionCut(left_out.get(at, {}), frozenset(short.get(at, ()))) for at in {*left_out, *short}}
        )

    def expect_in(self, folder: Path) -> None:
        """Prepare a folder for a document of its pages, so that one pass over it is enough."""
        expect_pages(self.folder, folder, self.pages)

    def too_long(self, pages: int) -> Diagnostic:
        """The complaint where its PDF has more pages, and nothing more can be left out."""
        return _does_not_fit(
            self.cv, self.variant, self.most, self.measured, DoesNotFit(self.chosen.kept, pages)
        )

    def tighter(self) -> Fitted | None:
        """The same without what matters least of it; None where all of it must stay."""
        if self.rounds == _MOST_ROUNDS:
            return None
        # One at first, as for a line that runs on; then more and more, as for a theme of other pages.
        number = max(2 ** (self.rounds - 1), 1)
        minimums = _minimums(self.cv, self.variant)
        chosen = without_last(self.measured, self.most, self.chosen, minimums, number)
        return replace(self, chosen=chosen, rounds=self.rounds + 1) if chosen is not None else None


def fit(
    cv: Cv, variant: str, most: int, setting: Setting, progress: Callable[[str], None] = lambda message: None
) -> Fitted:
    """Choose what a variant prints on at most so many pages.

    Raises ContentProblem where what must stay does not fit, or TeX cannot typeset the
    variant; EngineProblem without an engine.
    """
    choices = choices_of(cv, variant)
    whole, _ = select(cv, variant, setting.new_since)
    order = ranked([(section, choices[section.at]) for section in whole.sections])
    minimums = _minimums(cv, variant)
    number = _FEWEST + _PER_PAGE * most
    passes = 0
    while True:
        unmeasured = _beyond(order, number, minimums)
        selected = whole
        if unmeasured:
            selected, _ = select(cv, variant, setting.new_since, _without(unmeasured))
        found = measured_cv(cv, selected, order, setting, progress)
        measured = found.measured
        passes += 1
        try:
            chosen = choose(measured, most, minimums)
        except DoesNotFit as problem:
            raise ContentProblem(_does_not_fit(cv, variant, most, measured, problem)) from None
        is_full = len(chosen.pages) == most and chosen.fill(measured.shape) >= FULL
        if not unmeasured or is_full:
            break
        number *= 3
    return Fitted(cv, variant, most, measured, chosen, unmeasured, found.engine, found.folder, passes)


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


def _minimums(cv: Cv, variant: str) -> dict[int, int | None]:
    return {at: choice.min for at, choice in enumerate(choices_of(cv, variant))}


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


def _without(entries: Sequence[Entry]) -> Cut:
    left_out: dict[int, dict[Span, str]] = {}
    for entry in entries:
        left_out.setdefault(entry.at, {})[entry.span] = "not measured"
    return Cut({at: SectionCut(spans) for at, spans in left_out.items()})


def _does_not_fit(cv: Cv, variant: str, most: int, measured: Measured, problem: DoesNotFit) -> Diagnostic:
    height = measured.shape.height
    listing = [f"(header) {natural(measured.header) / height:.2f}"]
    for at, layout in measured.layouts.items():
        space = natural(layout.composed(_numbers(problem.required, at), _numbers(problem.required, at)))
        if space:
            listing.append(f"{layout.name} {space / height:.2f}")
    chosen = cv.variants[variant]
    cure = "take `keep` off some items or lower `min` of a section; `shrink_to: brief` makes items shorter"
    if len(listing) == 1:  # the header alone
        cure = "shorten what `owner` in cv.yaml says, or allow more pages"
    return Diagnostic(
        "does-not-fit",
        f"what must stay of `{variant}` needs {counted(problem.pages, 'page')},"
        f" and it is fitted to {counted(most, 'page')}",
        chosen.span_of("fit") if chosen.fit is not None else None,
        hints=(
            f"space in pages: {', '.join(listing)}",
            cure,
        ),
    )


def _numbers(keys: Collection[Key], at: int) -> set[int]:
    return {number for where, number in keys if where == at}


_SHORTEST, _LONGEST = 20, 60
"""Of a summary, in characters, as far as its line keeps within the terminal."""
_TERMINAL = 80
_MOST_LISTED = 40


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
    unmeasured: int = 0


class SectionSpace(Record):
    """A section's space in lines and as a share of a page, and how many of its entries are printed."""

    name: str
    lines: float
    share: float
    printed: int
    entries: int


class LeftUnit(Record):
    """What is left out, and its height in lines by itself."""

    unit: Unit
    section: str
    lines: float


def report_of(measured: Measured, chosen: Chosen, most: int, unmeasured: Sequence[Entry] = ()) -> FitReport:
    """The account of a choice."""
    shape = measured.shape
    line = shape.line or 1

    def space(name: str, height: int, printed: int, entries: int) -> SectionSpace:
        return SectionSpace(name, height / line, height / shape.height, printed, entries)

    rows = [space("(header)", natural(measured.header), 0, 0)]
    for at, layout in measured.layouts.items():
        kept = {number for where, number in chosen.kept if where == at}
        short = {number for where, number in chosen.short if where == at}
        entries = sum(len(unit.entries) for unit in layout.units)
        entries += sum(entry.at == at for entry in unmeasured)
        printed = sum(len(unit.entries) for unit in layout.units if unit.number in kept)
        rows.append(space(layout.name, natural(layout.composed(kept, short)), printed, entries))
    left_out = tuple(
        LeftUnit(unit, measured.layouts[unit.at].name, measured.size(unit) / line)
        for unit in measured.ranked
        if key_of(unit) not in chosen.kept
    )
    return FitReport(
        pages=len(chosen.pages),
        most=most,
        fill=chosen.fill(shape),
        printed=sum(row.printed for row in rows),
        entries=sum(row.entries for row in rows),
        shortened=len(chosen.short),
        sections=tuple(rows),
        left_out=left_out,
        unmeasured=len(unmeasured),
    )


def as_lines(report: FitReport) -> Iterator[str]:
    """The space of each section, then what is left out in order of rank."""
    fill = f"{report.fill:.0%}".replace("%", " %")
    yield f"{counted(report.pages, 'page')} of at most {report.most}, the last {fill} full"
    width = max(len(row.name) for row in report.sections)
    yield f"  {'section':{width}}  {'printed':>10}  {'lines':>6}  % of a page"
    for row in report.sections:
        printed = f"{row.printed} of {row.entries}" if row.entries else ""
        yield f"  {row.name:{width}}  {printed:>10}  {row.lines:6.1f}  {row.share:11.0%}".replace("%", "")
    if report.shortened:
        yield f"  {report.shortened} of them in their short form"
    if not report.left_out:
        yield "nothing is left out"
        return
    yield "left out, in the order in which they come next:"
    listed = report.left_out[:_MOST_LISTED]
    names = max(len(item.section) for item in listed)
    for number, item in enumerate(listed, start=1):
        place = item.unit.entries[0].span.place
        start = f"  {number:3}. {item.section:{names}}  {item.lines:5.1f} lines  "
        # Two more stand before each of these lines.
        room = _TERMINAL - 2 - len(start) - len(f"  ({place})")
        summary = shortened(_summary(item.unit), min(max(room, _SHORTEST), _LONGEST))
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
            {
                "section": row.name,
                "lines": round(row.lines, 2),
                "share": round(row.share, 4),
                "printed": row.printed,
                "entries": row.entries,
            }
            for row in report.sections
        ],
        "left_out": [
            {
                "section": item.section,
                "summary": _summary(item.unit),
                "lines": round(item.lines, 2),
                "place": place(item.unit.entries[0].span),
            }
            for item in report.left_out
        ],
    }


def _summary(unit: Unit) -> str:
    more = len(unit.entries) - 1
    return unit.entries[0].summary + (f" and {more} more" if more else "")
