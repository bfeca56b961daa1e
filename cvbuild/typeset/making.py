"""Making a format beside a run that does without one, and trying it before it is kept.

Not everything that a preamble does is in TeX's memory (what lies on the page already, files
that are open), so that a format might change the document. None is loaded that has not
once given the same PDF, .aux and messages as the run without it.
"""

from __future__ import annotations

import gzip
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path

from cvbuild.record import Record
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME
from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.formats import LARGEST, Format, Formats, Wanted, keep, refuse, without_preamble
from cvbuild.typeset.messages import messages
from cvbuild.typeset.process import Limits, run_process
from cvbuild.typeset.texinputs import inputs, searched
from cvbuild.typeset.texlive import OPTIONS, TexLiveEngine
from cvbuild.uptodate import state_of


class Sample(Record):
    """A run without the format: its document, the files that lay there before, and what came of it."""

    document: str
    before: Mapping[str, bytes]
    pdf: bytes
    aux: bytes
    log: str


class Making:
    """A format on its way: dumped at once, tried when there is a sample, and then kept."""

    def __init__(
        self, formats: Formats, wanted: Wanted, chosen: ChosenEngine, scratch: Path, epoch: int
    ) -> None:
        """Begin; `scratch` is a folder that nobody else uses until the end."""
        self._formats, self._wanted, self._chosen = formats, wanted, chosen
        self._scratch, self._epoch = scratch, epoch
        self._sample: Sample | None = None
        self._is_decided = threading.Event()
        # A call that is broken off does not wait for it: its engine ends with the process.
        self._thread = threading.Thread(target=self._make, daemon=True)
        self._thread.start()
        formats.making.append(self)

    def compare(self, sample: Sample | None) -> None:
        """Try it on a sample; without one it is given up."""
        self._sample = sample
        self._is_decided.set()

    def wait(self) -> None:
        """Until it is kept or given up."""
        self._is_decided.set()
        self._thread.join()

    def _make(self) -> None:
        try:
            _empty(self._scratch)
            dumped = self._dump()
            self._is_decided.wait()
            if dumped is not None and self._sample is not None:
                self._try(dumped, self._sample)
        except (OSError, EOFError):
            return  # a full disk, a folder that went: the next build tries again
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _dump(self) -> Format | None:
        engine = self._chosen.engine
        assert isinstance(engine, TexLiveEngine)
        folder = self._scratch / "dump"
        folder.mkdir()
        (folder / f"{JOB_NAME}.tex").write_text(f"{self._wanted.preamble}\n\\dump\n", encoding="utf-8")
        finished = run_process(
            [self._chosen.installation.executable, "-ini", *OPTIONS, f"&{engine.name}", f"{JOB_NAME}.tex"],
            folder,
            tex_environment(self._formats.own_epoch or 0),
            Limits(engine.time_limit, engine.memory_limit),
        )
        read, places = inputs(folder, JOB_NAME), searched()
        dumped = folder / f"{JOB_NAME}.fmt"
        if finished.code != 0 or read is None or places is None or not dumped.is_file():
            return None
        path = self._scratch / dumped.name
        _unpack(dumped, path)
        if path.stat().st_size > LARGEST:
            return None
        log = (folder / f"{JOB_NAME}.log").read_text(encoding="utf-8", errors="replace")
        return Format(path, log if any(messages(log)) else "", state_of([*read, *places]))

    def _try(self, made: Format, sample: Sample) -> None:
        folder = self._scratch / "trial"
        folder.mkdir()
        for name, content in sample.before.items():
            (folder / name).write_bytes(content)
        (folder / f"{JOB_NAME}.tex").write_text(without_preamble(sample.document), encoding="utf-8")
        chosen = made.loaded_by(self._chosen)
        run = chosen.engine.run(chosen.installation, folder, self._epoch)
        pdf, aux = folder / f"{JOB_NAME}.pdf", folder / f"{JOB_NAME}.aux"
        is_same = (
            run.succeeded
            and _content(pdf) == sample.pdf
            and _content(aux) == sample.aux
            and list(messages(f"{made.log}\n{run.log}")) == list(messages(sample.log))
        )
        if is_same:
            keep(self._formats, self._wanted, made)
        elif self._formats.is_trusted and run.stopped is None:
            refuse(self._wanted, "this preamble gives another PDF with one", made.reads)


def _unpack(dumped: Path, path: Path) -> None:
    """Write a format unpacked: TeX Live packs it, reads both, and takes longer to unpack than to read."""
    with dumped.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"  # RFC 1952, 2.3.1
    with gzip.open(dumped) if is_packed else dumped.open("rb") as whole, path.open("wb") as file:
        shutil.copyfileobj(whole, file, 1 << 20)


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _empty(folder: Path) -> None:
    """A folder without anything in it, whatever was in its place."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
