from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.diagnostics import Diagnostic
from cvbuild.record import replace
from cvbuild.render.sourcemap import MappedSpan, RenderedTex
from cvbuild.source import SourceFile, Span
from cvbuild.typeset.log import TexMessage, messages, pages_written
from cvbuild.typeset.passes import diagnostics

YAML = SourceFile("content/bio.yaml", "title: Short Bio\ntext: works on 你 things\nnote: later\n")
LINES = ["\\documentclass{article}", "\\begin{document}", "Short Bio", "works on 你 things", "", "later"]


def rendered() -> RenderedTex:
    text = "\n".join(LINES) + "\n"
    mapped = []
    for value in ("Short Bio", "works on 你 things", "later"):
        start, there = text.index(value), YAML.text.index(value)
        mapped.append(MappedSpan(start, start + len(value), Span(YAML, there, there + len(value))))
    return RenderedTex(text, tuple(mapped))


def only(log: str) -> Diagnostic:
    found = diagnostics(log, rendered())
    assert len(found) == 1, found
    return found[0]


def place(item: Diagnostic) -> str | None:
    return item.span.place if item.span else None


# What TeX really says of mistakes is in cases/causes.txt, its warnings in cases/build/tex-warnings.txt.
ERRORS = [
    ("Undefined control sequence.\nl.4 works \\foo\n              on", "does not know the command `\\foo`"),
    (
        "Undefined control sequence.\n<argument> \\foo \n                {x} bar\nl.4 \\cvpar{\\foo{x} bar}",
        "TeX does not know the command `\\foo`",
    ),
    ("Too many }'s.\nl.4 a}", "a closing brace has no opening one"),
]


@pytest.mark.parametrize(("message", "meaning"), ERRORS)
def test_an_error_is_explained_at_the_line_of_the_content(message: str, meaning: str) -> None:
    item = only(f"(./cv.tex\n./cv.tex:4: {message}\n")
    assert meaning in item.message
    assert (item.code, item.severity) == ("tex-error", "error")
    assert place(item) == "content/bio.yaml:2:7"
    assert item.hints
    [label] = item.labels
    assert label.span.place == "cv.tex:4:1"
    assert label.span.text == "works on 你 things"
    assert label.text.startswith("TeX says: ")


NOT_FOUND = "./cv.tex:1: LaTeX Error: File `article.cls' not found.\n"
STOPPED = (
    "./cv.tex:4: Undefined control sequence.\nl.4 \\foo\n"
    "! Emergency stop.\n! ==> Fatal error occurred, no output PDF file produced!\n"
)
# Tectonic prints XeTeX's messages without a file: "! " and the line with the context.
BY_TECTONIC = (
    "! Undefined control sequence.\n<argument> works \\foo \n      on\nl.4 \\cvpar{works \\foo on}\n"
)


@pytest.mark.parametrize(
    ("log", "message", "where", "line"),
    [
        ("./cv.tex:5: Missing $ inserted.\n", "formula", "content/bio.yaml:2:7", "cv.tex:4:1"),
        (NOT_FOUND, "`article`", None, "cv.tex:1:1"),
        ("/tex/article.cls:12: Undefined control sequence.\nl.12 \\foo\n", "`\\foo`", None, None),
        (
            "! I can't find file `cv.tex'.\n",
            "TeX cannot find the file `cv`",
            "content/bio.yaml:3:7",
            "cv.tex:6:1",
        ),
        (STOPPED, "does not know", "content/bio.yaml:2:7", "cv.tex:4:1"),
        ("! Emergency stop.\n", "TeX gave up", None, None),
        (BY_TECTONIC, "does not know the command `\\foo`", "content/bio.yaml:2:7", "cv.tex:4:1"),
    ],
    ids="line of the theme|before all content|another file|fatal|followed by a stop|stop|tectonic".split("|"),
)
def test_the_place_of_an_error(log: str, message: str, where: str | None, line: str | None) -> None:
    item = only(log)
    assert message in item.message
    assert place(item) == where
    assert [label.span.place for label in item.labels] == ([line] if line else [])


def raw() -> RenderedTex:
    """The same with every value as raw TeX."""
    return RenderedTex(rendered().text, tuple(replace(item, kind="tex") for item in rendered().mapped))


def test_each_error_is_said_once() -> None:
    log = "./cv.tex:4: Missing $ inserted.\nl.4 a_\n./cv.tex:4: Missing $ inserted.\nl.4 b_\n"
    assert len(diagnostics(log, raw())) == 1
    assert len(diagnostics(log + "./cv.tex:6: Missing $ inserted.\nl.6 a_\n", raw())) == 2


def test_a_message_within_the_text_of_a_macro_is_none() -> None:
    log = (
        "! LaTeX Error: File `more.tex' not found.\n\nEnter file name: \n"
        "./cv.tex:4: Emergency stop.\n<read *> \n\n"
        "\\@missingfileerror #1#2->\\typeout {\n! LaTeX Error: File `#1.#2' not found.\n\nl.4 works\n\n"
    )
    assert [(message.message, message.first_line) for message in messages(log)] == [
        ("LaTeX Error: File `more.tex' not found.", 4)
    ]


def test_a_reference_of_hyperref_to_nothing_is_a_warning() -> None:
    item = only("LaTeX Warning: Hyper reference `here' on page 1 undefined on input line 4.\n")
    assert (item.code, item.severity) == ("undefined-reference", "warning")
    assert "`here`" in item.message


def test_an_overfull_line_is_at_the_value_whose_words_stick_out() -> None:
    source = SourceFile("content/bio.yaml", "- first words\n- examples of things\n")
    text = "\\cvrow{first words}{examples of things}\n"
    spans = [Span(source, 2, 13), Span(source, 16, 34)]
    mapped = (MappedSpan(7, 18, spans[0]), MappedSpan(20, 38, spans[1]))
    box = "[]\\T1/qpl/m/n/10.5 ex-am-ples of things"
    log = f"Overfull \\hbox (7.5pt too wide) in paragraph at lines 1--1\n{box}\n"
    [item] = diagnostics(log, RenderedTex(text, mapped))
    assert place(item) == "content/bio.yaml:2:3"


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ("in paragraph at lines 4--5", "content/bio.yaml:2:7"),
        ("detected at line 4", "content/bio.yaml:2:7"),
        ("has occurred while \\output is active", None),
    ],
)
def test_an_overfull_line_is_a_warning_at_the_content(lines: str, where: str | None) -> None:
    item = only(f"Overfull \\hbox (12.3456pt too wide) {lines}\n[]\\T1/qpl/m/n/10 word\n")
    assert (item.code, item.severity) == ("overfull-line", "warning")
    assert item.message == "a line sticks out by 12.3 pt"
    assert place(item) == where


@pytest.mark.parametrize(
    "line",
    [
        "Overfull \\hbox (1.9pt too wide) in paragraph at lines 4--4",
        "Underfull \\hbox (badness 10000) in paragraph at lines 4--4",
        "LaTeX Font Info:    Trying to load font information",
        "(/tex/latex/base/size10.clo:12)",
    ],
)
def test_what_nobody_sees_is_not_said(line: str) -> None:
    assert list(messages(line + "\n")) == []


@pytest.mark.parametrize(
    "said", ["你 (U+4F60) in font [texgyrepagella-regular]:mapping=tex-text;", "你 in font Pagella"]
)
def test_a_missing_character_is_an_error_where_it_is_typed(said: str) -> None:
    item = only(f"Missing character: There is no {said}!\n")
    assert (item.code, item.severity) == ("missing-character", "error")
    assert "你 (U+4F60)" in item.message
    assert place(item) == "content/bio.yaml:2:16"
    assert item.span is not None
    assert item.span.text == "你"


def test_the_missing_characters_of_a_text_are_one_error() -> None:
    source = SourceFile("content/bio.yaml", "title: 你好 你\nother: 好\n")
    spans = [Span(source, 7, 11), Span(source, 19, 20)]
    document = RenderedTex("你好 你\n好\n", (MappedSpan(0, 4, spans[0]), MappedSpan(5, 6, spans[1])))
    line = "Missing character: There is no {} in font TeXGyrePagella!\n"
    first, second = diagnostics("".join(line.format(char) for char in "你好你好"), document)
    assert "你 (U+4F60), 好 (U+597D)" in first.message
    assert (place(first), place(second)) == ("content/bio.yaml:1:8", "content/bio.yaml:2:8")
    assert "你" not in second.message


def test_a_missing_character_of_the_theme_has_no_place() -> None:
    item = only("Missing character: There is no ^^80 in font cmr10!\n")
    assert place(item) is None
    assert "^^80" in item.message


def test_messages_keep_their_lines_and_the_text_of_a_box_is_none() -> None:
    quoted = "\\T1/qpl/m/n/10.5 Talk at 12:30: lunch with ./cv.tex:3: somebody\n []\n\n"
    log = f"Overfull \\hbox (2.5pt too wide) in paragraph at lines 4--6\n{quoted}"
    assert list(messages(f"{log}./cv.tex:3: Bad thing.\nl.3 x\n")) == [
        TexMessage("overfull", "2.5", 4, 6, quoted.splitlines()[0]),
        TexMessage("error", "Bad thing.", 3, 3, "l.3 x"),
    ]


@pytest.mark.parametrize(
    ("end", "pages"),
    [
        ("</fonts/cmr10.pfb>\nOutput written on cv.pdf (15 pages, 11181 bytes).\nPDF statistics:\n", 15),
        ("Output written on cv.pdf (1 page, 3090 bytes).\n", 1),
        ("Output written on cv.pdf (2 pages).\n", 2),
        ("Output written on other.pdf (2 pages).\n", None),
        ("No pages of output.\n", None),
        ("fine\n", None),
        (None, None),
    ],
    ids=["pdflatex", "lualatex", "xelatex", "another", "none", "no TeX", "no log"],
)
def test_the_log_says_how_many_pages_there_are(tmp_path: Path, end: str | None, pages: int | None) -> None:
    log = tmp_path / "cv.log"
    if end is not None:
        # A document can print the line as well, but TeX prints it last.
        log.write_text(f"Output written on cv.pdf (99 pages).\n{'x' * 70_000}\n{end}")
    assert pages_written(log) == pages
