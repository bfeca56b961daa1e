"""Giving permanent numbers for good: what `cvbuild number` writes into `bib/numbers.lock`."""

from __future__ import annotations

from datetime import date

from cvbuild.delivery import write_in_place
from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings
from cvbuild.load.numberlock import NumberLine, NumberLock, with_lines
from cvbuild.model.cv import Cv
from cvbuild.model.sections import PublicationsSection
from cvbuild.project import Project, outside
from cvbuild.record import Record, replace
from cvbuild.variant import Permanent, permanent_numbers

_SAID_BY_THE_COMMAND = "unnumbered"


class GivenNumbers(Record):
    """The numbers that the file is to get: `lines` without their days. `kept` counts those it has.

    `renamed` is true where an entry has a number under another key, and gets none.
    """

    lock: NumberLock
    permanent: Permanent
    findings: tuple[Diagnostic, ...]

    @property
    def lines(self) -> tuple[NumberLine, ...]:
        """The lines to add."""
        return self.permanent.missing

    @property
    def kept(self) -> int:
        """How many numbers the file has."""
        return len(self.lock.lines)

    @property
    def renamed(self) -> bool:
        """Whether an entry has its number under another key."""
        return bool(self.permanent.renamed)


def given_numbers(cv: Cv) -> GivenNumbers | None:
    """The numbers to give; None where no section has permanent ones."""
    lists = (section for section in cv.sections.values() if isinstance(section, PublicationsSection))
    if not any(section.numbering == "permanent" for section in lists):
        return None
    findings = Findings()
    permanent = permanent_numbers(cv, findings)
    told = tuple(item for item in findings.items if item.code != _SAID_BY_THE_COMMAND)
    return GivenNumbers(cv.numbers, permanent, told)


def keep_numbers(project: Project, given: GivenNumbers, today: date) -> None:
    """Write the file with its new lines, in one step; nothing else in it changes.

    Raises ContentProblem where it would be written out of the project.
    """
    if not given.lines:
        return
    if refusal := outside(project.numbers, project.root):
        raise ContentProblem(refusal.of(project.shown(project.numbers)))
    fresh = given.permanent.fresh
    lines = (line if line.series in fresh else replace(line, joined=today) for line in given.lines)
    text = with_lines(given.lock.source, lines)
    windows = project.numbers.is_file() and b"\r\n" in project.numbers.read_bytes()
    write_in_place(text.replace("\n", "\r\n" if windows else "\n").encode(), project.numbers)
