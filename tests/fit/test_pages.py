"""The page builder: rules by themselves, and TeX itself on lists that nobody wrote."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from random import Random

import pytest

from cvbuild.fit.pages import BOX, GLUE, KERN, OTHER, PENALTY, Element, Page, PageShape, badness, paginate
from tests.conftest import needs_pdflatex

SHAPE = PageShape(height=100, max_depth=3, top_skip=0, line=12)


def box(height: int, depth: int = 0) -> Element:
    return Element(BOX, height, depth)


def glue(width: int, stretch: int = 0, shrink: int = 0) -> Element:
    return Element(GLUE, width, 0, stretch, shrink)


def penalty(value: int) -> Element:
    return Element(PENALTY, value)


def ends(*elements: Element) -> list[tuple[int, int]]:
    """For each page its end and its height."""
    return [(page.end, page.used) for page in paginate(elements, SHAPE)]


@pytest.mark.parametrize(
    ("amount", "available", "expected"),
    [(0, 0, 0), (1, 0, 10_000), (50, 100, 12), (100, 100, 100), (200, 100, 800), (500, 100, 10_000)],
)
def test_badness_grows_with_the_cube_of_the_ratio(amount: int, available: int, expected: int) -> None:
    assert badness(amount, available) == expected


def test_nothing_has_no_pages() -> None:
    assert ends() == []
    assert ends(glue(10), penalty(-10_000)) == []


def test_what_fits_is_one_page() -> None:
    assert ends(box(40), glue(10), box(50)) == [(3, 100)]


def test_a_page_ends_at_the_last_glue_before_it_is_too_full() -> None:
    assert ends(box(40), glue(10), box(40), glue(10), box(10)) == [(3, 90), (5, 10)]


def test_glue_kerns_and_penalties_vanish_at_the_top_of_a_page() -> None:
    elements = (box(90), glue(10), penalty(0), Element(KERN, 50), glue(30), box(90))
    assert ends(*elements) == [(3, 100), (6, 90)]


def test_a_heading_goes_with_what_follows_it() -> None:
    elements = (box(80), glue(5), box(10), penalty(10_000), glue(3), box(20))
    assert ends(*elements) == [(1, 80), (6, 33)]


def test_glue_that_shrinks_holds_more() -> None:
    assert ends(box(50), glue(10, shrink=10), box(45)) == [(3, 105)]
    assert len(ends(box(50), glue(10, shrink=4), box(45))) == 2


def test_a_penalty_can_force_a_page_to_end() -> None:
    assert ends(box(10), penalty(-10_000), box(10)) == [(1, 10), (3, 10)]


def test_depth_counts_beyond_what_the_last_line_may_hang_down() -> None:
    assert len(ends(box(97, 3))) == 1
    assert ends(box(50, 3), glue(0), box(40, 9)) == [(3, 102)]


def test_what_has_no_size_can_be_followed_by_a_page_end() -> None:
    held = (box(60), penalty(10_000), glue(5), box(60))
    assert [page.end for page in paginate(held, SHAPE)][-1] == 4
    assert ends(box(60), penalty(10_000), Element(OTHER), glue(5), box(60)) == [(3, 60), (5, 60)]


def test_the_first_page_too_many_ends_the_search() -> None:
    elements = [part for _ in range(10) for part in (box(90), glue(1))]
    assert len(paginate(elements, SHAPE, most=2)) == 3
    assert paginate(elements, SHAPE, most=2)[0] == Page(0, 1, 90)


# ---- TeX itself

POINT = 65536


def made_up(random: Random) -> tuple[list[Element], list[str]]:
    """A list and its TeX; each box is followed by a mark with its number."""
    elements: list[Element] = []
    tex: list[str] = []
    for number in range(random.randint(5, 60)):
        height, depth = random.randint(1, 40), random.choice((0, 0, 2, 6))
        elements += [Element(BOX, height * POINT, depth * POINT), Element(OTHER)]
        tex.append(
            rf"\nointerlineskip\setbox0\hbox{{}}\ht0={height}pt \dp0={depth}pt \box0 \mark{{{number}}}"
        )
        for _ in range(random.randint(0, 4)):
            match random.randint(0, 3):
                case 0:
                    value = random.choice((0, -20, -300, 100, 10_000, 10_000, -10_000))
                    elements.append(Element(PENALTY, value))
                    tex.append(rf"\penalty{value} ")
                case 1:
                    width = random.randint(-3, 12)
                    elements.append(Element(KERN, width * POINT))
                    tex.append(rf"\kern{width}pt ")
                case _:
                    width, more, less = random.randint(0, 20), random.randint(0, 9), random.randint(0, 9)
                    elements.append(Element(GLUE, width * POINT, 0, more * POINT, less * POINT))
                    tex.append(rf"\vskip{width}pt plus{more}pt minus{less}pt ")
    return elements, tex


@needs_pdflatex()
def test_pages_end_where_tex_ends_them(tmp_path: Path) -> None:
    """Each list is ended as a document is, and TeX's output routine says which box came last on each page."""
    random = Random(1010)
    lists = [made_up(random) for _ in range(200)]
    body = "\n".join(
        rf"\wlog{{list {number}}}" + "".join(tex) + r"\vfil\penalty-10000 "
        for number, (_, tex) in enumerate(lists)
    )
    (tmp_path / "lists.tex").write_text(
        r"\vsize=100pt \topskip=7pt \maxdepth=3pt \parskip=0pt \vbadness=10000 "
        r"\vfuzz=1000pt \maxdeadcycles=1000 "
        r"\output={\setbox0\box255 \wlog{page \botmark}\global\deadcycles=0 }"
        rf"{body}\csname @@end\endcsname",
        encoding="utf-8",
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-no-shell-escape", "lists.tex"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = (tmp_path / "lists.log").read_text(encoding="utf-8")
    shape = PageShape(100 * POINT, 3 * POINT, 7 * POINT, 12 * POINT)
    by_tex = [
        re.findall(r"^page (\d+)$", part, re.MULTILINE)
        for part in re.split(r"^list \d+$", log, flags=re.M)[1:]
    ]
    assert len(by_tex) == len(lists)
    for (elements, _), said in zip(lists, by_tex, strict=True):
        numbers = [
            sum(item.kind == BOX for item in elements[: page.end]) - 1 for page in paginate(elements, shape)
        ]
        assert [str(number) for number in numbers] == said
    assert sum(len(said) for said in by_tex) > 1000
