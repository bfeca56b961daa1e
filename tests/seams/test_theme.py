"""The steps of "Add a theme" in CONTRIBUTING.md, with a made-up theme."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import REPOSITORY, RunCli
from tests.projects import write_project

CLASSIC = REPOSITORY / "latex_templates/classic"


def test_a_folder_with_measures_and_a_font_is_a_theme(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, {"content/bio.yaml": "kind: text\ntitle: Bio\ntext: Hello.\n"})
    theme = tmp_path / "latex_templates/plain"
    (theme / "preamble").mkdir(parents=True)
    shutil.copy(CLASSIC / "preamble/measures.tex", theme / "preamble")
    measures = theme / "preamble/measures.tex"
    measures.write_text(measures.read_text(encoding="utf-8").replace("'font_size': 10.5", "'font_size': 9"))
    (theme / "preamble/mainfont.tex").write_text("\\usepackage{charter}\n")
    (theme / "labels.yaml").write_text("en: {present: until now}\n")

    assert run_cli("-C", tmp_path, "tex", "-v", "full", "--theme", "plain").code == 0
    document = next((tmp_path / "build/tex").rglob("*.tex")).read_text(encoding="utf-8")
    assert r"\usepackage{charter}" in document
    assert r"\@setfontsize\normalsize{9bp}" in document
    assert r"\cvsection{Bio}{Bio}" in document, "the rest comes from classic"

    (tmp_path / "content/cv.yaml").write_text("owner: {name: Ada Example}\ntheme: plain\n")
    assert run_cli("-C", tmp_path, "tex", "-v", "full").code == 0
    assert next((tmp_path / "build/tex").rglob("*.tex")).read_text(encoding="utf-8") == document
