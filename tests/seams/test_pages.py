"""The contributor's pages: short, complete, and naming files that exist."""

from __future__ import annotations

import re

import pytest

from tests.conftest import REPOSITORY

SEAMS = (
    "a section kind", "a theme", "an engine", "a funder profile", "a kind of rule", "a lint rule",
    "an import", "an output format",
)  # fmt: skip
MOST_LINES = 15
PAGES = dict(
    re.findall(
        r"^### Add (.+?)\n+(.*?)(?=^##|\Z)", (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8"), re.M | re.S
    )
)


def test_every_seam_has_its_page() -> None:
    assert sorted(PAGES) == sorted(SEAMS)


@pytest.mark.parametrize("seam", SEAMS)
def test_a_page_is_short_and_in_steps(seam: str) -> None:
    lines = PAGES[seam].strip().splitlines()
    assert len(lines) <= MOST_LINES
    assert [line[:3] for line in lines if re.match(r"\d\. ", line)][:2] == ["1. ", "2. "]


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_the_files_that_a_document_names_exist(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|yaml|md|lock)|(?:[\w-]+/)+)`", text))
    named = {path for path in named if not re.search(r"NAME|KIND|CODE|^build/", path)}
    assert named
    places = (
        REPOSITORY,
        *(
            REPOSITORY / place
            for place in (
                "cvbuild",
                "cvbuild/funders",
                "latex_templates/classic",
                "latex_templates/classic/sections",
                "cvbuild/starter/content",
            )
        ),
    )
    assert sorted(path for path in named if not any((place / path).exists() for place in places)) == []
