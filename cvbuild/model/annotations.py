"""What biblatex's annotations say of the names of an entry (biblatex manual, 3.7).

As in `author+an = {1=equal; 2=equal, corresponding; 3=student}`: places, and words on them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.source import Scalar

MEANINGS = ("highlight", "equal", "corresponding", "student")
"""The words that mean something here; others are left to who wrote them."""

_PART = re.compile(r"(?P<place>\d{1,6})(?P<within>:[\w-]+)?\s*=\s*(?P<words>.*)", re.DOTALL)
_FORM = "write `1=equal; 2=equal, corresponding; 3=student`: places in the list of names, and words"


def annotated_places(
    fields: Mapping[str, Scalar], listed: str, length: int, findings: Findings
) -> dict[str, frozenset[int]]:
    """The places (0-based) in a list of names, `author` or `editor`, by the words on them.

    Named annotations (`author+an:contribution`) count as well; those of a part of a
    name (`1:family=…`) and of the whole field (`=…`) are no marks of people.
    """
    found: dict[str, set[int]] = defaultdict(set)
    for name, value in fields.items():
        if name == f"{listed}+an" or name.startswith(f"{listed}+an:"):
            for place, word in _words(value, length, listed, findings):
                found[word].add(place)
    return {word: frozenset(places) for word, places in found.items()}


def _words(value: Scalar, length: int, listed: str, findings: Findings) -> Iterator[tuple[int, str]]:
    for part in filter(None, map(str.strip, value.split(";"))):
        match = _PART.fullmatch(part)
        if match is None:
            if not part.startswith("="):
                _report(value, f"`{part}` is not an annotation of a name", findings, _FORM)
            continue
        words = [word.strip(" \"'").casefold() for word in match["words"].split(",")]
        if match["within"]:
            continue
        for word in words:
            if word not in MEANINGS:
                if near := did_you_mean(word, MEANINGS, cutoff=0.8):
                    _report(value, f"the annotation `{word}` means nothing here", findings, *near)
            elif not 1 <= int(match["place"]) <= length:
                _report(
                    value,
                    f"`{part}` marks a name that is not there: `{listed}` has {length}",
                    findings,
                    "count the names again; the first is 1",
                )
            else:
                yield int(match["place"]) - 1, word


def _report(value: Scalar, message: str, findings: Findings, *hints: str) -> None:
    findings.warning("bib-annotation", message, value.span.first_line(), *hints)
