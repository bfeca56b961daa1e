"""A diagnostic on one line: for editors, `grep`, and GitHub's annotations."""

from __future__ import annotations

from pathlib import PurePath

from cvbuild.diagnostics import Diagnostic
from cvbuild.report.text import harmless

# Workflow commands of GitHub Actions; their properties have two more characters to escape
# (actions/toolkit, packages/core/src/command.ts).
_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}


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
