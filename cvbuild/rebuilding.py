"""Building again and again in one process: only what is not there already."""

from __future__ import annotations

import time
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild.diagnostics import ContentProblem
from cvbuild.jobs import cores
from cvbuild.pipeline import Built, Options, Prepared, Progress, build, stream_for
from cvbuild.preparing import prepare_fitted
from cvbuild.project import Project
from cvbuild.record import MutableRecord, Record, field

if TYPE_CHECKING:
    from cvbuild.content.cv import Cv
    from cvbuild.typeset.stream import Stream


class Rebuilt(Record):
    """What became of a variant in one round; `is_new` is false where its PDF was up to date."""

    built: Built
    seconds: float
    is_new: bool


class _Made(Record):
    """A PDF that was built, and from what: with the same, it would be the same again."""

    basis: tuple[object, ...]
    built: Built
    version: tuple[int, int]
    """The PDF's time of change in nanoseconds and its size: somebody else may have built or deleted it."""


class Rebuilder(MutableRecord):
    """Builds variants, remembers what it built them from, and has engines waiting for the next time.

    The next edit is expected where the last one was: a waiting engine typesets what the documents
    `expected` of the variants begin with, and has to be ended if the edit comes earlier.
    """

    made: dict[str, _Made] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Stream] = field(default_factory=dict)

    def rebuild(
        self,
        project: Project,
        cv: Cv,
        variant: str,
        options: Options,
        progress: Progress,
    ) -> Rebuilt:
        """Build a variant where its TeX, or what its PDF is held against, is not that of the last time.

        Raises EngineProblem and OSError as `build` does.
        """
        started = time.perf_counter()
        stream = self.waiting.get(variant)
        try:
            heard = stream.hear if stream is not None else None
            prepared = prepare_fitted(project, cv, variant, options, progress, heard)
        except ContentProblem as problem:
            self.made.pop(variant, None)
            return Rebuilt(Built(variant, problem.diagnostics), time.perf_counter() - started, True)
        basis = _basis(project, prepared, options)
        last = self.made.pop(variant, None)
        if (
            last is not None
            and last.basis == basis
            and last.version == _version(last.built.pdf)
            and not prepared.findings.has_errors
        ):
            self.made[variant] = last
            if stream is not None:
                self.waiting.pop(variant).end()  # it has heard the document
            return Rebuilt(last.built, time.perf_counter() - started, False)
        self.waiting.pop(variant, None)
        built = build(project, cv, variant, options, None, progress, prepared, stream)
        version = _version(built.pdf)
        if version is not None:
            self.made[variant] = _Made(basis, built, version)
            self.expected[variant] = _same_lines(last.basis[0] if last else "", prepared.rendered.text)
        return Rebuilt(built, time.perf_counter() - started, True)

    def get_ready(self, project: Project, options: Options) -> None:
        """Start engines for the variants that were built, as many as there are cores."""
        for variant in self.waiting.keys() - self.made.keys():
            self.waiting.pop(variant).end()
        for variant in list(self.made)[: cores()]:
            expected = self.expected[variant]
            if variant not in self.waiting and (
                stream := stream_for(project, variant, options, expected=expected)
            ):
                self.waiting[variant] = stream

    def end(self) -> None:
        """End all engines."""
        while self.waiting:
            self.waiting.popitem()[1].end()


def _same_lines(one: object, other: str) -> str:
    """The lines that two documents have in common before the first that differs."""
    lines = zip(str(one).splitlines(keepends=True), other.splitlines(keepends=True), strict=False)
    return "".join(line for line, _ in takewhile(lambda pair: pair[0] == pair[1], lines))


def _basis(project: Project, prepared: Prepared, options: Options) -> tuple[object, ...]:
    """All that a variant's PDF and its place come from, and what it is held against."""
    held_against: tuple[object, ...] = ()
    if prepared.profile is not None:
        from cvbuild.funders.profile import find_profile

        # Some rules look at the content itself, and not at the pages.
        held_against = (find_profile(project, prepared.profile)[0], prepared.selected)
    return (
        prepared.rendered.text,
        options.engine,
        options.epoch,
        prepared.output,
        prepared.max_pages,
        prepared.fitted.most if prepared.fitted else None,
        *held_against,
    )


def _version(pdf: Path | None) -> tuple[int, int] | None:
    try:
        found = pdf.stat() if pdf is not None else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found else None
