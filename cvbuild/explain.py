"""Explanations of the codes of diagnostics: the meaning, an example, its message, and the cure.

Each explanation is a file `explanations/CODE.md` with these four parts. The example holds the files of a
small project; its first line is the command to run, unless that is `cvbuild check`. The message is the
command's output. If no small project can show it, `No small example:` and the reason replace both.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.record import Record

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_FORM = re.compile(
    r"(?P<meaning>\S(?s:.*?))\n\n"
    r"(?:No small example: (?P<why_no_example>\S(?s:.*?))\n\n"
    r"|Example:\n\n(?P<example>(?: {4}.*\n|\n)+?)\n"
    r"(?:Message:\n\n(?P<message>(?: {4}.*\n|\n)+?)\n)?)"
    r"Cure: (?P<cure>(?s:.*)\S)\n"
)
_FOLDER: Traversable = Path(__file__).with_name("explanations")
if not _FOLDER.is_dir():
    from importlib.resources import files  # slow to import, and used in a zip archive only

    _FOLDER = files("cvbuild") / "explanations"
_AS_PRINTED = re.compile(r"(?:\w+\[)?([\w-]+)\]?:?")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


class Explanation(Record):
    """The parts of a code's explanation; `why_no_example` is the reason if there is no example.

    `meaning`, `cure` and `why_no_example` are prose; only blank lines end a paragraph.
    """

    code: str
    meaning: str
    example: str
    message: str
    cure: str
    why_no_example: str = ""

    @property
    def summary(self) -> str:
        """The first sentence of the meaning, on one line."""
        return _SENTENCE_END.split(" ".join(self.meaning.split()), maxsplit=1)[0]


@cache
def codes() -> tuple[str, ...]:
    """Return all codes with an explanation, sorted."""
    names = (file.name for file in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in names if name.endswith(".md")))


def explanation(asked: str) -> Explanation:
    """Return the explanation of a code, plain or as in `error[unknown-key]`. Raises UsageProblem."""
    as_printed = _AS_PRINTED.fullmatch(asked.strip())
    code = (as_printed[1] if as_printed else asked).lower()
    if code not in codes():
        hints = did_you_mean(code, codes())
        raise UsageProblem(f"there is no code `{asked}`", *hints, "`cvbuild explain` lists all codes")
    return read(code, (_FOLDER / f"{code}.md").read_text(encoding="utf-8"))


def read(code: str, text: str) -> Explanation:
    """Parse the text of an explanation's file. Raises ValueError if its form is wrong."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{code}.md has not the form of an explanation")
    parts = {name: re.sub("(?m)^ {4}", "", part or "") for name, part in found.groupdict().items()}
    return Explanation(code, **parts)
