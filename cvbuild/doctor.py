"""What of TeX is on this machine, and what each missing piece is for."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Mapping
from contextlib import suppress

from cvbuild import __version__
from cvbuild.diagnostics import ContentProblem, UsageProblem
from cvbuild.pipeline import load_cv
from cvbuild.project import Project
from cvbuild.record import Record
from cvbuild.render.document import DEFAULT_THEME
from cvbuild.render.labels import labels_for
from cvbuild.render.themes import template_folders
from cvbuild.render.translations import DEFAULT_LANGUAGE, language_name
from cvbuild.typeset.choose import ENGINES
from cvbuild.typeset.fonts import fonts_for, installed_faces
from cvbuild.typeset.texfiles import without_files


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


def _scripts_line() -> str | None:
    """For which scripts there is a font; None where fonts cannot be looked up."""
    if not installed_faces():
        return None
    there: list[str] = []
    lacking: list[str] = []
    for name, (script, char) in _PROBES.items():
        (there if fonts_for(script, [char]) else lacking).append(name)
    wanting = f"; none for {', '.join(lacking)}" if lacking else ""
    return f"  fonts for {', '.join(there) or 'no other script'}{wanting}"


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


def _hyphenation_line(languages: Mapping[str, str]) -> str | None:
    """For which of the languages TeX has patterns; None where there are none or it cannot be asked."""
    if not languages or shutil.which("kpsewhich") is None:
        return None
    missing = without_files(list(languages))
    there = [name for language, name in languages.items() if language not in missing]
    lacking = [languages[language] for language in missing]
    wanting = f"none for {', '.join(lacking)}: words are broken as in English" if lacking else ""
    return "  hyphenation " + "; ".join(
        part for part in (f"for {', '.join(there)}" if there else "", wanting) if part
    )


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
        if missing:
            lines.append(f"  ! {name:9} {installation.version}")
            lines.append(f"    {'':9} does not find {', '.join(missing)}")
            continue
        ready = True
        lines.append(f"  ✓ {name:9} {installation.version}")
    if (scripts := _scripts_line()) is not None:
        lines.append(scripts)
    if (hyphenation := _hyphenation_line(languages or {})) is not None:
        lines.append(hyphenation)
    if ready:
        lines.append("ready: `cvbuild pdf` can build")
    else:
        lines.append("no engine can build yet: `cvbuild doctor --install` installs one")
    return Health(tuple(lines), ready)
