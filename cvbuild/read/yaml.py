"""Parse YAML files into trees of mappings, sequences and scalars with spans.

PyYAML (YAML 1.1) only composes the text into its graph of nodes. No tag ever constructs a Python object,
and every value keeps its place.

libyaml composes most texts into the same graph, with the same positions in characters, twelve times as
fast. The parsers differ on tabs, line ends other than the newline, directives, and characters that one of
them refuses. PyYAML composes such texts, and all that libyaml refuses: `yaml_errors` explains its errors.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TypeAlias

import yaml
from yaml.composer import Composer

from cvbuild.diagnostics import Findings, Label
from cvbuild.read.parsed import Tree, YamlMapping, YamlSequence
from cvbuild.read.yaml_errors import explain
from cvbuild.record import MutableRecord
from cvbuild.source import MARK_CHARACTERS, Scalar, SourceFile, Span

MAX_DEPTH = 40
MAX_VALUES = 200_000
"""Maximum number of values in a file; nested aliases can multiply values without end."""

_PREFIX = "tag:yaml.org,2002:"
_MERGE_TAG = f"{_PREFIX}merge"
_TEX_TAG = "!tex"
_PLAIN_TAGS = frozenset({"str", "int", "float", "bool", "timestamp"})
"""Tags of values that are read as text (YAML 1.1 types); `!!binary` is not, since it is encoded bytes."""
_READ_AS_TEXT = frozenset({_MERGE_TAG, f"{_PREFIX}value"})
"""Tags that YAML 1.1 gives to an untagged `<<` and `=`; as values both are read as text."""
_COLLECTION_TAGS = frozenset({f"{_PREFIX}map", f"{_PREFIX}seq"})

_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_NAMED_ESCAPES: dict[str, str] = yaml.scanner.Scanner.ESCAPE_REPLACEMENTS
_CUTTING_COMMENT = re.compile(r"[ \t]+(?P<comment>#[^\s#!].*)")
_NEVER_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""Control characters and code points that are not characters; in YAML 1.1 only escapes produce them."""

Anchors: TypeAlias = dict[str, tuple[int, int]]  # their start and end offsets by name

# Tabs, line ends other than the newline, and characters that a parser refuses. `_ODD` is searched apart:
# a pattern with characters of all Unicode takes longer to compile than a CV takes to compose.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_ODD = "\u2028\u2029\ufeff\ufffe\uffff"
# A directive, a tag that is not a word, and a `#` directly after the sign of a block scalar.
_PARSED_DIFFERENTLY = re.compile(r"^%|(?<![^\s\[\]{},:])!(?!!?[A-Za-z]+\s)|[|>][-+\d]*#", re.MULTILINE)


class _TooDeepError(Exception):
    """Raised with the offset where collections nest too deep."""


class _Composing(Composer):
    """A composer that limits the depth, and records the anchors of scalars that no alias uses."""

    depth = 0
    is_libyaml = False
    unused_anchors: Anchors

    def composed(self) -> tuple[yaml.Node | None, Anchors]:
        """Return the root node, if any, and the unused anchors."""
        self.anchors, self.unused_anchors = {}, {}
        return self.get_single_node(), self.unused_anchors

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[attr-defined]  # the parser's
        if self.depth > MAX_DEPTH:
            raise _TooDeepError(event.start_mark.index)
        if isinstance(event, yaml.AliasEvent):
            self.unused_anchors.pop(event.anchor or "", None)
        elif isinstance(event, yaml.ScalarEvent):
            if event.anchor is not None:
                assert event.start_mark is not None  # the reader gives every event its place
                start = event.start_mark.index
                self.unused_anchors[event.anchor] = start, start + len(event.anchor) + 1
            in_brackets = isinstance(parent, yaml.CollectionNode) and parent.flow_style
            if self.is_libyaml and in_brackets and not event.style and "?" in event.value:
                # In brackets PyYAML reads any `?` as the sign of a key: leave the text to PyYAML.
                raise yaml.YAMLError
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _PythonLoader(_Composing, yaml.SafeLoader):
    """PyYAML's safe loader, used for composing only."""

    __init__ = yaml.SafeLoader.__init__


if yaml.__with_libyaml__:  # PyYAML can be installed without it

    class _FastLoader(_Composing, yaml.CSafeLoader):
        """The same loader with libyaml's events."""

        __init__ = yaml.CSafeLoader.__init__
        is_libyaml = True


def composed_by_libyaml(source: SourceFile) -> tuple[yaml.Node | None, Anchors] | None:
    """Return the root node, if any, and the unused anchors; None if PyYAML has to read the file."""
    if not yaml.__with_libyaml__ or _CONTROL.search(source.text) or _PARSED_DIFFERENTLY.search(source.text):
        return None
    if any(character in source.text for character in _ODD):
        return None
    with suppress(_TooDeepError, yaml.YAMLError, ValueError, OverflowError):
        loader: _Composing = _FastLoader(source.text)
        return loader.composed()
    return None


def load_yaml(source: SourceFile) -> tuple[Tree, Findings]:
    """Load one document; None if it is empty or malformed. A duplicate key keeps its first value."""
    findings = Findings()
    composed = composed_by_libyaml(source)
    try:
        if composed is None:
            loader = _PythonLoader(source.text)
            composed = loader.composed()
    except _TooDeepError as error:
        _report_too_large(findings, Span(source, error.args[0], error.args[0] + 1))
    except yaml.MarkedYAMLError as error:
        findings.items.append(explain(source, error))
    except yaml.reader.ReaderError as error:
        message = f"the character U+{ord(source.text[error.position]):04X} is not allowed in YAML"
        hint = "delete it: it is a control character, often left over from copying out of a PDF"
        findings.error("yaml-syntax", message, Span(source, error.position, error.position + 1), hint)
    except (ValueError, OverflowError):
        # PyYAML does not check the size of the numbers in `\UFFFFFFFF` and in `%YAML 1.…`.
        at = source.span_of_line(source.position(min(loader.index, len(source.text)))[0])
        findings.error("yaml-syntax", "a number here is larger than YAML allows", at)
    if composed is None:
        return None, findings
    node, unused_anchors = composed
    if node is None:
        findings.error("empty-file", f"{source.name} is empty", Span(source, 0, 0))
        return None, findings
    for name, (start, end) in unused_anchors.items():
        message = f"`&{name}` is read as a name for what follows, and is not printed"
        hint = "text that begins with `&` needs quotation marks around it"
        findings.warning("unused-anchor", message, Span(source, start, end), hint)
    tree = _Builder(source, findings).build(node)
    return tree, Findings(list(dict.fromkeys(findings.items)))  # aliases repeat the reports on a node


def _report_too_large(findings: Findings, span: Span) -> None:
    message = "this value nests too deep or, through its aliases, grows without end"
    hint = f"a content file may hold {MAX_VALUES} values, {MAX_DEPTH} levels deep"
    findings.error("yaml-too-large", message, span, hint)


class _Builder(MutableRecord):
    """Builds a tree from PyYAML's nodes, up to `MAX_DEPTH` and `MAX_VALUES`."""

    source: SourceFile
    findings: Findings
    values: int = 0

    def build(self, node: yaml.Node, above: tuple[int, ...] = ()) -> Tree:
        """Return the tree of a node; `above` are the ids of the nodes that enclose it."""
        self.values += 1
        span = self.span(node)
        if id(node) in above or len(above) > MAX_DEPTH or self.values > MAX_VALUES:
            if not any(item.code == "yaml-too-large" for item in self.findings.items):
                _report_too_large(self.findings, span.first_line())
            return None
        inside = (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            tag = self.tag_of(node, span)
            return None if tag == "null" else Scalar(node.value, span, tag, quoted=bool(node.style))
        if node.tag not in _COLLECTION_TAGS:
            self.report_tag(node, span)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, span, inside)
        return YamlSequence(span, [self.build(item, inside) for item in node.value])

    def span(self, node: yaml.Node) -> Span:
        start, end = node.start_mark.index, node.end_mark.index
        return Span(self.source, start, start + len(self.source.text[start:end].rstrip()))

    def tag_of(self, node: yaml.ScalarNode, span: Span) -> str:
        """Return a scalar's tag in short form, and report slips in how the scalar is written."""
        if node.style == '"' and "\\" in span.text:
            self.check_escapes(span)
        if self.source.text.startswith(("! ", "!\n"), span.start):
            self.report_tag(node, span, "!")
        if node.tag == f"{_PREFIX}null":
            return "null"
        tag: str = "tex" if node.tag == _TEX_TAG else node.tag.removeprefix(_PREFIX)
        if tag not in _PLAIN_TAGS and tag != "tex":
            if node.tag not in _READ_AS_TEXT:
                self.report_tag(node, span)
            tag = "str"
        # ` #` ends plain text. If a word follows the `#` directly, hardly anybody meant a comment.
        cut = None if node.style else _CUTTING_COMMENT.match(self.source.text, span.end)
        if cut is not None:
            message = f"the text ends before `{cut['comment'].strip()}`: ` #` begins a comment"
            hint = "text with ` #` in it needs quotation marks; a comment is written with a space, `# …`"
            self.findings.warning("cut-by-comment", message, Span(self.source, *cut.span("comment")), hint)
        return tag

    def report_tag(self, node: yaml.Node, span: Span, shown: str | None = None) -> None:
        """Report a tag without a meaning here."""
        tag = shown or re.sub(f"^{_PREFIX}", "!!", node.tag)
        hint = ["the only tag is `!tex`, for raw TeX; text that begins with `!` needs quotation marks"]
        message = f"the tag `{tag}` means nothing here"
        if tag == _TEX_TAG:
            what = "a mapping" if isinstance(node, yaml.MappingNode) else "a list"
            message, hint = f"`!tex` goes before a text, not before {what}", []
        self.findings.error("unknown-tag", message, span.first_line(), *hint)

    def check_escapes(self, span: Span) -> None:
        """Report escapes of tabs, up to the first escape of a character that text cannot hold."""
        for match in _ESCAPE.finditer(self.source.text, span.start, span.end):
            name = match[1]
            made = chr(int(name[1:], 16)) if len(name) > 1 else _NAMED_ESCAPES.get(name, "")
            at = Span(self.source, *match.span())
            if MARK_CHARACTERS.match(made):
                message = f"the private-use character U+{ord(made):X} has no meaning in a CV"
                hint = "delete it: it is often left over from copying out of a PDF"
                self.findings.error("private-character", message, at, hint)
                return
            if name == "t":
                message = "in double quotation marks `\\t` is a tab, which is printed as a space"
                hint = "use single quotation marks, or none, for a backslash"
                self.findings.warning("yaml-syntax", message, at, hint)
            if _NEVER_TEXT.match(made):
                which = f"this one makes the character U+{ord(made):04X}"
                message = f"in double quotation marks a backslash begins an escape; {which}"
                self.findings.error("yaml-syntax", message, at, "use single quotation marks, or none")
                return

    def mapping(self, node: yaml.MappingNode, span: Span, inside: tuple[int, ...]) -> YamlMapping:
        """Return the tree of a mapping; its own keys win over those that `<<` merges into it."""
        mapping = YamlMapping(span)
        merged: list[YamlMapping] = []
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE_TAG:  # earlier mappings win (YAML 1.1 merge type)
                built = self.build(value_node, inside)
                for item in built if isinstance(built, YamlSequence) else [built]:
                    if isinstance(item, YamlMapping):
                        merged.append(item)
                    else:
                        at = self.span(value_node).first_line()
                        self.findings.error("yaml-syntax", "`<<` merges mappings only", at)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                message = "a key has to be a word, not a list or a mapping"
                self.findings.error("yaml-syntax", message, self.span(key_node))
                continue
            key = Scalar(key_node.value, self.span(key_node), quoted=bool(key_node.style))
            if self.tag_of(key_node, key.span) == "tex":
                self.findings.error("unknown-tag", "`!tex` goes before a text, not before a key", key.span)
            value = self.build(value_node, inside)
            if key not in mapping:
                mapping[key] = value
                continue
            message = f"the key `{key}` stands twice in one mapping"
            hint = "delete one of them; if this starts a new item, it needs a `-` before it"
            first = Label(mapping.key_span(key), "first here")
            self.findings.error("duplicate-key", message, key.span, hint, labels=[first])
        for other in merged:
            for name, value in other.items():
                mapping.setdefault(name, value)
        return mapping
