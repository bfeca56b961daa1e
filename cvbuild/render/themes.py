"""The themes: where their templates lie, and which of them are the project's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.project import OWN_TEMPLATES
from cvbuild.source import SourceFile

BASE_THEME = "classic"
"""The theme that lends every other one the files it does not have."""


def shipped_templates() -> Path:
    """The folder of templates that comes with the package, or stands beside it in a checkout."""
    inside = Path(__file__).parent.parent / "latex_templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "latex_templates"


def themes(own: Path | None) -> list[str]:
    """The names of all themes: a theme is a folder with a `document.tex` or a `preamble/` of its own."""
    folders = [shipped_templates(), *([own] if own else [])]
    marks = ("*/document.tex", "*/preamble")
    return sorted({path.parent.name for folder in folders for mark in marks for path in folder.glob(mark)})


def template_folders(theme: str, own: Path | None) -> list[Path]:
    """Where a theme's templates are looked for, file by file: the project's, the theme's, then classic's."""
    if theme not in themes(own):
        known = themes(own)
        raise UsageProblem(
            f"there is no theme `{theme}`", *did_you_mean(theme, known), f"the themes are {', '.join(known)}"
        )
    shipped = shipped_templates()
    folders = [] if own is None else [own / theme, own]
    return list(dict.fromkeys([*folders, shipped / theme, shipped / BASE_THEME]))


def shown_template(path: Path) -> str:
    """A template's path from its folder `latex_templates` on, as it stands in a project."""
    parts = path.parts
    return "/".join(parts[parts.index(OWN_TEMPLATES) :]) if OWN_TEMPLATES in parts else path.name


def template_source(path: Path) -> SourceFile:
    """A template as a file to point into."""
    return SourceFile(shown_template(path), path.read_text(encoding="utf-8", errors="replace"))


def label_files(folders: Iterable[Path]) -> Iterator[Path]:
    """The catalogues of labels in folders of templates, in their order."""
    return (file for folder in folders if (file := folder / "labels.yaml").is_file())


def has_own_preamble(own: Path) -> bool:
    """Whether templates of a project's own may say anything before its document begins."""
    return any(
        not is_shipped(path) and path.parent.name not in {"sections", "publications"}
        for path in own.rglob("*.tex")
    )


def is_shipped(path: Path) -> bool:
    """Whether a template came with the package, and is no work of the user's."""
    return path.is_relative_to(shipped_templates())
