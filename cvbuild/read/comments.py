"""Comments in content files that silence warnings and notes at their place, but never errors.

    # cvbuild: ignore lint-no-link, lint-pages

In YAML a comment at the end of a line applies to that line, a comment on its own line to the line below;
both apply to the lines indented under that line, too. In BibTeX a comment above an entry applies to that
entry. It may begin with `%`, since BibTeX ignores text between entries.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from cvbuild.diagnostics import Diagnostic, did_you_mean
from cvbuild.source import SourceFile, Span

_SIGN = "cvbuild: ignore"
_CODES = rf"{_SIGN}[ \t:]+(?P<codes>[\w-]+(?:[ \t]*,[ \t]*[\w-]+)*)"
_YAML_COMMENT = re.compile(rf"(?:^|[ \t])#+[ \t]*{_CODES}")
_BIBTEX_COMMENT = re.compile(rf"^[ \t]*%*[ \t]*{_CODES}")
_BIBTEX_BEFORE = re.compile(rf"\s*%|{_BIBTEX_COMMENT.pattern}")
_BIBTEX_ENTRY = re.compile(r"[ \t]*@[ \t]*\w+[ \t]*[{(]")


def without_silenced(
    diagnostics: Iterable[Diagnostic], ignored: Collection[str] = ()
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Return the diagnostics to report, and those silenced by `ignored` codes or a comment at their place."""
    silent: dict[SourceFile, dict[str, set[int]]] = {}  # lines (0-based) by file and code
    kept: list[Diagnostic] = []
    silenced: list[Diagnostic] = []
    for item in diagnostics:
        is_silenced = item.code in ignored
        for span in filter(None, (item.span, *(label.span for label in item.labels))):
            if span.source not in silent:
                silent[span.source] = {}
                for code, _, lines in ignores_in(span.source):
                    silent[span.source].setdefault(code, set()).update(lines)
            is_silenced = is_silenced or span.line in silent[span.source].get(item.code, ())
        (silenced if is_silenced and item.severity != "error" else kept).append(item)
    return kept, silenced


def unknown_codes(sources: Iterable[SourceFile], known: Collection[str]) -> Iterator[Diagnostic]:
    """Yield a warning for each code in a comment that is not among the `known` codes."""
    for source in sources:
        for code, span, _ in ignores_in(source):
            if code not in known:
                message = f"no message has the code `{code}`, so nothing is silenced"
                yield Diagnostic("unknown-code", message, span, "warning", hints=did_you_mean(code, known))


def ignores_in(source: SourceFile) -> Iterator[tuple[str, Span, range]]:
    """Yield each code in a file's comments, with its span and the lines (0-based) that it applies to."""
    if _SIGN not in source.text:
        return
    lines = [source.line(number) for number in range(len(source.line_starts))]
    is_bibtex = source.name.endswith(".bib")
    pattern = _BIBTEX_COMMENT if is_bibtex else _YAML_COMMENT
    for number, line in enumerate(lines):
        if found := pattern.search(line):
            held = _entry_below(lines, number) if is_bibtex else _block_at(lines, number)
            for code in re.compile(r"[\w-]+").finditer(line, *found.span("codes")):
                start = source.line_starts[number] + code.start()
                yield code[0], Span(source, start, start + len(code[0])), held


def _entry_below(lines: list[str], number: int) -> range:
    """Return the lines of the entry directly below a comment; an empty range if other text follows."""
    start = number + 1
    while start < len(lines) and _BIBTEX_BEFORE.match(lines[start]):
        start += 1
    if start == len(lines) or not _BIBTEX_ENTRY.match(lines[start]):
        return range(0)
    below = range(start + 1, len(lines))
    return range(start, next((end for end in below if _BIBTEX_ENTRY.match(lines[end])), len(lines)))


def _block_at(lines: list[str], number: int) -> range:
    """Return the line that a YAML comment applies to and the lines indented under it; maybe no lines."""
    start = number
    while start < len(lines) and lines[start].lstrip().startswith("#"):
        start += 1
    if start == len(lines) or not lines[start].strip():
        return range(0)
    first = lines[start].lstrip()
    indent = len(lines[start]) - len(first)
    for end, line in enumerate(lines[start + 1 :], start + 1):
        text = line.lstrip()
        column = len(line) - len(text)
        # The items of a list may begin in the same column as the list's key.
        is_item = column == indent and text.startswith("- ") and not first.startswith("- ")
        if text and not text.startswith("#") and column <= indent and not is_item:
            return range(start, end)
    return range(start, len(lines))
