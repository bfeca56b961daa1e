"""From YAML trees to records: values as they may be typed, and errors at their places."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Annotated, Any

import pytest

from cvbuild.content.kinds import KINDS, FreeItem, FreeSection
from cvbuild.content.reader import AtLeast, Content, read, table_of, values_of
from cvbuild.content.settings import HOMES, Settings, Variant
from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.read.yaml import load_yaml
from cvbuild.record import replace
from cvbuild.source import SourceFile, Span


class Example(Content, kw_only=True):
    """A mapping with a value of each plain type."""

    whole: int | None = None
    number: float | None = None
    truth: bool | None = None
    word: str = ""
    counted: Annotated[int, AtLeast(1)] | None = None


def loaded(kind: type[Any], text: str) -> tuple[Any, list[Diagnostic]]:
    source = SourceFile("content/example.yaml", text)
    tree, found = load_yaml(source)
    assert not found.items
    findings = Findings()
    return read(kind, tree, Span(source, 0, 0), findings, HOMES), findings.items


def complaints(kind: type[Any], text: str) -> list[tuple[str, str]]:
    """The messages, each with the text that it points at."""
    record, found = loaded(kind, text)
    assert record is None
    return [(item.message, item.span.text) for item in found if item.span is not None]


@pytest.mark.parametrize(
    ("typed", "value"),
    [("12", 12), ("'12'", 12), ("+3", 3), ("-3", -3), ("007", 7), ("1_000", 1000), ("2.00", 2), ("' 4 '", 4)],
)
def test_a_whole_number_may_be_typed_in_several_ways(typed: str, value: int) -> None:
    record, _ = loaded(Example, f"whole: {typed}\n")
    assert (record.whole, type(record.whole)) == (value, int)


@pytest.mark.parametrize(
    "typed", ["1.5", "5.", "x", "''", "1__0", "_1", "1_", "1e3", "0x10", "٣", "[1]", "{a: 1}"]
)
def test_other_values_are_no_whole_numbers(typed: str) -> None:
    [(message, _)] = complaints(Example, f"whole: {typed}\n")
    assert message.startswith("a whole number is expected here, not `")


def test_a_number_longer_than_python_reads_is_an_error() -> None:
    [(message, _)] = complaints(Example, f"whole: {'9' * 5000}\n")
    assert message == "Unable to parse input string as an integer, exceeded maximum size"


@pytest.mark.parametrize(
    ("typed", "value"), [("1.15", 1.15), ("6", 6.0), (".5", 0.5), ("5.", 5.0), ("1e3", 1e3), ("1_0.5", 10.5)]
)
def test_a_number_may_be_typed_in_several_ways(typed: str, value: float) -> None:
    record, _ = loaded(Example, f"number: {typed}\n")
    assert (record.number, type(record.number)) == (value, float)


@pytest.mark.parametrize("typed", ["x", "''", "1__0", "_1", "٣", "1,5", "[1.5]"])
def test_other_values_are_no_numbers(typed: str) -> None:
    [(message, _)] = complaints(Example, f"number: {typed}\n")
    assert message.startswith("a number is expected here, not `")


def test_true_and_false_have_several_words() -> None:
    for words, value in (("true Yes ON t y 1", True), ("false No OFF f n 0", False)):
        for word in words.split():
            assert loaded(Example, f"truth: {word}\n")[0].truth is value
    [(message, _)] = complaints(Example, "truth: maybe\n")
    assert message == "`true` or `false` is expected here, not `maybe`"


def test_errors_come_in_the_order_of_the_fields_and_then_of_the_keys_typed() -> None:
    text = "zeal: 1\nword: [a]\ntruth: maybe\nant: 2\nwhole: x\ncounted: 0\n"
    assert complaints(Example, text) == [
        ("a whole number is expected here, not `x`", "x"),
        ("`true` or `false` is expected here, not `maybe`", "maybe"),
        ("`word` is a word, not a list", "[a]"),
        ("`counted` cannot be 0: the least is 1", "0"),
        ("the key `zeal` means nothing here", "zeal"),
        ("the key `ant` means nothing here", "ant"),
    ]


def test_a_key_without_a_value_is_absent() -> None:
    record, _ = loaded(Example, "whole:\nword: ~\n")
    assert (record.whole, record.word) == (None, "")
    text = "kind: awards\ntitle:\n"
    assert complaints(KINDS["awards"].section, text) == [("`title` has no value", "title")]


def test_a_short_form_is_named_by_the_key_that_was_typed() -> None:
    assert complaints(Variant, "fit: 0\n") == [("`fit` cannot be 0: the least is 1", "0")]
    assert complaints(Variant, "fit: {pages: 0}\n") == [("`pages` cannot be 0: the least is 1", "0")]


def test_the_items_of_a_group_are_those_of_its_section() -> None:
    text = "kind: awards\ntitle: A\ngroups:\n- {title: G, items: [{title: T, isuer: I}]}\n"
    assert complaints(KINDS["awards"].section, text) == [("the key `isuer` means nothing here", "isuer")]
    record, _ = loaded(KINDS["awards"].section, text.replace("isuer", "issuer"))
    assert str(record.groups[0].items[0].issuer) == "I"


def test_an_error_within_a_single_value_of_a_list_is_at_its_own_place() -> None:
    section = "{section: s, categories: {id: c, match: {typ: a}}}"
    [diagnostic] = loaded(Settings, f"owner: {{name: A}}\nvariants:\n  fit: {{sections: [{section}]}}\n")[1]
    assert diagnostic.span is not None
    assert (diagnostic.span.text, diagnostic.hints) == ("typ", ("did you mean `type`?",))


def test_each_wrong_value_of_a_kind_of_ones_own_is_at_its_place() -> None:
    text = "kind: own\ntitle: T\nterm: '{hint}'\nitems:\n- name: A\n  date: soon\n  url: here\n"
    assert complaints(FreeSection, text) == [
        ("`soon` is not a date", "soon"),
        ("`here` is not a web address", "here"),
        ("`{hint}` is not a date", "'{hint}'"),
    ]


def test_a_record_is_equal_to_its_pickle_and_keeps_its_place_and_all_its_keys() -> None:
    text = "kind: own\ntitle: T\nmotto: Onward\nitems: [{name: A, except: full, date: 2020}]\n"
    record, _ = loaded(FreeSection, text)
    copy = pickle.loads(pickle.dumps(record))
    assert copy == record
    assert copy.span == record.span
    assert copy.items[0].span_of("except").text == "except: full"
    assert (str(copy.motto), str(copy.items[0].date), copy.items[0].except_) == ("Onward", "2020", ("full",))
    assert replace(copy, title=record.items[0].name) != record


def test_a_field_is_known_by_its_name_and_as_it_is_typed() -> None:
    record, _ = loaded(FreeSection, "kind: own\ntitle: T\nitems: [{name: A, except: full, except_: B}]\n")
    assert table_of(FreeItem)["except_"].encode_name == "except"
    values = values_of(record.items[0])
    assert list(values) == ["id", "tags", "only", "except", "priority", "keep", "name", "except_"]
    assert (values["except"], str(values["except_"])) == (("full",), "B")


def test_importing_the_models_evaluates_no_annotation() -> None:
    program = (
        "import cvbuild.content.cv, cvbuild.funders.profile; from cvbuild.content.reader import table_of;"
        " print(table_of.cache_info().currsize)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "0\n"
