"""Read YAML files, and .bib files piece by piece; the memo keeps the results.

A parser is imported only if the memo has no result: importing it takes longer than reading a result.

A .bib file is cut before each line that begins with `@`, so that after an edit only the changed entry is
parsed again. If every piece parses without an error, no entry spans two pieces, and the parts are used.
Otherwise an entry may run into the next piece, and the whole file is parsed at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cvbuild.diagnostics import Diagnostic, Findings, Label
from cvbuild.memo import Bundle, memo
from cvbuild.read.parsed import MONTHS, BibEntry, BibLibrary, BrokenEntry, Part, Piece, Tree
from cvbuild.source import SourceFile, Span, hashed

_PIECE = re.compile(r"^[ \t]*@", re.MULTILINE)
_TEXT = re.compile(r"^[^\S\n]*(?P<sign>[^\s%@])", re.MULTILINE)
"""Matches the first character of a line that begins with neither `%` nor `@`."""
_NO_MACROS = bytes(20)  # stands for the hash of the macros before the first file


def read_yaml(source: SourceFile) -> tuple[Tree, tuple[Diagnostic, ...]]:
    """Return the tree and the problems of a YAML file: a stage for the memo."""
    from cvbuild.read.yaml import load_yaml  # imports PyYAML

    tree, found = load_yaml(source)
    return tree, tuple(found.items)


def read_piece(piece: Piece) -> Part:
    """Parse a piece of a .bib file: a stage for the memo."""
    from cvbuild.read.bibtex import read_part  # imports bibtexparser

    return read_part(piece)


def load_bibtex(sources: Sequence[SourceFile]) -> tuple[BibLibrary, Findings]:
    """Read the .bib files in order; `@string` macros of one file are defined in the files after it."""
    findings = Findings()
    pieces = Bundle(read_piece)
    macros, state = {month: month for month in MONTHS}, _NO_MACROS
    entries: list[BibEntry] = []
    broken: list[BrokenEntry] = []
    by_key: dict[str, BibEntry] = {}
    for source in sources:
        parts = _parts(source, macros, state, pieces)
        for part in parts:
            findings.extend(part.found)
            for entry in part.entries:
                first = by_key.setdefault(str(entry.key), entry)
                if first is not entry and entry.key:
                    message = f"the citation key `{entry.key}` is used twice; both entries are kept"
                    hint = "rename one of them; if they are the same work, delete one"
                    if entry.is_copy_of(first):
                        message = f"the entry `{entry.key}` stands here again, the same in every field; "
                        message, hint = f"{message}it is printed once", "delete one of them"
                    label = Label(first.key.span, "first here")
                    findings.warning("bib-duplicate-key", message, entry.key.span, hint, labels=[label])
            entries += part.entries
            broken += part.broken
            macros |= part.macros
            state = part.state
        is_empty = not any(part.entries or part.broken or part.macros for part in parts)
        if is_empty and (line := _TEXT.search(source.text)):  # BibTeX ignores text between entries
            hint = "an entry begins with `@article{…` or another type"
            if line["sign"] == "<":
                hint = "this is a web page: save the BibTeX that it shows"
            place = source.span_of_line(source.position(line.start("sign"))[0])
            findings.warning("bib-no-entries", f"there is no entry in {source.name}", place, hint)
        # One note for the whole file: HTML in publishers' exports is printed correctly.
        if html := [span for part in parts for span in part.html]:
            others = len(html) - 1
            more = f" and in {others} other {'field' if others == 1 else 'fields'}" if others else ""
            message = f"HTML here{more}{' of this file' if others else ''} is read as what it stands for"
            findings.extend([Diagnostic("bib-html", message, html[0].first_line(), "note")])
    pieces.save()
    return BibLibrary(tuple(entries), tuple(broken)), findings


def _parts(
    source: SourceFile, macros: Mapping[str, str], state: bytes, read: Bundle[Piece, Part]
) -> list[Part]:
    """Return the parts of a file's pieces; if a piece has an error, a single part of the whole file."""
    text, known, parts = source.text, dict(macros), list[Part]()
    starts = [0, *(found.start() for found in _PIECE.finditer(text) if found.start() > 0)]
    before = state
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        span = Span(source, start, end)
        part = read(Piece(span, known, before), hashed(before, span.text.encode("utf-8", "surrogatepass")))
        if part.broken or any(item.severity == "error" for item in part.found):
            return [memo(read_piece, Piece(Span(source, 0, len(text)), macros, state))]
        known |= part.macros
        before = part.state
        parts.append(part)
    return parts
