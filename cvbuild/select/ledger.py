"""The ledger of a variant: every entry that was read is printed, or left out for a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cvbuild.content.cv import Cv
from cvbuild.content.sections import FreeSection, PublicationsSection, Section, TextSection
from cvbuild.diagnostics import Findings
from cvbuild.record import Record, replace
from cvbuild.source import Span


class Entry(Record):
    """The unit of counting: a publication, an item of a section, or a text."""

    summary: str
    span: Span


class LeftOut(Record):
    """An entry that was read and is not printed."""

    section: str
    summary: str
    span: Span
    reason: str


class Account(Record):
    """A section's part of the ledger: `read` from the content, `printed` by its template."""

    section: str
    title: str
    read: tuple[Entry, ...]
    printed: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]

    def merged_with(self, other: Account) -> Account:
        """Return one account for a section that a variant prints twice.

        An entry is printed if either prints it. An entry that neither prints has the reasons of both.
        """
        printed = Counter(self.printed) | Counter(other.printed)
        reasons = {item.span: item.reason for item in other.left_out}
        left_out = []
        for item in self.left_out:
            if (reason := reasons.get(item.span)) is not None:
                is_known = reason in item.reason.split("; ")
                left_out.append(item if is_known else replace(item, reason=f"{item.reason}; {reason}"))
        return replace(self, printed=tuple(printed.elements()), left_out=tuple(left_out))

    @property
    def unaccounted(self) -> list[Entry]:
        """The entries that are neither printed nor left out, or more often than they were read."""
        read = Counter(self.read)
        dealt_with = Counter([*self.printed, *(Entry(item.summary, item.span) for item in self.left_out)])
        return [*(read - dealt_with).elements(), *(dealt_with - read).elements()]


class Ledger(Record):
    """The accounts of all sections of a CV under one variant."""

    accounts: tuple[Account, ...]

    @property
    def read(self) -> int:
        """The number of entries read."""
        return sum(len(account.read) for account in self.accounts)

    @property
    def printed(self) -> int:
        """The number of entries printed."""
        return sum(len(account.printed) for account in self.accounts)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The entries that are not printed, in the order read."""
        return tuple(item for account in self.accounts for item in account.left_out)

    def check(self, variant: str, findings: Findings) -> None:
        """Report an error for each entry that the ledger lost or counted twice: no PDF may be built."""
        for account in self.accounts:
            for entry in account.unaccounted:
                findings.error(
                    "ledger",
                    f"the ledger of `{variant}` does not add up in `{account.section}`: `{entry.summary}` is"
                    " not accounted for",
                    entry.span.first_line(),
                    "this is a mistake in cvbuild, not in your CV: please report it",
                )


def entries_of(cv: Cv, section: Section) -> tuple[Entry, ...]:
    """Return the entries of a section; a section without items is one entry."""
    if isinstance(section, PublicationsSection):
        return bibliography_entries(cv)
    if is_one_text(section):
        return (Entry(str(section.title), section.span),)
    leaves = (leaf for group in section.listed for item in group.items for leaf in item.leaves())
    return tuple(Entry(leaf.summary, leaf.span) for leaf in leaves)


def is_one_text(section: Section) -> bool:
    """Return whether a section has no items and counts as a whole."""
    return isinstance(section, TextSection) or (isinstance(section, FreeSection) and not section.listed)


def bibliography_entries(cv: Cv) -> tuple[Entry, ...]:
    """Return all entries of the .bib files: publications, then those that are never printed."""
    publications = (Entry(item.summary, item.span) for item in cv.publications)
    return (*publications, *(Entry(item.summary, item.span) for item in never_printed(cv, "")))


def never_printed(cv: Cv, section: str) -> Iterator[LeftOut]:
    """Yield the entries of the .bib files that are no publications, as left out of a section."""
    for item in cv.unlisted:
        yield LeftOut(section, str(item.key), item.span, item.reason)
    for broken in cv.broken:
        if broken.is_entry:
            summary = broken.key or broken.span.first_line().text
            yield LeftOut(section, summary, broken.span, broken.reason)
