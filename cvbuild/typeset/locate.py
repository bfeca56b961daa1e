"""The place in the user's files that an error of TeX arose from.

An error's context tells what TeX was reading, from the innermost macro or argument out to
the line of the document. That text is looked for in the document, backwards from where TeX
stood, and the source map leads from there to the value or to the line of a template.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from cvbuild.record import Record, replace
from cvbuild.render.sourcemap import Kind, MappedSpan, RenderedTex
from cvbuild.source import Span
from cvbuild.typeset.messages import Level, TexMessage, levels

_SPACE = re.compile(r"\s+")
_SHOWN = re.compile(
    r"(?P<comment>%[^\n]*(?:\n[ \t]*)?)|(?P<paragraph>[ \t]*\n[ \t]*\n\s*)|(?P<blank>\s+)"
    r"|(?P<text>(?:\\\S|[^\s%\\])+|\\)"
)
_DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|[gex]?def|DeclareRobustCommand|NewDocumentCommand)\*?\s*\{?"
    r"(?P<macro>\\[A-Za-z@]+|\\.)|\\(?:re)?newenvironment\*?\s*\{(?P<name>[^}]+)\}"
)
_TOKEN = re.compile(r"(?:\\[A-Za-z@]+|\\.|.)$", re.DOTALL)
# How YAML begins a value: its tag and anchor, and a block's indicator with the rest of that line.
_HEADER = re.compile(r"(?:[!&]\S*\s+)*(?:[|>][^\n]*\n)?")
_FARTHEST = 20_000
"""Characters between where TeX stood and the beginning of what it was reading."""
_FARTHEST_INSIDE = 4_000
"""The same, within the definition of a macro."""


class Culprit(Record):
    """Where an error arose: the place for the user, and the offset in the document.

    `origin` is the same for all errors of one value or one template. `definition` is the
    place within the macro of the user that did it, and `macro` that macro's name. `is_certain` is
    false for what only stands nearest.
    """

    span: Span | None = None
    offset: int | None = None
    kind: Kind | None = None
    origin: object = None
    token: str = ""
    macro: str = ""
    definition: Span | None = None
    is_certain: bool = False


class _Spot(Record):
    """A stretch of the document that TeX may have stumbled over: the token that ends at an offset."""

    end: int
    token: str


class _Trail(Record):
    """What an error's context leads to.

    `spots` is what TeX was reading, innermost first, up to the offset `stood`. `inside` is the spot
    within the definition of `macro`. `named` are the places of the `needles`, TeX that the error may
    be about, best first. `unknown` is a command that TeX does not know.
    """

    stood: int
    spots: Sequence[_Spot]
    inside: _Spot | None
    macro: str
    needles: Sequence[str]
    named: Sequence[_Spot]
    unknown: str


class Locator:
    """Finds culprits in one document."""

    def __init__(self, rendered: RenderedTex) -> None:
        self.rendered = rendered
        self.text = rendered.text

    def locate(self, message: TexMessage, needles: Sequence[str] = (), unknown: str = "") -> Culprit:
        """Where an error arose: in the user's raw TeX, in a template, or in text; else what is nearest.

        `needles` is TeX that it may be about, best first; `unknown` is a command that TeX does not know.
        """
        known = levels(message.context)
        stood = self._stood(message, known)
        if stood is None and not needles:
            return Culprit()
        spots, inside, macro = self._spots(stood, known) if stood is not None else ([], None, "")
        stood = len(self.text) if stood is None else stood
        # What lies between is left out after a hundred levels, which only a macro that calls itself fills.
        if "\n...\n" in message.context and known and known[0].name:
            spots = [*self._before(known[0].name, stood), *spots]
        named = [spot for needle in needles for spot in self._before(needle, stood)]
        trail = _Trail(stood, spots, inside, macro, needles, named, unknown)
        found = self._in_raw_tex(trail) or self._in_template(trail) or self._in_text(trail)
        return found or self._nearest(trail)

    def _in_raw_tex(self, trail: _Trail) -> Culprit | None:
        """The user's raw TeX that TeX was reading, or that upset the macro around it, or that was named."""
        mapped = self.rendered.mapped
        chosen = self._first(trail.spots, mapped, {"tex"})
        if chosen is None and len(trail.spots) > 1:
            item = self._last_before(trail.stood, {"tex"})
            if item and item.start >= min(spot.end for spot in trail.spots):
                chosen = _Spot(item.end, ""), item
        chosen = chosen or self._first(trail.named, mapped, {"tex"})
        if chosen is None:
            return None
        definition = self._defined(trail.inside) if trail.inside else None
        spot = self._sharper(*chosen, trail.needles)
        return self._culprit(spot, chosen[1], trail.macro if definition else "", definition)

    def _in_template(self, trail: _Trail) -> Culprit | None:
        """A line of the user's own templates; or of the theme's, with the command that is unknown."""
        templates = self.rendered.templates
        inside = [trail.inside] if trail.inside else []
        if mine := self._first([*inside, *trail.spots, *trail.named], templates, {"template"}):
            return self._culprit(self._sharper(*mine, trail.needles), mine[1])
        theirs = self._first(trail.spots, templates, {"theme"})
        if theirs and trail.unknown and theirs[0].token == trail.unknown:
            return self._culprit(*theirs)
        return None

    def _in_text(self, trail: _Trail) -> Culprit | None:
        """Text that holds what the error is about."""
        value = self._first(trail.named, self.rendered.mapped, {"text"})
        return self._culprit(*value) if value else None

    def _nearest(self, trail: _Trail) -> Culprit:
        """What stands nearest, which is not certain."""
        stood = trail.stood
        line = self.rendered.line_at(stood)
        item = (
            self._last_before(stood, {"tex"})
            or next(self.rendered.on_lines(line, line), None)
            or self._last_before(stood, {"text"})
        )
        if item:
            spot = self._sharper(_Spot(item.end, ""), item, trail.needles)
            return replace(self._culprit(spot, item), is_certain=False)
        theme = self._first([*trail.spots, _Spot(stood, "")], self.rendered.templates, {"theme"})
        return replace(self._culprit(*theme), is_certain=False) if theme else Culprit(offset=stood)

    def macros(self) -> frozenset[str]:
        """The commands that the document itself defines."""
        return frozenset(self._definitions)

    @cached_property
    def _definitions(self) -> dict[str, list[int]]:
        """Where the document defines each of its macros and environments: the offsets behind their names."""
        found: dict[str, list[int]] = {}
        for match in _DEFINITION.finditer(self.text):
            names = [match["macro"]] if match["macro"] else [f"\\{match['name']}", f"\\end{match['name']}"]
            for name in names:
                found.setdefault(name, []).append(match.end())
        return found

    def _stood(self, message: TexMessage, known: Sequence[Level]) -> int | None:
        """The offset of the document up to which TeX had read."""
        if message.first_line is None or message.first_line > len(self.rendered.line_starts):
            return None
        line = self.rendered.line(message.first_line)
        start = self.rendered.line_starts[message.first_line - 1]
        read = next((level.read for level in known if level.kind == "line"), None)
        if read is None:
            return start + len(line)
        tail = read.removeprefix("...")
        if line.startswith(tail) and not read.startswith("..."):
            return start + len(tail)
        at = line.rfind(tail)
        return start + (at + len(tail) if at >= 0 and tail else len(line))

    def _spots(self, stood: int, known: Sequence[Level]) -> tuple[list[_Spot], _Spot | None, str]:
        """What TeX was reading, innermost first; and the spot within the definition of a macro."""
        spots = [self._spot(stood)]
        low, high = max(0, stood - _FARTHEST), stood
        inside: _Spot | None = None
        macro = ""
        for level in reversed(known):
            if level.kind == "argument":
                if found := self._find(level, low, high):
                    low, high, inside = found[0], max(found[1], high), None
                    spots.append(self._spot(found[1]))
                elif inside and (found := self._find(level, inside.end - _FARTHEST_INSIDE, inside.end)):
                    inside = self._spot(found[1])
            elif level.kind == "macro":
                used = None if inside else self._command_start(low, spots[-1].end)
                if used is not None and self.text.startswith(level.name, used):
                    spots.append(_Spot(used + len(level.name), level.name))
                    low = used
                if (begin := self._definition(level.name, stood)) is not None and (
                    found := self._find(level, begin, begin + _FARTHEST_INSIDE)
                ):
                    inside, macro = self._spot(found[1]), level.name
        return spots[::-1], inside, macro

    def _sharper(self, spot: _Spot, item: MappedSpan, needles: Sequence[str]) -> _Spot:
        """What an error is about, where that stands in the stretch before the spot.

        Else the whole of the command whose brace the spot is.
        """
        for needle in needles:
            for found in self._before(needle, spot.end + 1):
                if found.end - len(needle) >= item.start:
                    return found
        if spot.token == "}" and (start := self._command_start(item.start, spot.end)) is not None:
            return _Spot(spot.end, self.text[start : spot.end])
        return spot

    def _command_start(self, low: int, end: int) -> int | None:
        """Where the command begins whose argument a brace closes just before an offset."""
        depth = 0
        for at in range(end - 1, low - 1, -1):
            if self.text[at] in "{}" and self.text[at - 1 : at] != "\\":
                depth += 1 if self.text[at] == "}" else -1
                if depth == 0 and self.text[at - 1 : at] != "}":
                    match = re.search(r"\\[A-Za-z@]+\*?(?:\[[^\]]*\])?(?:\\[A-Za-z@]+)?$", self.text[low:at])
                    return low + match.start() if match else None
        return None

    def _spot(self, end: int) -> _Spot:
        """The token before an offset; blanks after it, which TeX skips, left out."""
        end -= len(self.text[:end]) - len(self.text[:end].rstrip())
        match = _TOKEN.search(self.text, max(0, self.text.rfind("\\", 0, end)), end)
        if match is None or match.end() != end:
            return _Spot(end, self.text[end - 1 : end])
        return _Spot(end, match[0])

    @cached_property
    def _packed(self) -> tuple[str, list[int]]:
        """The document as TeX shows what it read, without blanks; and where each character stands.

        It shows no comments, and a blank line as `\\par`.
        """
        written: list[str] = []
        at: list[int] = []
        for match in _SHOWN.finditer(self.text):
            if match.lastgroup == "paragraph":
                written.append(r"\par")
                at.extend([match.start()] * 4)
            elif match.lastgroup == "text":
                written.append(match[0])
                at.extend(range(match.start(), match.end()))
        return "".join(written), at

    def _find(self, level: Level, low: int, high: int) -> tuple[int, int] | None:
        """The last place between two offsets with a level's text: its start, and where TeX stood in it."""
        packed, at = self._packed
        read, rest = (_SPACE.sub("", part).replace("##", "#") for part in (level.read, level.rest))
        read, rest = read.removeprefix("...")[-80:], rest.removesuffix("ETC.").removesuffix("...")[:60]
        if not read + rest:
            return None
        begin, end = bisect_left(at, low), bisect_left(at, high)
        found = packed.rfind(read + rest, begin, end)
        if found < 0:
            return None
        return at[found], at[found + len(read) - 1] + 1 if read else at[found]

    def _definition(self, name: str, before: int) -> int | None:
        """Where the document defines a macro, at last before an offset."""
        places = self._definitions.get(name, ())
        at = bisect_right(places, before)
        return places[at - 1] if at else None

    def _before(self, needle: str, stood: int) -> Iterator[_Spot]:
        """The occurrences of some TeX up to an offset, the last one first; a few of them."""
        end = min(len(self.text), stood + len(needle))
        letters = r"(?![A-Za-z@])" if needle[-1:].isalpha() and needle.startswith("\\") else ""
        places = [match.end() for match in re.finditer(re.escape(needle) + letters, self.text[:end])]
        for place in reversed(places[-20:]):
            yield _Spot(place, needle)

    def _first(
        self, spots: Sequence[_Spot], mapped: Sequence[MappedSpan], kinds: set[Kind]
    ) -> tuple[_Spot, MappedSpan] | None:
        """The first spot that lies in a stretch of one of the kinds."""
        for spot in spots:
            if (item := _containing(mapped, spot.end)) and item.kind in kinds:
                return spot, item
        return None

    def _last_before(self, offset: int, kinds: set[Kind]) -> MappedSpan | None:
        """The last value before an offset, of one of the kinds."""
        mapped = self.rendered.mapped
        for at in range(bisect_right([item.start for item in mapped], offset) - 1, -1, -1):
            if mapped[at].kind in kinds:
                return mapped[at]
        return None

    def _defined(self, inside: _Spot) -> Span | None:
        """The user's own line that a spot within a definition stands on."""
        found = self._first([inside], self.rendered.mapped, {"tex"})
        found = found or self._first([inside], self.rendered.templates, {"template"})
        return self._source_span(*found) if found else None

    def _culprit(
        self, spot: _Spot, item: MappedSpan, macro: str = "", definition: Span | None = None
    ) -> Culprit:
        name = item.span.source.name
        origin = (name, item.span.start) if item.kind in {"tex", "text"} else name
        return Culprit(
            self._source_span(spot, item), spot.end, item.kind, origin, spot.token, macro, definition, True
        )

    def _source_span(self, spot: _Spot, item: MappedSpan) -> Span:
        """A token in the file that the stretch came from; its line, or the value's first one, without it.

        The same token may stand there several times: the how-manieth is counted in the TeX.
        """
        if item.kind == "text":
            # What is typed as text is written otherwise in TeX, but for the characters of other scripts.
            at = item.span.text.find(spot.token) if not spot.token.isascii() else -1
            start = item.span.start + at
            return (
                item.span.first_line() if at < 0 else Span(item.span.source, start, start + len(spot.token))
            )
        written = self.text[item.start : spot.end] if spot.token else ""
        source = item.span.source
        header = _HEADER.match(item.span.text) if item.kind == "tex" else None
        begin = header.end() if header else 0
        if spot.token.strip():
            follows = (
                r"(?![A-Za-z@])" if re.match(r"\\[A-Za-z@]", spot.token) and spot.token[-1:].isalpha() else ""
            )
            token = re.compile(re.escape(spot.token) + follows)
            count = len(token.findall(written))
            places = list(token.finditer(item.span.text, begin))
            if 0 < count <= len(places):
                place = places[count - 1]
                return Span(source, item.span.start + place.start(), item.span.start + place.end())
        if header and header[0].endswith("\n"):
            line = source.position(item.span.start + begin)[0] + written.rstrip().count("\n")
            return source.span_of_line(line)
        return item.span.first_line()


def _containing(mapped: Sequence[MappedSpan], end: int) -> MappedSpan | None:
    """The innermost stretch that holds the character before an offset."""
    at = bisect_right([item.start for item in mapped], end - 1) - 1
    while at >= 0 and mapped[at].end < end:
        at -= 1
    return mapped[at] if at >= 0 else None
