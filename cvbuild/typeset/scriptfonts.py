r"""Fitting a document to an engine: a font for every script that the theme's own font lacks.

What the theme's font has stays as it is. Around the rest `\cvfont{N}{…}` is put
in, and before `\begin{document}` what N stands for; so a document that needs no
other font is not changed at all, and no font is looked for.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from cvbuild.diagnostics import Diagnostic
from cvbuild.record import MutableRecord, Record, field
from cvbuild.render.escape import (
    COMPOSED,
    CURSOR,
    HEROS_AND_TERMES,
    LATIN,
    PAGELLA,
    PDFLATEX,
    SYMBOL,
    Coverage,
    beyond_ascii,
    clusters,
    east_asian_language,
    is_drawn_by_pdflatex,
    is_right_to_left,
    may_break,
    says,
    script_of,
)
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import Span
from cvbuild.typeset.engine import Engine
from cvbuild.typeset.fonts import DefinedFont, definitions, fonts_for, set_up

# The main fonts whose characters are known; with another the log tells what is missing.
_MAIN_FONTS: Mapping[str, Coverage] = {
    "texgyrepagella": PAGELLA,
    "texgyreheros": HEROS_AND_TERMES,
    "texgyretermes": HEROS_AND_TERMES,
}
_MAIN_FONT = re.compile(r"\\setmainfont\{(\w+)\}")

_TOKEN = re.compile(r"\\(?:[A-Za-z@]+\*?|.|\n)|%[^\n]*|[{}]|[^\\{}\n~$&#%^_]+|[\n~$&#^_]")
# Commands whose argument goes on in the same line of text.
_STYLES = frozenset((r"\textbf", r"\emph", r"\textsc", r"\texttt", r"\cvname", r"\cvsecondary"))
# What may stand in the font of the words on both sides. TeX makes other characters of quotation marks.
_BETWEEN = re.compile(r"[^\w'`\"‘’“”]*[\d\s]*[^\w'`\"‘’“”]*")
_BEGIN = r"\begin{document}"
_BREAK = r"\cvwrap "

_SHOWN = 3
"""So many characters of a text are named."""

# Debian's packages (packages.debian.org), the smallest that has the script.
_PACKAGES = {
    "chinese": "fonts-noto-cjk",
    "arabic": "fonts-hosny-amiri",
    "cyrillic": "fonts-freefont-otf",
    "greek": "fonts-freefont-otf",
    "hebrew": "fonts-freefont-otf",
    "latin": "fonts-freefont-otf",
    SYMBOL: "fonts-symbola",
}
_OTHER_PACKAGE = "fonts-noto-core"

_LOST = "\ufffd"
"""What programs write for a character that they cannot read (Unicode, 5.22). It is not printed."""


class Equipped(Record):
    """A document ready for its engine; with an error among the diagnostics it is not."""

    rendered: RenderedTex
    diagnostics: tuple[Diagnostic, ...] = ()


class Stretch(Record):
    """Text of a document without any TeX in it: its offset, and the character it follows in its line."""

    offset: int
    text: str
    is_code: bool
    before: str


class Cluster(MutableRecord):
    """A character with its marks, at an offset of the TeX; its `font` is None where the theme's has it."""

    offset: int
    text: str
    script: str
    font: DefinedFont | None = None


def equip(rendered: RenderedTex, engine: Engine, hint: str = "", by_name: bool = False) -> Equipped:
    """The document with fonts for all that it prints, or an error for each value with what cannot be.

    `hint` says how to come by an engine that prints more than this one. With
    `by_name` fonts are named by their family, for another machine, and else by
    their file.
    """
    odd = beyond_ascii(rendered.text)
    if not engine.is_unicode:
        if is_drawn_by_pdflatex(rendered.text):
            return Equipped(rendered)
        return _for_pdflatex(rendered, f"{engine.name} cannot print {{}}", hint)
    main = _MAIN_FONT.search(rendered.text)
    coverage = _MAIN_FONTS.get(main[1]) if main else None
    if coverage is None or all(char in coverage and char in CURSOR for char in odd):
        return Equipped(rendered)
    return _Equipping(rendered, engine, hint, by_name, coverage).equipped(list(_stretches(rendered.text)))


def _for_pdflatex(rendered: RenderedTex, message: str, hint: str) -> Equipped:
    """The document with what pdflatex draws in pieces marked as the character it means."""
    missing: list[tuple[int, str]] = []
    inserted: list[tuple[int, str]] = []
    for stretch in _stretches(rendered.text):
        for cluster in _clusters(stretch):
            if not all(char in PDFLATEX for char in cluster.text):
                missing.append((cluster.offset, cluster.text))
            elif cluster.text in COMPOSED:
                start, _, end = says(cluster.text, "|").partition("|")
                inserted += [(cluster.offset, start), (cluster.offset + 1, end)]
    if missing:
        return Equipped(rendered, tuple(_holes(missing, rendered, message, [hint] if hint else [])))
    return Equipped(rendered.with_inserted(inserted))


def _stretches(tex: str) -> Iterator[Stretch]:
    """The stretches of text that are not plain ASCII, and those that follow one directly."""
    depth = 0
    code: list[int] = []
    before = style = ""
    for token in _TOKEN.finditer(tex):
        text = token[0]
        if text == "{":
            depth += 1
            if style == r"\texttt":
                code.append(depth)
            before = before if style else ""
        elif text == "}":
            if code and code[-1] == depth:
                code.pop()
            depth -= 1
        elif text[0] == "\\":
            style = text if text in _STYLES else ""
            before = before if style else ""
            continue
        elif text[0] in "%\n~$&#^_":
            before = ""
        else:
            if not (text.isascii() and before.isascii()):
                yield Stretch(token.start(), text, bool(code), before)
            before = text[-1]
        style = ""


def _clusters(stretch: Stretch) -> Iterator[Cluster]:
    offset = stretch.offset
    for text in clusters(stretch.text):
        yield Cluster(offset, text, LATIN if text.isascii() else script_of(text[0]))
        offset += len(text)


class _Equipping(MutableRecord):
    """One document on its way: the fonts it has been given so far, and what is to be put in."""

    rendered: RenderedTex
    engine: Engine
    hint: str
    by_name: bool
    main: Coverage
    fonts: dict[DefinedFont, int] = field(default_factory=dict)
    inserted: list[tuple[int, str]] = field(default_factory=list)

    def equipped(self, stretches: list[Stretch]) -> Equipped:
        lines = [(stretch, list(_clusters(stretch))) for stretch in stretches]
        if wrong_way := self._wrong_way(lines):
            return Equipped(self.rendered, (wrong_way,))
        missing = self._give_fonts(lines)
        if missing:
            message = "no font on this machine has {}"
            return Equipped(self.rendered, tuple(_holes(missing, self.rendered, message)))
        for stretch, line in lines:
            self._write(stretch, line)
        if not self.inserted:
            return Equipped(self.rendered)
        if backward := [cluster for _, line in lines for cluster in line if is_right_to_left(cluster.text)]:
            # babel sorts the runs of each line by Unicode's bidirectional algorithm.
            self.inserted.append((0, "\\PassOptionsToPackage{bidi=basic}{babel}\n"))
            self._part_values(backward)
        self.inserted.append((self.rendered.text.find(_BEGIN), definitions(self.fonts, self.by_name)))
        self.inserted.sort(key=lambda item: item[0])
        return Equipped(self.rendered.with_inserted(self.inserted))

    def _part_values(self, backward: list[Cluster]) -> None:
        """End each value that has text from right to left: the next one is no part of its run."""
        offsets = [cluster.offset for cluster in backward]
        ends = {}
        for item in self.rendered.mapped:
            at = bisect_left(offsets, item.end) - 1
            if at >= 0 and offsets[at] >= item.start:
                ends[item.end] = backward[at].font
        for end, font in ends.items():
            if font is not None and font.family.upright.has(["\u200e"]):
                self.inserted.append((end, rf'\cvfont{{{self.fonts[font]}}}{{\char"200E }}'))

    def _wrong_way(self, lines: list[tuple[Stretch, list[Cluster]]]) -> Diagnostic | None:
        """The first text that runs from right to left, where the engine cannot."""
        if self.engine.right_to_left:
            return None
        for _, line in lines:
            for cluster in line:
                if is_right_to_left(cluster.text):
                    message = f"{self.engine.name} cannot set text that runs from right to left: {{}}"
                    hints = [self.hint] if self.hint else []
                    return _holes([(cluster.offset, cluster.text)], self.rendered, message, hints)[0]
        return None

    def _give_fonts(self, lines: list[tuple[Stretch, list[Cluster]]]) -> list[tuple[int, str]]:
        """Set each cluster's font; gives those that no font has."""
        lacking: list[Cluster] = []
        for stretch, line in lines:
            covered = CURSOR if stretch.is_code else self.main
            for cluster in line:
                if not all(char in covered for char in cluster.text):
                    lacking.append(cluster)
                    if cluster.script == LATIN and len(cluster.text) > 1:
                        cluster.script = SYMBOL if cluster.text[0].isascii() else LATIN
        # Words of one script are not made of two fonts.
        whole = {cluster.script for cluster in lacking} - {LATIN, SYMBOL}
        lacking_ids = {id(cluster) for cluster in lacking}
        foreign: dict[str, list[Cluster]] = {}
        default = self._east_asian_default(lines)
        for stretch, line in lines:
            for cluster in line:
                if id(cluster) in lacking_ids or cluster.script in whole:
                    script = cluster.script
                    if script == "chinese":
                        script = east_asian_language(stretch.text) or default
                    foreign.setdefault(script, []).append(cluster)
        missing = []
        for script, members in foreign.items():
            found = fonts_for(script, [cluster.text for cluster in members])
            for cluster in members:
                if cluster.text in found and _LOST not in cluster.text:
                    cluster.font = set_up(script, found[cluster.text])
                else:
                    missing.append((cluster.offset, cluster.text))
        return sorted(missing)

    def _east_asian_default(self, lines: list[tuple[Stretch, list[Cluster]]]) -> str:
        """What characters stand for that Chinese, Japanese and Korean share and draw differently."""
        language, _, region = self.rendered.language.replace("_", "-").partition("-")
        if language == "zh":
            is_traditional = re.search(r"hant|TW|HK|MO", region, re.IGNORECASE)
            return "traditional chinese" if is_traditional else "chinese"
        known = {"ja": "japanese", "ko": "korean"}.get(language)
        return known or east_asian_language(" ".join(stretch.text for stretch, _ in lines)) or "chinese"

    def _write(self, stretch: Stretch, line: list[Cluster]) -> None:
        """Put in the font commands of a stretch, and the places where its lines may break."""
        self._join(line)
        before = stretch.before
        opened: DefinedFont | None = None
        for cluster in line:
            breaks = bool(before) and may_break(before, cluster.text[0])
            if cluster.font != opened and opened is not None:
                self.inserted.append((cluster.offset, "}"))
            if breaks:
                self.inserted.append((cluster.offset, _BREAK))
            if cluster.font != opened and cluster.font is not None:
                number = self.fonts.setdefault(cluster.font, len(self.fonts) + 1)
                self.inserted.append((cluster.offset, rf"\cvfont{{{number}}}{{"))
            opened = cluster.font
            before = cluster.text[0]
        if opened is not None:
            self.inserted.append((stretch.offset + len(stretch.text), "}"))

    @staticmethod
    def _join(line: list[Cluster]) -> None:
        """Give spaces, figures and punctuation between words of one font that font too."""
        last: int | None = None
        for at, cluster in enumerate(line):
            if cluster.font is None:
                continue
            if last is not None and at > last + 1:
                font = cluster.font
                between = line[last + 1 : at]
                text = "".join(item.text for item in between)
                if font == line[last].font and font.takes_in(text) and _BETWEEN.fullmatch(text):
                    for item in between:
                        item.font = font
            last = at


def _named(cluster: str) -> str:
    """Characters for a reader: as they look, where they do, with their code points and names."""
    codes = " ".join(f"U+{ord(char):04X}" for char in cluster)
    name = unicodedata.name(cluster[0], "").lower()
    # The names of ideographs are but their code points.
    described = codes if not name or name.endswith(f"-{ord(cluster[0]):04x}") else f"{codes}, {name}"
    return f"{cluster} ({described})" if cluster.isprintable() else described


def _listed(found: Sequence[str]) -> str:
    """The first few of some characters, and how many more there are."""
    distinct = list(dict.fromkeys(found))
    more = f" and {len(distinct) - _SHOWN} more" if len(distinct) > _SHOWN else ""
    return ", ".join(map(_named, distinct[:_SHOWN])) + more


def _never_printed(found: Sequence[str]) -> str | None:
    """What to do about characters that no font and no engine helps."""
    categories = {unicodedata.category(cluster[0]) for cluster in found}
    if any(_LOST in cluster for cluster in found):
        return "write the character that was meant: this one stands where a conversion lost it"
    if "Co" in categories:
        return "delete it: a character of private use has a meaning in its own font alone"
    if "Cn" in categories:
        return f"delete it: Unicode {unicodedata.unidata_version} has no such character"
    return None


def _font_hint(found: Sequence[str]) -> str:
    """What brings a font for the characters."""
    packages = dict.fromkeys(_PACKAGES.get(script_of(cluster[-1]), _OTHER_PACKAGE) for cluster in found)
    return f"install a font that has it: `apt install {' '.join(packages)}` on Debian and Ubuntu"


def _place_of(cluster: str, offset: int, rendered: RenderedTex) -> Span | None:
    """Where a character at an offset of the TeX stands in the user's file; its value where it is decoded."""
    span = rendered.innermost(offset)
    if span is None:
        return None
    # As it is, decomposed, or as an escape of YAML's.
    code = rf"(?i:\\[xu]0*{ord(cluster[0]):x}(?![0-9a-f]))"
    typed = "|".join((re.escape(cluster), re.escape(unicodedata.normalize("NFD", cluster)), code))
    if found := re.search(typed, span.text):
        return Span(span.source, span.start + found.start(), span.start + found.end())
    return span.first_line()


def _holes(
    found: Sequence[tuple[int, str]], rendered: RenderedTex, message: str, hints: Sequence[str] = ()
) -> list[Diagnostic]:
    """One `missing-character` for each value with characters that would leave holes in the page.

    `found` has their offsets in the TeX. `message` takes their list as `{}`;
    without `hints` a font is proposed. Neither is said of what can never be printed.
    """
    by_value: dict[Span | None, list[tuple[int, str]]] = {}
    for offset, cluster in found:
        by_value.setdefault(rendered.innermost(offset), []).append((offset, cluster))
    made = []
    for here in by_value.values():
        characters = [cluster for _, cluster in here]
        offset, first = here[0]
        never = _never_printed(characters)
        made.append(
            Diagnostic(
                "missing-character",
                ("{} cannot be printed" if never else message).format(_listed(characters)),
                _place_of(first, offset, rendered),
                hints=(never,) if never else tuple(hints) or (_font_hint(characters),),
            )
        )
    return list(dict.fromkeys(made))
