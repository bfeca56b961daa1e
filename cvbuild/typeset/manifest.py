"""The manifest of the PDF in a work folder: if all that it was made of is unchanged, no engine runs."""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path

from cvbuild import uptodate
from cvbuild.record import Record
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME, STAMP
from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.log import diagnostics
from cvbuild.typeset.passes import TypesetResult
from cvbuild.typeset.stream import Stream
from cvbuild.typeset.texinputs import inputs, searched

# xelatex and tectonic do not list all they read: the fonts of xelatex are another program's.
_LIST_ALL = frozenset(("pdflatex", "lualatex"))


class Typeset(Record):
    """A document to be typeset by an engine in a folder, where the PDF of the last time has a manifest.

    `begun` is when this began, in nanoseconds since 1970.
    """

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
        """A document that is typeset from this moment on, or by an engine that has begun with it."""
        return cls(rendered, chosen, folder, epoch, stream.begun if stream else time.time_ns())

    def again(self) -> TypesetResult | None:
        """The result of the last time, if everything that it was made of is unchanged."""
        known = uptodate.read(str(self.folder / STAMP))
        if known is None or known[0].get("facts") != self._facts():
            return None
        pdf, log = self._made()
        said = "\n".join([*(text for text, _ in known[1]), log.read_text(encoding="utf-8", errors="replace")])
        found = tuple(diagnostics(said, self.rendered))
        reasons = ("no pass: all it is made of is as it was",)
        return TypesetResult(pdf, self.chosen.engine.name, 0, 0.0, log, found, reasons)

    def remember(self, result: TypesetResult, root: Path) -> None:
        """Write the manifest of a PDF that was just made; none if TeX may have read what it does not list.

        What it read from the project's folder is compared by content.
        """
        (self.folder / STAMP).unlink(missing_ok=True)
        read = inputs(self.folder, JOB_NAME)
        if result.pdf is None or read is None or self.chosen.engine.name not in _LIST_ALL:
            return
        preamble_log = []
        if result.loaded is not None:
            own = str(result.loaded.path)
            read = [*(path for path, *_ in result.loaded.reads), *(path for path in read if path != own)]
            preamble_log.append((result.loaded.log, False))
        else:
            places = searched()
            if places is None:
                return
            read += places
        contents = [path for path in read if Path(path).is_relative_to(root) and Path(path).is_file()]
        program = str(self.chosen.installation.executable.resolve())
        names = {
            "facts": self._facts(),
            "contents": contents,
            "files": [program, *sorted({*read} - {*contents})],
            "outputs": [str(path) for path in self._made()],
        }
        uptodate.write(str(self.folder / STAMP), names, preamble_log, self.begun)

    def _made(self) -> tuple[Path, Path]:
        return self.folder / f"{JOB_NAME}.pdf", self.folder / f"{JOB_NAME}.log"

    def _facts(self) -> list[str]:
        environment = (f"{name}={value}" for name, value in sorted(tex_environment(self.epoch).items()))
        installation = self.chosen.installation
        document = sha256(self.rendered.text.encode("utf-8")).hexdigest()
        return [document, str(installation.executable), installation.version, *environment]
