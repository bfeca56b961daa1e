"""What the PDF in a work folder was made of: where all of it is as it was, no engine is run."""

from __future__ import annotations

import json
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from cvbuild import __version__
from cvbuild.filestate import State, changed_since, is_as_before, state_of
from cvbuild.record import Record
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME, STAMP
from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.passes import TypesetResult
from cvbuild.typeset.stream import Stream
from cvbuild.typeset.texinputs import inputs, searched

# The others do not list all they read: the fonts of xelatex are another program's.
_LIST_ALL = frozenset(("pdflatex", "lualatex"))


class Typeset(Record):
    """A document to be typeset by an engine in a folder; `begun` is in nanoseconds since 1970."""

    rendered: RenderedTex
    chosen: ChosenEngine
    folder: Path
    epoch: int
    begun: int

    @classmethod
    def now(
        cls,
        rendered: RenderedTex,
        chosen: ChosenEngine,
        folder: Path,
        epoch: int,
        stream: Stream | None = None,
    ) -> Typeset:
        """One that is to begin this moment, or that an engine has begun with."""
        return cls(rendered, chosen, folder, epoch, stream.begun if stream else time.time_ns())

    def again(self) -> TypesetResult | None:
        """The result of the last time, where it would be the same now."""
        stamp = _stamp(self.folder)
        pdf, log = (self.folder / f"{JOB_NAME}.{ending}" for ending in ("pdf", "log"))
        if (
            stamp is None
            or not stamp.get("pdf")
            or not is_as_before(stamp.get("reads"))
            or not self._is_known(stamp)
        ):
            return None
        from cvbuild.typeset.log import diagnostics

        said = f"{stamp.get('preamble_log', '')}\n{log.read_text(encoding='utf-8', errors='replace')}"
        return TypesetResult(
            pdf,
            self.chosen.engine.name,
            0,
            0.0,
            log,
            tuple(diagnostics(said, self.rendered)),
            ("no pass: all it is made of is as it was",),
        )

    def _is_known(self, stamp: dict[str, Any]) -> bool:
        return all(stamp.get(name) == value for name, value in self._made_of().items())

    def remember(self, result: TypesetResult) -> None:
        """Write the stamp of a PDF that was just made; none where something may be missing of it."""
        stamp = self.folder / STAMP
        stamp.unlink(missing_ok=True)
        read = inputs(self.folder, JOB_NAME)
        if result.pdf is None or read is None or self.chosen.engine.name not in _LIST_ALL:
            return
        if result.loaded is None:
            places = searched()
            if places is None:
                return
            reads = state_of([*read, *places])
        else:
            own = str(result.loaded.path)
            reads = [*result.loaded.reads, *state_of(path for path in read if path != own)]
        if changed_since(reads, self.begun):
            return  # and nobody knows whether before or after TeX read it
        preamble_log = result.loaded.log if result.loaded else ""
        known = {**self._made_of(), "preamble_log": preamble_log, "reads": reads}
        stamp.write_text(json.dumps(known), encoding="utf-8")

    def _made_of(self) -> dict[str, Any]:
        program = self.chosen.installation.executable
        return {
            "cvbuild": __version__,
            "document": sha256(self.rendered.text.encode("utf-8")).hexdigest(),
            "engine": [str(program), self.chosen.installation.version],
            "program": [list(item) for item in state_of([str(program.resolve())])],
            "environment": sorted(map(list, tex_environment(self.epoch).items())),
            **{ending: _digest(self.folder / f"{JOB_NAME}.{ending}") for ending in ("pdf", "log")},
        }


def reads_in(folder: Path) -> State | None:
    """What the engine read for the PDF in a work folder; None where that is not known."""
    stamp = _stamp(folder)
    reads = stamp.get("reads") if stamp is not None else None
    return [tuple(item) for item in reads] if reads and is_as_before(reads) else None


def _stamp(folder: Path) -> dict[str, Any] | None:
    path = folder / STAMP
    try:
        found = json.loads(path.read_bytes()) if path.is_file() and not path.is_symlink() else None
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return ""
    return sha256(path.read_bytes()).hexdigest()
