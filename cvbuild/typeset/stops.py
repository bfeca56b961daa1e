"""What is said of an engine that was ended instead of ending by itself."""

from __future__ import annotations

from cvbuild.diagnostics import Diagnostic
from cvbuild.record import replace
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.engine import Engine, Run
from cvbuild.typeset.log import diagnostics
from cvbuild.typeset.process import Limits, Stop

_REASONS: dict[Stop, str] = {
    "time": "{name} did not end within {seconds:.0f} seconds and was stopped",
    "memory": "{name} took all the memory that it may have, and stopped",
    "file-size": "{name} wrote a file of {file_size} MB and was stopped",
    "output": "{name} printed more than {output} MB of messages and was stopped",
}
_HINT = "most often a macro in `!tex` or in a template calls itself without end"


def stopped(run: Run, engine: Engine, rendered: RenderedTex) -> Diagnostic:
    """The error at the place where TeX was, as far as it could still say so."""
    if run.stopped == "crash" or run.stopped is None:
        last = next((line.strip() for line in reversed(run.log.splitlines()) if line.strip()), "")
        said = f"; the last it said: {last}" if last else ""
        return Diagnostic(
            "tex-error",
            f"{engine.name} crashed ({run.signal}){said}",
            hints=("build once more; if it stays so, try another engine with `--engine`",),
        )
    limits = Limits(engine.time_limit)
    message = _REASONS[run.stopped].format(
        name=engine.name,
        seconds=limits.seconds,
        file_size=limits.file_size >> 20,
        output=limits.output >> 20,
    )
    for found in diagnostics(run.log, rendered):
        if any("Interruption" in label.text for label in found.labels):
            here = tuple(replace(label, text="TeX was here") for label in found.labels)
            return Diagnostic("tex-limit", message, found.span, labels=here, hints=(_HINT,))
    return Diagnostic("tex-limit", message, hints=(_HINT,))
