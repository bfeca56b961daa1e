"""Several spellings of one thing: which of them belong together, and which one is the rarer."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.phrases import counted
from cvbuild.source import Span

K = TypeVar("K", bound=Hashable)


class Spellings(Generic[K]):
    """Where each spelling stands, and which spellings are one thing's."""

    def __init__(self) -> None:
        self.places: dict[K, list[Span]] = {}
        self._above: dict[K, K] = {}

    def add(self, spelling: K, place: Span) -> None:
        """A spelling was found; a place that several entries share counts once."""
        places = self.places.setdefault(spelling, [])
        if not places or places[-1] != place:
            places.append(place)

    def __iter__(self) -> Iterator[K]:
        return iter(self.places)

    def join(self, one: K, other: K) -> None:
        """Two spellings are one thing's."""
        self._above[self._top(one)] = self._top(other)

    def _top(self, spelling: K) -> K:
        while (above := self._above.get(spelling, spelling)) != spelling:
            # Halving the way keeps chains short.
            self._above[spelling] = self._above.get(above, above)
            spelling = above
        return spelling

    def clusters(self) -> Iterable[list[K]]:
        """Spellings that belong together, the commonest first."""
        together: dict[K, list[K]] = {}
        for spelling in self.places:
            together.setdefault(self._top(spelling), []).append(spelling)
        for cluster in together.values():
            if len(cluster) > 1:
                yield sorted(cluster, key=lambda item: -len(self.places[item]))

    def diagnostics(self, what: str, code: str) -> Iterator[Diagnostic]:
        """Each rarer spelling, at its first place, with the commonest beside it."""
        for usual, *others in self.clusters():
            label = Label(self.places[usual][0], f"`{usual}` in {_entries(self.places[usual])}")
            for spelling in others:
                rarer = self.places[spelling]
                yield Diagnostic(
                    code,
                    f"`{spelling}` ({_entries(rarer)}) looks like {what} `{usual}`, spelled differently",
                    rarer[0],
                    "warning",
                    (label,),
                    ("spell both alike, or write `% cvbuild: ignore " + code + "` above one of the entries",),
                )


def _entries(places: Sequence[Span]) -> str:
    return counted(len(places), "entry", "entries")
