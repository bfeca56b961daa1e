"""BibTeX and biblatex files to entries with spans, through bibtexparser.

`bibblocks` cuts the text into blocks; here the place of each value is found, strings
are joined, and broken blocks become diagnostics. What the splitter goes over without
a word is found in `bibvalue` and `bibslips`.
Nothing is dropped: what cannot be read as an entry is kept as `BrokenEntry`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from bibtexparser.model import Entry, ImplicitComment, ParsingFailedBlock, String

from cvbuild.diagnostics import Findings, Label
from cvbuild.inline import RichText
from cvbuild.read.bibblocks import SIGN, PlacedBlock, placed_blocks
from cvbuild.read.bibtex_errors import (
    culprit_of,
    end_of_broken,
    end_of_rest,
    is_behind_percent,
    is_behind_percents,
    lost_entries,
    reason_of,
    reason_swallowing,
)
from cvbuild.read.bibtex_values import joined, swallowed_field
from cvbuild.read.latex import decode, with_journals, without_html
from cvbuild.read.library import BibEntry, BrokenEntry, NameList, Part, Piece
from cvbuild.read.names import parse_names
from cvbuild.record import MutableRecord, field
from cvbuild.source import Scalar, Span, hashed

if TYPE_CHECKING:
    from bibtexparser.model import Field

JOURNAL_FIELDS = frozenset({"journal", "journaltitle", "shortjournal"})
NAME_FIELDS = frozenset({"author", "editor", "translator", "bookauthor", "editora", "holder"})
VERBATIM_FIELDS = frozenset(
    """url doi eprint eprinttype archiveprefix file code demo slides video data poster project keywords
    crossref xdata options langid ids isbn issn year date month
    adsurl biburl bibsource local-url date-added date-modified timestamp""".split()
)
UNPRINTED_CONTENTS = frozenset("abstract annotation annote comment comments contents review".split())
"""Fields that hold whole texts which no list prints: what is odd in them is not worth a word."""

_COMPARE = "compare its commas, braces and quotation marks with those of an entry that works"
_BEGIN = "an entry begins with `@type{key,`"
_MEANT = re.compile(r"@*\s*(\w*)\s*[{(]?\s*([^\s,={}()\"]*)")
_OPENING = re.compile(r"[{(]")
_ANNOTATION = re.compile(r"\+an(:\w+)?$")


class _Reading(MutableRecord):
    """The state of reading a piece: `macros` are all that hold, `defined` those of the piece.

    `state` is a hash of `macros`.
    """

    macros: dict[str, str]
    state: bytes
    defined: dict[str, str] = field(default_factory=dict)
    entries: list[BibEntry] = field(default_factory=list)
    broken: list[BrokenEntry] = field(default_factory=list)
    html: list[Span] = field(default_factory=list)

    def define(self, name: str, value: str) -> None:
        """Add a macro."""
        self.macros[name] = self.defined[name] = value
        self.state = hashed(self.state, f"{name}={value}".encode("utf-8", "surrogatepass"))


def read_part(piece: Piece) -> Part:
    """Read a piece of a publication list."""
    findings = Findings()
    reading = _Reading(dict(piece.macros), piece.state)
    taken = piece.span.start  # up to here the text belongs to an entry or a macro
    for block in placed_blocks(piece.span, findings):
        taken = max(taken, _load_block(block, taken, reading, findings))
    return Part(
        tuple(reading.entries),
        tuple(reading.broken),
        reading.defined,
        reading.state,
        tuple(reading.html),
        tuple(findings.items),
    )


def _load_block(block: PlacedBlock, taken: int, reading: _Reading, findings: Findings) -> int:
    """Read a block; gives the offset up to which the text is read now, `taken` where it adds nothing."""
    span, inner = block.span, block.content
    if isinstance(inner, ImplicitComment):
        return _add_lost(block, max(taken, span.start), reading, findings)
    behind_percent = is_behind_percent(span, taken)
    if isinstance(inner, String):
        reading.define(inner.key.lower(), joined(inner.value, reading.macros, span, findings))
    elif isinstance(inner, Entry | ParsingFailedBlock) and behind_percent and is_behind_percents(span.text):
        _report_commented("left out here", span, findings)
        reading.broken.append(_broken(span, "it stands behind `%`"))
    elif isinstance(inner, ParsingFailedBlock):
        reason = reason_of(inner.error, span.text)
        return _add_unread(block, reason, culprit_of(inner.error, span), reading, findings)
    elif isinstance(inner, Entry) and (swallowing := reason_swallowing(span)):
        return _add_unread(block, swallowing, culprit_of(None, span), reading, findings)
    elif isinstance(inner, Entry) and not inner.entry_type:
        _add_broken(span, "this entry cannot be read: its type is missing", _BEGIN, reading, findings)
    elif isinstance(inner, Entry):
        rest_end = end_of_rest(span.source.text, span.end, block.next)
        if rest_end > span.end:
            problem = "this entry cannot be read: a closing brace too many"
            places = [place for _, _, place, _ in _placed_fields(inner.fields, span)]
            whole = Span(span.source, span.start, rest_end)
            _add_broken(whole, problem, _COMPARE, reading, findings, place=places[-1] if places else None)
            return rest_end
        if behind_percent:
            _report_commented("read all the same", span, findings)
        _add_entry(inner, span, reading, findings)
    return span.end


def _add_unread(
    block: PlacedBlock, reason: str, labels: Iterable[Label], reading: _Reading, findings: Findings
) -> int:
    """Report a broken block, and what it swallowed; gives the offset up to which the text is read now."""
    whole = Span(block.span.source, block.span.start, end_of_broken(block.span, block.next))
    broken = _broken(whole, "")
    what = "entry" if broken.is_entry else f"`@{broken.type}`"
    problem = f"this {what} cannot be read: {reason}"
    _add_broken(whole, problem, _COMPARE, reading, findings, labels=labels)
    return _add_lost(block, whole.end, reading, findings)


def _add_lost(block: PlacedBlock, taken: int, reading: _Reading, findings: Findings) -> int:
    """Report what looks like entries behind `taken`; gives the offset up to which the text is read now."""
    source = block.span.source
    for place, problem in lost_entries(Span(source, min(taken, block.span.end), block.span.end)):
        if place.start >= taken:
            taken = end_of_broken(place, block.next)
            _add_broken(Span(source, place.start, taken), problem, _BEGIN, reading, findings)
    return taken


def _report_commented(what: str, span: Span, findings: Findings) -> None:
    """`%` begins no comment in BibTeX: an entry behind one is read, unless `%` stands on all its lines."""
    findings.warning(
        "bib-commented-entry",
        f"`%` does not hide an entry from BibTeX; {what}",
        span.first_line(),
        "to make it a comment, delete its `@`",
    )


def _broken(span: Span, reason: str) -> BrokenEntry:
    meant = _MEANT.match(span.text)
    kind, key = (meant[1].lower(), meant[2] or "") if meant else ("", "")
    return BrokenEntry(span, reason, kind, key)


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
    reading.broken.append(_broken(span, problem))
    findings.error("bib-broken-entry", problem, (place or span).first_line(), hint, labels=labels)


def _add_entry(entry: Entry, span: Span, reading: _Reading, findings: Findings) -> None:
    # Behind the brace: the type may be the same word.
    opening = _OPENING.search(span.text)
    key_at = max(span.text.find(entry.key, opening.end() if opening else 0), 0) if entry.key else 0
    key_span = Span(span.source, span.start + key_at, span.start + key_at + len(entry.key))
    key = Scalar(entry.key, key_span)
    if not entry.key:
        findings.warning("bib-no-key", "this entry has no citation key", span.first_line())
    values: dict[str, Scalar] = {}
    for field_name, typed, place, comma_missing in _placed_fields(entry.fields, span):
        name = field_name.lower()
        if comma_missing:
            findings.error("bib-broken-entry", "a comma is missing after this value", _last_line(place))
        value = Scalar(joined(typed, reading.macros, place, findings), place)
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
        if name in VERBATIM_FIELDS or _ANNOTATION.search(name):
            continue
        decoded = without_html(value)
        if name in UNPRINTED_CONTENTS:
            text[name] = decode(decoded, value.span, Findings())
            continue
        if decoded != value:
            reading.html.append(value.span)
        if name in NAME_FIELDS:
            names[name] = parse_names(decoded, value.span, findings)
        else:
            named = with_journals(decoded) if name in JOURNAL_FIELDS else decoded
            text[name] = decode(named, value.span, findings)
    origin = hashed(reading.state, span.text.encode("utf-8", "surrogatepass"))
    reading.entries.append(BibEntry(entry.entry_type.lower(), key, values, text, names, span, origin))


def _placed_fields(fields: Sequence[Field], span: Span) -> Iterator[tuple[str, str, Span, bool]]:
    """Each field's name and value as typed, the span of the value, and whether a comma is missing after it.

    Values are found in order within the block's text. bibtexparser ends a value at the next
    comma, so that one without its comma holds the next field, too: it is split here.
    """
    raw = span.text
    cursor = raw.find(",") + 1
    for item in fields:
        name, value = item.key, str(item.value).replace(SIGN, "@")
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
