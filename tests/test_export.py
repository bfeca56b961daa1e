from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from cvbuild.diagnostics import UsageProblem
from cvbuild.export import export_tex, portable
from cvbuild.render.sourcemap import RenderedTex
from tests.conftest import MakeProject, needs_pdflatex
from tests.fonts import face, listed
from tests.projects import prepare_variant

LATIN = RenderedTex("Grüße\n", ())
CYRILLIC = RenderedTex("Привет\n", ())
HEBREW = RenderedTex("שלום\n", ())
FILES = {"cv-full.tex", "latexmkrc"}


def test_the_folder_of_a_variant_holds_all_that_tex_needs(tmp_path: Path) -> None:
    made = tmp_path / "tex"
    export_tex({"full": LATIN}, made)
    assert {path.name for path in made.iterdir()} == FILES
    assert (made / "cv-full.tex").read_text(encoding="utf-8") == "Grüße\n"


@pytest.mark.parametrize(("rendered", "mode"), [(LATIN, 1), (CYRILLIC, 5), (HEBREW, 4)])
def test_latexmk_knows_which_engine_the_text_needs(tmp_path: Path, rendered: RenderedTex, mode: int) -> None:
    made = tmp_path
    export_tex({"full": rendered}, made)
    assert f"$pdf_mode = {mode};" in (made / "latexmkrc").read_text(encoding="utf-8")


def test_an_exported_document_names_the_fonts_it_needs(program_folder: Path) -> None:
    listed(program_folder, face("FreeSerif"))
    text = "\\setmainfont{texgyrepagella}\n\\begin{document}\nПривет\n"
    equipped = portable(RenderedTex(text, ()))
    assert equipped.diagnostics == ()
    assert r"\endcsname{FreeSerif}[" in equipped.rendered.text
    assert "/fonts/" not in equipped.rendered.text


def test_a_zip_holds_the_same_files_and_is_the_same_each_time(tmp_path: Path) -> None:
    first = tmp_path / "new" / "cv.zip"
    export_tex({"full": LATIN}, first)
    with zipfile.ZipFile(first) as archive:
        assert set(archive.namelist()) == FILES
        assert archive.read("cv-full.tex").decode() == "Grüße\n"
    content = first.read_bytes()
    assert export_tex({"full": LATIN}, first) == [first]
    assert first.read_bytes() == content


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_zip_of_something_else_or_no_zip_is_not_overwritten(tmp_path: Path, is_zip: bool) -> None:
    path = tmp_path / "thesis.zip"
    path.write_text("notes", encoding="utf-8")
    if is_zip:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("thesis.tex", "ten years of work")
    content = path.read_bytes()
    with pytest.raises(UsageProblem, match="holds other files"):
        export_tex({"full": LATIN}, path)
    assert path.read_bytes() == content


def test_several_variants_have_a_folder_each(tmp_path: Path) -> None:
    made = tmp_path / "tex"
    export_tex({"full": LATIN, "voll": CYRILLIC}, made)
    assert (made / "full" / "cv-full.tex").is_file()
    assert "$pdf_mode = 5;" in (made / "voll" / "latexmkrc").read_text(encoding="utf-8")


@needs_pdflatex()
def test_the_exported_tex_compiles_in_an_empty_folder(make_project: MakeProject, tmp_path: Path) -> None:
    rendered = prepare_variant(make_project()).rendered
    made = tmp_path / "cv.zip"
    export_tex({"full": rendered}, made)
    folder = tmp_path / "empty"
    with zipfile.ZipFile(made) as archive:
        archive.extractall(folder)
    told = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "cv-full.tex"],
        cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-2000:]
    assert (folder / "cv-full.pdf").read_bytes()[:5] == b"%PDF-"
