"""A call of cvbuild that tells at its end where its time went. It runs in the process that is measured.

The clock is always on one part: while a module is imported on this, while one of the
functions below runs on the stage that it is of, and else on the rest. What is called or imported
within counts for its own part alone, so that the parts add up to the whole; what is done while
the engine is at work counts for the engine's, as nobody waits for it. A clock is read some
hundred times for a build, which takes no millisecond. Only the main thread is watched.
"""

from __future__ import annotations

import atexit
import os
import sys
from _thread import get_ident
from time import perf_counter

TYPE_CHECKING = False  # typing's own would be imported
if TYPE_CHECKING:
    from typing import Any

PLACES = {
    "cvbuild.uptodate:answered": "answer",
    "cvbuild.project:document_epoch": "git",
    "cvbuild.project:origin": "git",
    "cvbuild.loading:load_cv": "load",
    "cvbuild.load.yaml:load_yaml": "load",
    "cvbuild.splicing:begin": "load",
    "cvbuild.model.cv:make_cv": "check",
    "cvbuild.model.cv:make_settings": "check",
    "cvbuild.model.cv:make_section": "check",
    "cvbuild.variant.selection:select": "select",
    "cvbuild.preparing:prepare": "render",
    "cvbuild.splicing:Begun.prepared": "render",
    "cvbuild.rewording:with_words": "render",
    "cvbuild.headstart:_at_a_glance": "ahead",
    "cvbuild.typeset.ahead:Ahead.__init__": "ahead",
    "cvbuild.typeset.ahead:Ahead.hear": "ahead",
    "cvbuild.typeset.choose:choose_engine": "choose",
    "cvbuild.typeset.scriptfonts:equip": "choose",
    "cvbuild.typeset.passes:Typeset.again": "typeset",
    "cvbuild.typeset.passes:typeset": "typeset",
    "cvbuild.typeset.texlive:TexLiveEngine.run": "engine",
    "cvbuild.typeset.ahead:Ahead.finish": "engine",
    "cvbuild.typeset.making:Making.wait": "format",
    "cvbuild.typeset.passes:Typeset.remember": "after",
    "cvbuild.pdf.document:page_count": "after",
    "cvbuild.limits:check_limits": "after",
    "cvbuild.delivery:deliver_accepted": "after",
    "cvbuild.uptodate:remember": "after",
}
"""The functions of each stage, as `module:name`. One that is moved is to be moved here."""

NUMBERED = "engine"
"""The stage whose calls are told one by one."""

REST, IMPORT, MEASURING = "rest", "import ", "measuring"


class Stopwatch:
    """Seconds by part; the clock is on the last of `open`."""

    def __init__(self, since: float) -> None:
        self.seconds: dict[str, float] = {}
        self.calls = 0
        self.open = [MEASURING]
        self.since = since

    def enter(self, part: str) -> None:
        """Put the clock on a part."""
        self._count()
        now = self.open[-1]
        self.open.append(now if now.startswith(NUMBERED) else part)

    def leave(self) -> None:
        """Put it back on the part before."""
        self._count()
        self.open.pop()

    def _count(self) -> None:
        now = perf_counter()
        part = self.open[-1]
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self.since
        self.since = now

    def watch(self, module: object, path: str, part: str) -> None:
        """Time a function of a module, `f` or `C.f`. Raises AttributeError where there is none."""
        *outer, name = path.split(".")
        for step in outer:
            module = getattr(module, step)
        function, main = getattr(module, name), get_ident()

        def timed(*arguments, **named):  # type: ignore[no-untyped-def]  # it takes what the function takes
            if get_ident() != main:
                return function(*arguments, **named)
            if part == NUMBERED:
                self.calls += 1
            self.enter(f"{part} {self.calls}" if part == NUMBERED else part)
            try:
                return function(*arguments, **named)
            finally:
                self.leave()

        setattr(module, name, timed)


def main(first: float) -> None:
    """Carry out the call in `sys.argv`; `first` is when Python began with it."""
    watch = Stopwatch(first)
    importing: Any = sys.modules["_frozen_importlib"]
    find_and_load = importing._find_and_load
    thread = get_ident()
    places: dict[str, list[tuple[str, str]]] = {}
    for place, part in PLACES.items():
        module, _, path = place.partition(":")
        places.setdefault(module, []).append((path, part))

    # What every import of a module that is not there yet calls: importlib/_bootstrap.py.
    def timed(name, import_):  # type: ignore[no-untyped-def]  # as in importlib, which has no types
        is_watched = get_ident() == thread
        if is_watched:
            watch.enter(IMPORT + name)
        try:
            loaded = find_and_load(name, import_)
        finally:
            if is_watched:
                watch.leave()
        for path, part in places.pop(name, ()):
            watch.watch(loaded, path, part)
        return loaded

    importing._find_and_load = timed

    def tell() -> None:
        watch.leave()
        with open(os.environ["BENCH_TOLD"], "w", encoding="utf-8") as file:  # noqa: PTH123  # pathlib is not there
            for part, seconds in watch.seconds.items():
                print(part, seconds, sep="\t", file=file)
            print("first", first, sep="\t", file=file)
            print("last", perf_counter(), sep="\t", file=file)

    atexit.register(tell)  # before all others, so that it is called after them
    sys.argv[0] = "cvbuild"
    watch.enter(REST)
    from cvbuild.__main__ import main

    main()
