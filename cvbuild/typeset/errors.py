"""Report TeX's errors in plain words, at the place in the user's files that caused them.

`tex_errors.yaml` explains TeX's messages; it is read only after an error. An error's context shows the
text that TeX was reading, from the innermost macro or argument out to the line of the document. The
locator searches the document for that text, backwards from the offset that TeX had reached, and maps
the match to a value or to a line of a template.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache, cached_property
from typing import Literal

from cvbuild.content.reader import Content, shipped_table
from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.record import Record, replace
from cvbuild.render.sourcemap import Kind, MappedSpan, RenderedTex
from cvbuild.source import SourceFile, Span
from cvbuild.typeset.engine import JOB_NAME
from cvbuild.typeset.log import STOPS, Level, TexMessage, levels

_OUR_MISTAKE = (
    "this template came with cvbuild: without a `preamble.tex` or `macros.tex` of your own, please report it"
)
_BRACE_OR_COMMENT = re.compile(r"\\.|%[^\n]*|[{}]", re.DOTALL)
_NEAR = 0.75
"""Minimum similarity of a proposed name, 0 to 1; high, as there are many short commands to be similar to."""
# Text that a context leaves out between two of its characters.
_BLANKS = r"(?:\s|%[^\n]*\n)*"
_PARAGRAPH = r"(?:\\par|\n\s*\n)"
_DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|[gex]?def|DeclareRobustCommand|NewDocumentCommand)\*?\s*\{?"
    r"(?P<macro>\\[A-Za-z@]+|\\.)|\\(?:re)?newenvironment\*?\s*\{(?P<name>[^}]+)\}"
)
_TOKEN = re.compile(r"(?:\\[A-Za-z@]+|\\.|.)$", re.DOTALL)
# The beginning of a value in YAML: tag and anchor, and a block's indicator with the rest of its line.
_HEADER = re.compile(r"(?:[!&]\S*\s+)*(?:[|>][^\n]*\n)?")
_FARTHEST = 20_000
"""Maximum distance to search back from the offset that TeX had reached, in characters."""
_FARTHEST_INSIDE = 4_000
"""Maximum distance to search within the definition of a macro, in characters."""
_MOST_PLACES = 20
"""Maximum number of occurrences of a needle that are tried."""


class Cause(Content, kw_only=True):
    """A pattern of TeX's messages (a regular expression) and their meaning: a sentence and a hint.

    `needles` is TeX code that may have caused the error, best first. `weight` decides between errors of
    one origin: always report `own`; report `first` unless an earlier error explains it; replace `vague`
    by a later error that says more.
    """

    message: str
    sentence: str
    hint: str = ""
    weight: Literal["own", "first", "vague"] = "first"
    needles: tuple[str, ...] = ()


class _Table(Content, kw_only=True):
    """The contents of `tex_errors.yaml`; blanks separate the names of commands and environments."""

    causes: tuple[Cause, ...]
    commands: str
    environments: str
    packages: dict[str, str]


_table = cache(lambda: shipped_table(_Table, "typeset", "tex_errors.yaml"))


class Culprit(Record):
    """The cause of an error: the place in the user's file, and the offset in the document.

    `origin` is equal for all errors of one value or one template. `definition` is the place that TeX had
    reached in the definition of the user's `macro`. `is_certain` is false for a place that is a guess.
    """

    span: Span | None = None
    offset: int | None = None
    kind: Kind | None = None
    origin: object = None
    token: str = ""
    macro: str = ""
    definition: Span | None = None
    is_certain: bool = False


class _Error(Record):
    """An error with its meaning and its cause in the document."""

    message: TexMessage
    meaning: Cause
    culprit: Culprit


def errors(said: Iterable[TexMessage], rendered: RenderedTex) -> list[Diagnostic]:
    """Return the errors, without those that follow from an earlier error."""
    if unpaired := unpaired_braces(rendered):
        return unpaired
    locator = Locator(rendered)
    kept: list[_Error] = []
    by_origin: dict[object, int] = {}
    stops: list[_Error] = []
    for message in said:
        # TeX stopped at the last command of the innermost level; without levels, use the first line.
        known = levels(message.context)
        read = known[0].read if known else message.context.split("\n", 1)[0]
        command = (re.findall(r"\\(?:[A-Za-z@]+|.)", read) or [""])[-1]
        # tex.web, `fatal_error`: the reason follows in brackets.
        reason = re.search(r"^\*\*\* \((.*)\)$", message.context, re.MULTILINE)
        said_whole = f"{message.message} {reason[1]}" if reason else message.message
        # The token that TeX will read again after it inserted something before it.
        again = re.search(r"^<to be read again> *\n *(\S+)", message.context, re.MULTILINE)
        means = meaning(said_whole, command, again[1] if again else "", locator.macros)
        culprit = locator.locate(message, means.needles, command if means.weight == "own" else "")
        error, origin = _Error(message, means, culprit), culprit.origin
        is_own = means.weight == "own" and (not command or command == culprit.token)
        # Such an error explains an earlier vague one.
        says_more = means.weight == "first" and (not means.needles or culprit.token in means.needles)
        if STOPS.match(message.message):
            stops.append(error)
        elif kept and not culprit.is_certain:
            continue
        elif is_own or origin not in by_origin:
            by_origin.setdefault(origin, len(kept))
            kept.append(error)
        elif says_more and kept[by_origin[origin]].meaning.weight == "vague":
            kept[by_origin[origin]] = error
    certain = [error for error in kept if error.culprit.is_certain or error.meaning.weight != "vague"]
    return list(dict.fromkeys(_diagnostic(error, rendered) for error in certain or kept or stops[:1]))


def _diagnostic(error: _Error, rendered: RenderedTex) -> Diagnostic:
    culprit, labels = error.culprit, []
    if culprit.definition is not None:
        labels.append(Label(culprit.definition, f"`{culprit.macro}` is defined here"))
    if culprit.offset is not None:
        number = rendered.line_at(culprit.offset)
        generated = SourceFile(f"{JOB_NAME}.tex", "\n" * (number - 1) + rendered.line(number))
        text = f"TeX says: {_plain(error.message.message)}"
        labels.append(Label(generated.span_of_line(number - 1), text))
    hints = (error.meaning.hint, *([_OUR_MISTAKE] if culprit.kind == "theme" else []))
    return Diagnostic("tex-error", error.meaning.sentence, culprit.span, labels=tuple(labels), hints=hints)


def unpaired_braces(rendered: RenderedTex) -> list[Diagnostic]:
    """Return one `tex-error` for each template of the user's preamble that has an unpaired brace."""
    begin = rendered.text.find(r"\begin{document}")
    open_braces: dict[str, list[Span]] = {}
    closing: dict[str, Span] = {}
    for item in rendered.templates:
        if item.kind != "template" or item.start >= begin:
            continue
        opened = open_braces.setdefault(item.span.source.name, [])
        for found in _BRACE_OR_COMMENT.finditer(rendered.text, item.start, item.end):
            at = item.span.start + found.start() - item.start
            here = Span(item.span.source, at, at + 1)
            if found[0] == "{":
                opened.append(here)
            elif found[0] == "}" and opened:
                opened.pop()
            elif found[0] == "}":
                closing.setdefault(item.span.source.name, here)
    places = [*closing.values(), *(spans[0] for spans in open_braces.values() if spans)]
    texts = [f"a `{place.text}` in this file has no partner" for place in places]
    hints = ("count the braces of the definition that it belongs to",)
    return [Diagnostic("tex-error", *problem, hints=hints) for problem in zip(texts, places, strict=True)]


def meaning(message: str, command: str = "", again: str = "", defined: Iterable[str] = frozenset()) -> Cause:
    """Return the meaning of a message of TeX.

    `command` is the one that TeX stopped at, `again` the token before which TeX inserted something, and
    `defined` are the commands that the document defines.
    """
    whole = re.sub(" +", " ", message).rstrip(".")
    if again and whole == "Missing $ inserted":
        whole += f" before {again}"
    for cause in _table().causes:
        if match := re.search(cause.message, whole):
            groups = [group for group in match.groups() if group is not None] or [""]
            values = {"0": groups[0], "1": groups[min(1, len(groups) - 1)], "command": command or "here"}

            def filled(text: str, values: dict[str, str] = values) -> str:
                return re.sub(r"\{(0|1|command)\}", lambda name: values[name[1]], text)

            hint = filled(cause.hint) or _hint_for_name(groups[0] or command, defined)
            needles = tuple(map(filled, cause.needles))
            return replace(cause, sentence=filled(cause.sentence), hint=hint, needles=needles)
    text = _plain(message)
    needles = tuple(re.findall(r"\\[A-Za-z]+", text))
    sentence = f"TeX cannot go on: {text}"
    return Cause(message=message, sentence=sentence, hint="look at the log", needles=needles)


def _plain(message: str) -> str:
    """Return a message of TeX without the prefix of LaTeX, a class or a package."""
    return re.sub(r"^(?:LaTeX(?: \w+)? Error: |Package )", "", message).rstrip(".")


def _hint_for_name(name: str, defined: Iterable[str]) -> str:
    """Return the hint for an unknown command or environment."""
    for package, names in _table().packages.items():
        if name in names.split():
            return rf"load its package, with `\usepackage{{{package}}}` in `latex_templates/macros.tex`"
    is_command = name.startswith("\\")
    known = [*_table().commands.split(), *defined] if is_command else _table().environments.split()
    nearness = [SequenceMatcher(None, name.casefold(), other.casefold()).ratio() for other in known]
    best = max(range(len(known)), key=nearness.__getitem__)
    return f"did you mean `{known[best]}`?" if nearness[best] >= _NEAR else "check its spelling"


class _Spot(Record):
    """A candidate for a cause: a token of the document, and the offset of its end."""

    end: int
    token: str


class Locator:
    """Locates errors of one document."""

    def __init__(self, rendered: RenderedTex) -> None:
        self.rendered = rendered
        self.text = rendered.text

    def locate(self, message: TexMessage, needles: Sequence[str], unknown: str) -> Culprit:
        """Return the cause of an error: the first that a strategy finds, else the nearest value.

        `needles` is TeX code that may be the cause, best first; `unknown` is a command unknown to TeX.
        """
        known = levels(message.context)
        reached = self._offset_reached(message, known)
        if reached is None and not needles:
            return Culprit()
        spots, inside, macro = self._spots(reached, known) if reached is not None else ([], [], "")
        reached = len(self.text) if reached is None else reached
        # TeX shows at most a hundred levels: if some are left out, a macro calls itself.
        if "\n...\n" in message.context and known and known[0].name:
            spots = [*self._before(known[0].name, reached), *spots]
        named = [spot for needle in needles for spot in self._before(needle, reached)]
        if found := self._in_raw_tex(reached, spots, named, needles):
            line = self._first(inside, "tex") or self._first(inside, "template")
            return replace(found, macro=macro, definition=self._source_span(*line)) if line else found
        if found := self._in_template([*inside, *spots, *named], spots, needles, unknown):
            return found
        # The needle may be in a text, as `例` under pdflatex.
        text = self._first(named, "text")
        return self._culprit(*text) if text else self._nearest(reached, spots, needles)

    def _in_raw_tex(
        self, reached: int, spots: Sequence[_Spot], named: Sequence[_Spot], needles: Sequence[str]
    ) -> Culprit | None:
        r"""Return the user's raw TeX: being read, else in the macro being read, else with a needle.

        `text: !tex '\emhp{x}'` fails while TeX reads the line of a template that contains the value.
        In `text: !tex '\mine{\emhp{x}}'` the command is in an argument of the user's macro.
        """
        chosen = self._first(spots, "tex")
        item = self._last_before(reached, "tex") if chosen is None and len(spots) > 1 else None
        if item and item.start >= min(spot.end for spot in spots):
            chosen = _Spot(item.end, ""), item
        chosen = chosen or self._first(named, "tex")
        return self._culprit(self._refined(*chosen, needles), chosen[1]) if chosen else None

    def _in_template(
        self, spots: Sequence[_Spot], read: Sequence[_Spot], needles: Sequence[str], unknown: str
    ) -> Culprit | None:
        r"""Return a line of the user's templates, or a line of the theme's with the unknown command.

        `\usepackage{nosuchpackage}` in the user's `macros.tex` fails in a template. A theme's template
        fails if the user's macros undefine one of its commands (`\let\cvpar\undefined`).
        """
        if user_line := self._first(spots, "template"):
            return self._culprit(self._refined(*user_line, needles), user_line[1])
        theme_line = self._first(read, "theme") if unknown else None
        return self._culprit(*theme_line) if theme_line and theme_line[0].token == unknown else None

    def _nearest(self, reached: int, spots: Sequence[_Spot], needles: Sequence[str]) -> Culprit:
        """Return the nearest value or line of the theme; the result is not certain."""
        line = self.rendered.line_at(reached)
        on_line = next(self.rendered.on_lines(line, line), None)
        if item := self._last_before(reached, "tex") or on_line or self._last_before(reached, "text"):
            spot = self._refined(_Spot(item.end, ""), item, needles)
            return replace(self._culprit(spot, item), is_certain=False)
        theme = self._first([*spots, _Spot(reached, "")], "theme")
        return replace(self._culprit(*theme), is_certain=False) if theme else Culprit(offset=reached)

    @cached_property
    def macros(self) -> dict[str, list[int]]:
        """For each macro and environment of the document, the offsets after the name in its definitions."""
        found: dict[str, list[int]] = {}
        for match in _DEFINITION.finditer(self.text):
            names = [match["macro"]] if match["macro"] else [f"\\{match['name']}", f"\\end{match['name']}"]
            for name in names:
                found.setdefault(name, []).append(match.end())
        return found

    def _offset_reached(self, message: TexMessage, known: Sequence[Level]) -> int | None:
        """Return the offset in the document up to which TeX had read; None if the log does not say."""
        if message.first_line is None or message.first_line > len(self.rendered.line_starts):
            return None
        line = self.rendered.line(message.first_line)
        start = self.rendered.line_starts[message.first_line - 1]
        read = next((level.read for level in known if level.kind == "line"), "...")
        tail = read.removeprefix("...")
        at = 0 if tail == read and line.startswith(tail) else line.rfind(tail) if tail else -1
        return start + (at + len(tail) if at >= 0 else len(line))

    def _spots(self, reached: int, known: Sequence[Level]) -> tuple[list[_Spot], list[_Spot], str]:
        """Return ends of levels being read, innermost first; the end in a macro's definition; its name."""
        spots = [self._spot(reached)]
        low, high = max(0, reached - _FARTHEST), reached
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
                # The last definition before that offset is in force.
                begin = max((at for at in self.macros.get(level.name, ()) if at <= reached), default=None)
                if begin is not None and (found := self._find(level, begin, begin + _FARTHEST_INSIDE)):
                    inside, macro = self._spot(found[1]), level.name
        return spots[::-1], [inside] if inside else [], macro

    def _refined(self, spot: _Spot, item: MappedSpan, needles: Sequence[str]) -> _Spot:
        """Return the best needle before a spot in its stretch, else the command that a spot's `}` ends."""
        for needle in needles:
            for found in self._before(needle, spot.end + 1):
                if found.end - len(needle) >= item.start:
                    return found
        if spot.token == "}" and (start := self._command_start(item.start, spot.end)) is not None:
            return _Spot(spot.end, self.text[start : spot.end])
        return spot

    def _command_start(self, low: int, end: int) -> int | None:
        """Return the start of the command whose argument ends with the brace before an offset."""
        depth = 0
        for at in range(end - 1, low - 1, -1):
            if self.text[at] in "{}" and self.text[at - 1 : at] != "\\":
                depth += 1 if self.text[at] == "}" else -1
                if depth == 0 and self.text[at - 1 : at] != "}":
                    match = re.search(r"\\[A-Za-z@]+\*?(?:\[[^\]]*\])?(?:\\[A-Za-z@]+)?$", self.text[low:at])
                    return low + match.start() if match else None
        return None

    def _spot(self, end: int) -> _Spot:
        """Return the token before an offset; blanks between are skipped."""
        end = len(self.text[:end].rstrip())
        match = _TOKEN.search(self.text, max(0, self.text.rfind("\\", 0, end)), end)
        return _Spot(end, match[0] if match else "")

    def _find(self, level: Level, low: int, high: int) -> tuple[int, int] | None:
        """Return the last match of a level's text between two offsets: its start, and its end of `read`."""
        parts = level.read.removeprefix("..."), level.rest.removesuffix("ETC.").removesuffix("...")
        read, rest = (re.findall(r"\\par(?![A-Za-z])|\S", part.replace("##", "#")) for part in parts)
        if not read and not rest:
            return None
        # A context has no comments and different blanks, and `\\par` for a blank line.
        shown = (
            "".join(_BLANKS + (_PARAGRAPH if token == r"\par" else re.escape(token)) for token in part)
            for part in (read[-80:], rest[:60])
        )
        pattern = re.compile(f"(?={'(?P<reached>)'.join(shown)})")
        found = list(pattern.finditer(self.text, max(0, low), high))
        return (found[-1].start(), found[-1].start("reached")) if found else None

    def _before(self, needle: str, reached: int) -> Iterator[_Spot]:
        """Yield the last occurrences of a needle up to an offset, latest first."""
        places = [match.end() for match in _pattern(needle).finditer(self.text[: reached + len(needle)])]
        for place in reversed(places[-_MOST_PLACES:]):
            yield _Spot(place, needle)

    def _first(self, spots: Sequence[_Spot], kind: Kind) -> tuple[_Spot, MappedSpan] | None:
        """Return the first spot whose innermost stretch has a kind, with that stretch."""
        mapped = self.rendered.mapped if kind in {"tex", "text"} else self.rendered.templates
        for spot in spots:
            at = bisect_right(mapped, spot.end - 1, key=lambda item: item.start) - 1
            while at >= 0 and mapped[at].end < spot.end:
                at -= 1
            if at >= 0 and mapped[at].kind == kind:
                return spot, mapped[at]
        return None

    def _last_before(self, offset: int, kind: Kind) -> MappedSpan | None:
        """Return the last value of a kind that starts at or before an offset."""
        before = (item for item in reversed(self.rendered.mapped) if item.start <= offset)
        return next((item for item in before if item.kind == kind), None)

    def _culprit(self, spot: _Spot, item: MappedSpan) -> Culprit:
        name, span = item.span.source.name, self._source_span(spot, item)
        origin = (name, item.span.start) if item.kind in {"tex", "text"} else name
        return Culprit(span, spot.end, item.kind, origin, spot.token, is_certain=True)

    def _source_span(self, spot: _Spot, item: MappedSpan) -> Span:
        """Return a token's place in the source file of a stretch, else its line, else the first line."""
        span, token = item.span, spot.token
        if item.kind == "text":
            # ASCII text may be escaped in TeX; characters of other scripts are not.
            return span.first_line() if token.isascii() else span.part(token)
        written = self.text[item.start : spot.end] if token else ""
        header = _HEADER.match(span.text) if item.kind == "tex" else None
        begin = header.end() if header else 0
        # The stretch may have the token several times: count the occurrences in the TeX.
        count = len(_pattern(token).findall(written)) if token.strip() else 0
        places = list(_pattern(token).finditer(span.text, begin)) if count else []
        if 0 < count <= len(places):
            start, end = places[count - 1].span()
            return Span(span.source, span.start + start, span.start + end)
        if header and header[0].endswith("\n"):
            line = span.source.position(span.start + begin)[0] + written.rstrip().count("\n")
            return span.source.span_of_line(line)
        return span.first_line()


def _pattern(tex: str) -> re.Pattern[str]:
    """Return a pattern for TeX code; a command at its end does not match a longer command."""
    is_command = re.match(r"\\[A-Za-z@]", tex) and tex[-1].isalpha()
    return re.compile(re.escape(tex) + (r"(?![A-Za-z@])" if is_command else ""))
