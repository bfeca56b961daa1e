from __future__ import annotations

import pytest

from cvbuild.diagnostics import Diagnostic
from cvbuild.read import load_bibtex
from cvbuild.read.library import BibLibrary
from cvbuild.source import SourceFile


def load(*texts: str) -> tuple[BibLibrary, list[Diagnostic]]:
    sources = [SourceFile(f"{at}.bib", text) for at, text in enumerate(texts, start=1)]
    library, findings = load_bibtex(sources)
    return library, findings.items


def entry(fields: str) -> str:
    return f"@article{{key,\n  {fields},\n}}\n"


def value(text: str, name: str) -> str | None:
    library, _ = load(text)
    return library.entries[0].value(name)


def test_a_field_knows_its_place() -> None:
    library, _ = load("% comment\n@article{key,\n  author = {Example, Ada},\n  title = {The {T}itle},\n}\n")
    found = library.entries[0]
    assert found.key.span.place == "1.bib:2:10"
    assert found.fields["title"].span.text == "{The {T}itle}"
    assert found.fields["title"].span.place == "1.bib:4:11"
    assert found.names["author"].span == found.fields["author"].span
    assert found.span.text.startswith("@article{key,")
    assert found.span.text.endswith("}")


def test_a_field_that_repeats_another_knows_its_own_place() -> None:
    library, _ = load(
        "@article{a,\n  note = {same},\n  title = {same},\n}\n@article{b,\n  title = {same},\n}\n"
    )
    assert library.entries[0].fields["title"].span.place == "1.bib:3:11"
    assert library.entries[1].fields["title"].span.place == "1.bib:6:11"


def test_a_field_whose_name_stands_in_another_value_knows_its_own_place() -> None:
    library, _ = load("@article{title,\n  note = {title = x},\n  title = {y},\n}\n")
    assert library.entries[0].fields["title"].span.place == "1.bib:3:11"


@pytest.mark.parametrize("text", ["{2020}", '"2020"', "2020", "{ 2020 }", '" 2020 "'])
def test_delimiters_are_no_part_of_a_value(text: str) -> None:
    assert value(entry(f"year = {text}"), "year") == "2020"


@pytest.mark.parametrize(
    ("typed", "joined"),
    [
        ('jan # "~1"', "jan~1"),
        ('"a" # " b " # {c}', "a b c"),
        ('"a # b"', "a # b"),
        ("{a # b}", "a # b"),
        ('{C} # 2 # "x"', "C2x"),
        ("joe", "Journal of Examples"),
        ("JOE", "Journal of Examples"),
        ('joe # ", Series B"', "Journal of Examples, Series B"),
        ("both", "Journal of Examples (JoE)"),
        ('"a \\# b"', "a \\# b"),
    ],
)
def test_strings_are_joined_at_hashes(typed: str, joined: str) -> None:
    strings = '@string{joe = "Journal of Examples"}\n@string(both = joe # { (JoE)})\n'
    assert value(strings + entry(f"note = {typed}"), "note") == joined


def test_a_string_of_one_file_holds_in_the_next() -> None:
    library, problems = load("@string{joe = {Journal}}", entry("journal = joe"))
    assert library.entries[0].value("journal") == "Journal"
    assert problems == []


def test_field_names_and_types_are_in_lower_case() -> None:
    library, _ = load("@ARTICLE{Key, TITLE = {T}}")
    assert (library.entries[0].type, library.entries[0].key, list(library.entries[0].fields)) == (
        "article", "Key", ["title"],
    )  # fmt: skip


def test_the_first_field_that_is_filled_counts() -> None:
    library, _ = load(entry("date = {}, year = {2020}"))
    assert library.entries[0].value("date", "year") == "2020"
    assert library.entries[0].value("month") is None


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


def test_a_missing_comma_between_fields_is_reported_and_loses_nothing() -> None:
    library, problems = load("@article{a,\n  author = {Example, Ada}\n  title = {T},\n  year = {2020},\n}\n")
    assert any(item.span is not None and item.span.line in {1, 2} for item in problems)
    assert library.broken or library.entries[0].value("title") == "T"


def test_a_closing_brace_too_many_is_reported_and_loses_no_field_silently() -> None:
    library, problems = load("@article{a,\n  title = {A First} Example},\n  year = {2020},\n}\n")
    assert any("brace" in item.message for item in problems)
    assert library.broken or library.entries[0].value("year") == "2020"


def test_all_entries_of_a_file_are_read_or_broken() -> None:
    text = "".join(f"@article{{k{at},\n title={{T{at}}},\n year={{20{at:02}}}\n}}\n\n" for at in range(50))
    library, problems = load(text.replace("title={T7}", "title={T7"))
    assert len(library.entries) + len(library.broken) == 50
    assert len(problems) == 1


def test_a_duplicate_key_keeps_both_entries() -> None:
    library, problems = load(entry("title = {One}") + entry("title = {Two}"), entry("title = {Three}"))
    assert [item.value("title") for item in library.entries] == ["One", "Two", "Three"]
    assert [item.code for item in problems] == ["bib-duplicate-key"] * 2
    assert problems[1].span is not None
    assert problems[1].span.source.name == "2.bib"
    assert problems[1].labels[0].span.place == "1.bib:1:10"


def test_an_entry_with_a_duplicate_field_and_a_duplicate_key_is_kept() -> None:
    library, problems = load(entry("title = {One}") + entry("title = {Two}, title = {Three}"))
    assert [item.value("title") for item in library.entries] == ["One", "Two"]
    assert {item.code for item in problems} == {"bib-duplicate-key", "bib-duplicate-field"}


def test_comments_preambles_and_text_between_entries_are_no_entries() -> None:
    library, problems = load(
        "Dear reader, write to ada@example.org.\n@comment{jabref-meta: x;}\n"
        '@preamble{"\\newcommand{\\x}{y}"}\n% 100%\n' + entry("title = {T}")
    )
    assert len(library.entries) == 1
    assert problems == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "% nothing",
        "@",
        "@@",
        "@article",
        "@article{",
        "@article{}",
        "@{a}",
        "{}",
        "@string{",
        "@string{a}",
        "@preamble{",
        "@article{a,b,c}",
        "@article{a,=}",
        "@article{a,title=}",
        "@article{a,title=#}",
        "@article{a,title={b}#}",
    ],
)
def test_whatever_is_typed_gives_entries_or_diagnostics_with_their_place(text: str) -> None:
    _, problems = load(text)
    for item in problems:
        assert item.span is not None
        assert 0 <= item.span.start <= item.span.end <= len(text)


def test_an_at_sign_alone_is_lost_to_no_diagnostic() -> None:
    library, problems = load("@article{a, title={A}\n\n@article{b, title={B}}\n")
    assert [str(item.key) for item in library.entries] == ["b"]
    assert [item.code for item in problems] == ["bib-broken-entry"]
    assert "begins before this one is closed" in problems[0].message


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
