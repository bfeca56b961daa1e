"""Whether everything that a variant chose left a trace in its TeX: templates can lose entries, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cvbuild.content.fields import Content, keys_of, values_of
from cvbuild.diagnostics import Diagnostic
from cvbuild.model.sections import Item, TextSection
from cvbuild.model.values import Text
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import Scalar, Span
from cvbuild.variant import SelectedCv, SelectedSection


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
        yield str(section.title), section.section.span, list(_spans([section.section.text]))
    for category in section.categories:
        for publication in category.publications:
            people = (names.span for names in publication.people.values() if names.span)
            texts = (text.span for text in publication.text.values())
            yield publication.summary, publication.span, [*texts, *people]
    for group in section.groups:
        for item in group.items:
            for leaf in item.leaves():
                yield leaf.summary, leaf.span, list(_spans(_values(leaf)))


def _values(content: Content) -> Iterator[object]:
    """The values of what is printed of a mapping, and not those by which it is chosen."""
    yield from (value for name, value in values_of(content).items() if name not in keys_of(Item))


def _spans(values: Iterable[object]) -> Iterator[Span]:
    for value in values:
        match value:
            case Text():
                yield from (scalar.span for scalar in value.by_language.values())
            case Scalar():
                yield value.span
            case Content():
                yield from _spans(_values(value))
            case tuple() | list():
                yield from _spans(value)
            case dict():
                yield from _spans(value.values())


def place_of(span: Span) -> tuple[str, int, int]:
    """A span as it is compared: quicker than with the text of its file."""
    return span.source.name, span.start, span.end
