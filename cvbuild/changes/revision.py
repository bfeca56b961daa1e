"""A project as it was at a git revision."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from cvbuild.conformance.shelf import OWN_PROFILES
from cvbuild.diagnostics import UsageProblem
from cvbuild.git import check_out, commit_of, files_of
from cvbuild.project import LARGEST_BYTES, NUMBERS, OWN_TEMPLATES, SETTINGS, Project, find_project
from cvbuild.record import replace

_FOLDERS = frozenset({PurePosixPath(SETTINGS).parts[0], OWN_TEMPLATES, OWN_PROFILES})
"""Read beside bibliographies: templates say which kinds of section there are; variants name profiles."""
_BIBLIOGRAPHY = frozenset({".bib", PurePosixPath(NUMBERS).suffix})
_LARGEST = max(LARGEST_BYTES.values())


@contextmanager
def at_revision(project: Project, revision: str) -> Iterator[Project]:
    """The project's sources of a revision in a private folder, which is gone afterwards.

    Neither the work tree nor the index is touched. Raises UsageProblem where there is no
    repository, no such revision or no CV in it, and for an untrusted project, whose git is
    not asked: its configuration can name programs to run.
    """
    if not project.is_trusted:
        raise UsageProblem(
            "the git of an untrusted project is not asked", "leave out `--untrusted` or `--since`"
        )
    commit = commit_of(project.root, revision)
    paths = [
        path
        for path in files_of(project.root, commit)
        if path.parts[0] in _FOLDERS or path.suffix in _BIBLIOGRAPHY
    ]
    if PurePosixPath(SETTINGS) not in paths:
        raise UsageProblem(
            f"`{revision}` has no CV here: {SETTINGS} is not in it",
            f"`git log --follow --oneline -- {SETTINGS}` lists the commits that have one",
        )
    with tempfile.TemporaryDirectory(prefix="cvbuild-") as folder:
        root = Path(folder).resolve()
        check_out(project.root, commit, paths, root, _LARGEST)
        yield replace(find_project(root), revision=revision)
