"""YAML files to trees of mappings, sequences and scalars with spans.

PyYAML (YAML 1.1) composes the text into its graph of nodes and nothing more, so
no tag ever constructs a Python object, and every value keeps its place.

libyaml composes where it reads the text as PyYAML does, in a twelfth of the time. Both count
positions in characters, and of plain text both make the same. They part over what is seldom there:
tabs, line ends other than the newline, directives and characters that one of them refuses. Such a
text is PyYAML's, and so is every one that libyaml complains of: only PyYAML's complaints are
explained (`yaml_errors`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeAlias

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

from cvbuild.diagnostics import Findings, Label
from cvbuild.read.tree import Tree, YamlMapping, YamlSequence
from cvbuild.read.yaml_errors import explain
from cvbuild.source import MARK_CHARACTERS, Scalar, SourceFile, Span

MAX_DEPTH = 40
MAX_VALUES = 200_000
"""More values than any CV holds; a tree of aliases that multiplies stops here."""

_PREFIX = "tag:yaml.org,2002:"
_MERGE_TAG = f"{_PREFIX}merge"
_TEX_TAG = "!tex"
_PLAIN_TAGS = frozenset({"str", "int", "float", "bool", "timestamp"})
"""What a value may say it is (YAML 1.1 types). `!!binary`, encoded bytes, is no text of a CV."""
_READ_AS_TEXT = frozenset({_MERGE_TAG, f"{_PREFIX}value"})
"""Tags that `<<` and `=` get of themselves; as values they are only these characters."""
_COLLECTION_TAGS = frozenset({f"{_PREFIX}map", f"{_PREFIX}seq"})

_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_NAMED_ESCAPES: dict[str, str] = yaml.scanner.Scanner.ESCAPE_REPLACEMENTS
_CUTTING_COMMENT = re.compile(r"[ \t]+(?P<comment>#[^\s#!].*)")
_NEVER_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""Control characters and what is no character: YAML 1.1 lets only escapes make them."""

Anchors: TypeAlias = dict[str, tuple[int, int]]
"""Anchors with their offsets."""

# Tabs, line ends of more than one kind, and what one of the two refuses. They are looked for in two
# ways, as a pattern with characters of all Unicode takes longer to compile than a CV to compose.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_ODD = "\u2028\u2029\ufeff\ufffe\uffff"
# A directive, a tag that is no word, and a comment that touches the sign of a long text.
_UNLIKE = re.compile(r"^%|(?<![^\s\[\]{},:])!(?!!?[A-Za-z]+\s)|[|>][-+\d]*#", re.MULTILINE)


class TooDeepError(Exception):
    """Raised at the offset where collections nest too deep."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class _Composing(Composer):
    """Composes nodes by recursion, which ends here at a depth that no CV has."""

    def __init__(self) -> None:
        Composer.__init__(self)
        self.depth = 0
        self.unused_anchors: Anchors = {}
        """Those of texts that no alias names so far."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[attr-defined]  # the parser's
        if self.depth > MAX_DEPTH:
            raise TooDeepError(event.start_mark.index)
        if isinstance(event, yaml.AliasEvent):
            self.unused_anchors.pop(event.anchor or "", None)
        elif isinstance(event, yaml.ScalarEvent) and event.anchor is not None:
            assert event.start_mark is not None  # the reader gives every event its place
            start = event.start_mark.index
            self.unused_anchors[event.anchor] = start, start + len(event.anchor) + 1
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class PythonLoader(_Composing, yaml.SafeLoader):
    """PyYAML's safe loader, of which no more than the composing is used."""

    def __init__(self, text: str) -> None:
        yaml.SafeLoader.__init__(self, text)
        _Composing.__init__(self)


class _ReadOtherwiseError(Exception):
    """Raised where libyaml takes what PyYAML refuses."""


def composed_by_libyaml(text: str) -> tuple[yaml.Node | None, Anchors] | None:
    """The root node, if any, and the anchors that no alias names; None where PyYAML is to read."""
    if not yaml.__with_libyaml__ or _CONTROL.search(text) or _UNLIKE.search(text):
        return None
    if any(character in text for character in _ODD):
        return None
    try:
        loader = _fast_loader()(text)
        return loader.get_single_node(), loader.unused_anchors
    except (TooDeepError, _ReadOtherwiseError, yaml.YAMLError, ValueError, OverflowError):
        return None


@cache
def _fast_loader() -> type[Any]:
    """A loader as PyYAML's, whose events are libyaml's; it is made where there is a libyaml."""
    from yaml._yaml import CParser

    class FastLoader(_Composing, CParser, Resolver):
        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            _Composing.__init__(self)
            Resolver.__init__(self)

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if isinstance(parent, yaml.CollectionNode) and parent.flow_style:
                event = self.peek_event()
                # Within brackets PyYAML takes it for the sign of a key, wherever it stands.
                if isinstance(event, yaml.ScalarEvent) and not event.style and "?" in event.value:
                    raise _ReadOtherwiseError
            return super().compose_node(parent, index)

    return FastLoader


def load_yaml(source: SourceFile) -> tuple[Tree, Findings]:
    """Load one document.

    Gives None for a file with nothing in it and for one that is not YAML; the
    findings say which. A duplicate key keeps its first value.
    """
    findings = Findings()
    composed = composed_by_libyaml(source.text)
    if composed is not None:
        return _built(source, *composed, findings)
    try:
        loader = PythonLoader(source.text)
        node = loader.get_single_node()
    except TooDeepError as error:
        _too_large(findings, Span(source, error.index, error.index + 1))
        return None, findings
    except yaml.MarkedYAMLError as error:
        findings.items.append(explain(source, error))
        return None, findings
    except yaml.reader.ReaderError as error:
        message = f"the character U+{ord(source.text[error.position]):04X} is not allowed in YAML"
        hint = "delete it: it is a control character, often left over from copying out of a PDF"
        findings.error("yaml-syntax", message, Span(source, error.position, error.position + 1), hint)
        return None, findings
    except (ValueError, OverflowError):
        # PyYAML makes numbers of `\UFFFFFFFF` and of `%YAML 1.…` without a look at their size.
        at = source.span_of_line(source.position(min(loader.index, len(source.text)))[0])
        findings.error("yaml-syntax", "a number here is larger than YAML allows", at)
        return None, findings
    return _built(source, node, loader.unused_anchors, findings)


def _built(
    source: SourceFile, node: yaml.Node | None, unused_anchors: Anchors, findings: Findings
) -> tuple[Tree, Findings]:
    """What a file holds that is YAML."""
    if node is None:
        findings.error("empty-file", f"{source.name} is empty", Span(source, 0, 0))
        return None, findings
    for name, (start, end) in unused_anchors.items():
        message = f"`&{name}` is read as a name for what follows, and is not printed"
        hint = "text that begins with `&` needs quotation marks around it"
        findings.warning("unused-anchor", message, Span(source, start, end), hint)
    return _Builder(source, findings).build(node), findings


def _too_large(findings: Findings, span: Span) -> None:
    message = "this value nests too deep or, through its aliases, grows without end"
    hint = f"a content file may hold {MAX_VALUES} values, {MAX_DEPTH} levels deep"
    findings.error("yaml-too-large", message, span, hint)


class _Builder:
    """Turns PyYAML's nodes into our tree, with limits."""

    def __init__(self, source: SourceFile, findings: Findings) -> None:
        self.source = source
        self.findings = findings
        self.values = 0
        self.checked: set[tuple[str, int]] = set()

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
                _too_large(self.findings, span.first_line())
            return None
        inside = (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, span)
        if node.tag not in _COLLECTION_TAGS:
            self.unknown_tag(node, span)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, span, inside)
        return YamlSequence(span, [self.build(item, inside) for item in node.value])

    def scalar(self, node: yaml.ScalarNode, span: Span) -> Scalar | None:
        self.check_escapes(node, span)
        if self.source.text.startswith(("! ", "!\n"), span.start):
            self.unknown_tag(node, span, "!")
        tag = "tex" if node.tag == _TEX_TAG else node.tag.removeprefix(_PREFIX)
        if node.tag == f"{_PREFIX}null":
            return None
        if tag not in _PLAIN_TAGS and tag != "tex":
            if node.tag not in _READ_AS_TEXT:
                self.unknown_tag(node, span)
            tag = "str"
        if not node.style:
            self.check_comment(node, span)
        return Scalar(node.value, span, tag, quoted=bool(node.style))

    def check_comment(self, node: yaml.ScalarNode, span: Span) -> None:
        """A `#` after a space ends plain text; one that a word follows was hardly meant to."""
        cut = _CUTTING_COMMENT.match(self.source.text, span.end)
        if cut is None or self.is_checked("comment", node):
            return
        message = f"the text ends before `{cut['comment'].strip()}`: ` #` begins a comment"
        hint = "text with ` #` in it needs quotation marks; a comment is written with a space, `# …`"
        self.findings.warning("cut-by-comment", message, Span(self.source, *cut.span("comment")), hint)

    def is_checked(self, what: str, node: yaml.Node) -> bool:
        """Whether this was looked at before; an alias leads to a node once more."""
        before = (what, id(node)) in self.checked
        self.checked.add((what, id(node)))
        return before

    def unknown_tag(self, node: yaml.Node, span: Span, shown: str | None = None) -> None:
        if self.is_checked("tag", node):
            return
        tag, span = shown or re.sub(f"^{_PREFIX}", "!!", node.tag), span.first_line()
        if tag == _TEX_TAG:
            what = "a mapping" if isinstance(node, yaml.MappingNode) else "a list"
            self.findings.error("unknown-tag", f"`!tex` goes before a text, not before {what}", span)
            return
        hint = "the only tag is `!tex`, for raw TeX; text that begins with `!` needs quotation marks"
        self.findings.error("unknown-tag", f"the tag `{tag}` means nothing here", span, hint)

    def check_escapes(self, node: yaml.ScalarNode, span: Span) -> None:
        """Report the first escape that makes a character which text cannot hold."""
        if node.style != '"' or "\\" not in span.text or self.is_checked("escapes", node):
            return
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
        mapping = YamlMapping(span)
        merged: list[YamlMapping] = []
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE_TAG:
                merged.extend(self.merge_sources(value_node, inside))
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                message = "a key has to be a word, not a list or a mapping"
                self.findings.error("yaml-syntax", message, self.span(key_node))
                continue
            key = Scalar(key_node.value, self.span(key_node), quoted=bool(key_node.style))
            if (read := self.scalar(key_node, key.span)) is not None and read.tag == "tex":
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

    def merge_sources(self, node: yaml.Node, inside: tuple[int, ...]) -> Iterable[YamlMapping]:
        """The mappings named by a merge key `<<`, earlier ones winning (YAML 1.1 merge type)."""
        built = self.build(node, inside)
        for item in built if isinstance(built, YamlSequence) else [built]:
            if isinstance(item, YamlMapping):
                yield item
            else:
                self.findings.error("yaml-syntax", "`<<` merges mappings only", self.span(node).first_line())
