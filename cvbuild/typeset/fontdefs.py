"""How fonts for other scripts are defined in TeX, by fontspec (its manual, sections 4 to 6)."""

from __future__ import annotations

from collections.abc import Mapping

from cvbuild.record import Record
from cvbuild.render.scripts import EAST_ASIAN, LATIN, SYMBOL
from cvbuild.typeset.fonts import Face, FontFamily

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
        *_face("Bold", bold, heavy),
        *_face("Italic", italic, leaning),
        *_face("BoldItalic", bold_italic, both),
    ]


def _face(name: str, face: Face, features: list[str]) -> list[str]:
    listed = ",".join([f"FontIndex={face.index}", *features])
    return [f"{name}Font={{{face.file.name}}}", f"{name}Features={{{listed}}}"]
