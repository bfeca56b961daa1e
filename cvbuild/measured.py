"""A variant measured by TeX in one run: every section, its units, and what a choice of them is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cvbuild.delivery import empty_work_folder, work_folder
from cvbuild.diagnostics import ContentProblem, Diagnostic
from cvbuild.fitting.choosing import Measured
from cvbuild.fitting.layout import Sample, SectionLayout, mark_of, samples
from cvbuild.fitting.measuring import FRAME, mark_of_section, marked, measuring_document, page_shape
from cvbuild.fitting.rank import Entry, entries_of
from cvbuild.fitting.units import Stretch, Unit, restricted, stretches
from cvbuild.fitting.vertical import Element, VerticalList, lists_in
from cvbuild.model.cv import Cv
from cvbuild.model.values import Date
from cvbuild.project import Project
from cvbuild.record import MutableRecord, Record, field, replace
from cvbuild.render.document import render, render_sections
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.choose import ChosenEngine, choose_engine
from cvbuild.typeset.engine import Run
from cvbuild.typeset.format import Formats
from cvbuild.typeset.lock import held
from cvbuild.typeset.log import diagnostics, stopped
from cvbuild.typeset.measure import measure
from cvbuild.typeset.scriptfonts import equip
from cvbuild.variant import SelectedCv, SelectedSection, choices_of


class Setting(Record):
    """With what a variant is measured: the project with its templates, an engine, and what overrides."""

    project: Project
    engine: str = "auto"
    theme: str | None = None
    language: str | None = None
    epoch: int = 0
    new_since: Date | None = None
    formats: Formats | None = None

    @property
    def rendering(self) -> tuple[Path | None, str | None, str | None]:
        """The project's templates, the theme and the language."""
        return self.project.templates, self.theme, self.language


class MeasuredCv(Record):
    """What was measured, by which engine, and the folder where that ran."""

    measured: Measured
    engine: ChosenEngine
    folder: Path


class _Part(MutableRecord):
    """A section as it is measured: its units, and the samples with their TeX."""

    section: SelectedSection
    entries: list[Entry]
    units: list[Unit]
    samples: list[tuple[str, Sample, RenderedTex]] = field(default_factory=list)


def measured_cv(
    cv: Cv, selected: SelectedCv, order: Sequence[Entry], setting: Setting, progress: Callable[[str], None]
) -> MeasuredCv:
    """The heights of all that is selected, in one run; `order` ranks its entries.

    Raises ContentProblem where TeX does not get that far, EngineProblem without an engine.
    """
    project = setting.project
    parts = _parts(cv, selected, setting)
    # The document with the first unit of each section: enough to see what it prints around them.
    shortest = tuple(restricted(part.section, Sample(0, (part.units[0],)).kept) for part in parts)
    document, _ = render(replace(selected, sections=shortest), *setting.rendering)
    bodies = render_sections(selected, shortest, *setting.rendering)
    lists = [(name, tex) for part in parts for name, _, tex in part.samples]
    measuring = measuring_document(document, bodies, lists)
    chosen = choose_engine(setting.engine, measuring.text)
    equipped = equip(measuring, chosen.engine).rendered
    folder = work_folder(project, f"{selected.name}-{chosen.engine.name}-measured")
    with (
        held(work_folder(project), lambda: progress("waiting for `cvbuild clean`"), shared=True),
        held(folder, lambda: progress("waiting for another build of this variant")),
    ):
        if not project.is_trusted:
            empty_work_folder(folder)
        progress(f"{chosen.engine.name}, measuring")
        run = measure(equipped, chosen, folder, setting.epoch, setting.formats)
    shape = page_shape(run.log)
    if shape is None:
        raise ContentProblem(*_failure(run, chosen, equipped))
    found = lists_in(run.log)
    layouts = {part.section.at: _layout(part, found) for part in parts}
    places = {(entry.at, entry.span): place for place, entry in enumerate(order)}
    units = [unit for layout in layouts.values() for unit in layout.units]
    units.sort(key=lambda unit: min(places[entry.at, entry.span] for entry in unit.entries))
    header, before, footer = _around(found[FRAME], [part.section.at for part in parts])
    measured = Measured(shape, header, layouts, tuple(units), before, footer)
    return MeasuredCv(measured, chosen, folder)


_Elements = tuple[Element, ...]


def _around(frame: VerticalList, places: Sequence[int]) -> tuple[_Elements, dict[int, _Elements], _Elements]:
    """What the document prints before its sections, before each but the first, and behind the last."""
    marks = [mark_of_section(number) for number in range(len(places))]
    if not marks or not frame.marks.keys() >= set(marks):
        return frame.elements, {}, ()
    before = {
        place: frame.between(earlier, mark)
        for place, earlier, mark in zip(places[1:], marks, marks[1:], strict=False)
    }
    return frame.between(None, marks[0]), before, frame.between(marks[-1], None)


def _parts(cv: Cv, selected: SelectedCv, setting: Setting) -> list[_Part]:
    """The sections with their samples, each with marks around its units."""
    choices = choices_of(cv, selected.name)
    sections = selected.sections
    parts = []
    wanted: list[tuple[_Part, Sample, SelectedSection]] = []
    for section, tex in zip(sections, render_sections(selected, sections, *setting.rendering), strict=True):
        entries = entries_of(section, choices[section.at])
        apart = None if section.figures else stretches(entries, section, tex)
        if apart is None:
            units = [Unit(0, tuple(entries))]
        else:
            units = [Unit(number, stretch.entries) for number, stretch in enumerate(apart)]
        part = _Part(section, entries, units)
        first, *others = samples(units, spaces_vary=apart is not None and _spaces_vary(tex, apart, units))
        part.samples.append((_name(part, 0), first, marked(tex, _marks(units, apart or ()))))
        for sample in others:
            wanted.append((part, sample, restricted(section, sample.kept, sample.short)))
        parts.append(part)
    rendered = render_sections(selected, [section for *_, section in wanted], *setting.rendering)
    for (part, sample, section), tex in zip(wanted, rendered, strict=True):
        apart = stretches([entry for entry in part.entries if entry.span in sample.kept], section, tex) or []
        is_alike = [stretch.entries for stretch in apart] == [unit.entries for unit in sample.units]
        if is_alike or len(part.units) == 1:
            marks = _marks(sample.units, apart if is_alike else ())
            part.samples.append((_name(part, len(part.samples)), sample, marked(tex, marks)))
    return parts


def _failure(run: Run, chosen: ChosenEngine, measuring: RenderedTex) -> list[Diagnostic]:
    """Why TeX did not come to the end."""
    if run.stopped:
        return [stopped(run, chosen.engine, measuring)]
    found = diagnostics(run.log, measuring)
    if any(item.severity == "error" for item in found):
        return found
    return [*found, Diagnostic("tex-error", f"{chosen.engine.name} ended before all was measured")]


def _name(part: _Part, number: int) -> str:
    return f"{part.section.at}.{number}"


def _marks(units: Sequence[Unit], apart: Sequence[Stretch]) -> list[tuple[int, str]]:
    return [
        mark
        for unit, stretch in zip(units, apart, strict=False)
        for mark in ((stretch.start, mark_of(unit)), (stretch.end, mark_of(unit, is_end=True)))
    ]


def _spaces_vary(tex: RenderedTex, apart: Sequence[Stretch], units: Sequence[Unit]) -> bool:
    """Whether the space between entries, or between items, is not the same everywhere in a section."""
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for before, stretch, one, other in zip(apart, apart[1:], units, units[1:], strict=False):
        if one.group == other.group:
            seen[one.parent == other.parent].add(tex.text[before.end : stretch.start].strip())
    return any(len(texts) > 1 for texts in seen.values())


def _layout(part: _Part, found: dict[str, VerticalList]) -> SectionLayout:
    name, title = part.section.name, str(part.section.title)
    layout = SectionLayout(name, title, tuple(part.units))
    for at, (listed, sample, _) in enumerate(part.samples):
        measured = found.get(listed, VerticalList())
        if len(part.units) > 1 and not _has_marks(sample.units, measured):
            if at > 0:
                continue
            # The marks went into a paragraph: the template prints no lists of boxes.
            alone = Unit(0, tuple(entry for unit in part.units for entry in unit.entries))
            layout = SectionLayout(name, title, (alone,))
            layout.learn(Sample(alone.at, (alone,)), replace(measured, marks={}))
            return layout
        layout.learn(sample, measured)
    return layout


def _has_marks(units: Sequence[Unit], measured: VerticalList) -> bool:
    names = {mark_of(unit, is_end=is_end) for unit in units for is_end in (False, True)}
    return names <= measured.marks.keys()
