"""Publication lists of any length, made up from a seed, as BibTeX and in RenderCV's YAML."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

OWNER = "Ada Example"
_GIVEN = (
    "Eve Max Bo Mal Iñaki José Łukasz Anne-Marie Zoë Søren Yuki Chidi Noor Olga Sven Tomás Uma Wei".split()
)
_FAMILY = (
    "Muster Editor Ory Author Reader Writer Doe Roe Poe Nimmó Sample Specimen Blank Proofer Setter".split()
)
_ADJECTIVES = "sparse robust interpretable efficient nonlinear Bayesian stochastic causal modular".split()
_NOUNS = "networks models estimators kernels graphs examples proofs lattices signals sequences".split()
_TASKS = "classification segmentation inference retrieval control planning sampling compression".split()
_EXTRAS = (
    "",
    "",
    "",
    " in {3D}",
    " of order $n^2$",
    r" with 5\,\% of the data",
    " -- a second look",
    r" \& more",
)
_JOURNALS = ("Journal of Examples", "Annals of Specimens", "Transactions on Samples", "Letters in Testing")
_CONFERENCES = ("Conference on Examples", "Symposium on Specimens", "Workshop on Samples")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


@dataclass(frozen=True)
class Publication:
    """A publication; `title` is TeX, `plain` the same without it."""

    key: str
    kind: str
    title: str
    plain: str
    authors: tuple[str, ...]
    venue: str
    year: int
    month: int
    volume: int
    pages: tuple[int, int]
    doi: str


def publications(number: int, seed: int = 1) -> Iterator[Publication]:
    """So many publications of thirty years, newest first; the same each time."""
    dice = random.Random(seed)  # it has to be the same each time
    for at in range(number):
        extra = dice.choice(_EXTRAS)
        words = f"{dice.choice(_ADJECTIVES)} {dice.choice(_NOUNS)} for {dice.choice(_ADJECTIVES)}"
        title = f"On {words} {dice.choice(_TASKS)}: part {at + 1}"
        others = [f"{dice.choice(_GIVEN)} {dice.choice(_FAMILY)}" for _ in range(dice.randint(0, 6))]
        authors = [*dict.fromkeys(others)]
        authors.insert(dice.randint(0, len(authors)), OWNER)
        kind = dice.choices(("article", "inproceedings", "misc"), (5, 4, 1))[0]
        first = dice.randint(1, 900)
        yield Publication(
            key=f"example{at + 1}",
            kind=kind,
            title=title + extra,
            plain=title,
            authors=tuple(authors),
            venue=dice.choice(_CONFERENCES if kind == "inproceedings" else _JOURNALS),
            year=2026 - 30 * at // max(number, 1),
            month=dice.randint(1, 12),
            volume=dice.randint(1, 99),
            pages=(first, first + dice.randint(3, 20)),
            doi=f"10.5555/example.{at + 1}",
        )


def as_bibtex(listed: Iterable[Publication]) -> Iterator[str]:
    """The entries of a .bib file."""
    for item in listed:
        authors = " and ".join(_inverted(name) for name in item.authors)
        fields = [f"author = {{{authors}}}", f"title = {{{item.title}}}"]
        if item.kind == "article":
            fields += [f"journal = {{{item.venue}}}", f"volume = {{{item.volume}}}"]
        elif item.kind == "inproceedings":
            fields.append(f"booktitle = {{Proceedings of the {item.venue}}}")
        else:
            fields += [f"eprint = {{{item.year % 100:02}{item.month:02}.{item.volume:05}}}"]
            fields.append("archivePrefix = {arXiv}")
        if item.kind != "misc":
            fields.append(f"pages = {{{item.pages[0]}--{item.pages[1]}}}")
        fields += [f"year = {{{item.year}}}", f"month = {_MONTHS[item.month - 1]}", f"doi = {{{item.doi}}}"]
        yield f"@{item.kind}{{{item.key},\n  " + ",\n  ".join(fields) + "\n}\n\n"


def _inverted(name: str) -> str:
    given, _, family = name.rpartition(" ")
    return f"{family}, {given}"


def as_rendercv(listed: Iterable[Publication], text: str) -> Iterator[str]:
    """A whole CV of RenderCV's with one line of text, and the publications."""
    yield f"cv:\n  name: {OWNER}\n  sections:\n    Bio:\n      - {json.dumps(text)}\n"
    yield "    Publications:\n"
    for item in listed:
        authors = [f"*{name}*" if name == OWNER else name for name in item.authors]
        # What JSON writes is YAML as well.
        yield (
            f"      - title: {json.dumps(item.plain)}\n"
            f"        authors: {json.dumps(authors)}\n"
            f"        journal: {json.dumps(item.venue)}\n"
            f"        doi: {item.doi}\n"
            f"        date: {item.year}-{item.month:02}\n"
        )
