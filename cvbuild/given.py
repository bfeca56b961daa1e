"""What a call to build gave, written down for `answering.py` to say once more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from cvbuild.record import MutableRecord, field

if TYPE_CHECKING:
    from pathlib import Path

    from cvbuild.diagnostics import Diagnostic
    from cvbuild.report import Style
    from cvbuild.report.json import Json
    from cvbuild.source import SourceFile, Span
    from cvbuild.uptodate import Call, Line


class Given(MutableRecord):
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
