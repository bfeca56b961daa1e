"""Addresses and names that lead nowhere, or the long way round."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cvbuild.content.cv import Cv
from cvbuild.content.fields import Content, values_of
from cvbuild.content.publications import category_of
from cvbuild.content.sections import PublicationsSection
from cvbuild.content.values import Text
from cvbuild.diagnostics import Diagnostic
from cvbuild.inline import Inlines, Str, Styled
from cvbuild.lint import Subject, items_of, suggestion, warning
from cvbuild.render.markup import parse_inline
from cvbuild.source import Scalar, SourceFile, Span
from cvbuild.words import folded, is_one_slip_apart

# `www.` and a name, or a name in one of the top-level domains that academics' addresses have, and a
# path: `Node.js/React` is none.
_BARE = re.compile(
    r"(?<![\w@/.:-])(?:www\.[\w-]+(?:\.[\w-]+)+"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:org|com|net|edu|gov|int|info|io|ai|dev|app|eu|de|at|ch|uk|ie|fr|be|nl|lu|it|es|pt"
    r"|gr|dk|se|no|fi|is|pl|cz|hu|ca|us|br|au|nz|jp|kr|cn|il)(?=/\w))[^\s<>\"“”()\[\]]*[^\s<>\"“”()\[\].,;:!?'’]",
    re.ASCII,
)
_ROUNDABOUT = re.compile(r"https?://(?:dx\.)?doi\.org/(?P<doi>10\..+)|http://(?P<arxiv>arxiv\.org/.*)")
_TRAILING = re.compile(r"[.,;:!?]+$")


def url_scheme(subject: Subject) -> Iterator[Diagnostic]:
    """Addresses in running text that become no links: they begin with no `https://`."""
    texts = [(parse_inline(text), text.span) for text in _texts(subject) if text.tag != "tex"]
    texts += [(text.inlines, text.span) for item in subject.cv.publications for text in item.text.values()]
    for inlines, span in texts:
        for match in _BARE.finditer(_without_links(inlines)):
            hint = f"write the whole address: `https://{match[0]}`"
            yield warning("lint-url-scheme", f"`{match[0]}` becomes no link", span.part(match[0]), hint)


def url_shape(subject: Subject) -> Iterator[Diagnostic]:
    """Addresses with the punctuation of the sentence they were copied from; DOIs as addresses."""
    for name, url in _urls(subject):
        if (found := _TRAILING.search(url)) is not None:
            message = f"this address ends in `{found[0]}`, which is hardly part of it"
            yield warning("lint-url-shape", message, url.span.part(str(url)), f"delete the `{found[0]}`")
        elif found := _ROUNDABOUT.match(url):
            cure = f"`https://{found['arxiv'] or 'doi.org/' + found['doi']}`"
            if found["doi"] and name == "bib":
                cure = f"`doi = {{{found['doi']}}}` in place of the address"
            elif url.startswith("https://doi.org/"):
                continue
            message = "this address leads to its goal the long way round"
            yield suggestion("lint-url-shape", message, url.span.part(str(url)), f"write {cure}")


def _without_links(inlines: Inlines) -> str:
    """The text that leads nowhere; code and formulas are no addresses."""
    parts = []
    for inline in inlines:
        match inline:
            case Str(text):
                parts.append(text)
            case Styled(style, content) if style != "code":
                parts.append(_without_links(content))
            case _:
                parts.append(" ")
    return "".join(parts)


def _texts(subject: Subject) -> Iterator[Scalar]:
    for content in (subject.cv.settings, *subject.cv.sections.values()):
        for value in _values(content):
            if isinstance(value, Text):
                yield from value.by_language.values()


def _urls(subject: Subject) -> Iterator[tuple[str, Scalar]]:
    """The addresses that are values of their own, with the kind of file they stand in."""
    for item in subject.cv.publications:
        yield from (("bib", link.url) for link in item.links)
    for content in (subject.cv.settings, *subject.cv.sections.values()):
        for value in _values(content):
            if isinstance(value, Scalar) and value.startswith(("http://", "https://")):
                yield "yaml", value


def _values(value: object) -> Iterator[object]:
    """All values of the content, whatever nests them."""
    if isinstance(value, Content):
        value = values_of(value)
    if isinstance(value, dict | tuple | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _values(inner)
    else:
        yield value


_SHORTEST_TAG = 4


def dead_references(subject: Subject) -> Iterator[Diagnostic]:
    """Categories that no entry falls in, and variants named by items whose section they do not have."""
    cv = subject.cv
    for name, section in cv.sections.items():
        if isinstance(section, PublicationsSection) and cv.publications:
            filled = {
                category.id for item in cv.publications if (category := category_of(item, section.categories))
            }
            for category in section.categories:
                if category.id not in filled:
                    message = f"no publication falls into the category `{category.id}`"
                    hint = "correct its `match`; an entry goes to the first category that it matches"
                    yield suggestion("lint-dead-reference", message, category.id.span, hint)
        printing = _variants_with(name, cv)
        for variant in (typed for item in items_of(section) for typed in (*item.only, *item.except_)):
            if variant not in printing:
                message = f"the variant `{variant}` does not have the section `{name}`, so this means nothing"
                hint = f"delete it, or add `{name}` to the sections of `{variant}` in cv.yaml"
                yield warning("lint-dead-reference", message, variant.span, hint)


def _variants_with(section: str, cv: Cv) -> set[str]:
    """The variants that print a section."""
    usual = {str(name) for name in cv.settings.sections} or set(cv.sections)
    chosen = {
        name: usual if variant.sections is None else {str(choice.section) for choice in variant.sections}
        for name, variant in cv.variants.items()
    }
    return {name for name, sections in chosen.items() if section in sections}


def unread_files(subject: Subject) -> Iterator[Diagnostic]:
    """The .bib files of the project that no pattern of `bibliography` names."""
    settings = subject.cv.settings
    for name in subject.unread:
        if settings.bibliography:
            span, cure = settings.span_of("bibliography"), "add it to `bibliography`"
        else:
            span, cure = Span(SourceFile(name, ""), 0, 0), "move it to bib/, or name it in `bibliography`"
        yield suggestion("lint-unread-file", f"{name} is not read", span, f"{cure} in content/cv.yaml")


def tag_spelling(subject: Subject) -> Iterator[Diagnostic]:
    """Tags and keywords that are one letter away from one by which something is chosen."""
    cv = subject.cv
    for name, section in cv.sections.items():
        choices = [
            choice
            for variant in cv.variants.values()
            for choice in variant.sections or ()
            if choice.section == name
        ]
        chosen = {str(tag) for choice in choices for tag in (*choice.tags, *choice.without)}
        if isinstance(section, PublicationsSection):
            rules = [category.match for category in section.categories]
            rules += [
                category.match for choice in choices for category in choice.categories if category.match
            ]
            chosen |= {str(word) for rule in rules for word in rule.keyword}
            used = ((word, item.key.span) for item in cv.publications for word in item.keywords)
            yield from _misspelled(used, chosen, "keyword")
        else:
            used = ((str(tag), tag.span) for item in items_of(section) for tag in item.tags)
            yield from _misspelled(used, chosen, "tag")


def _misspelled(used: Iterator[tuple[str, Span]], chosen: set[str], what: str) -> Iterator[Diagnostic]:
    """Each misspelling at its first place."""
    seen: set[str] = set()
    for word, span in used:
        if word in chosen or word in seen:
            continue
        seen.add(word)
        for meant in sorted(chosen):
            if folded(word) == folded(meant) or (
                min(len(word), len(meant)) >= _SHORTEST_TAG and is_one_slip_apart(folded(word), folded(meant))
            ):
                looks = f"it looks like `{meant}`, by which a variant or a category chooses"
                message = f"nothing is chosen by the {what} `{word}`; {looks}"
                yield warning("lint-tag-spelling", message, span, f"write `{meant}`")
                break
