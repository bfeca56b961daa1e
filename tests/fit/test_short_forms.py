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


LINKS = "links: [{label: L, url: 'https://example.org'}]"


@pytest.mark.parametrize(
    ("kind", "item", "gone"),
    [
        ("grants", "{title: T, period: 2020, text: Long}", {"text"}),
        ("service", "{role: T, text: Long}", {"text"}),
        ("awards", "{title: T, text: Long, note: N}", {"text", "note"}),
        ("talks", f"{{title: T, date: 2020, {LINKS}}}", {"links"}),
        (
            "positions",
            f"{{title: T, period: 2020, details: [{{label: R, text: D}}], {LINKS}}}",
            {"details", "links"},
        ),
        (
            "education",
            "{degree: D, date: 2020, thesis: {title: T}, notes: [N], text: Long}",
            {"thesis", "notes", "text"},
        ),
        # These have no long parts, or cannot do without them.
        ("list", "{text: Text}", None),
        ("grants", "{title: T, period: 2020}", None),
        ("skills", "{label: L, skills: [S]}", None),
        ("students", "{name: N, topic: T}", None),
    ],
)
def test_the_long_parts_are_gone(kind: str, item: str, gone: set[str] | None, tmp_path: Path) -> None:
    inner = {"positions": "roles", "education": "degrees"}.get(kind)
    whole = only_item(tmp_path, kind, f"{{organisation: O, {inner}: [{item}]}}" if inner else item)
    if inner:
        [whole] = getattr(whole, inner)
    short = whole.shortened()
    if gone is None:
        assert short is None
        return
    before, after = values_of(whole), values_of(short)
    assert {name for name in before if before[name] and not after[name]} == gone
    assert short.span == whole.span


def test_the_short_text_stands_in_for_the_long_one(tmp_path: Path) -> None:
    item = only_item(tmp_path, "list", "{text: A long story, brief: A story}")
    assert str(item.shortened().text) == "A story"
    thesis = "{degree: D, date: 2020, thesis: {title: Th}, text: Long, brief: Short}"
    item = only_item(tmp_path / "b", "education", f"{{organisation: O, degrees: [{thesis}]}}")
    assert str(item.degrees[0].shortened().text) == "Short"


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
