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
from tests.conftest import MakeProject, RunCli
from tests.projects import write_project
from tests.test_cases import Case, cases_in, check, files_of, name_of

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
    """The files of all cases, but for one with 100,000 values, and the cases of one file each."""
    for folder in ("diagnostics", "lint", "commands", "build"):
        for case in cases_in(folder):
            if case.title == "Aliases that grow without end":
                continue
            given = case.given if case.given.startswith("==") else case.given.split("\n", 1)[1]
            for name, content in files_of(given).items():
                if name.endswith(ending) and content is not None:
                    yield SourceFile(name, content.decode("utf-8", "replace"))
    for case in cases_in("tex"):
        if case.file.stem.startswith("bibtex" if ending == ".bib" else "yaml"):
            yield SourceFile(f"case{ending}", case.given)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and nothing in memory."""
    place = tmp_path / "cache"
    monkeypatch.setenv("CVBUILD_CACHE", str(place))
    memo.forget()
    return place


class Calls:
    """The names of the files that are parsed, as a process that has just begun does it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        load_yaml, read_part = yaml.load_yaml, bibtex.read_part

        def counted_yaml(source: SourceFile) -> Any:
            self.made.append(source.name)
            return load_yaml(source)

        def counted_bibtex(piece: Piece) -> Part:
            self.made.append(piece.span.source.name)
            return read_part(piece)

        monkeypatch.setattr(yaml, "load_yaml", counted_yaml)
        monkeypatch.setattr(bibtex, "read_part", counted_bibtex)
        self.forget()

    def forget(self) -> None:
        """Count from here on, as in a new process."""
        memo.forget()
        self.made.clear()


@pytest.fixture
def calls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    monkeypatch.setattr("cvbuild.memo.MOST_SPARE", 10_000)  # more entries than the cases have
    return Calls(monkeypatch)


def yaml_of(source: SourceFile) -> object:
    return memo(read_yaml, source)


def library_of(source: SourceFile) -> object:
    return load_bibtex([source])


@pytest.mark.parametrize(
    ("read", "ending", "more"),
    [(yaml_of, ".yaml", TREE), (library_of, ".bib", WORKS), (library_of, ".bib", QUIRKS)],
)
def test_every_file_of_the_cases_is_the_same_from_the_cache(
    calls: Calls, read: Callable[[SourceFile], object], ending: str, more: SourceFile
) -> None:
    sources = [more] if more is QUIRKS else list(dict.fromkeys([*sources_of(ending), more]))
    assert len(sources) > 100 or more is QUIRKS
    loaded = [laid_open(read(source)) for source in sources]
    assert calls.made
    calls.forget()
    assert [laid_open(read(source)) for source in sources] == loaded
    assert calls.made == []


@pytest.mark.parametrize("case", cases_in("diagnostics"), ids=name_of)
def test_a_case_prints_the_same_with_a_warm_cache(
    case: Case, tmp_path: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path / "project", files_of(case.given))
    cold = check(tmp_path / "project", monkeypatch)
    calls.forget()
    assert check(tmp_path / "project", monkeypatch) == cold
    assert calls.made == []


def test_an_edit_to_one_file_parses_that_one(
    make_project: MakeProject, run_cli: RunCli, calls: Calls
) -> None:
    root = make_project({"content/bio.yaml": "kind: text\ntitle: Bio\ntext: Before the edit.\n"})
    works = root / "bib/works.bib"
    for path, before, after in [(root / "content/bio.yaml", "Before", "After"), (works, "First", "Second")]:
        assert run_cli("-C", root, "check").code == 0
        calls.forget()
        assert run_cli("-C", root, "check").code == 0
        assert calls.made == []
        path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
        assert run_cli("-C", root, "check").code == 0
        assert calls.made == [path.relative_to(root).as_posix()]


def count(stage: Callable[..., T]) -> tuple[Callable[..., T], list[tuple[object, ...]]]:
    """A stage of the same name that counts its calls."""
    made: list[tuple[object, ...]] = []

    @wraps(stage)
    def counted(*inputs: object) -> T:
        made.append(inputs)
        return stage(*inputs)

    return counted, made


def doubled(text: str) -> str:
    return text * 2


def test_a_stage_is_called_once_for_its_inputs(folder: Path) -> None:
    stage, made = count(doubled)
    assert [memo(stage, text) for text in "aba"] == ["aa", "bb", "aa"]
    memo.forget()
    assert [memo(stage, text) for text in "ab"] == ["aa", "bb"]
    assert made == [("a",), ("b",)]


def test_other_code_and_other_names_have_other_results(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, made = count(doubled)
    memo(stage, "a")
    monkeypatch.setattr("cvbuild.memo.program_state", lambda: b"another state")
    memo(stage, "a")
    stage.__qualname__ = "another"
    memo(stage, "a")
    assert made == [("a",)] * 3


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


def a_place_in(name: str) -> Span:
    return Span(SourceFile(name, "text of no other test"), 0, 1)


def test_what_cannot_be_pickled_is_made_each_time(folder: Path) -> None:
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
    assert len(given) == 2


def called(value: object) -> int:
    return 1


def a_function(value: int) -> Callable[[], int]:
    return lambda: value


def test_equal_values_have_one_key_whether_they_share_parts_or_not(folder: Path) -> None:
    stage, made = count(called)
    text = "".join(["a long", " text"])
    memo(stage, [text, text])
    memo(stage, [text, "".join(["a long", " text"])])
    assert len(made) == 1


def test_an_error_is_raised_each_time(folder: Path) -> None:
    def fails(value: int) -> float:
        return 1 / value

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            memo(fails, 0)


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
    assert "".join(str(text)[0] for (text,) in made) == made_of


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
