from __future__ import annotations

import pytest

from cvbuild.diagnostics import Diagnostic
from cvbuild.read import load_bibtex
from cvbuild.read.parsed import BibLibrary
from cvbuild.source import SourceFile


def load(*texts: str) -> tuple[BibLibrary, list[Diagnostic]]:
    sources = [SourceFile(f"{at}.bib", text) for at, text in enumerate(texts, start=1)]
    library, findings = load_bibtex(sources)
    return library, findings.items


def entry(fields: str) -> str:
    return f"@article{{key,\n  {fields},\n}}\n"


def test_a_field_knows_its_place() -> None:
    library, _ = load("% comment\n@article{key,\n  author = {Example, Ada},\n  title = {The {T}itle},\n}\n")
    found = library.entries[0]
    assert found.key.span.place == "1.bib:2:10"
    assert found.fields["title"].span.text == "{The {T}itle}"
    assert found.fields["title"].span.place == "1.bib:4:11"
    assert found.names["author"].span == found.fields["author"].span
    assert found.span.text.startswith("@article{key,")
    assert found.span.text.endswith("}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("@article{a,\n  note = {same},\n  title = {same},\n}\n", "1.bib:3:11"),
        ("@article{title,\n  note = {title = x},\n  title = {y},\n}\n", "1.bib:3:11"),
        ("@article{title,\n  note = {A}\n  title = {A},\n}\n", "1.bib:3:11"),
        ("@article{a,\n  note = {\n  @x{b}},\n  title=\n{y},\n}\n", "1.bib:5:1"),
    ],
    ids=["the same value", "the name in another value", "a missing comma", "an `@` that begins a line"],
)
def test_a_field_knows_its_own_place_behind(text: str, place: str) -> None:
    library, _ = load(text)
    assert library.entries[0].fields["title"].span.place == place


@pytest.mark.parametrize(
    ("typed", "joined"),
    [
        *((text, "2020") for text in ("{2020}", '"2020"', "2020", "{ 2020 }", '" 2020 "')),
        ('jan # "~1"', "jan~1"), ('"a" # " b " # {c}', "a b c"), ('"a # b"', "a # b"), ("{a # b}", "a # b"),
        ('{C} # 2 # "x"', "C2x"), ("joe", "Journal of Examples"), ("JOE", "Journal of Examples"),
        ('joe # ", Series B"', "Journal of Examples, Series B"), ("both", "Journal of Examples (JoE)"),
        ('"a \\# b"', "a \\# b"),
    ],
)  # fmt: skip
def test_values_lose_their_delimiters_and_are_joined_at_hashes(typed: str, joined: str) -> None:
    strings = '@string{joe = "Journal of Examples"}\n@string(both = joe # { (JoE)})\n'
    library, _ = load(strings + entry(f"note = {typed}"))
    assert library.entries[0].fields.get("note") == joined


def test_a_string_of_one_file_holds_in_the_next() -> None:
    library, problems = load("@string{joe = {Journal}}", entry("journal = joe"))
    assert library.entries[0].fields.get("journal") == "Journal"
    assert problems == []


def test_field_names_and_types_are_in_lower_case() -> None:
    library, _ = load("@ARTICLE{Key, TITLE = {T}, date = {}, year = {2020}}")
    found = library.entries[0]
    assert (found.type, found.key, [*found.fields]) == ("article", "Key", ["title", "date", "year"])
    assert found.fields == {"title": "T", "date": "", "year": "2020"}


BROKEN = {
    "a missing comma after the key": "@article{a\n  title = {T},\n}",
    "a missing equals sign": "@article{a,\n  title {T},\n}",
    "a value that is not closed": "@article{a,\n  title = {T,\n}",
    "an entry that is not closed": "@article{a,\n  title = {T},\n",
    "a quotation mark that is not closed": '@article{a,\n  title = "T,\n}',
    "no brace": "@article a,\n  title = {T},\n}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_entry_is_kept_with_its_place_and_the_next_one_is_read(name: str) -> None:
    library, problems = load(
        f"@misc{{before, title = {{B}}}}\n\n{BROKEN[name]}\n\n@misc{{after, title = {{A}}}}\n"
    )
    assert [str(item.key) for item in library.entries] == ["before", "after"]
    assert len(library.broken) == 1
    assert [item.code for item in problems] == ["bib-broken-entry"]
    assert problems[0].span is not None
    assert problems[0].span.line == 2


@pytest.mark.parametrize(
    ("fields", "name", "value", "message"),
    [
        ("author = {Example, Ada}\n  title = {T},\n  year = {2020}", "title", "T", "comma is missing"),
        ("title = {A First} Example},\n  year = {2020}", "year", "2020", "brace"),
    ],
)
def test_a_slip_between_fields_loses_none(fields: str, name: str, value: str, message: str) -> None:
    library, problems = load(entry(fields))
    assert any(message in item.message and item.span and item.span.line <= 2 for item in problems)
    assert library.broken or library.entries[0].fields[name] == value


def test_a_duplicate_key_keeps_both_entries() -> None:
    library, problems = load(entry("title = {One}") + entry("title = {Two}"), entry("title = {Three}"))
    assert [item.fields.get("title") for item in library.entries] == ["One", "Two", "Three"]
    assert [item.code for item in problems] == ["bib-duplicate-key"] * 2
    assert problems[1].span is not None
    assert problems[1].span.source.name == "2.bib"
    assert problems[1].labels[0].span.place == "1.bib:1:10"


def test_an_entry_with_a_duplicate_field_and_a_duplicate_key_is_kept() -> None:
    library, problems = load(entry("title = {One}") + entry("title = {Two}, title = {Three}"))
    assert [item.fields.get("title") for item in library.entries] == ["One", "Two"]
    assert {item.code for item in problems} == {"bib-duplicate-key", "bib-duplicate-field"}


def test_a_broken_entry_says_what_seems_to_be_meant() -> None:
    library, _ = load("@article{a\n  title = {T},\n  year = 2020,\n}\n\n@string{joe {J}}\n\n@misc(b, x)\n")
    assert [(item.type, item.key, item.is_entry) for item in library.broken] == [
        ("article", "a", True),
        ("string", "joe", False),
        ("misc", "b", True),
    ]
    assert library.broken[0].span.text == "@article{a\n  title = {T},\n  year = 2020,\n}"


def test_the_extent_of_a_broken_entry_ends_before_the_text_behind_it() -> None:
    library, _ = load(
        "@article{a,\n  title = {T},\n\n  year = 2020,\n\nNotes to myself.\n\n@misc{b, title = {B}}\n"
    )
    assert [item.span.text for item in library.broken] == ["@article{a,\n  title = {T},\n\n  year = 2020,"]
    assert [str(item.key) for item in library.entries] == ["b"]
