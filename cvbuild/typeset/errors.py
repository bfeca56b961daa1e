"""TeX's errors, in plain words and at the user's own line.

What they mean is in `tex_errors.yaml`, which is read after an error only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from typing import Literal

from cvbuild.content.reader import Content, shipped_table
from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.record import Record
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import SourceFile, Span
from cvbuild.typeset.engine import JOB_NAME
from cvbuild.typeset.locate import Culprit, Locator
from cvbuild.typeset.messages import STOPS, TexMessage, levels

OUR_MISTAKE = (
    "this template came with cvbuild: without a `preamble.tex` or `macros.tex` of your own, please report it"
)
_BRACE_OR_COMMENT = re.compile(r"\\.|%[^\n]*|[{}]", re.DOTALL)


class Meaning(Content, kw_only=True):
    """An error as a sentence and a hint, and TeX that it may have arisen from, best first."""

    sentence: str
    hint: str = ""
    weight: Literal["own", "first", "vague"] = "first"
    needles: tuple[str, ...] = ()


class _Cause(Meaning, kw_only=True):
    """A message of TeX, as a regular expression, and what it means."""

    message: str


class _Table(Content, kw_only=True):
    """`tex_errors.yaml`; the names of commands and environments are separated by blanks."""

    causes: tuple[_Cause, ...]
    commands: str
    environments: str
    packages: dict[str, str]


@cache
def _table() -> _Table:
    return shipped_table(_Table, "typeset", "tex_errors.yaml")


class _Error(Record):
    """An error with what it means and where it arose."""

    message: TexMessage
    meaning: Meaning
    culprit: Culprit
    command: str

    @property
    def is_own(self) -> bool:
        """Whether it is one more, whatever came before it."""
        return self.meaning.weight == "own" and (not self.command or self.command == self.culprit.token)

    @property
    def says_more(self) -> bool:
        """Whether it explains what a vague error before it left open."""
        needles = self.meaning.needles
        return self.meaning.weight == "first" and (not needles or self.culprit.token in needles)


def errors(said: Iterable[TexMessage], rendered: RenderedTex) -> list[Diagnostic]:
    """The errors, without those that only follow from one before."""
    if unpaired := unpaired_braces(rendered):
        return unpaired
    locator = Locator(rendered)
    defined = locator.macros()
    kept: list[_Error] = []
    by_origin: dict[object, int] = {}
    stops: list[_Error] = []
    for message in said:
        command = _command(message)
        # tex.web, `fatal_error`: why TeX stops follows in brackets.
        reason = re.search(r"^\*\*\* \((.*)\)$", message.context, re.MULTILINE)
        said_whole = f"{message.message} {reason[1]}" if reason else message.message
        means = meaning(said_whole, command, _read_again(message), defined)
        error = _Error(
            message,
            means,
            locator.locate(message, means.needles, command if means.weight == "own" else ""),
            command,
        )
        origin = error.culprit.origin
        is_astray = bool(kept) and not error.culprit.is_certain
        if STOPS.match(message.message):
            stops.append(error)
        elif is_astray:
            continue
        elif error.is_own or origin not in by_origin:
            by_origin.setdefault(origin, len(kept))
            kept.append(error)
        elif kept[by_origin[origin]].meaning.weight == "vague" and error.says_more:
            kept[by_origin[origin]] = error
    certain = [error for error in kept if error.culprit.is_certain or error.meaning.weight != "vague"]
    return list(dict.fromkeys(_diagnostic(error, rendered) for error in certain or kept or stops[:1]))


def _command(message: TexMessage) -> str:
    """The command at which TeX stood: the last one of the innermost level's text."""
    known = levels(message.context)
    # Where TeX tells a message only, its first line has to do.
    read = known[0].read if known else message.context.split("\n", 1)[0]
    commands = re.findall(r"\\(?:[A-Za-z@]+|.)", read)
    return commands[-1] if commands else ""


def _read_again(message: TexMessage) -> str:
    """The token that TeX put back to insert something before it; empty where it did not."""
    match = re.search(r"^<to be read again> *\n *(\S+)", message.context, re.MULTILINE)
    return match[1] if match else ""


def _diagnostic(error: _Error, rendered: RenderedTex) -> Diagnostic:
    culprit = error.culprit
    labels = []
    if culprit.definition is not None:
        labels.append(Label(culprit.definition, f"`{culprit.macro}` is defined here"))
    if culprit.offset is not None:
        number = rendered.line_at(culprit.offset)
        generated = SourceFile(f"{JOB_NAME}.tex", "\n" * (number - 1) + rendered.line(number))
        text = f"TeX says: {plain_message(error.message.message)}"
        labels.append(Label(generated.span_of_line(number - 1), text))
    hints = (error.meaning.hint, OUR_MISTAKE) if culprit.kind == "theme" else (error.meaning.hint,)
    return Diagnostic("tex-error", error.meaning.sentence, culprit.span, "error", tuple(labels), hints)


def unpaired_braces(rendered: RenderedTex) -> list[Diagnostic]:
    """One `tex-error` for each file of the user's before `\\begin{document}` with a brace too many."""
    begin = rendered.text.find(r"\begin{document}")
    open_braces: dict[str, list[Span]] = {}
    closing: dict[str, Span] = {}
    for item in rendered.templates:
        if item.kind != "template" or item.start >= begin:
            continue
        name = item.span.source.name
        opened = open_braces.setdefault(name, [])
        for found in _BRACE_OR_COMMENT.finditer(rendered.text, item.start, item.end):
            at = item.span.start + found.start() - item.start
            here = Span(item.span.source, at, at + 1)
            if found[0] == "{":
                opened.append(here)
            elif found[0] == "}" and opened:
                opened.pop()
            elif found[0] == "}":
                closing.setdefault(name, here)
    places = [*closing.values(), *(spans[0] for spans in open_braces.values() if spans)]
    return [
        Diagnostic(
            "tex-error",
            f"a `{place.text}` in this file has no partner",
            place,
            hints=("count the braces of the definition that it belongs to",),
        )
        for place in places
    ]


def meaning(
    message: str, command: str = "", again: str = "", defined: frozenset[str] = frozenset()
) -> Meaning:
    """What a message of TeX means.

    `command` is where TeX stood, `again` the token before which it inserted something, and
    `defined` are the commands of the document itself.
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
            return Meaning(sentence=filled(cause.sentence), hint=hint, weight=cause.weight, needles=needles)
    text = plain_message(message)
    needles = tuple(re.findall(r"\\[A-Za-z]+", text))
    return Meaning(sentence=f"TeX cannot go on: {text}", hint="look at the log", needles=needles)


def plain_message(message: str) -> str:
    """TeX's words without what says only who speaks."""
    return re.sub(r"^(?:LaTeX(?: \w+)? Error: |Package )", "", message).rstrip(".")


def _hint_for_name(name: str, defined: frozenset[str]) -> str:
    """What to do about a command or an environment that TeX does not know."""
    for package, names in _table().packages.items():
        if name in names.split():
            return rf"load its package, with `\usepackage{{{package}}}` in `latex_templates/macros.tex`"
    is_command = name.startswith("\\")
    known = [*_table().commands.split(), *defined] if is_command else _table().environments.split()
    # Nearer than for other words: among so many short commands something is always near.
    nearness = [SequenceMatcher(None, name.casefold(), other.casefold()).ratio() for other in known]
    best = max(range(len(known)), key=nearness.__getitem__)
    return f"did you mean `{known[best]}`?" if nearness[best] >= 0.75 else "check its spelling"
