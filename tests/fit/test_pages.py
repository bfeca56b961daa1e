"""Lists as TeX shows them, and the page builder: rules by themselves, and TeX itself on made-up lists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from random import Random

import pytest

from cvbuild.fit.pages import (
    BOX,
    ENDLESS,
    GLUE,
    KERN,
    OTHER,
    PENALTY,
    Element,
    Page,
    PageShape,
    badness,
    lists_in,
    natural,
    paginate,
)  # fmt: skip
from tests.conftest import needs_pdflatex

SHAPE = PageShape(height=100, max_depth=3, top_skip=0, line=12)
POINT = 65536
# As pdfTeX, XeTeX and LuaTeX print the same list, and an empty one.
PDFTEX = r"""This is pdfTeX
cvbuild-list

Overfull \vbox (23.70755pt too high) detected at line 13

\vbox(-1.0+0.0)x345.0, glue set - 1.0
.\special{cvbuild:begin 0}
.\glue(\parskip) 0.0 plus 1.0
.\hbox(6.94444+1.94444)x345.0, glue set 256.24998fil []
.\special{cvbuild:end 0}
.\penalty -20
.\glue 4.015 plus 1.00374 minus 0.5
.\vbox(6.30554+0.0)x5.00002, shifted 2.0 []
.\kern 3.0
.\glue -1.0 plus 2.0fil
.\rule(0.50186+0.0)x*
.\pdfcolorstack 0 push {0 g}
.\write-{abc \foo }

cvbuild-list
cvbuild-measured
"""
LUATEX = PDFTEX.replace(" []\n", ", direction TLT []\n").replace(r"\kern 3.0", r"\kern3.0")


@pytest.mark.parametrize("log", [PDFTEX, LUATEX])
def test_a_list_is_read_with_its_marks(log: str) -> None:
    found, empty = lists_in(log)
    assert empty.elements == ()
    assert found.marks == {"begin 0": 0, "end 0": 2}
    assert found.elements == (
        Element(GLUE, stretch=POINT),
        Element(BOX, 455_111, 127_431),
        Element(PENALTY, -20),
        Element(GLUE, 263_127, 0, 65_781, POINT // 2),
        Element(BOX, 413_240),
        Element(KERN, 3 * POINT),
        Element(GLUE, -POINT, stretch=ENDLESS),
        Element(BOX, 32_890),
        Element(OTHER),
        Element(OTHER),
    )
    assert found.between("begin 0", "end 0") == found.elements[:2]
    assert found.between("end 0", None) == found.elements[2:]


def test_heights_add_up() -> None:
    assert natural(elements("box 10 3, penalty -300, glue 4 0 9 9, kern -1")) == 16


KINDS = {"box": BOX, "glue": GLUE, "kern": KERN, "penalty": PENALTY, "special": OTHER}


def elements(text: str) -> list[Element]:
    """`box 40 3, glue 10`: elements with what they have of size, depth, stretch and shrink."""
    parts = [part.split() for part in text.split(", ") if part]
    return [Element(KINDS[kind], *map(int, numbers)) for kind, *numbers in parts]


@pytest.mark.parametrize(
    ("amount", "available", "expected"),
    [(0, 0, 0), (1, 0, 10_000), (50, 100, 12), (100, 100, 100), (200, 100, 800), (500, 100, 10_000)],
)
def test_badness_grows_with_the_cube_of_the_ratio(amount: int, available: int, expected: int) -> None:
    assert badness(amount, available) == expected


PAGES = {
    "nothing has no pages": ("", []),
    "nor has what is discarded": ("glue 10, penalty -10000", []),
    "what fits is one page": ("box 40, glue 10, box 50", [(3, 100)]),
    "a page ends at the last glue before it is too full": (
        "box 40, glue 10, box 40, glue 10, box 10", [(3, 90), (5, 10)],
    ),
    "glue, kerns and penalties vanish at the top of a page": (
        "box 90, glue 10, penalty 0, kern 50, glue 30, box 90", [(3, 100), (6, 90)],
    ),
    "a heading goes with what follows it": (
        "box 80, glue 5, box 10, penalty 10000, glue 3, box 20", [(1, 80), (6, 33)],
    ),
    "glue that shrinks holds more": ("box 50, glue 10 0 0 10, box 45", [(3, 105)]),
    "as far as it shrinks": ("box 50, glue 10 0 0 4, box 45", [(1, 50), (3, 45)]),
    "a penalty can force a page to end": ("box 10, penalty -10000, box 10", [(1, 10), (3, 10)]),
    "the last line may hang down": ("box 97 3", [(1, 100)]),
    "depth counts beyond that": ("box 50 3, glue 0, box 40 9", [(3, 102)]),
    "what has no size can be followed by a page end": (
        "box 60, penalty 10000, special, glue 5, box 60", [(3, 60), (5, 60)],
    ),
}  # fmt: skip
"""Lists, and the end and the height of each of their pages."""


@pytest.mark.parametrize(("shown", "ends"), PAGES.values(), ids=PAGES)
def test_pages_end_and_are_as_high(shown: str, ends: list[tuple[int, int]]) -> None:
    found = elements(shown)
    assert [(min(page.end, len(found)), page.used) for page in paginate(found, SHAPE)] == ends


def test_the_first_page_too_many_ends_the_search() -> None:
    found = elements("box 90, glue 1") * 10
    assert len(paginate(found, SHAPE, most=2)) == 3
    assert paginate(found, SHAPE, most=2)[0] == Page(0, 1, 90)


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
