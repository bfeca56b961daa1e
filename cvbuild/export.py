"""A variant's LaTeX with all it needs, for Overleaf or an editor of one's own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cvbuild.diagnostics import UsageProblem
from cvbuild.output import write_in_place
from cvbuild.record import Record
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.engines import best_engine
from cvbuild.typeset.fonts import Equipped, equip

_LATEXMKRC = """# Which engine latexmk (and Overleaf) takes: 1 is pdflatex, 4 is lualatex, 5 is xelatex.
$pdf_mode = {mode};
"""
_MODES = {"pdflatex": 1, "lualatex": 4, "xelatex": 5}


class Exported(Record):
    """The folder or archive made, and the files written."""

    place: Path
    files: tuple[Path, ...]


def portable(rendered: RenderedTex) -> Equipped:
    """A document for another machine: the fonts that it needs beside the theme's by their names."""
    return equip(rendered, best_engine(rendered.text), by_name=True)


def export_tex(documents: Mapping[str, RenderedTex], output: Path) -> Exported:
    """Write each variant's `cv-VARIANT.tex` and a latexmkrc into `output`, a folder or a .zip.

    Several variants get a folder each within it. The theme takes nothing but
    packages of TeX Live, so these files are all. A zip that holds other files is
    not overwritten: UsageProblem.
    """
    files: dict[str, str] = {}
    for variant, rendered in documents.items():
        folder = "" if len(documents) == 1 else f"{variant}/"
        mode = _MODES[best_engine(rendered.text).name]
        files[f"{folder}cv-{variant}.tex"] = rendered.text
        files[f"{folder}latexmkrc"] = _LATEXMKRC.format(mode=mode)
    if output.suffix.lower() == ".zip":
        if output.exists() and not _holds_only(output, set(files)):
            raise UsageProblem(f"{output} exists and holds other files", "choose another name")
        write_in_place(_zipped(files), output)
        return Exported(output, (output,))
    for name, text in files.items():
        write_in_place(text.encode(), output / name)
    return Exported(output, tuple(output / name for name in files))


def _holds_only(archive: Path, names: set[str]) -> bool:
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(archive) as opened:
        return set(opened.namelist()) <= names
    return False


def _zipped(files: Mapping[str, str]) -> bytes:
    """The files, each a text by its name, as an archive without the time of its making."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            # Python writes the system that it runs on into each entry.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            archive.writestr(entry, text)
    return made.getvalue()
