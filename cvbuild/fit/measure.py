r"""A variant measured by TeX in one run: every section, its units, and what a choice of them is made of.

The document that is typeset prints lists into the log, and no page. Each list is packed into a box
that is too low for it. TeX complains, and shows the box with all that is in it (tex.web, section
675); that ends no run, as `\showbox` would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cvbuild.content.cv import Cv
from cvbuild.content.values import Date
from cvbuild.diagnostics import ContentProblem, Diagnostic
from cvbuild.fit.layout import (
    Sample,
    SectionLayout,
    Stretch,
    Unit,
    marks_of,
    restricted,
    samples,
    stretches,
)
from cvbuild.fit.pages import LIST, Element, PageShape, VerticalList, lists_in
from cvbuild.fit.rank import Entry, entries_of
from cvbuild.output import empty_work_folder, work_folder
from cvbuild.project import Project
from cvbuild.record import MutableRecord, Record, field, replace
from cvbuild.render.document import render, render_sections
from cvbuild.render.sourcemap import RenderedTex, SpanMarks
from cvbuild.select.selection import choices_of
from cvbuild.select.types import SelectedCv, SelectedSection
from cvbuild.typeset.engine import JOB_NAME, Run
from cvbuild.typeset.engines import ChosenEngine, choose_engine
from cvbuild.typeset.fonts import equip
from cvbuild.typeset.format import Formats, look_up
from cvbuild.typeset.passes import complaints_of, make_private, run_pass, said_nothing
from cvbuild.typeset.process import held
from cvbuild.typeset.texlive import PAGES, lasting

_FRAME = "frame"
"""The name of the list of what the document prints around its sections; a mark stands for each."""

_BEGIN, _END = r"\begin{document}", r"\end{document}"
_SHAPE = re.compile(r"^cvbuild-page (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)
_DONE = "\ncvbuild-measured"

_SET_UP = r"""
\vfuzz=0pt \vbadness=-1 \showboxdepth=1 \showboxbreadth=1000000
\wlog{cvbuild-page \number\textheight\space\number\maxdepth\space\number\topskip\space\number\baselineskip}%
"""
_OPEN = rf"""
\wlog{{{LIST}%s}}%%
\setbox0\vbox to-1pt{{\vfuzz=\maxdimen \hfuzz=\maxdimen \vbadness=10000 \hbadness=10000
\showboxdepth=-1 \showboxbreadth=-1
"""
_CLOSE = "\n\\par}%\n"
_MARK = r"\special{cvbuild:%s}"
_SECTION = "section %d"
"""The mark that stands for a section, by its place among those printed."""

_Elements = tuple[Element, ...]


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


class _Part(MutableRecord):
    """A section as it is measured: its units, and the samples with their TeX."""

    section: SelectedSection
    entries: list[Entry]
    units: tuple[Unit, ...]
    samples: list[tuple[str, Sample, RenderedTex]] = field(default_factory=list)
    """Each with the name of its list in the log."""

    def add(self, sample: Sample, tex: RenderedTex) -> None:
        """Measure a sample, whose TeX has marks around its units."""
        self.samples.append((f"{self.section.at}.{len(self.samples)}", sample, tex))


def measure(
    cv: Cv, selected: SelectedCv, order: Sequence[Entry], setting: Setting, progress: Callable[[str], None]
) -> tuple[Measured, ChosenEngine, Path]:
    """The heights of all that is selected, the engine that ran once for them, and the folder where it did.

    `order` ranks the entries. Raises ContentProblem where TeX does not get that far, EngineProblem
    without an engine.
    """
    project = setting.project
    parts = _parts(cv, selected, setting)
    # The document with the first unit of each section: enough to see what it prints around them.
    shortest = tuple(restricted(part.section, Sample(part.units[:1])) for part in parts)
    document, _ = render(replace(selected, sections=shortest), *setting.rendering)
    bodies = render_sections(selected, shortest, *setting.rendering)
    lists = [(name, tex) for part in parts for name, _, tex in part.samples]
    rendered = _measuring_document(document, bodies, lists)
    chosen = choose_engine(setting.engine, rendered.text)
    rendered = equip(rendered, chosen.engine).rendered
    folder = work_folder(project, f"{selected.name}-{chosen.engine.name}-measured")
    with (
        held(work_folder(project), lambda: progress("waiting for `cvbuild clean`"), shared=True),
        held(folder, lambda: progress("waiting for another build of this variant")),
    ):
        if not project.is_trusted:
            empty_work_folder(folder)
        progress(f"{chosen.engine.name}, measuring")
        run = _run_once(rendered, chosen, folder, setting)
    shape = page_shape(run.log)
    if shape is None:
        raise ContentProblem(*_failure(run, chosen, rendered))
    found = lists_in(run.log)
    layouts = {part.section.at: _layout(part, found) for part in parts}
    places = {(entry.at, entry.span): place for place, entry in enumerate(order)}
    units = [unit for layout in layouts.values() for unit in layout.units]
    units.sort(key=lambda unit: min(places[entry.at, entry.span] for entry in unit.entries))
    header, before, footer = _around(found[_FRAME], list(layouts))
    return Measured(shape, header, layouts, tuple(units), before, footer), chosen, folder


def _parts(cv: Cv, selected: SelectedCv, setting: Setting) -> list[_Part]:
    """The sections with their samples, each with marks around its units."""
    choices = choices_of(cv, selected.name)
    sections = selected.sections
    parts = []
    wanted: list[tuple[_Part, Sample, SelectedSection]] = []
    for section, tex in zip(sections, render_sections(selected, sections, *setting.rendering), strict=True):
        entries = entries_of(section, choices[section.at])
        apart = [] if section.figures else stretches(entries, section, tex)
        units = [Unit(number, stretch.entries) for number, stretch in enumerate(apart)]
        part = _Part(section, entries, tuple(units) or (Unit(0, tuple(entries)),))
        first, *others = samples(part.units, spaces_vary=_spaces_vary(tex, apart, units))
        part.add(first, _marked(tex, units, apart))
        wanted += ((part, sample, restricted(section, sample)) for sample in others)
        parts.append(part)
    rendered = render_sections(selected, [section for *_, section in wanted], *setting.rendering)
    for (part, sample, section), tex in zip(wanted, rendered, strict=True):
        apart = stretches([entry for entry in part.entries if entry.span in sample.kept], section, tex)
        if [stretch.entries for stretch in apart] == [unit.entries for unit in sample.units]:
            part.add(sample, _marked(tex, sample.units, apart))
        elif len(part.units) == 1:
            part.add(sample, tex)
    return parts


def _spaces_vary(tex: RenderedTex, apart: Sequence[Stretch], units: Sequence[Unit]) -> bool:
    """Whether the space between entries, or between items, is not the same everywhere in a section."""
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for before, stretch, one, other in zip(apart, apart[1:], units, units[1:], strict=False):
        if one.group == other.group:
            seen[one.parent == other.parent].add(tex.text[before.end : stretch.start].strip())
    return any(len(texts) > 1 for texts in seen.values())


def _marked(tex: RenderedTex, units: Sequence[Unit], apart: Sequence[Stretch]) -> RenderedTex:
    """The TeX of a section with marks around its units; they are found again in the list."""
    marks = []
    for unit, stretch in zip(units, apart, strict=True):
        begin, end = marks_of(unit)
        marks += [(stretch.start, _MARK % begin), (stretch.end, _MARK % end)]
    return tex.with_inserted(marks)


def _measuring_document(
    document: RenderedTex, sections: Sequence[RenderedTex], lists: Sequence[tuple[str, RenderedTex]]
) -> RenderedTex:
    """The document that measures its own frame, without the sections that stand in it, and lists."""
    inserted = SpanMarks()

    def part(start: int, end: int) -> str:
        mapped = (item.moved(-start) for item in document.mapped if start <= item.start and item.end <= end)
        return inserted.insert(RenderedTex(document.text[start:end], tuple(mapped)))

    at = document.text.index(_BEGIN) + len(_BEGIN)
    preamble, frame = part(0, at), ""
    for number, section in enumerate(sections):
        start = document.text.find(section.text, at)
        if start >= 0:
            frame += part(at, start) + _MARK % (_SECTION % number) + "\n"
            at = start + len(section.text)
    frame += part(at, document.text.rindex(_END))
    shown = [(_FRAME, frame), *((name, inserted.insert(tex)) for name, tex in lists)]
    body = "".join(f"{_OPEN % name}{tex}{_CLOSE}" for name, tex in shown)
    text = f"{preamble}{_SET_UP}{body}\\wlog{{{_DONE.strip()}}}%\n{_END}\n"
    return RenderedTex(*inserted.split(text), document.language)


def _run_once(rendered: RenderedTex, chosen: ChosenEngine, folder: Path, setting: Setting) -> Run:
    """One run over a document in a folder of its own. Raises EngineProblem where it cannot be started."""
    folder.mkdir(parents=True, exist_ok=True)
    make_private(folder)
    loaded = look_up(setting.formats, rendered.text, chosen).format
    for attempt in (loaded, None) if loaded else (None,):
        (folder / f"{JOB_NAME}.aux").unlink(missing_ok=True)
        engine = chosen.adapted(format=attempt.path) if attempt else chosen
        run = run_pass(engine, folder, setting.epoch, rendered.text)
        if attempt is None or not said_nothing(run):
            break
    return replace(run, log=f"{attempt.log}\n{run.log}") if attempt and attempt.log else run


def page_shape(log: str) -> PageShape | None:
    """The theme's page as the log tells it; None where TeX did not come to the end."""
    found = _SHAPE.search(log)
    return PageShape(*map(int, found.groups())) if found and _DONE in log else None


def _failure(run: Run, chosen: ChosenEngine, rendered: RenderedTex) -> list[Diagnostic]:
    """Why TeX did not come to the end."""
    found = complaints_of(run, chosen.engine, rendered)
    if any(item.severity == "error" for item in found):
        return found
    return [*found, Diagnostic("tex-error", f"{chosen.engine.name} ended before all was measured")]


def _layout(part: _Part, found: Mapping[str, VerticalList]) -> SectionLayout:
    layout = SectionLayout(part.section.name, part.units)
    for at, (name, sample, _) in enumerate(part.samples):
        measured = found.get(name, VerticalList())
        marks = {mark for unit in sample.units for mark in marks_of(unit)}
        if len(part.units) == 1 or marks <= measured.marks.keys():
            layout.learn(sample, measured)
        elif at == 0:
            # The marks went into a paragraph: the template prints no lists of boxes.
            alone = Unit(0, tuple(entry for unit in part.units for entry in unit.entries))
            layout = SectionLayout(part.section.name, (alone,))
            layout.learn(Sample((alone,)), replace(measured, marks={}))
            return layout
    return layout


def _around(frame: VerticalList, places: Sequence[int]) -> tuple[_Elements, dict[int, _Elements], _Elements]:
    """What the document prints before its sections, before each but the first, and behind the last."""
    marks = [_SECTION % number for number in range(len(places))]
    if not marks or not frame.marks.keys() >= set(marks):
        return frame.elements, {}, ()
    before = {
        place: frame.between(earlier, mark)
        for place, earlier, mark in zip(places[1:], marks, marks[1:], strict=False)
    }
    return frame.between(None, marks[0]), before, frame.between(marks[-1], None)


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
