"""Small CV projects for tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cvbuild.build import Built, Document, build, deliver_to, render_variant
from cvbuild.content.cv import Cv
from cvbuild.diagnostics import Diagnostic
from cvbuild.loading import load_cv
from cvbuild.project import Project, find_project
from cvbuild.select.request import Request
from cvbuild.select.types import Ledger
from tests.conftest import write_files

SETTINGS = """\
owner:
  name: Ada Example
"""
SECTION = """\
kind: text
title: Short Bio
text: Ada works on examples.
"""
BIBLIOGRAPHY = """\
@article{example2020first,
  author = {Example, Ada},
  title = {A First Example},
  journaltitle = {Journal of Examples},
  year = {2020},
}
"""


def write_project(folder: Path, files: Mapping[str, str | bytes | None]) -> Path:
    """Write a project; what it needs and `files` does not name is filled in. None keeps a file away."""
    written: dict[str, str | bytes | None] = {"content/cv.yaml": SETTINGS, **files}
    if not any(name.startswith("content/") and name != "content/cv.yaml" for name in files):
        written["content/bio.yaml"] = SECTION
    if not any(name.endswith(".bib") for name in files):
        written["bib/publications.bib"] = BIBLIOGRAPHY
    for name in written:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    return write_files(folder, {name: text for name, text in written.items() if text is not None})


def make_project(folder: Path, files: Mapping[str, str | bytes | None]) -> Project:
    """The same, discovered."""
    return find_project(write_project(folder, files), folder / "build")


def load(folder: Path, files: Mapping[str, str | bytes | None]) -> tuple[Cv, list[Diagnostic]]:
    """A small project's CV, which has to be free of errors, and its warnings."""
    cv, diagnostics = load_cv(make_project(folder, files))
    assert cv is not None, [item.message for item in diagnostics]
    return cv, diagnostics


def load_project(folder: Path, output: Path | None = None) -> tuple[Project, Cv]:
    """Return the project that lies in a folder and its CV, which has to be free of errors."""
    project = find_project(folder, output)
    cv, diagnostics = load_cv(project)
    assert cv is not None, diagnostics
    return project, cv


def prepare_variant(folder: Path, variant: str = "full", **options: Any) -> Document:
    """Return a variant of the project in a folder, rendered; `options` are those of `Request`."""
    return render_variant(*load_project(folder), variant, Request(**options))


def build_variant(
    folder: Path,
    variant: str = "full",
    target: Path | None = None,
    output: Path | None = None,
    **options: Any,
) -> Built:
    """Build a variant of the project in a folder; `options` are those of `Request`."""
    return build(*load_project(folder, output), variant, Request(**options), end=deliver_to(target))


def git_environment(seconds: int = 1_600_000_000) -> dict[str, str]:
    """The environment of a made-up person at a fixed time, without anybody's configuration of git."""
    person = {"AUTHOR_NAME": "Ada", "AUTHOR_EMAIL": "ada@example.org", "AUTHOR_DATE": f"{seconds} +0200"}
    person |= {key.replace("AUTHOR", "COMMITTER"): value for key, value in person.items()}
    nobody = {"CONFIG_GLOBAL": os.devnull, "CONFIG_SYSTEM": os.devnull}
    return dict(os.environ) | {f"GIT_{key}": value for key, value in (person | nobody).items()}


def git(folder: Path, *arguments: str, seconds: int = 1_600_000_000) -> None:
    """Call git in a folder, with an environment of its own."""
    command = ["git", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True, env=git_environment(seconds))


def commit(folder: Path, tag: str = "", seconds: int = 1_600_000_000) -> None:
    """Commit all that a folder holds, in a new repository where it is in none; with a tag for it."""
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Content", seconds=seconds)
    if tag:
        git(folder, "tag", tag)


def adds_up(ledger: Ledger) -> bool:
    """Whether each entry is printed or left out, and that once."""
    return not any(account.unaccounted for account in ledger.accounts)
