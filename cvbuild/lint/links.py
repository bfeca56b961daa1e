"""Lint rules on addresses, and on names of categories, variants, files and tags that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import PublicationsSection
from cvbuild.content.publications import category_of
from cvbuild.content.reader import every_value
from cvbuild.content.values import Text
from cvbuild.diagnostics import Diagnostic
from cvbuild.inline import Inlines, Str, Styled
from cvbuild.render.markup import parse_inline
from cvbuild.source import Scalar, SourceFile, Span
from cvbuild.words import folded, is_one_slip_apart

# `www.` and a name, or a name in a top-level domain that is common in academics' addresses, and a
# path. `Node.js/React` is not an address.
_BARE = re.compile(
    r"(?<![\w@/.:-])(?:www\.[\w-]+(?:\.[\w-]+)+"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:org|com|net|edu|gov|int|info|io|ai|dev|app|eu|de|at|ch|uk|ie|fr|be|nl|lu|it|es|pt"
    r"|gr|dk|se|no|fi|is|pl|cz|hu|ca|us|br|au|nz|jp|kr|cn|il)(?=/\w))[^\s<>\"“”()\[\]]*[^\s<>\"“”()\[\].,;:!?'’]",
    re.ASCII,
)
_ROUNDABOUT = re.compile(r"https?://(?:dx\.)?doi\.org/(?P<doi>10\..+)|http://(?P<arxiv>arxiv\.org/.*)")
_TRAILING = re.compile(r"[.,;:!?]+$")

_SHORTEST_TAG = 4
"""Minimum length of tags, in characters, that are compared for one slip of the keyboard."""


def url_scheme(cv: Cv) -> Iterator[Diagnostic]:
    """Addresses in running text that become no links because they do not begin with `https://`."""
    values = every_value((cv.settings, *cv.sections.values()))
    typed = [text for value in values if isinstance(value, Text) for text in value.by_language.values()]
    texts = [(parse_inline(text), text.span) for text in typed if text.tag != "tex"]
    texts += [(text.inlines, text.span) for item in cv.publications for text in item.text.values()]
    for inlines, span in texts:
        for match in _BARE.finditer(_without_links(inlines)):
            message = f"`{match[0]}` becomes no link"
            hint = f"write the whole address: `https://{match[0]}`"
            yield Diagnostic("lint-url-scheme", message, span.part(match[0]), "warning", hints=(hint,))


def _without_links(inlines: Inlines) -> str:
    """Return a text with a space in place of each link, formula and piece of code."""
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


def url_shape(cv: Cv) -> Iterator[Diagnostic]:
    """Addresses that end in a sentence's punctuation, and those that only lead to another address."""
    urls = [(link.url, True) for item in cv.publications for link in item.links]
    urls += [
        (value, False)
        for value in every_value((cv.settings, *cv.sections.values()))
        if isinstance(value, Scalar) and value.startswith(("http://", "https://"))
    ]
    for url, is_in_bib in urls:
        span = url.span.part(str(url))
        if (found := _TRAILING.search(url)) is not None:
            message = f"this address ends in `{found[0]}`, which is hardly part of it"
            hint = f"delete the `{found[0]}`"
            yield Diagnostic("lint-url-shape", message, span, "warning", hints=(hint,))
        elif found := _ROUNDABOUT.match(url):
            cure = f"`https://{found['arxiv'] or 'doi.org/' + found['doi']}`"
            if found["doi"] and is_in_bib:
                cure = f"`doi = {{{found['doi']}}}` in place of the address"
            elif url.startswith("https://doi.org/"):
                continue
            message = "this address leads to its goal the long way round"
            yield Diagnostic("lint-url-shape", message, span, "note", hints=(f"write {cure}",))


def dead_references(cv: Cv) -> Iterator[Diagnostic]:
    """Categories without publications, and items that name a variant which lacks their section."""
    for name, section in cv.sections.items():
        if isinstance(section, PublicationsSection) and cv.publications:
            found = [category_of(item, section.categories) for item in cv.publications]
            filled = {category.id for category in found if category is not None}
            for category in section.categories:
                if category.id not in filled:
                    message = f"no publication falls into the category `{category.id}`"
                    hint = "correct its `match`; an entry goes to the first category that it matches"
                    yield Diagnostic("lint-dead-reference", message, category.id.span, "note", hints=(hint,))
        printing = set()
        for variant, settings in cv.variants.items():
            chosen: list[str] = [choice.section for choice in settings.sections or ()]
            if settings.sections is None:
                chosen = [*(cv.settings.sections or cv.sections)]
            if name in chosen:
                printing.add(variant)
        for named in (typed for item in section.all_items for typed in (*item.only, *item.except_)):
            if named not in printing:
                message = f"the variant `{named}` does not have the section `{name}`, so this means nothing"
                hint = f"delete it, or add `{name}` to the sections of `{named}` in cv.yaml"
                yield Diagnostic("lint-dead-reference", message, named.span, "warning", hints=(hint,))


def unread_files(cv: Cv, unread: Sequence[str]) -> Iterator[Diagnostic]:
    """The .bib files of the project that no pattern of `bibliography` matches."""
    for name in unread:
        if cv.settings.bibliography:
            span, cure = cv.settings.span_of("bibliography"), "add it to `bibliography`"
        else:
            span, cure = Span(SourceFile(name, ""), 0, 0), "move it to bib/, or name it in `bibliography`"
        hint = f"{cure} in content/cv.yaml"
        yield Diagnostic("lint-unread-file", f"{name} is not read", span, "note", hints=(hint,))


def tag_spelling(cv: Cv) -> Iterator[Diagnostic]:
    """Tags and keywords that are one slip away from one that a variant or a category chooses."""
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
            what = "keyword"
            used = [(word, item.key.span) for item in cv.publications for word in item.keywords]
        else:
            what = "tag"
            used = [(str(tag), tag.span) for item in section.all_items for tag in item.tags]
        first: dict[str, Span] = {}
        for word, span in used:
            if word not in chosen:
                first.setdefault(word, span)
        for word, span in first.items():
            for meant in sorted(chosen):
                one, other = folded(word), folded(meant)
                is_long = min(len(word), len(meant)) >= _SHORTEST_TAG
                if one == other or (is_long and is_one_slip_apart(one, other)):
                    looks = f"it looks like `{meant}`, by which a variant or a category chooses"
                    message = f"nothing is chosen by the {what} `{word}`; {looks}"
                    hint = f"write `{meant}`"
                    yield Diagnostic("lint-tag-spelling", message, span, "warning", hints=(hint,))
                    break
