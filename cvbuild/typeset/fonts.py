"""The fonts on this machine, and which of them prints a script that the theme's font lacks."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from cvbuild.record import Record
from cvbuild.render.escape import Coverage
from cvbuild.typeset.process import Limits, run_process

# Families by script, those first that go best with a book face; they are all free.
# Others are found by the script's name (`Noto Serif Tamil`), and at last any that has the characters.
_PREFERRED: Mapping[str, tuple[str, ...]] = {
    "chinese": (
        "Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN", "Noto Serif SC",
        "AR PL UMing CN", "Songti SC", "SimSun", "Noto Sans CJK SC", "Source Han Sans SC",
        "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback",
    ),
    "traditional chinese": (
        "Noto Serif CJK TC", "Source Han Serif TC", "Source Han Serif TW", "Noto Serif TC",
        "AR PL UMing TW", "Songti TC", "PMingLiU", "Noto Sans CJK TC", "Source Han Sans TC",
        "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback",
    ),
    "japanese": (
        "Noto Serif CJK JP", "Source Han Serif", "Source Han Serif JP", "Noto Serif JP", "IPAexMincho",
        "IPAMincho", "Hiragino Mincho ProN", "MS Mincho", "Noto Sans CJK JP", "Source Han Sans",
        "IPAexGothic", "IPAGothic", "VL Gothic",
    ),
    "korean": (
        "Noto Serif CJK KR", "Source Han Serif K", "Source Han Serif KR", "Noto Serif KR", "NanumMyeongjo",
        "UnBatang", "Baekmuk Batang", "AppleMyungjo", "Batang", "Noto Sans CJK KR", "NanumGothic", "UnDotum",
    ),
    # Amiri's ligatures of lam and alef are found in the PDF's text in their right order.
    "arabic": ("Amiri", "Scheherazade New", "FreeSerif", "DejaVu Sans", "Noto Naskh Arabic"),
    "hebrew": ("Frank Ruehl CLM", "David CLM", "FreeSerif", "Noto Serif Hebrew"),
    "symbol": (
        "FreeSerif", "DejaVu Serif", "Noto Sans Symbols", "Noto Sans Symbols2", "Noto Sans Math",
        "Symbola", "Noto Emoji", "DejaVu Sans",
    ),
}  # fmt: skip
_ANY_SCRIPT = (
    "Libertinus Serif", "Linux Libertine O", "PT Serif", "FreeSerif", "Noto Serif", "Charis SIL",
    "Gentium Plus", "DejaVu Serif", "Times New Roman", "FreeSans", "Noto Sans", "DejaVu Sans",
)  # fmt: skip
# Fonts that draw a box or a code for every character, so that none seems missing.
_STOPGAPS = re.compile(r"last ?resort|adobe blank|fallback|unifont", re.IGNORECASE)

_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")

# Weights, slants and widths as fontconfig numbers them (fontconfig.h, FC_WEIGHT_…).
_REGULAR, _BOLD, _NORMAL_WIDTH = 80, 200, 100
_FIELDS = "file index family weight slant width variable color fontformat charset".split()
_FORMAT = "\t".join(f"%{{{name}}}" for name in _FIELDS)


class Face(Record):
    """One face of an installed family: where it lies, and what it has."""

    file: Path
    index: int
    families: tuple[str, ...]
    weight: float
    width: float
    is_slanted: bool
    coverage: Coverage

    def has(self, clusters: Iterable[str]) -> bool:
        """Whether it has all these characters; joiners are no glyphs."""
        return all(char in self.coverage for cluster in clusters for char in cluster if char != "\u200d")


class FontFamily(Record):
    """A family with the faces that have the characters in question; None for those that lack them."""

    name: str
    upright: Face
    bold: Face | None
    italic: Face | None
    bold_italic: Face | None


@cache
def installed_faces() -> tuple[Face, ...]:
    """The outline fonts that fontconfig knows, those of normal width first; none without fontconfig."""
    program = shutil.which("fc-list")
    if program is None:
        return ()
    try:
        limits = Limits(60, output=64 << 20)  # a machine may have thousands of fonts
        # Of a family's names it gives that in the locale's language first.
        environment = os.environ | {"LC_ALL": "C"}
        finished = run_process([program, "--format", _FORMAT + "\n", ":"], Path.cwd(), environment, limits)
    except OSError:
        return ()
    found = [face for line in finished.output.splitlines() if (face := _face(line)) is not None]
    return tuple(
        sorted(found, key=lambda face: (abs(face.width - _NORMAL_WIDTH), str(face.file), face.index))
    )


def _face(line: str) -> Face | None:
    fields = line.split("\t")
    if len(fields) != len(_FIELDS):
        return None
    file, index, families, weight, slant, width, variable, color, kind, charset = fields
    if kind not in ("TrueType", "CFF") or "True" in (variable, color) or _STOPGAPS.search(families):
        return None
    # TeX would read these characters of a path as its own.
    if re.search(r"[\\{}#%~^$&,=\[\]\"]", file) or not all(map(_is_number, (index, weight, slant, width))):
        return None
    names = tuple(families.split(","))
    return Face(
        Path(file), int(index), names, float(weight), float(width), float(slant) > 0, Coverage(charset)
    )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text) is not None


def fonts_for(script: str, clusters: Iterable[str]) -> dict[str, FontFamily]:
    """A family for each cluster of a script's characters that any font has.

    One family for all of them where one has all, the preferred ones first; else
    for each the first that has it.
    """
    # What fonts have in private use means something in that font alone.
    left = [cluster for cluster in dict.fromkeys(clusters) if not _PRIVATE.search(cluster)]
    ranked = _ranked(script)
    for uprights in ranked:
        if whole := next((face for face in uprights if face.has(left)), None):
            return dict.fromkeys(left, _family(whole, left))
    found: dict[str, FontFamily] = {}
    for uprights in ranked:
        for face in uprights:
            if not left:
                return found
            if had := [cluster for cluster in left if face.has([cluster])]:
                found |= dict.fromkeys(had, _family(face, had))
                left = [cluster for cluster in left if cluster not in found]
    return found


@cache
def _ranked(script: str) -> list[list[Face]]:
    """The regular faces by preference: those of each preferred family, then all others."""
    title = script.title()
    names = [*_PREFERRED.get(script, ()), f"Noto Serif {title}", f"Noto Sans {title}", *_ANY_SCRIPT]
    upright = (face for face in installed_faces() if not face.is_slanted)
    regular = [face for face in upright if abs(face.weight - _REGULAR) <= 20]
    return [*([face for face in regular if name in face.families] for name in names), regular]


def _family(upright: Face, clusters: Iterable[str]) -> FontFamily:
    used = list(clusters)
    # fontspec takes the faces of a family from one folder.
    others = [
        face
        for face in installed_faces()
        if face.families[0] == upright.families[0]
        and face.width == upright.width
        and face.file.parent == upright.file.parent
    ]

    def face(weight: float, is_slanted: bool) -> Face | None:
        fit = (
            face
            for face in others
            if face.is_slanted is is_slanted and abs(face.weight - weight) <= 20 and face.has(used)
        )
        return next(fit, None)

    return FontFamily(
        upright.families[0], upright, face(_BOLD, False), face(_REGULAR, True), face(_BOLD, True)
    )


def forget_fonts() -> None:
    """Look anew the next time: something was installed."""
    installed_faces.cache_clear()
    _ranked.cache_clear()
