"""Checks of a variant's TeX: entries that are not printed, and texts that are not translated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import chain
from operator import attrgetter

from cvbuild.content.kinds import Item, TextSection
from cvbuild.content.reader import Content, values_of
from cvbuild.content.values import Text
from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.read.comments import without_silenced
from cvbuild.render.labels import DEFAULT_LANGUAGE, base_of
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.select.types import SelectedCv, SelectedSection
from cvbuild.source import Scalar, Span

_span = attrgetter("span")
MOST_PLACES = 4
"""Maximum number of places that a summary names."""


def without_trace(cv: SelectedCv, rendered: RenderedTex) -> list[Diagnostic]:
    """Return an error for each selected entry if no text of the entry appears in the rendered TeX."""
    traced = {place_of(item.span) for item in rendered.mapped}
    found = Findings()
    for section in cv.sections:
        for summary, span, spans in texts_by_entry(section):
            # An entry without text, such as a lone date, has no span to look for: skip it.
            if spans and traced.isdisjoint(map(place_of, spans)):
                message = f"the template of `{section.kind}` prints nothing of `{summary}`"
                cure = f"to leave it out of `{cv.name}`, say so: `except: [{cv.name}]`"
                if span.source.name.endswith(".bib"):
                    cure = "give it an author, a title or a year; to leave it out, delete it"
                file = f"latex_templates/…/sections/{section.kind}.tex"
                where = f"what the template prints of an item is in {file}"
                found.error("not-printed", message, span.first_line(), cure, where)
    return found.items


def texts_by_entry(section: SelectedSection) -> Iterator[tuple[str, Span, list[Span]]]:
    """Yield each entry of a section: its summary, its span, and the spans of its texts."""
    for category in section.categories:
        for publication in category.publications:
            people = (names.span for names in publication.people.values() if names.span)
            texts = (text.span for text in publication.text.values())
            yield publication.summary, publication.span, [*texts, *people]
    whole = section.section
    entries = [(str(section.title), whole.span, whole.text)] if isinstance(whole, TextSection) else []
    leaves = (leaf for group in section.groups for item in group.items for leaf in item.leaves())
    for summary, span, value in [*entries, *((leaf.summary, leaf.span, leaf) for leaf in leaves)]:
        in_all_languages: list[Span] = []
        for text, _ in _texts_in(value):
            in_all_languages += map(_span, text.by_language.values() if isinstance(text, Text) else [text])
        yield summary, span, in_all_languages


def place_of(span: Span) -> tuple[str, int, int]:
    """Return a key that identifies a span, but compares faster: it leaves out the file's text."""
    return span.source.name, span.start, span.end


def main_language(cv: SelectedCv) -> str:
    """Return the language of unmarked texts: cv.yaml's, else the variants' if all agree, else English."""
    if (given := cv.settings.given_language) is not None:
        return str(given)
    languages = {str(variant.given_language or DEFAULT_LANGUAGE) for variant in cv.settings.variants.values()}
    return languages.pop() if len(languages) == 1 else DEFAULT_LANGUAGE


def language_name(language: str) -> str:
    """Return the English name of a language code: `German` for `de`."""
    from babel import Locale  # slow to import, and only warnings need it

    return Locale.parse(language.replace("-", "_")).get_display_name("en") or language


def untranslated(cv: SelectedCv, rendered: RenderedTex) -> list[tuple[str, Text]]:
    """Return the printed texts that lack the variant's language, each after the name of its section.

    The order is that of the sections; the name `cv` means cv.yaml. A text without a language code counts
    if the variant's language is not the CV's main one. Names and titles (`Content.names`) are the same
    in every language: one counts only if it has translations, but none into this language.
    """
    language, main = rendered.language, main_language(cv)
    is_main = base_of(language) == base_of(main)
    printed = {place_of(item.span) for item in rendered.mapped}
    found: dict[int, tuple[str, Text]] = {}
    for section, text, is_name, is_metadata in _texts(cv):
        key = text.key_for(language)
        stands_in = not is_main and not is_name if key == "" else key not in {language, base_of(language)}
        if stands_in and (is_metadata or place_of(text.by_language[key].span) in printed):
            # Key by identity: `_texts` may yield one note twice.
            found[id(text)] = section, text
    return list(found.values())


def _texts(cv: SelectedCv) -> Iterator[tuple[str, Text, bool, bool]]:
    """Yield each text of a variant with its section, whether it is a name, and whether it is metadata."""
    metadata = (cv.variant.title or cv.settings.title, cv.settings.subject, *cv.settings.keywords)
    found = [("cv", _texts_in(cv.settings.owner), False), ("cv", _texts_in(metadata), True)]
    for section in cv.sections:
        headings = [(group.title, group.note) for group in section.groups]
        headings += [(category.title, category.note) for category in section.categories]
        labels = [figure.label for figure in section.figures]
        texts = chain(
            _texts_in((section.title, section.note)),
            # The variant may replace the section's own title and note, and select from its entries.
            _texts_in(section.section, beside="kind title note items groups rows categories".split()),
            _texts_in((headings, labels, [group.items for group in section.groups])),
        )
        found.append((section.name, texts, False))
    for name, printed, is_metadata in found:
        for text, is_name in printed:
            if isinstance(text, Text):
                yield name, text, is_name, is_metadata


def _texts_in(
    value: object, is_name: bool = False, beside: Collection[str] = ()
) -> Iterator[tuple[Text | Scalar, bool]]:
    """Yield each printed text within a value, and whether it is a name; skip the keys in `beside`."""
    match value:
        case Text() | Scalar():
            yield value, is_name
        case Content():
            unprinted = {*beside, *(Item.__struct_encode_fields__ if isinstance(value, Item) else ())}
            for name, inner in values_of(value).items():
                if name not in unprinted:
                    yield from _texts_in(inner, name in value.names)
        case tuple() | list() | dict():
            for item in value.values() if isinstance(value, dict) else value:
                yield from _texts_in(item, is_name)


def missing_translations(cv: SelectedCv, rendered: RenderedTex, command: str | None) -> list[Diagnostic]:
    """Return a warning for each text that lacks the variant's language.

    If a `command` that lists the texts is given, return one summary instead, and the single warnings
    that comments silence. A single text needs no summary.
    """
    language, texts = rendered.language, untranslated(cv, rendered)
    message = f"there is no text in `{language}` here; another language stands in"
    write = f"write it by language: `{{{main_language(cv)}: …, {language}: …}}`"
    single = []
    for _, text in texts:
        hints = (write if "" in text.by_language else f"add `{language}: …` beside it",)
        place = text.span.first_line()
        single.append(Diagnostic("missing-translation", message, place, "warning", hints=hints))
    kept, silenced = without_silenced(single, cv.settings.ignore)
    if command is None or len(kept) < 2:
        return single
    spans = [item.span for item in kept if item.span is not None]
    counted = Counter(section for section, text in texts if text.span.first_line() in spans)
    sections = ", ".join(f"{name} {count}" for name, count in counted.items())
    places = ", ".join(span.place for span in spans[1:MOST_PLACES])
    message = f"{len(kept)} texts are not there in {language_name(language)}; another language stands in"
    also = f"also at {places}{', …' if len(kept) > MOST_PLACES else ''}"
    found = (f"by section: {sections}", also, f"`{command}` lists each of them")
    return [Diagnostic("missing-translation", message, kept[0].span, "warning", hints=found), *silenced]
