"""The text of a page: runs of characters with their font, true size and place."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from typing import Any

from pypdfium2 import raw

from cvbuild.pdf.frame import Frame
from cvbuild.pdf.types import Box, Font, Run
from cvbuild.record import Record

_SUBSET = re.compile(r"^[A-Z]{6}\+")
_INVISIBLE, _CLIP = 3, 7
"""Text rendering modes that paint nothing (ISO 32000-1, table 106)."""

_LINE_END_HYPHENS = "\x02\xad\ufffe"
"""What PDFium gives for a hyphen that divides a word at a line's end."""

SAME_BASELINE = 0.05
"""How far apart in bp two characters' baselines may be and still count as one: files round."""


class _Style(Record):
    font: Font
    size: float | None
    is_visible: bool
    is_upright: bool


class PageText(Record):
    """A page's runs, its text, and how many of its characters have no Unicode."""

    runs: tuple[Run, ...]
    text: str
    unmapped: int


def read_text(page: Any, frame: Frame) -> PageText:
    """All text of a page of pypdfium2's."""
    text = page.get_textpage()
    unmapped = 0
    counter = raw.FPDFText_HasUnicodeMapError
    runs = tuple(_runs(raw, text.raw, text.count_chars(), frame))
    for at in range(text.count_chars()):
        unmapped += counter(text.raw, at) == 1
    return PageText(runs, _plain(text.get_text_range()), unmapped)


def _plain(text: str) -> str:
    """Text with single spaces, and words joined where a line ended with a hyphen."""
    joined = re.sub(rf"[{_LINE_END_HYPHENS}]\s*", "", text)
    return " ".join(joined.split())


def _runs(raw: Any, text: Any, count: int, frame: Frame) -> Iterator[Run]:
    styles: dict[int, _Style | None] = {}
    x, y = ctypes.c_double(), ctypes.c_double()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    run: Run | None = None
    style: _Style | None = None
    letters: list[str] = []
    for at in range(count):
        code = raw.FPDFText_GetUnicode(text, at)
        letter = chr(code) if code else "\ufffd"
        if letter.isspace():
            letters.append(" ")
            continue
        pointer = raw.FPDFText_GetTextObject(text, at)
        if not pointer:
            continue
        key = ctypes.cast(pointer, ctypes.c_void_p).value or 0
        if key not in styles:
            styles[key] = _style(raw, text, at, pointer, frame)
        if (now := styles[key]) is None:
            continue
        raw.FPDFText_GetCharOrigin(text, at, x, y)
        raw.FPDFText_GetCharBox(text, at, left, right, bottom, top)
        box = frame.box(left.value, bottom.value, right.value, top.value)
        _, baseline = frame.point(x.value, y.value)
        if run is not None and now == style and _goes_on(run, box, baseline):
            run.characters += 1
            run.box = run.box.with_box(box)
        else:
            if run is not None:
                run.text = "".join(letters).strip()
                yield run
            letters = []
            run = Run("", 1, now.font, now.size, baseline, box, now.is_visible, now.is_upright)
            style = now
        letters.append("-" if letter in _LINE_END_HYPHENS else letter)
    if run is not None:
        run.text = "".join(letters).strip()
        yield run


def _goes_on(run: Run, box: Box, baseline: float) -> bool:
    """Whether a character at a place continues a run: on its baseline, close behind it.

    Turned text is told by its font alone: it has no level baseline.
    """
    if not run.is_upright:
        return True
    room = run.size or 10.0
    gap = box.left - run.box.right
    # The letters of a ligature have one box, so that the second begins with the first.
    return abs(baseline - run.y) <= SAME_BASELINE and -1.5 * room < gap < room


def _style(raw: Any, text: Any, at: int, pointer: Any, frame: Frame) -> _Style | None:
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, at, matrix)
    font = _font(raw, raw.FPDFTextObj_GetFont(pointer))
    scale = math.hypot(matrix.c, matrix.d) * frame.unit
    size = raw.FPDFText_GetFontSize(text, at) * scale if font.name else None
    # The direction of a line as the page is shown: turned clockwise by quarters.
    along = math.degrees(math.atan2(matrix.b, matrix.a)) - 90 * frame.quarters
    is_upright = abs((along + 180) % 360 - 180) < 0.1
    mode = raw.FPDFTextObj_GetTextRenderMode(pointer)
    return _Style(font, size, mode not in {_INVISIBLE, _CLIP}, is_upright)


def _font(raw: Any, font: Any) -> Font:
    length = raw.FPDFFont_GetBaseFontName(font, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 1))
    raw.FPDFFont_GetBaseFontName(font, buffer, length)
    name = buffer.value.decode("utf-8", "replace")
    return Font(_SUBSET.sub("", name), raw.FPDFFont_GetIsEmbedded(font) == 1)
