"""Lists read from what TeX shows of a box."""

from __future__ import annotations

import pytest

from cvbuild.fit.measure import page_shape
from cvbuild.fit.pages import (
    BOX,
    GLUE,
    KERN,
    OTHER,
    PENALTY,
    Element,
    PageShape,
    boxes_in,
    lists_in,
    natural,
)

POINT = 65536
# As pdfTeX, XeTeX and LuaTeX print the same list.
PDFTEX = r"""This is pdfTeX
cvbuild-list 3.0

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

cvbuild-list 3.1
cvbuild-measured
"""
LUATEX = (
    PDFTEX.replace("]\n", ", direction TLT []\n")
    .replace(r"\kern 3.0", r"\kern3.0")
    .replace(" [], dir", ", dir")
)


@pytest.mark.parametrize("log", [PDFTEX, LUATEX])
def test_a_list_is_read_with_its_marks(log: str) -> None:
    found = lists_in(log)["3.0"]
    assert found.marks == {"begin 0": 0, "end 0": 2}
    assert [item.kind for item in found.elements] == [
        GLUE, BOX, PENALTY, GLUE, BOX, KERN, GLUE, BOX, OTHER, OTHER,
    ]  # fmt: skip
    assert found.elements[1] == Element(BOX, 455_111, 127_431)
    assert found.elements[2] == Element(PENALTY, -20)
    assert found.elements[3] == Element(GLUE, 263_127, 0, 65_781, POINT // 2)
    assert found.elements[5] == Element(KERN, 3 * POINT)
    assert found.elements[6] == Element(GLUE, -POINT, endless=True)
    assert found.between("begin 0", "end 0") == found.elements[:2]
    assert found.between("end 0", None) == found.elements[2:]


def test_a_list_that_tex_does_not_show_is_empty() -> None:
    assert lists_in(PDFTEX)["3.1"].elements == ()


def test_heights_add_up() -> None:
    elements = [Element(BOX, 10, 3), Element(PENALTY, -300), Element(GLUE, 4, 0, 9, 9), Element(KERN, -1)]
    assert natural(elements) == 16
    assert boxes_in(elements) == 10


def test_the_page_is_known_once_all_is_measured() -> None:
    log = "cvbuild-page 100 3 0 12\n"
    assert page_shape(log) is None
    assert page_shape(f"{log}cvbuild-measured\n") == PageShape(100, 3, 0, 12)
