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


def test_lines_come_without_their_ends_and_their_spans_without_indentation() -> None:
    assert [SOURCE.line(number) for number in range(5)] == ["kind: text", "  title: Äpfel", "", "last", ""]
    spans = [SOURCE.span_of_line(number).text for number in (1, 2, 99)]
    assert spans == ["title: Äpfel", "", "last"], "beyond the end it is the last line"


def test_a_place_is_printed_from_one_and_a_span_has_a_first_line() -> None:
    span = Span(SOURCE, 14, 19)
    assert (span.text, span.line, span.column, span.place) == ("title", 1, 2, "content/a.yaml:2:3")
    assert Span(SOURCE, 14, 32).first_line().text == "title: Äpfel"
    assert span.first_line() == span


def test_a_scalar_is_its_text_and_a_copy_keeps_what_it_knows() -> None:
    scalar = Scalar("Äpfel", Span(SOURCE, 21, 26), "tex", quoted=True)
    assert type(scalar.upper()) is str
    for found in (scalar, copy.copy(scalar), copy.deepcopy(scalar), pickle.loads(pickle.dumps(scalar))):
        assert (found, found.span.text, found.tag, found.quoted) == ("Äpfel", "Äpfel", "tex", True)


def test_mark_characters_are_told_from_other_private_use_characters() -> None:
    assert all(MARK_CHARACTERS.search(f"a{char}b") for char in "\U000f0000\U000f1000\U000ffffd")
    assert not MARK_CHARACTERS.search("\ue000\U00100000")
