"""What comes from the cache is what loading gives, place by place; a damaged cache costs time alone."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import fields

from cvbuild import cache, loading
from cvbuild.load import bibtex, remembered, yaml
from cvbuild.load.plain import as_plain, from_plain
from cvbuild.load.remembered import bibtex_of, yaml_of
from cvbuild.load.tree import YamlMapping, YamlSequence
from cvbuild.source import Scalar, SourceFile
from tests.bibquirks import make_quirks
from tests.conftest import MakeProject, RunCli
from tests.projects import write_project
from tests.test_cases import CASES, Case, cases_in, check, files_of, name_of

TREE = SourceFile("content/a.yaml", "title: 'One'\nitems: [{a: 1}, !tex x, ~]\nother: &o {b: *o}\nb: a #c\n")
WORKS = SourceFile(
    "bib/a.bib", "@article{one, title = {A {\\'E} $x$ \\emph{b}}, author = {Ada Example}}\n@a{"
)


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
    assert value is None or type(value) in {str, int, bool}, type(value)
    return value


def sources_of(ending: str) -> Iterator[SourceFile]:
    """The files of all cases, the cases of one file each, and what is written beside them."""
    for folder in ("diagnostics", "lint", "commands", "build"):
        for case in cases_in(folder):
            given = case.given if case.given.startswith("==") else case.given.split("\n", 1)[1]
            for name, content in files_of(given).items():
                if name.endswith(ending) and content is not None:
                    yield SourceFile(name, content.decode("utf-8", "replace"))
    for case in cases_in("tex"):
        if case.file.stem.startswith("bibtex" if ending == ".bib" else "yaml"):
            yield SourceFile(f"case{ending}", case.given)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache"
    monkeypatch.setenv("CVBUILD_CACHE", str(place))
    return place


class Calls:
    """Counts what is parsed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.yaml: list[str] = []
        self.bibtex: list[list[str]] = []
        load_yaml, load_bibtex = yaml.load_yaml, bibtex.load_bibtex

        def counted_yaml(source: SourceFile) -> Any:
            self.yaml.append(source.name)
            return load_yaml(source)

        def counted_bibtex(sources: Sequence[SourceFile]) -> Any:
            self.bibtex.append([source.name for source in sources])
            return load_bibtex(sources)

        monkeypatch.setattr(yaml, "load_yaml", counted_yaml)
        monkeypatch.setattr(bibtex, "load_bibtex", counted_bibtex)
        self.forget()

    def forget(self) -> None:
        """Count from here on, as in a new process."""
        loading.tree_of.cache_clear()
        loading._library.cache_clear()
        self.yaml.clear()
        self.bibtex.clear()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


def test_every_yaml_file_of_the_cases_is_the_same_from_the_cache(folder: Path, calls: Calls) -> None:
    sources = list(dict.fromkeys([*sources_of(".yaml"), TREE]))
    assert len(sources) > 100
    loaded = [laid_open((yaml_of(source)[0], yaml_of(source)[1].items)) for source in sources]
    calls.forget()
    kept = [laid_open((yaml_of(source)[0], yaml_of(source)[1].items)) for source in sources]
    fresh = [yaml.load_yaml(source) for source in sources]
    assert loaded == kept == [laid_open((tree, findings.items)) for tree, findings in fresh]
    assert len(calls.yaml) == len(sources), "those of `fresh` alone"


def test_every_bibliography_of_the_cases_is_the_same_from_the_cache(folder: Path, calls: Calls) -> None:
    sources = list(dict.fromkeys([*sources_of(".bib"), WORKS, SourceFile("q.bib", make_quirks(300).text)]))
    assert len(sources) > 100
    for source in sources:
        bibtex_of([source])
    calls.forget()
    kept = [bibtex_of([source]) for source in sources]
    fresh = [bibtex.load_bibtex([source]) for source in sources]
    for (library, findings), (again, found) in zip(kept, fresh, strict=True):
        assert laid_open((library, findings.items)) == laid_open((again, found.items))
    assert len(calls.bibtex) == len(sources), "those of `fresh` alone"


def test_the_places_are_in_the_files_of_the_call(folder: Path) -> None:
    yaml_of(TREE)
    again = SourceFile(TREE.name, TREE.text)
    tree, _ = yaml_of(again)
    assert isinstance(tree, YamlMapping)
    assert tree.span.source is again


@pytest.mark.parametrize("case", cases_in("diagnostics"), ids=name_of)
def test_a_case_prints_the_same_with_a_warm_cache(
    case: Case, tmp_path: Path, folder: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path / "project", files_of(case.given))
    cold = check(tmp_path / "project", monkeypatch)
    calls.forget()
    assert check(tmp_path / "project", monkeypatch) == cold
    assert (calls.yaml, calls.bibtex) == ([], [])


def test_an_edit_to_one_file_parses_that_one(
    make_project: MakeProject, run_cli: RunCli, calls: Calls
) -> None:
    root = make_project({"content/bio.yaml": "kind: text\ntitle: Bio\ntext: Before the edit.\n"})
    assert run_cli("-C", root, "check").code == 0
    calls.forget()
    assert run_cli("-C", root, "check").code == 0
    assert (calls.yaml, calls.bibtex) == ([], [])
    (root / "content/bio.yaml").write_text("kind: text\ntitle: Bio\ntext: After it.\n", encoding="utf-8")
    assert run_cli("-C", root, "check").code == 0
    assert (calls.yaml, calls.bibtex) == (["content/bio.yaml"], [])
    calls.forget()
    works = root / "bib/works.bib"
    works.write_text(works.read_text(encoding="utf-8").replace("First", "Second"), encoding="utf-8")
    assert run_cli("-C", root, "check").code == 0
    assert (calls.yaml, calls.bibtex) == ([], [["bib/works.bib"]])


def test_files_of_one_text_and_other_names_are_others(folder: Path, calls: Calls) -> None:
    yaml_of(TREE)
    yaml_of(SourceFile("b.yaml", TREE.text))
    bibtex_of([WORKS, SourceFile("b.bib", "x")])
    bibtex_of([SourceFile("b.bib", "x"), WORKS])
    assert calls.yaml == [TREE.name, "b.yaml"]
    assert len(calls.bibtex) == 2


def test_what_other_code_loaded_is_not_read(
    folder: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    yaml_of(TREE)
    monkeypatch.setattr(remembered, "_made_by", lambda: "another state of the code")
    yaml_of(TREE)
    assert calls.yaml == [TREE.name] * 2


def test_code_whose_state_cannot_be_told_keeps_nothing(
    folder: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_made_by", lambda: None)
    yaml_of(TREE)
    yaml_of(TREE)
    assert calls.yaml == [TREE.name] * 2
    assert not folder.exists()


def test_the_state_of_code_changes_with_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = tmp_path / "part.py"
    part.write_text("1")
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    states = [cache.made_by(("part.py",), ("yaml",))]
    part.write_text("22")
    states.append(cache.made_by(("part.py",), ("yaml",)))
    os.utime(part, (1, 1))
    states.append(cache.made_by(("part.py",), ("yaml",)))
    states.append(cache.made_by(("part.py",), ("jinja2",)))
    assert None not in states
    assert len(set(states)) == 4
    assert cache.made_by(("none.py",), ()) is None
    assert cache.made_by((), ("no_such_library",)) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"x", marshal.dumps(None), marshal.dumps((0, 1)), marshal.dumps((99,)), marshal.dumps((2, 7, 0, 0)),
     marshal.dumps((0, (3, "a"), 1)), marshal.dumps((0, 1, 2)), marshal.dumps((0, 1, 2, 3))],
)  # fmt: skip
def test_sound_files_with_something_else_in_them_are_passed_over(
    folder: Path, calls: Calls, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = laid_open(yaml.load_yaml(TREE)[0])
    calls.forget()
    monkeypatch.setattr(cache, "read", lambda *_: data)
    tree, _ = yaml_of(TREE)
    assert laid_open(tree) == expected
    assert calls.yaml == [TREE.name]


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[: len(whole) // 2], lambda whole: os.urandom(len(whole)), lambda _: b""]
)
def test_a_damaged_cache_costs_time_alone(
    make_project: MakeProject, run_cli: RunCli, folder: Path, calls: Calls, damage: Callable[[bytes], bytes]
) -> None:
    root = make_project()
    before = run_cli("-C", root, "tex", "-v", "full", "-o", "a")
    made = (root / "a" / "cv-full.tex").read_bytes()
    for file in folder.glob("*/*"):
        file.write_bytes(damage(file.read_bytes()))
    calls.forget()
    after = run_cli("-C", root, "tex", "-v", "full", "-o", "a")
    assert (after.code, after.err) == (before.code, before.err)
    assert (root / "a" / "cv-full.tex").read_bytes() == made
    assert calls.bibtex


def test_what_is_no_loaded_value_is_refused() -> None:
    for value in (1.5, {1, 2}, [1], Scalar("a", TREE.span_of_line(0)), object()):
        with pytest.raises(TypeError):
            as_plain(value, [WORKS])
    assert from_plain(as_plain({"a": (1, None)}, []), []) == {"a": (1, None)}


def test_all_folders_of_cases_are_read() -> None:
    assert {path.name for path in CASES.iterdir()} == {"diagnostics", "lint", "commands", "build", "tex"}
