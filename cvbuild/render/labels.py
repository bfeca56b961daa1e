"""What a theme itself says, by language: the catalogue `labels.yaml` of the theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from string import Formatter

from markupsafe import Markup

from cvbuild.diagnostics import UsageProblem
from cvbuild.render.printer import Printer

FALLBACK = "en"


@lru_cache(maxsize=8)
def _catalogue(folders: tuple[Path, ...]) -> Mapping[str, Mapping[str, str]]:
    """All languages of the catalogues in the folders; the first folder's words win."""
    import yaml

    merged: dict[str, dict[str, str]] = {}
    for folder in reversed(folders):
        file = folder / "labels.yaml"
        if file.is_file():
            for language, labels in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).items():
                merged.setdefault(language, {}).update({key: str(label) for key, label in labels.items()})
    return merged


def labels_for(language: str, folders: Sequence[Path]) -> Mapping[str, str]:
    """The labels in a language, English where it has none. Raises UsageProblem for no language at all."""
    from cvbuild.render.dates import is_known_language

    if not is_known_language(language):
        raise UsageProblem(f"`{language}` is not a language code", "write `en`, `de`, `en-GB` or the like")
    catalogue = _catalogue(tuple(folders))
    base = language.split("-", maxsplit=1)[0]
    return {**catalogue[FALLBACK], **catalogue.get(base, {}), **catalogue.get(language, {})}


def filled(printer: Printer, name: str, **values: object) -> Markup:
    """A label with its `{places}` filled: the label is text, the values are printed as TeX."""
    parts = []
    for text, field, _, _ in Formatter().parse(printer.labels[name]):
        parts.append(printer.tex(text))
        if field is not None:
            parts.append(printer.tex(values[field]))
    return Markup("").join(parts)
