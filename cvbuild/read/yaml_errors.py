"""Explain PyYAML's syntax errors to somebody who writes a CV.

PyYAML's message names a grammar rule and the place where that rule failed, often lines below the slip.
Each rule here looks for one kind of slip in the tokens before that place and the lines around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

import yaml

from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.source import SourceFile, Span

_STARTS = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
_ENDS = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
_LONGEST_EXAMPLE = 60  # characters of a value that a hint spells out


class _Failure:
    """A syntax error of PyYAML with the tokens and lines around it.

    `at` is the problem's offset, `line` its line (0-based), `context` the offset of the enclosing construct.
    """

    def __init__(self, source: SourceFile, error: yaml.MarkedYAMLError) -> None:
        self.source = source
        self.said = f"{error.problem or ''}\n{error.context or ''}"
        mark = error.problem_mark or error.context_mark
        self.at = min(mark.index, len(source.text)) if mark else 0
        self.context = error.context_mark.index if error.context_mark else self.at
        self.line = source.position(self.at)[0]

    @cached_property
    def before(self) -> list[yaml.Token]:
        """The tokens that begin before the problem."""
        loader = yaml.SafeLoader(self.source.text)
        tokens: list[yaml.Token] = []
        try:
            while loader.check_token() and (not tokens or tokens[-1].start_mark.index < self.at):
                tokens.append(loader.get_token())  # type: ignore[no-untyped-call]  # types-PyYAML leaves it out
        except (yaml.YAMLError, ValueError, OverflowError):
            tokens += loader.tokens
        return [token for token in tokens if token.start_mark.index < self.at]

    @cached_property
    def open_brackets(self) -> list[yaml.Token]:
        """The opening brackets and braces not closed before the problem, the innermost last."""
        found: list[yaml.Token] = []
        for token in self.before:
            if isinstance(token, _STARTS):
                found.append(token)
            elif isinstance(token, _ENDS) and found:
                found.pop()
        return found

    def character(self, offset: int) -> Span:
        """Return the span of one character."""
        return Span(self.source, offset, min(offset + 1, len(self.source.text)))

    def span_of_problem(self) -> Span:
        """Return the span of the problem's character; on a blank line, that of the line above."""
        number, column = self.source.position(self.at)
        line = self.source.line(number)
        if not line.strip() and number > 0:
            return self.source.span_of_line(number - 1)
        return self.character(self.source.line_starts[number] + min(column, len(line)))

    def report(self, span: Span, message: str, *hints: str, labels: tuple[Label, ...] = ()) -> Diagnostic:
        return Diagnostic("yaml-syntax", message, span, labels=labels, hints=hints)

    def cure(self, start: int, words: str = "put it in quotation marks") -> str:
        """Return a hint to quote the value that begins at `start`; a short value is spelled out."""
        number, column = self.source.position(start)
        value = re.sub(r"\s+#.*", "", self.source.line(number)[column:]).rstrip()
        below = self.source.line(number + 1)
        goes_on = bool(below.strip()) and len(below) - len(below.lstrip()) >= max(column, 1)
        inside = self.open_brackets and self.open_brackets[0].start_mark.index < start
        if not value or goes_on or inside or len(value) > _LONGEST_EXAMPLE:
            return words
        quoted = f'"{value}"' if not set(value) & {'"', "\\"} else "'" + value.replace("'", "''") + "'"
        return f"{words}: `{quoted}`"


_BRACKETS = {"[": ("]", "a list"), "{": ("}", "a mapping")}
_KEY = re.compile(r" *(?:- +)*(?P<at>)(?P<name>[^\s\-#][^:]*):(?= |$)")
_ITEM = re.compile(r" *(?P<at>)-(?= |$)")
_LONG_TEXT = "a long text needs `>-` after the colon and deeper indentation"


def explain(source: SourceFile, error: yaml.MarkedYAMLError) -> Diagnostic:
    """Return a syntax error as a diagnostic at the place to correct."""
    failure = _Failure(source, error)
    if found := next(filter(None, (rule(failure) for rule in _RULES)), None):
        return found
    message = f"this is not valid YAML: {error.problem or error.context or 'it cannot be read'}"
    return failure.report(failure.span_of_problem(), message, "look at the line above as well")


def _quotation(failure: _Failure) -> Diagnostic | None:
    """Explain a quotation mark that is never closed, or closed lines below by one meant to open."""
    closed = None
    if "while scanning a quoted scalar" in failure.said and "unexpected" in failure.said:
        start = failure.context
    else:
        quoted = [token for token in failure.before if getattr(token, "style", None) in {"'", '"'}]
        last = quoted[-1] if quoted else None
        if last is None or not last.start_mark.line < last.end_mark.line == failure.line:
            return None
        start, closed = last.start_mark.index, last.end_mark.index - 1
    hint = "close it at the end of the value"
    if closed is None:
        if failure.source.text[start] == "'":
            hint = failure.cure(start, f"{hint}; an apostrophe is put in quotation marks")
        return failure.report(failure.character(start), "a quotation mark is opened and never closed", hint)
    label = Label(failure.character(closed), "which is closed by this one")
    return failure.report(failure.character(start), "a quotation mark is opened here", hint, labels=(label,))


def _bracket(failure: _Failure) -> Diagnostic | None:
    """Explain a bracket or brace that is not closed, or a missing comma inside it."""
    if not failure.open_brackets:
        return None
    opening = failure.open_brackets[-1].start_mark
    sign = failure.source.text[opening.index]
    closing, what = _BRACKETS[sign]
    at_end = not failure.source.text[failure.at :].strip()
    if opening.line != failure.line or at_end:
        label = Label(failure.span_of_problem(), f"a `{closing}` or `,` is missing before this")
        message = f"{what} is opened with `{sign}` and not closed"
        hint = f"close it with `{closing}`; text that begins with `{sign}` needs quotation marks"
        labels = () if at_end else (label,)
        return failure.report(failure.character(opening.index), message, hint, labels=labels)
    if "expected ','" in failure.said:
        message = f"a `,` or `{closing}` is missing before this"
        hint = "text with a comma, a colon or a bracket inside needs quotation marks around it"
        return failure.report(failure.span_of_problem(), message, hint)
    return None


def _text_after_value(failure: _Failure) -> Diagnostic | None:
    """Explain text after a complete value: `[Ada](…) works`, `"Best" Award`."""
    if "expected <block end>" not in failure.said:
        return None
    depth = 0
    for value in reversed(failure.before):  # back to the first token of the value before the problem
        if isinstance(value, (yaml.BlockEndToken, yaml.TagToken, yaml.AnchorToken)):
            continue
        if depth == 0 and value.end_mark.line != failure.line:
            return None
        depth += isinstance(value, _ENDS) - isinstance(value, _STARTS)
        if depth == 0:
            break
    else:
        return None
    start = value.start_mark.index
    sign = failure.source.text[start]
    if isinstance(value, yaml.ScalarToken) and sign in {"'", '"'}:
        message = "text goes on after the closing quotation mark"
        hint = failure.cure(start, "put all of it in quotation marks")
        return failure.report(failure.character(failure.at), message, hint)
    if not isinstance(value, (yaml.AliasToken, *_STARTS)):
        return None
    message = f"text that begins with `{sign}` is read as {_BRACKETS.get(sign, ('', 'an alias'))[1]}"
    return failure.report(failure.character(start), message, failure.cure(start))


_MESSAGES = (
    ("found character '\\t'", "a tab where YAML wants spaces",
     "indent with spaces; most editors can convert tabs"),
    ("found undefined alias", "an alias (`*name`) with no anchor (`&name`) before it",
     "text that begins with `*` needs quotation marks around it"),
    ("but found another document", "a second document begins here (`---`)", "one file holds one document"),
    ("while scanning a directive", "a line cannot begin with `%`", "a comment begins with `#`"),
    ("while scanning a double-quoted scalar", "a backslash in double quotation marks begins an escape",
     "use single quotation marks, or none"),
)  # fmt: skip
"""Parts of PyYAML's message or context, each with the message and the hint that replace it."""
_READ_AS = (
    ("while scanning an alias", "is read as an alias"),
    ("while scanning an anchor", "is read as an anchor"),
    ("while (scanning|parsing) a tag|found undefined tag handle", "is read as a tag"),
    ("while scanning a block scalar", "is read as the sign for a long text on the next lines"),
    ("sequence entries are not allowed here", "is read as a list"),
    ("mapping keys are not allowed here", "is read as a key"),
    (r"found character '[@%`]'|but found '[],}]'", ""),
)
"""Patterns for PyYAML's message, each with words for how PyYAML reads the first character of the text."""


def _sign(failure: _Failure) -> Diagnostic | None:
    """Explain a character that has a meaning in YAML, often the first of a text."""
    for part, message, hint in _MESSAGES:
        if part in failure.said:
            return failure.report(failure.span_of_problem(), message, hint)
    read_as = next((words for part, words in _READ_AS if re.search(part, failure.said)), None)
    if read_as is None:
        return None
    at = failure.at if "while scanning for the next token" in failure.said else failure.context
    sign = failure.source.text[at : at + 1]
    shown = "a backquote" if sign == "`" else f"`{sign}`"
    message = f"text that begins with {shown} {read_as}" if read_as else f"text cannot begin with {shown}"
    return failure.report(failure.character(at), message, failure.cure(at))


def _layout(failure: _Failure) -> Diagnostic | None:
    """Explain a second `: ` on a line, a key without `: `, or indentation that fits no line above."""
    if "could not find expected ':'" in failure.said:
        return _without_colon(failure, failure.source.position(failure.context)[0])
    if "expected <block end>" in failure.said or "expected '<document start>'" in failure.said:
        return _misplaced(failure)
    if "mapping values are not allowed here" not in failure.said:
        return None
    line = failure.source.line(failure.line)
    column = failure.source.position(failure.at)[1]
    if (first := _KEY.match(line)) and first.end() <= column:
        value = first.end() + len(line[first.end() :]) - len(line[first.end() :].lstrip())
        start = failure.source.line_starts[failure.line] + value
        hint = failure.cure(start, "put the whole value in quotation marks")
        return failure.report(failure.character(failure.at), "a second `: ` on one line", hint)
    above = failure.line - 1
    while above > 0 and not failure.source.line(above).strip():
        above -= 1
    text = failure.source.line(above) if above >= 0 else None
    if text is None or _KEY.match(text) or _column_of_text(text) != _column_of_text(line):
        return _misplaced(failure)
    return _without_colon(failure, above)


def _without_colon(failure: _Failure, number: int) -> Diagnostic:
    """Explain a line without `: ` in the place of a key; `number` is the line's (0-based)."""
    span = failure.source.span_of_line(number)
    if joined := re.match(r"(?:- +)*([\w-]+):(?!//)(\S.*)", span.text):
        hint = f"write `{joined[1]}: {joined[2]}`"
        return failure.report(span, "there is no space after the colon", hint)
    if item := re.match(r"-([^\s-].*)", span.text):
        return failure.report(span, "there is no space after the dash", f"write `- {item[1]}`")
    hint = f"write `key: value`; {_LONG_TEXT}"
    above = _KEY.match(failure.source.line(number - 1)) if number else None
    if above and " " in span.text:
        hint = f"text that goes on is indented deeper than its key `{above['name']}`; a key is `key: value`"
    return failure.report(span, "a key without its `: `", hint)


def _misplaced(failure: _Failure) -> Diagnostic:
    """Explain a line whose indentation fits no line above it."""
    source, number = failure.source, failure.line
    span, line = source.span_of_line(number), source.line(number)
    is_item = _ITEM.match(line) is not None
    here = len(line) - len(line.lstrip()) if is_item else _column_of_text(line)
    message = f"this line does not fit the {'list' if is_item else 'mapping'} it stands in"
    open_columns: list[tuple[int, int]] = []  # each with a line (0-based) whose text begins in it
    for above in range(number - 1, -1, -1):
        match = (_ITEM if is_item else _KEY).match(source.line(above))
        # Going up, a line is still open only if it is indented less than every line passed.
        if match and (not open_columns or match.start("at") < open_columns[-1][0]):
            open_columns.append((match.start("at"), above))
    others = (item for item in open_columns if item[0] != here)
    meant = min(others, key=lambda item: abs(item[0] - here), default=None)
    if meant is None:
        return failure.report(span, message, "keys begin in one column; items of a list begin with `-`")
    column, above = meant
    spaces = f"{column or 'no'} space{'' if column == 1 else 's'}"
    if is_item:
        hint = f"items of one list begin with `-` in one column: {spaces} before it, as in line {above + 1}"
        return failure.report(span, message, hint)
    hint = f"its indentation should be that of the keys above it: {spaces}, as in line {above + 1}"
    key = _KEY.match(line)
    if_text = [f"if it is text, {_LONG_TEXT}"] if key and " " in key["name"] else []
    return failure.report(span, message, hint, *if_text)


def _column_of_text(line: str) -> int:
    """Return the column of a line's text, after the dashes of list items."""
    found = re.match(r" *(?:- +)*", line)
    return found.end() if found else 0


_RULES: tuple[Callable[[_Failure], Diagnostic | None], ...] = (
    _quotation, _bracket, _text_after_value, _sign, _layout,
)  # fmt: skip
"""The order matters: slips that swallow the lines below them come first."""
