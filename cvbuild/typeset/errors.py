"""TeX's errors, in plain words and at the user's own line.

Their meanings are in `tex_errors.yaml`, which is read after an error only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from typing import Literal

from cvbuild.content.reader import Content, shipped_table
from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.record import Record, replace
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import SourceFile, Span
from cvbuild.typeset.engine import JOB_NAME
from cvbuild.typeset.locate import Culprit, Locator
from cvbuild.typeset.log import STOPS, TexMessage, levels

_OUR_MISTAKE = (
    "this template came with cvbuild: without a `preamble.tex` or `macros.tex` of your own, please report it"
)
_BRACE_OR_COMMENT = re.compile(r"\\.|%[^\n]*|[{}]", re.DOTALL)
_NEAR = 0.75
"""Minimum similarity of a proposed name, 0 to 1; high, as something is near any of so many short commands."""


class Cause(Content, kw_only=True):
    """A message of TeX, as a regular expression, and its meaning: a sentence and a hint.

    `needles` is TeX that the error may have arisen from, best first. An error whose weight is `own` is
    always reported, a `first` one unless an earlier error of the same origin explains it. A `vague` one
    gives way to a later error of the same origin that says more.
    """

    message: str
    sentence: str
    hint: str = ""
    weight: Literal["own", "first", "vague"] = "first"
    needles: tuple[str, ...] = ()


class _Table(Content, kw_only=True):
    """`tex_errors.yaml`; the names of commands and environments are separated by blanks."""

    causes: tuple[Cause, ...]
    commands: str
    environments: str
    packages: dict[str, str]


@cache
def _table() -> _Table:
    return shipped_table(_Table, "typeset", "tex_errors.yaml")


class _Error(Record):
    """An error with its meaning and its origin."""

    message: TexMessage
    meaning: Cause
    culprit: Culprit


def errors(said: Iterable[TexMessage], rendered: RenderedTex) -> list[Diagnostic]:
    """Return the errors, without those that only follow from an earlier one."""
    if unpaired := unpaired_braces(rendered):
        return unpaired
    locator = Locator(rendered)
    kept: list[_Error] = []
    by_origin: dict[object, int] = {}
    stops: list[_Error] = []
    for message in said:
        # TeX stood at the last command of the innermost level; without levels the first line has to do.
        known = levels(message.context)
        read = known[0].read if known else message.context.split("\n", 1)[0]
        command = (re.findall(r"\\(?:[A-Za-z@]+|.)", read) or [""])[-1]
        # tex.web, `fatal_error`: the reason why TeX stops follows in brackets.
        reason = re.search(r"^\*\*\* \((.*)\)$", message.context, re.MULTILINE)
        said_whole = f"{message.message} {reason[1]}" if reason else message.message
        # The token that TeX put back to insert something before it.
        again = re.search(r"^<to be read again> *\n *(\S+)", message.context, re.MULTILINE)
        means = meaning(said_whole, command, again[1] if again else "", locator.macros)
        culprit = locator.locate(message, means.needles, command if means.weight == "own" else "")
        error, origin = _Error(message, means, culprit), culprit.origin
        is_own = means.weight == "own" and (not command or command == culprit.token)
        # A later error that explains what a vague one left open.
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
    """Return one `tex-error` for each template of the user's preamble with a brace too many."""
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
            return replace(cause, sentence=filled(cause.sentence), hint=hint, needles=needles)
    text = _plain(message)
    needles = tuple(re.findall(r"\\[A-Za-z]+", text))
    sentence = f"TeX cannot go on: {text}"
    return Cause(message=message, sentence=sentence, hint="look at the log", needles=needles)


def _plain(message: str) -> str:
    """Return TeX's words without the name of the class or package that says them."""
    return re.sub(r"^(?:LaTeX(?: \w+)? Error: |Package )", "", message).rstrip(".")


def _hint_for_name(name: str, defined: Iterable[str]) -> str:
    """Return the hint for a command or an environment that TeX does not know."""
    for package, names in _table().packages.items():
        if name in names.split():
            return rf"load its package, with `\usepackage{{{package}}}` in `latex_templates/macros.tex`"
    is_command = name.startswith("\\")
    known = [*_table().commands.split(), *defined] if is_command else _table().environments.split()
    nearness = [SequenceMatcher(None, name.casefold(), other.casefold()).ratio() for other in known]
    best = max(range(len(known)), key=nearness.__getitem__)
    return f"did you mean `{known[best]}`?" if nearness[best] >= _NEAR else "check its spelling"
