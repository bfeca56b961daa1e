"""Tables that ship with the package as YAML, for what is data and seldom needed."""

from __future__ import annotations

from typing import TypeVar

from cvbuild.content.fields import Content
from cvbuild.content.reader import read
from cvbuild.diagnostics import Findings
from cvbuild.memo import memo
from cvbuild.read import read_yaml
from cvbuild.shipped import shipped_folder
from cvbuild.source import SourceFile, Span

C = TypeVar("C", bound=Content)


def shipped_table(kind: type[C], folder: str, name: str) -> C:
    """A file of the package, as a record."""
    source = SourceFile(name, (shipped_folder(folder) / name).read_text(encoding="utf-8"))
    table = read(kind, memo(read_yaml, source)[0], Span(source, 0, 0), Findings())
    assert table is not None
    return table
