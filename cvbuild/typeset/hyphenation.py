"""Where TeX's knowledge of languages comes from: babel's files and the patterns by which words are broken."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.process import Limits, run_process

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


def without_files(languages: Sequence[str]) -> list[str]:
    """The languages, by babel's names, that TeX Live has no file for here; none where it cannot be asked."""
    kpsewhich = shutil.which("kpsewhich")
    if kpsewhich is None or not languages:
        return []
    wanted = [f"{language}.ldf" for language in languages]
    finished = run_process([kpsewhich, *wanted], Path.cwd(), tex_environment(), Limits(30))
    found = {Path(line).stem for line in finished.output.splitlines()}
    return [language for language in dict.fromkeys(languages) if language not in found]
