"""YAML files that mean to exhaust memory, time or the stack, or to make objects."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import pytest
import yaml

from cvbuild.read import yaml as adapter
from cvbuild.read.parsed import Tree, YamlMapping, YamlSequence
from cvbuild.read.yaml import MAX_DEPTH, load_yaml
from cvbuild.source import Scalar, SourceFile
from tests.conftest import count_calls

BILLION_LAUGHS = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
MERGED = "m0: &m0 {k0: v}\n" + "".join(
    f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}], k{n}: v}}\n" for n in range(1, 10)
)


def codes(text: str) -> list[str]:
    _, findings = load_yaml(SourceFile("content/bio.yaml", text))
    return [item.code for item in findings.items]


@pytest.mark.parametrize("text", [BILLION_LAUGHS, MERGED], ids=["aliases", "merge keys"])
def test_a_billion_laughs_are_counted_and_stopped(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0
    build = adapter._Builder.build

    def counted(self: adapter._Builder, node: yaml.Node, above: tuple[int, ...] = ()) -> Tree:
        nonlocal steps
        steps += 1
        return build(self, node, above)

    monkeypatch.setattr(adapter._Builder, "build", counted)
    monkeypatch.setattr(adapter, "MAX_VALUES", 20_000)
    assert "yaml-too-large" in codes(text)
    # After the limit each open list still asks for the rest of its nine values, and gets nothing.
    assert 20_000 < steps < 20_000 + 10 * MAX_DEPTH


@pytest.mark.parametrize(
    "text", ["a: &a [*a]\n", "a: &a {b: *a}\n", "&a a: &b {c: *b}\n", "a: &a {<<: *a}\n"]
)
def test_what_holds_itself_is_stopped(text: str) -> None:
    assert set(codes(text)) & {"yaml-too-large", "yaml-syntax"}


DEEP = {
    "lists": "[" * 100_000,
    "closed lists": "[" * 100_000 + "]" * 100_000,
    "mappings": "{a: " * 100_000 + "}" * 100_000,
    "items": "- " * 100_000,
    "keys": "? " * 100_000,
    "indented": "".join(" " * level + "a:\n" for level in range(1_500)),
    "tags": "a: " + "!!str " * 2 + "[" * 5_000,
}


@pytest.mark.parametrize("kind", DEEP)
def test_depth_has_an_end_before_the_stack_has(kind: str) -> None:
    found = set(codes(DEEP[kind]))
    assert found
    assert found <= {"yaml-too-large", "yaml-syntax"}
    assert sys.getrecursionlimit() > 10 * MAX_DEPTH


@pytest.mark.parametrize(
    "make",
    [
        lambda size: "a: " + "x" * 12 * size,
        lambda size: "a: '" + "x\n  " * 2 * size + "'",
        lambda size: "".join(f"k{n}: v\n" for n in range(size)),
        lambda size: "".join(f"- &a{n} v\n" for n in range(size)),
        lambda size: "&a " * size,
        lambda size: "a: |\n" + "  text\n" * size,
        lambda size: "#" * 12 * size,
        lambda size: 'a: "' + "\\x41" * 2 * size + '"',
        lambda size: "a" * 12 * size + ": b",
        lambda size: "a: [" + "," * size + "]",
    ],
    ids=["long", "folded", "keys", "anchors", "bare anchors", "block", "comment", "escapes", "key", "commas"],
)
def test_twice_the_file_costs_at_most_about_twice_the_calls(make: Callable[[int], str]) -> None:
    once, twice = (count_calls(partial(codes, make(size))) for size in (2_000, 4_000))
    assert twice < 2.2 * once
    codes(make(20_000))  # also where the work is in one call of a regular expression, it ends


@pytest.mark.parametrize(
    "tag",
    """!!python/object/apply:os.system ['id']|!!python/object/new:os.system [id]|!!python/module:os
    !!python/name:os.system|!!python/object:cvbuild.project.Project {}
    !<tag:yaml.org,2002:python/object/apply:os.system> [id]""".replace("\n    ", "|").split("|"),
)
def test_no_tag_makes_an_object(tag: str) -> None:
    tree, findings = load_yaml(SourceFile("content/bio.yaml", f"a: {tag}\n"))
    assert [item.code for item in findings.items if item.severity == "error"] == ["unknown-tag"]
    assert isinstance(tree, YamlMapping)
    assert isinstance(tree["a"], Scalar | YamlSequence | YamlMapping)
