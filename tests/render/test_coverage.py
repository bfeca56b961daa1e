from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cvbuild.render.escape import COMPOSED, CURSOR, HEROS_AND_TERMES, PAGELLA, PDFLATEX, Coverage

PRIVATE = range(0xE000, 0xF900)


def characters(ranges: str) -> set[int]:
    """The code points of ranges as fontconfig writes them."""
    found: set[int] = set()
    for part in ranges.split():
        first, _, last = part.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found


def font_file(name: str) -> Path | None:
    """A font as TeX finds it."""
    if shutil.which("kpsewhich") is None:
        return None
    told = subprocess.run(["kpsewhich", name], capture_output=True, text=True, check=False).stdout.strip()
    return Path(told) if told else None


def test_a_coverage_has_the_ends_of_its_ranges_and_no_more() -> None:
    coverage = Coverage("41-43 45 1f600-1f601")
    assert [char for char in "@ABCDEF😀😁😂" if char in coverage] == [*"ABCE😀😁"]
    assert "a" not in Coverage("")


@pytest.mark.parametrize("face", ["regular", "bold", "italic", "bolditalic"])
@pytest.mark.parametrize(
    ("family", "coverage"),
    [("pagella", PAGELLA), ("heros", HEROS_AND_TERMES), ("termes", HEROS_AND_TERMES), ("cursor", CURSOR)],
)
def test_the_tables_are_what_the_fonts_have(family: str, coverage: Coverage, face: str) -> None:
    file = font_file(f"texgyre{family}-{face}.otf")
    if file is None or shutil.which("fc-query") is None:
        pytest.skip("TeX Gyre's OpenType fonts or fontconfig are not installed")
    query = ["fc-query", "--format", "%{charset}", str(file)]
    ranges = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    found = {code for code in characters(ranges) if code not in PRIVATE and code != 0xFEFF}
    assert characters(coverage.ranges) == found


def test_what_pdflatex_puts_together_is_among_what_it_prints() -> None:
    assert characters(COMPOSED.ranges) < characters(PDFLATEX.ranges)
