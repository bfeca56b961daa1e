"""Differences as people, pull requests and programs read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from cvbuild.changes.compare import Changes, FieldChange, SectionChanges
from cvbuild.changes.subjects import Entry
from cvbuild.phrases import counted, shortened
from cvbuild.report.json import Json, place
from cvbuild.report.text import harmless

Paint = Callable[[str, str], str]
"""Gives a line a colour, by its name."""

_LONGEST = 72
_CONTEXT = 3
"""Words that are shown around what differs in a long text."""

_LONGEST_COMMENT = 60_000
"""Characters; GitHub takes 65,536 in a comment."""

_SIGNS = {
    "added": ("  +", "green"),
    "removed": ("  -", "red"),
    "changed": ("  ~", "yellow"),
    "moved": ("  ~ in another place:", "yellow"),
    "": ("     ", ""),
}
"""Before each difference, and its colour, by its state; without one it belongs to what is before it."""


def as_lines(changes: Changes, paint: Paint) -> Iterator[str]:
    """`+` added, `-` removed, `~` changed, by section, and the sum of all at the end."""
    for section in changes.sections:
        yield harmless(f"{section.title} [{section.name}]")
        for state, text in _differences(section, str, _field_line):
            sign, colour = _SIGNS[state]
            yield paint(harmless(f"{sign} {text}"), colour)
        yield ""
    if changes.reordered:
        yield paint(harmless(f"~ sections in another place: {', '.join(changes.reordered)}"), "yellow")
        yield ""
    yield _sum(changes, changes.old, changes.new)


def _differences(
    section: SectionChanges, quoted: Callable[[str], str], field: Callable[[FieldChange], str]
) -> Iterator[tuple[str, str]]:
    """The state and the text of each difference."""
    if section.state != "kept":
        entries = section.added or section.removed
        more = f", {counted(len(entries), 'entry', 'entries')}" if entries else ""
        yield section.state, f"the whole section{more}"
        return

    def label(entry: Entry) -> str:
        return quoted(shortened(entry.label, _LONGEST))

    yield from (("changed", field(change)) for change in section.fields)
    yield from (("added", label(entry)) for entry in section.added)
    yield from (("removed", label(entry)) for entry in section.removed)
    for changed in section.changed:
        yield "changed", label(changed.entry)
        yield from (("", field(change)) for change in changed.fields)
    yield from (("moved", label(entry)) for entry in section.moved)


def _field_line(change: FieldChange) -> str:
    old, new = excerpts(change)
    if old is None:
        return f"{change.field}: added: {new}"
    if new is None:
        return f"{change.field}: removed: {old}"
    return f"{change.field}: {old} → {new}"


def excerpts(change: FieldChange) -> tuple[str | None, str | None]:
    """Both values, of long ones the words that differ with a few around them."""
    if change.old is None or change.new is None:
        return change.old and shortened(change.old, _LONGEST), change.new and shortened(change.new, _LONGEST)
    old, new = change.old.split(), change.new.split()
    if max(len(change.old), len(change.new)) <= _LONGEST or old == new:
        return (_visible(change.old), _visible(change.new)) if old == new else (change.old, change.new)
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    return _part(old, start, end), _part(new, start, end)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words at the beginning are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (word, another) in pairs if word != another), min(len(one), len(other)))


def _part(words: Sequence[str], start: int, end: int) -> str:
    first, last = max(start - _CONTEXT, 0), min(len(words) - end + _CONTEXT, len(words))
    before, after = "… " if first else "", " …" if last < len(words) else ""
    return before + shortened(" ".join(words[first:last]), _LONGEST) + after


_SPACES = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥", "\u00a0": "⍽", "\u202f": "⍽"})


def _visible(text: str) -> str:
    """A text that differs from another in its spaces alone."""
    return shortened(text.translate(_SPACES), _LONGEST)


def _sum(changes: Changes, old: str, new: str) -> str:
    """How many entries are added, removed and changed."""
    if not changes:
        return f"no differences between {old} and {new}"
    sums = ", ".join(f"{number} {state}" for state, number in changes.counts.items())
    return f"{sums} between {old} and {new}"


def as_markdown(changes: Changes) -> str:
    """A comment for a pull request: a heading for each section, a list below it, the sum first.

    What comes from the CV stands in code spans, where neither markup nor `@name` means anything.
    """
    lines = [f"**CV:** {_sum(changes, _code(changes.old), _code(changes.new))}"]
    room = _LONGEST_COMMENT
    left_out = 0
    for section in changes.sections:
        for at, line in enumerate(_markdown_lines(section)):
            room -= len(line) + 2
            if room > 0:
                lines += ["", line, ""] if at == 0 else [line]
            else:
                left_out += 1
    if changes.reordered:
        lines += ["", f"Sections in another place: {', '.join(map(_code, changes.reordered))}"]
    if left_out:
        lines += ["", f"{left_out} more lines are left out: a comment has no room for them."]
    return "\n".join(lines) + "\n"


def _markdown_lines(section: SectionChanges) -> Iterator[str]:
    yield f"### {_code(section.title)}"
    for state, text in _differences(section, _code, _markdown_field):
        yield f"- **{state}**: {text}" if state else f"  - {text}"


def _markdown_field(change: FieldChange) -> str:
    old, new = excerpts(change)
    if old is None:
        return f"{_code(change.field)} added: {_code(new or '')}"
    if new is None:
        return f"{_code(change.field)} removed: {_code(old)}"
    return f"{_code(change.field)}: {_code(old)} → {_code(new)}"


def _code(text: str) -> str:
    """A code span, its fence longer than any within (CommonMark 0.31.2, 6.1)."""
    text = harmless(" ".join(text.split()))
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}" if text else "(empty)"


def for_programs(changes: Changes) -> dict[str, Json]:
    """The same as data, values at their full length."""
    return {
        "old": changes.old,
        "new": changes.new,
        **changes.counts,
        "reordered_sections": list(changes.reordered),
        "sections": [
            {
                "section": section.name,
                "title": section.title,
                "state": section.state,
                "fields": _fields_as_json(section.fields),
                "added": [_entry_as_json(entry) for entry in section.added],
                "removed": [_entry_as_json(entry) for entry in section.removed],
                "changed": [
                    {**_entry_as_json(changed.entry), "fields": _fields_as_json(changed.fields)}
                    for changed in section.changed
                ],
                "moved": [_entry_as_json(entry) for entry in section.moved],
            }
            for section in changes.sections
        ],
    }


def _entry_as_json(entry: Entry) -> dict[str, Json]:
    return {"entry": entry.label, "place": place(entry.span)}


def _fields_as_json(fields: Sequence[FieldChange]) -> Json:
    return [{"field": change.field, "old": change.old, "new": change.new} for change in fields]
