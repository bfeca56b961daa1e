"""Reading files, as stages for the memo.

Importing a parser takes longer than reading what it parsed before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvbuild.diagnostics import Diagnostic
from cvbuild.source import SourceFile

if TYPE_CHECKING:
    from cvbuild.read.tree import Tree


def read_yaml(source: SourceFile) -> tuple[Tree, tuple[Diagnostic, ...]]:
    """A YAML file as a tree, and its problems."""
    from cvbuild.read.yaml import load_yaml  # imports PyYAML: only where the memo has no answer

    tree, found = load_yaml(source)
    return tree, tuple(found.items)
