from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvbuild.render.escape import clusters, east_asian_language, is_right_to_left, may_break, script_of


@pytest.mark.parametrize(
    ("char", "script"),
    [
        ("a", "latin"), ("ạ", "latin"), ("Ж", "cyrillic"), ("ώ", "greek"), ("中", "chinese"),
        ("あ", "chinese"), ("한", "chinese"), ("。", "chinese"), ("（", "chinese"), ("ع", "arabic"),
        ("٣", "arabic"), ("،", "arabic"), ("ש", "hebrew"), ("क", "devanagari"), ("।", "devanagari"),
        ("ไ", "thai"), ("🎓", "symbol"), ("→", "symbol"), ("—", "symbol"), ("②", "symbol"), ("ﷺ", "arabic"),
        ("\u0301", "symbol"), ("\ue000", "symbol"), ("\u0378", "symbol"),
    ],
)  # fmt: skip
def test_the_script_of_a_character(char: str, script: str) -> None:
    assert script_of(char) == script


def test_marks_stay_with_their_character() -> None:
    assert list(clusters("x\u0302y")) == ["x\u0302", "y"]
    assert list(clusters("हिन्दी")) == ["हि", "न्", "दी"]
    assert list(clusters("\u0301a")) == ["\u0301", "a"]
    assert list(clusters("")) == []


@given(st.text())
def test_clusters_lose_nothing(text: str) -> None:
    assert "".join(clusters(text)) == text
    assert all(clusters(text))


def test_where_a_line_may_break() -> None:
    assert all(may_break(*pair) for pair in "中文 日あ あア 한국 文a a文 、中 ）中 中（ 」「 8年".split())
    unbroken = [*"中。 中， 文） 」。 （中 「日 き、 シャ デー 时々 文. (文 ab".split(), "中 ", " 中"]
    assert not any(may_break(*pair) for pair in unbroken)


def test_letters_say_what_language_of_east_asia_it_is() -> None:
    assert east_asian_language("東京の大学") == "japanese"
    assert east_asian_language("サーバー") == "japanese"
    assert east_asian_language("서울대학교") == "korean"
    assert east_asian_language("北京大学") is None


@pytest.mark.parametrize("text", ["שלום", "a سلام", "ܫܠܡܐ", "ދިވެހި", "ﷺ", "abc Жя ώ 中文 हिन्दी — 🎓"])
def test_scripts_that_run_from_right_to_left(text: str) -> None:
    assert is_right_to_left(text) == (not text.startswith("abc"))
