"""Names in the project's files that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from cvbuild.comparing import folded, is_one_slip_apart
from cvbuild.diagnostics import Diagnostic
from cvbuild.lint.subject import Subject
from cvbuild.model.cv import Cv
from cvbuild.model.publications import category_of
from cvbuild.model.sections import PublicationsSection, Section
from cvbuild.source import Scalar, SourceFile, Span

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
                    yield Diagnostic(
                        "lint-dead-reference",
                        f"no publication falls into the category `{category.id}`",
                        category.id.span,
                        "note",
                        hints=("correct its `match`; an entry goes to the first category that it matches",),
                    )
        printing = _variants_with(name, cv)
        for variant in _variants_named_in(section):
            if variant not in printing:
                yield Diagnostic(
                    "lint-dead-reference",
                    f"the variant `{variant}` does not have the section `{name}`, so this means nothing",
                    variant.span,
                    "warning",
                    hints=(f"delete it, or add `{name}` to the sections of `{variant}` in cv.yaml",),
                )


def _variants_with(section: str, cv: Cv) -> set[str]:
    """The variants that print a section."""
    usual = {str(name) for name in cv.settings.sections} or set(cv.sections)
    return {
        name
        for name, variant in cv.variants.items()
        if section
        in (usual if variant.sections is None else {str(choice.section) for choice in variant.sections})
    }


def _variants_named_in(section: Section) -> Iterator[Scalar]:
    for group in section.listed:
        for item in group.items:
            for part in (item, *item.inner_items()):
                yield from (*part.only, *part.except_)


def unread_files(subject: Subject) -> Iterator[Diagnostic]:
    """The .bib files of the project that no pattern of `bibliography` names."""
    settings = subject.cv.settings
    for name in subject.unread:
        if settings.bibliography:
            span, cure = settings.span_of("bibliography"), "add it to `bibliography`"
        else:
            span, cure = Span(SourceFile(name, ""), 0, 0), "move it to bib/, or name it in `bibliography`"
        yield Diagnostic(
            "lint-unread-file", f"{name} is not read", span, "note", hints=(f"{cure} in content/cv.yaml",)
        )


def tag_spelling(subject: Subject) -> Iterator[Diagnostic]:
    """Tags and keywords that are one letter away from one by which something is chosen."""
    cv = subject.cv
    for name, section in cv.sections.items():
        chosen = {
            str(tag)
            for variant in cv.variants.values()
            for choice in variant.sections or ()
            if choice.section == name
            for tag in (*choice.tags, *choice.without)
        }
        if isinstance(section, PublicationsSection):
            rules = [category.match for category in section.categories]
            rules += [
                category.match
                for variant in cv.variants.values()
                for choice in variant.sections or ()
                for category in choice.categories
                if choice.section == name and category.match is not None
            ]
            chosen |= {str(word) for rule in rules for word in rule.keyword}
            used = ((word, item.key.span) for item in cv.publications for word in item.keywords)
            yield from _misspelled(used, chosen, "keyword")
        else:
            parts = (
                part
                for group in section.listed
                for item in group.items
                for part in (item, *item.inner_items())
            )
            yield from _misspelled(
                ((str(tag), tag.span) for part in parts for tag in part.tags), chosen, "tag"
            )


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
                yield Diagnostic(
                    "lint-tag-spelling",
                    f"nothing is chosen by the {what} `{word}`; it looks like `{meant}`, by which a variant"
                    " or a category chooses",
                    span,
                    "warning",
                    hints=(f"write `{meant}`",),
                )
                break
