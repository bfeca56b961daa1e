"""A .bib file read piece by piece is the file read as a whole, and an edit reads the pieces that changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.memo import memo
from cvbuild.read import bibtex, load_bibtex
from cvbuild.read.parsed import MONTHS, Part, Piece
from cvbuild.source import SourceFile, Span
from tests.test_memo import laid_open, sources_of

ENTRIES = """\
% Encoding: UTF-8
@string{press = {Example Press}}
@article{one, title = {One}, author = {Example, Ada}, year = 2020, publisher = press}

@book{two, title = {Two}, editor = {Roe, Sven}, year = 2021}
@comment{jabref-meta: databaseType:bibtex;}
@misc{three, title = {Three}, year = 2022}
"""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The first lines of the pieces that are parsed, from an empty cache on."""
    monkeypatch.setenv("CVBUILD_CACHE", str(tmp_path / "cache"))
    memo.forget()
    made: list[str] = []
    read_part = bibtex.read_part

    def counted(piece: Piece) -> Part:
        made.append(piece.span.first_line().text.strip())
        return read_part(piece)

    monkeypatch.setattr(bibtex, "read_part", counted)
    return made


def test_pieces_make_the_library_that_the_whole_file_makes() -> None:
    sources = list(dict.fromkeys(sources_of(".bib")))
    assert len(sources) > 100
    for source in sources:
        library, _ = load_bibtex([source])
        macros = {month: month for month in MONTHS}
        whole = bibtex.read_part(Piece(Span(source, 0, len(source.text)), macros, bytes(20)))
        assert laid_open(library.entries) == laid_open(whole.entries)
        assert laid_open(library.broken) == laid_open(whole.broken)


def test_an_edit_reads_one_piece(read: list[str]) -> None:
    load_bibtex([SourceFile("a.bib", ENTRIES)])
    assert len(read) == 6
    read.clear()
    library, _ = load_bibtex([SourceFile("a.bib", "% more\n" + ENTRIES.replace("Two", "Zwei"))])
    assert read == ["% more", "@book{two, title = {Zwei}, editor = {Roe, Sven}, year = 2021}"]
    assert [str(entry.fields["title"]) for entry in library.entries] == ["One", "Zwei", "Three"]
    assert [entry.key.span.line for entry in library.entries] == [3, 5, 7]


def test_another_macro_reads_what_stands_behind_it(read: list[str]) -> None:
    load_bibtex([SourceFile("a.bib", ENTRIES)])
    read.clear()
    library, _ = load_bibtex([SourceFile("a.bib", ENTRIES.replace("Example Press", "Other Press"))])
    assert len(read) == 5
    assert library.entries[0].fields["publisher"] == "Other Press"


def test_a_broken_entry_has_the_file_read_as_a_whole(read: list[str]) -> None:
    broken = ENTRIES.replace("year = 2021}", "year = 2021")
    library, findings = load_bibtex([SourceFile("a.bib", broken)])
    assert read[-1] == "% Encoding: UTF-8"
    assert [str(entry.key) for entry in library.entries] == ["one", "three"]
    assert [str(item.key) for item in library.broken] == ["two"]
    assert [item.code for item in findings.items] == ["bib-broken-entry"]
