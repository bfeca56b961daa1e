"""Parse BibTeX and biblatex files into entries with spans.

bibtexparser splits the text into blocks and fields. This module finds their offsets by the raw text of the
blocks, joins strings, and turns broken blocks into diagnostics. `bibtex_errors` finds entries that
bibtexparser skips without a message. A block that cannot be read as an entry is kept as a `BrokenEntry`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bibtexparser import model
from bibtexparser.entrypoint import parse_string

from cvbuild.diagnostics import Findings, Label
from cvbuild.inline import RichText
from cvbuild.read.bibtex_errors import TYPES, closing_of, end_of_broken, end_of_rest, lost_entries, slip_in
from cvbuild.read.latex import decode, with_journals, without_html
from cvbuild.read.names import parse_names
from cvbuild.read.parsed import BibEntry, BrokenEntry, NameList, Part, Piece
from cvbuild.record import Record, replace
from cvbuild.source import Scalar, SourceFile, Span, hashed

JOURNAL_FIELDS = frozenset({"journal", "journaltitle", "shortjournal"})
NAME_FIELDS = frozenset({"author", "editor", "translator", "bookauthor", "editora", "holder"})
VERBATIM_FIELDS = frozenset(
    """url doi eprint eprinttype archiveprefix file code demo slides video data poster project keywords
    crossref xdata options langid ids isbn issn year date month
    adsurl biburl bibsource local-url date-added date-modified timestamp""".split()
)
UNPRINTED_CONTENTS = frozenset("abstract annotation annote comment comments contents review".split())
"""Fields with long texts that no list prints; problems in these fields are not reported."""

_COMPARE = "compare its commas, braces and quotation marks with those of an entry that works"
_UNREADABLE = "this entry cannot be read"
_BEGIN = "an entry begins with `@type{key,`"
_MEANT = re.compile(r"@*\s*(\w*)\s*[{(]?\s*([^\s,={}()\"]*)")
_HTML_SIGN = re.compile(r"[&<]|\\textless")
_ANNOTATION = re.compile(r"\+an(:\w+)?$")

_DOUBLED = re.compile(r"(?m)^@{2,}(?=\w)")
# BibTeX allows white space around the type (bibtex.web, "Get the entry type").
_SPACED = re.compile(
    r"(?m)^(?P<before>[ \t]*)@(?P<space>\s*)(?P<type>\w+)(?P<after>\s*)(?=[{(]\s*[^\s,={}()]+\s*[,=])"
)
_COMMENT = re.compile(r"(?im)^[ \t]*@comment\s*(?=\{)")
_BEGINNING = re.compile(r"@\w*[ \t]*")
_BRACE = re.compile(r"(?<!\\)[{}]")
_SEEMING_BLOCK = r"^[ \t]*@(?=\w*[ \t]*[{(])"
"""Matches each beginning of a line that bibtexparser reads as the beginning of a block."""
_TRUE_BLOCK = (
    rf"^[ \t]*@\s*(?:(?:{'|'.join(TYPES)}|string|preamble|comment)\s*(?=[{{(])"
    r"|\w+\s*(?=[{(]\s*[^\s,={}()]+\s*,))"
)
"""Matches the beginning of a block of a known type, or of any type if a key and a comma follow."""
_ONLY_SEEMING = re.compile(rf"(?!{_TRUE_BLOCK}){_SEEMING_BLOCK}", re.IGNORECASE | re.MULTILINE)
_DEPTH_TOKEN = re.compile(
    rf"(?P<block>{_TRUE_BLOCK})|(?P<odd>{_SEEMING_BLOCK})|{_BRACE.pattern}", re.IGNORECASE | re.MULTILINE
)
_SIGN = "\U000f0040"
"""Replaces an `@` within a value that bibtexparser would read as a new block's; no file contains it."""
# The syntax of values: btxdoc, section 2, and bibtex.web, "Scan the field's list of values".
_DELIMITED = re.compile(r'\{.*\}|".*"', re.DOTALL)
_WORD = re.compile(r'[^\s"#{}=,]*')
_HASH = re.compile(r"\s*#\s*")
_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[A-Za-z][^\s\"#%'(),={}]*")
_FIELD = re.compile(rf"\s*({_NAME.pattern})\s*=\s*(?=[\"{{\w])")
_LONGEST = 100_000
"""Maximum length of a value made of macros, in characters: each macro may double the one before."""


def read_part(piece: Piece) -> Part:
    """Parse a piece of a .bib file."""
    read = _Reader(piece)
    taken = piece.span.start  # up to here the text belongs to an entry or a macro
    for block, span, stop in _blocks(piece.span, read.findings):
        taken = max(taken, read.block(block, span, stop, taken))
    found = tuple(read.findings.items)
    return Part(tuple(read.entries), tuple(read.broken), read.defined, read.state, tuple(read.html), found)


class _Reader:
    """Reads the blocks of a piece. `macros` are all macros so far, `defined` those that the piece defines."""

    def __init__(self, piece: Piece) -> None:
        self.findings = Findings()
        self.macros = dict(piece.macros)
        self.state = piece.state  # a hash of the macros
        self.defined: dict[str, str] = {}
        self.entries: list[BibEntry] = []
        self.broken: list[BrokenEntry] = []
        self.html: list[Span] = []

    def block(self, inner: model.Block | None, span: Span, stop: int, taken: int) -> int:
        """Read a block, and return the offset where it ends.

        `stop` is the offset of the next entry or macro, `taken` that of the end of the text read so far.
        """
        source = span.source
        if isinstance(inner, model.ImplicitComment):
            return self._report_lost(span, stop, max(taken, span.start))
        if isinstance(inner, model.String):
            typed = _value_of(inner, span, span.start)
            name, value = inner.key.lower(), _joined(typed, self.macros, span, self.findings)
            self.macros[name] = self.defined[name] = value
            self.state = hashed(self.state, f"{name}={value}".encode("utf-8", "surrogatepass"))
        if not isinstance(inner, model.Entry | model.ParsingFailedBlock):
            return span.end
        # `%` begins no comment in BibTeX: an entry after `%` is read, unless `%` begins all its other lines.
        line = source.text.rfind("\n", taken, span.start)
        is_behind_percent = "%" in source.text[max(line, taken) : span.start]
        others = [line.lstrip() for line in span.text.splitlines()[1:] if line.strip()]
        if is_behind_percent and others and all(line.startswith("%") for line in others):
            self._report_commented("left out here", span)
            self._add_broken(span, "it stands behind `%`")
            return span.end
        error = inner.error if isinstance(inner, model.ParsingFailedBlock) else None
        if (slip := slip_in(span, error)) is not None:
            reason, labels = slip
            whole = Span(source, span.start, end_of_broken(span, stop))
            self._add_broken(whole, f"{_UNREADABLE}: {reason}", _COMPARE, whole, labels)
            return self._report_lost(span, stop, whole.end)
        if not isinstance(inner, model.Entry):
            return span.end
        if not inner.entry_type:
            self._add_broken(span, f"{_UNREADABLE}: its type is missing", _BEGIN)
            return span.end
        if (rest_end := end_of_rest(source.text, span.end, stop)) > span.end:
            whole = Span(source, span.start, rest_end)
            place = [whole, *(value.span for _, value, _ in _fields_of(inner.fields, span))][-1]
            self._add_broken(whole, f"{_UNREADABLE}: a closing brace too many", _COMPARE, place)
            return rest_end
        if is_behind_percent:
            self._report_commented("read all the same", span)
        self._add_entry(inner, span)
        return span.end

    def _report_lost(self, span: Span, stop: int, taken: int) -> int:
        """Report text after `taken` that looks like entries. Return its end, or `taken` if there is none."""
        source, end = span.source, span.end
        for place, problem in lost_entries(Span(source, min(taken, end), end)):
            if place.start >= taken:
                taken = end_of_broken(place, stop)
                self._add_broken(Span(source, place.start, taken), problem, _BEGIN)
        return taken

    def _report_commented(self, what: str, span: Span) -> None:
        message = f"`%` does not hide an entry from BibTeX; {what}"
        hint = "to make it a comment, delete its `@`"
        self.findings.warning("bib-commented-entry", message, span.first_line(), hint)

    def _add_broken(
        self, span: Span, reason: str, hint: str = "", place: Span | None = None, labels: Sequence[Label] = ()
    ) -> None:
        """Keep a broken block; report it unless `hint` is empty."""
        meant = _MEANT.match(span.text)
        kind, key = (meant[1].lower(), meant[2]) if meant else ("", "")
        if not (broken := BrokenEntry(span, reason, kind, key)).is_entry:
            broken = replace(broken, reason=reason.replace("this entry", f"this `@{kind}`", 1))
        self.broken.append(broken)
        if hint:
            at = (place or span).first_line()
            self.findings.error("bib-broken-entry", broken.reason, at, hint, labels=labels)

    def _add_entry(self, entry: model.Entry, span: Span) -> None:
        # Search for the key after the brace: the type may be the same word.
        opening = re.search(r"[{(]", span.text)
        key_at = span.start
        if entry.key and opening:
            key_at += max(span.text.find(entry.key, opening.end()), 0)
        key = Scalar(entry.key, Span(span.source, key_at, key_at + len(entry.key)))
        if not entry.key:
            self.findings.warning("bib-no-key", "this entry has no citation key", span.first_line())
        values: dict[str, Scalar] = {}
        text: dict[str, RichText] = {}
        names: dict[str, NameList] = {}
        for name, typed, is_comma_missing in _fields_of(entry.fields, span):
            place = typed.span
            if is_comma_missing:
                line = span.source.text.rfind("\n", place.start, place.end) + 1
                last = Span(span.source, max(line, place.start), place.end)
                self.findings.error("bib-broken-entry", "a comma is missing after this value", last)
            value = Scalar(_joined(typed, self.macros, place, self.findings), place)
            if (first := values.setdefault(name, value)) is not value:
                message = f"the field `{name}` stands twice in `{entry.key}`; "
                message += "both say the same" if first == value else "the first one is used"
                label = Label(first.span.first_line(), "first here")
                self.findings.warning("bib-duplicate-field", message, place.first_line(), labels=[label])
        for name, value in values.items():
            if name in VERBATIM_FIELDS or _ANNOTATION.search(name):
                continue
            latex = without_html(value) if _HTML_SIGN.search(value) else value
            if name in UNPRINTED_CONTENTS:
                text[name] = decode(latex, value.span, Findings())
                continue
            if latex != value:
                self.html.append(value.span)
            if name in NAME_FIELDS:
                names[name] = parse_names(latex, value.span, self.findings)
            else:
                if name in JOURNAL_FIELDS and "\\" in latex:
                    latex = with_journals(latex)
                text[name] = decode(latex, value.span, self.findings)
        origin = hashed(self.state, span.text.encode("utf-8", "surrogatepass"))
        self.entries.append(BibEntry(entry.entry_type.lower(), key, values, text, names, span, origin))


class _Value(Record):
    """A value and its operands of `#` as spans. `end` is the last operand's end; text after it is a slip."""

    span: Span
    operands: tuple[Span, ...]
    end: int


def _value_of(field: model.Field | model.String, block: Span, after: int) -> _Value:
    """Return the value of bibtexparser's field or macro; its name is the next one from offset `after` on."""
    source = block.source
    equals = source.text.find("=", source.text.find(field.key, after) + len(field.key))
    length = len(str(field.value))
    space = _SPACE.match(source.text, equals + 1)
    start = space.end() if space and length else equals + 1
    return _value_at(source, start, start + length)


def _value_at(source: SourceFile, start: int, end: int) -> _Value:
    """Split a value without outer space at `#` into operands; an unclosed operand runs to offset `end`."""
    operands: list[Span] = []
    at = start
    while True:
        if source.text.startswith(("{", '"'), at, end):
            stop = closing_of(source.text, at, end) or end
        else:
            word = _WORD.match(source.text, at, end)
            stop = word.end() if word else at
        operands.append(Span(source, at, stop))
        sign = _HASH.match(source.text, stop, end)
        if sign is None:
            return _Value(Span(source, start, end), tuple(operands), stop)
        at = sign.end()


def _fields_of(typed: Iterable[model.Field], entry: Span) -> Iterator[tuple[str, _Value, bool]]:
    """Yield each field's name and value, and whether a comma is missing after it.

    `typed` are bibtexparser's fields in text order. bibtexparser ends a value at the next comma, so a value
    whose comma is missing includes the fields that follow.
    """
    source, end = entry.source, entry.start + entry.text.find(",")
    for field in typed:
        name, value = field.key, _value_of(field, entry, end + 1)
        end = value.span.end
        while swallowed := _FIELD.match(source.text, value.end, end):
            sound = replace(value, span=Span(source, value.span.start, value.end))
            yield name.lower(), sound, True
            name, value = swallowed[1], _value_at(source, swallowed.end(), end)
        yield name.lower(), value, False


def _joined(value: _Value, macros: Mapping[str, str], span: Span, findings: Findings) -> str:
    """Return the text of a value: operands joined, macros replaced, outer delimiters removed."""
    text = value.span.text
    operands = [operand.text for operand in value.operands]
    if text[value.end - value.span.start :].strip():
        if text[0] in '{"':  # `{A} B` or `"A "B" C"`
            delimiter = "quotation mark" if text[0] == '"' else "brace"
            message = f"this value goes on after its closing {delimiter}; all of it is printed"
            hint = "put the whole value in one pair of braces"
            findings.warning("bib-value", message, span.first_line(), hint)
            return text[1:-1].strip() if text[0] == text[-1] == '"' else text
        operands = [text]
    if len(operands) == 1 and _DELIMITED.fullmatch(text):
        return text[1:-1].strip()
    pieces: list[str] = []
    for operand in operands:
        is_number = operand.isdigit() or not operand
        piece = operand if is_number else macros.get(operand.lower(), operand)
        if _DELIMITED.fullmatch(operand):
            piece = operand[1:-1]
        elif not is_number and operand.lower() not in macros:
            code, message = "bib-value", f"`{operand}` stands without braces; printed as typed"
            hint = f"put the value in braces: `{{{operand}}}`"
            if _NAME.fullmatch(operand):
                code = "bib-undefined-macro"
                message = f"the macro `{operand}` is defined nowhere; its name is printed"
                hint = f"put the value in braces, or define it: `@string{{{operand} = {{…}}}}`"
            findings.warning(code, message, span.first_line(), hint)
        pieces.append(piece)
    whole = "".join(pieces)
    if len(whole) > _LONGEST and len(whole) > len(text):
        message = f"the macros in this value make it longer than {_LONGEST:,} characters; the rest is cut off"
        findings.warning("bib-value", message, span.first_line())
        return whole[:_LONGEST]
    return whole


def _blocks(piece: Span, findings: Findings) -> Iterable[tuple[model.Block | None, Span, int]]:
    """Return the blocks of a piece, each with its span and the offset of the next entry or macro."""
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # `_Reader` reports the same errors
    typed, text = piece.text, _mended(piece, findings)
    placed: list[tuple[model.Block, int, int]] = []
    cursor = 0
    for block in parse_string(text, parse_stack=[]).blocks:
        raw = block.raw or ""
        start = max(text.find(raw, cursor), cursor)
        cursor = start + len(raw)
        if isinstance(block, model.ParsingFailedBlock):
            # If the beginning of the next block broke this block off, `raw` includes that beginning: cut it.
            sign = raw.rfind("@", 1)
            cursor = start + sign if sign > 0 and _BEGINNING.fullmatch(raw, sign) else cursor
        placed.append((block, start, cursor))
    following = piece.end
    blocks: list[tuple[model.Block | None, Span, int]] = []
    for block, start, end in reversed(placed):
        # `_mended` may have moved the `@` next to the type; the block begins at the `@` as typed.
        begins = typed.rfind("@", 0, start + 1) if text.startswith("@", start) else start
        span = Span(piece.source, piece.start + begins, piece.start + end)
        inner: model.Block | None = block
        while isinstance(inner, model.DuplicateBlockKeyBlock | model.DuplicateFieldKeyBlock):
            inner = inner.ignore_error_block
        blocks.append((inner, span, following))
        if not isinstance(block, model.ImplicitComment):
            following = span.start
    return reversed(blocks)


def _mended(piece: Span, findings: Findings) -> str:
    """Return the text in a form that bibtexparser can read, of the same length so that offsets stay valid."""

    def moved(match: re.Match[str]) -> str:
        sign = "@".rjust(len(match["space"]) + 1)
        return match["before"] + sign + match["type"] + " " * len(match["after"])

    for match in _DOUBLED.finditer(piece.text):
        place = Span(piece.source, piece.start + match.start(), piece.start + match.end())
        findings.warning("bib-doubled-sign", "`@@` before an entry; read as one `@`", place)
    text = _DOUBLED.sub(lambda match: "@".rjust(len(match[0])), piece.text)
    text = _without_entries_in_comments(_SPACED.sub(moved, text))
    if not _ONLY_SEEMING.search(text):
        return text
    # Hide an `@{` or `@word{` that begins a line within braces: it does not begin a block.
    pieces: list[str] = []
    at = depth = 0
    for token in _DEPTH_TOKEN.finditer(text):
        if token["block"]:
            depth = 0
        elif not token["odd"]:
            depth += 1 if token[0] == "{" else -1
        elif depth > 0:
            pieces += text[at : token.end() - 1], _SIGN
            at = token.end()
    return "".join([*pieces, text[at:]])


def _without_entries_in_comments(text: str) -> str:
    """Replace each `@` in `@comment{…}` by a space: JabRef and Mendeley write whole entries there."""
    openings = {match.end() for match in _COMMENT.finditer(text)}
    comments: list[tuple[int, int]] = []
    open_braces: list[int] = []
    for brace in _BRACE.finditer(text) if openings else ():
        if brace[0] == "{":
            open_braces.append(brace.start())
        elif open_braces and (opening := open_braces.pop()) in openings:
            comments.append((opening, brace.end()))
    pieces: list[str] = []
    at = 0
    for opening, closing in sorted(comments):
        if opening >= at:
            pieces += text[at:opening], text[opening:closing].replace("@", " ")
            at = closing
    return "".join([*pieces, text[at:]])
