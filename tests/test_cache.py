"""What is kept between calls: it is given back whole or not at all, and belongs to the user alone."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from cvbuild import cache
from tests.conftest import write_files

DATA = b"worked out before" * 100


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache"
    monkeypatch.setenv("CVBUILD_CACHE", str(place))
    return place


def only_file(folder: Path) -> Path:
    (found,) = (path for path in folder.glob("*/*") if path.is_file())
    return found


def let_an_hour_go_by(folder: Path) -> None:
    """Since room was made last."""
    os.utime(folder / "looked-after", (time.time() - 4000,) * 2)


def test_what_is_written_is_read_again_until_it_is_written_anew(folder: Path) -> None:
    assert cache.read("things", "a") is None
    cache.write("things", "a", DATA)
    assert cache.read("things", "a") == DATA
    assert cache.read("things", "b") is None
    assert cache.read("others", "a") is None
    cache.write("things", "a", b"")
    assert cache.read("things", "a") == b""
    # Nobody else may read or write it.
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "things", only_file(folder))]
    assert modes == [0o700, 0o700, 0o600]


def flipped(at: int, data: bytes) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    lambda whole: b"",
    lambda whole: whole[:20],
    lambda whole: whole[:-1],
    lambda whole: whole + b"x",
    lambda whole: os.urandom(len(whole)),
    lambda whole: bytes(len(whole)),
    *(partial(flipped, at) for at in (3, 20, 60, 500)),
)


def test_what_is_damaged_counts_as_nothing(folder: Path) -> None:
    for damage in DAMAGES:
        cache.write("things", "a", DATA)
        assert cache.read("things", "a") == DATA
        file = only_file(folder)
        file.write_bytes(damage(file.read_bytes()))
        assert cache.read("things", "a") is None


@pytest.mark.parametrize(
    "change", ["chmod 602", "mv {0} ../other; ln -s ../../other", "rm {0}; mkfifo -m 600"]
)
def test_a_file_that_may_be_another_ones_is_not_read(folder: Path, change: str) -> None:
    cache.write("things", "a", DATA)
    name = only_file(folder).name
    subprocess.run(["sh", "-ec", f"{change} {{0}}".format(name)], cwd=folder / "things", check=True)
    assert cache.read("things", "a") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cvbuild.cache.__version__", "99.0"),
        ("sys.version", "4.0"),
        ("os.geteuid", lambda: Path.home().stat().st_uid + 1),
    ],
)
def test_another_version_python_or_user_reads_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    cache.write("things", "a", DATA)
    monkeypatch.setattr(name, value)
    assert cache.read("things", "a") is None
    if name == "os.geteuid":
        cache.write("things", "b", DATA)
        only_file(folder)


def test_a_file_is_not_read_under_another_key(folder: Path) -> None:
    cache.write("things", "a", DATA)
    of_a = only_file(folder).read_bytes()
    cache.write("things", "b", b"other")
    for path in folder.glob("things/*"):
        path.write_bytes(of_a)
    assert (cache.read("things", "a"), cache.read("things", "b")) == (DATA, None)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o722])
def test_a_folder_that_others_may_write_to_is_not_used(folder: Path, mode: int) -> None:
    cache.write("things", "a", DATA)
    folder.chmod(mode)
    assert (cache.read("things", "a") is None) == bool(mode & 0o022)
    file = only_file(folder)
    file.unlink()
    cache.write("things", "a", DATA)
    assert file.exists() == (not mode & 0o022)


def test_none_is_begun_in_the_home_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, theirs = Path.stat, SimpleNamespace(st_uid=os.geteuid() + 1000)
    monkeypatch.setenv("CVBUILD_CACHE", str(tmp_path / "a" / "b"))
    monkeypatch.setattr(Path, "stat", lambda path, **_: theirs if path == tmp_path else real(path))
    cache.write("things", "a", DATA)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("name", ["things", "."])
def test_a_file_in_the_place_of_a_folder_is_no_error(folder: Path, name: str) -> None:
    write_files(folder.parent, {f"cache/{name}".removesuffix("/."): "a file"})
    cache.write("things", "a", DATA)
    assert cache.read("things", "a") is None


@pytest.mark.parametrize(
    ("step", "problem"), [("replace", OSError(28, "full")), ("mkdir", PermissionError(13, "denied"))]
)
def test_a_disk_that_takes_nothing_is_no_error_and_what_is_there_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, problem: OSError
) -> None:
    cache.write("things", "a", DATA)

    def refused(*_: object, **__: object) -> None:
        raise problem

    with monkeypatch.context() as patched:
        patched.setattr(Path, step, refused)
        cache.write("things" if step == "replace" else "others", "b", DATA)
    only_file(folder)
    assert cache.read("things", "a") == DATA


def test_what_was_not_used_for_longest_makes_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 3 * len(DATA) + 500)
    for at, key in enumerate("abc"):
        cache.write("things", key, DATA)
        newest = max(folder.glob("*/*"), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (at * 1000, at * 1000))
    assert cache.read("things", "a") == DATA  # now the last one that was used
    cache.write("others", "d", DATA)
    assert len(list(folder.glob("things/*"))) == 3, "an hour goes by first"
    let_an_hour_go_by(folder)
    cache.write("others", "d", DATA)
    assert [key for key in "abc" if cache.read("things", key)] == ["a", "c"]
    assert cache.read("others", "d") == DATA


def test_files_and_their_number_have_limits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_FILES", 5)
    monkeypatch.setattr(cache, "_SMALL", 0)
    for at in range(9):
        cache.write("things", str(at), DATA)
    assert len(list(folder.glob("*/*"))) == 5
    assert cache.read("things", "8") == DATA
    monkeypatch.setattr(cache, "LARGEST", 10)
    cache.write("things", "a", b"x" * 11)
    assert cache.read("things", "a") is None


def test_what_a_killed_call_left_is_cleared_away(folder: Path) -> None:
    cache.write("things", "a", DATA)
    old, new = (folder / "things" / f"{name}.new" for name in ("old", "now"))
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    let_an_hour_go_by(folder)
    cache.write("things", "b", DATA)
    assert not old.exists()
    assert new.exists()


def test_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CVBUILD_CACHE", raising=False)
    for name, value, expected in (
        ("XDG_CACHE_HOME", "relative", tmp_path / ".cache" / "cvbuild"),
        ("XDG_CACHE_HOME", f"{tmp_path}/xdg", tmp_path / "xdg" / "cvbuild"),
        ("CVBUILD_CACHE", "~/mine", tmp_path / "mine"),
        ("CVBUILD_CACHE", "", None),
    ):
        monkeypatch.setenv(name, value)
        assert cache.cache_folder() == expected
    for place in ("", "/proc/none/" + "x" * 5000):  # none, and one that cannot be named
        monkeypatch.setenv("CVBUILD_CACHE", place)
        cache.write("things", "a", DATA)
        assert cache.read("things", "a") is None
    assert list(tmp_path.iterdir()) == []
