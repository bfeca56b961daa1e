"""Diagnostics in order, each on one line, and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TypeAlias, get_args

from cvbuild.diagnostics import Diagnostic, Severity
from cvbuild.source import Span
from cvbuild.words import counted

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

_SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the gravest to the least."""

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# Workflow commands of GitHub Actions; their properties have two more characters to escape
# (actions/toolkit, packages/core/src/command.ts).
_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}


def harmless(text: str) -> str:
    """Text without the characters that steer a terminal (C0 and C1 controls, ECMA-48) or turn its order."""
    return _CONTROLS.sub("\ufffd", text)


def in_order(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Each once; errors first, then warnings and notes, each by file, line and column."""

    def rank(item: Diagnostic) -> tuple[int, str, int, int]:
        gravity = _SEVERITIES.index(item.severity)
        if item.span is None:
            return gravity, "", 0, 0
        return gravity, item.span.source.name, item.span.line, item.span.column

    return sorted(dict.fromkeys(diagnostics), key=rank)


def counts(diagnostics: Sequence[Diagnostic]) -> Mapping[Severity, int]:
    """How many there are of each severity, each diagnostic counted once."""
    found = [item.severity for item in dict.fromkeys(diagnostics)]
    return {severity: found.count(severity) for severity in _SEVERITIES}


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty for none."""
    return ", ".join(counted(number, severity) for severity, number in counts(diagnostics).items() if number)


def short_line(item: Diagnostic) -> str:
    """`file:line:column: severity[code]: message; hint`, as compilers write it."""
    place = (
        ""
        if item.span is None
        else f"{item.span.place if item.span.source.text else item.span.source.name}: "
    )
    return harmless("; ".join((f"{place}{item.severity}[{item.code}]: {item.message}", *item.hints)))


def github_line(item: Diagnostic, folder: PurePath) -> str:
    """A command that makes GitHub show the diagnostic at its line of a pull request.

    `folder` is the project's within the repository, since paths start at its root.
    """
    properties = {"title": f"{item.severity}[{item.code}]"}
    if item.span is not None:
        properties = {"file": (folder / item.span.source.name).as_posix(), **properties}
        if item.span.source.text:
            first, last = item.span.first_line(), item.span.last_line
            properties |= {"line": str(first.line + 1), "endLine": str(last + 1)}
            if last == first.line:
                end = first.column + max(first.end - first.start, 1)
                properties |= {"col": str(first.column + 1), "endColumn": str(end)}
    said = [item.message, *item.hints]
    said += [f"{label.span.place}: {label.text}" for label in item.labels]
    written = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
    message = "\n".join(harmless(line) for line in said)
    return f"::{_LEVELS[item.severity]} {written}::{_escaped(message, _IN_MESSAGE)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in text)


def as_json(diagnostics: Sequence[Diagnostic], results: Mapping[str, Json]) -> str:
    """One JSON object for a call: its diagnostics, with the results of the call beside them.

    {"diagnostics": [{"code", "severity", "message", "place", "labels": [{"text", "place"}], "hints"}],
     "errors": 0, "warnings": 0, "notes": 0, "silenced": 0, …}

    A place is null or `{"file", "line", "column", "end_line", "end_column", "text"}`: the
    file as the project names it, lines and columns from 1, the end column behind the
    last character, and `text` the whole first line. Only `file` is there where a file
    as a whole is meant.
    """
    numbers = {f"{severity}s": number for severity, number in counts(diagnostics).items()}
    listed = [_diagnostic(item) for item in in_order(diagnostics)]
    return json.dumps({"diagnostics": listed, **numbers, **results}, ensure_ascii=False, indent=2)


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
