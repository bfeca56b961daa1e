"""BibTeX and biblatex files to entries with spans.

bibtexparser cuts the text into blocks and fields; their places follow from the raw text of the blocks.
Here strings are joined, and broken blocks become diagnostics. What bibtexparser skips without a message
is found by `bibtex_errors`. Nothing is dropped: a block that cannot be read as an entry is kept as a
`BrokenEntry`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence

from bibtexparser import model
from bibtexparser.entrypoint import parse_string

from cvbuild.diagnostics import Findings, Label
from cvbuild.inline import RichText
from cvbuild.read.bibtex_errors import TYPES, end_of_broken, end_of_rest, lost_entries, slip_in
from cvbuild.read.bibtex_values import fields_of, joined, read_value
from cvbuild.read.latex import decode, with_journals, without_html
from cvbuild.read.library import BibEntry, BrokenEntry, NameList, Part, Piece
from cvbuild.read.names import parse_names
from cvbuild.record import replace
from cvbuild.source import Scalar, Span, hashed

JOURNAL_FIELDS = frozenset({"journal", "journaltitle", "shortjournal"})
NAME_FIELDS = frozenset({"author", "editor", "translator", "bookauthor", "editora", "holder"})
VERBATIM_FIELDS = frozenset(
    """url doi eprint eprinttype archiveprefix file code demo slides video data poster project keywords
    crossref xdata options langid ids isbn issn year date month
    adsurl biburl bibsource local-url date-added date-modified timestamp""".split()
)
UNPRINTED_CONTENTS = frozenset("abstract annotation annote comment comments contents review".split())
"""Fields with whole texts that no list prints: nothing odd in them is reported."""

_COMPARE = "compare its commas, braces and quotation marks with those of an entry that works"
_UNREADABLE = "this entry cannot be read"
_BEGIN = "an entry begins with `@type{key,`"
_MEANT = re.compile(r"@*\s*(\w*)\s*[{(]?\s*([^\s,={}()\"]*)")
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
"""What bibtexparser takes for the beginning of a block."""
_TRUE_BLOCK = (
    rf"^[ \t]*@\s*(?:(?:{'|'.join(TYPES)}|string|preamble|comment)\s*(?=[{{(])"
    r"|\w+\s*(?=[{(]\s*[^\s,={}()]+\s*,))"
)
_SEEMING_ALONE = re.compile(rf"(?!{_TRUE_BLOCK}){_SEEMING_BLOCK}", re.IGNORECASE | re.MULTILINE)
_DEPTH_TOKEN = re.compile(
    rf"(?P<block>{_TRUE_BLOCK})|(?P<odd>{_SEEMING_BLOCK})|{_BRACE.pattern}", re.IGNORECASE | re.MULTILINE
)
_SIGN = "\U000f0040"
"""Stands for an `@` in a value that bibtexparser would take for a new block's; no file has it."""


def read_part(piece: Piece) -> Part:
    """Read a piece of a publication list."""
    read = _Reader(piece)
    taken = piece.span.start  # up to here the text belongs to an entry or a macro
    for block, span, stop in _blocks(piece.span, read.findings):
        taken = max(taken, read.block(block, span, stop, taken))
    found = tuple(read.findings.items)
    return Part(tuple(read.entries), tuple(read.broken), read.defined, read.state, tuple(read.html), found)


class _Reader:
    """The state of reading a piece: `macros` are all that hold, `defined` those of the piece."""

    def __init__(self, piece: Piece) -> None:
        self.findings = Findings()
        self.macros = dict(piece.macros)
        self.state = piece.state  # a hash of the macros
        self.defined: dict[str, str] = {}
        self.entries: list[BibEntry] = []
        self.broken: list[BrokenEntry] = []
        self.html: list[Span] = []

    def block(self, inner: model.Block | None, span: Span, stop: int, taken: int) -> int:
        """Read a block; the next entry or macro begins at `stop`, and the text is read up to `taken`.

        Return the offset up to which the text is read now, or less if nothing was added.
        """
        source = span.source
        if isinstance(inner, model.ImplicitComment):
            return self._report_lost(span, stop, max(taken, span.start))
        if isinstance(inner, model.String):
            name, value = inner.key.lower(), joined(read_value(inner.value), self.macros, span, self.findings)
            self.macros[name] = self.defined[name] = value
            self.state = hashed(self.state, f"{name}={value}".encode("utf-8", "surrogatepass"))
        if not isinstance(inner, model.Entry | model.ParsingFailedBlock):
            return span.end
        # `%` begins no comment in BibTeX: an entry behind one is read, unless all its lines begin with one.
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
            place = [whole, *(place for _, _, place, _ in fields_of(inner.fields, span))][-1]
            self._add_broken(whole, f"{_UNREADABLE}: a closing brace too many", _COMPARE, place)
            return rest_end
        if is_behind_percent:
            self._report_commented("read all the same", span)
        self._add_entry(inner, span)
        return span.end

    def _report_lost(self, span: Span, stop: int, taken: int) -> int:
        """Report what looks like entries behind `taken`. Return the end of the text that is read now."""
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
        self,
        span: Span,
        problem: str,
        hint: str = "",
        place: Span | None = None,
        labels: Sequence[Label] = (),
    ) -> None:
        """Keep a broken block, and report it if there is a hint."""
        meant = _MEANT.match(span.text)
        kind, key = (meant[1].lower(), meant[2]) if meant else ("", "")
        broken = BrokenEntry(span, problem, kind, key)
        if not broken.is_entry:
            broken = replace(broken, reason=problem.replace("this entry", f"this `@{kind}`", 1))
        self.broken.append(broken)
        if hint:
            at = (place or span).first_line()
            self.findings.error("bib-broken-entry", broken.reason, at, hint, labels=labels)

    def _add_entry(self, entry: model.Entry, span: Span) -> None:
        # The key is searched behind the brace: the type may be the same word.
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
        for name, typed, place, is_comma_missing in fields_of(entry.fields, span):
            if is_comma_missing:
                line = span.source.text.rfind("\n", place.start, place.end) + 1
                last = Span(span.source, max(line, place.start), place.end)
                self.findings.error("bib-broken-entry", "a comma is missing after this value", last)
            value = Scalar(joined(typed, self.macros, place, self.findings), place)
            if (first := values.setdefault(name, value)) is not value:
                message = f"the field `{name}` stands twice in `{entry.key}`; "
                message += "both say the same" if first == value else "the first one is used"
                label = Label(first.span.first_line(), "first here")
                self.findings.warning("bib-duplicate-field", message, place.first_line(), labels=[label])
        for name, value in values.items():
            if name in VERBATIM_FIELDS or _ANNOTATION.search(name):
                continue
            latex = without_html(value)
            if name in UNPRINTED_CONTENTS:
                text[name] = decode(latex, value.span, Findings())
                continue
            if latex != value:
                self.html.append(value.span)
            if name in NAME_FIELDS:
                names[name] = parse_names(latex, value.span, self.findings)
            else:
                latex = with_journals(latex) if name in JOURNAL_FIELDS else latex
                text[name] = decode(latex, value.span, self.findings)
        origin = hashed(self.state, span.text.encode("utf-8", "surrogatepass"))
        self.entries.append(BibEntry(entry.entry_type.lower(), key, values, text, names, span, origin))


def _blocks(piece: Span, findings: Findings) -> Iterable[tuple[model.Block | None, Span, int]]:
    """Cut a piece into blocks with their places, and the offsets where the next entry or macro begins."""
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # the reader reports the same
    typed, text = piece.text, _mended(piece, findings)
    placed: list[tuple[model.Block, int, int]] = []
    cursor = 0
    for block in parse_string(text, parse_stack=[]).blocks:
        raw = block.raw or ""
        start = max(text.find(raw, cursor), cursor)
        cursor = start + len(raw)
        if isinstance(block, model.ParsingFailedBlock):
            # Where the beginning of the next block broke it off, that is read as its end, too.
            sign = raw.rfind("@", 1)
            cursor = start + sign if sign > 0 and _BEGINNING.fullmatch(raw, sign) else cursor
        placed.append((block, start, cursor))
    following = piece.end
    blocks: list[tuple[model.Block | None, Span, int]] = []
    for block, start, end in reversed(placed):
        # Where `@` was moved to its type, the block begins at the `@` as typed.
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
    """Return the text as bibtexparser can read it, of the same length so that places hold."""
    for match in _DOUBLED.finditer(piece.text):
        place = Span(piece.source, piece.start + match.start(), piece.start + match.end())
        findings.warning("bib-doubled-sign", "`@@` before an entry; read as one `@`", place)
    text = _DOUBLED.sub(lambda match: "@".rjust(len(match[0])), piece.text)
    text = _SPACED.sub(
        lambda match: (
            match["before"] + "@".rjust(len(match["space"]) + 1) + match["type"] + " " * len(match["after"])
        ),
        text,
    )
    text = _without_entries_in_comments(text)
    if not _SEEMING_ALONE.search(text):
        return text
    # `@{` or `@word{` that begins a line within braces begins nothing there.
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
    """Hide the `@` in `@comment{…}`, which may hold whole entries, as JabRef and Mendeley write them."""
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
