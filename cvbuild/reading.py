"""Opening files of a project: regular ones, inside the project, of a size that content can have."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cvbuild.diagnostics import Diagnostic
from cvbuild.record import Record
from cvbuild.source import SourceFile, Span

LARGEST_BYTES = {".bib": 50_000_000}
"""How large a file may be, by its ending."""
LARGEST_OTHER = 1_000_000


class Refusal(Record):
    """Why a file is not read: a diagnostic's code, the reason to follow the file's name, and what to do."""

    code: str
    reason: str
    hint: str

    def of(self, name: str) -> Diagnostic:
        """The error for a file of this name."""
        code = self.code
        return Diagnostic(code, f"{name} {self.reason}", Span(SourceFile(name, ""), 0, 0), hints=(self.hint,))


NO_FILE = Refusal(
    code="unreadable-file",
    reason="cannot be read: it is a device, a pipe or a link to nothing",
    hint="put a file of text in its place",
)


def read_file(path: Path, root: Path) -> bytes | Refusal:
    """A file's bytes, or why it is not read. Raises OSError where the system refuses."""
    if refusal := outside(path, root):
        return refusal
    limit = LARGEST_BYTES.get(path.suffix, LARGEST_OTHER)
    # Opening a named pipe would wait for somebody to write into it.
    with open(path, "rb", opener=_without_waiting) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            return NO_FILE
        content = file.read(limit + 1)
    if len(content) > limit:
        return Refusal(
            code="file-too-large",
            reason=f"has more than {limit // 1_000_000} MB, and no content has that",
            hint="divide it into several files, or see what got into it",
        )
    return content


def outside(path: Path, root: Path) -> Refusal | None:
    """The refusal where a path leads out of the project through a link; None where it stays inside."""
    # `Path.resolve` raises for links in a circle; opening such a file says so in words.
    if Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        return None
    return Refusal(
        code="outside-project",
        reason="is a link that leads out of the project",
        hint="put a copy of the file in its place: a project is built from its own files alone",
    )


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
