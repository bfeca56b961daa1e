"""The publication lists of a project, read piece by piece: an edit of one entry reads one entry.

A file is cut before each line that begins with `@`. If every piece can be read by itself without an
error, each begins outside of an entry, and together they are the file. Otherwise an entry may run into
the next piece, and the file is read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from cvbuild.diagnostics import Diagnostic, Findings, Label
from cvbuild.memo import Bundle, memo
from cvbuild.read.library import MONTHS, BibEntry, BibLibrary, BrokenEntry, Part, Piece
from cvbuild.source import SourceFile, Span, hashed

_PIECE = re.compile(r"^[ \t]*@", re.MULTILINE)
_NO_MACROS = bytes(20)


def read_piece(piece: Piece) -> Part:
    """Read a piece: a stage for the memo."""
    from cvbuild.read.bibtex import read_part  # imports bibtexparser: only where the memo has no answer

    return read_part(piece)


def load_bibtex(sources: Sequence[SourceFile]) -> tuple[BibLibrary, Findings]:
    """Load the publication lists; `@string` macros of one file hold in the next."""
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
                    _report_duplicate(entry, first, findings)
            entries += part.entries
            broken += part.broken
            macros |= part.macros
            state = part.state
        if not any(part.entries or part.broken or part.macros for part in parts):
            _report_no_entries(source, findings)
        _report_html([span for part in parts for span in part.html], findings)
    pieces.save()
    return BibLibrary(tuple(entries), tuple(broken)), findings


def _parts(
    source: SourceFile, macros: Mapping[str, str], state: bytes, read: Bundle[Piece, Part]
) -> list[Part]:
    """A file piece by piece, or as a whole if one of them is not sound."""
    known, parts = dict(macros), list[Part]()
    for start, end in _cuts(source.text):
        piece = _piece(Span(source, start, end), known, parts[-1].state if parts else state)
        part = read(piece, piece.origin)
        if not part.is_sound:
            return [memo(read_piece, _piece(Span(source, 0, len(source.text)), macros, state))]
        known |= part.macros
        parts.append(part)
    return parts


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    starts = [0, *(found.start() for found in _PIECE.finditer(text) if found.start() > 0)]
    return zip(starts, [*starts[1:], len(text)], strict=True)


def _piece(span: Span, macros: Mapping[str, str], state: bytes) -> Piece:
    return Piece(span, macros, state, hashed(state, span.text.encode("utf-8", "surrogatepass")))


def _report_duplicate(entry: BibEntry, first: BibEntry, findings: Findings) -> None:
    is_copy = entry.is_copy_of(first)
    findings.warning(
        "bib-duplicate-key",
        f"the entry `{entry.key}` stands here again, the same in every field; it is printed once"
        if is_copy
        else f"the citation key `{entry.key}` is used twice; both entries are kept",
        entry.key.span,
        "delete one of them" if is_copy else "rename one of them; if they are the same work, delete one",
        labels=[Label(first.key.span, "first here")],
    )


def _report_no_entries(source: SourceFile, findings: Findings) -> None:
    """A warning for a file in which nothing was read, since BibTeX takes any text for a comment."""
    for at, line in enumerate(source.text.split("\n")):
        if line.strip() and not line.lstrip().startswith(("%", "@")):
            hint = "an entry begins with `@article{…` or another type"
            if line.lstrip().startswith("<"):
                hint = "this is a web page: save the BibTeX that it shows"
            message = f"there is no entry in {source.name}"
            findings.warning("bib-no-entries", message, source.span_of_line(at), hint)
            return


def _report_html(fields: Sequence[Span], findings: Findings) -> None:
    """One note for a file: what a publisher exported so is right as it is printed."""
    if fields:
        others = len(fields) - 1
        more = f" and in {others} other {'field' if others == 1 else 'fields'}" if others else ""
        message = f"HTML here{more}{' of this file' if others else ''} is read as what it stands for"
        findings.extend([Diagnostic("bib-html", message, fields[0].first_line(), "note")])
