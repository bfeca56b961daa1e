"""BibTeX and biblatex files to entries with spans, through bibtexparser.

bibtexparser splits the text into blocks; this adapter finds the place of each
block and value, joins strings, and turns broken blocks into diagnostics. What
the splitter goes over without a word is found in `bibvalue` and `bibslips`.
Nothing is dropped: what cannot be read as an entry is kept as `BrokenEntry`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cvbuild.diagnostics import Findings, Label
from cvbuild.inline import RichText
from cvbuild.load.bibslips import (
    culprit_of,
    end_of_rest,
    is_behind_percent,
    is_behind_percents,
    lost_entries,
    reason_of,
    without_doubled_signs,
)
from cvbuild.load.bibvalue import joined, swallowed_field
from cvbuild.load.latex import decode
from cvbuild.load.names import NameList, parse_names
from cvbuild.source import Scalar, SourceFile, Span

if TYPE_CHECKING:
    from bibtexparser.model import Block, Entry, Field

NAME_FIELDS = frozenset({"author", "editor", "translator", "bookauthor", "editora", "holder"})
VERBATIM_FIELDS = frozenset(
    """url doi eprint eprinttype archiveprefix file code demo slides video data poster project keywords
    crossref xdata options langid ids isbn issn year date month""".split()
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""BibTeX's own macros for the months (btxdoc, section 3.2)."""
_COMPARE = "compare its commas, braces and quotation marks with those of an entry that works"
_BEGIN = "an entry begins with `@type{key,`"
_OPENING = re.compile(r"[{(]")
_ANNOTATION = re.compile(r"\+an(:\w+)?$")


@dataclass(frozen=True)
class BibEntry:
    """An entry: type and key, and its fields in the order typed, names in lower case.

    `fields` are the values as typed, joined and unbraced; `text` and `names` read them.
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

    strings: dict[str, str] = field(default_factory=lambda: {month: month for month in MONTHS})
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
    from bibtexparser.model import Entry, ImplicitComment, ParsingFailedBlock, String

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # its findings are reported here
    text = without_doubled_signs(source, findings)
    cursor = 0
    taken = 0  # up to here the text belongs to an entry or a macro
    for block in parse_string(text, parse_stack=[]).blocks:
        raw = block.raw or ""
        at = text.find(raw, cursor)
        start = cursor if at < 0 else at
        cursor = start + len(raw)
        span = Span(source, start, cursor)
        inner = _unwrapped(block)
        if isinstance(inner, ImplicitComment):
            for place, problem in lost_entries(Span(source, min(max(start, taken), cursor), cursor)):
                _add_broken(place, problem, _BEGIN, reading, findings)
            continue
        behind_percent = is_behind_percent(span, taken)
        taken = cursor
        if isinstance(inner, String):
            reading.strings[inner.key.lower()] = joined(inner.value, reading.strings, span, findings)
        elif isinstance(inner, Entry | ParsingFailedBlock) and behind_percent and is_behind_percents(raw):
            _report_commented("left out here", span, findings)
            reading.broken.append(BrokenEntry(span, "it stands behind `%`"))
        elif isinstance(inner, ParsingFailedBlock):
            problem = f"this entry cannot be read: {reason_of(inner.error, raw)}"
            _add_broken(span, problem, _COMPARE, reading, findings, labels=culprit_of(inner.error, span))
        elif isinstance(inner, Entry) and not inner.entry_type:
            _add_broken(span, "this entry cannot be read: its type is missing", _BEGIN, reading, findings)
        elif isinstance(inner, Entry) and (rest_end := end_of_rest(text, cursor)) > cursor:
            taken = rest_end
            problem = "this entry cannot be read: a closing brace too many"
            places = [place for _, _, place, _ in _placed_fields(inner.fields, span)]
            whole = Span(source, start, rest_end)
            _add_broken(whole, problem, _COMPARE, reading, findings, place=places[-1] if places else None)
        elif isinstance(inner, Entry):
            if behind_percent:
                _report_commented("read all the same", span, findings)
            _add_entry(inner, span, reading, findings)


def _unwrapped(block: Block) -> Block | None:
    """The entry within a block that marks it as a repetition: repetitions are found here, and kept."""
    from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock

    inner: Block | None = block
    if isinstance(inner, DuplicateBlockKeyBlock):
        inner = inner.ignore_error_block
    if isinstance(inner, DuplicateFieldKeyBlock):
        inner = inner.ignore_error_block
    return inner


def _report_commented(what: str, span: Span, findings: Findings) -> None:
    """`%` begins no comment in BibTeX: an entry behind one is read, unless `%` stands on all its lines."""
    findings.warning(
        "bib-commented-entry",
        f"`%` does not hide an entry from BibTeX; {what}",
        span.first_line(),
        "to make it a comment, delete its `@`",
    )


def _add_broken(
    span: Span,
    problem: str,
    hint: str,
    reading: _Reading,
    findings: Findings,
    *,
    place: Span | None = None,
    labels: Iterable[Label] = (),
) -> None:
    reading.broken.append(BrokenEntry(span, problem))
    findings.error("bib-broken-entry", problem, (place or span).first_line(), hint, labels=labels)


def _add_entry(entry: Entry, span: Span, reading: _Reading, findings: Findings) -> None:
    # Behind the brace: the type may be the same word.
    opening = _OPENING.search(span.text)
    key_at = max(span.text.find(entry.key, opening.end() if opening else 0), 0) if entry.key else 0
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
    for field_name, typed, place, comma_missing in _placed_fields(entry.fields, span):
        name = field_name.lower()
        if comma_missing:
            findings.error("bib-broken-entry", "a comma is missing after this value", _last_line(place))
        value = Scalar(joined(typed, reading.strings, place, findings), place)
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


def _placed_fields(fields: Sequence[Field], span: Span) -> Iterator[tuple[str, str, Span, bool]]:
    """Each field's name and value as typed, the span of the value, and whether a comma is missing after it.

    Values are found in order within the block's text. bibtexparser ends a value at the next
    comma, so that one without its comma holds the next field, too: it is split here.
    """
    raw = span.text
    cursor = raw.find(",") + 1
    for item in fields:
        name, value = item.key, str(item.value)
        key_at = raw.find(name, cursor)
        equals = raw.find("=", max(key_at, cursor) + len(name))
        at = raw.find(value, equals + 1) if value else equals + 1
        at = cursor if at < 0 else at
        cursor = at + len(value)
        while swallowed := swallowed_field(value):
            end = span.start + at + swallowed.start()
            yield name, value[: swallowed.start()], Span(span.source, span.start + at, end), True
            name, value, at = swallowed[1], value[swallowed.end() :], at + swallowed.end()
        yield name, value, Span(span.source, span.start + at, span.start + cursor), False


def _last_line(span: Span) -> Span:
    start = span.source.text.rfind("\n", span.start, span.end) + 1
    return Span(span.source, max(start, span.start), span.end)
