"""The engines there are, and which of them a document needs."""

from __future__ import annotations

from collections.abc import Callable

from cvbuild.diagnostics import EngineProblem, UsageProblem, did_you_mean
from cvbuild.record import Record, replace
from cvbuild.render.escape import PDFLATEX, beyond_ascii, is_right_to_left
from cvbuild.typeset.engine import Engine, Installation
from cvbuild.typeset.tectonic import Tectonic
from cvbuild.typeset.texlive import TexLiveEngine

ENGINES: dict[str, Engine] = {
    # XeTeX goes back in a file to see how it is coded, and LuaTeX reads more than a pipe has at once.
    "pdflatex": TexLiveEngine(
        "pdflatex", is_unicode=False, purpose="the fastest; Latin scripts", reads_pipes=True
    ),
    "xelatex": TexLiveEngine("xelatex", is_unicode=True, purpose="every script its fonts have"),
    "lualatex": TexLiveEngine(
        "lualatex",
        is_unicode=True,
        purpose="every script its fonts have; Arabic and Hebrew",
        right_to_left=True,
        memory_limit=4 << 30,  # bytes: it reads every font of the system into its list once
    ),
    "tectonic": Tectonic(),
}
"""By name, in the order in which `auto` prefers them: the fastest first."""

INSTALL_HINT = "`cvbuild doctor --install` installs what is missing"


class ChosenEngine(Record):
    """An engine and where it is."""

    engine: Engine
    installation: Installation


def choose_engine(name: str, tex: str) -> ChosenEngine:
    """The engine of a name, or with `auto` the first one here that prints the document's characters best.

    Raises UsageProblem for an unknown name, EngineProblem where none is there.
    """
    if name != "auto":
        engine = ENGINES.get(name)
        if engine is None:
            raise UsageProblem(f"there is no engine `{name}`", *did_you_mean(name, [*ENGINES, "auto"]))
        installation = engine.find()
        if installation is None:
            others = [other for other, candidate in ENGINES.items() if candidate.find()]
            found = f"; found here: {', '.join(others)}" if others else ""
            raise EngineProblem(f"{name} is not installed, or does not run{found}", INSTALL_HINT)
        return ChosenEngine(engine, installation)
    shortfall = _shortfall(tex)
    for engine in sorted(ENGINES.values(), key=shortfall):
        if installation := _ready(engine):
            return ChosenEngine(engine, installation)
    raise EngineProblem("there is no TeX engine on this machine", INSTALL_HINT)


def drafting(chosen: ChosenEngine) -> ChosenEngine:
    """The engine that makes no PDF; the same where it always does."""
    engine = chosen.engine
    return (
        replace(chosen, engine=replace(engine, makes_pdf=False))
        if isinstance(engine, TexLiveEngine)
        else chosen
    )


def best_engine(tex: str) -> Engine:
    """The engine that prints most of a text, whether it is here or not; the fastest of those."""
    return min(ENGINES.values(), key=_shortfall(tex))


def better_engine(chosen: Engine, tex: str) -> str:
    """How to come by an engine that prints more of a text than this one; empty where none does."""
    shortfall, best = _shortfall(tex), best_engine(tex)
    if shortfall(chosen) == shortfall(best):
        return ""
    install = f"`cvbuild doctor --install --engine {best.name}`"
    return f"{best.name} prints it: `--engine {best.name}`; where it is missing, {install} installs it"


def _shortfall(tex: str) -> Callable[[Engine], int]:
    """How far each engine is from printing a text: its characters count first, then their direction."""
    is_beyond, is_rtl = (
        any(char not in PDFLATEX for char in beyond_ascii(tex)),
        is_right_to_left("".join(beyond_ascii(tex))),
    )

    def of(engine: Engine) -> int:
        return 2 * (is_beyond and not engine.is_unicode) + (is_rtl and not engine.right_to_left)

    return of


def _ready(engine: Engine) -> Installation | None:
    # Debian brings lualatex itself with pdflatex, and its files with another package.
    installation = engine.find()
    return installation if installation and not (engine.is_unicode and engine.missing()) else None
