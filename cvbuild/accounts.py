"""What the CV holds, entry by entry: the side of the ledger that knows nothing of choosing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cvbuild.diagnostics import Findings
from cvbuild.ledger import Account, Entry, Ledger, LeftOut
from cvbuild.model.cv import Cv
from cvbuild.model.sections import FreeSection, PublicationsSection, Section, TextSection


def account_of(
    cv: Cv, name: str, section: Section, printed: tuple[Entry, ...], left_out: Sequence[LeftOut]
) -> Account:
    """A section's account."""
    return Account(name, str(section.title), entries_of(cv, section), printed, tuple(left_out))


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
