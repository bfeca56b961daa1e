"""What is kept between calls: it is given back whole or not at all, and belongs to the user alone."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cvbuild import cache

DATA = b"worked out before" * 100


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache"
    monkeypatch.setenv("CVBUILD_CACHE", str(place))
    return place


def only_file(folder: Path) -> Path:
    (found,) = (path for path in folder.rglob("*") if path.is_file())
    return found


def test_what_is_written_is_read_again(folder: Path) -> None:
    assert cache.read("things", "a") is None
    cache.write("things", "a", DATA)
    assert cache.read("things", "a") == DATA
    assert cache.read("things", "b") is None
    assert cache.read("others", "a") is None


def test_what_is_written_again_takes_the_place_of_the_old(folder: Path) -> None:
    cache.write("things", "a", DATA)
    cache.write("things", "a", b"")
    assert cache.read("things", "a") == b""
    only_file(folder)


def test_nobody_else_may_read_or_write_it(folder: Path) -> None:
    cache.write("things", "a", DATA)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "things")}
    assert modes == {0o700}
    assert stat.S_IMODE(only_file(folder).stat().st_mode) == 0o600


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[:20],
        lambda whole: whole[:-1],
        lambda whole: whole + b"x",
        lambda whole: os.urandom(len(whole)),
        lambda whole: bytes(len(whole)),
        lambda whole: _flipped(whole, 3),
        lambda whole: _flipped(whole, 20),
        lambda whole: _flipped(whole, 60),
        lambda whole: _flipped(whole, len(whole) - 1),
    ],
)
def test_what_is_damaged_counts_as_nothing(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    cache.write("things", "a", DATA)
    file = only_file(folder)
    file.write_bytes(damage(file.read_bytes()))
    assert cache.read("things", "a") is None
    cache.write("things", "a", DATA)
    assert cache.read("things", "a") == DATA


def test_a_file_is_not_read_under_another_key(folder: Path) -> None:
    cache.write("things", "a", DATA)
    first = only_file(folder)
    cache.write("things", "b", b"other")
    (second,) = (path for path in folder.rglob("*") if path.is_file() and path != first)
    second.write_bytes(first.read_bytes())
    assert cache.read("things", "b") is None


def test_another_version_reads_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write("things", "a", DATA)
    monkeypatch.setattr(cache, "__version__", "99.0")
    assert cache.read("things", "a") is None


def test_another_python_reads_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write("things", "a", DATA)
    monkeypatch.setattr("sys.version", "4.0")
    assert cache.read("things", "a") is None


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o722])
def test_a_folder_that_others_may_write_to_is_not_used(folder: Path, mode: int) -> None:
    cache.write("things", "a", DATA)
    folder.chmod(mode)
    assert (cache.read("things", "a") is None) == bool(mode & 0o022)
    file = only_file(folder)
    file.unlink()
    cache.write("things", "a", DATA)
    assert file.exists() == (not mode & 0o022)


def test_a_file_that_others_may_write_to_is_not_read(folder: Path) -> None:
    cache.write("things", "a", DATA)
    only_file(folder).chmod(0o602)
    assert cache.read("things", "a") is None


def test_what_belongs_to_somebody_else_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write("things", "a", DATA)
    mine = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: mine + 1)
    assert cache.read("things", "a") is None
    cache.write("things", "b", DATA)
    only_file(folder)


def test_none_is_begun_in_the_home_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Theirs:
        st_uid = os.geteuid() + 1000

    real = Path.stat
    monkeypatch.setenv("CVBUILD_CACHE", str(tmp_path / "a" / "b"))
    monkeypatch.setattr(Path, "stat", lambda path, **_: Theirs() if path == tmp_path else real(path))
    cache.write("things", "a", DATA)
    assert not (tmp_path / "a").exists()


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    cache.write("things", "a", DATA)
    file = only_file(folder)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert cache.read("things", "a") is None


@pytest.mark.parametrize("name", ["things", None])
def test_a_file_or_a_pipe_in_the_place_of_a_folder_is_no_error(folder: Path, name: str | None) -> None:
    if name:
        folder.mkdir()
    (folder / name if name else folder).write_text("a file")
    cache.write("things", "a", DATA)
    assert cache.read("things", "a") is None


def test_a_pipe_in_the_place_of_a_file_is_no_error(folder: Path) -> None:
    cache.write("things", "a", DATA)
    file = only_file(folder)
    file.unlink()
    os.mkfifo(file, 0o600)
    assert cache.read("things", "a") is None


def test_a_full_disk_is_no_error_and_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write("things", "a", DATA)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        cache.write("things", "b", DATA)
    only_file(folder)
    assert cache.read("things", "a") == DATA


def test_a_folder_without_permission_is_no_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)
    cache.write("things", "a", DATA)
    assert cache.read("things", "a") is None
    assert not folder.exists()


def test_a_folder_that_cannot_be_named_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVBUILD_CACHE", "/proc/none/" + "x" * 5000)
    cache.write("things", "a", DATA)
    assert cache.read("things", "a") is None


def test_what_was_not_used_for_longest_makes_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 3 * len(DATA) + 500)
    for at, key in enumerate("abc"):
        cache.write("things", key, DATA)
        newest = max(folder.rglob("*"), key=lambda path: (path.is_file(), path.stat().st_mtime_ns))
        os.utime(newest, (at * 1000, at * 1000))
    assert cache.read("things", "a") == DATA  # now the last one that was used
    cache.write("others", "d", DATA)
    assert [key for key in "abc" if cache.read("things", key)] == ["a", "c"]
    assert cache.read("others", "d") == DATA


def test_what_is_too_large_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LARGEST", 10)
    cache.write("things", "a", b"x" * 11)
    assert cache.read("things", "a") is None


def test_what_a_killed_call_left_is_cleared_away(folder: Path) -> None:
    cache.write("things", "a", DATA)
    old, new = (folder / "things" / f"{name}.new" for name in ("old", "now"))
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.write("things", "b", DATA)
    assert not old.exists()
    assert new.exists()


def test_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CVBUILD_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.cache_folder() == tmp_path / ".cache" / "cvbuild"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.cache_folder() == tmp_path / "xdg" / "cvbuild"
    monkeypatch.setenv("CVBUILD_CACHE", "~/mine")
    assert cache.cache_folder() == tmp_path / "mine"
    monkeypatch.setenv("CVBUILD_CACHE", "")
    assert cache.cache_folder() is None
    cache.write("things", "a", DATA)
    assert cache.read("things", "a") is None
    assert list(tmp_path.iterdir()) == []
