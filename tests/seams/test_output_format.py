"""The steps of "Add an output format" in CONTRIBUTING.md, with a made-up format."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest

from cvbuild.render.plaintext import WRITERS, plain_text
from cvbuild.render.sourcemap import RenderedTex
from tests.conftest import RunCli
from tests.projects import write_project


def html(rendered: RenderedTex, *, with_addresses: bool) -> str:
    """Return each line as a paragraph."""
    lines = plain_text(rendered, with_addresses=with_addresses).splitlines()
    return "".join(f"<p>{escape(line)}</p>\n" for line in lines if line)


def test_a_writer_is_found_by_the_ending_of_the_file(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path, {"content/bio.yaml": "kind: text\ntitle: Bio\ntext: R&D and *more*.\n"})
    monkeypatch.setitem(WRITERS, ".html", html)
    for name in ("cv.html", "cv.txt", "cv"):
        assert run_cli("-C", tmp_path, "text", "-s", "bio", "-o", name).code == 0
    assert (tmp_path / "cv.html").read_text() == "<p>Bio</p>\n<p>R&amp;D and more.</p>\n"
    assert (tmp_path / "cv.txt").read_text() == "Bio\n\nR&D and more.\n"
    assert (tmp_path / "cv").read_text() == (tmp_path / "cv.txt").read_text()
