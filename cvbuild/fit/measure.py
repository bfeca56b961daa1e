r"""Measure a variant with TeX in one run.

A template prints an entry between `\begin{cventry}` and `\end{cventry}`, and the source map identifies
the entry. A section whose entries cannot be identified is one unit. The measuring document prints no
page. It packs each list into a box that is too low for it, so that TeX shows the box with its content
in the log (tex.web, section 675). Unlike `\showbox`, this does not end the run.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise, zip_longest
from pathlib import Path

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Item
from cvbuild.content.settings import SectionChoice
from cvbuild.diagnostics import ContentProblem, Diagnostic
from cvbuild.fit.pages import ALWAYS, LIST, Document, Entry, PageShape, SectionLayout, Unit, lists_in
from cvbuild.output import empty_work_folder, work_folder
from cvbuild.project import Project
from cvbuild.record import Record, replace
from cvbuild.render.checks import place_of, texts_by_entry
from cvbuild.render.document import render, render_sections
from cvbuild.render.sourcemap import RenderedTex, SpanMarks
from cvbuild.select.request import Request
from cvbuild.select.selection import choices_of, with_entries
from cvbuild.select.types import LAST_PRIORITY, SelectedCv, SelectedSection, priority_of
from cvbuild.typeset.engine import JOB_NAME
from cvbuild.typeset.engines import ChosenEngine, choose_engine
from cvbuild.typeset.fonts import equip
from cvbuild.typeset.format import Formats, look_up
from cvbuild.typeset.passes import complaints_of, make_private, run_pass, said_nothing
from cvbuild.typeset.process import held

_ENTRY = re.compile(r"\\begin\{cventry\}.*?\\end\{cventry\}", re.DOTALL)
_BEGIN, _END = r"\begin{document}", r"\end{document}"
_SET_UP = r"""
\vfuzz=0pt \vbadness=-1 \showboxdepth=1 \showboxbreadth=1000000
\wlog{cvbuild-page \number\textheight\space\number\maxdepth\space\number\topskip\space\number\baselineskip}%
"""
_SHAPE = re.compile(r"^cvbuild-page (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)
_OPEN = rf"""
\wlog{{{LIST}}}%
\setbox0\vbox to-1pt{{\vfuzz=\maxdimen \hfuzz=\maxdimen \vbadness=10000 \hbadness=10000
\showboxdepth=-1 \showboxbreadth=-1
"""
_MARK = r"\special{cvbuild:%s}"
_CLOSE = "\n\\par}%\n"
_DONE = "cvbuild-measured"


class Setting(Record):
    """The project and the request to measure for, with the formats that its documents may load."""

    project: Project
    request: Request = Request()
    formats: Formats | None = None
    progress: Callable[[str], None] = lambda message: None


_Stretch = tuple[int, int, tuple[Entry, ...]]
"""Start and end (offsets, half-open) of the TeX that prints some entries, and these entries."""
_Sample = tuple[SectionLayout, tuple[Unit, ...], bool]
"""A section's layout, units of it that are typeset together, and whether they are in short form."""


def measure(
    cv: Cv, selected: SelectedCv, order: Sequence[Entry], setting: Setting
) -> tuple[Document, ChosenEngine, Path]:
    """Return a selection as a measured document, the engine that measured it, and the run's folder.

    `order` lists the entries by rank. Raises ContentProblem if TeX stops before the end, EngineProblem
    if there is no engine.
    """
    own = setting.project.templates
    samples = _samples(selected, choices_of(cv, selected.name), own)
    layouts = {layout.units[0].at: layout for (layout, *_), _ in samples}
    # One unit of each section is enough to see what the document prints between the sections.
    firsts = [layout.units[:1] for layout in layouts.values()]
    shortest = tuple(map(_restricted, selected.sections, firsts))
    document, _ = render(replace(selected, sections=shortest), own)
    sections = render_sections(selected, shortest, own)
    rendered = _measuring_document(document, sections, [tex for _, tex in samples])
    chosen = choose_engine(setting.request.engine, rendered.text)
    rendered = equip(rendered, chosen.engine).rendered
    folder = work_folder(setting.project, f"{selected.name}-{chosen.engine.name}-measured")
    shape, log = _run(rendered, chosen, folder, setting)
    frame, *lists = lists_in(log)
    for ((layout, units, is_short), _), shown in zip(samples, lists, strict=True):
        layout.learn(units, shown, is_short)
    places = {(entry.at, entry.span): place for place, entry in enumerate(order)}
    ranked = [unit for layout in layouts.values() for unit in layout.units]
    ranked.sort(key=lambda unit: min(places[entry.at, entry.span] for entry in unit.entries))
    marks = [str(number) for number in range(len(layouts))]
    header, footer = frame.elements, frame.elements[:0]
    if marks and frame.marks.keys() >= set(marks):
        header, *between, footer = (frame.between(*edges) for edges in pairwise([None, *marks, None]))
        for layout, before in zip([*layouts.values()][1:], between, strict=True):
            layout.before = before
    return Document(shape, header, layouts, tuple(ranked), footer), chosen, folder


def entries_of(section: SelectedSection, choice: SectionChoice) -> list[Entry]:
    """Return the entries of a section in the order printed; a section without items is one entry."""
    found: list[Entry] = []
    days = ALWAYS

    def may_shrink(item: Item) -> bool:
        asked = choice.shrink_to or getattr(item, "shrink_to", None)
        return asked is not None and item.shortened() is not None

    for number, group in enumerate(section.groups):
        for item in group.items:
            parent, leaves = len(found), tuple(item.leaves())
            for leaf in leaves:
                # An undated entry takes the days of the entry before it, and so stays behind it when sorted.
                if when := leaf.when or item.when:
                    days = when.last_day, when.start.first_day
                    days = ALWAYS if days[0] == ALWAYS[0] else days
                priority, keep = priority_of(item, leaf, choice), item.keep or leaf.keep
                holder = item.span if item is not leaf and may_shrink(item) else None
                place = section.at, leaf.span, leaf.summary, priority, keep, number, parent
                found.append(Entry(*place, may_shrink(leaf), holder, len(leaves), days))
    for number, category in enumerate(section.categories):
        for item in category.publications:
            # Days follow the order of lists of publications: in press first, without a year last.
            undated = ALWAYS if item.year is not None else ((0, 0, 0), (0, 0, 0))
            days = (item.date.first_day, item.date.first_day) if item.date else undated
            priority, parent = priority_of(item, item, choice), len(found)
            entry = Entry(section.at, item.span, item.summary, priority, item.keep, number, parent, days=days)
            found.append(entry)
    whole = section.section
    return found or [Entry(section.at, whole.span, str(whole.title), choice.priority or LAST_PRIORITY)]


def _samples(
    selected: SelectedCv, choices: Sequence[SectionChoice], own: Path | None
) -> list[tuple[_Sample, RenderedTex]]:
    """Return samples, with their TeX, that show all pieces of each section; whole sections come first."""
    samples: list[tuple[_Sample, RenderedTex]] = []
    wanted: list[tuple[_Sample, SelectedSection]] = []
    whole = render_sections(selected, selected.sections, own)
    for section, tex in zip(selected.sections, whole, strict=True):
        entries = entries_of(section, choices[section.at])
        stretches = [] if section.figures else _stretches(entries, section, tex)
        units = tuple(Unit.of(number, printed) for number, (_, _, printed) in enumerate(stretches))
        layout = SectionLayout(section.name, units or (Unit.of(0, entries),))
        samples.append(((layout, layout.units, False), _marked(tex, units, stretches)))
        items = [tuple(item) for _, item in groupby(layout.units, key=lambda unit: unit.parent)]
        groups = [tuple(group) for _, group in groupby(layout.units, key=lambda unit: unit.group)]
        # In a whole section, only the first unit of an item begins the item, and only the first group opens
        # the section. In `parts`, the others do so. TeX keeps the first and last two rows of a list
        # together: parts of 2 to 4 units show the spaces there.
        nth = [tuple(filter(None, units)) for units in zip_longest(*items)][1:]
        parts = [*nth, *(group[:1] for group in groups[1:])]
        parts += [units[:number] for number in (2, 3, 4) if number < len(units)]
        forms = [(layout.units, True), *((part, is_short) for part in parts for is_short in (False, True))]
        for part, is_short in forms:
            if not is_short or any(unit.shrinking for unit in part):
                wanted.append(((layout, part, is_short), _restricted(section, part, is_short)))
    rendered = render_sections(selected, [section for _, section in wanted], own)
    for (sample, section), tex in zip(wanted, rendered, strict=True):
        layout, units, _ = sample
        stretches = _stretches([entry for unit in units for entry in unit.entries], section, tex)
        if [printed for _, _, printed in stretches] == [unit.entries for unit in units]:
            samples.append((sample, _marked(tex, units, stretches)))
        elif len(layout.units) == 1:
            samples.append((sample, tex))
    return samples


def _marked(tex: RenderedTex, units: Sequence[Unit], stretches: Sequence[_Stretch]) -> RenderedTex:
    """Return a section's TeX with marks around its units; without stretches, return it unchanged."""
    marks = []
    for unit, (start, end, _) in zip(units, stretches, strict=False):
        marks += [(start, _MARK % f"begin {unit.number}"), (end, _MARK % f"end {unit.number}")]
    return tex.with_inserted(marks)


def _stretches(entries: Sequence[Entry], section: SelectedSection, tex: RenderedTex) -> list[_Stretch]:
    """Return the stretches of a section's TeX that print its entries; [] if it cannot be divided."""
    numbers_at: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for number, (_, _, spans) in enumerate(texts_by_entry(section)):
        for span in spans:
            numbers_at[place_of(span)].add(number)
    starts = [item.start for item in tex.mapped]
    found: list[tuple[int, int, set[int]]] = []
    for match in _ENTRY.finditer(tex.text):
        start, end = match.span()
        mapped = tex.mapped[bisect_left(starts, start) : bisect_left(starts, end)]
        owners = [numbers_at[place_of(item.span)] for item in mapped]
        # A text that entries share, by an alias or a cross-reference, identifies none of them.
        numbers = {number for owner in owners if len(owner) == 1 for number in owner}
        if found and found[-1][2] & numbers:  # one entry is printed in two boxes
            start, _, before = found.pop()
            numbers |= before
        if numbers:
            found.append((start, end, numbers))
    if sorted(number for _, _, numbers in found for number in numbers) != list(range(len(entries))):
        return []
    return [(start, end, tuple(entries[at] for at in sorted(numbers))) for start, end, numbers in found]


def _restricted(section: SelectedSection, units: Sequence[Unit], is_short: bool = False) -> SelectedSection:
    """Return the section with only these units, in their short forms if `is_short`."""
    kept = {entry.span for unit in units for entry in unit.entries}
    short = frozenset(span for unit in units for span in unit.shrinking if is_short)
    groups = []
    for group in section.groups:
        leaves = [(item, [leaf for leaf in item.leaves() if leaf.span in kept]) for item in group.items]
        if items := tuple(with_entries(item, some, short) for item, some in leaves if some):
            groups.append(replace(group, items=items))
    categories = []
    for category in section.categories:
        if publications := tuple(item for item in category.publications if item.span in kept):
            categories.append(replace(category, publications=publications))
    return replace(section, groups=tuple(groups), categories=tuple(categories))


def _measuring_document(
    document: RenderedTex, sections: Sequence[RenderedTex], lists: Sequence[RenderedTex]
) -> RenderedTex:
    """Return the document that logs its frame, with a mark for each section, and then the lists."""
    inserted = SpanMarks()

    def part(start: int, end: int) -> str:
        mapped = (item.moved(-start) for item in document.mapped if start <= item.start and item.end <= end)
        return inserted.insert(RenderedTex(document.text[start:end], tuple(mapped)))

    at = document.text.index(_BEGIN) + len(_BEGIN)
    preamble, frame = part(0, at), ""
    for number, section in enumerate(sections):
        start = document.text.find(section.text, at)
        if start >= 0:
            frame += part(at, start) + _MARK % number + "\n"
            at = start + len(section.text)
    frame += part(at, document.text.rindex(_END))
    body = "".join(f"{_OPEN}{tex}{_CLOSE}" for tex in (frame, *map(inserted.insert, lists)))
    text = f"{preamble}{_SET_UP}{body}\\wlog{{{_DONE}}}%\n{_END}\n"
    return RenderedTex(*inserted.split(text), document.language)


def _run(
    rendered: RenderedTex, chosen: ChosenEngine, folder: Path, setting: Setting
) -> tuple[PageShape, str]:
    """Run TeX once in `folder`; return the page's shape and the log. Raises errors as `measure` does."""
    project, progress = setting.project, setting.progress
    with (
        held(work_folder(project), lambda: progress("waiting for `cvbuild clean`"), shared=True),
        held(folder, lambda: progress("waiting for another build of this variant")),
    ):
        if not project.is_trusted:
            empty_work_folder(folder)
        progress(f"{chosen.engine.name}, measuring")
        make_private(folder)
        loaded = look_up(setting.formats, rendered.text, chosen).format
        for engine in (chosen.adapted(format=loaded.path), chosen) if loaded else (chosen,):
            (folder / f"{JOB_NAME}.aux").unlink(missing_ok=True)
            run = run_pass(engine, folder, setting.request.epoch, rendered.text)
            if not said_nothing(run):  # else blame the format, and run again without it
                break
    log = f"{loaded.log}\n{run.log}" if loaded and engine is not chosen else run.log
    if f"\n{_DONE}" in log and (shape := _SHAPE.search(log)):
        return PageShape(*map(int, shape.groups())), log
    found = complaints_of(replace(run, log=log), chosen.engine, rendered)
    if not any(item.severity == "error" for item in found):
        found.append(Diagnostic("tex-error", f"{chosen.engine.name} ended before all was measured"))
    raise ContentProblem(*found)
