"""Fitting a variant to its pages: measured by TeX, chosen, and selected and rendered again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path

from cvbuild.diagnostics import ContentProblem, Diagnostic, EngineProblem, Findings
from cvbuild.fitting.choosing import Chosen, DoesNotFit, Key, Measured, choose, key_of, without_last
from cvbuild.fitting.rank import Entry, ranked
from cvbuild.fitting.report import FitReport, report_of
from cvbuild.fitting.vertical import natural
from cvbuild.measured import Setting, measured_cv
from cvbuild.model.cv import Cv
from cvbuild.phrases import counted
from cvbuild.record import Record, replace
from cvbuild.source import Span
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.measure import expect_pages
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
    for place, entry in enumerate(order):
        if place < number or entry.keep or counted[entry.at] < (minimums[entry.at] or 1):
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
