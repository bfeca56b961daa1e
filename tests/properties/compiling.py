"""Any text at any place compiles, and the PDF has it; or it is complained about where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from hypothesis import strategies as st

from cvbuild.typeset.engines import best_engine
from tests.properties.batch import STYLES, Batch, Example, Failure, Style
from tests.properties.entries import ENTRY_PLACES, is_verbatim
from tests.properties.fields import PLACES, Place
from tests.properties.properties import holds_for_all
from tests.properties.smallest import smallest
from tests.properties.texts import TYPED, UNICODE, VERBATIM


@dataclass(frozen=True)
class Typed:
    """What is typed at a place that is not known yet: text, or what stands in for it in an address."""

    text: str
    verbatim: str
    style: Style
    marked: bool

    def at(self, place: Place) -> Example:
        """The same at a place."""
        return Example(place, self.verbatim if is_verbatim(place) else self.text, self.style, self.marked)


def _typed(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Typed]:
    visible = texts.filter(lambda text: bool(text.strip()))  # an empty text is an error of its own
    return st.builds(Typed, visible, VERBATIM, st.sampled_from(STYLES), st.integers(0, 3).map(bool))


def _for_pdflatex(text: str) -> bool:
    return best_engine(text).name == "pdflatex"


def _documents(drawn: Sequence[Typed], places: Sequence[Place]) -> Iterator[list[Example]]:
    """The texts at one place after the other, in as few documents as there is place for."""
    for start in range(0, len(drawn), len(places)):
        yield [typed.at(place) for typed, place in zip(drawn[start:], places, strict=False)]


def _check(engine: str, places: Sequence[Place], drawn: Sequence[Typed]) -> None:
    failures: list[Failure] = []
    for examples in _documents(drawn, places):
        failures += Batch(engine, examples).failures()
    assert not failures, "\n".join(str(smallest(engine, failure)) for failure in failures[:5])


def _named(name: str, check: Callable[[Sequence[Typed]], None]) -> Callable[[Sequence[Typed]], None]:
    def named(drawn: Sequence[Typed]) -> None:
        check(drawn)

    named.__name__ = name
    return named


for engine, texts, in_content, in_entries in (
    ("pdflatex", TYPED.filter(_for_pdflatex), 3 * len(PLACES), len(ENTRY_PLACES)),
    ("xelatex", UNICODE, len(PLACES), 120),
    ("lualatex", UNICODE, 60, 40),
):
    for count, places, where in (
        (in_content, PLACES, "content files"),
        (in_entries, ENTRY_PLACES, "entries"),
    ):
        holds_for_all(_typed(texts), count)(
            _named(f"any text in {where} compiles under {engine}", partial(_check, engine, places))
        )
