r"""Formats: TeX's memory after a preamble, dumped once, and loaded instead of running the preamble.

The preamble takes half of a pdflatex run. TeX dumps everything before the line
`\csname endofdump\endcsname` (web2c manual, "Initial and virgin TeX"). The package mylatexformat uses
the same line; it does nothing when typeset. The user's cache holds a format under the hash of its
inputs. A format is loaded only while the files that TeX read for it are unchanged.

A dump lacks some effects of a preamble, such as material on the page and open files. So a format is
kept only if a run with it gave the same PDF, .aux and messages as a run without it. XeTeX and LuaTeX
cannot dump fonts that they have loaded, so they get no formats.
"""

from __future__ import annotations

import gzip
import json
import shutil
import zlib
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from cvbuild import cache
from cvbuild.record import MutableRecord, Record, field
from cvbuild.typeset.engine import JOB_NAME, NOT_READ
from cvbuild.typeset.engines import ChosenEngine
from cvbuild.typeset.log import messages
from cvbuild.typeset.process import Limits, run_process
from cvbuild.typeset.texlive import OPTIONS, TexLiveEngine, auxiliary, inputs, searched, tex_environment
from cvbuild.uptodate import State, is_as_before, state_of

KIND = "formats"
"""The name of the cache's folder for formats and their records."""
MARK = "\n\\csname endofdump\\endcsname\n"
"""The line that ends the preamble of a document, between newlines."""
LARGEST = 64 << 20
"""Maximum size of a format, in bytes; the classic theme's has 20 MB."""

# Environment variables that do not affect TeX's input, so they are no part of a format's key.
_IRRELEVANT = frozenset("PATH TMPDIR TEMP TMP SOURCE_DATE_EPOCH HTTP_PROXY HTTPS_PROXY NO_PROXY".split())

# xcolor.sty ends with this command, which puts a colour command on the page. A format loses it, so
# repeat it to get the same PDF as without a format.
_XCOLOR_COMMAND = r"\ifdefined\color\color{black}\fi"


class Formats(MutableRecord):
    """The formats that the documents of a project may load.

    `own_epoch` is the document's date (seconds since 1970) if the project has its own preamble, which may
    read the clock. If a format fails in an untrusted project, other projects may still use it.
    """

    folder: Path | None
    own_epoch: int | None = None
    is_trusted: bool = True
    records: list[Callable[[], None]] = field(default_factory=list)
    """Functions that write records, to call when the documents are delivered."""
    due: list[Callable[[], None]] = field(default_factory=list)
    """Functions that make formats, to call after the records are written."""

    def make(self) -> None:
        """Write the records, then make the formats that are due."""
        for make in (*self.records, *self.due):
            make()


class Format(Record):
    """A format to load; `log` has TeX's messages about the preamble, `reads` the state of its input files."""

    path: Path
    log: str = ""
    reads: State = field(default_factory=list)


class Lookup(Record):
    """The result of looking up a format: the format or None, the reason, and the cache key.

    Making a format costs as much as a run. The first document with a preamble gets none, as the preamble
    may never recur. For the second document `is_due` is true, and a format is made.
    """

    format: Format | None
    reason: str
    key: str = ""
    is_due: bool = False


class Sample(Record):
    """A document and its work folder after the last pass, to compare with a run that loads a format."""

    chosen: ChosenEngine
    epoch: int
    document: str
    folder: Path


def look_up(formats: Formats | None, document: str, chosen: ChosenEngine) -> Lookup:
    """Look up the format for a document's preamble."""
    engine = chosen.engine
    if formats is None or not isinstance(engine, TexLiveEngine) or engine.is_unicode:
        return Lookup(None, f"not used: {engine.name} has none")
    if formats.folder is None:
        return Lookup(None, "not used: there is no cache folder that is yours alone")
    if not beginning(document):
        return Lookup(None, r"not used: no line `\csname endofdump\endcsname` ends the preamble")
    key = _key(document.partition(MARK)[0], chosen, formats.own_epoch)
    try:
        record = json.loads(cache.read(KIND, key) or b"null")
    except ValueError:
        record = None
    if not isinstance(record, dict):
        return Lookup(None, "not used: this preamble is new", key)
    if "seen" in record:
        return Lookup(None, "there was none", key, is_due=True)
    if not is_as_before(record.get("reads")):
        return Lookup(None, "the one there was made of other files of TeX's", key, is_due=True)
    if refused := record.get("refused"):
        return Lookup(None, f"not used: {refused}")
    path = _path(formats.folder, key)
    identity = _identity(path)
    if identity is None or identity != record.get("identity"):
        if _checksum(path) != record.get("checksum"):
            return Lookup(None, "the one there was damaged", key, is_due=True)
        remember(key, {**record, "identity": identity})
    return Lookup(Format(path, str(record.get("log", "")), [tuple(item) for item in record["reads"]]), "used")


def as_read_by(chosen: ChosenEngine, document: str) -> str:
    """Return a document as the engine reads it: a format replaces the preamble by empty comments."""
    if not isinstance(chosen.engine, TexLiveEngine) or chosen.engine.format is None:
        return document
    preamble, mark, rest = document.partition(MARK)
    return "%\n" * preamble.count("\n") + _XCOLOR_COMMAND + mark + rest


def beginning(document: str) -> str:
    """Return a document's preamble with the line that ends it; "" if the document lacks that line."""
    preamble, mark, _ = document.partition(MARK)
    return preamble + mark if mark and r"\begin{document}" not in preamble else ""


def make_later(formats: Formats, key: str, sample: Sample) -> None:
    """Schedule making a format for after delivery, while this process still holds the work folder."""
    folder = sample.folder
    scratch = folder.with_name(f"{folder.name}-format")

    def make() -> None:
        try:
            with suppress(OSError, EOFError):  # a full disk or a deleted folder: the next build tries again
                if scratch.is_symlink() or scratch.is_file():
                    scratch.unlink()
                shutil.rmtree(scratch, ignore_errors=True)
                scratch.mkdir(parents=True)
                # Fitting may have typeset another document in the folder since, with fewer entries.
                if (folder / f"{JOB_NAME}.tex").read_text(encoding="utf-8") == sample.document:
                    made = _dump(formats.own_epoch or 0, sample, scratch)
                    if made is not None:
                        _keep_if_same(formats, key, made, sample, scratch / "trial")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    formats.due.append(make)


def _dump(epoch: int, sample: Sample, folder: Path) -> Format | None:
    """Dump a preamble in a folder; None if TeX fails, or if its input files are unknown."""
    engine, preamble = sample.chosen.engine, sample.document.partition(MARK)[0]
    assert isinstance(engine, TexLiveEngine)
    name = f"{JOB_NAME}.tex"
    (folder / name).write_text(f"{preamble}\n\\dump\n", encoding="utf-8")
    program = sample.chosen.installation.executable
    command: list[str | Path] = [program, "-ini", *OPTIONS, f"&{engine.name}", name]
    limits = Limits(engine.time_limit, engine.memory_limit)
    finished = run_process(command, folder, tex_environment(epoch), limits)
    read, places = inputs(folder), searched()
    dumped, path = folder / f"{JOB_NAME}.fmt", folder / "unpacked.fmt"
    if finished.code != 0 or read is None or places is None or not dumped.is_file():
        return None
    # TeX Live compresses formats, and loads both kinds. Keep them uncompressed, as that loads faster.
    with dumped.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"  # RFC 1952, 2.3.1
    with gzip.open(dumped) if is_packed else dumped.open("rb") as whole, path.open("wb") as file:
        shutil.copyfileobj(whole, file, 1 << 20)
    if path.stat().st_size > LARGEST:
        return None
    log = (folder / f"{JOB_NAME}.log").read_text(encoding="utf-8", errors="replace")
    return Format(path, log if any(messages(log)) else "", state_of([*read[0], *places]))


def _keep_if_same(formats: Formats, key: str, made: Format, sample: Sample, folder: Path) -> None:
    """Keep a format if a run with it, in a new folder, gives the sample's files. Raises OSError."""
    shutil.copytree(sample.folder, folder, ignore=shutil.ignore_patterns(*NOT_READ))
    loading = sample.chosen.adapted(format=made.path)
    (folder / f"{JOB_NAME}.tex").write_text(as_read_by(loading, sample.document), encoding="utf-8")
    run = loading.engine.run(loading.installation, folder, sample.epoch)
    left = (sample.folder / f"{JOB_NAME}.log").read_text(encoding="utf-8", errors="replace")
    is_same = (
        run.succeeded
        and (folder / f"{JOB_NAME}.pdf").read_bytes() == (sample.folder / f"{JOB_NAME}.pdf").read_bytes()
        and auxiliary(folder) == auxiliary(sample.folder)
        and list(messages(f"{made.log}\n{run.log}")) == list(messages(left))
    )
    checksum = _checksum(made.path)
    if is_same and checksum is not None and formats.folder is not None:
        path = _path(formats.folder, key)
        cache.move_in(made.path, path)
        known = {"checksum": checksum, "identity": _identity(path), "log": made.log, "reads": made.reads}
        remember(key, known)
    elif not is_same and formats.is_trusted and run.stopped is None:
        remember(key, {"refused": "this preamble gives another PDF with one", "reads": made.reads})


def _key(preamble: str, chosen: ChosenEngine, epoch: int | None) -> str:
    """Return a key of everything that a format depends on, except for the files that TeX reads."""
    program = chosen.installation.executable
    known = {name: value for name, value in tex_environment().items() if name not in _IRRELEVANT}
    engine = [str(program), chosen.installation.version, *state_of([str(program.resolve())])]
    return json.dumps([preamble, engine, OPTIONS, sorted(known.items()), epoch])


def remember(key: str, record: dict[str, Any]) -> None:
    """Write the record of a preamble's format; `{"seen": True}` means that there is no format yet."""
    cache.write(KIND, key, json.dumps(record).encode())


def _path(folder: Path, key: str) -> Path:
    return folder / f"{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}.fmt"


def _identity(path: Path) -> list[int] | None:
    """Return a value that changes when a file is written to or replaced; None for a missing file.

    It is ten times faster than a checksum. It includes the ctime, which programs cannot set.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_ino, status.st_ctime_ns, status.st_size]


def _checksum(path: Path) -> list[int] | None:
    """Return a file's size and CRC-32, to detect damage; None for an empty, too large or missing file."""
    try:
        content = path.read_bytes() if 0 < path.stat().st_size <= LARGEST else b""
    except OSError:
        return None
    return [len(content), zlib.crc32(content)] if content else None
