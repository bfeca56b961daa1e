"""Load a project: read its files and check the whole CV, for all variants."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from cvbuild.content.cv import make_cv
from cvbuild.diagnostics import Diagnostic, Findings, UsageProblem, did_you_mean
from cvbuild.explain import codes
from cvbuild.funders import is_known_sound
from cvbuild.memo import memo
from cvbuild.project import (
    Origin,
    Project,
    asked_origin,
    bibliography_files,
    read_source,
    refused_output,
    refused_templates,
)
from cvbuild.read import read_yaml
from cvbuild.read.comments import unknown_codes
from cvbuild.read.numberlock import NO_NUMBERS, load_numbers
from cvbuild.read.parsed import Tree, refused_tex
from cvbuild.source import Scalar, SourceFile, Span

if TYPE_CHECKING:
    from cvbuild.content.cv import Cv

BROKEN_ENTRY = "bib-broken-entry"
"""Code of the error for a broken BibTeX entry; the ledger can still account for all other entries."""


def load_cv(project: Project, despite: Collection[str] = ()) -> tuple[Cv | None, list[Diagnostic]]:
    """Read and check the whole CV; None if there are errors. Errors with a code in `despite` do not count."""
    findings = Findings()
    findings.extend([*refused_output(project), *refused_templates(project)])
    settings_source = read_source(project, project.settings, findings)
    if settings_source is None:
        return None, findings.items
    settings, _ = tree_of(settings_source)
    sections: dict[str, SourceFile | None] = {}
    for path in project.sections:
        if path.stem in sections:
            findings.error(
                "duplicate-section",
                f"there are two files for the section `{path.stem}`; delete one",
                Span(SourceFile(project.shown(path), ""), 0, 0),
            )
        else:
            sections[path.stem] = read_source(project, path, findings)
    read = [source for source in sections.values() if source is not None]
    if not project.is_trusted:
        trees = [settings, *(tree_of(source)[0] for source in read)]
        findings.extend(item for tree in trees for item in refused_tex(tree))
    files, unfound = bibliography_files(project, bibliography_patterns(settings))
    findings.extend(unfound)
    bibliography = tuple(source for path in files if (source := read_source(project, path, findings)))
    numbers = NO_NUMBERS
    if os.path.lexists(project.numbers) and (source := read_source(project, project.numbers, findings)):
        numbers, found = load_numbers(source)
        findings.extend(found.items)
    cv, found = make_cv(settings_source, sections, bibliography, project.own_kinds(), numbers)
    findings.extend([*found.items, *unknown_codes((settings_source, *read, *bibliography), codes())])
    if cv is None:
        return None, findings.items
    named = [variant.profile for variant in cv.variants.values() if variant.profile]
    for name in dict.fromkeys(named):
        if not is_known_sound(project, name):
            from cvbuild.funders.profile import find_profile  # imported late: few projects have own profiles

            findings.extend(find_profile(project, name, name.span)[1])
    for code in cv.settings.ignore:
        if code not in codes():
            hints = did_you_mean(code, codes())
            findings.error("unknown-code", f"no message has the code `{code}`", code.span, *hints)
    if any(item.severity == "error" and item.code not in despite for item in findings.items):
        return None, findings.items
    return cv, findings.items


def tree_of(source: SourceFile) -> tuple[Tree, tuple[Diagnostic, ...]]:
    """Return the tree of a YAML file, and its diagnostics. Memoised."""
    return memo(read_yaml, source)


def origin_of(project: Project) -> Callable[[], Origin]:
    """Ask for the origin that a project's PDFs name. The function waits for git, and returns it.

    This reads only the settings, for the paths of the .bib files, so that git can start early.
    """
    source = read_source(project, project.settings, Findings())
    patterns = bibliography_patterns(tree_of(source)[0]) if source is not None else []
    return asked_origin(project, bibliography_files(project, patterns)[0])


def bibliography_patterns(settings: Tree) -> list[Scalar]:
    """Return the patterns in `bibliography` from unchecked settings; values of a wrong type are skipped."""
    value = settings.get("bibliography") if isinstance(settings, dict) else None
    patterns = value if isinstance(value, list) else [value]
    return [pattern for pattern in patterns if isinstance(pattern, Scalar)]


def chosen_variants(variants: Collection[str], names: Sequence[str]) -> list[str]:
    """Return the variants named, without duplicates, else all. Raises UsageProblem for an unknown name."""
    for name in names:
        if name not in variants:
            hints = did_you_mean(name, variants)
            raise UsageProblem(
                f"there is no variant `{name}`", *hints, f"the variants are {', '.join(variants)}"
            )
    return list(dict.fromkeys(names)) or list(variants)
