"""What holds of any text before TeX sees it: nothing is raised, nothing is lost, and places are right."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from typing import Any

import yaml
from hypothesis import strategies as st
from markupsafe import Markup

from cvbuild.content.cv import make_cv
from cvbuild.content.kinds import KINDS
from cvbuild.content.reader import table_of
from cvbuild.content.settings import Owner, SectionChoice, Settings, Variant
from cvbuild.content.values import Date, Period
from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings
from cvbuild.inline import plain
from cvbuild.read import load_bibtex
from cvbuild.read.latex import decode
from cvbuild.read.names import parse_names
from cvbuild.read.parsed import YamlMapping, YamlSequence
from cvbuild.read.yaml import load_yaml
from cvbuild.render.escape import escape, escape_outline, escape_url
from cvbuild.render.labels import labels_for
from cvbuild.render.markup import parse_inline, unpaired_brace
from cvbuild.render.printer import Printer
from cvbuild.render.sourcemap import SpanMarks, without_marks
from cvbuild.render.templates import template_folders
from cvbuild.source import NOWHERE, Scalar, SourceFile, Span
from tests.content.entries import make_publications
from tests.properties.fields import trees
from tests.properties.printed import comparable, without_markup
from tests.properties.properties import holds_for
from tests.properties.texts import ANYTHING, TYPED, UNICODE

_LABELS = labels_for("en", template_folders("classic", None))
# Every command that `escape` writes, with its braces; then what is left is text.
_COMMAND = re.compile(r"\\(?:[a-zA-Z]+|.)")


def _have_places(diagnostics: list[Diagnostic], *sources: SourceFile) -> None:
    for item in diagnostics:
        assert item.span is not None, item
        assert item.span.source in sources
        assert 0 <= item.span.start <= item.span.end <= len(item.span.source.text), item
        assert item.message


_SIGNS = ": |- |&a |*a|!tex |!!str |{|}|[|]|,|#| #|'|\"|\\|\n|  |\t|key: |%|@|`|? |<<: |>|---\n|...\n|~|1|é"
_YAML = st.lists(st.sampled_from(_SIGNS.split("|")), max_size=25).map("".join)


@holds_for(ANYTHING | _YAML, 500)
def any_text_is_yaml_or_a_diagnostic(text: str) -> None:
    source = SourceFile("any.yaml", text)
    tree, findings = load_yaml(source)
    _have_places(findings.items, source)
    assert tree is not None or findings.has_errors or not yaml.safe_load(text)
    left: list[object] = [tree]
    while left:
        found = left.pop()
        if isinstance(found, YamlMapping):
            left += [*found, *found.values()]
        elif isinstance(found, YamlSequence):
            left += found
        elif isinstance(found, Scalar):
            assert 0 <= found.span.start <= found.span.end <= len(text)
            if not found.quoted and found.span.text.isprintable():
                assert found.span.text.endswith(found), "the span of plain text is that text"


_BIB_PIECES = '@article{|@book(|@string{|@comment|@preamble|a,|title|author|=|{|}|"|,|#|%|\\|\n| and |x|~|$|)'
_BIB = st.lists(st.sampled_from(_BIB_PIECES.split("|")), max_size=30).map("".join)


@holds_for(ANYTHING | _BIB, 600)
def any_text_is_a_bibliography_or_a_diagnostic(text: str) -> None:
    source = SourceFile("any.bib", text)
    library, findings = load_bibtex([source])
    make_publications(library, (), findings)
    _have_places(findings.items, source)
    for entry in library.entries:
        for value in entry.fields.values():
            assert 0 <= value.span.start <= value.span.end <= len(text)


@holds_for(UNICODE, 200)
def any_value_of_a_field_is_decoded(text: str) -> None:
    findings = Findings()
    plain(decode(text, NOWHERE, findings).inlines)
    parse_names(text, NOWHERE, findings)


@holds_for(UNICODE, 300)
def escaped_text_has_no_command_but_those_of_the_table(text: str) -> None:
    tex = escape(text)
    assert unpaired_brace(tex) is None
    without_commands = _COMMAND.sub("", re.sub(r"\\ensuremath\{[^{}]*\}", "", tex))
    assert not set(without_commands) & set("\\$&#%^_"), tex
    assert "~" not in without_commands or "\u00a0" in unicodedata.normalize("NFC", text)
    assert "\n\n" not in tex
    assert unpaired_brace(escape_outline(text)) is None
    assert unpaired_brace(escape_url(text)) is None


@holds_for(UNICODE | TYPED, 300)
def markdown_keeps_every_character_that_is_no_markup(text: str) -> None:
    if "$" in text:
        plain(parse_inline(text))
    else:
        assert comparable(plain(parse_inline(text))) == comparable(without_markup(text))


@holds_for(UNICODE, 200)
def any_scalar_is_printed_within_its_marks(text: str) -> None:
    span = Span(SourceFile("any.yaml", text), 0, len(text))
    printer = Printer("en", _LABELS)
    written = printer.tex(Scalar(text, span))
    tex, mapped = printer.marks.split(str(written))
    assert tex == without_marks(written)
    assert [(item.start, item.end, item.span) for item in mapped] == [(0, len(tex), span)]
    assert unpaired_brace(tex) is None
    for paragraph in printer.paragraphs(Scalar(text, span)):
        assert isinstance(paragraph, Markup)


@holds_for(st.lists(st.tuples(UNICODE, st.booleans()), max_size=6), 100)
def the_map_has_each_stretch_at_its_place(parts: list[tuple[str, bool]]) -> None:
    marks = SpanMarks()
    spans = [Span(SourceFile("any.yaml", text), 0, len(text)) for text, _ in parts]
    pairs = zip(parts, spans, strict=True)
    marked = (marks.wrap(text, span) if inside else text for (text, inside), span in pairs)
    tex, mapped = marks.split("".join(marked))
    assert tex == "".join(text for text, _ in parts)
    stretches = [tex[item.start : item.end] for item in sorted(mapped, key=lambda item: item.start)]
    assert stretches == [text for text, inside in parts if inside] or any(not text for text, _ in parts)


_DATES = st.text("0123456789-/.– ", max_size=12) | st.sampled_from(["present", "WS 2024/25", "2025-06 – "])


@holds_for(_DATES | ANYTHING, 300)
def any_text_is_a_date_or_a_value_error(text: str) -> None:
    for parse in (Date.parse, lambda value: Period.parse(value, NOWHERE)):
        with suppress(ValueError):
            parse(text)


_WORDS = st.sampled_from("full|text|2020|2020 – 2021|https://example.org|a|~|true|12".split("|"))
_MODELS = (*(kind.section for kind in KINDS.values()), Settings, Owner, Variant, SectionChoice)
_TYPED = sorted({field.encode_name for model in _MODELS for field in table_of(model).values()})
_KEYS = st.sampled_from([*_TYPED, "roles", "degrees", "label", "en", "x"])
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | _WORDS | UNICODE | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


def _dumped(tree: Any) -> str:
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))


_WHOLE: dict[str, str] = {name: _dumped(tree) for name, tree in trees(lambda place: "word").items()}


@st.composite
def _changed_files(draw: st.DrawFn) -> dict[str, str]:
    """Files of a CV in which anything stands where something else ought to."""
    changed = {}
    for name in draw(st.sets(st.sampled_from(sorted(_WHOLE)), min_size=1, max_size=2)):
        whole = yaml.safe_load(_WHOLE[name])
        for _ in range(draw(st.integers(1, 3))):
            tree: Any = whole
            while isinstance(tree, dict | list) and tree:
                step = draw(st.sampled_from(sorted(tree) if isinstance(tree, dict) else range(len(tree))))
                if not isinstance(tree[step], dict | list) or draw(st.booleans()):
                    tree[step] = draw(_VALUES)
                    break
                tree = tree[step]
        changed[name] = _dumped(whole)
    return changed


@holds_for(_changed_files(), 200)
def any_tree_is_a_cv_or_a_diagnostic(changed: dict[str, str]) -> None:
    read = {name: SourceFile(f"content/{name}.yaml", text) for name, text in (_WHOLE | changed).items()}
    sources = [*read.values(), SourceFile("any.bib", "@misc{one, title = {One}}")]
    try:
        _, findings = make_cv(read.pop("cv"), {**read}, (sources[-1],))
        _have_places(findings.items, *sources)
    except ContentProblem as problem:
        _have_places(list(problem.diagnostics), *sources)
