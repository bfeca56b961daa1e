"""The account of a variant: every entry that was read is printed, or left out for a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import FreeSection, PublicationsSection, Section, TextSection
from cvbuild.diagnostics import Findings
from cvbuild.record import Record, replace
from cvbuild.source import Span


class Entry(Record):
    """What counts as one: a publication, an item of a section, or a text."""

    summary: str
    span: Span


class LeftOut(Record):
    """An entry that was read and is not printed."""

    section: str
    summary: str
    span: Span
    reason: str


class Account(Record):
    """A section's part of the ledger: `read` as the CV holds it, `printed` as the templates get it."""

    section: str
    title: str
    read: tuple[Entry, ...]
    printed: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]

    def along_with(self, other: Account) -> Account:
        """The account of a section that a variant has twice: what either prints is printed.

        What neither prints is left out, for both reasons.
        """
        printed = Counter(self.printed) | Counter(other.printed)
        others = {item.span: item.reason for item in other.left_out}
        left_out = (
            item
            if (reason := others[item.span]) in item.reason.split("; ")
            else replace(item, reason=f"{item.reason}; {reason}")
            for item in self.left_out
            if item.span in others
        )
        return replace(self, printed=tuple(printed.elements()), left_out=tuple(left_out))

    @property
    def unaccounted(self) -> list[Entry]:
        """Entries not dealt with, or dealt with more often than they were read; none in a sound ledger."""
        read = Counter(self.read)
        dealt_with = Counter([*self.printed, *(Entry(item.summary, item.span) for item in self.left_out)])
        return [*(read - dealt_with).elements(), *(dealt_with - read).elements()]


class Ledger(Record):
    """The accounts of all sections of a CV under one variant."""

    accounts: tuple[Account, ...]

    @property
    def read(self) -> int:
        """How many entries were read."""
        return sum(len(account.read) for account in self.accounts)

    @property
    def printed(self) -> int:
        """How many of them are printed."""
        return sum(len(account.printed) for account in self.accounts)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Those that are not, in the order read."""
        return tuple(item for account in self.accounts for item in account.left_out)


def entries_of(cv: Cv, section: Section) -> tuple[Entry, ...]:
    """What a section holds; what has no items counts as one entry."""
    if isinstance(section, PublicationsSection):
        return _bibliography(cv)
    if is_one_text(section):
        return (Entry(str(section.title), section.span),)
    leaves = (leaf for group in section.listed for item in group.items for leaf in item.leaves())
    return tuple(Entry(leaf.summary, leaf.span) for leaf in leaves)


def is_one_text(section: Section) -> bool:
    """Whether a section has no items and counts as a whole."""
    return isinstance(section, TextSection) or (isinstance(section, FreeSection) and not section.listed)


def _bibliography(cv: Cv) -> tuple[Entry, ...]:
    """All that was read of the .bib files as an entry, by file and line."""
    publications = (Entry(item.summary, item.span) for item in cv.publications)
    others = (Entry(item.summary, item.span) for item in never_printed(cv, ""))
    return (*publications, *others)


def never_printed(cv: Cv, section: str) -> Iterator[LeftOut]:
    """What is in the .bib files as an entry and is no publication."""
    for item in cv.unlisted:
        yield LeftOut(section, str(item.key), item.span, item.reason)
    for broken in cv.broken:
        if broken.is_entry:
            summary = broken.key or broken.span.first_line().text
            yield LeftOut(section, summary, broken.span, broken.reason)


def account_of_bibliography(cv: Cv) -> Iterator[Account]:
    """What becomes of the .bib files where no section prints publications."""
    if entries := _bibliography(cv):
        reason = "no section prints publications: give one the kind `publications`"
        left_out = (LeftOut("bib", entry.summary, entry.span, reason) for entry in entries)
        yield Account("bib", "Bibliography", entries, (), tuple(left_out))


def check(ledger: Ledger, variant: str, findings: Findings) -> None:
    """Each entry is printed or left out, and that once: else nothing is built."""
    for account in ledger.accounts:
        for entry in account.unaccounted:
            findings.error(
                "ledger",
                f"the ledger of `{variant}` does not add up in `{account.section}`: `{entry.summary}` is not"
                " accounted for",
                entry.span.first_line(),
                "this is a mistake in cvbuild, not in your CV: please report it",
            )
