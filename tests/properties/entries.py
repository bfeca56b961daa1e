"""Every field that is printed of a BibTeX entry, and how a text is written in it."""

from __future__ import annotations

from collections.abc import Mapping

from cvbuild.content.crossref import LINK_FIELDS, PRINTED_FIELDS
from cvbuild.read.bibtex import NAME_FIELDS
from cvbuild.render.themes import BASE_THEME, shipped_templates
from tests.properties.fields import BIBLIOGRAPHY, Place

_TEMPLATES = shipped_templates() / BASE_THEME / "publications"

TYPES = (
    *sorted(path.stem for path in _TEMPLATES.glob("[a-z]*.tex") if path.stem != "default"),
    "misc",
    "zine",
)
"""Those with a template, and two without: one that BibTeX knows and one that nobody has heard of."""

FIXED = frozenset({"date", "year", "origdate", "eventdate", "openaccess", "eprinttype"})
"""What has to be a date or a word of a list; what else they can hold is tested where they are read."""

VERBATIM = frozenset({"doi", "eprint", "eprintclass", "isbn", *LINK_FIELDS})
"""Where a backslash and a brace are no TeX."""

ENTRY_PLACES = tuple(
    Place(BIBLIOGRAPHY, (kind, field)) for kind in TYPES for field in sorted(PRINTED_FIELDS - FIXED)
)

# Empty groups where HTML's own signs would be read as such, or TeX's ligatures.
_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&{}", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}", '"': r"\textquotedbl{}", "<": r"\textless{}{}", ">": r"\textgreater{}",
    "-": "{-}",
}  # fmt: skip


def is_verbatim(place: Place) -> bool:
    """Whether the field is read as typed."""
    return place.path[-1] in VERBATIM


def is_link(place: Place) -> bool:
    """Whether the field holds a web address."""
    return place.path[-1] in LINK_FIELDS


def written(place: Place, text: str) -> str:
    """A text in a field's own notation: LaTeX, a corporate name, an address, or as it is."""
    field = place.path[-1]
    if field in LINK_FIELDS:
        return f"https://example.org/{text}"
    if field in VERBATIM:
        return text
    escaped = "".join(_ESCAPED.get(char, char) for char in text)
    return f"{{{escaped}}}" if field in NAME_FIELDS else escaped


def bibliography(texts: Mapping[Place, str]) -> str:
    """A .bib file with the texts, each written already, in the fields of one entry of each type."""
    entries = []
    for kind in TYPES:
        fields = {"title": "word", "author": "Example, Ada", "date": "2020", "eprint": "1234.56789"}
        fields |= {str(place.path[1]): text for place, text in texts.items() if place.path[0] == kind}
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        entries.append(f"@{kind}{{{kind}1,\n{lines}}}\n")
    return "\n".join(entries)
