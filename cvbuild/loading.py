"""Discover, load and model: the whole CV, before any variant is chosen of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from cvbuild.content.cv import LoadedContent, make_cv
from cvbuild.diagnostics import Diagnostic, UsageProblem, did_you_mean
from cvbuild.explain import codes
from cvbuild.funders.shelf import is_known_sound
from cvbuild.memo import memo
from cvbuild.project import (
    Origin,
    Project,
    Reader,
    asked_origin,
    bibliography_files,
    refused_output,
    refused_templates,
)
from cvbuild.read import read_yaml
from cvbuild.read.comments import unknown_codes
from cvbuild.read.numberlock import NO_NUMBERS, load_numbers
from cvbuild.read.tree import refused_tex
from cvbuild.record import replace
from cvbuild.source import Scalar, SourceFile, Span

if TYPE_CHECKING:
    from cvbuild.content.cv import Cv
    from cvbuild.read.tree import Tree

BROKEN_ENTRY = "bib-broken-entry"
"""The error that leaves the rest of the CV readable, for the ledger at least."""


def load_cv(project: Project, despite: Collection[str] = ()) -> tuple[Cv | None, list[Diagnostic]]:
    """Discover, load and model: the whole CV, or None where an error stands in the way.

    `despite` are codes of errors that do not.
    """
    reader = Reader(project)
    findings = reader.findings
    findings.extend([*refused_output(project), *refused_templates(project)])
    settings_source = reader.read(project.settings)
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
            sections[path.stem] = reader.read(path)
    read = [source for source in sections.values() if source is not None]
    if not project.is_trusted:
        trees = [settings, *(tree_of(source)[0] for source in read)]
        findings.extend(item for tree in trees for item in refused_tex(tree))
    files, unfound = bibliography_files(project, bibliography_patterns(settings))
    findings.extend(unfound)
    bibliography = tuple(source for path in files if (source := reader.read(path)))
    numbers = NO_NUMBERS
    numbered: tuple[SourceFile, ...] = ()
    if os.path.lexists(project.numbers) and (source := reader.read(project.numbers)):
        numbers, found = load_numbers(source)
        numbered = (source,)
        findings.extend(found.items)
    loaded = LoadedContent(settings_source, sections, bibliography, project.own_kinds(), numbers)
    cv, found = make_cv(loaded)
    findings.extend(found.items)
    sources = (settings_source, *read, *bibliography)
    findings.extend(unknown_codes(sources, codes()))
    if cv is not None:
        cv = replace(cv, sources=(*sources, *numbered))
    named = [chosen.profile for chosen in cv.variants.values() if chosen.profile] if cv is not None else []
    for name in dict.fromkeys(named):
        findings.extend(_profile_problems(project, name))
    for code in cv.settings.ignore if cv is not None else ():
        if code not in codes():
            findings.error(
                "unknown-code",
                f"no message has the code `{code}`",
                code.span,
                *did_you_mean(code, codes()),
            )
    hindered = any(item.severity == "error" and item.code not in despite for item in findings.items)
    return (None if hindered else cv), findings.items


def tree_of(source: SourceFile) -> tuple[Tree, tuple[Diagnostic, ...]]:
    """A YAML file as a tree, and what was found in it."""
    return memo(read_yaml, source)


def _profile_problems(project: Project, name: Scalar) -> list[Diagnostic]:
    """What is wrong with the profile that a variant names."""
    if is_known_sound(project, name):
        return []
    # The rules of funders are needed for a profile of one's own alone.
    from cvbuild.funders.profile import find_profile

    return find_profile(project, name, name.span)[1]


def origin_of(project: Project) -> Callable[[], Origin]:
    """Ask what the PDFs of a project say of their origin: the function waits for git, and gives it.

    Nothing but the settings is read for it.
    """
    source = Reader(project).read(project.settings)
    patterns = bibliography_patterns(tree_of(source)[0]) if source is not None else []
    return asked_origin(project, bibliography_files(project, patterns)[0])


def bibliography_patterns(settings: Tree) -> list[Scalar]:
    """The patterns of `bibliography`, as far as they can be read before the model checks them."""
    value = settings.get("bibliography") if isinstance(settings, dict) else None
    patterns = value if isinstance(value, list) else [value]
    return [pattern for pattern in patterns if isinstance(pattern, Scalar)]


def chosen_variants(variants: Collection[str], names: Sequence[str]) -> list[str]:
    """The variants asked for, each once; all of them where none is named."""
    for name in names:
        if name not in variants:
            raise UsageProblem(
                f"there is no variant `{name}`",
                *did_you_mean(name, variants),
                f"the variants are {', '.join(variants)}",
            )
    return list(dict.fromkeys(names)) or list(variants)
