"""TeX's errors, as diagnostics at the user's own line."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.record import Record
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import SourceFile
from cvbuild.typeset.culprit import Culprit, Locator
from cvbuild.typeset.engine import JOB_NAME
from cvbuild.typeset.messages import STOPS, TexMessage, levels
from cvbuild.typeset.preamble import unpaired_braces
from cvbuild.typeset.wording import Meaning, meaning, plain_message

OUR_MISTAKE = (
    "this template came with cvbuild: without a `preamble.tex` or `macros.tex` of your own, please report it"
)


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
