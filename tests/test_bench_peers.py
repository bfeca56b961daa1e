"""The other programs of the bench: installed where they are missing, and given the same publications."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from bench import contestants, peers, processes
from bench.documents import rendercv_document
from bench.publications import OWNER, as_bibtex, publications
from bench.series import interleaved
from cvbuild.load.yaml import load_yaml
from cvbuild.source import SourceFile
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
    """Pyenv's own `python3.12` stands for nothing where another version is chosen."""
    monkeypatch.setenv("PATH", f"{program_folder}:/usr/bin:/bin")
    monkeypatch.setattr("bench.peers._PYTHONS", ("python3.12",))
    monkeypatch.setattr("bench.peers._uvs", list)
    monkeypatch.setattr("sys.version_info", (3, 11))
    write_program(program_folder / "python3.12", "echo 'command not found' >&2; exit 127")
    folder = tmp_path / "rendercv"
    assert peers.rendercv(folder, install=True).absent.startswith("not installed: it needs Python 3.12")
    write_program(program_folder / "pyenv", f"echo {tmp_path}/pyenv")
    built = tmp_path / "pyenv/versions/3.12.1/bin"
    built.mkdir(parents=True)
    write_program(
        built / "python3.12",
        f"""[ "$1" = -c ] && exit
        mkdir -p {folder}/bin && cd {folder}/bin
        printf '#!/bin/sh\\n' > pip; printf '#!/bin/sh\\necho RenderCV v9' > rendercv
        printf '#!/bin/sh\\necho Python 3.12.1' > python; chmod +x *""",
    )
    found = peers.rendercv(folder, install=True)
    assert (found.absent, found.version) == ("", "RenderCV v9, Python 3.12.1")
    assert found.program == str(folder / "bin/rendercv")


def test_rendercv_gets_yaml_with_the_same_publications(tmp_path: Path) -> None:
    rendercv_document(20, tmp_path)
    text = (tmp_path / "cv.yaml").read_text(encoding="utf-8")
    _, findings = load_yaml(SourceFile("cv.yaml", text))
    assert findings.items == []
    assert text.count("      - title: ") == "".join(as_bibtex(publications(20))).count("@") == 20
    assert text.count(f"*{OWNER}*") == 20


def test_biblatex_is_not_tried_again_where_it_took_too_long(
    tmp_path: Path, program_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{program_folder}:/usr/bin:/bin")
    monkeypatch.setattr(processes, "LONGEST", 0.5)
    write_program(program_folder / "pdflatex", "echo >> ../runs")
    biber = peers.Peer("biber", str(write_program(program_folder / "biber", "sleep 60; true")))
    with ExitStack() as opened:
        race = contestants.race_of("100", tmp_path, {"biber": biber}, opened)
        monkeypatch.setattr(race, "exported", lambda: tmp_path / "cv/build/tex/full/cv.tex")
        found = interleaved(list(race.contestants({"biblatex", "biblatex-edited"})), 1, lambda said: None)
    assert {item.failure for item in found.values()} == {"biblatex did not end within 0 seconds"}
    assert (tmp_path / "runs").read_text(encoding="utf-8") == "\n"
