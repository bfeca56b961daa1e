"""BibTeX and biblatex files to entries with spans, through bibtexparser.

bibtexparser splits the text into blocks; this adapter finds the place of each
block and value, joins strings, and turns broken blocks into diagnostics.
Nothing is dropped: what cannot be read as an entry is kept as `BrokenEntry`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from cvbuild.diagnostics import Findings, Label
from cvbuild.inline import RichText
from cvbuild.load.latex import decode
from cvbuild.load.names import NameList, parse_names
from cvbuild.source import Scalar, SourceFile, Span

if TYPE_CHECKING:
    from bibtexparser.model import Entry, Field

NAME_FIELDS = frozenset({"author", "editor", "translator", "bookauthor", "editora", "holder"})
VERBATIM_FIELDS = frozenset(
    """url doi eprint eprinttype archiveprefix file code demo slides video data poster project keywords
    crossref xdata options langid ids isbn issn year date month""".split()
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""BibTeX's own macros for the months (btxdoc, section 3.2)."""
_ANNOTATION = re.compile(r"\+an(:\w+)?$")


@dataclass(frozen=True)
class BibEntry:
    """An entry: type and key, and its fields in the order typed, names in lower case.

    `raw` are the values as typed, joined and unbraced; `text`, `names` read one.
    """

    type: str
    key: Scalar
    fields: Mapping[str, Scalar]
    text: Mapping[str, RichText]
    names: Mapping[str, NameList]
    span: Span

    def value(self, *names: str) -> Scalar | None:
        """The first of the fields that is there and not empty, as typed."""
        for name in names:
            if self.fields.get(name):
                return self.fields[name]
        return None


@dataclass(frozen=True)
class BrokenEntry:
    """A block that is not a readable entry, with the reason."""

    span: Span
    reason: str


@dataclass(frozen=True)
class BibLibrary:
    """All entries of all files, in order, and what could not be read."""

    entries: tuple[BibEntry, ...] = ()
    broken: tuple[BrokenEntry, ...] = ()


@dataclass
class _Reading:
    """The state of reading several files: strings carry over, keys are unique."""

    strings: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Span] = field(default_factory=dict)
    entries: list[BibEntry] = field(default_factory=list)
    broken: list[BrokenEntry] = field(default_factory=list)


def load_bibtex(sources: Sequence[SourceFile]) -> tuple[BibLibrary, Findings]:
    """Load the publication lists; `@string` macros of one file hold in the next."""
    findings = Findings()
    reading = _Reading()
    for source in sources:
        _load_file(source, reading, findings)
    return BibLibrary(tuple(reading.entries), tuple(reading.broken)), findings


def _load_file(source: SourceFile, reading: _Reading, findings: Findings) -> None:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import (
        Block,
        DuplicateBlockKeyBlock,
        DuplicateFieldKeyBlock,
        Entry,
        ImplicitComment,
        ParsingFailedBlock,
        String,
    )

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # its findings are reported here
    text = _without_doubled_signs(source, findings)
    library = parse_string(text, parse_stack=[])
    cursor = 0
    for block in library.blocks:
        raw = block.raw or ""
        at = text.find(raw, cursor)
        start = cursor if at < 0 else at
        cursor = start + len(raw)
        span = Span(source, start, cursor)
        inner: Block | None = block
        if isinstance(inner, DuplicateBlockKeyBlock):
            inner = inner.ignore_error_block
        if isinstance(inner, DuplicateFieldKeyBlock):
            inner = inner.ignore_error_block
        if isinstance(inner, String):
            reading.strings[inner.key.lower()] = _joined(inner.value, reading.strings, span, findings)
        elif isinstance(inner, Entry):
            _add_entry(inner, raw, span, reading, findings)
        elif isinstance(inner, ParsingFailedBlock):
            reason = _reason(inner.error)
            reading.broken.append(BrokenEntry(span, reason))
            findings.error(
                "bib-broken-entry",
                f"this entry cannot be read: {reason}",
                span.first_line(),
                "compare its commas, braces and quotation marks with those of an entry that works",
            )
        elif isinstance(inner, ImplicitComment):
            _check_stray_text(inner.comment, span, findings, reading)


def _without_doubled_signs(source: SourceFile, findings: Findings) -> str:
    """`@@article` is read as `@article`; the text keeps its length so that places hold."""

    def mend(match: re.Match[str]) -> str:
        findings.warning(
            "bib-doubled-sign",
            "`@@` before an entry; read as one `@`",
            Span(source, match.start(), match.end()),
        )
        return " " * (len(match[0]) - 1) + "@"

    return re.sub(r"(?m)^@{2,}(?=\w)", mend, source.text)


def _check_stray_text(text: str, span: Span, findings: Findings, reading: _Reading) -> None:
    """Text between entries is a comment, unless it looks like the rest of an entry."""
    for line_at, line in _lines_with_offsets(text):
        if re.match(r"\s*@\w+\s*[{(]?", line) and not line.lstrip().startswith("%"):
            place = Span(span.source, span.start + line_at, span.start + line_at + len(line.rstrip()))
            reading.broken.append(BrokenEntry(place, "an entry that does not begin properly"))
            findings.error(
                "bib-broken-entry",
                "this looks like an entry, but cannot be read as one",
                place,
                "an entry begins with `@type{key,`",
            )


def _lines_with_offsets(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.splitlines(keepends=True):
        yield at, line.rstrip("\r\n")
        at += len(line)


def _reason(error: Exception) -> str:
    message = str(getattr(error, "abort_reason", error)).strip().rstrip(".")
    if "end of file" in message:
        return "the file ends before its closing brace"
    if "Unexpected block start" in message:
        return "the next entry begins before this one is closed (a missing brace or quotation mark)"
    if "Expected a `=` after entry key" in message or "Expected either a `,`" in message:
        return "a comma or an equals sign is missing between two fields"
    if "Expected comma after entry key" in message:
        return "the comma after its key is missing"
    return message[:1].lower() + message[1:]


def _add_entry(entry: Entry, raw: str, span: Span, reading: _Reading, findings: Findings) -> None:
    key_at = raw.find(entry.key) if entry.key else 0
    key_span = Span(span.source, span.start + key_at, span.start + key_at + len(entry.key))
    key = Scalar(entry.key, key_span)
    if not entry.key:
        findings.warning("bib-no-key", "this entry has no citation key", span.first_line())
    elif entry.key in reading.keys:
        findings.warning(
            "bib-duplicate-key",
            f"the citation key `{entry.key}` is used twice; both entries are kept",
            key_span,
            "rename one of them; if they are the same work, delete one",
            labels=[Label(reading.keys[entry.key], "first here")],
        )
    else:
        reading.keys[entry.key] = key_span
    values: dict[str, Scalar] = {}
    for item, place in _placed_fields(entry.fields, raw, span):
        name = item.key.lower()
        value = Scalar(_joined(str(item.value), reading.strings, place, findings), place)
        if name in values:
            same = values[name] == value
            findings.warning(
                "bib-duplicate-field",
                f"the field `{name}` stands twice in `{entry.key}`; "
                + ("both say the same" if same else "the first one is used"),
                place.first_line(),
                labels=[Label(values[name].span.first_line(), "first here")],
            )
            continue
        values[name] = value
    text: dict[str, RichText] = {}
    names: dict[str, NameList] = {}
    for name, value in values.items():
        if name in NAME_FIELDS:
            names[name] = parse_names(value, value.span, findings)
        elif name not in VERBATIM_FIELDS and not _ANNOTATION.search(name):
            text[name] = decode(value, value.span, findings)
    reading.entries.append(BibEntry(entry.entry_type.lower(), key, values, text, names, span))


def _placed_fields(fields: Sequence[Field], raw: str, span: Span) -> Iterator[tuple[Field, Span]]:
    """Each field with the span of its value, found in order within the block's text."""
    cursor = raw.find(",") + 1
    for item in fields:
        value = str(item.value)
        key_at = raw.find(item.key, cursor)
        equals = raw.find("=", max(key_at, cursor) + len(item.key))
        at = raw.find(value, equals + 1) if value else equals + 1
        at = cursor if at < 0 else at
        cursor = at + len(value)
        yield item, Span(span.source, span.start + at, span.start + cursor)


def _joined(value: str, strings: Mapping[str, str], span: Span, findings: Findings) -> str:
    """A value without its delimiters: pieces joined at `#`, macros replaced (btxdoc, section 2)."""
    pieces = []
    for piece in _pieces(value):
        if len(piece) >= 2 and (piece[0], piece[-1]) in {("{", "}"), ('"', '"')}:
            pieces.append(piece[1:-1].strip() if len(_pieces(value)) == 1 else piece[1:-1])
        elif piece.isdigit() or not piece:
            pieces.append(piece)
        elif piece.lower() in strings:
            pieces.append(strings[piece.lower()])
        elif piece.lower() in MONTHS:
            pieces.append(piece.lower())
        else:
            findings.warning(
                "bib-undefined-macro",
                f"the macro `{piece}` is defined nowhere; its name is printed",
                span.first_line(),
                f"put the value in braces, or define it: `@string{{{piece} = {{…}}}}`",
            )
            pieces.append(piece)
    return "".join(pieces)


def _pieces(value: str) -> list[str]:
    """The operands of `#`, which counts outside braces and quotation marks only."""
    cuts = [-1]
    depth, quoted = 0, False
    for at, char in enumerate(value):
        if at and value[at - 1] == "\\":
            continue
        if char == '"' and depth == 0:
            quoted = not quoted
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif char == "#" and depth == 0 and not quoted:
            cuts.append(at)
    cuts.append(len(value))
    return [value[start + 1 : end].strip() for start, end in pairwise(cuts)]
