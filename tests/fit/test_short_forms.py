"""What an item's short form goes without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cvbuild.content.kinds import Item
from cvbuild.content.reader import values_of
from cvbuild.select.selection import choices_of, select
from cvbuild.select.types import Cut, SectionCut
from tests.projects import adds_up, load

SETTINGS = "owner: {name: Ada Example}\n"


def only_item(folder: Path, kind: str, item: str) -> Any:
    cv, _ = load(
        folder,
        {"content/cv.yaml": SETTINGS, "content/part.yaml": f"kind: {kind}\ntitle: P\nitems: [{item}]\n"},
    )
    return cv.sections["part"].listed[0].items[0]


@pytest.mark.parametrize(
    ("kind", "item", "gone"),
    [
        ("grants", "{title: T, period: 2020, text: Long}", {"text"}),
        ("service", "{role: T, text: Long}", {"text"}),
        ("awards", "{title: T, text: Long, note: N}", {"text", "note"}),
        ("talks", "{title: T, date: 2020, links: [{label: L, url: 'https://example.org'}]}", {"links"}),
    ],
)
def test_the_long_parts_are_gone(kind: str, item: str, gone: set[str], tmp_path: Path) -> None:
    whole = only_item(tmp_path, kind, item)
    short = whole.shortened()
    before, after = values_of(whole), values_of(short)
    assert {name for name in before if before[name] and not after[name]} == gone
    assert short.span == whole.span


def test_a_role_and_a_degree_go_without_their_details(tmp_path: Path) -> None:
    details = "details: [{label: Research, text: D}], links: [{label: L, url: 'https://example.org'}]"
    role = only_item(
        tmp_path / "a", "positions", f"{{organisation: O, roles: [{{title: T, period: 2020, {details}}}]}}"
    )
    short = role.roles[0].shortened()
    assert (short.details, short.links, str(short.title)) == ((), (), "T")
    thesis = "thesis: {title: Th}, notes: [N], text: Long, brief: Short"
    degree = only_item(
        tmp_path / "b", "education", f"{{organisation: O, degrees: [{{degree: D, date: 2020, {thesis}}}]}}"
    )
    short = degree.degrees[0].shortened()
    assert (short.thesis, short.notes, str(short.text)) == (None, (), "Short")


def test_the_short_text_stands_in_for_the_long_one(tmp_path: Path) -> None:
    item = only_item(tmp_path, "list", "{text: A long story, brief: A story}")
    assert str(item.shortened().text) == "A story"


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("list", "{text: It cannot do without its text}"),
        ("grants", "{title: T, period: 2020}"),
        ("skills", "{label: L, skills: [S]}"),
        ("students", "{name: N, topic: T}"),
    ],
)
def test_what_has_no_long_parts_has_no_short_form(kind: str, item: str, tmp_path: Path) -> None:
    assert only_item(tmp_path, kind, item).shortened() is None


def test_a_patents_own_text_is_shortened_with_its_filings(tmp_path: Path) -> None:
    item = "{title: T, text: Long, brief: Short, filings: [{number: US 1}, {number: US 2}]}"
    files: dict[str, str | bytes | None] = {
        "content/cv.yaml": SETTINGS,
        "content/part.yaml": f"kind: patents\ntitle: P\nitems: [{item}]\n",
    }
    cv, _ = load(tmp_path, files)
    patent: Item = cv.sections["part"].listed[0].items[0]
    assert [str(choice.section) for choice in choices_of(cv, "full")] == ["part"]
    selected, _ = select(cv, "full", cut=Cut({0: SectionCut(short=frozenset({patent.span}))}))
    printed = selected.sections[0].groups[0].items[0]
    assert (str(printed.text), len(printed.filings)) == ("Short", 2)
    first = patent.inner_items()[0].span
    selected, _ = select(cv, "full", cut=Cut({0: SectionCut({first: "too long"}, frozenset())}))
    assert [str(item.number) for item in selected.sections[0].groups[0].items[0].filings] == ["US 2"]
    assert [item.reason for item in selected.ledger.left_out if item.section == "part"] == ["too long"]
    assert adds_up(selected.ledger)
