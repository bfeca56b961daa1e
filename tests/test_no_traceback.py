"""Whatever the files hold, the program answers in its own words: never with a traceback."""

from __future__ import annotations

import random
import re
import shutil
from datetime import date
from io import StringIO
from pathlib import Path
from typing import get_args

import pytest

from cvbuild.build import render_variant
from cvbuild.diagnostics import ContentProblem, Style
from cvbuild.lint import lint_cv
from cvbuild.loading import load_cv
from cvbuild.project import find_project
from cvbuild.read.comments import without_silenced
from cvbuild.report import as_json, print_diagnostics
from cvbuild.select.request import Request
from tests.conftest import REPOSITORY, needs_pdflatex
from tests.projects import build_variant, write_project
from tests.test_cases import Case, cases_in, files_of, name_of

MUTATIONS = 240
BATCHES = 20
TYPESET = 12
"""Of the mutations that pass the checks, so many are typeset."""


def checked(folder: Path, turn: int | None = None) -> None:
    """Do what `cvbuild check --lint` does; any exception but a problem of the content's is our mistake.

    With a `turn` one of the variants is rendered, another one at the next turn.
    """
    project = find_project(folder)
    cv, diagnostics = load_cv(project)
    if cv is not None:
        variants = list(cv.variants)
        for variant in variants if turn is None else variants[turn % max(1, len(variants)) :][:1]:
            try:
                diagnostics += render_variant(project, cv, variant, Request()).findings.items
            except ContentProblem as problem:
                diagnostics += problem.diagnostics
        diagnostics += lint_cv(project, cv, date(2025, 1, 1))
    without_silenced(diagnostics)
    as_json(diagnostics, {})
    for style in set(get_args(Style)) - {"json"}:
        print_diagnostics(diagnostics, StringIO(), style)


def as_files(case: Case) -> dict[str, bytes | None]:
    """The input of a case as a project: pieces of text become the value of a content file or a .bib file."""
    folder, stem = case.file.parent.name, case.file.stem
    if folder != "tex":
        given = case.given.split("\n", 1)[1] if case.given.startswith("$ ") else case.given
        return files_of(given)
    if stem in {"bibtex-entries", "bibtex-quirks", "crossref", "titles"}:
        return {"bib/publications.bib": case.given.encode()}
    if stem in {"bibtex-fields", "names"}:
        field = "author" if stem == "names" else "title"
        return {"bib/publications.bib": f"@misc{{key, {field} = {{{case.given}}}}}".encode()}
    lines = case.given.rstrip("\n").splitlines()
    value = "|\n" + "".join(f"  {line}\n" for line in lines) if stem != "yaml" else case.given
    return {"content/bio.yaml": f"kind: text\ntitle: Bio\ntext: {value}".encode()}


ALL = [case for folder in "build commands diagnostics lint tex".split() for case in cases_in(folder)]


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_no_case_leads_to_a_traceback(case: Case, tmp_path: Path) -> None:
    write_project(tmp_path, as_files(case))
    if (tmp_path / "content/cv.yaml").is_file():
        checked(tmp_path)


# ---- mutations of the reference CV: from the slips of a hand to what a disk does to a file


def flip_bytes(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def change_lines(content: bytes, chance: random.Random) -> bytes:
    """Drop, indent or swap lines."""
    lines = content.splitlines(keepends=True)
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.choice(("drop", "indent", "swap")):
        case "drop":
            del lines[at : at + chance.randint(1, 5)]
        case "indent":
            spaces = chance.choice([b"", b" ", b"   ", b"        ", b"\t"])
            lines[at : at + 3] = [spaces + line.lstrip() for line in lines[at : at + 3]]
        case "swap":
            lines[at], lines[other] = lines[other], lines[at]
    return b"".join(lines)


_OTHER_TYPES = (
    "", "~", "[]", "{}", "[a, [b]]", "{en: x}", "{a: {b: c}}", "true", "12", "-1", "1e999", "0x1F", ".nan",
    "2025-13-45", "!tex x", "!!binary aGk=", "*nothing", "&anchor", '"\\u0000"', "'", "@", "%", "|", ">-",
    "- a", "? a", "<<", "=", "null", "{", "}", "]", "#", "@string{a = b}", '"', "\\", "$", "{\\", "a = b,",
)  # fmt: skip


def replace_value(content: bytes, chance: random.Random) -> bytes:
    text = content.decode()
    place = chance.choice(list(re.finditer(r"(?m)(?<=[:=] )\S.*$", text)))
    return (text[: place.start()] + chance.choice(_OTHER_TYPES) + text[place.end() :]).encode()


def cut_short(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


_KINDS = (flip_bytes, change_lines, replace_value, change_lines, cut_short, change_lines)
SOURCES = sorted([*REPOSITORY.glob("content/*.yaml"), *REPOSITORY.glob("bib/*.bib")])


def mutated(number: int, folder: Path) -> Path:
    """The reference CV with one file changed in one way."""
    for name in ("content", "bib"):
        shutil.copytree(REPOSITORY / name, folder / name)
    chance = random.Random(number)
    path = folder / chance.choice(SOURCES).relative_to(REPOSITORY)
    path.write_bytes(_KINDS[number % len(_KINDS)](path.read_bytes(), chance))
    return folder


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_mutation_leads_to_a_traceback(batch: int, tmp_path: Path) -> None:
    for number in range(batch, MUTATIONS, BATCHES):
        folder = mutated(number, tmp_path / str(number))
        try:
            checked(folder, number // BATCHES)
        except Exception as error:
            raise AssertionError(f"mutation {number} leads to {type(error).__name__}: {error}") from error


@needs_pdflatex()
@pytest.mark.parametrize("number", range(MUTATIONS, MUTATIONS + TYPESET))
def test_a_mutation_that_passes_the_checks_can_be_typeset(number: int, tmp_path: Path) -> None:
    folder = mutated(number, tmp_path / "cv")
    cv, _ = load_cv(find_project(folder))
    if cv is None or "full" not in cv.variants:
        return
    built = build_variant(folder, engine="pdflatex")
    codes = {item.code for item in built.diagnostics if item.severity == "error"}
    assert built.pdf is not None or codes
    assert "tex-error" not in codes
