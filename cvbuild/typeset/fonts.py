r"""Choose installed fonts for characters that the theme's main font lacks.

`equip` puts such characters in `\cvfont{N}{…}`, and the definition of each font N, for fontspec (its
manual, sections 4 to 6), before `\begin{document}`. If the main font has all characters, the document
stays unchanged, and no font is searched for.
"""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from cvbuild.content.reader import Content, shipped_table
from cvbuild.diagnostics import Diagnostic
from cvbuild.record import MutableRecord, Record
from cvbuild.render import escape
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import Span
from cvbuild.typeset.engine import Engine
from cvbuild.typeset.process import Limits, run_process

# Fonts with a placeholder, such as a box or a code, for every character.
_STOPGAPS = re.compile(r"last ?resort|adobe blank|fallback|unifont", re.IGNORECASE)
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")

# Weights and widths in fontconfig's numbers (fontconfig.h, FC_WEIGHT_…, FC_WIDTH_…).
_REGULAR, _BOLD, _NORMAL_WIDTH = 80, 200, 100
_FIELDS = "file index family weight slant width variable color fontformat charset"
_FORMAT = "\t".join(f"%{{{name}}}" for name in _FIELDS.split()) + "\n"
# A line of fc-list for an outline font of fixed weight, without colours; its path is safe in TeX.
_NUMBER = r"(\d+(?:\.\d+)?)\t"
_FACE = re.compile(
    rf"([^\t\\{{}}#%~^$&,=\[\]\"]+)\t(\d+)\t([^\t]*)\t{3 * _NUMBER}"
    r"(?:(?!True\t)[^\t]*\t){2}(?:TrueType|CFF)\t([^\t]*)"
)
_EAST_ASIAN, _SMALL_LETTERS = "east asian", "small letters"

# The main fonts whose characters are known. For others, the log reports missing characters.
_MAIN_FONTS = dict.fromkeys(("texgyreheros", "texgyretermes"), escape.HEROS_AND_TERMES)
_MAIN_FONTS["texgyrepagella"] = escape.PAGELLA
_MAIN_FONT = re.compile(r"\\setmainfont\{(\w+)\}")
_TOKEN = re.compile(r"\\(?:[A-Za-z@]+\*?|.|\n)|%[^\n]*|[{}]|[^\\{}\n~$&#%^_]+|[\n~$&#^_]")
# Commands whose argument continues the text before it.
_STYLES = frozenset((r"\textbf", r"\emph", r"\textsc", r"\texttt", r"\cvname", r"\cvsecondary"))
# Text that may take the font of the words around it: spaces, digits and punctuation, except for quotation
# marks, which TeX turns into other characters.
_BETWEEN = re.compile(r"[^\w'`\"‘’“”]*[\d\s]*[^\w'`\"‘’“”]*")
_MOST_LISTED = 3
"""Maximum number of characters that a diagnostic lists."""
_REPLACEMENT = "\ufffd"
"""The replacement character, which programs write for undecodable input (Unicode, 5.22); never printed."""


class _Table(Content, kw_only=True):
    """The contents of `fonts.yaml`: TeX code, and families, Debian packages and treatments by script."""

    commands: str
    by_script: dict[str, tuple[str, ...]]
    any_script: tuple[str, ...]
    packages: dict[str, str]
    other_package: str
    with_small_letters: tuple[str, ...]
    shaped: dict[str, tuple[str, ...]]


_table = cache(lambda: shipped_table(_Table, "typeset", "fonts.yaml"))


class Face(Record):
    """One face of an installed family: its file, its style and its characters."""

    file: Path
    index: int
    families: tuple[str, ...]
    weight: float
    width: float
    is_slanted: bool
    coverage: escape.Coverage

    def has(self, clusters: Iterable[str]) -> bool:
        """Return whether it has all these characters; joiners need no glyph."""
        return all(char in self.coverage for cluster in clusters for char in cluster if char != "\u200d")


class Font(Record):
    """A family for characters of a script, with the script's treatment; a face that lacks some is None."""

    treatment: str
    name: str
    upright: Face
    bold: Face | None
    italic: Face | None
    bold_italic: Face | None


class Equipped(Record):
    """A document ready for its engine, unless the diagnostics contain an error."""

    rendered: RenderedTex
    diagnostics: tuple[Diagnostic, ...] = ()


class _Cluster(MutableRecord):
    """A character with its marks, at an offset of the TeX; `font` is None for the theme's main font."""

    offset: int
    text: str
    script: str
    is_lacking: bool = False
    font: Font | None = None


class _Stretch(Record):
    """Text of a document without TeX code, up to the offset `end`; `before` is the character before it."""

    text: str
    is_code: bool
    before: str
    clusters: list[_Cluster]
    end: int


def equip(rendered: RenderedTex, engine: Engine, hint: str = "", by_name: bool = False) -> Equipped:
    """Return the document with fonts for all its characters, or an error for each value that lacks one.

    `hint` names an engine that prints more than this one. Fonts are given by file, or `by_name` for a
    document that is typeset on another machine.
    """
    if not engine.is_unicode:
        return _marked(rendered, engine, hint)
    main = _MAIN_FONT.search(rendered.text)
    coverage = _MAIN_FONTS.get(main[1]) if main else None
    odd = escape.beyond_ascii(rendered.text)
    if coverage is None or all(char in coverage and char in escape.CURSOR for char in odd):
        return Equipped(rendered)
    stretches = list(_stretches(rendered.text))
    clusters = (cluster for stretch in stretches for cluster in stretch.clusters)
    backward = [cluster for cluster in clusters if escape.is_right_to_left(cluster.text)]
    if backward and not engine.right_to_left:
        message = f"{engine.name} cannot set text that runs from right to left: {{}}"
        return _with_missing(rendered, backward[:1], message, hint)
    if missing := _without_font(stretches, coverage, rendered.language):
        return _with_missing(rendered, missing, "no font on this machine has {}")
    fonts: dict[Font, int] = {}
    inserted = [item for stretch in stretches for item in _commands(stretch, fonts)]
    if not inserted:
        return Equipped(rendered)
    if backward:
        # babel sorts the runs of each line by Unicode's bidirectional algorithm.
        inserted.append((0, "\\PassOptionsToPackage{bidi=basic}{babel}\n"))
        offsets, ends = [cluster.offset for cluster in backward], {}
        for item in rendered.mapped:
            at = bisect_left(offsets, item.end) - 1
            if at >= 0 and offsets[at] >= item.start:
                ends[item.end] = backward[at].font
        for end, font in ends.items():
            # U+200E (left-to-right mark) ends each such value, so that the next value is not in its run.
            if font is not None and font.upright.has(["\u200e"]):
                inserted.append((end, rf'\cvfont{{{fonts[font]}}}{{\char"200E }}'))
    inserted.append((rendered.text.find(r"\begin{document}"), _definitions(fonts, by_name)))
    return Equipped(rendered.with_inserted(sorted(inserted, key=lambda item: item[0])))


def _marked(rendered: RenderedTex, engine: Engine, hint: str) -> Equipped:
    """Return the document for pdflatex: letters of several glyphs are marked with their character."""
    if escape.is_drawn_by_pdflatex(rendered.text):
        return Equipped(rendered)
    missing: list[_Cluster] = []
    inserted: list[tuple[int, str]] = []
    for cluster in (item for stretch in _stretches(rendered.text) for item in stretch.clusters):
        if not all(char in escape.PDFLATEX for char in cluster.text):
            missing.append(cluster)
        elif cluster.text in escape.COMPOSED:
            start, _, end = escape.says(cluster.text, "|").partition("|")
            inserted += [(cluster.offset, start), (cluster.offset + 1, end)]
    if missing:
        return _with_missing(rendered, missing, f"{engine.name} cannot print {{}}", hint)
    return Equipped(rendered.with_inserted(inserted))


def _stretches(tex: str) -> Iterator[_Stretch]:
    """Yield the stretches of text that have, or directly follow, a character beyond ASCII."""
    opened: list[str] = []  # the styles whose arguments hold the text
    before = style = ""
    for token in _TOKEN.finditer(tex):
        text = token[0]
        if text == "{":
            opened.append(style)
            before = before if style else ""
        elif text == "}":
            opened = opened[:-1]
        elif text[0] == "\\":
            style = text if text in _STYLES else ""
            before = before if style else ""
            continue
        elif text[0] in "%\n~$&#^_":
            before = ""
        else:
            if not (text.isascii() and before.isascii()):
                offset, found = token.start(), []
                for cluster in escape.clusters(text):
                    script = escape.LATIN if cluster.isascii() else escape.script_of(cluster[0])
                    found.append(_Cluster(offset, cluster, script))
                    offset += len(cluster)
                yield _Stretch(text, r"\texttt" in opened, before, found, offset)
            before = text[-1]
        style = ""


def _without_font(stretches: list[_Stretch], main: escape.Coverage, language: str) -> list[_Cluster]:
    """Set the font of each cluster that needs one; return the clusters that no font has."""
    whole = set()
    for stretch in stretches:
        covered = escape.CURSOR if stretch.is_code else main
        for cluster in stretch.clusters:
            if not all(char in covered for char in cluster.text):
                cluster.is_lacking = True
                if cluster.text[0].isascii():  # an ASCII letter with a combining mark
                    cluster.script = escape.SYMBOL
                whole.add(cluster.script)
    # Set all words of a script in one font, if the main font lacks one of its characters.
    whole -= {escape.LATIN, escape.SYMBOL}
    # Chinese, Japanese and Korean share characters, but draw them differently.
    own, _, region = language.replace("_", "-").partition("-")
    default = {"zh": "chinese", "ja": "japanese", "ko": "korean"}.get(own)
    default = (
        default or escape.east_asian_language(" ".join(stretch.text for stretch in stretches)) or "chinese"
    )
    if own == "zh" and re.search(r"hant|TW|HK|MO", region, re.IGNORECASE):
        default = "traditional chinese"
    foreign: dict[str, list[_Cluster]] = {}
    for stretch in stretches:
        shared = escape.east_asian_language(stretch.text) or default
        for cluster in stretch.clusters:
            if cluster.is_lacking or cluster.script in whole:
                script = shared if cluster.script == "chinese" else cluster.script
                foreign.setdefault(script, []).append(cluster)
    missing = []
    for script, members in foreign.items():
        found = fonts_for(script, [cluster.text for cluster in members if _REPLACEMENT not in cluster.text])
        for cluster in members:
            cluster.font = found.get(cluster.text)
        missing += [cluster for cluster in members if cluster.font is None]
    return sorted(missing, key=lambda cluster: cluster.offset)


def _commands(stretch: _Stretch, fonts: dict[Font, int]) -> Iterator[tuple[int, str]]:
    """Yield the font commands and line-break commands of a stretch, in order of offset."""
    # Spaces, digits and punctuation between words of one font get that font too, except in East Asian text.
    for first, last in pairwise([at for at, cluster in enumerate(stretch.clusters) if cluster.font]):
        font, between = stretch.clusters[first].font, stretch.clusters[first + 1 : last]
        text = "".join(item.text for item in between)
        if font and font == stretch.clusters[last].font and font.treatment != _EAST_ASIAN:
            for item in between if font.upright.has([text]) and _BETWEEN.fullmatch(text) else ():
                item.font = font
    before, opened = stretch.before, None
    for cluster in stretch.clusters:
        if cluster.font != opened and opened is not None:
            yield cluster.offset, "}"
        if before and escape.may_break(before, cluster.text[0]):
            yield cluster.offset, r"\cvwrap "
        if cluster.font != opened and cluster.font is not None:
            yield cluster.offset, rf"\cvfont{{{fonts.setdefault(cluster.font, len(fonts) + 1)}}}{{"
        opened, before = cluster.font, cluster.text[0]
    if opened is not None:
        yield stretch.end, "}"


def _definitions(fonts: Mapping[Font, int], by_name: bool) -> str:
    """Return the TeX that defines these fonts in the preamble."""
    lines = [_table().commands]
    for font, number in fonts.items():
        upright, has_small_letters = font.upright, font.treatment == _SMALL_LETTERS
        options = ["Scale=MatchLowercase"] if has_small_letters and upright.has("x") else []
        if font.treatment in _table().shaped:
            options = [f"Script={font.treatment.title()}", *_table().shaped[font.treatment]]
        if not by_name:
            # Name all four faces by file, so that no engine searches for fonts; fake a missing face.
            path = f"Path={upright.file.parent.as_posix()}/"
            options += [path, "IgnoreFontspecFile", f"FontIndex={upright.index}"]
            bolder, slanted = ["FakeBold=2"], ["FakeSlant=.2"] if has_small_letters else []
            made_up = [] if font.bold else bolder
            for style, face, other, features in (
                ("Bold", font.bold, upright, bolder),
                ("Italic", font.italic, upright, slanted),
                ("BoldItalic", font.bold_italic, font.bold or upright, [*made_up, *slanted]),
            ):
                used = face or other
                listed = ",".join([f"FontIndex={used.index}", *([] if face else features)])
                options += [f"{style}Font={{{used.file.name}}}", f"{style}Features={{{listed}}}"]
        name = font.name if by_name else upright.file.name
        command = rf"\expandafter\newfontfamily\csname cvfont@{number}\endcsname"
        lines.append(f"{command}{{{name}}}[{','.join(options)}]\n")
    return "".join(lines)


@cache
def installed_faces() -> tuple[Face, ...]:
    """Return the outline fonts that fontconfig lists, fonts of normal width first."""
    limits = Limits(60, output=64 << 20)  # a machine may have thousands of fonts
    # Fontconfig lists a family's name in the locale's language first: ask for English.
    environment = os.environ | {"LC_ALL": "C"}
    command = [shutil.which("fc-list") or "", "--format", _FORMAT, ":"]
    try:
        finished = run_process(command, Path.cwd(), environment, limits)
    except OSError:  # fc-list is missing, or does not run
        return ()
    found = []
    for face in filter(None, map(_FACE.fullmatch, finished.output.splitlines())):
        file, index, families, weight, slant, width, charset = face.groups()
        if not _STOPGAPS.search(families):
            names, numbers = tuple(families.split(",")), (float(weight), float(width))
            is_slanted, coverage = float(slant) > 0, escape.Coverage(charset)
            found.append(Face(Path(file), int(index), names, *numbers, is_slanted, coverage))
    found.sort(key=lambda face: (abs(face.width - _NORMAL_WIDTH), str(face.file), face.index))
    return tuple(found)


def fonts_for(script: str, clusters: Iterable[str]) -> dict[str, Font]:
    """Return a font for each character: one for all if possible, else the first that has the character."""
    # No font is right for a private-use character: it has a meaning in one unknown font only.
    left = [cluster for cluster in dict.fromkeys(clusters) if not _PRIVATE.search(cluster)]
    ranked = _ranked(script)
    whole = next((face for face in ranked if face.has(left)), None)
    found: dict[str, Font] = {}
    for upright in [whole] if whole else ranked:
        if had := [cluster for cluster in left if upright.has([cluster])]:
            found |= dict.fromkeys(had, _font(script, upright, had))
            left = [cluster for cluster in left if cluster not in found]
    return found


@cache
def _ranked(script: str) -> list[Face]:
    """Return the upright regular faces in order of preference: the preferred families', then all."""
    table, noto = _table(), [f"Noto {style} {script.title()}" for style in ("Serif", "Sans")]
    names = [*table.by_script.get(script, ()), *noto, *table.any_script]
    upright = (face for face in installed_faces() if not face.is_slanted)
    regular = [face for face in upright if abs(face.weight - _REGULAR) <= 20]
    return [*(face for name in names for face in regular if name in face.families), *regular]


def _font(script: str, upright: Face, clusters: Iterable[str]) -> Font:
    """Return a font: an upright face, and the other faces of its family that have the characters."""
    used, family = list(clusters), upright.families[0]
    # fontspec reads all faces of a family from one folder.
    alike = [one for one in installed_faces() if one.families[0] == family and one.width == upright.width]
    alike = [one for one in alike if one.file.parent == upright.file.parent and one.has(used)]

    def face(weight: float, is_slanted: bool) -> Face | None:
        of_style = (one for one in alike if one.is_slanted is is_slanted)
        return next((one for one in of_style if abs(one.weight - weight) <= 20), None)

    treatment = _EAST_ASIAN if script in escape.EAST_ASIAN else escape.SYMBOL
    if script in _table().with_small_letters:
        treatment = _SMALL_LETTERS
    elif script in _table().shaped:
        treatment = script
    return Font(treatment, family, upright, face(_BOLD, False), face(_REGULAR, True), face(_BOLD, True))


def _with_missing(rendered: RenderedTex, found: Sequence[_Cluster], message: str, hint: str = "") -> Equipped:
    """Return one `missing-character` for each value with characters that no font can print.

    `message` has `{}` for the list of characters; without a `hint`, a package of fonts is proposed.
    Characters that can never be printed get another message and hint.
    """
    by_value: dict[Span | None, list[str]] = {}
    for cluster in found:
        by_value.setdefault(rendered.innermost(cluster.offset), []).append(cluster.text)
    made = []
    for span, characters in by_value.items():
        distinct = list(dict.fromkeys(characters))
        more = f" and {len(distinct) - _MOST_LISTED} more" if len(distinct) > _MOST_LISTED else ""
        listed = ", ".join(map(_named, distinct[:_MOST_LISTED])) + more
        categories = {unicodedata.category(char[0]) for char in characters}
        said = "{} cannot be printed"
        if any(_REPLACEMENT in char for char in characters):
            what_to_do = "write the character that was meant: this one stands where a conversion lost it"
        elif "Co" in categories:
            what_to_do = "delete it: a character of private use has a meaning in its own font alone"
        elif "Cn" in categories:
            what_to_do = f"delete it: Unicode {unicodedata.unidata_version} has no such character"
        else:
            said, needed = message, [escape.script_of(char[-1]) for char in characters]
            packages = dict.fromkeys(_table().packages.get(name, _table().other_package) for name in needed)
            install = f"`apt install {' '.join(packages)}` on Debian and Ubuntu"
            what_to_do = hint or f"install a font that has it: {install}"
        place = None
        if span is not None:
            # The file may have the character itself, decomposed, or as a YAML escape; else use the line.
            char = characters[0]
            code = rf"(?i:\\[xu]0*{ord(char[0]):x}(?![0-9a-f]))"
            typed = "|".join((re.escape(char), re.escape(unicodedata.normalize("NFD", char)), code))
            match = re.search(typed, span.text)
            place = span.part(match[0]) if match else span.first_line()
        made.append(Diagnostic("missing-character", said.format(listed), place, hints=(what_to_do,)))
    return Equipped(rendered, tuple(dict.fromkeys(made)))


def _named(cluster: str) -> str:
    """Return a character for messages: the character, if printable, its code points and its name."""
    codes = " ".join(f"U+{ord(char):04X}" for char in cluster)
    name = unicodedata.name(cluster[0], "").lower()
    # The Unicode name of an ideograph only repeats the code point.
    described = codes if not name or name.endswith(f"-{ord(cluster[0]):04x}") else f"{codes}, {name}"
    return f"{cluster} ({described})" if cluster.isprintable() else described
