"""Diagnostics for programs: one JSON object for a call.

    {"diagnostics": [{"code", "severity", "message", "place", "labels": [{"text", "place"}], "hints"}],
     "errors": 0, "warnings": 0, "notes": 0, "silenced": 0, …}

A place is null or `{"file", "line", "column", "end_line", "end_column", "text"}`: the
file as the project names it, lines and columns from 1, the end column behind the
last character, and `text` the whole first line. Only `file` is there where a file
as a whole is meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import dumps
from typing import TypeAlias

from cvbuild.diagnostics import Diagnostic
from cvbuild.report.order import counts, in_order
from cvbuild.source import Span

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"


def as_json(diagnostics: Sequence[Diagnostic], results: Mapping[str, Json]) -> str:
    """The object, with the results of the call beside its diagnostics."""
    numbers = {f"{severity}s": number for severity, number in counts(diagnostics).items()}
    listed = [_diagnostic(item) for item in in_order(diagnostics)]
    return dumps({"diagnostics": listed, **numbers, **results}, ensure_ascii=False, indent=2)


def _diagnostic(item: Diagnostic) -> Json:
    return {
        "code": item.code,
        "severity": item.severity,
        "message": item.message,
        "place": place(item.span),
        "labels": [{"text": label.text, "place": place(label.span)} for label in item.labels],
        "hints": list(item.hints),
    }


def place(span: Span | None) -> Json:
    """A span as an object."""
    if span is None:
        return None
    if not span.source.text:
        return {"file": span.source.name}
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": line + 1,
        "column": column + 1,
        "end_line": end_line + 1,
        "end_column": end_column + 1,
        "text": span.source.line(line),
    }
