"""The engines there are, and which of them a document needs."""

from __future__ import annotations

from dataclasses import dataclass

from cvbuild.diagnostics import EngineProblem, UsageProblem, did_you_mean
from cvbuild.render.characters import beyond_pdflatex
from cvbuild.typeset.engine import Engine, Installation
from cvbuild.typeset.tectonic import Tectonic
from cvbuild.typeset.texlive import TexLiveEngine

ENGINES: dict[str, Engine] = {
    "pdflatex": TexLiveEngine("pdflatex", is_unicode=False, purpose="the fastest; Latin scripts"),
    "xelatex": TexLiveEngine("xelatex", is_unicode=True, purpose="every script its fonts have"),
    "lualatex": TexLiveEngine(
        "lualatex",
        is_unicode=True,
        purpose="every script its fonts have; Arabic and Hebrew",
        memory_limit=4 << 30,  # bytes: it reads every font of the system into its list once
    ),
    "tectonic": Tectonic(),
}
"""By name, in the order in which `auto` prefers them: the fastest first."""

INSTALL_HINT = "`cvbuild doctor --install` installs what is missing"


@dataclass(frozen=True)
class ChosenEngine:
    """An engine and where it is."""

    engine: Engine
    installation: Installation


def choose_engine(name: str, tex: str) -> ChosenEngine:
    """The engine of a name, or with `auto` the first one here that can print the document's characters.

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
    beyond = beyond_pdflatex(tex)
    for engine in ENGINES.values():
        if beyond and not engine.is_unicode:
            continue
        installation = engine.find()
        # Debian brings lualatex itself with pdflatex, and its files with another package.
        if installation and not (engine.is_unicode and engine.missing()):
            return ChosenEngine(engine, installation)
    if beyond:
        shown = ", ".join(f"{char} (U+{ord(char):04X})" for char in beyond[:5])
        raise EngineProblem(
            f"the text has characters that only xelatex, lualatex or tectonic can print: {shown}",
            "install one of them: `cvbuild doctor --install --engine xelatex`",
        )
    raise EngineProblem("there is no TeX engine on this machine", INSTALL_HINT)
