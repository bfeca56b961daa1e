"""Whether a variant's TeX holds all that was chosen, and in the variant's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from cvbuild.content.kinds import Item, TextSection
from cvbuild.content.reader import Content, values_of
from cvbuild.content.values import Text
from cvbuild.diagnostics import Diagnostic
from cvbuild.read.comments import without_silenced
from cvbuild.record import Record
from cvbuild.render.labels import base_of
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.select.types import SelectedCv, SelectedSection
from cvbuild.source import Scalar, Span

DEFAULT_LANGUAGE = "en"
MOST_PLACES = 4
"""Places that a summary names."""


def without_trace(cv: SelectedCv, rendered: RenderedTex) -> list[Diagnostic]:
    """An error for each entry of which no template printed anything."""
    traced = {place_of(item.span) for item in rendered.mapped}
    found = []
    for section in cv.sections:
        for summary, span, spans in texts_by_entry(section):
            keys = [place_of(span) for span in spans]
            # What has no text at all, such as a lone date, leaves no trace that could be found.
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
    """The entries of a section: what each is called, its place, and the places of its texts."""
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
    """The places of the texts in a value, in all languages."""
    found = []
    for text, _ in _of_value(value):
        found += [item.span for item in (text.by_language.values() if isinstance(text, Text) else [text])]
    return found


def place_of(span: Span) -> tuple[str, int, int]:
    """A span as it is compared: quicker than with the text of its file."""
    return span.source.name, span.start, span.end


class Untranslated(Record):
    """A printed text that is in another language; `section` is the name of its file, or `cv`."""

    section: str
    text: Text


def main_language(cv: SelectedCv) -> str:
    """The language of texts that are given without one: that of cv.yaml.

    Where cv.yaml has none, it is the one that all variants agree on, or English.
    """
    if (given := cv.settings.given_language) is not None:
        return str(given)
    languages = {str(variant.given_language or DEFAULT_LANGUAGE) for variant in cv.settings.variants.values()}
    return languages.pop() if len(languages) == 1 else DEFAULT_LANGUAGE


def language_name(language: str) -> str:
    """What a language is called in English: `German`."""
    from babel import Locale

    return Locale.parse(language.replace("-", "_")).get_display_name("en") or language


def untranslated(cv: SelectedCv, rendered: RenderedTex) -> list[Untranslated]:
    """The texts that another language stands in for, in the order printed.

    A text without a language counts where the variant is not in the CV's own. Names and titles
    (`Content.names`) are the same in every language: they count only where they are given by
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
    """All texts of a variant: the section, the text, whether it is a name, and whether it is metadata."""
    for text, is_name in _within(cv.settings.owner):
        yield "cv", text, is_name, False
    metadata = (cv.variant.title or cv.settings.title, cv.settings.subject, *cv.settings.keywords)
    yield from (("cv", text, False, True) for text in metadata if text is not None)
    for section in cv.sections:
        for text, is_name in _of_section(section):
            yield section.name, text, is_name, False


def _of_section(section: SelectedSection) -> Iterator[tuple[Text, bool]]:
    yield from ((text, False) for text in (section.title, section.note) if text is not None)
    whole = section.section
    # Its own title may have another in its place, and what it lists is not all printed.
    beside = {"kind", "title", "note", "items", "groups", "rows", "categories"}
    yield from _within(whole, beside)
    headings = [(group.title, group.note) for group in section.groups]
    headings += [(category.title, category.note) for category in section.categories]
    yield from ((text, False) for pair in headings for text in pair if text is not None)
    yield from ((figure.label, False) for figure in section.figures)
    for group in section.groups:
        for item in group.items:
            yield from _within(item)


def _within(content: Content, beside: Iterable[str] = ()) -> Iterator[tuple[Text, bool]]:
    """The texts of a mapping and of those in it, and whether each is a name."""
    for text, is_name in _of_content(content, beside):
        if isinstance(text, Text):
            yield text, is_name


def _of_content(content: Content, beside: Iterable[str] = ()) -> Iterator[tuple[Text | Scalar, bool]]:
    """The values of what is printed of a mapping, not those by which it is chosen; whether each is a name."""
    unprinted = {*beside, *(Item.__struct_encode_fields__ if isinstance(content, Item) else ())}
    for name, value in values_of(content).items():
        if name not in unprinted:
            yield from _of_value(value, name in content.names)


def _of_value(value: object, is_name: bool = False) -> Iterator[tuple[Text | Scalar, bool]]:
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


def one_by_one(texts: Iterable[Untranslated], language: str, main: str) -> list[Diagnostic]:
    """A warning for each text, at its place; `main` is the language of those without one."""
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
    """One warning for all texts, with what comments silence left as it is.

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
