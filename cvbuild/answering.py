"""Saying once more what a call to build gave, where nothing changed since."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from cvbuild.diagnostics import Diagnostic
    from cvbuild.report import Style
    from cvbuild.report.json import Json
    from cvbuild.source import SourceFile, Span
    from cvbuild.uptodate import Answer, Call

Line = tuple[str, bool]
"""A line for people, and whether it goes to standard error."""


def answered(arguments: Sequence[str]) -> bool:
    """Whether a call was answered at once: what it gave the last time stands, and is printed again."""
    from cvbuild.uptodate import Call

    try:
        call = Call.of(arguments)
    except OSError:
        return False  # the current folder is gone, which another will say
    answer = call.answer() if call is not None else None
    if answer is None:
        return False
    try:
        say = _printer(answer)
    except (ValueError, TypeError, KeyError, IndexError):
        return False  # damaged
    say()
    return True


def _printer(answer: Answer) -> Callable[[], None]:
    """What prints an answer. Raises ValueError, TypeError, KeyError or IndexError where it is none."""
    style, before, after = answer["style"], list(answer["before"]), list(answer["after"])
    found, silenced = answer["diagnostics"], len(answer["silenced"])
    if style == "json":
        from cvbuild.report.json import as_json

        built = [{**item, "passes": 0, "seconds": 0.0} for item in answer["built"]]
        text = as_json(_diagnostics(found, answer["sources"]), {"silenced": silenced, "built": built})
        return lambda: print(text)
    if not found:
        return lambda: _print([*before, *after])
    # Only here what takes longer to import than all the rest.
    from cvbuild.report import print_diagnostics

    diagnostics = _diagnostics(found, answer["sources"])

    def say() -> None:
        _print(before)
        print_diagnostics(diagnostics, sys.stderr, style)
        _print(after)

    return say


def _print(lines: Sequence[Line]) -> None:
    for text, is_error in lines:
        print(text, file=sys.stderr if is_error else sys.stdout, flush=True)


@dataclass
class Given:
    """What a call gave that built all it was asked for: the files, lines and diagnostics.

    `before` and `after` are printed around the diagnostics; `works` are the work folders.
    """

    style: Style
    built: list[Json] = field(default_factory=list)
    works: list[Path] = field(default_factory=list)
    outputs: list[Path] = field(default_factory=list)
    before: list[Line] = field(default_factory=list)
    after: list[Line] = field(default_factory=list)


def remember(
    call: Call,
    given: Given,
    diagnostics: Sequence[Diagnostic],
    silenced: Collection[Diagnostic],
    patterns: Sequence[str],
) -> None:
    """Write down what a call gave, from .bib files that `patterns` name."""
    from cvbuild.typeset.stamp import reads_in

    if given.style == "github":
        return  # where nothing is built twice
    reads = []
    for folder in given.works:
        known = reads_in(folder)
        if known is None:
            return
        reads += known
    sources: dict[SourceFile, int] = {}
    answer: dict[str, Any] = {
        "style": given.style,
        "before": given.before,
        "after": given.after,
        "built": given.built,
        "diagnostics": [_plain(item, sources) for item in diagnostics],
        "silenced": [_plain(item, sources) for item in silenced],
    }
    answer["sources"] = [[source.name, source.text] for source in sources]
    outputs = [str(path.absolute()) for path in given.outputs]
    call.remember(answer, [str(pattern) for pattern in patterns], outputs, reads)


def _plain(item: Diagnostic, sources: dict[SourceFile, int]) -> list[Any]:
    def place(span: Span | None) -> list[int] | None:
        return None if span is None else [sources.setdefault(span.source, len(sources)), span.start, span.end]

    labels = [[place(label.span), label.text] for label in item.labels]
    return [item.code, item.message, place(item.span), item.severity, labels, list(item.hints)]


def _diagnostics(listed: Sequence[Any], texts: Sequence[Any]) -> list[Diagnostic]:
    from cvbuild.diagnostics import Diagnostic, Label
    from cvbuild.source import SourceFile, Span

    sources = [SourceFile(str(name), str(text)) for name, text in texts]

    def span(place: Sequence[int]) -> Span:
        number, start, end = map(int, place)
        return Span(sources[number], start, end)

    return [
        Diagnostic(
            code,
            str(message),
            None if place is None else span(place),
            "note" if severity == "note" else "warning",
            tuple(Label(span(where), str(text)) for where, text in labels),
            tuple(map(str, hints)),
        )
        for code, message, place, severity, labels, hints in listed
    ]
