"""An import is a function and one line in a table: the steps of CONTRIBUTING.md, with a made-up import."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cvbuild.diagnostics import UsageProblem
from cvbuild.scaffold import IMPORTS, WORKFLOW, create_project
from tests.conftest import RunCli

ADDRESS_BOOK = (
    b'{"me": "Ada Example", "work": [{"at": "University of Examples", "as": "Fellow", "from": 2020}]}'
)


def content_files(source: bytes) -> dict[str, str]:
    """The content files of a project for somebody's address book."""
    try:
        book = json.loads(source)
    except ValueError as problem:
        raise UsageProblem(f"this is no address book: {problem}") from None
    jobs = [
        {"organisation": job["at"], "roles": [{"title": job["as"], "period": f"{job['from']} – present"}]}
        for job in book["work"]
    ]
    return {
        "content/cv.yaml": json.dumps({"owner": {"name": book["me"]}}),
        "content/work.yaml": json.dumps({"kind": "positions", "title": "Work", "items": jobs}),
    }


def test_an_import_starts_a_project_that_check_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli
) -> None:
    monkeypatch.setitem(IMPORTS, "addresses", content_files)
    create_project(tmp_path / "cv", "addresses", ADDRESS_BOOK)
    checked = run_cli("-C", tmp_path / "cv", "check")
    assert (checked.code, checked.out) == (0, "no problems found\n")
    assert "Fellow" in run_cli("-C", tmp_path / "cv", "text").out
    content = {path.name for path in (tmp_path / "cv/content").iterdir()}
    assert content == {"cv.yaml", "work.yaml", "schema"}, "nothing of the starter's content"
    assert all((tmp_path / "cv" / name).is_file() for name in (WORKFLOW, "README.md", ".gitignore"))


def test_a_file_that_cannot_be_imported_leaves_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(IMPORTS, "addresses", content_files)
    with pytest.raises(UsageProblem, match="no address book"):
        create_project(tmp_path / "cv", "addresses", b"BEGIN:VCARD")
    assert not (tmp_path / "cv").exists()
