"""What was made of shipped files lies beside the modules' code, or in the user's cache."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from cvbuild import cache, shippedcache


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the code of modules goes."""
    monkeypatch.setenv("CVBUILD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "pycache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "pycache"


def kept(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.word")]


def test_it_lies_beside_the_code_and_is_there_for_every_cache(beside: Path) -> None:
    shippedcache.write("word", "key", "a name", b"kept")
    assert len(kept(beside)) == 1
    assert cache.read("word", "key") is None
    assert shippedcache.read("word", "key", "a name") == b"kept"
    assert shippedcache.read("word", "another key", "a name") is None
    assert shippedcache.read("word", "key", "another name") is None


def test_a_newer_one_takes_its_place(beside: Path) -> None:
    for key in ("old", "new"):
        shippedcache.write("word", key, "a name", key.encode())
    assert len(kept(beside)) == 1
    assert shippedcache.read("word", "old", "a name") is None
    assert shippedcache.read("word", "new", "a name") == b"new"


def test_what_does_not_ship_is_the_users(beside: Path) -> None:
    shippedcache.write("word", "key", "", b"kept")
    assert kept(beside) == []
    assert shippedcache.read("word", "key", "") == cache.read("word", "key") == b"kept"


@pytest.mark.parametrize("why", ["told not to", "no names", "no folder"])
def test_where_nothing_may_be_written_it_is_the_users(
    beside: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "told not to":
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
    elif why == "no names":
        monkeypatch.setattr(sys.implementation, "cache_tag", None)
    else:
        beside.touch()
    shippedcache.write("word", "key", "a name", b"kept")
    assert kept(beside.parent / "pycache") == []
    assert shippedcache.read("word", "key", "a name") == cache.read("word", "key") == b"kept"


def test_a_damaged_one_is_none(beside: Path) -> None:
    shippedcache.write("word", "key", "a name", b"kept")
    path = next(beside.rglob("*.word"))
    path.write_bytes(path.read_bytes()[:-1])
    assert shippedcache.read("word", "key", "a name") is None
    path.unlink()
    path.mkdir()
    shippedcache.write("word", "key", "a name", b"kept")
    assert shippedcache.read("word", "key", "a name") == b"kept"
    shutil.rmtree(beside)
    assert cache.read("word", "key") == b"kept"
