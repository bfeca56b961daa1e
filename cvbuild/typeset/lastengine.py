"""Which engine to start early, and with what: those of the variant's last document."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cvbuild import cache
from cvbuild.diagnostics import EngineProblem, UsageProblem
from cvbuild.typeset.auxiliary import auxiliary
from cvbuild.typeset.choose import ENGINES, ChosenEngine, choose_engine, drafting
from cvbuild.typeset.engine import Installation
from cvbuild.typeset.format import Formats, as_read_by, beginning, look_up
from cvbuild.typeset.stream import Stream
from cvbuild.typeset.texlive import TexLiveEngine
from cvbuild.uptodate import is_as_before, state_of

FIRST_LINE = "\\errorcontextlines=99\n"
"""The first line of every shipped theme's document: an engine may start with it before more is known."""

_KIND = "begins"


def begin(
    key: str,
    engine: str,
    formats: Formats,
    epoch: int,
    folder_of: Callable[[str], Path],
    *,
    anew: bool,
    expected: str = "",
) -> Stream | None:
    """Start the engine remembered under a key; `folder_of` gives the work folder for an engine's name.

    With a format it typesets what the document is `expected` to begin with, if this goes on after the
    beginning that is remembered. If nothing is remembered, `anew` starts the engine that is asked for
    with the first line alone. None where no engine can wait; if something is wrong, the usual run
    reports it.
    """
    with suppress(OSError, EngineProblem, UsageProblem):
        last = _recalled(key)
        if last is None and not anew:
            return None
        chosen, begins = last or (choose_engine(engine, FIRST_LINE), FIRST_LINE)
        if not (isinstance(chosen.engine, TexLiveEngine) and chosen.engine.reads_pipes):
            return None
        if loaded := look_up(formats, begins, chosen).format:
            chosen = loaded.loaded_by(chosen)
            # Without a format nothing tells that a file came which TeX looked for meanwhile.
            if last is not None and expected.startswith(begins):
                begins = expected
        elif formats.own_epoch is not None:
            begins = FIRST_LINE  # the project's own preamble may look for files that come later
        target = folder_of(chosen.engine.name)
        if not auxiliary(target):
            chosen = drafting(chosen)  # as the first pass of such a document is
        return Stream(chosen, epoch, as_read_by(chosen, begins), target, with_next=formats.own_epoch is None)
    return None


def remember(key: str, chosen: ChosenEngine, document: str) -> None:
    """Keep the engine and the beginning of a document for `begin`."""
    program = chosen.installation.executable
    known = {
        "engine": chosen.engine.name,
        "executable": str(program),
        "version": chosen.installation.version,
        "program": state_of([str(program), str(program.resolve())]),
        "begins": beginning(document),
    }
    content = json.dumps(known).encode("utf-8", "surrogatepass")
    if known["begins"] and cache.read(_KIND, key) != content:
        cache.write(_KIND, key, content)


def _recalled(key: str) -> tuple[ChosenEngine, str] | None:
    """The engine and the beginning of the last document; None where the engine is not the same program."""
    try:
        known = json.loads(cache.read(_KIND, key) or b"{}")
        installation = Installation(Path(known["executable"]), str(known["version"]))
        chosen = ChosenEngine(ENGINES[known["engine"]], installation)
        return (chosen, str(known["begins"])) if is_as_before(known["program"]) else None
    except (ValueError, KeyError, TypeError):
        return None
