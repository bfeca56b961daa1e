"""Whether TeX finds the files that the theme and the languages need; some come in packages of their own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.process import Limits, run_process

# What the classic theme asks TeX for (see its preamble.tex), by the engine that needs it.
_BY_ALL = "lmodern.sty babel.sty microtype.sty hyperref.sty bookmark.sty iftex.sty xcolor.sty".split()
_FONTS = ("texgyrepagella-regular.otf", "texgyrecursor-regular.otf")
REQUIRED_FILES = {
    "pdflatex": (*_BY_ALL, "tgpagella.sty"),
    "xelatex": (*_BY_ALL, "fontspec.sty", *_FONTS),
    "lualatex": (*_BY_ALL, "fontspec.sty", "luaotfload.sty", *_FONTS),
}

COLLECTIONS: Mapping[str, str] = {
    language: collection
    for collection, languages in {
        "german": "german ngerman austrian naustrian swissgerman nswissgerman",
        "french": "french acadian canadien",
        "spanish": "spanish catalan galician",
        "italian": "italian",
        "portuguese": "portuguese brazilian",
        "english": "british UKenglish australian newzealand",
        "polish": "polish",
        "czechslovak": "czech slovak",
        "greek": "greek",
        "cyrillic": "russian ukrainian bulgarian serbianc",
        "european": "danish dutch swedish finnish norsk nynorsk icelandic hungarian romanian croatian"
        " slovene estonian latvian lithuanian",
    }.items()
    for language in languages.split()
}
"""TeX Live's collection for a language, `lang…`, by babel's name (texlive.tlpdb, collection-lang*)."""


def missing_files(engine: str) -> list[str]:
    """The files an installed TeX Live engine needs and cannot find."""
    return _not_found(REQUIRED_FILES.get(engine, ()), f"-engine={engine}")


def without_files(languages: Sequence[str]) -> list[str]:
    """The languages, by babel's names, whose hyphenation TeX Live does not have here."""
    return [name.removesuffix(".ldf") for name in _not_found([f"{language}.ldf" for language in languages])]


def _not_found(wanted: Sequence[str], *options: str) -> list[str]:
    """The files that TeX Live does not find, each once; none where it cannot be asked."""
    kpsewhich = shutil.which("kpsewhich")
    if kpsewhich is None or not wanted:
        return []
    finished = run_process([kpsewhich, *options, *wanted], Path.cwd(), tex_environment(), Limits(30))
    found = {Path(line).name for line in finished.output.splitlines()}
    return [name for name in dict.fromkeys(wanted) if name not in found]
