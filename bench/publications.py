"""Publication lists of any length, made up from a seed, as BibTeX and in RenderCV's YAML."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
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
_EXTRAS = r"||| in {3D}| of order $n^2$| with 5\,\% of the data| -- a second look| \& more".split("|")
_JOURNALS = ("Journal of Examples", "Annals of Specimens", "Transactions on Samples", "Letters in Testing")
_CONFERENCES = ("Conference on Examples", "Symposium on Specimens", "Workshop on Samples")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


@dataclass(frozen=True)
class Publication:
    """A publication; `extra` is TeX that follows the title. `fields` are those of BibTeX besides."""

    kind: str
    title: str
    extra: str
    authors: list[str]
    venue: str
    year: int
    month: int
    doi: str
    fields: list[str]


def publications(number: int, seed: int = 1) -> Iterator[Publication]:
    """Publications of thirty years, newest first; the same each time."""
    dice = random.Random(seed)
    for at in range(number):
        extra = dice.choice(_EXTRAS)
        words = f"{dice.choice(_ADJECTIVES)} {dice.choice(_NOUNS)} for {dice.choice(_ADJECTIVES)}"
        title = f"On {words} {dice.choice(_TASKS)}: part {at + 1}"
        others = [f"{dice.choice(_GIVEN)} {dice.choice(_FAMILY)}" for _ in range(dice.randint(0, 6))]
        authors = [*dict.fromkeys(others)]
        authors.insert(dice.randint(0, len(authors)), OWNER)
        kind = dice.choices(("article", "inproceedings", "misc"), (5, 4, 1))[0]
        first = dice.randint(1, 900)
        venue = dice.choice(_CONFERENCES if kind == "inproceedings" else _JOURNALS)
        year, month, volume = 2026 - 30 * at // number, dice.randint(1, 12), dice.randint(1, 99)
        pages = f"pages = {{{first}--{first + dice.randint(3, 20)}}}"
        fields = {
            "article": [f"journal = {{{venue}}}", f"volume = {{{volume}}}", pages],
            "inproceedings": [f"booktitle = {{Proceedings of the {venue}}}", pages],
            "misc": [f"eprint = {{{year % 100:02}{month:02}.{volume:05}}}", "archivePrefix = {arXiv}"],
        }[kind]
        doi = f"10.5555/example.{at + 1}"
        yield Publication(kind, title, extra, authors, venue, year, month, doi, fields)


def as_bibtex(number: int) -> str:
    """A .bib file with this number of publications."""
    entries = []
    for at, item in enumerate(publications(number), start=1):
        names = (name.rpartition(" ") for name in item.authors)
        authors = " and ".join(f"{family}, {given}" for given, _, family in names)
        fields = [f"author = {{{authors}}}", f"title = {{{item.title}{item.extra}}}", *item.fields]
        fields += [f"year = {{{item.year}}}", f"month = {_MONTHS[item.month - 1]}", f"doi = {{{item.doi}}}"]
        entries.append(f"@{item.kind}{{example{at},\n  " + ",\n  ".join(fields) + "\n}\n\n")
    return "".join(entries)


def as_rendercv(number: int, text: str) -> str:
    """A whole CV of RenderCV's with one line of text and the publications; JSON is YAML as well."""
    parts = [f"cv:\n  name: {OWNER}\n  sections:\n    Bio:\n      - {json.dumps(text)}\n    Publications:\n"]
    for item in publications(number):
        authors = [f"*{name}*" if name == OWNER else name for name in item.authors]
        parts.append(
            f"      - title: {json.dumps(item.title)}\n"
            f"        authors: {json.dumps(authors)}\n"
            f"        journal: {json.dumps(item.venue)}\n"
            f"        doi: {item.doi}\n"
            f"        date: {item.year}-{item.month:02}\n"
        )
    return "".join(parts)
