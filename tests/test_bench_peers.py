"""The other programs of the bench: installed if they are missing, and given the same publications."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bench import peers
from bench.documents import rendercv_document
from bench.publications import OWNER, as_bibtex
from tests.conftest import write_program


def test_a_peer_that_cannot_be_installed_says_what_failed(
    tmp_path: Path, program_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert peers.packaged("latexmk", ["latexmk"], install=False).absent == (
        "not installed: `apt-get install latexmk`"
    )
    write_program(program_folder / "apt-get", "echo 'no network' >&2; exit 100")
    assert peers.packaged("latexmk", ["latexmk"], install=True).absent == (
        "not installed: `apt-get install -y --no-install-recommends latexmk`: no network"
    )
    # On a new machine nothing can be installed before the list of packages is there.
    write_program(
        program_folder / "apt-get",
        f"""[ "$1" = update ] && echo > {tmp_path}/list && exit
        [ -f {tmp_path}/list ] || exit 100
        printf '#!/bin/sh\\necho; echo Latexmk 4' > {program_folder}/latexmk
        /bin/chmod +x {program_folder}/latexmk""",
    )
    assert peers.packaged("latexmk", ["latexmk"], install=True).version == "Latexmk 4"


def test_rendercv_is_installed_with_a_python_of_pyenvs(
    tmp_path: Path, program_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pyenv's own `python3.12` on the search path fails if another version is chosen."""
    monkeypatch.setenv("PATH", f"{program_folder}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr("bench.peers._PYTHONS", ("python3.12",))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setattr("sys.version_info", (3, 11))
    write_program(program_folder / "python3.12", "echo 'command not found' >&2; exit 127")
    folder = tmp_path / "rendercv"
    assert "needs Python 3.12" in peers.rendercv(folder, install=True).absent
    write_program(
        tmp_path / "pyenv/versions/3.12.1/bin/python3.12",
        f"""[ "$1" = -c ] && exit
        mkdir -p {folder}/bin && cd {folder}/bin
        printf '#!/bin/sh\\n' > pip; printf '#!/bin/sh\\necho RenderCV v9' > rendercv; chmod +x *""",
    )
    found = peers.rendercv(folder, install=True)
    assert (found.absent, found.version, found.program) == ("", "RenderCV v9", str(folder / "bin/rendercv"))


def test_rendercv_gets_yaml_with_the_same_publications(tmp_path: Path) -> None:
    rendercv_document(20, tmp_path)
    sections = yaml.safe_load((tmp_path / "cv.yaml").read_text(encoding="utf-8"))["cv"]["sections"]
    bibtex = as_bibtex(20)
    assert len(sections["Publications"]) == bibtex.count("@") == 20
    for item in sections["Publications"]:
        assert f"title = {{{item['title']}" in bibtex
        assert f"*{OWNER}*" in item["authors"]
