"""What the memo answers is what the stage returns, place by place; a damaged cache costs time alone."""

from __future__ import annotations

import gc
import pickle
import re
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import pytest
from msgspec import Struct
from msgspec.structs import fields

from cvbuild import cache
from cvbuild.memo import Bundle, memo
from cvbuild.read import bibtex, load_bibtex, read_yaml, yaml
from cvbuild.read.parsed import Part, Piece, YamlMapping, YamlSequence
from cvbuild.record import Record
from cvbuild.source import Scalar, SourceFile, Span
from tests.bibquirks import make_quirks
from tests.conftest import SmallProject
from tests.test_no_traceback import ALL, as_files

T = TypeVar("T")
TREE = SourceFile("content/a.yaml", "title: 'One'\nitems: [{a: 1}, !tex x, ~]\nother: &o {b: *o}\nb: a #c\n")
WORKS = SourceFile(
    "bib/a.bib", "@article{one, title = {A {\\'E} $x$ \\emph{b}}, author = {Ada Example}}\n@a{"
)
QUIRKS = SourceFile("q.bib", make_quirks(300).text)


def laid_open(value: object) -> object:
    """All that a value holds, with the types and places that its equality does not look at."""
    match value:
        case Scalar():
            return "scalar", str(value), laid_open(value.span), value.tag, value.quoted
        case SourceFile():
            return value.name, value.text
        case YamlMapping() | YamlSequence():
            inner = value.items() if isinstance(value, YamlMapping) else value
            return type(value), laid_open(value.span), [laid_open(item) for item in inner]
        case dict():
            return dict, [laid_open(item) for item in value.items()]
        case tuple() | list():
            return type(value), [laid_open(item) for item in value]
    if isinstance(value, Struct):
        return type(value), [laid_open(getattr(value, item.name)) for item in fields(value)]
    assert value is None or type(value) in {str, int, bool, bytes}, type(value)
    return value


def sources_of(ending: str) -> Iterator[SourceFile]:
    """The files of the cases, but for one with 100,000 values."""
    for case in ALL:
        if case.title != "Aliases that grow without end":
            for name, content in as_files(case).items():
                if name.endswith(ending) and content is not None:
                    yield SourceFile(name, content.decode("utf-8", "replace"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and nothing in memory."""
    place = tmp_path / "cache"
    monkeypatch.setenv("CVBUILD_CACHE", str(place))
    memo.forget()
    return place


@pytest.fixture
def parsed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are parsed."""
    names: list[str] = []
    load_yaml, read_part = yaml.load_yaml, bibtex.read_part

    def counted_yaml(source: SourceFile) -> Any:
        names.append(source.name)
        return load_yaml(source)

    def counted_bibtex(piece: Piece) -> Part:
        names.append(piece.span.source.name)
        return read_part(piece)

    monkeypatch.setattr("cvbuild.memo.MOST_SPARE", 10_000)  # more entries than the cases have
    monkeypatch.setattr(yaml, "load_yaml", counted_yaml)
    monkeypatch.setattr(bibtex, "read_part", counted_bibtex)
    return names


@pytest.mark.parametrize("ending", [".yaml", ".bib"])
def test_every_file_of_the_cases_is_the_same_from_the_cache(parsed: list[str], ending: str) -> None:
    def read() -> list[object]:
        memo.forget()
        parsed.clear()
        results = (
            memo(read_yaml, source) if ending == ".yaml" else load_bibtex([source]) for source in sources
        )
        return [laid_open(result) for result in results]

    more = [TREE] if ending == ".yaml" else [WORKS, QUIRKS]
    sources = list(dict.fromkeys([*sources_of(ending), *more]))
    assert len(sources) > 100
    loaded = read()
    assert parsed
    assert read() == loaded
    assert parsed == []


def test_an_edit_to_one_file_parses_that_one(small: SmallProject, parsed: list[str]) -> None:
    for name, before, after in (("content/bio.yaml", "world", "moon"), ("bib/works.bib", "First", "Second")):
        small.run("check")
        parsed.clear()
        memo.forget()
        small.run("check")
        assert parsed == []
        small.edit(name, before, after)
        small.run("check")
        assert parsed == [name]


def count(stage: Callable[..., T]) -> tuple[Callable[..., T], list[object]]:
    """A stage of the same name that notes the first input of its calls."""
    made: list[object] = []

    @wraps(stage)
    def counted(*inputs: object) -> T:
        made.append(inputs[0])
        return stage(*inputs)

    return counted, made


def doubled(text: str) -> str:
    return text * 2


def called(value: object) -> int:
    return 1


def a_function(value: int) -> Callable[[], int]:
    return lambda: value


def a_place_in(name: str) -> Span:
    return Span(SourceFile(name, "text of no other test"), 0, 1)


def fails(value: int) -> float:
    return 1 / value


def test_a_stage_is_called_once_for_its_inputs(folder: Path) -> None:
    stage, made = count(doubled)
    assert [memo(stage, text) for text in "aba"] == ["aa", "bb", "aa"]
    memo.forget()
    assert [memo(stage, text) for text in "ab"] == ["aa", "bb"]
    assert made == ["a", "b"]
    # Equal values have one key, whether they share parts or not.
    whole, made = count(called)
    text = "".join(["a long", " text"])
    memo(whole, [text, text])
    memo(whole, [text, "".join(["a long", " text"])])
    assert len(made) == 1


def test_other_code_and_other_names_have_other_results(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, made = count(doubled)
    memo(stage, "a")
    monkeypatch.setattr("cvbuild.memo.program_state", lambda: b"another state")
    memo(stage, "a")
    stage.__qualname__ = "another"
    memo(stage, "a")
    assert made == ["a"] * 3


@pytest.mark.parametrize("data", [b"", b"no pickle", pickle.dumps(1)[:-1], b"cnowhere\nnothing\n."])
def test_a_damaged_result_costs_time_alone(
    folder: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "read", lambda kind, key: data)
    assert memo(doubled, "a") == "aa"


def test_a_result_in_a_file_that_was_not_read_is_made_anew(folder: Path) -> None:
    stage, made = count(a_place_in)
    memo(stage, "content/a.yaml")
    memo.forget()
    gc.collect()
    assert memo(stage, "content/a.yaml").source.name == "content/a.yaml"
    assert len(made) == 2


def test_what_cannot_be_pickled_is_made_each_time_and_an_error_raised_each_time(folder: Path) -> None:
    stage, made = count(called)
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (lambda: 1, deep, lambda: 1):
        memo(stage, value)
    assert len(made) == 3
    giving, given = count(a_function)
    for _ in range(2):
        assert memo(giving, 1)() == 1
        memo.forget()
        with pytest.raises(ZeroDivisionError):
            memo(fails, 0)
    assert len(given) == 2


@pytest.mark.parametrize(
    ("limit", "value", "texts", "made_of"),
    [
        ("MOST_IN_MEMORY", 2, "abcbca", "abca"),
        ("MOST_BYTES_IN_MEMORY", 100, ["a", "b" * 100, "b" * 100, "a"], "aba"),
    ],
)
def test_memory_holds_the_latest_results(
    folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, texts: Sequence[str], made_of: str
) -> None:
    monkeypatch.setenv("CVBUILD_CACHE", "")
    monkeypatch.setattr(f"cvbuild.memo.{limit}", value)
    stage, made = count(doubled)
    for text in texts:
        memo(stage, text)
    assert "".join(str(text)[0] for text in made) == made_of


class Entry(Record):
    span: Span
    text: Scalar


def entries_of(text: str) -> list[Entry]:
    """The words of a text, each an item with a place."""
    source = SourceFile("bib/words.bib", text)
    places = [Span(source, found.start(), found.end()) for found in re.finditer(r"\w+", text)]
    return [Entry(place, Scalar(place.text, place)) for place in places]


def placed_word(entry: Entry, mark: str) -> Scalar:
    return Scalar(mark + entry.text, entry.text.span)


def test_a_bundle_holds_results_of_items_that_move_and_makes_those_of_new_ones(folder: Path) -> None:
    stage, made = count(placed_word)
    for text, new in [("one two three", 3), ("zero and one two three", 2), ("one 2 three", 1)]:
        made.clear()
        memo.forget()
        bundle = Bundle(stage, "*")
        for entry in entries_of(text):
            found = bundle(entry)
            assert (found, found.span.text) == ("*" + entry.text, str(entry.text))
        bundle.save()
        assert len(made) == new
    assert [Bundle(stage, "+")(entry) for entry in entries_of("one")] == ["+one"]


@pytest.mark.parametrize(
    ("limit", "value", "rounds"),
    [
        # Of the last round `e` is among the latest that are not in use, and `a` is not.
        ("MOST_SPARE", 2, ("a b c d e f", "g", "e", "a")),
        # `c` is in use, and `a` was let go.
        ("MOST_BYTES_IN_BUNDLE", 1, ("a b", "c", "c a")),
    ],
)
def test_a_bundle_lets_go_of_items_that_are_not_in_use(
    folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, rounds: Sequence[str]
) -> None:
    monkeypatch.setattr(f"cvbuild.memo.{limit}", value)
    stage, made = count(placed_word)
    for text in rounds:
        made.clear()
        bundle = Bundle(stage, "*")
        for entry in entries_of(text):
            bundle(entry)
        bundle.save()
    assert len(made) == 1
