"""What a theme itself says, by language: the catalogue `labels.yaml` of the theme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from markupsafe import Markup

from cvbuild.diagnostics import ContentProblem, Diagnostic, UsageProblem
from cvbuild.load.stages import read_yaml
from cvbuild.load.tree import YamlMapping
from cvbuild.memo import memo
from cvbuild.render.dates import is_known_language
from cvbuild.render.grammar import base_of
from cvbuild.render.themes import label_files, template_source
from cvbuild.source import Scalar, SourceFile, Span

if TYPE_CHECKING:
    from cvbuild.render.printer import Printer

FALLBACK = "en"


def _catalogue(folders: Sequence[Path]) -> Mapping[str, Mapping[str, str]]:
    """All languages of the catalogues in the folders; the first folder's words win."""
    return _merged(tuple(map(template_source, label_files(reversed(folders)))))


@lru_cache(maxsize=8)
def _merged(sources: tuple[SourceFile, ...]) -> Mapping[str, Mapping[str, str]]:
    """The catalogues as one; they are read every time, as `watch` has to see a change."""
    merged: dict[str, dict[str, str]] = {}
    for source in sources:
        tree, found = memo(read_yaml, source)
        if any(item.severity == "error" for item in found):
            raise ContentProblem(*found)
        languages = tree if isinstance(tree, YamlMapping) else YamlMapping(Span(source, 0, 0))
        for language, labels in languages.items():
            if not isinstance(labels, YamlMapping):
                message = f"the labels of `{language}` are lines of `name: words`"
                raise ContentProblem(Diagnostic("wrong-type", message, languages.key_span(language)))
            words = {key: str(label) for key, label in labels.items() if isinstance(label, Scalar)}
            merged.setdefault(str(language), {}).update(words)
    return merged


def labels_for(language: str, folders: Sequence[Path]) -> Mapping[str, str]:
    """The labels in a language, English where it has none. Raises UsageProblem for no language at all."""
    if not is_known_language(language):
        hint = next(_meant(language, folders), "write `en`, `de`, `en-GB` or the like")
        raise UsageProblem(f"`{language}` is not a language code", hint)
    return known_labels(language, folders)


def known_labels(language: str, folders: Sequence[Path]) -> Mapping[str, str]:
    """As `labels_for`, of whatever is given as a language."""
    return {**_catalogue(folders)[FALLBACK], **_own_labels(language, folders)}


def _meant(name: str, folders: Sequence[Path]) -> Iterator[str]:
    """A hint with the code of a language that is given by name or in capitals: `German`, `Deutsch`, `DE`."""
    from babel import Locale

    for code in _catalogue(folders):
        if is_known_language(code):
            locale = Locale.parse(code.replace("-", "_"))
            names = (code, locale.english_name, locale.display_name)
            if name.casefold() in {str(known).casefold() for known in names}:
                yield f"did you mean `{code}`?"


def _own_labels(language: str, folders: Sequence[Path]) -> Mapping[str, str]:
    """The labels of the language itself, its country's before the others."""
    catalogue = _catalogue(folders)
    return {**catalogue.get(base_of(language), {}), **catalogue.get(language, {})}


def missing_labels(language: str, folders: Sequence[Path]) -> list[str]:
    """The names of the labels for which English stands in."""
    own = _own_labels(language, folders)
    return [name for name in _catalogue(folders)[FALLBACK] if name not in own]


def hyphenations(folders: Sequence[Path]) -> Mapping[str, str]:
    """What babel calls the languages of the catalogues, by their codes."""
    return {code: labels["babel"] for code, labels in _catalogue(folders).items() if "babel" in labels}


def filled(printer: Printer, name: str, **values: object) -> Markup:
    """A label with its `{places}` filled: the label is text, the values are printed as TeX."""
    parts = []
    for text, field, _, _ in Formatter().parse(printer.labels[name]):
        parts.append(printer.tex(text))
        if field is not None:
            parts.append(printer.tex(values[field]))
    return Markup("").join(parts)
