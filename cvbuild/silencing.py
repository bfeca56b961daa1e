"""Comments in the content that silence warnings and notes at their place; errors are never silenced.

    # cvbuild: ignore lint-no-link, lint-pages

In YAML a comment holds for the line at whose end it stands, or for the line below it, and for
all that is indented under that line. In BibTeX a line above an entry holds for that entry; it may
begin with `%`, since all text between entries is comment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from cvbuild.diagnostics import Diagnostic, did_you_mean
from cvbuild.record import Record
from cvbuild.source import SourceFile, Span

SIGN = "cvbuild: ignore"
"""What a comment that silences a code begins with."""
_CODES = r"cvbuild: ignore[ \t:]+(?P<codes>[\w-]+(?:[ \t]*,[ \t]*[\w-]+)*)"
_YAML_COMMENT = re.compile(rf"(?:^|[ \t])#+[ \t]*{_CODES}")
_BIBTEX_COMMENT = re.compile(rf"^[ \t]*%*[ \t]*{_CODES}")
_BIBTEX_ENTRY = re.compile(r"[ \t]*@[ \t]*\w+[ \t]*[{(]")
_CODE = re.compile(r"[\w-]+")


class Ignore(Record):
    """A code that a comment silences, where it is typed, and the lines (0-based, half-open) it holds for."""

    code: str
    span: Span
    start: int
    end: int


def without_silenced(
    diagnostics: Iterable[Diagnostic], ignored: Collection[str] = ()
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The diagnostics that are to be heard, and those that are not.

    `ignored` are the codes silenced in the whole project. One with several places is silenced
    from any of them.
    """
    silent: dict[SourceFile, dict[str, set[int]]] = {}
    kept: list[Diagnostic] = []
    silenced: list[Diagnostic] = []
    for item in diagnostics:
        if item.severity != "error" and (item.code in ignored or _is_silenced(item, silent)):
            silenced.append(item)
        else:
            kept.append(item)
    return kept, silenced


def _is_silenced(item: Diagnostic, silent: dict[SourceFile, dict[str, set[int]]]) -> bool:
    """Whether a comment holds for one of its places; `silent` keeps what is known of files so far."""
    spans = [item.span] if item.span else []
    for span in (*spans, *(label.span for label in item.labels)):
        if span.source not in silent:
            silent[span.source] = _silent_lines(span.source)
        if span.line in silent[span.source].get(item.code, ()):
            return True
    return False


def _silent_lines(source: SourceFile) -> dict[str, set[int]]:
    """The lines for which each code is silenced."""
    lines: dict[str, set[int]] = {}
    for one in ignores_in(source):
        lines.setdefault(one.code, set()).update(range(one.start, one.end))
    return lines


def unknown_codes(sources: Iterable[SourceFile], known: Collection[str]) -> Iterator[Diagnostic]:
    """Comments that name codes which no message has."""
    for source in sources:
        for one in ignores_in(source):
            if one.code not in known:
                yield Diagnostic(
                    "unknown-code",
                    f"no message has the code `{one.code}`, so nothing is silenced",
                    one.span,
                    "warning",
                    hints=did_you_mean(one.code, known),
                )


def ignores_in(source: SourceFile) -> Iterator[Ignore]:
    """The comments of a file, one value for each code they name."""
    if SIGN not in source.text:
        return
    lines = [source.line(number) for number in range(len(source.line_starts))]
    is_bibtex = source.name.endswith(".bib")
    pattern = _BIBTEX_COMMENT if is_bibtex else _YAML_COMMENT
    for number, line in enumerate(lines):
        found = pattern.search(line)
        if found is None:
            continue
        held = _entry_below(lines, number) if is_bibtex else _block_at(lines, number)
        for code in _CODE.finditer(line, found.start("codes"), found.end("codes")):
            start = source.line_starts[number] + code.start()
            yield Ignore(code[0], Span(source, start, start + len(code[0])), *held)


def _entry_below(lines: list[str], number: int) -> tuple[int, int]:
    """The lines of the entry directly below a comment; none where a blank line comes between."""
    start = number + 1
    while start < len(lines) and (
        lines[start].lstrip().startswith("%") or _BIBTEX_COMMENT.match(lines[start])
    ):
        start += 1
    if start == len(lines) or not _BIBTEX_ENTRY.match(lines[start]):
        return number, number
    end = start + 1
    while end < len(lines) and not _BIBTEX_ENTRY.match(lines[end]):
        end += 1
    return start, end


def _block_at(lines: list[str], number: int) -> tuple[int, int]:
    """The line that a comment belongs to, with what is indented under it."""
    start = number
    while start < len(lines) and lines[start].lstrip().startswith("#"):
        start += 1
    if start == len(lines) or not lines[start].strip():
        return number, number
    indent = _indent(lines[start])
    # The items of a list may stand in the column of their key.
    is_key = not lines[start].lstrip().startswith("- ")
    end = start + 1
    while end < len(lines):
        line = lines[end]
        is_inside = _indent(line) > indent or (is_key and _indent(line) == indent and _is_item(line))
        if line.strip() and not line.lstrip().startswith("#") and not is_inside:
            break
        end += 1
    return start, end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_item(line: str) -> bool:
    return line.lstrip().startswith("- ")
