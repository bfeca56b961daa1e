"""The documents that are measured, as folders with texts to edit: the reference CV and made-up ones."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path

from bench.publications import OWNER, as_bibtex, as_rendercv

REPOSITORY = Path(__file__).parents[1]
SUBJECT = "Works on examples."

_MADE_UP = {
    "content/cv.yaml": f"""\
owner:
  name: {OWNER}
  email: ada@example.org
sections: [bio, works]
variants:
  full: {{}}
""",
    "content/bio.yaml": f"{{kind: text, title: Bio, text: {SUBJECT}}}\n",
    "content/works.yaml": """\
kind: publications
title: Publications
categories:
  - {id: articles, title: Articles, match: {type: article}}
  - {id: proceedings, title: Proceedings, match: {type: inproceedings}}
  - {id: preprints, title: Preprints, match: {type: misc}}
""",
}
_BIBLATEX = r"""\documentclass[a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[backend=biber,maxbibnames=99,sorting=ydnt]{biblatex}
\usepackage{hyperref}
\addbibresource{works.bib}
\begin{document}Works on examples.\nocite{*}\printbibliography\end{document}
"""

_FRESH = count(1000)
"""Numbers of one width for edited texts. No two edits of a process share one: a cache by content never
knows the text, in whatever folder it is, and the page breaks stay the same."""


@dataclass(frozen=True)
class Edit:
    """A place in a file that is edited again and again: what follows `before`, matched by `old`."""

    file: Path
    before: str
    old: str = r"(?:\d{4} )?"
    new: Callable[[int], str] = "{} ".format

    def make(self) -> str:
        """Write a text that no edit wrote before, and return it. Raises ValueError without the place."""
        text = self.file.read_text(encoding="utf-8")
        found = re.search(rf"(?<={re.escape(self.before)}){self.old}", text)
        if found is None:
            raise ValueError(f"{self.file.name} has no `{self.before}`")
        fresh = self.new(next(_FRESH))
        self.file.write_text(text[: found.start()] + fresh + text[found.end() :], encoding="utf-8")
        return fresh


Edits = Mapping[str, Edit]
"""The edits of a document by name: `word`, `date`, `title`, `settings`."""


def reference_cv(folder: Path) -> Edits:
    """A copy of the reference CV in a repository of its own, as its owner would have it."""
    for name in ("content", "bib"):
        shutil.copytree(REPOSITORY / name, folder / name)
    _commit(folder)
    return {
        "word": Edit(folder / "content/bio.yaml", "popular and widely "),
        # Both `full` and `short` print it.
        "date": Edit(
            folder / "content/experience.yaml",
            "period: 2019 – ",
            r"20\d\d(?:-\d\d-\d\d)?",
            lambda number: (date(2020, 1, 1) + timedelta(days=number - 1000)).isoformat(),
        ),
        "title": Edit(folder / "bib/journal-articles.bib", "title = {"),
        "settings": Edit(folder / "content/cv.yaml", "address: "),
    }


def own_cv(folder: Path) -> Edits:
    """The reference CV as the repository has it, with templates, a preamble and macros of its own."""
    shutil.copytree(REPOSITORY / "latex_templates", folder / "latex_templates")
    with (folder / "latex_templates/classic/preamble.tex").open("a", encoding="utf-8") as preamble:
        preamble.write("\n\\newlength{\\benchlength}\n")
    _write(folder / "latex_templates/macros.tex", "\\newcommand{\\benchmacro}[1]{\\textsc{#1}}\n")
    return reference_cv(folder)


def made_up_cv(number: int, folder: Path) -> Edits:
    """A CV with this number of publications and little else."""
    for name, text in _MADE_UP.items():
        _write(folder / name, text)
    _write(folder / "bib/works.bib", as_bibtex(number))
    _commit(folder)
    return {
        "word": Edit(folder / "content/bio.yaml", "Works on "),
        "title": Edit(folder / "bib/works.bib", "title = {"),
    }


def biblatex_document(bibliography: Path, folder: Path) -> Edits:
    """An article that prints the .bib files of a folder through biblatex."""
    files = sorted(bibliography.glob("*.bib"))
    _write(folder / "cv.tex", _BIBLATEX)
    _write(folder / "works.bib", "".join(path.read_text(encoding="utf-8") for path in files))
    return {"title": Edit(folder / "works.bib", "title = {")}


def rendercv_document(number: int, folder: Path) -> Edits:
    """The publications of `made_up_cv` for RenderCV."""
    _write(folder / "cv.yaml", as_rendercv(number, SUBJECT))
    return {
        "word": Edit(folder / "cv.yaml", "Works on "),
        "title": Edit(folder / "cv.yaml", '- title: "'),
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _commit(folder: Path) -> None:
    """Put a project under version control, if git is installed: cvbuild asks it for the document's date."""
    _write(folder / ".gitignore", "/build/\n")
    git = ["git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    git += ["-c", "commit.gpgSign=false"]
    if shutil.which("git") is not None:
        for arguments in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "Content"]):
            subprocess.run([*git, *arguments], check=True)
