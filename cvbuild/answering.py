"""Saying once more what a call to build gave, where nothing changed since."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

# Importing `typing` or `dataclasses` takes longer than all that a call with nothing to do does.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from cvbuild.diagnostics import Diagnostic
    from cvbuild.source import Span
    from cvbuild.uptodate import Answer, Line


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
