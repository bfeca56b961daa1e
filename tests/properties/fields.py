"""Every field that takes text, found by walking the models, and every one that is printed of BibTeX."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cvbuild.content.crossref import LINK_FIELDS, PRINTED_FIELDS
from cvbuild.content.kinds import KINDS, Figure, PublicationsSection
from cvbuild.content.reader import Content, table_of
from cvbuild.content.settings import Owner, SectionChoice, Settings, Variant
from cvbuild.content.values import Date, Period, Text
from cvbuild.read.bibtex import NAME_FIELDS
from cvbuild.render.templates import BASE_THEME, shipped_templates

Path = tuple[str | int, ...]
Tree = dict[str, Any] | list[Any] | str | int

SETTINGS_FILE = "cv"
ADDRESS = "https://example.org/a_b?c=d%20e#f"
"""Where the items in groups lead, so that each text is printed with a link around it and without."""

FIRST_SECTION = "text"
"""The section that the variant gives another title and note."""


@dataclass(frozen=True)
class Place:
    """Where a text stands: a content file's name without `.yaml`, and the keys that lead to it."""

    file: str
    path: Path

    @property
    def name(self) -> str:
        """As shown: `grants: items.0.title`."""
        return f"{self.file}: {'.'.join(map(str, self.path))}"


def is_unprinted(place: Place) -> bool:
    """Whether a text is only shown by `cvbuild variants`, or printed if a variant is fitted to pages."""
    return place.name == "cv: variants.full.description" or place.path[-1] == "brief"


METADATA = {"cv: title", "cv: subject", "cv: keywords.0", "cv: variants.full.title"}
"""Texts that the PDF holds as its properties; the variant's title hides the settings'."""
HIDDEN = {"cv: title", f"{FIRST_SECTION}: title", f"{FIRST_SECTION}: note"}
"""Texts that the variant replaces by its own."""

SMALL_CAPITALS = "place"
"""The key whose text is printed in small capitals, which some readers take for capitals."""

BIBLIOGRAPHY = "bib/works.bib"
_KINDS_WITH_QUOTED = frozenset({"talks", "education", "students", "patents"})
_KINDS_WITH_PARAGRAPHS = frozenset("text positions education grants awards patents service".split())


def has_paragraphs(place: Place) -> bool:
    """Whether a text's blank lines part paragraphs, each with markup of its own; else they are spaces."""
    return place.file in _KINDS_WITH_PARAGRAPHS and place.path[-1] == "text" and "details" not in place.path


def is_quoted(place: Place) -> bool:
    """Whether a text is printed between quotation marks: a title that is no heading."""
    if place.file == BIBLIOGRAPHY:
        return place.path[-1] in {"title", "subtitle"}
    return place.file in _KINDS_WITH_QUOTED and place.path[-1] in {"title", "topic"} and "items" in place.path


def is_heading(place: Place) -> bool:
    """Whether a text is the title of a section or of a part of it, which the outline lists."""
    if place.file == SETTINGS_FILE:
        return place.name == "cv: variants.full.sections.0.title"
    return place.path == ("title",) or re.search(r": (groups|categories)\.0\.title$", place.name) is not None


# What a model's validator asks for beside its fields' types.
_FIXED: dict[type[Content], dict[str, Tree | None]] = {
    Figure: {"count": None, "all": 19, "since": 7},
    Variant: {"sections": None, "output": None, "language": None, "theme": None, "max_pages": None},
    SectionChoice: {"section": FIRST_SECTION, "since": None, "limit": None},
    PublicationsSection: {"max_authors": None},
}


def fill(model: type[Content], text: Callable[[Path], Any], at: Path = ()) -> dict[str, Any]:
    """A mapping that the model reads, with `text` of its path for each text in it."""
    filled: dict[str, Any] = {}
    fixed = _FIXED.get(model, {})
    table = table_of(model)
    for name, field in table.items():
        key = field.encode_name
        if key in fixed:
            value = fixed[key]
        elif name == "date" and "period" in table:
            value = None  # either of the two
        elif name == "url" and (field.required or "groups" in at):
            value = ADDRESS
        else:
            is_marked = typing.get_origin(field.type) is typing.Annotated
            value = _value(typing.get_args(field.type)[0] if is_marked else field.type, text, (*at, key))
        if value is not None:
            filled[key] = value
    return filled


def _value(annotation: Any, text: Callable[[Path], Any], at: Path) -> Any:
    """What a field of a type is filled with; None for what can be left away."""
    arguments = typing.get_args(annotation)
    if annotation is Text:
        return text(at)
    if annotation is Date:
        return "2020"
    if annotation is Period:
        return "2020 – 2021"
    made = typing.get_origin(annotation) or annotation
    if isinstance(made, type) and issubclass(made, Content):
        return fill(annotation, text, at)
    if typing.get_origin(annotation) is tuple:
        inner = _value(arguments[0], text, (*at, 0))
        return None if inner is None else [inner]
    if typing.get_origin(annotation) is Literal:
        return arguments[0]
    if annotation is int:
        return 2015
    if type(None) in arguments:
        return _value(next(item for item in arguments if item is not type(None)), text, at)
    return None


def trees(text: Callable[[Place], Any]) -> dict[str, dict[str, Any]]:
    """Every content file with every text in it, by its name without `.yaml`; `full` prints every section."""

    def within(file: str) -> Callable[[Path], Any]:
        return lambda path: text(Place(file, path))

    of_settings, choice = within(SETTINGS_FILE), ("variants", "full", "sections", 0)
    settings = fill(Settings, of_settings)
    settings["owner"] = {"name": "Ada Example", **fill(Owner, of_settings, ("owner",))}
    sections = [fill(SectionChoice, of_settings, choice), *(kind for kind in KINDS if kind != FIRST_SECTION)]
    settings["variants"] = {
        "full": {**fill(Variant, of_settings, ("variants", "full")), "sections": sections}
    }
    made = {SETTINGS_FILE: settings}
    for kind, known in KINDS.items():
        made[kind] = {"kind": kind, **fill(known.section, within(kind))}
    made["publications"]["categories"][0] |= {"id": "all", "match": {"field": "title"}}
    return made


_found: dict[Place, str] = {}
trees(lambda place: _found.setdefault(place, "text"))
PLACES = tuple(_found)
"""Every place of a text in the content files."""

# ---- the fields of BibTeX, and how a text is written in them

_templates = (shipped_templates() / BASE_THEME / "publications").glob("[a-z]*.tex")
TYPES = (*sorted(path.stem for path in _templates if path.stem != "default"), "misc", "zine")
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
