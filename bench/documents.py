"""The documents that are measured, as folders: the reference CV and made-up ones, with a word to edit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.publications import OWNER, as_bibtex, as_rendercv, publications

REPOSITORY = Path(__file__).parents[1]
SUBJECT = "Works on examples."
"""What the made-up owner says of herself; the edited line."""

_EDITED = "Works on "

_SETTINGS = f"""\
owner:
  name: {OWNER}
  email: ada@example.org
sections: [bio, works]
variants:
  full: {{}}
"""
_BIO = f"""\
kind: text
title: Bio
text: {SUBJECT}
"""
_WORKS = """\
kind: publications
title: Publications
categories:
  - {id: articles, title: Articles, match: {type: article}}
  - {id: proceedings, title: Proceedings, match: {type: inproceedings}}
  - {id: preprints, title: Preprints, match: {type: misc}}
"""
_BIBLATEX = r"""\documentclass[a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[backend=biber,maxbibnames=99,sorting=ydnt]{biblatex}
\usepackage{hyperref}
\addbibresource{works.bib}
\begin{document}
Works on examples.
\nocite{*}
\printbibliography
\end{document}
"""


@dataclass(frozen=True)
class Edit:
    """A line of a file, to be edited again and again: `before` is what stands before what is edited.

    Each time another number is put there, so that nobody has seen the text before.
    """

    file: Path
    before: str

    def make(self) -> None:
        """Edit the line. Raises ValueError where there is none to edit."""
        text = self.file.read_text(encoding="utf-8")
        found = re.search(rf"{re.escape(self.before)}(?:(\d+) )?", text)
        if found is None:
            raise ValueError(f"{self.file.name} has no `{self.before}`")
        edited = f"{self.before}{int(found[1] or 0) + 1} "
        self.file.write_text(text[: found.start()] + edited + text[found.end() :], encoding="utf-8")


def reference_cv(folder: Path) -> Edit:
    """A copy of the reference CV in a repository of its own, as its owner would have it."""
    for name in ("content", "bib"):
        shutil.copytree(REPOSITORY / name, folder / name)
    _commit(folder)
    return Edit(folder / "content/bio.yaml", "popular and widely ")


def made_up_cv(number: int, folder: Path) -> Edit:
    """A CV of so many publications and little else."""
    _write(folder / "content/cv.yaml", _SETTINGS)
    _write(folder / "content/bio.yaml", _BIO)
    _write(folder / "content/works.yaml", _WORKS)
    _write(folder / "bib/works.bib", "".join(as_bibtex(publications(number))))
    _commit(folder)
    return Edit(folder / "content/bio.yaml", _EDITED)


def biblatex_document(bibliography: Path, folder: Path) -> Edit:
    """An article that prints the .bib files of a folder through biblatex; what is edited is a title."""
    _write(folder / "cv.tex", _BIBLATEX)
    _write(
        folder / "works.bib", "".join(path.read_text("utf-8") for path in sorted(bibliography.glob("*.bib")))
    )
    return Edit(folder / "works.bib", "title = {")


def rendercv_document(number: int, folder: Path) -> Edit:
    """The same publications for RenderCV."""
    _write(folder / "cv.yaml", "".join(as_rendercv(publications(number), SUBJECT)))
    return Edit(folder / "cv.yaml", _EDITED)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _commit(folder: Path) -> None:
    """Put a project under version control, where there is git: cvbuild asks it for the document's date."""
    if shutil.which("git") is None:
        return
    (folder / ".gitignore").write_text("/build/\n", encoding="utf-8")
    identity = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
    }  # fmt: skip
    for arguments in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "Content"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, env=os.environ | identity)
