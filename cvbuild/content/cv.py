"""The whole CV: settings, sections and publications together, every reference resolved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from cvbuild.content.bibliography import read_bibliography
from cvbuild.content.kinds import KINDS, Award
from cvbuild.content.reader import read
from cvbuild.content.sections import FreeSection, PublicationsSection, Section
from cvbuild.content.settings import HOMES, CategoryChoice, SectionChoice, Settings, Variant
from cvbuild.diagnostics import Diagnostic, Findings, Label, did_you_mean
from cvbuild.memo import memo
from cvbuild.read import read_yaml
from cvbuild.read.library import Name
from cvbuild.read.numberlock import NO_NUMBERS, NumberLock
from cvbuild.read.tree import Tree, YamlMapping
from cvbuild.record import Record, replace
from cvbuild.source import Scalar, SourceFile, Span

if TYPE_CHECKING:
    from cvbuild.content.bibliography import Unlisted
    from cvbuild.content.publications import Publication
    from cvbuild.read.library import BrokenEntry


class Cv(Record):
    """Everything that was read, checked. `sections` are by name, in the order of `cv.yaml`.

    What was read of the bibliography is in `publications`, `unlisted` and `broken`, nothing
    twice: `broken` holds what cannot be read as an entry, or stands behind `%`.
    """

    settings: Settings
    owner_names: tuple[Name, ...]
    sections: Mapping[str, Section]
    publications: tuple[Publication, ...]
    variants: Mapping[str, Variant]
    unlisted: tuple[Unlisted, ...] = ()
    broken: tuple[BrokenEntry, ...] = ()
    numbers: NumberLock = NO_NUMBERS
    sources: tuple[SourceFile, ...] = ()
    """The files that were read for it: cv.yaml, the sections, the bibliography, the permanent numbers."""

    def output_name(self, variant: str) -> str:
        """The name of a variant's PDF without its ending."""
        return str(self.variants[variant].output or f"cv-{variant}")


class LoadedContent(Record):
    """The files of a CV: settings, sections by name (None if unreadable), .bib files; and its numbers."""

    settings: SourceFile
    sections: Mapping[str, SourceFile | None]
    bibliography: tuple[SourceFile, ...] = ()
    own_kinds: frozenset[str] = frozenset()
    numbers: NumberLock = NO_NUMBERS


def make_cv(loaded: LoadedContent) -> tuple[Cv | None, Findings]:
    """Check everything; None where an error keeps the CV from being whole, as a broken entry does not."""
    findings = Findings()
    settings, owners, found = memo(read_settings, loaded.settings)
    findings.extend(found)
    sections: dict[str, Section] = {}
    kinds = tuple(sorted(loaded.own_kinds))
    for name, source in loaded.sections.items():
        if source is not None:
            section, found = memo(read_section, source, kinds)
            findings.extend(found)
            if section is not None:
                sections[name] = section
    if settings is None:
        findings.extend(read_bibliography(loaded.bibliography, ()).unread)
        return None, findings
    bare = tuple(replace(name, span=None) for name in owners)
    bibliography = memo.here(read_bibliography, loaded.bibliography, bare)
    findings.extend(bibliography.found)
    order = [str(name) for name in settings.sections] or list(loaded.sections)
    variants = dict(settings.variants) or {"full": Variant()}
    ordered = {name: sections[name] for name in order if name in sections}
    ordered |= {name: section for name, section in sections.items() if name not in ordered}
    cv = Cv(
        settings,
        owners,
        ordered,
        bibliography.publications,
        variants,
        bibliography.unlisted,
        bibliography.broken,
        loaded.numbers,
    )
    _check_references(cv, loaded, findings)
    is_whole = not findings.has_errors
    findings.extend(bibliography.unread)
    return (cv if is_whole else None), findings


def read_settings(
    source: SourceFile,
) -> tuple[Settings | None, tuple[Name, ...], tuple[Diagnostic, ...]]:
    """The settings of cv.yaml, None where they are not sound, the owner's names, and problems.

    The present name is the first. A stage for the memo.
    """
    from cvbuild.read.names import parse_name  # only where the memo has no answer

    tree, problems = memo(read_yaml, source)
    findings = Findings([*problems])
    found = None if tree is None else read(Settings, tree, Span(source, 0, 0), findings, HOMES)
    typed = () if found is None else (found.owner.name, *found.owner.also_published_as)
    names = tuple(parse_name(name, name.span, findings) for name in typed)
    return found, names, tuple(findings.items)


def read_section(
    source: SourceFile, own_kinds: tuple[str, ...]
) -> tuple[Section | None, tuple[Diagnostic, ...]]:
    """A section, None where it is not sound, and its problems: a stage for the memo."""
    tree, problems = read_yaml(source)
    findings = Findings([*problems])
    section = None if tree is None else _section(source, tree, own_kinds, findings)
    return section, tuple(findings.items)


def _section(
    source: SourceFile, tree: Tree, own_kinds: Collection[str], findings: Findings
) -> Section | None:
    whole = Span(source, 0, 0)
    if not isinstance(tree, YamlMapping):
        span = getattr(tree, "span", whole)
        findings.error(
            "wrong-type",
            "a section is a mapping: `kind`, `title` and its items",
            span.first_line(),
        )
        return None
    kind = tree.get("kind")
    if not isinstance(kind, Scalar):
        findings.error(
            "missing-key",
            "`kind` is missing: it says what this section lists",
            tree.span.first_line(),
            f"one of {', '.join(KINDS)}",
        )
        return None
    model = KINDS.get(kind)
    if model is None:
        if kind not in own_kinds:
            findings.error(
                "unknown-kind",
                f"there is no kind of section called `{kind}`",
                kind.span,
                *did_you_mean(kind, [*KINDS, *own_kinds]),
                f"the kinds are {', '.join(KINDS)}; one of your own needs a template"
                f" `latex_templates/sections/{PurePath(kind).name}.tex`",
            )
            return None
        model = FreeSection
    return read(model, tree, whole, findings, HOMES)


def _check_references(cv: Cv, loaded: LoadedContent, findings: Findings) -> None:
    """Names that must mean something: sections, variants, categories, publications, ids."""
    files = set(loaded.sections)
    for at, listed in enumerate(cv.settings.sections):
        if listed in cv.settings.sections[:at]:
            findings.error("duplicate-section", f"the section `{listed}` is listed twice", listed.span)
        if listed not in files:
            _report_unknown_section(listed, files, findings)
    unlisted = [name for name in cv.sections if cv.settings.sections and name not in cv.settings.sections]
    if unlisted:
        others = ", ".join(f"`{name}`" for name in unlisted[1:])
        more = f", nor {'are' if unlisted[2:] else 'is'} {others}" if others else ""
        findings.warning(
            "unlisted-section",
            f"the section `{unlisted[0]}` is not in `sections` of cv.yaml{more}:"
            " only variants that name it print it",
            cv.sections[unlisted[0]].span.first_line(),
            f"add `- {unlisted[0]}` to `sections` in cv.yaml",
        )
    for chosen in cv.variants.values():
        for choice in chosen.sections or ():
            _check_choice(cv, choice, files, findings)
    items = [item for section in cv.sections.values() for item in section.all_items]
    _check_unique((item.id for item in items if item.id is not None), "id", findings)
    for section in cv.sections.values():
        if isinstance(section, PublicationsSection):
            _check_unique((category.id for category in section.categories), "category", findings)
    _check_outputs(cv, findings)
    _check_fits(cv, findings)
    known_variants = set(cv.variants)
    keys = {publication.key for publication in cv.publications}
    for item in items:
        for variant in (*item.only, *item.except_):
            if variant not in known_variants:
                known = (f"the variants are {', '.join(cv.variants)}",)
                hints = did_you_mean(variant, known_variants) or known
                findings.error("unknown-variant", f"there is no variant `{variant}`", variant.span, *hints)
        if isinstance(item, Award) and item.publication is not None and item.publication not in keys:
            findings.error(
                "unknown-publication",
                f"no entry in the .bib files has the key `{item.publication}`",
                item.publication.span,
                *(
                    did_you_mean(item.publication, keys, cutoff=0.8)
                    or ("write the key of an entry, or delete this line",)
                ),
            )


def _report_unknown_section(name: Scalar, files: Collection[str], findings: Findings) -> None:
    message = f"there is no file `{name}.yaml` in content/"
    findings.error("unknown-section", message, name.span, *did_you_mean(name, files))


def _check_choice(cv: Cv, choice: SectionChoice, files: Collection[str], findings: Findings) -> None:
    section = cv.sections.get(choice.section)
    if section is None:
        if choice.section not in files:
            _report_unknown_section(choice.section, files, findings)
        return
    if isinstance(section, PublicationsSection):
        known = {tag for publication in cv.publications for tag in publication.tags}
        remedy = "give entries of the .bib files `keywords = {%s}`"
        ids = {str(category.id) for category in section.categories}
        for category in choice.categories:
            _check_category(category, ids, findings)
        _check_unique((category.id for category in choice.categories), "category", findings)
    else:
        known = {tag for item in section.all_items for tag in item.tags}
        remedy = "give items `tags: [%s]`"
    for tag in (*choice.tags, *choice.without):
        if tag not in known:
            findings.error(
                "unknown-tag",
                f"nothing in the section `{choice.section}` has the tag `{tag}`",
                tag.span,
                *(did_you_mean(tag, known) or (f"{remedy % tag}, or delete the tag here",)),
            )


def _check_category(category: CategoryChoice, ids: Collection[str], findings: Findings) -> None:
    """A category is one of the section's, or has a rule and a title of its own."""
    name = category.id
    if name in ids:
        return
    if category.match is None:
        findings.error(
            "unknown-category", f"there is no category `{name}`", name.span, *did_you_mean(name, ids)
        )
    elif category.title is None:
        findings.error("missing-key", "`title` is missing here", category.span.first_line(), "add `title: …`")


def _check_fits(cv: Cv, findings: Findings) -> None:
    """No variant is fitted to more pages than it may have."""
    for name, variant in cv.variants.items():
        fit, limit = variant.fit, variant.max_pages
        if fit is not None and limit is not None and fit.pages > limit:
            findings.error(
                "fit-beyond-limit",
                f"`{name}` is fitted to more pages ({fit.pages}) than `max_pages` allows ({limit})",
                variant.span_of("fit"),
                "`fit` keeps to its pages by itself: delete `max_pages`, or make both the same",
                labels=[Label(variant.span_of("max_pages"), "the limit")],
            )


def _check_outputs(cv: Cv, findings: Findings) -> None:
    """No two variants may write the same file."""
    seen: dict[str, str] = {}
    for name, variant in cv.variants.items():
        output = cv.output_name(name)
        if output in seen:
            place = variant if variant.output else cv.variants[seen[output]]
            findings.error(
                "duplicate-output",
                f"the variants `{seen[output]}` and `{name}` would both be written to {output}.pdf",
                place.span_of("output"),
                "give one of them another `output`",
            )
        seen.setdefault(output, name)


def _check_unique(ids: Iterable[Scalar], what: str, findings: Findings) -> None:
    """No two things of a kind may have one id."""
    seen: dict[str, Span] = {}
    for name in ids:
        if name in seen:
            labels = [Label(seen[name], "first here")]
            findings.error("duplicate-id", f"the {what} `{name}` is given twice", name.span, labels=labels)
        seen.setdefault(name, name.span)
