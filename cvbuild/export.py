"""A variant's LaTeX with all it needs, for Overleaf or an editor of one's own."""

from __future__ import annotations

import zipfile
from pathlib import Path

from cvbuild.diagnostics import UsageProblem
from cvbuild.render.characters import beyond_pdflatex
from cvbuild.render.sourcemap import RenderedTex

_LATEXMKRC = """# Which engine latexmk (and Overleaf) takes: 1 is pdflatex, 5 is xelatex.
$pdf_mode = {mode};
"""


def export_tex(rendered: RenderedTex, variant: str, output: Path) -> Path:
    """Write `cv-VARIANT.tex` and a latexmkrc into `output/VARIANT`, or into `output` if it is a .zip.

    The theme takes nothing but packages of TeX Live, so these files are all. Gives
    the path made; an existing zip that holds other files is not overwritten.
    """
    mode = 5 if beyond_pdflatex(rendered.text) else 1
    files = {f"cv-{variant}.tex": rendered.text, "latexmkrc": _LATEXMKRC.format(mode=mode)}
    if output.suffix.lower() == ".zip":
        if output.exists() and not _holds_only(output, set(files)):
            raise UsageProblem(f"{output} exists and holds other files", "choose another name")
        output.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
        return output
    folder = output / variant
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _holds_only(archive: Path, names: set[str]) -> bool:
    try:
        with zipfile.ZipFile(archive) as opened:
            return set(opened.namelist()) <= names
    except zipfile.BadZipFile:
        return False
