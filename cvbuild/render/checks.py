"""Checks that a variant's TeX holds every selected entry, and texts in the variant's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from cvbuild.content.fields import Content, keys_of, values_of
from cvbuild.content.sections import Item, TextSection
from cvbuild.content.values import Text
from cvbuild.diagnostics import Diagnostic
from cvbuild.read.comments import without_silenced
from cvbuild.record import Record
from cvbuild.render.labels import base_of
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.select import SelectedCv, SelectedSection
from cvbuild.source import Scalar, Span

DEFAULT_LANGUAGE = "en"
MOST_PLACES = 4
"""Maximum number of places that a summary names."""


def without_trace(cv: SelectedCv, rendered: RenderedTex) -> list[Diagnostic]:
    """Return an error for each entry that the templates print nothing of."""
    traced = {place_of(item.span) for item in rendered.mapped}
    found = []
    for section in cv.sections:
        for summary, span, spans in texts_by_entry(section):
            keys = [place_of(span) for span in spans]
            # An entry without text, such as a lone date, leaves no trace that could be found.
            if keys and traced.isdisjoint(keys):
                found.append(
                    Diagnostic(
                        "not-printed",
                        f"the template of `{section.kind}` prints nothing of `{summary}`",
                        span.first_line(),
                        hints=(
                            "give it an author, a title or a year; to leave it out, delete it"
                            if span.source.name.endswith(".bib")
                            else f"to leave it out of `{cv.name}`, say so: `except: [{cv.name}]`",
                            "what the template prints of an item is in"
                            f" latex_templates/…/sections/{section.kind}.tex",
                        ),
                    )
                )
    return found


def texts_by_entry(section: SelectedSection) -> Iterator[tuple[str, Span, list[Span]]]:
    """Yield the entries of a section: their summaries, places, and the places of their texts."""
    if isinstance(section.section, TextSection):
        yield str(section.title), section.section.span, _spans(section.section.text)
    for category in section.categories:
        for publication in category.publications:
            people = (names.span for names in publication.people.values() if names.span)
            texts = (text.span for text in publication.text.values())
            yield publication.summary, publication.span, [*texts, *people]
    for group in section.groups:
        for item in group.items:
            for leaf in item.leaves():
                yield leaf.summary, leaf.span, _spans(leaf)


def _spans(value: object) -> list[Span]:
    """Return the places of the texts in a value, in all languages."""
    found = []
    for text, _ in _of_value(value):
        found += [item.span for item in (text.by_language.values() if isinstance(text, Text) else [text])]
    return found


def place_of(span: Span) -> tuple[str, int, int]:
    """Return a span for comparisons, which are quicker without the text of its file."""
    return span.source.name, span.start, span.end


class Untranslated(Record):
    """A printed text that is in another language; `section` is the name of its file, or `cv`."""

    section: str
    text: Text


def main_language(cv: SelectedCv) -> str:
    """Return the language of texts that are given without one: that of cv.yaml.

    If cv.yaml has none, it is the one that all variants agree on, or English.
    """
    if (given := cv.settings.given_language) is not None:
        return str(given)
    languages = {str(variant.given_language or DEFAULT_LANGUAGE) for variant in cv.settings.variants.values()}
    return languages.pop() if len(languages) == 1 else DEFAULT_LANGUAGE


def language_name(language: str) -> str:
    """Return the name of a language in English: `German`."""
    from babel import Locale  # heavy, and for warnings alone

    return Locale.parse(language.replace("-", "_")).get_display_name("en") or language


def untranslated(cv: SelectedCv, rendered: RenderedTex) -> list[Untranslated]:
    """Return the texts that another language stands in for, in the order printed.

    A text without a language counts where the variant is not in the CV's own. Names and titles
    (`Content.names`) are the same in every language: they count only if they are given by
    language, and not in this one.
    """
    language, main = rendered.language, main_language(cv)
    is_main = base_of(language) == base_of(main)
    printed = {place_of(item.span) for item in rendered.mapped}
    found: list[Untranslated] = []
    for section, text, is_name, is_metadata in _texts(cv):
        key = text.key_for(language)
        span = text.by_language[key].span
        stands_in = key not in {"", language, base_of(language)} or (
            key == "" and not is_main and not is_name
        )
        if stands_in and (is_metadata or place_of(span) in printed):
            found.append(Untranslated(section, text))
    # A note in place of another is the same text twice.
    return list({id(item.text): item for item in found}.values())


def _texts(cv: SelectedCv) -> Iterator[tuple[str, Text, bool, bool]]:
    """Yield each text of a variant with its section, whether it is a name, and whether it is metadata."""
    metadata = (cv.variant.title or cv.settings.title, cv.settings.subject, *cv.settings.keywords)
    found = [("cv", _of_value(cv.settings.owner), False), ("cv", _of_value(metadata), True)]
    for section in cv.sections:
        texts = chain(
            _of_value((section.title, section.note)),
            # Its own title may have another in its place, and not all that it lists is printed.
            _of_content(section.section, "kind title note items groups rows categories".split()),
            _of_value([(group.title, group.note) for group in section.groups]),
            _of_value([(category.title, category.note) for category in section.categories]),
            _of_value([figure.label for figure in section.figures]),
            _of_value([group.items for group in section.groups]),
        )
        found.append((section.name, texts, False))
    for name, printed, is_metadata in found:
        for text, is_name in printed:
            if isinstance(text, Text):
                yield name, text, is_name, is_metadata


def _of_value(value: object, is_name: bool = False) -> Iterator[tuple[Text | Scalar, bool]]:
    """Yield the texts in a value that are printed, and whether each is a name."""
    match value:
        case Text() | Scalar():
            yield value, is_name
        case Content():
            yield from _of_content(value)
        case tuple() | list():
            for item in value:
                yield from _of_value(item, is_name)
        case dict():
            for item in value.values():
                yield from _of_value(item, is_name)


def _of_content(content: Content, beside: Iterable[str] = ()) -> Iterator[tuple[Text | Scalar, bool]]:
    """Yield the texts of a mapping but for some keys, and those by which it is selected."""
    unprinted = {*beside, *(keys_of(Item) if isinstance(content, Item) else ())}
    for name, value in values_of(content).items():
        if name not in unprinted:
            yield from _of_value(value, name in content.names)


def one_by_one(texts: Iterable[Untranslated], language: str, main: str) -> list[Diagnostic]:
    """Return a warning for each text, at its place; `main` is the language of those without one."""
    return [
        Diagnostic(
            "missing-translation",
            f"there is no text in `{language}` here; another language stands in",
            item.text.span.first_line(),
            "warning",
            hints=(
                f"write it by language: `{{{main}: …, {language}: …}}`"
                if "" in item.text.by_language
                else f"add `{language}: …` beside it",
            ),
        )
        for item in texts
    ]


def in_summary(
    texts: Sequence[Untranslated], language: str, main: str, command: str, ignored: Collection[str]
) -> list[Diagnostic]:
    """Return one warning for all texts, and the single warnings that comments silence.

    `command` is the call that lists each of them, `ignored` the codes that the project silences.
    """
    single = one_by_one(texts, language, main)
    kept, silenced = without_silenced(single, ignored)
    if len(kept) < 2:
        return single
    heard = {item.span for item in kept}
    counted = Counter(item.section for item in texts if item.text.span.first_line() in heard)
    sections = ", ".join(f"{name} {count}" for name, count in counted.items())
    places = ", ".join(item.span.place for item in kept[1:MOST_PLACES] if item.span is not None)
    summary = Diagnostic(
        "missing-translation",
        f"{len(kept)} texts are not there in {language_name(language)}; another language stands in",
        kept[0].span,
        "warning",
        hints=(
            f"by section: {sections}",
            f"also at {places}{', …' if len(kept) > MOST_PLACES else ''}",
            f"`{command}` lists each of them",
        ),
    )
    return [summary, *silenced]
