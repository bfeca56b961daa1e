"""Bibliographies of any length with all the quirks that are found in real ones, made up from a seed.

The maker knows what it put in: which keys are publications, which are there for others
alone, which cannot be read, and which stand twice.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

_AUTHORS = (
    "Example, Ada and Editor, Eve", "Ada Example and Eve Editor and others",
    "{Evans}, II, Neal J. and Neal J. {Evans}, II", "de Freitas, Nando and Johannes Diderik van der Waals",
    "{Rizzo Jr}, Bo and {The ATLAS Collaboration}", "Example, Ada and and Editor, Eve",
    "M{\\\"u}ller, Jos{\\'e} and Ku{\\c{s}}, {\\L}ukasz and Garc\\'{\\i}a, Iñaki",
    "Example, Ada* and Editor, Eve$^{\\dagger}$ and \\textbf{Ory, Mal}",
    "O\\textquotesingle Brien, A. and d'Alembert, Jean",
    " and ".join(f"Author, A{chr(65 + at % 26)}. B{chr(97 + at // 26)}." for at in range(140)),
)  # fmt: skip
_TITLES = (
    "A First Example", "{LRP} and {D}eep {{Nested {BRACES}}}", "An $O(n^2)$ Bound of $\\alpha_{ij}$",
    "On \\emph{Drosophila} and \\textbf{Bold} \\href{https://example.org/a_b}{Links} at \\url{https://example.org}",
    "Stra{\\ss}en, \\'Etudes -- und ``Quotes'' 100% of R&D", "An \\unknown{macro} here",
    "<i>In vivo</i> &amp; CO<sub>2</sub> where a < b", "A Title That Goes On\n    in the Next Line",
)  # fmt: skip
_YEARS = (
    "year = {2020}", "year = 2021", "date = {2019-06-23}", "year = {}", "year = {in press}",
    "year = 2020, month = jun", "date = {2018/2019}", "year = {2021a}",
)  # fmt: skip
_PLACES = (
    "journal = {\\apj}, pages = {1--20}", "journal = both", "journal = nowhere", "journaltitle = {J. Ex.}",
    "booktitle = \"Proc. of {\\\"O}bj\" # { and More}", "eprint = {2501.00001}, archivePrefix = {arXiv}",
    "doi = {10.5555/x}, url = {https://dx.doi.org/10.5555%2FX}", "doi = {doi:10.5555/y}",
    "url = {https://example.org/?a=1&amp;b=2}", "note = {One}, note = {Two}", "pages = 12--15", "",
)  # fmt: skip
_TYPES = ("article", "InProceedings", "online", "software", "mystery", "@article", "phdthesis", " misc")

_BROKEN: tuple[Callable[[str], str], ...] = (
    lambda key: f"@article{{{key}\n  title = {{T}},\n  year = 2020,\n}}",
    lambda key: f"@article{{{key},\n  title {{T}},\n  year = 2020,\n}}",
    lambda key: f"@article{{{key},\n  title = {{T,\n  year = 2020,\n}}",
    lambda key: f"@article{{{key},\n  title = {{T}},\n  year = {{2020}},",
    lambda key: f'@article{{{key},\n  title = "T,\n  year = 2020,\n}}',
    lambda key: f"@article {key},\n  title = {{T}},\n}}",
    lambda key: f"article{{{key},\n  title = {{T}},\n}}",
    lambda key: f"@{{{key},\n  title = {{T}},\n}}",
    lambda key: f"@article{{{key},\n  title = {{A}} }},\n  year = {{2020}},\n}}",
    lambda key: f"@article{{{key},\n  title = {{A}},,\n  year = {{2020}},\n}}",
    lambda key: f"@article({key},\n  title {{T}},\n)",
    # Last: behind an entry that is never closed, this one is a comment within it.
    lambda key: f"% @article{{{key},\n%  title = {{A}},\n% }}",
)

_BETWEEN = (
    "", "% a remark, 100 % of it", "@comment{jabref-meta: databaseType:bibtex;}",
    "@comment{\n@article{hidden,\n  title = {Old},\n}\n}", '@preamble{"\\newcommand{\\x}{y}"}',
    "Notes to myself, ada@example.org",
)  # fmt: skip


@dataclass
class Quirks:
    """A bibliography and what is in it: the keys by what becomes of them, in order."""

    text: str = ""
    publications: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """The number of entries."""
        return len(self.publications) + len(self.unlisted) + len(self.broken)


def make_quirks(entries: int, seed: int = 1, line_end: str = "\n") -> Quirks:
    """Return a bibliography of at least this number of entries."""
    dice = random.Random(seed)  # for tests: it has to be the same each time
    made = Quirks()
    blocks = ["@string{joe = {Journal of Examples}}", '@STRING(both = joe # ", Series " # {B})']
    while made.entries < entries:
        key = f"key{made.entries}"
        kind = dice.random()
        if kind < 0.05:
            after_broken = made.broken[-1:] == [f"key{made.entries - 1}"]
            made.broken.append(key)
            blocks.append(dice.choice(_BROKEN[:-1] if after_broken else _BROKEN)(key))
            blocks.append(dice.choice(_BETWEEN))
            continue
        made.publications.append(key)
        if kind < 0.08:
            made.unlisted.append(f"{key}-volume")
            crossref = f"crossref={{{key}-volume}}"
            blocks.append(f"@inproceedings{{{key}, title={{C}}, booktitle={{Own}}, {crossref}}}")
            blocks.append(f"@proceedings{{{key}-volume, title={{V}}, editor={{Editor, Eve}}, year=2020}}")
        elif kind < 0.10:
            made.unlisted.append(f"{key}-data")
            blocks.append(f"@xdata{{{key}-data, publisher={{Press}}, year=2020}}")
            blocks.append(f"@book{{{key}, author={{Example, Ada}}, title={{B}}, xdata={{{key}-data}}}}")
        elif 0.13 <= kind < 0.16:
            blocks.append(f"@inbook{{{key}, author={{Example, Ada}}, title={{I}}, crossref={{nobody{key}}}}}")
        else:
            blocks.append(_entry(key, dice))
        if 0.10 <= kind < 0.115:
            made.duplicates.append(key)
            made.unlisted.append(key)  # an exact copy is printed once
            blocks.append(blocks[-1])
        elif 0.115 <= kind < 0.13:
            made.duplicates.append(key)
            made.publications.append(key)
            blocks.append(f"@misc{{{key}, author={{Example, Ada}}, title={{Of the Same Key}}, year=2001}}")
        blocks.append(dice.choice(_BETWEEN))
    made.text = "\n\n".join(blocks).replace("\n", line_end) + line_end
    return made


def _entry(key: str, dice: random.Random) -> str:
    # The long author list is rare, as in life.
    author = _AUTHORS[-1] if dice.random() < 0.002 else dice.choice(_AUTHORS[:-1])
    fields = [f"author = {{{author}}}", f"title = {{{dice.choice(_TITLES)}}}", dice.choice(_YEARS)]
    fields += filter(None, [dice.choice(_PLACES)])
    comma = "" if dice.random() < 0.02 else ","  # the last field with or without
    separators = [" \n  " if dice.random() < 0.01 else ",\n  " for _ in fields[1:]]
    body = "".join(map("".join, zip(["", *separators], fields, strict=True)))
    return f"@{dice.choice(_TYPES)}{{{key},\n  {body}{comma}\n}}"
