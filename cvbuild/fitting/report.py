"""What became of a variant that is fitted to pages, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cvbuild.fitting.choosing import Chosen, Measured, key_of
from cvbuild.fitting.rank import Entry
from cvbuild.fitting.units import Unit
from cvbuild.fitting.vertical import natural
from cvbuild.phrases import counted, shortened
from cvbuild.record import Record
from cvbuild.report.lines import Json, place

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
