from __future__ import annotations

import pytest

from cvbuild import cache
from cvbuild.content.values import Date, Period
from cvbuild.memo import memo
from cvbuild.render import labels
from cvbuild.render.labels import (
    by_babel,
    days_by_babel,
    format_date,
    format_period,
    hyphenations,
    labels_for,
)
from cvbuild.render.templates import template_folders

FOLDERS = template_folders("classic", None)


def date_in(language: str, text: str) -> str:
    return format_date(Date.parse(text), language, labels_for(language, FOLDERS))


def test_a_term_in_two_languages() -> None:
    english = {"WS 2024/25": "WS 24/25", "SS 2017": "SS 17", "WS 1999/00": "WS 99/00", "Fall 2005": "Fall 05"}
    german = "Wintersemester 2024/25, Sommersemester 2017, Wintersemester 1999/00, Herbstsemester 2005"
    assert [date_in("en", term) for term in english] == [*english.values()]
    assert [date_in("de", term) for term in english] == german.split(", ")
    assert date_in("de", "Michaelmas 2024") == "Michaelmas 24"


@pytest.mark.parametrize(
    "language", [*hyphenations(FOLDERS), "en-GB", "pt-BR", "zh-Hant", "ja", "ar", "fa", "th"]
)
def test_days_are_written_as_babel_writes_them(language: str) -> None:
    days = days_by_babel(language)
    assert days is not None
    for year in (1987, 2004, 2020, 2049):
        for month in range(1, 13):
            for day in (0, 1, 2, 11, 28):
                written = by_babel(year, month, day, language)
                assert days[month, day].format(year=year) == written


def test_a_damaged_memory_of_days_costs_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = date_in("it", "2025-06-23")
    monkeypatch.setattr(cache, "read", lambda kind, key: b"no data")
    memo.forget()
    labels._days.cache_clear()
    assert date_in("it", "2025-06-23") == before
    assert date_in("en-GB", "2025-06-23") == "23 Jun 2025", "a region has its own order"


def test_a_month_stays_on_the_line_of_its_year() -> None:
    printed = format_period(Period.parse("2021-12 – 2024-11"), "pt", labels_for("pt", FOLDERS))
    assert printed == "dez.\u00a0de\u00a02021 – nov.\u00a0de\u00a02024"


def test_now_is_understood_in_every_language() -> None:
    for word in "present heute aujourd’hui présent actualidad oggi presente".split():
        assert Period.parse(f"2021 – {word}").end is None


def test_language_codes() -> None:
    known = [code for code in ("en", "de-AT", "xx", "english", "", "..") if days_by_babel(code) is not None]
    assert known == ["en", "de-AT"]
