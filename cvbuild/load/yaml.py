"""YAML files to trees of mappings, sequences and scalars with spans.

PyYAML (YAML 1.1) composes the text into its graph of nodes and nothing more, so
no tag ever constructs a Python object, and every value keeps its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import yaml

from cvbuild.diagnostics import Diagnostic, Findings, Label
from cvbuild.source import Scalar, SourceFile, Span

MAX_DEPTH = 40
MAX_VALUES = 200_000
"""More values than any CV holds; a tree of aliases that multiplies stops here."""

MERGE_TAG = "tag:yaml.org,2002:merge"
NULL_TAG = "tag:yaml.org,2002:null"
TAG_PREFIX = "tag:yaml.org,2002:"
TEX_TAG = "!tex"


class YamlMapping(dict[str, "Tree"]):
    """A mapping with its span; its keys are scalars that know their own."""

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span

    def key_span(self, key: str) -> Span:
        """Where a key stands; the mapping itself for one that is missing."""
        for name in self:
            if name == key and isinstance(name, Scalar):
                return name.span
        return self.span


class YamlSequence(list["Tree"]):
    """A sequence with its span."""

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span


Tree: TypeAlias = YamlMapping | YamlSequence | Scalar | None
"""A loaded value; None for an empty one (`key:` or `~`)."""


def load_yaml(source: SourceFile) -> tuple[Tree, Findings]:
    """Load one document.

    Gives None for a file with nothing in it and for one that is not YAML; the
    findings say which. A duplicate key keeps its first value.
    """
    findings = Findings()
    try:
        node = yaml.compose(source.text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        findings.items.append(_syntax_error(source, error))
        return None, findings
    except yaml.reader.ReaderError as error:
        at = Span(source, error.position, error.position + 1)
        findings.error(
            "yaml-syntax",
            f"the character U+{ord(source.text[error.position]):04X} is not allowed in YAML",
            at,
            "delete it: it is a control character, often left over from copying out of a PDF",
        )
        return None, findings
    if node is None:
        findings.error("empty-file", f"{source.name} is empty", Span(source, 0, 0))
        return None, findings
    return _Builder(source, findings).build(node), findings


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, used for composing only.

    The Python loader is taken rather than libyaml's because its positions count
    characters in every version; sections are small.
    """


class _Builder:
    """Turns PyYAML's nodes into our tree, with limits."""

    def __init__(self, source: SourceFile, findings: Findings) -> None:
        self.source = source
        self.findings = findings
        self.values = 0

    def span(self, node: yaml.Node) -> Span:
        start, end = node.start_mark.index, node.end_mark.index
        text = self.source.text
        while end > start and text[end - 1].isspace():
            end -= 1
        return Span(self.source, start, end)

    def build(self, node: yaml.Node, above: tuple[int, ...] = ()) -> Tree:
        self.values += 1
        span = self.span(node)
        if id(node) in above or len(above) > MAX_DEPTH or self.values > MAX_VALUES:
            if not any(item.code == "yaml-too-large" for item in self.findings.items):
                self.findings.error(
                    "yaml-too-large",
                    "this value nests too deep or, through its aliases, grows without end",
                    span.first_line(),
                    f"a content file may hold {MAX_VALUES} values, {MAX_DEPTH} levels deep",
                )
            return None
        inside = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, span, inside)
        if isinstance(node, yaml.SequenceNode):
            sequence = YamlSequence(span)
            sequence.extend(self.build(item, inside) for item in node.value)
            return sequence
        assert isinstance(node, yaml.ScalarNode)
        return self.scalar(node, span)

    def scalar(self, node: yaml.ScalarNode, span: Span) -> Scalar | None:
        if node.tag == NULL_TAG:
            return None
        if node.tag == TEX_TAG:
            tag = "tex"
        elif node.tag.startswith(TAG_PREFIX):
            tag = node.tag.removeprefix(TAG_PREFIX)
        else:
            tag = "str"
            self.findings.error(
                "unknown-tag",
                f"the tag `{node.tag}` means nothing here",
                span.first_line(),
                "the only tag is `!tex`, for raw TeX; text that begins with `!` needs quotation marks",
            )
        return Scalar(node.value, span, tag, quoted=node.style is not None)

    def mapping(self, node: yaml.MappingNode, span: Span, inside: tuple[int, ...]) -> YamlMapping:
        mapping = YamlMapping(span)
        merged: list[YamlMapping] = []
        for key_node, value_node in node.value:
            if key_node.tag == MERGE_TAG:
                merged.extend(self.merge_sources(value_node, inside))
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self.findings.error(
                    "yaml-syntax", "a key has to be a word, not a list or a mapping", self.span(key_node)
                )
                continue
            key = Scalar(key_node.value, self.span(key_node))
            value = self.build(value_node, inside)
            if key in mapping:
                self.findings.error(
                    "duplicate-key",
                    f"the key `{key}` stands twice in one mapping",
                    key.span,
                    "delete one of them; if this starts a new item, it needs a `-` before it",
                    labels=[Label(mapping.key_span(key), "first here")],
                )
                continue
            mapping[key] = value
        for other in merged:
            for name, value in other.items():
                mapping.setdefault(name, value)
        return mapping

    def merge_sources(self, node: yaml.Node, inside: tuple[int, ...]) -> Iterable[YamlMapping]:
        """The mappings named by a merge key `<<`, earlier ones winning (YAML 1.1 merge type)."""
        built = self.build(node, inside)
        for item in built if isinstance(built, YamlSequence) else [built]:
            if isinstance(item, YamlMapping):
                yield item
            else:
                self.findings.error("yaml-syntax", "`<<` merges mappings only", self.span(node).first_line())


def _syntax_error(source: SourceFile, error: yaml.MarkedYAMLError) -> Diagnostic:
    """PyYAML's complaint in the words of somebody who writes a CV."""
    mark = error.problem_mark or error.context_mark
    at = min(mark.index, len(source.text)) if mark else 0
    line, column = source.position(at)
    if not source.line(line).strip() and line > 0:
        span = source.span_of_line(line - 1)
    else:
        start = source.line_starts[line] + min(column, len(source.line(line)))
        span = Span(source, start, max(start, min(start + 1, len(source.text))))
    problem = error.problem or error.context or "cannot be read"
    said = f"{problem}\n{error.context or ''}"
    other = (f"this is not valid YAML: {problem}", "look at the line above as well")
    message, hint = next(((words, cure) for part, words, cure in _YAML_WORDING if part in said), other)
    labels = []
    if error.context_mark is not None and mark is not None and error.context_mark.line != mark.line:
        labels.append(Label(source.span_of_line(error.context_mark.line), "this is where it began"))
    return Diagnostic("yaml-syntax", message, span, labels=tuple(labels), hints=(hint,))


_YAML_WORDING = (
    (
        "mapping values are not allowed here",
        "a second `: ` on one line",
        'put the whole value in quotation marks: `title: "One thing: and another"`',
    ),
    (
        "found character '\\t'",
        "a tab where YAML wants spaces",
        "indent with spaces; most editors can convert tabs",
    ),
    (
        "found unexpected end of stream",
        "a quotation mark is opened and never closed",
        "close it at the end of the value",
    ),
    (
        "could not find expected ':'",
        "a key without its `: `",
        "write `key: value`; a long text needs `>-` after the colon and deeper indentation",
    ),
    (
        "while parsing a block mapping",
        "this line does not fit the mapping it stands in",
        "its indentation should be that of the keys above it; a value that begins with a"
        " quotation mark has to end with one",
    ),
    (
        "while parsing a block collection",
        "this line does not fit the list it stands in",
        "items of one list begin with `-` in one column",
    ),
    (
        "found undefined alias",
        "an alias (`*name`) with no anchor (`&name`) before it",
        "text that begins with `*` needs quotation marks around it",
    ),
    (
        "while scanning an alias",
        "text that begins with `*` is read as an alias",
        "put it in quotation marks",
    ),
    (
        "found character '@'",
        "text cannot begin with `@`",
        "put it in quotation marks",
    ),
    (
        "found character '%'",
        "text cannot begin with `%`",
        "put it in quotation marks",
    ),
    (
        "found character '`'",
        "text cannot begin with a backquote",
        "put it in quotation marks",
    ),
    (
        "but found another document",
        "a second document begins here (`---`)",
        "one file holds one document",
    ),
    (
        "found unknown escape character",
        "a backslash in double quotation marks begins an escape",
        "use single quotation marks, or none",
    ),
)
"""Part of PyYAML's message or context, what to say instead, and what to do."""
