"""The stages of a build, top to bottom.

    discover   project.py            folder -> Project
    load       load/                 bytes -> trees and library, with spans
    model      model/                -> Cv, checked
    select     variant.py            -> SelectedCv with its ledger
    render     render/               -> RenderedTex with its source map
    typeset    typeset/              -> TypesetResult
    inspect    pdf.py                -> PdfReport, against the variant's limits

Each stage returns its value with what it found; nothing is printed here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings, UsageProblem, did_you_mean
from cvbuild.project import Project, Reader, bibliography_files
from cvbuild.source import Scalar, Span

if TYPE_CHECKING:
    from cvbuild.load.yaml import Tree
    from cvbuild.model.cv import Cv
    from cvbuild.render.sourcemap import RenderedTex
    from cvbuild.variant import SelectedCv

WORK_FOLDER = ".work"
"""Within the output folder: where engines run and keep their .aux and .log."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What a call may choose over what cv.yaml says; None leaves it to that."""

    engine: str = "auto"
    theme: str | None = None
    language: str | None = None
    epoch: int = 0


@dataclass(frozen=True)
class Built:
    """What became of a variant. `pdf` is None where it failed; `pages` counts the PDF's."""

    variant: str
    diagnostics: tuple[Diagnostic, ...]
    pdf: Path | None = None
    pages: int = 0
    seconds: float = 0.0
    passes: int = 0
    engine: str = ""
    log: Path | None = None


@dataclass
class Prepared:
    """A variant rendered to TeX."""

    selected: SelectedCv
    rendered: RenderedTex
    findings: Findings = field(default_factory=Findings)


def load_cv(project: Project) -> tuple[Cv | None, list[Diagnostic]]:
    """Discover, load and model: the whole CV, or None where an error stands in the way."""
    from cvbuild.load.bibtex import load_bibtex
    from cvbuild.load.yaml import load_yaml
    from cvbuild.model.cv import LoadedContent, make_cv

    reader = Reader(project)
    findings = reader.findings
    settings_source = reader.read(project.settings)
    if settings_source is None:
        return None, findings.items
    settings, found = load_yaml(settings_source)
    findings.extend(found.items)
    sections = {}
    for path in project.sections:
        if source := reader.read(path):
            tree, found = load_yaml(source)
            findings.extend(found.items)
            sections[path.stem] = source, tree
    patterns, span = _bibliography(settings)
    files, problems = bibliography_files(project, patterns, span)
    findings.extend(problems)
    library, found = load_bibtex([source for path in files if (source := reader.read(path))])
    findings.extend(found.items)
    loaded = LoadedContent(settings_source, settings, sections, library, project.own_kinds())
    cv, found = make_cv(loaded)
    findings.extend(found.items)
    blocked = any(item.severity == "error" and item.code != "bib-broken-entry" for item in findings.items)
    return (None if blocked else cv), findings.items


def _bibliography(settings: Tree) -> tuple[list[str], Span | None]:
    """The patterns of `bibliography`, as far as they can be read before the model checks them."""
    value = settings.get("bibliography") if isinstance(settings, dict) else None
    if isinstance(value, Scalar):
        return [value], value.span
    if isinstance(value, list):
        return [item for item in value if isinstance(item, Scalar)], getattr(value, "span", None)
    return [], None


def chosen_variants(cv: Cv, names: tuple[str, ...]) -> list[str]:
    """The variants asked for, each once; all of them where none is named."""
    for name in names:
        if name not in cv.variants:
            raise UsageProblem(
                f"there is no variant `{name}`",
                *did_you_mean(name, cv.variants),
                f"the variants are {', '.join(cv.variants)}",
            )
    return list(dict.fromkeys(names)) or list(cv.variants)


def prepare(project: Project, cv: Cv, variant: str, options: Options) -> Prepared:
    """Select and render a variant. Raises ContentProblem where a template cannot be filled."""
    from cvbuild.render.document import render
    from cvbuild.variant import select

    selected, findings = select(cv, variant)
    rendered, found = render(selected, project.templates, options.theme, options.language)
    findings.extend(found.items)
    return Prepared(selected, rendered, findings)


def build(
    project: Project, cv: Cv, variant: str, options: Options, target: Path | None, progress: Progress
) -> Built:
    """Select, render, typeset and inspect a variant; only a whole PDF within its limits is put in place."""
    from cvbuild.typeset.choose import choose_engine
    from cvbuild.typeset.passes import typeset

    try:
        prepared = prepare(project, cv, variant, options)
    except ContentProblem as problem:
        return Built(variant, problem.diagnostics)
    findings = prepared.findings
    if findings.has_errors:
        return Built(variant, tuple(findings.items))
    output = target or project.output / f"{output_name(cv, variant)}.pdf"
    chosen = choose_engine(options.engine, prepared.rendered.text)
    folder = project.output / WORK_FOLDER / f"{variant}-{chosen.engine.name}"
    result = typeset(prepared.rendered, chosen, folder, options.epoch, progress)
    findings.extend(result.diagnostics)
    if result.pdf is None or findings.has_errors:
        return Built(variant, tuple(findings.items), engine=result.engine, log=result.log)
    pages, over = check_limits(cv, variant, result.pdf)
    if over is not None:
        kept = output.with_name(f"{output.stem}.too-long.pdf")
        put_in_place(result.pdf, kept)
        over = Diagnostic(
            over.code,
            over.message,
            over.span,
            hints=(*over.hints, f"the long PDF is kept as {project.shown(kept)}"),
        )
        return Built(variant, (*findings.items, over), engine=result.engine, log=result.log, pages=pages)
    put_in_place(result.pdf, output)
    return Built(
        variant,
        tuple(findings.items),
        pdf=output,
        pages=pages,
        seconds=result.seconds,
        passes=result.passes,
        engine=result.engine,
        log=result.log,
    )


def output_name(cv: Cv, variant: str) -> str:
    """The name of a variant's PDF without its ending."""
    return str(cv.variants[variant].output or f"cv-{variant}")


def check_limits(cv: Cv, variant: str, pdf: Path) -> tuple[int, Diagnostic | None]:
    """The pages of a PDF, and the complaint where the variant allows fewer."""
    from cvbuild.pdf import inspect, page_count, section_space

    limit = cv.variants[variant].max_pages
    pages = page_count(pdf)
    if limit is None or pages <= limit:
        return pages, None
    space = section_space(inspect(pdf))
    over = sum(item.pages for item in space) - limit
    listing = ", ".join(f"{item.title} {item.pages:.2f}" for item in space)
    plural = "" if limit == 1 else "s"
    return pages, Diagnostic(
        "too-many-pages",
        f"the variant `{variant}` has {pages} pages, and `max_pages` allows {limit} page{plural}:"
        f" {max(over, 0.01):.2f} pages too many",
        cv.variants[variant].span_of("max_pages"),
        hints=(
            f"space in pages: {listing}",
            "leave out items with `limit`, `since` or `tags`, or choose `detail: brief`",
        ),
    )


def put_in_place(made: Path, target: Path) -> None:
    """Copy a finished file to its place in one step, so that readers never see a part of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(made, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def clean_output(project: Project, cv: Cv | None) -> list[Path]:
    """Delete what builds leave in the output folder, and nothing else; gives what was deleted."""
    names = [output_name(cv, variant) for variant in cv.variants] if cv else []
    made = [
        project.output / f"{name}{ending}" for name in names for ending in (".pdf", ".too-long.pdf", ".tex")
    ]
    deleted = []
    for path in made:
        if path.is_file():
            path.unlink()
            deleted.append(path)
    for folder in (project.output / WORK_FOLDER, project.output / "tex"):
        if folder.is_dir():
            shutil.rmtree(folder)
            deleted.append(folder)
    if project.output.is_dir() and not any(project.output.iterdir()):
        project.output.rmdir()
        deleted.append(project.output)
    return deleted
