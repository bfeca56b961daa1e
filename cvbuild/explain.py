"""The explanations of diagnostic codes: the meaning, an example, and the cure.

The explanation of a code is a file `explanations/CODE.md` of four parts. The example is the files of a small
project that yields the code; its first line may be a command to run in place of `cvbuild check`. The message
is what that command prints. A code that no small project can yield has a line `No small example:` with the
reason instead.
"""

from __future__ import annotations

import re
from functools import cache

from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.record import Record
from cvbuild.shipped import shipped_folder

_FORM = re.compile(
    r"(?P<meaning>\S(?s:.*?))\n\n"
    r"(?:No small example: (?P<why_no_example>\S(?s:.*?))\n\n"
    r"|Example:\n\n(?P<example>(?: {4}.*\n|\n)+?)\n"
    r"(?:Message:\n\n(?P<message>(?: {4}.*\n|\n)+?)\n)?)"
    r"Cure: (?P<cure>(?s:.*)\S)\n"
)
_FOLDER = shipped_folder("explanations")


class Explanation(Record):
    """The parts of an explanation. `message` is what the example prints, if the file has it.

    Without an example, `why_no_example` has the reason. It, `meaning` and `cure` are prose: their line
    ends have no meaning, except blank lines.
    """

    code: str
    meaning: str
    example: str
    message: str
    cure: str
    why_no_example: str

    @property
    def summary(self) -> str:
        """The first sentence of the meaning, on one line."""
        return re.split(r"(?<=[.!?])\s+", " ".join(self.meaning.split()), maxsplit=1)[0]


@cache
def codes() -> tuple[str, ...]:
    """Return all codes that are explained, sorted."""
    names = (file.name for file in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in names if name.endswith(".md")))


def explanation(asked: str) -> Explanation:
    """Return the explanation of a code, which may be given as printed: `error[unknown-key]`.

    Raises UsageProblem for an unknown code.
    """
    as_printed = re.fullmatch(r"(?:\w+\[)?([\w-]+)\]?:?", asked.strip())
    code = (as_printed[1] if as_printed else asked).lower()
    if code not in codes():
        hints = did_you_mean(code, codes())
        raise UsageProblem(f"there is no code `{asked}`", *hints, "`cvbuild explain` lists all codes")
    return read(code, (_FOLDER / f"{code}.md").read_text(encoding="utf-8"))


def read(code: str, text: str) -> Explanation:
    """Parse the file of an explanation. Raises ValueError if it has another form."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{code}.md has not the form of an explanation")
    parts = {name: part or "" for name, part in found.groupdict().items()}
    for name in ("example", "message"):
        parts[name] = re.sub(r"(?m)^ {4}", "", parts[name])
    return Explanation(code, **parts)
