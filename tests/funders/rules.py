"""Rules as written in a profile, held against PDFs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cvbuild.diagnostics import Findings
from cvbuild.funders.profile import Profile, check, read_profile
from cvbuild.funders.rule import Measurement, Subject, read_pdf
from cvbuild.read.yaml import load_yaml
from cvbuild.render.document import render
from cvbuild.select.selection import select
from cvbuild.source import SourceFile
from tests.pdfs import Sheet, write_pdf
from tests.projects import load

HEAD = """\
title: An example
source: Example Foundation
version: "1"
checked: 2026-11
rules:
"""


def profile_of(*rules: str) -> Profile:
    """A profile with rules as they stand behind a dash."""
    text = HEAD + "".join(f"  - {rule}\n" for rule in rules)
    tree, found = load_yaml(SourceFile("profiles/example.yaml", text))
    findings = Findings(found.items)
    source = SourceFile("profiles/example.yaml", text)
    profile = read_profile("example", source, tree, findings, lambda base: None)
    assert profile is not None, [item.message for item in findings.items]
    return profile


def measurements(rule: str, subject: Subject) -> list[Measurement]:
    """What one rule finds; what cvbuild adds to every profile is left out."""
    profile = profile_of(rule)
    return [verdict.found for verdict in check(profile, subject) if verdict.rule in profile.rules]


def holds(rule: str, subject: Subject) -> bool | None:
    """What a rule with one measurement comes to."""
    [found] = measurements(rule, subject)
    return found.holds


def subject_of(folder: Path, *sheets: Sheet, name: str = "cv.pdf", **more: Any) -> Subject:
    """A PDF made elsewhere; `more` goes to `write_pdf`."""
    return read_pdf(write_pdf(folder / name, *sheets, **more))


def with_content(folder: Path, files: dict[str, str], *sheets: Sheet, variant: str = "full") -> Subject:
    """A PDF with the content that it is said to be made from."""
    cv, _ = load(folder / "project", files)
    selected, _ = select(cv, variant)
    rendered, _ = render(selected, None)
    return read_pdf(write_pdf(folder / "cv.pdf", *sheets), "cv.pdf", selected, rendered)
