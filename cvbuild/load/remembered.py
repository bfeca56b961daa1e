"""Loading what was loaded before from the cache: the same trees, libraries and findings, sooner.

A file is known by its name and its text; what was loaded by other code than today's is
not read (`cache.made_by`). What is kept is plain data (`plain`).
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache as once
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from cvbuild import cache, shippedcache
from cvbuild.diagnostics import Findings
from cvbuild.load.plain import as_plain, from_plain
from cvbuild.source import SourceFile

if TYPE_CHECKING:
    from cvbuild.load.library import BibLibrary
    from cvbuild.load.tree import Tree

T = TypeVar("T")


def yaml_of(source: SourceFile, shipped: str = "") -> tuple[Tree, Findings]:
    """What `load_yaml` makes of a file; one that is `shipped` under a name lies in `shippedcache`."""

    def load() -> tuple[Tree, Findings]:
        from cvbuild.load.yaml import load_yaml

        return load_yaml(source)

    return _remembered("yaml", [source], load, shipped)


def bibtex_of(sources: Sequence[SourceFile]) -> tuple[BibLibrary, Findings]:
    """What `load_bibtex` makes of the publication lists."""

    def load() -> tuple[BibLibrary, Findings]:
        from cvbuild.load.bibtex import load_bibtex

        return load_bibtex(sources)

    return _remembered("bibtex", sources, load)


def _remembered(
    kind: str, sources: Sequence[SourceFile], load: Callable[[], tuple[T, Findings]], shipped: str = ""
) -> tuple[T, Findings]:
    made_by = _made_by()
    if made_by is None:
        return load()
    texts = sha256(made_by.encode())
    for source in sources:
        for text in (source.name, source.text):
            coded = text.encode("utf-8", "surrogatepass")
            texts.update(b"%d:" % len(coded))
            texts.update(coded)
    key = texts.hexdigest()
    data = shippedcache.read(kind, key, shipped)
    if data is not None:
        # What is sound by its checksum and still no such data costs time alone.
        with suppress(EOFError, IndexError, TypeError, ValueError):
            value, items = from_plain(marshal.loads(data), sources)
            return value, Findings(list(items))
    value, findings = load()
    # What nests deeper than `marshal` goes, or is no loaded value, is not kept.
    with suppress(RecursionError, TypeError, ValueError):
        data = marshal.dumps(as_plain((value, tuple(findings.items)), sources))
        shippedcache.write(kind, key, shipped, data)
    return value, findings


@once
def _made_by() -> str | None:
    return cache.made_by(
        ("load", "diagnostics.py", "inline.py", "source.py"), ("yaml", "bibtexparser", "pylatexenc")
    )
