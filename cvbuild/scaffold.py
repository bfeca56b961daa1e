"""Create a new CV project, with the content of the starter or of an import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cvbuild.content.schema import write_schemas
from cvbuild.diagnostics import UsageProblem

WORKFLOW = ".github/workflows/cv.yml"


def starter_folder() -> Path:
    """Return the folder of the starter project that comes with the package."""
    return Path(__file__).parent / "starter"


def starter(_: bytes) -> dict[str, str]:
    """Return all files of the starter project, texts by path; the argument is ignored."""
    root = starter_folder()
    paths = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    made = {"build", "__pycache__"}
    places = {path.as_posix(): root / path for path in paths if made.isdisjoint(path.parts)}
    # In a checkout the workflow is not in the starter: this repository's CI uses the same file.
    places.setdefault(WORKFLOW, Path(__file__).parents[1] / WORKFLOW)
    return {name: place.read_text(encoding="utf-8") for name, place in places.items()}


IMPORTS: dict[str, Callable[[bytes], Mapping[str, str]]] = {"starter": starter}
"""Sources of a new project by name: functions from a file's bytes to content files, texts by path.

An import returns YAML and BibTeX (`content/*.yaml`, `bib/*.bib`), and uses no record of `cvbuild.content`.
"""


def create_project(folder: Path, source: str = "starter", imported: bytes = b"") -> None:
    """Write a project: its content from a source in `IMPORTS`, all other files from the starter.

    Raises UsageProblem if the folder is not empty, so no file is overwritten.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UsageProblem(f"{folder} exists already and is not empty", "choose a new folder")
    files = {name: text for name, text in starter(b"").items() if not name.startswith(("content/", "bib/"))}
    for name, text in {**files, **IMPORTS[source](imported)}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    write_schemas(folder / "content")
