"""Ten thousand entries with every quirk: nothing lost, nothing invented, and no more than linear work."""

from __future__ import annotations

import cProfile
from collections import Counter
from dataclasses import dataclass

import pytest

from cvbuild.content.crossref import Unlisted, unlisted_entries
from cvbuild.content.publications import Publication
from cvbuild.diagnostics import Findings
from cvbuild.read import load_bibtex
from cvbuild.read.parsed import BibLibrary
from cvbuild.source import SourceFile
from tests.bibquirks import Quirks, make_quirks
from tests.content.entries import make_publications


@dataclass(frozen=True)
class Read:
    """A bibliography as it was read, and the number of calls."""

    quirks: Quirks
    library: BibLibrary
    publications: tuple[Publication, ...]
    unlisted: tuple[Unlisted, ...]
    findings: Findings
    calls: int


def read(entries: int, line_end: str = "\n") -> Read:
    quirks = make_quirks(entries, line_end=line_end)
    with cProfile.Profile() as profile:
        library, findings = load_bibtex([SourceFile("bib/quirks.bib", quirks.text)])
        publications = make_publications(library, (), findings)
        unlisted = unlisted_entries(library, ())
    calls = sum(item.callcount for item in profile.getstats())
    return Read(quirks, library, publications, unlisted, findings, calls)


@pytest.fixture(scope="module")
def ten_thousand() -> Read:
    return read(10_000)


def test_every_entry_is_a_publication_or_unlisted_or_broken(ten_thousand: Read) -> None:
    made = ten_thousand.quirks
    assert [str(item.key) for item in ten_thousand.publications] == made.publications
    assert [str(item.key) for item in ten_thousand.unlisted] == made.unlisted
    assert [item.key for item in ten_thousand.library.broken] == made.broken
    assert len(ten_thousand.library.entries) + len(ten_thousand.library.broken) == made.entries >= 10_000
    twice = [item.span for item in ten_thousand.findings.items if item.code == "bib-duplicate-key"]
    assert [span.text for span in twice if span] == made.duplicates


def test_the_raw_text_of_a_broken_entry_is_all_of_it_and_nothing_else(ten_thousand: Read) -> None:
    for item in ten_thousand.library.broken:
        assert item.key in item.span.text
        assert item.span.text.count("title") == 1
        assert item.span.text.rstrip().endswith(("}", ",", ")"))
        assert "@" not in item.span.text[1:]


def test_everything_but_what_is_made_broken_is_reported_as_broken_nowhere(ten_thousand: Read) -> None:
    found = Counter(item.code for item in ten_thousand.findings.items)
    commented = sum(item.reason == "it stands behind `%`" for item in ten_thousand.library.broken)
    commas = sum("comma is missing after this value" in item.message for item in ten_thousand.findings.items)
    assert found["bib-broken-entry"] - commas == len(ten_thousand.quirks.broken) - commented
    assert found["bib-commented-entry"] == commented
    assert found["bib-html"] == 1


def test_ten_times_the_entries_take_ten_times_the_work(ten_thousand: Read) -> None:
    assert ten_thousand.calls <= 11 * read(1_000).calls


def test_windows_line_ends_make_no_difference() -> None:
    unix, windows = read(300), read(300, "\r\n")
    assert [str(item.key) for item in windows.publications] == windows.quirks.publications
    assert [item.key for item in windows.library.broken] == windows.quirks.broken
    both = zip(windows.findings.items, unix.findings.items, strict=True)
    assert all((item.code, item.message) == (other.code, other.message) for item, other in both)
    pairs = zip(windows.publications, unix.publications, strict=True)
    assert all(str(item.title) == str(other.title) for item, other in pairs)
