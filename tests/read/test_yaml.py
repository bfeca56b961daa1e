from __future__ import annotations

import pytest

from cvbuild.read.tree import Tree, YamlMapping, YamlSequence
from cvbuild.read.yaml import load_yaml
from cvbuild.source import Scalar, SourceFile


def tree_of(text: str) -> Tree:
    tree, findings = load_yaml(SourceFile("a.yaml", text))
    assert not findings.items
    return tree


def mapping_of(text: str) -> YamlMapping:
    tree = tree_of(text)
    assert isinstance(tree, YamlMapping)
    return tree


def codes_of(text: str) -> list[str]:
    _, findings = load_yaml(SourceFile("a.yaml", text))
    return [item.code for item in findings.items]


def test_values_are_text_as_typed_with_their_tags() -> None:
    tree = mapping_of("a: 007\nb: yes\nc: 1.50\nd: 2020-01-01\ne: x\nf: 'y'\n")
    values = {str(key): value for key, value in tree.items() if isinstance(value, Scalar)}
    assert values == {"a": "007", "b": "yes", "c": "1.50", "d": "2020-01-01", "e": "x", "f": "y"}
    assert [value.tag for value in values.values()] == ["int", "bool", "float", "timestamp", "str", "str"]
    assert [value.quoted for value in values.values()] == [False] * 5 + [True]


def test_keys_know_their_quotation_marks() -> None:
    assert [key.quoted for key in mapping_of("a: 1\n'b': 2\n? ': '\n") if isinstance(key, Scalar)] == [
        False, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize("empty", ["a:", "a: ~", "a: null"])
def test_an_empty_value_is_none(empty: str) -> None:
    assert mapping_of(empty)["a"] is None


def test_raw_tex_keeps_its_backslashes() -> None:
    value = mapping_of("a: !tex \\textbf{50\\%}")["a"]
    assert isinstance(value, Scalar)
    assert (value, value.tag) == ("\\textbf{50\\%}", "tex")


def test_every_value_knows_its_place() -> None:
    tree = mapping_of("# Äpfel\nitems:\n  - title: One\n    text: >-\n      more\n      words\n\nlast: x\n")
    items = tree["items"]
    assert isinstance(items, YamlSequence)
    first = items[0]
    assert isinstance(first, YamlMapping)
    assert items.span.place == "a.yaml:3:3"
    assert first.span.text == "title: One\n    text: >-\n      more\n      words"
    text = first["text"]
    assert isinstance(text, Scalar)
    assert (text, text.span.text) == ("more words", ">-\n      more\n      words")
    assert first.key_span("text").text == "text"
    assert first.key_span("missing") == first.span


def test_an_alias_repeats_a_value() -> None:
    assert mapping_of("a: &x [1, 2]\nb: *x\n")["b"] == ["1", "2"]


def test_a_merge_key_fills_in_what_is_missing() -> None:
    tree = mapping_of("base: &base {place: Berlin, role: talk}\nitem:\n  <<: *base\n  role: keynote\n")
    assert tree["item"] == {"place": "Berlin", "role": "keynote"}


def test_of_several_merged_mappings_the_first_wins() -> None:
    tree = mapping_of("a: &a {x: 1}\nb: &b {x: 2, y: 3}\nc: {<<: [*a, *b]}\n")
    assert tree["c"] == {"x": "1", "y": "3"}


def test_of_a_duplicate_key_the_first_value_stays() -> None:
    tree, findings = load_yaml(SourceFile("a.yaml", "a: 1\na: 2\n"))
    assert tree == {"a": "1"}
    assert findings.items[0].labels[0].span.place == "a.yaml:1:1"


def test_no_tag_makes_an_object() -> None:
    assert codes_of('a: !!python/object/apply:os.system ["echo"]') == ["unknown-tag"]
    assert codes_of('a: !!python/name:os.system ""') == ["unknown-tag"]


@pytest.mark.parametrize("nest", ["a: " + "[" * 60 + "]" * 60, "a: " + "{b: " * 60 + "}" * 60])
def test_deep_nesting_stops(nest: str) -> None:
    assert codes_of(nest) == ["yaml-too-large"]


def test_very_deep_nesting_does_not_exhaust_the_stack() -> None:
    assert codes_of("a: " + "[" * 20_000 + "]" * 20_000)


def test_a_tree_of_aliases_stops_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert codes_of("\n".join(lines)) == ["yaml-too-large"]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n"])
def test_nothing_gives_nothing(text: str) -> None:
    tree, findings = load_yaml(SourceFile("a.yaml", text))
    assert tree is None
    assert [item.code for item in findings.items] in ([], ["empty-file"])


@pytest.mark.parametrize("escape", ["\\e", "\\a", "\\0", "\\x1b", "\\b", "\\v", "\\U000F0001"])
def test_an_escape_makes_no_character_that_content_may_not_hold(escape: str) -> None:
    assert codes_of(f'a: "one {escape} two"')


@pytest.mark.parametrize(
    "escape", ["\\ud800", "\\uffff", "\\UFFFFFFFF", "\\U00110000", "\\r", "\\N", "\\LaTeX"]
)
def test_an_escape_makes_no_half_character_or_line_end(escape: str) -> None:
    assert codes_of(f'a: "one {escape} two"') == ["yaml-syntax"]
    assert codes_of(f'"one {escape} two": a') == ["yaml-syntax"]


def test_an_escape_that_is_meant_is_none_of_our_business() -> None:
    assert mapping_of(r'a: "\u00e9 \" \\e \n"')["a"] == 'é " \\e \n'


def test_what_an_alias_repeats_is_reported_once() -> None:
    assert codes_of(r'{a: &a "\e", b: *a, c: &c !x d, e: *c}') == ["yaml-syntax", "unknown-tag"]


def test_a_tab_that_began_a_command_is_pointed_at() -> None:
    _, findings = load_yaml(SourceFile("a.yaml", r'a: "\textbf{x}"'))
    assert [(item.severity, item.span.text) for item in findings.items if item.span] == [("warning", r"\t")]


@pytest.mark.parametrize(
    "text",
    [
        "a: !talk {b: c}", "a: !tex [b]", "a: !tex {b: c}", "a: !!set {b}", "a: !!binary eA==", "a: ! b",
        "!x a: b", "!tex a: b", "- !!omap [a: b]",
    ],
)  # fmt: skip
def test_every_tag_but_those_of_values_is_unknown(text: str) -> None:
    assert codes_of(text) == ["unknown-tag"]


@pytest.mark.parametrize(
    "text", ["a: !!str 1", "a: !!float 1", "a: !!map {}", "a: !!seq []", "a: <<", "a: ="]
)
def test_yaml_s_own_tags_of_values_say_nothing_new(text: str) -> None:
    assert "a" in mapping_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 2", "a: {b: 1", "a: 'x", "- a\nb: c", "a: b: c", "a: |\n\tx", "? :", "a: &", "a: *", "a: !<",
        "%YAML",
        "a: \\x00", "a: \u2028b: c", "}", "]", ",", "a: |z\n  b", "&a *a", "---\n...\n---", "a: !!", "!!",
        ": ", "- - -",
    ],
)  # fmt: skip
def test_whatever_is_typed_gives_a_tree_or_a_diagnostic_with_its_place(text: str) -> None:
    source = SourceFile("a.yaml", text)
    tree, findings = load_yaml(source)
    assert tree is not None or findings.items
    for item in findings.items:
        assert item.span is not None
        assert 0 <= item.span.start <= item.span.end <= len(text)
