from __future__ import annotations

import pytest

from cvbuild.read.parsed import YamlMapping, YamlSequence
from cvbuild.read.yaml import load_yaml
from cvbuild.source import Scalar, SourceFile


def mapping_of(text: str) -> YamlMapping:
    tree, findings = load_yaml(SourceFile("a.yaml", text))
    assert not findings.items
    assert isinstance(tree, YamlMapping)
    return tree


def codes_of(text: str) -> list[str]:
    _, findings = load_yaml(SourceFile("a.yaml", text))
    return [item.code for item in findings.items]


def test_values_are_text_as_typed_with_their_tags() -> None:
    tree = mapping_of("a: 007\nb: yes\nc: 1.50\nd: 2020-01-01\ne: x\nf: 'y'\ng: !tex \\textbf{50\\%}\n")
    values = [value for value in tree.values() if isinstance(value, Scalar)]
    assert values == ["007", "yes", "1.50", "2020-01-01", "x", "y", "\\textbf{50\\%}"]
    assert [value.tag for value in values] == ["int", "bool", "float", "timestamp", "str", "str", "tex"]
    assert [value.quoted for value in values] == [False] * 5 + [True, False]
    keys = mapping_of("a: 1\n'b': 2\n? ': '\n")
    assert [key.quoted for key in keys if isinstance(key, Scalar)] == [False, True, True]


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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a:", None), ("a: ~", None), ("a: null", None), (r'a: "\u00e9 \" \\e \n"', 'é " \\e \n'),
        ("b: &x [1, 2]\na: *x\n", ["1", "2"]),
        ("b: &b {place: Berlin, role: talk}\na:\n  <<: *b\n  role: keynote\n",
         {"place": "Berlin", "role": "keynote"}),
        ("b: &b {x: 1}\nc: &c {x: 2, y: 3}\na: {<<: [*b, *c]}\n", {"x": "1", "y": "3"}),
    ],
)  # fmt: skip
def test_empty_values_escapes_aliases_and_merge_keys(text: str, value: object) -> None:
    assert mapping_of(text)["a"] == value


def test_of_a_duplicate_key_the_first_value_stays() -> None:
    tree, findings = load_yaml(SourceFile("a.yaml", "a: 1\na: 2\n"))
    assert tree == {"a": "1"}
    assert findings.items[0].labels[0].span.place == "a.yaml:1:1"


ALIASES = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]


@pytest.mark.parametrize(
    "text",
    ["a: " + "[" * 60 + "]" * 60, "a: " + "{b: " * 60 + "}" * 60, "\n".join(["a0: &a0 [x, x]", *ALIASES])],
    ids=["lists", "mappings", "aliases"],
)
def test_too_deep_or_too_large_a_tree_is_reported_once(text: str) -> None:
    assert codes_of(text) == ["yaml-too-large"]


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


def test_what_an_alias_repeats_is_reported_once() -> None:
    assert codes_of(r'{a: &a "\e", b: *a, c: &c !x d, e: *c}') == ["yaml-syntax", "unknown-tag"]


def test_a_tab_that_began_a_command_is_pointed_at() -> None:
    _, findings = load_yaml(SourceFile("a.yaml", r'a: "\textbf{x}"'))
    assert [(item.severity, item.span.text) for item in findings.items if item.span] == [("warning", r"\t")]


@pytest.mark.parametrize(
    "text",
    [
        "a: !talk {b: c}", "a: !tex [b]", "a: !tex {b: c}", "a: !!set {b}", "a: !!binary eA==", "a: ! b",
        "!x a: b", "!tex a: b", "- !!omap [a: b]", 'a: !!python/object/apply:os.system ["echo"]',
        'a: !!python/name:os.system ""',
    ],
)  # fmt: skip
def test_every_tag_but_those_of_values_is_unknown_and_makes_no_object(text: str) -> None:
    assert codes_of(text) == ["unknown-tag"]


@pytest.mark.parametrize(
    "text", ["a: !!str 1", "a: !!float 1", "a: !!map {}", "a: !!seq []", "a: <<", "a: ="]
)
def test_yaml_s_own_tags_of_values_say_nothing_new(text: str) -> None:
    assert "a" in mapping_of(text)
