r"""The preamble as a format: TeX's memory after it was read, kept and loaded instead of it.

Half of a run of pdflatex is its preamble. What stands before the line `\csname endofdump\endcsname`
of a document is dumped once (web2c manual, "Initial and virgin TeX"); the line is that of the package
mylatexformat, and no command. A format is found by all that it was made of, lies in the
user's own cache, and is loaded only where all of it is as it was. XeTeX and LuaTeX cannot
dump the fonts that they have loaded, and have none.
"""

from __future__ import annotations

import json
import zlib
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvbuild import cache
from cvbuild.record import MutableRecord, Record, field, replace
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.texlive import OPTIONS, TexLiveEngine
from cvbuild.uptodate import State, is_as_before, state_of

if TYPE_CHECKING:
    from cvbuild.typeset.making import Making

KIND = "formats"
MARK = "\n\\csname endofdump\\endcsname\n"

LARGEST = 64 << 20
"""Bytes of a format that is kept; the classic theme's has 20 MB."""

# Where programs lie and where files go for a while says nothing of what TeX reads.
_OF_NO_MATTER = frozenset("PATH TMPDIR TEMP TMP SOURCE_DATE_EPOCH HTTP_PROXY HTTPS_PROXY NO_PROXY".split())

# xcolor ends with this command (xcolor.sty), which leaves something on the page that no format
# keeps. It is done again, so that the PDF's bytes are those without a format.
_LEFT_OVER = r"\ifdefined\color\color{black}\fi"


class Formats(MutableRecord):
    """The formats that the documents of a project may load, and those being made beside its runs.

    `folder` is where they lie, `own_epoch` the document's date where the project has a
    preamble of its own, which may have read the clock; `is_trusted` says whether the
    project may say of a preamble that it goes with no format.
    """

    folder: Path | None
    own_epoch: int | None = None
    is_trusted: bool = True
    making: list[Making] = field(default_factory=list)

    @property
    def is_there_any(self) -> bool:
        """Whether there is a format, of whatever preamble."""
        return self.folder is not None and self.folder.is_dir() and any(self.folder.glob("*.fmt"))

    def __enter__(self) -> None:
        """What is done with the documents comes first; those being made are waited for at its end."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and not issubclass(kind, Exception):
            self.making.clear()  # asked to stop: their engines end with the process
        while self.making:
            self.making.pop().wait()


class Format(Record):
    """A format to be loaded; `log` is what TeX has to say of the preamble, `reads` what it read for it."""

    path: Path
    log: str = ""
    reads: State = field(default_factory=list)

    def loaded_by(self, chosen: ChosenEngine) -> ChosenEngine:
        """The engine that loads it."""
        assert isinstance(chosen.engine, TexLiveEngine)
        return replace(chosen, engine=replace(chosen.engine, format=self.path))


class Wanted(Record):
    """What a format is made of, and the key under which it is kept.

    The first document with a preamble does not wait for a format to be made, which costs as
    much as a run and may never be used; the second one `is_due`.
    """

    preamble: str
    key: str
    is_due: bool


class Lookup(Record):
    """What was found: a format, or why there is none; `wanted` is one worth making."""

    format: Format | None
    reason: str
    wanted: Wanted | None = None


def look_up(formats: Formats | None, document: str, chosen: ChosenEngine) -> Lookup:
    """The format for a document's preamble."""
    engine = chosen.engine
    if formats is None or not isinstance(engine, TexLiveEngine) or engine.is_unicode:
        return Lookup(None, f"not used: {engine.name} has none")
    if formats.folder is None:
        return Lookup(None, "not used: there is no cache folder that is yours alone")
    preamble, mark, _ = document.partition(MARK)
    if not mark or r"\begin{document}" in preamble:
        return Lookup(None, r"not used: no line `\csname endofdump\endcsname` ends the preamble")
    key = _key(preamble, chosen, formats.own_epoch)
    record = _record(key)
    if record is None:
        return Lookup(None, "not used: this preamble is new", Wanted(preamble, key, is_due=False))
    wanted = Wanted(preamble, key, is_due=True)
    if "seen" in record:
        return Lookup(None, "there was none", wanted)
    if not is_as_before(record.get("reads")):
        return Lookup(None, "the one there was made of other files of TeX's", wanted)
    if refused := record.get("refused"):
        return Lookup(None, f"not used: {refused}")
    path = _path(formats.folder, key)
    identity = _identity(path)
    if identity is None or identity != record.get("identity"):
        if _checksum(path) != record.get("checksum"):
            return Lookup(None, "the one there was damaged", wanted)
        _remember(wanted, {**record, "identity": identity})
    return Lookup(Format(path, str(record.get("log", "")), [tuple(item) for item in record["reads"]]), "used")


def without_preamble(document: str) -> str:
    """The document for an engine that has its preamble already; all else stays on its line."""
    preamble, mark, rest = document.partition(MARK)
    return "%\n" * preamble.count("\n") + _LEFT_OVER + mark + rest


def as_read_by(chosen: ChosenEngine, document: str) -> str:
    """A document as the engine is to read it: without its preamble where that is loaded."""
    is_loaded = isinstance(chosen.engine, TexLiveEngine) and chosen.engine.format is not None
    return without_preamble(document) if is_loaded else document


def beginning(document: str) -> str:
    """The preamble of a document with the line that ends it; nothing where there is none."""
    preamble, mark, _ = document.partition(MARK)
    return preamble + mark if mark and r"\begin{document}" not in preamble else ""


def note(wanted: Wanted) -> None:
    """Remember that a document had the preamble."""
    _remember(wanted, {"seen": True})


def keep(formats: Formats, wanted: Wanted, made: Format) -> None:
    """Put a format in its place. Raises OSError where that fails."""
    assert formats.folder is not None
    checksum = _checksum(made.path)
    if checksum is not None:
        path = _path(formats.folder, wanted.key)
        cache.move_in(made.path, path)
        known = {"checksum": checksum, "identity": _identity(path), "log": made.log, "reads": made.reads}
        _remember(wanted, known)


def refuse(wanted: Wanted, reason: str, reads: State) -> None:
    """Remember that a preamble goes with no format, as long as TeX's files stay as they are."""
    _remember(wanted, {"refused": reason, "reads": reads})


def _remember(wanted: Wanted, record: dict[str, Any]) -> None:
    cache.write(KIND, wanted.key, json.dumps(record).encode())


def _record(key: str) -> dict[str, Any] | None:
    content = cache.read(KIND, key)
    try:
        record = json.loads(content) if content is not None else None
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _key(preamble: str, chosen: ChosenEngine, epoch: int | None) -> str:
    """All that a format depends on, but for the files that TeX reads."""
    program = chosen.installation.executable
    known = {name: value for name, value in tex_environment().items() if name not in _OF_NO_MATTER}
    engine = [str(program), chosen.installation.version, *state_of([str(program.resolve())])]
    return json.dumps([preamble, engine, OPTIONS, sorted(known.items()), epoch])


def _path(folder: Path, key: str) -> Path:
    return folder / f"{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}.fmt"


def _identity(path: Path) -> list[int] | None:
    """What changes whenever a file is written to or replaced: reading all of it takes ten times as long.

    The time of its last change among them, which cannot be set. None where there is no file.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_ino, status.st_ctime_ns, status.st_size]


def _checksum(path: Path) -> list[int] | None:
    """Bytes and CRC-32 of a file; None where none is to be read. It is against damage alone."""
    size = checksum = 0
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                size += len(piece)
                checksum = zlib.crc32(piece, checksum)
                if size > LARGEST:
                    return None
    except OSError:
        return None
    return [size, checksum] if size else None
