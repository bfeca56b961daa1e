from __future__ import annotations

import copy
import pickle

import pytest

from cvbuild.source import MARK_CHARACTERS, Scalar, SourceFile, Span

SOURCE = SourceFile("content/a.yaml", "kind: text\r\n  title: Äpfel\n\nlast")


@pytest.mark.parametrize(
    ("offset", "position"),
    [(0, (0, 0)), (6, (0, 6)), (12, (1, 0)), (14, (1, 2)), (27, (2, 0)), (28, (3, 0)), (32, (3, 4))],
)
def test_an_offset_has_a_line_and_a_column(offset: int, position: tuple[int, int]) -> None:
    assert SOURCE.position(offset) == position


def test_lines_come_without_their_ends() -> None:
    assert [SOURCE.line(number) for number in range(5)] == ["kind: text", "  title: Äpfel", "", "last", ""]


def test_the_span_of_a_line_leaves_out_its_indentation() -> None:
    assert SOURCE.span_of_line(1).text == "title: Äpfel"
    assert SOURCE.span_of_line(2).text == ""


def test_the_span_of_a_line_beyond_the_end_is_the_last_one() -> None:
    assert SOURCE.span_of_line(99).text == "last"


def test_a_place_is_printed_from_one() -> None:
    span = Span(SOURCE, 14, 19)
    assert (span.text, span.line, span.column, span.place) == ("title", 1, 2, "content/a.yaml:2:3")


def test_the_first_line_of_a_span() -> None:
    assert Span(SOURCE, 14, 32).first_line().text == "title: Äpfel"
    assert Span(SOURCE, 14, 19).first_line() == Span(SOURCE, 14, 19)


def test_a_scalar_is_its_text_and_knows_its_place() -> None:
    scalar = Scalar("Äpfel", Span(SOURCE, 21, 26), "tex", quoted=True)
    assert scalar == "Äpfel"
    assert scalar.span.text == "Äpfel"
    assert type(scalar.upper()) is str


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda scalar: pickle.loads(pickle.dumps(scalar))]
)
def test_a_copy_of_a_scalar_keeps_what_it_knows(copied: object) -> None:
    assert callable(copied)
    scalar = Scalar("Äpfel", Span(SOURCE, 21, 26), "tex", quoted=True)
    found = copied(scalar)
    assert (found, found.span, found.tag, found.quoted) == (scalar, scalar.span, "tex", True)


@pytest.mark.parametrize("char", ["\U000f0000", "\U000f1000", "\U000ffffd"])
def test_mark_characters_are_recognised(char: str) -> None:
    assert MARK_CHARACTERS.search(f"a{char}b")


def test_other_private_use_characters_are_none() -> None:
    assert not MARK_CHARACTERS.search("\ue000\U00100000")
