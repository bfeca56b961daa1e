"""The account of a variant: every entry that was read is printed, or left out for a reason."""

from __future__ import annotations

from collections import Counter

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

    @property
    def adds_up(self) -> bool:
        """Whether each entry is printed or left out, and that once."""
        return not any(account.unaccounted for account in self.accounts)
