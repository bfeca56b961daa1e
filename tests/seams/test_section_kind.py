"""The steps of "Add a section kind" in CONTRIBUTING.md, taken with a made-up kind in a copy of cvbuild."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, make_once, write_files

KIND = '''

@kind("memberships", "Learned societies.")
class Membership(WithText, kw_only=True):
    """A membership in a learned society."""

    names: ClassVar[frozenset[str]] = frozenset({"organisation"})
    organisation: Text
    period: Period
    text: Text | None = None
    url: Url | None = None
'''
TEMPLATE = """\
<% from 'sections/_groups.tex' import groups with context %>
<% macro entry(item, number) %>
\\cvrow{<< item.organisation | linked(item.url) >>}{<< item.period >>}
<% for paragraph in item.text | paragraphs %>
\\cvline{<< paragraph >>}
<% endfor %>
<% endmacro %>
<< groups(section, entry) >>
"""
EXAMPLE = """\
# yaml-language-server: $schema=schema/section.json
kind: memberships
title: Memberships
items:
  - organisation: Society of Examples & Sons
    period: 2019 – present
    text: Elected fellow.
    url: https://example.org
"""


@pytest.fixture(scope="module")
def copy(shared_folder: Path) -> Path:
    """A folder with a copy of the program that has the kind, and the starter project `cv` made by it."""

    def make(folder: Path) -> None:
        ignored = shutil.ignore_patterns("__pycache__")
        for name in ("cvbuild", "latex_templates", ".github"):
            shutil.copytree(REPOSITORY / name, folder / name, ignore=ignored)
        # Step 1: the record of its items.
        with (folder / "cvbuild/content/kinds.py").open("a", encoding="utf-8") as kinds:
            kinds.write(KIND)
        # Step 2: its template.
        write_files(folder, {"latex_templates/classic/sections/memberships.tex": TEMPLATE})
        # Step 3: an example in the starter.
        content = folder / "cvbuild/starter/content"
        listed = (
            (content / "cv.yaml").read_text("utf-8").replace("sections:\n", "sections:\n  - memberships\n", 1)
        )
        write_files(content, {"memberships.yaml": EXAMPLE, "cv.yaml": listed})
        assert call(folder, "init", "cv").returncode == 0

    return make_once(shared_folder / "section-kind", make)


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the copy of the program in a folder."""
    environment = os.environ | {"PYTHONPATH": str(folder), "CVBUILD_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "cvbuild", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_new_kind_is_printed_and_loses_nothing(copy: Path) -> None:
    done = call(copy, "-C", "cv", "tex", "-v", "full")
    assert (done.returncode, done.stderr) == (0, "")
    tex = (copy / "cv/build/tex/full/cv-full.tex").read_text(encoding="utf-8")
    for printed in ("Memberships", r"Society of Examples \& Sons", "Elected fellow.", "https://example.org"):
        assert printed in tex


def test_a_new_kind_is_in_the_schema(copy: Path) -> None:
    schema = json.loads((copy / "cv/content/schema/section.json").read_text(encoding="utf-8"))
    assert schema["properties"]["kind"]["examples"][-1] == "memberships"
    assert schema["$defs"]["Memberships"]["description"] == "Learned societies."
    assert schema["$defs"]["Membership"]["required"] == ["organisation", "period"]


def test_a_slip_in_a_new_kind_is_reported_at_its_place(copy: Path) -> None:
    shutil.copytree(copy / "cv", copy / "wrong", dirs_exist_ok=True)
    wrong = EXAMPLE.replace("organisation:", "organization:")
    (copy / "wrong/content/memberships.yaml").write_text(wrong, "utf-8")
    done = call(copy, "-C", "wrong", "check", "--format", "short")
    assert done.returncode == 1
    assert "content/memberships.yaml:5:5: error" in done.stdout + done.stderr
    assert "did you mean `organisation`?" in done.stdout + done.stderr
