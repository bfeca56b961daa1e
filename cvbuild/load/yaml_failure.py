"""A complaint of PyYAML's with what stands around it."""

from __future__ import annotations

import re
from functools import cached_property

import yaml

from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.record import Record
from cvbuild.source import SourceFile, Span

FLOW_STARTS = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
FLOW_ENDS = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
_LONGEST_EXAMPLE = 60


def in_quotation_marks(text: str) -> str:
    """A value as it is typed in YAML so that it is only text."""
    return f'"{text}"' if not set(text) & {'"', "\\"} else "'" + text.replace("'", "''") + "'"


class Failure(Record):
    """PyYAML's complaint with what stands before it."""

    source: SourceFile
    error: yaml.MarkedYAMLError

    @property
    def said(self) -> str:
        """Its problem and its context."""
        return f"{self.error.problem or ''}\n{self.error.context or ''}"

    @property
    def at(self) -> int:
        """The offset of the problem."""
        mark = self.error.problem_mark or self.error.context_mark
        return min(mark.index, len(self.source.text)) if mark else 0

    @property
    def context(self) -> int:
        """The offset where what PyYAML was reading begins."""
        return self.error.context_mark.index if self.error.context_mark else self.at

    @property
    def line(self) -> int:
        """The line (0-based) of the problem."""
        return self.source.position(self.at)[0]

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
        """The brackets and braces that are open at the problem, the innermost last."""
        found: list[yaml.Token] = []
        for token in self.before:
            if isinstance(token, FLOW_STARTS):
                found.append(token)
            elif isinstance(token, FLOW_ENDS) and found:
                found.pop()
        return found

    @cached_property
    def value_before(self) -> yaml.Token | None:
        """The first token of the value that ends on the problem's line before it."""
        depth = 0
        for token in reversed(self.before):
            if isinstance(token, (yaml.BlockEndToken, yaml.TagToken, yaml.AnchorToken)):
                continue
            if depth == 0 and token.end_mark.line != self.line:
                return None
            depth += isinstance(token, FLOW_ENDS) - isinstance(token, FLOW_STARTS)
            if depth == 0:
                return token
        return None

    def character(self, offset: int) -> Span:
        """The span of one character."""
        return Span(self.source, offset, min(offset + 1, len(self.source.text)))

    def span_of_problem(self) -> Span:
        """The character of the problem; the line above where it is only found at the end of the file."""
        number, column = self.source.position(self.at)
        line = self.source.line(number)
        if not line.strip() and number > 0:
            return self.source.span_of_line(number - 1)
        return self.character(self.source.line_starts[number] + min(column, len(line)))

    def report(self, span: Span, message: str, *hints: str, labels: tuple[Label, ...] = ()) -> Diagnostic:
        """The diagnostic for it."""
        return Diagnostic("yaml-syntax", message, span, labels=labels, hints=hints)

    def cure(self, start: int, words: str = "put it in quotation marks") -> str:
        """How the value that begins at an offset is quoted, spelled out where it is short and alone."""
        number, column = self.source.position(start)
        value = re.sub(r"\s+#.*", "", self.source.line(number)[column:]).rstrip()
        below = self.source.line(number + 1)
        goes_on = bool(below.strip()) and len(below) - len(below.lstrip()) >= max(column, 1)
        inside = self.open_brackets and self.open_brackets[0].start_mark.index < start
        if not value or goes_on or inside or len(value) > _LONGEST_EXAMPLE:
            return words
        return f"{words}: `{in_quotation_marks(value)}`"
