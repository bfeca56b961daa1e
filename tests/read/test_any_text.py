"""Whatever a field or a file holds, it is read: no exception, and nothing outside the text is pointed at."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvbuild.diagnostics import Findings
from cvbuild.read import load_bibtex
from cvbuild.read.latex import decode, without_html
from cvbuild.read.names import parse_names
from cvbuild.source import SourceFile, Span
from tests.conftest import count_calls
from tests.content.entries import make_publications

_PIECES = [
    *"{}\\$%\"&~^_#@=,()[]<>*-'`\n\t aZéß\u0301†李",
    '\\"', "\\'", "\\c ", "\\v{", "\\L", "{\\O}", "\\i", "\\emph{", "\\textbf{", "\\em ", "\\url{", "\\href{",
    "\\foo", "\\begin{x}", "\\end{x}", "\\sqrt[", "\\(", "\\)", "$$", "$x^2$", " and ", "&amp;", "&#8211;",
    "<i>", "</i>", "\\textless ", "@article{", "\n@article{a,", "\n@string{", "\n@comment{", "\n}",
    "title = {", "author = {",
]  # fmt: skip
tex = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)
anything = tex | st.text(max_size=60)
steadily = settings(max_examples=150, deadline=None, derandomize=True)


def whole(text: str) -> Span:
    return Span(SourceFile("a.bib", text), 0, len(text))


@steadily
@given(anything)
def test_any_text_is_read_as_a_file_as_a_field_and_as_names(text: str) -> None:
    library, findings = load_bibtex([SourceFile("a.bib", text)])
    make_publications(library, (), findings)
    for item in findings.items:
        assert item.span is not None
        assert 0 <= item.span.start <= item.span.end <= len(text)
    decode(without_html(text), whole(text), Findings())
    parse_names(text, whole(text), Findings())


@steadily
@given(st.text(alphabet="abcXYZéß李 ,{}~.-*", max_size=30))
def test_a_name_keeps_its_letters(text: str) -> None:
    people = parse_names(text, whole(text), Findings())
    printed = "".join(f"{name.given}{name.particle}{name.family}{name.suffix}" for name in people.names)
    assert sorted(filter(str.isalpha, text)) == sorted(filter(str.isalpha, printed))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("{\\\"o} \\'{\\i} {\\L} \\c{s} \\textquotesingle{} é", "ö í Ł ş ' é"),
        ("!`Hola!", "¡Hola!"), ("\\Lódź", "Łódź"), ("{A {B {C}}}", "A B C"), ("{-}{-}", "--"),
        ("\\' e\\'\\i", "éí"), ("{\\'}a\\'{}", "a"), ("\\alpha-particles", "α-particles"), ("a\\\\", "a "),
        ("\\emph a\\textbf\\emph{b}", "ab"), ("\\enquote{a}\\noopsort{b}\\mbox{c}\\protect d", "“a”cd"),
        ("\\href{https://a_b/\\%20}{c}\\url{d}", "cd"), ("\\foo[1]{x}{\\'e} y", "\\foo[1]{x}{\\'e} y"),
        ("\\begin{a}\\b\\end{a}", "\\begin{a}\\b\\end{a}"), ("\\(x\\)\\[y\\]$$z$$", "xyz"), ("100%", "100%"),
    ],
)  # fmt: skip
def test_macros_and_letters_become_characters(text: str, read: str) -> None:
    assert str(decode(text, whole(text), Findings())) == read


@pytest.mark.parametrize("text", ["{a", "a}", "$a", "\\emph", "\\url{a", "\\begin{a}", "${a$", "\\emph{a"])
def test_text_that_does_not_pair_up_is_plain_with_one_warning(text: str) -> None:
    findings = Findings()
    read = decode("\\foo " + text, whole(text), findings)
    assert str(read) == "\\foo " + text.replace("{", "").replace("}", "")
    assert [item.code for item in findings.items] == ["bib-latex"]


HARD = (
    "{", "}", "\\", "$", "%", '"', "\\\\", "\\em ", "\\emph{", "\\'", "\\begin{a}", "\\sqrt[", "\\(", "$x",
    "\\foo{", "<i>", "&amp", "* x", "{*", " and ", "a, ", "a = {b} ", "\n@a{", "\n@a(", "\n@comment{",
    "x@a{b,c={d}}", "}}\n", "a{b,\n", "\n@a{b,c={d},\n",
)  # fmt: skip


@pytest.mark.parametrize("piece", HARD)
def test_text_that_is_four_times_as_long_takes_about_four_times_the_work(piece: str) -> None:
    def read(length: int) -> None:
        hard = piece * (length // len(piece))
        entry = (
            f"@a{{k, title = {{{hard}}}, author = {{{hard}}}, url = {{x{hard}}}}}\n\n@b{{l, note = {{M}}}}\n"
        )
        for text in (hard, entry):
            library, findings = load_bibtex([SourceFile("a.bib", text)])
            make_publications(library, (), findings)

    assert count_calls(lambda: read(12_000)) <= 5 * count_calls(lambda: read(3_000))


def test_macros_that_double_each_other_are_cut_off() -> None:
    macros = "".join(f"@string{{m{at + 1} = m{at} # m{at}}}\n" for at in range(60))
    library, findings = load_bibtex(
        [SourceFile("a.bib", f"@string{{m0 = {{ha}}}}\n{macros}@misc{{k, note = m60}}\n")]
    )
    assert len(library.entries[0].fields["note"]) == 100_000
    assert {item.code for item in findings.items} == {"bib-value"}
