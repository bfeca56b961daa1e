"""Assemble the whole CV from settings, sections and publications, and check its references."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePath

from cvbuild.content.crossref import PRINTED_FIELDS, Unlisted, resolved, unlisted_entries
from cvbuild.content.kinds import KINDS, Award, FreeSection, Item, PublicationsSection, Section
from cvbuild.content.publications import Publication, made
from cvbuild.content.reader import read
from cvbuild.content.settings import HOMES, SectionChoice, Settings, Variant
from cvbuild.diagnostics import Diagnostic, Findings, Label, did_you_mean
from cvbuild.memo import Bundle, memo
from cvbuild.read import load_bibtex, read_yaml
from cvbuild.read.numberlock import NO_NUMBERS, NumberLock
from cvbuild.read.parsed import BibLibrary, BrokenEntry, Name, YamlMapping
from cvbuild.record import Record, replace
from cvbuild.source import Scalar, SourceFile, Span


class Bibliography(Record):
    """The entries of the .bib files. `unreadable` are problems of the files, `found` those of the entries."""

    publications: tuple[Publication, ...]
    unlisted: tuple[Unlisted, ...]
    broken: tuple[BrokenEntry, ...]
    unreadable: tuple[Diagnostic, ...]
    found: tuple[Diagnostic, ...]


class Cv(Record):
    """The checked content of all files. `sections` are by name, in the order of `cv.yaml`.

    Each entry is in `publications`, `unlisted` or, if it is unreadable or behind `%`, in `broken`.
    """

    settings: Settings
    owner_names: tuple[Name, ...]
    sections: Mapping[str, Section]
    publications: tuple[Publication, ...]
    variants: Mapping[str, Variant]
    unlisted: tuple[Unlisted, ...] = ()
    broken: tuple[BrokenEntry, ...] = ()
    numbers: NumberLock = NO_NUMBERS

    def output_name(self, variant: str) -> str:
        """Return the name of a variant's PDF without `.pdf`."""
        return str(self.variants[variant].output or f"cv-{variant}")


def make_cv(
    source: SourceFile,
    files: Mapping[str, SourceFile | None],
    bib_files: tuple[SourceFile, ...] = (),
    own_kinds: Collection[str] = (),
    numbers: NumberLock = NO_NUMBERS,
) -> tuple[Cv | None, Findings]:
    """Read and check all files (None: unreadable). The CV is None after an error outside the .bib files."""
    findings = Findings()
    settings, owners, found = memo(read_settings, source)
    findings.extend(found)
    sections: dict[str, Section] = {}
    kinds = tuple(sorted(own_kinds))
    for name, file in files.items():
        if file is not None:
            section, found = memo(read_section, file, kinds)
            findings.extend(found)
            if section is not None:
                sections[name] = section
    if settings is None:
        findings.extend(read_bibliography(bib_files, ()).unreadable)
        return None, findings
    bare = tuple(replace(name, span=None) for name in owners)
    bibliography = memo.here(read_bibliography, bib_files, bare)
    findings.extend(bibliography.found)
    order = [str(name) for name in settings.sections] or list(files)
    cv = Cv(
        settings,
        owners,
        {name: sections[name] for name in (*order, *sections) if name in sections},
        bibliography.publications,
        dict(settings.variants) or {"full": Variant()},
        bibliography.unlisted,
        bibliography.broken,
        numbers,
    )
    _check_references(cv, files, findings)
    is_whole = not findings.has_errors
    findings.extend(bibliography.unreadable)
    return (cv if is_whole else None), findings


def read_settings(source: SourceFile) -> tuple[Settings | None, tuple[Name, ...], tuple[Diagnostic, ...]]:
    """Read cv.yaml (None if it has errors) and the owner's names, current one first: a stage for the memo."""
    from cvbuild.read.names import parse_name  # only if the memo has no result

    tree, problems = memo(read_yaml, source)
    findings = Findings([*problems])
    found = None if tree is None else read(Settings, tree, Span(source, 0, 0), findings, HOMES)
    typed = () if found is None else (found.owner.name, *found.owner.also_published_as)
    names = tuple(parse_name(name, name.span, findings) for name in typed)
    return found, names, tuple(findings.items)


def read_section(source: SourceFile, own: tuple[str, ...]) -> tuple[Section | None, tuple[Diagnostic, ...]]:
    """Read a section file (None if it has errors); `own` are the project's kinds: a stage for the memo."""
    tree, problems = read_yaml(source)
    findings = Findings([*problems])
    section: Section | None = None
    kind = tree.get("kind") if isinstance(tree, YamlMapping) else None
    if tree is None:
        pass  # its errors are among the problems
    elif not isinstance(tree, YamlMapping):
        message = "a section is a mapping: `kind`, `title` and its items"
        findings.error("wrong-type", message, tree.span.first_line())
    elif not isinstance(kind, Scalar):
        message = "`kind` is missing: it says what this section lists"
        findings.error("missing-key", message, tree.span.first_line(), f"one of {', '.join(KINDS)}")
    elif kind in KINDS or kind in own:
        model = KINDS[kind].section if kind in KINDS else FreeSection
        section = read(model, tree, Span(source, 0, 0), findings, HOMES)
    else:
        template = f"latex_templates/sections/{PurePath(kind).name}.tex"
        hint = f"the kinds are {', '.join(KINDS)}; one of your own needs a template `{template}`"
        message, near = f"there is no kind of section called `{kind}`", did_you_mean(kind, [*KINDS, *own])
        findings.error("unknown-kind", message, kind.span, *near, hint)
    return section, tuple(findings.items)


def read_bibliography(sources: tuple[SourceFile, ...], owners: tuple[Name, ...]) -> Bibliography:
    """Read the .bib files; `owners` are the owner's names: a stage for the memo."""
    library, unread = load_bibtex(sources)
    findings = Findings()
    unlisted = unlisted_entries(library, owners)
    publications = make_publications(library, {item.span for item in unlisted}, owners, findings)
    return Bibliography(publications, unlisted, library.broken, tuple(unread.items), tuple(findings.items))


def make_publications(
    library: BibLibrary, left_out: Collection[Span], owners: Sequence[Name], findings: Findings
) -> tuple[Publication, ...]:
    """Return the entries of the library as publications, in order, except those left out."""
    read = Bundle(made, *owners)
    publications = []
    unprinted: dict[str, dict[str, Span]] = {}
    for entry in resolved(library.entries, findings):
        if entry.span not in left_out:
            publication, fields, found = read(entry, entry.origin)
            publications.append(publication)
            findings.extend(found)
            for name, span in fields:
                unprinted.setdefault(name, {}).setdefault(span.place, span)
    read.save()
    for name, places in unprinted.items():
        others = len(places) - 1
        more = f", nor in {others} other {'place' if others == 1 else 'places'}" if others else ""
        first = next(iter(places.values())).first_line()
        near = did_you_mean(name, PRINTED_FIELDS | {"journal", "address", "school"}, cutoff=0.75)
        hint = "what is to be printed can stand in `note` or `addendum`"
        findings.warning("bib-unprinted-field", f"`{name}` is not printed{more}", first, *near, hint)
    return tuple(publications)


def _check_references(cv: Cv, files: Collection[str], findings: Findings) -> None:
    """Report names (of sections, variants, tags, ids, entries) that are unknown or given twice."""
    listed = cv.settings.sections
    choices = [choice for variant in cv.variants.values() for choice in variant.sections or ()]
    for at, name in enumerate((*listed, *(choice.section for choice in choices))):
        if name in listed[:at] and at < len(listed):
            findings.error("duplicate-section", f"the section `{name}` is listed twice", name.span)
        if name not in files:
            message = f"there is no file `{name}.yaml` in content/"
            findings.error("unknown-section", message, name.span, *did_you_mean(name, files))
    unlisted = [name for name in cv.sections if listed and name not in listed]
    if unlisted:
        others = ", ".join(f"`{name}`" for name in unlisted[1:])
        more = f", nor {'are' if unlisted[2:] else 'is'} {others}" if others else ""
        message = f"the section `{unlisted[0]}` is not in `sections` of cv.yaml{more}"
        message += ": only variants that name it print it"
        place, hint = cv.sections[unlisted[0]].span, f"add `- {unlisted[0]}` to `sections` in cv.yaml"
        findings.warning("unlisted-section", message, place.first_line(), hint)
    items_of = {name: section.all_items for name, section in cv.sections.items()}
    for choice in choices:
        if choice.section in cv.sections:
            _check_choice(cv, choice, items_of[choice.section], findings)
    items = [item for found in items_of.values() for item in found]
    _check_unique((item.id for item in items if item.id is not None), "id", findings)
    for section in cv.sections.values():
        if isinstance(section, PublicationsSection):
            _check_unique((category.id for category in section.categories), "category", findings)
    _check_variants(cv, findings)
    keys = {publication.key for publication in cv.publications}
    for item in items:
        for name in (*item.only, *item.except_):
            if name not in cv.variants:
                known = (f"the variants are {', '.join(cv.variants)}",)
                hints = did_you_mean(name, cv.variants) or known
                findings.error("unknown-variant", f"there is no variant `{name}`", name.span, *hints)
        if isinstance(item, Award) and item.publication is not None and item.publication not in keys:
            message = f"no entry in the .bib files has the key `{item.publication}`"
            known = ("write the key of an entry, or delete this line",)
            hints = did_you_mean(item.publication, keys, cutoff=0.8) or known
            findings.error("unknown-publication", message, item.publication.span, *hints)


def _check_choice(cv: Cv, choice: SectionChoice, items: Sequence[Item], findings: Findings) -> None:
    """Report categories and tags that a variant chooses but its section does not have."""
    section = cv.sections[choice.section]
    if isinstance(section, PublicationsSection):
        known = {tag for publication in cv.publications for tag in publication.keywords}
        remedy = "give entries of the .bib files `keywords = {%s}`"
        ids = {str(category.id) for category in section.categories}
        for category in choice.categories:
            if category.id in ids:
                continue
            if category.match is None:
                message = f"there is no category `{category.id}`"
                hints = did_you_mean(category.id, ids)
                findings.error("unknown-category", message, category.id.span, *hints)
            elif category.title is None:  # a category of the variant's own
                place = category.span.first_line()
                findings.error("missing-key", "`title` is missing here", place, "add `title: …`")
        _check_unique((category.id for category in choice.categories), "category", findings)
    else:
        known = {tag for item in items for tag in item.tags}
        remedy = "give items `tags: [%s]`"
    for tag in (*choice.tags, *choice.without):
        if tag not in known:
            message = f"nothing in the section `{choice.section}` has the tag `{tag}`"
            hints = did_you_mean(tag, known) or (f"{remedy % tag}, or delete the tag here",)
            findings.error("unknown-tag", message, tag.span, *hints)


def _check_variants(cv: Cv, findings: Findings) -> None:
    """Report variants that write the same file, and variants fitted to more pages than `max_pages`."""
    outputs: dict[str, str] = {}
    for name, variant in cv.variants.items():
        output = cv.output_name(name)
        first = outputs.setdefault(output, name)
        if first != name:
            message = f"the variants `{first}` and `{name}` would both be written to {output}.pdf"
            place = (variant if variant.output else cv.variants[first]).span_of("output")
            findings.error("duplicate-output", message, place, "give one of them another `output`")
        fit, limit = variant.fit, variant.max_pages
        if fit is not None and limit is not None and fit.pages > limit:
            message = f"`{name}` is fitted to more pages ({fit.pages}) than `max_pages` allows ({limit})"
            hint = "`fit` keeps to its pages by itself: delete `max_pages`, or make both the same"
            place, labels = variant.span_of("fit"), [Label(variant.span_of("max_pages"), "the limit")]
            findings.error("fit-beyond-limit", message, place, hint, labels=labels)


def _check_unique(ids: Iterable[Scalar], what: str, findings: Findings) -> None:
    """Report ids that are given twice."""
    seen: dict[str, Span] = {}
    for name in ids:
        if name in seen:
            labels = [Label(seen[name], "first here")]
            findings.error("duplicate-id", f"the {what} `{name}` is given twice", name.span, labels=labels)
        seen.setdefault(name, name.span)
