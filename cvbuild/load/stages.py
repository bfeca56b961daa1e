"""Reading files, as stages for the memo.

Importing a parser takes longer than reading what it parsed before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvbuild.diagnostics import Diagnostic
from cvbuild.source import SourceFile

if TYPE_CHECKING:
    from cvbuild.load.library import BibLibrary
    from cvbuild.load.tree import Tree


def read_yaml(source: SourceFile) -> tuple[Tree, tuple[Diagnostic, ...]]:
    """A YAML file as a tree, and its problems."""
    from cvbuild.load.yaml import load_yaml  # imports PyYAML: only where the memo has no answer

    tree, found = load_yaml(source)
    return tree, tuple(found.items)


def read_bibliography(sources: tuple[SourceFile, ...]) -> tuple[BibLibrary, tuple[Diagnostic, ...]]:
    """All publication lists at once, as macros of one hold in the next, and their problems."""
    from cvbuild.load.bibtex import load_bibtex  # imports bibtexparser: only where the memo has no answer

    library, found = load_bibtex(sources)
    return library, tuple(found.items)
