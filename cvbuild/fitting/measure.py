r"""A variant measured by TeX in one run: every section, its units, and what a choice of them is made of.

The document that is typeset prints lists into the log, and no page. Each list is packed into a box
that is too low for it. TeX complains, and shows the box with all that is in it (tex.web, section
675); that ends no run, as `\showbox` would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from cvbuild.delivery import empty_work_folder, work_folder
from cvbuild.diagnostics import ContentProblem, Diagnostic
from cvbuild.fitting.layout import (
    Sample,
    SectionLayout,
    Stretch,
    Unit,
    mark_of,
    restricted,
    samples,
    stretches,
)
from cvbuild.fitting.pages import Element, PageShape, VerticalList, announcing, lists_in
from cvbuild.fitting.rank import Entry, entries_of
from cvbuild.model.cv import Cv
from cvbuild.model.dates import Date
from cvbuild.project import Project
from cvbuild.record import MutableRecord, Record, field, replace
from cvbuild.render.document import render, render_sections
from cvbuild.render.sourcemap import MappedSpan, RenderedTex
from cvbuild.typeset.auxiliary import PAGES, forget_auxiliary, lasting
from cvbuild.typeset.choose import ChosenEngine, choose_engine
from cvbuild.typeset.engine import JOB_NAME, Run
from cvbuild.typeset.format import Formats, look_up
from cvbuild.typeset.lock import held
from cvbuild.typeset.log import diagnostics
from cvbuild.typeset.passes import make_private, run_pass, said_nothing
from cvbuild.typeset.scriptfonts import equip
from cvbuild.typeset.stops import stopped
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


class Measured(Record):
    """A variant measured: its header, its sections by their places, and its units in order of rank.

    `before` is what the document itself prints between a section and the one before it,
    `footer` what it prints behind the last; the theme that ships prints nothing there.
    """

    shape: PageShape
    header: tuple[Element, ...]
    layouts: Mapping[int, SectionLayout]
    ranked: tuple[Unit, ...]
    before: Mapping[int, tuple[Element, ...]] = field(default_factory=dict)
    footer: tuple[Element, ...] = ()

    def size(self, unit: Unit, *, is_short: bool = False) -> int:
        """The height of a unit by itself (sp)."""
        return self.layouts[unit.at].size(unit, is_short=is_short)

    def least(self, unit: Unit, *, is_short: bool = False) -> int:
        """A height that a unit takes at least, wherever it stands (sp)."""
        return self.layouts[unit.at].least(unit, is_short=is_short)


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


FRAME = "frame"
"""The name of the list of what the document prints around its sections; a mark stands for each."""

_BEGIN, _END = r"\begin{document}", r"\end{document}"
_SHAPE = re.compile(r"^cvbuild-page (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)
_DONE = "\ncvbuild-measured"

_SET_UP = r"""
\vfuzz=0pt \vbadness=-1 \showboxdepth=1 \showboxbreadth=1000000
\wlog{cvbuild-page \number\textheight\space\number\maxdepth\space\number\topskip\space\number\baselineskip}%
"""
_OPEN = r"""
\wlog{%s}%%
\setbox0\vbox to-1pt{\vfuzz=\maxdimen \hfuzz=\maxdimen \vbadness=10000 \hbadness=10000
\showboxdepth=-1 \showboxbreadth=-1
"""
_CLOSE = "\n\\par}%\n"


def marked(tex: RenderedTex, marks: Iterable[tuple[int, str]]) -> RenderedTex:
    """TeX with marks at its offsets, which ascend; they are found again in the list."""
    return tex.with_inserted([(offset, rf"\special{{cvbuild:{name}}}") for offset, name in marks])


def measuring_document(
    document: RenderedTex, sections: Sequence[RenderedTex], lists: Sequence[tuple[str, RenderedTex]]
) -> RenderedTex:
    """The document that measures its own frame, without the sections that stand in it, and lists."""
    begin = document.text.index(_BEGIN) + len(_BEGIN)
    parts = [_part(document, 0, begin), RenderedTex(_SET_UP, ())]
    for name, tex in [(FRAME, _frame(document, begin, sections)), *lists]:
        parts += [RenderedTex(_OPEN % announcing(name), ()), tex, RenderedTex(_CLOSE, ())]
    parts.append(RenderedTex(f"\\wlog{{{_DONE.strip()}}}%\n{_END}\n", ()))
    return _joined(parts, document.language)


def mark_of_section(number: int) -> str:
    """The name of the mark that stands for a section, by its place among those printed."""
    return f"section {number}"


def _frame(document: RenderedTex, begin: int, sections: Sequence[RenderedTex]) -> RenderedTex:
    at = begin
    parts: list[RenderedTex] = []
    for number, section in enumerate(sections):
        start = document.text.find(section.text, at)
        if start >= 0:
            parts += [
                _part(document, at, start),
                RenderedTex(rf"\special{{cvbuild:{mark_of_section(number)}}}" + "\n", ()),
            ]
            at = start + len(section.text)
    return _joined([*parts, _part(document, at, document.text.rindex(_END))], document.language)


def _part(tex: RenderedTex, start: int, end: int) -> RenderedTex:
    mapped = tuple(
        replace(item, start=item.start - start, end=item.end - start)
        for item in tex.mapped
        if start <= item.start and item.end <= end
    )
    return RenderedTex(tex.text[start:end], mapped)


def _joined(parts: Iterable[RenderedTex], language: str) -> RenderedTex:
    texts: list[str] = []
    mapped: list[MappedSpan] = []
    length = 0
    for part in parts:
        texts.append(part.text)
        mapped += (replace(item, start=item.start + length, end=item.end + length) for item in part.mapped)
        length += len(part.text)
    return RenderedTex("".join(texts), tuple(mapped), language)


def page_shape(log: str) -> PageShape | None:
    """The theme's page as the log tells it; None where TeX did not come to the end."""
    found = _SHAPE.search(log)
    return PageShape(*map(int, found.groups())) if found and _DONE in log else None


def measure(
    rendered: RenderedTex, chosen: ChosenEngine, folder: Path, epoch: int, formats: Formats | None = None
) -> Run:
    """One run over a document in a folder of its own. Raises EngineProblem where it cannot be started."""
    folder.mkdir(parents=True, exist_ok=True)
    make_private(folder)
    loaded = look_up(formats, rendered.text, chosen).format
    for attempt in (loaded, None) if loaded else (None,):
        forget_auxiliary(folder)
        run = run_pass(attempt.loaded_by(chosen) if attempt else chosen, folder, epoch, rendered.text)
        if attempt is None or not said_nothing(run):
            break
    return replace(run, log=f"{attempt.log}\n{run.log}") if attempt and attempt.log else run


def expect_pages(measured: Path, folder: Path, pages: int) -> None:
    """Put the .aux that a document of so many pages will write where it is read.

    It is that of the last time, or of the run that measured it in another folder, but for
    the number of pages. Where the guess is right, one pass is enough; else it is no help.
    """
    folder.mkdir(parents=True, exist_ok=True)
    make_private(folder)
    last = folder / f"{JOB_NAME}.aux"
    is_first = not last.is_file()
    known = measured / f"{JOB_NAME}.aux" if is_first else last
    if not known.is_file():
        return
    expected = PAGES.sub(rb"\g<1>{%d}" % pages, lasting(known.read_bytes()))
    if is_first:
        expected += b"\\gdef \\@abspage@last{%d}\n" % pages  # LaTeX writes it where there are pages
    last.write_bytes(expected)
