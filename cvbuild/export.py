"""Export a variant's LaTeX with a latexmkrc, for Overleaf or a LaTeX editor."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cvbuild.diagnostics import UsageProblem
from cvbuild.output import write_in_place
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.engines import best_engine
from cvbuild.typeset.fonts import Equipped, equip

_LATEXMKRC = """# Which engine latexmk (and Overleaf) takes: 1 is pdflatex, 4 is lualatex, 5 is xelatex.
$pdf_mode = {mode};
"""
_MODES = {"pdflatex": 1, "lualatex": 4, "xelatex": 5}


def portable(rendered: RenderedTex) -> Equipped:
    """Return a document for another machine: it selects additional fonts by name, not by file."""
    return equip(rendered, best_engine(rendered.text), by_name=True)


def export_tex(documents: Mapping[str, RenderedTex], output: Path) -> list[Path]:
    """Write `cv-VARIANT.tex` and a latexmkrc for each variant into `output`, a folder or a .zip.

    Return the files written. Several variants get one folder each. No other files are needed, since the
    theme uses packages of TeX Live only. Raises UsageProblem if the .zip exists and holds other files.
    """
    files: dict[str, str] = {}
    for variant, rendered in documents.items():
        folder = "" if len(documents) == 1 else f"{variant}/"
        mode = _MODES[best_engine(rendered.text).name]
        files[f"{folder}cv-{variant}.tex"] = rendered.text
        files[f"{folder}latexmkrc"] = _LATEXMKRC.format(mode=mode)
    if output.suffix.lower() != ".zip":
        for name, text in files.items():
            write_in_place(text.encode(), output / name)
        return [output / name for name in files]
    held = set(files)
    if output.exists():
        held = {""}  # stays if the file is no archive: never equal to a file of ours
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(output) as opened:
            held = set(opened.namelist())
    if not held <= set(files):
        raise UsageProblem(f"{output} exists and holds other files", "choose another name")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            # A fixed time and system: the same files give the same bytes.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix
            archive.writestr(entry, text)
    write_in_place(content.getvalue(), output)
    return [output]
