"""Fonts for what the theme's font lacks: those on this machine, and their definitions in TeX.

The definitions are fontspec's (its manual, sections 4 to 6).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from cvbuild.content.reader import Content, shipped_table
from cvbuild.record import Record
from cvbuild.render.escape import Coverage
from cvbuild.render.scripts import EAST_ASIAN, LATIN, SYMBOL
from cvbuild.typeset.process import Limits, run_process

# Fonts that draw a box or a code for every character, so that none seems missing.
_STOPGAPS = re.compile(r"last ?resort|adobe blank|fallback|unifont", re.IGNORECASE)

_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")

# Weights, slants and widths as fontconfig numbers them (fontconfig.h, FC_WEIGHT_…).
_REGULAR, _BOLD, _NORMAL_WIDTH = 80, 200, 100
_FIELDS = "file index family weight slant width variable color fontformat charset".split()
_FORMAT = "\t".join(f"%{{{name}}}" for name in _FIELDS)

_EAST_ASIAN, _SMALL_LETTERS = "east asian", "small letters"

# Scripts with small letters, which are brought to the height of those around them.
_WITH_SMALL_LETTERS = frozenset((LATIN, "greek", "cyrillic", "armenian", "coptic"))
# Scripts whose letters change with their neighbours: OpenType has rules for each by its name.
_SHAPED = frozenset(
    "arabic hebrew syriac thaana devanagari bengali gurmukhi gujarati oriya tamil telugu kannada malayalam"
    " sinhala thai lao tibetan myanmar khmer mongolian".split()
)
# Letters are joined as they must be; but ligatures for beauty alone, and kerning between
# words' parts, make readers of the PDF find other words (poppler 22.12).
_PLAIN_FEATURES = {"arabic": ("RawFeature={-calt;-clig;-liga;-dlig;-kern}",)}

_COMMANDS = r"""
% ---- fonts for what the main font lacks
\DeclareRobustCommand\cvfont[2]{\ifmmode\mbox{\csname cvfont@#1\endcsname#2}\else
  {\csname cvfont@#1\endcsname#2}\fi}
% Where a line may end between two characters.
\newcommand\cvwrap{\penalty0\hskip 0pt plus .04em\relax}
\pdfstringdefDisableCommands{\def\cvfont#1#2{#2}\def\cvwrap{}}
\ifLuaTeX\defaultfontfeatures+{Renderer=HarfBuzz}\fi
""".lstrip()


class _Preferred(Content, kw_only=True):
    """The families to take first, by script and for any other one."""

    by_script: dict[str, tuple[str, ...]]
    any_script: tuple[str, ...]


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
def _preferred() -> _Preferred:
    return shipped_table(_Preferred, "typeset", "fonts.yaml")


@cache
def _ranked(script: str) -> list[list[Face]]:
    """The regular faces by preference: those of each preferred family, then all others."""
    title = script.title()
    best = _preferred()
    names = [*best.by_script.get(script, ()), f"Noto Serif {title}", f"Noto Sans {title}", *best.any_script]
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


class DefinedFont(Record):
    """A family as it is set up for a script, or for several that are treated alike."""

    treatment: str
    family: FontFamily

    def takes_in(self, text: str) -> bool:
        """Whether what stands between two of its words is set in it; East Asia keeps such apart."""
        return self.treatment != _EAST_ASIAN and self.family.upright.has([text])


def set_up(script: str, family: FontFamily) -> DefinedFont:
    """A family for a script."""
    if script in EAST_ASIAN:
        return DefinedFont(_EAST_ASIAN, family)
    if script in _WITH_SMALL_LETTERS:
        return DefinedFont(_SMALL_LETTERS, family)
    return DefinedFont(script if script in _SHAPED else SYMBOL, family)


def definitions(fonts: Mapping[DefinedFont, int], by_name: bool) -> str:
    """The commands that a document with these fonts needs in its preamble."""
    lines = [_COMMANDS]
    for font, number in fonts.items():
        name = font.family.name if by_name else font.family.upright.file.name
        options = ",".join([*_script_options(font), *([] if by_name else _file_options(font))])
        lines.append(
            rf"\expandafter\newfontfamily\csname cvfont@{number}\endcsname{{{name}}}[{options}]" + "\n"
        )
    return "".join(lines)


def _script_options(font: DefinedFont) -> list[str]:
    if font.treatment in _SHAPED:
        return [f"Script={font.treatment.title()}", *_PLAIN_FEATURES.get(font.treatment, ())]
    has_small = font.treatment == _SMALL_LETTERS and font.family.upright.has("x")
    return ["Scale=MatchLowercase"] if has_small else []


def _file_options(font: DefinedFont) -> list[str]:
    """The four faces by their files, so that no engine searches; one that is not there is made up."""
    family = font.family
    upright = family.upright
    slant = ["FakeSlant=.2"] if font.treatment == _SMALL_LETTERS else []
    bold, heavy = (family.bold, []) if family.bold else (upright, ["FakeBold=2"])
    italic, leaning = (family.italic, []) if family.italic else (upright, slant)
    if family.bold_italic:
        bold_italic, both = family.bold_italic, []
    else:
        bold_italic, both = bold, [*heavy, *slant]
    return [
        f"Path={upright.file.parent.as_posix()}/",
        "IgnoreFontspecFile",
        f"FontIndex={upright.index}",
        *_face_options("Bold", bold, heavy),
        *_face_options("Italic", italic, leaning),
        *_face_options("BoldItalic", bold_italic, both),
    ]


def _face_options(name: str, face: Face, features: list[str]) -> list[str]:
    listed = ",".join([f"FontIndex={face.index}", *features])
    return [f"{name}Font={{{face.file.name}}}", f"{name}Features={{{listed}}}"]
