"""The engines in order of preference, and the choice of one for a document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cvbuild.diagnostics import EngineProblem, UsageProblem, did_you_mean
from cvbuild.record import Record, replace
from cvbuild.render.escape import PDFLATEX, beyond_ascii, is_right_to_left
from cvbuild.typeset.engine import Engine, Installation
from cvbuild.typeset.tectonic import Tectonic
from cvbuild.typeset.texlive import TexLiveEngine

_EVERY = "every script its fonts have"
_ALL: tuple[Engine, ...] = (
    TexLiveEngine("pdflatex", is_unicode=False, purpose="the fastest; Latin scripts", reads_pipes=True),
    # Only pdflatex reads from a pipe: XeTeX seeks back to detect the encoding, and LuaTeX needs a whole
    # block at once. LuaTeX's first run reads every font of the system: it needs more memory (in bytes).
    TexLiveEngine("xelatex", True, _EVERY),
    TexLiveEngine("lualatex", True, f"{_EVERY}; Arabic and Hebrew", right_to_left=True, memory_limit=4 << 30),
    Tectonic(),
)
ENGINES = {engine.name: engine for engine in _ALL}
"""The engines by name, in the order in which `auto` prefers them: the fastest first."""
_INSTALL_HINT = "`cvbuild doctor --install` installs what is missing"


class ChosenEngine(Record):
    """An engine and its installation."""

    engine: Engine
    installation: Installation

    def adapted(self, *, makes_pdf: bool = True, format: Path | None = None) -> ChosenEngine:
        """Return a TeX Live engine set up for a draft or for loading a format; others are unchanged."""
        if not isinstance(self.engine, TexLiveEngine):
            return self
        return replace(self, engine=replace(self.engine, makes_pdf=makes_pdf, format=format))


def choose_engine(name: str, tex: str) -> ChosenEngine:
    """Return an engine by name; for `auto`, the installed one that prints most of a text, fastest first.

    Raises UsageProblem for an unknown name, EngineProblem if the engine is not installed, or if none is.
    """
    if name != "auto":
        if name not in ENGINES:
            raise UsageProblem(f"there is no engine `{name}`", *did_you_mean(name, [*ENGINES, "auto"]))
        if installation := ENGINES[name].find():
            return ChosenEngine(ENGINES[name], installation)
        others = [other for other, candidate in ENGINES.items() if candidate.find()]
        found = f"; found here: {', '.join(others)}" if others else ""
        raise EngineProblem(f"{name} is not installed, or does not run{found}", _INSTALL_HINT)
    for engine in sorted(ENGINES.values(), key=_shortfall(tex)):
        installation = engine.find()
        # Debian installs the program lualatex with pdflatex, but the files it needs with another package.
        if installation and not (engine.is_unicode and engine.missing()):
            return ChosenEngine(engine, installation)
    raise EngineProblem("there is no TeX engine on this machine", _INSTALL_HINT)


def best_engine(tex: str) -> Engine:
    """Return the fastest of the engines that print most of a text, even if it is not installed."""
    return min(ENGINES.values(), key=_shortfall(tex))


def better_engine(chosen: Engine, tex: str) -> str:
    """Return a hint that names an engine that prints more of a text than the chosen one; "" if none does."""
    shortfall, best = _shortfall(tex), best_engine(tex)
    if shortfall(chosen) == shortfall(best):
        return ""
    install = f"`cvbuild doctor --install --engine {best.name}`"
    return f"{best.name} prints it: `--engine {best.name}`; where it is missing, {install} installs it"


def _shortfall(tex: str) -> Callable[[Engine], int]:
    """Return a function that rates an engine's failures with a text: 2 for characters, 1 for direction."""
    unusual = beyond_ascii(tex)
    is_beyond, is_rtl = any(char not in PDFLATEX for char in unusual), is_right_to_left("".join(unusual))
    return lambda engine: 2 * (is_beyond and not engine.is_unicode) + (is_rtl and not engine.right_to_left)
