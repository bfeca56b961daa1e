"""The kinds of rule that a funder's profile may have."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from cvbuild.content.fields import Checked, Content, NotEmpty, Problem
from cvbuild.model.values import NotNegative, Positive, Word, Words, is_language
from cvbuild.record import Record, field
from cvbuild.source import Scalar

Confidence = Literal["high", "medium", "low"]

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(mm|cm|in|pt)")
_IN_BP = {"mm": 72 / 25.4, "cm": 720 / 25.4, "in": 72.0, "pt": 1.0}
"""A point is a desktop publisher's, 1/72 inch, as in word processors; TeX's own is 0.4 % less."""


class Length(Record):
    """A length as written, `20 mm`, and in bp."""

    text: str
    bp: float

    def __str__(self) -> str:
        return self.text

    def of(self, bp: float) -> str:
        """Another length, in this one's unit."""
        unit = self.text.split()[-1]
        return f"{bp / _IN_BP[unit]:.{3 if unit in {'cm', 'in'} else 2}f} {unit}"


def _length(value: object) -> Length:
    found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        hint = "a number and its unit: `11 pt`, `20 mm`, `1 in`"
        raise Problem("wrong-value", "this is not a length", hint)
    return Length(f"{found[1]} {found[2]}", float(found[1]) * _IN_BP[found[2]])


def _pattern(value: object) -> Scalar:
    if not isinstance(value, Scalar) or not value:
        raise Problem("wrong-type", "a regular expression is expected here")
    try:
        re.compile(value)
    except re.error as error:
        raise Problem("wrong-value", f"this is not a regular expression: {error}") from None
    return value


def _language(value: object) -> str:
    if isinstance(value, str) and is_language(value):
        return str(value)
    raise Problem("wrong-value", "this is not the code of a language", "`en`, `de`, `pt-BR`")


Measure = Annotated[Length, Checked(_length, {"type": "string"})]
Pattern = Annotated[Scalar, Checked(_pattern, {"type": "string"})]
Language = Annotated[str, Checked(_language, {"type": "string"})]


class Rule(Content, kw_only=True):
    """What every rule has."""

    rule: str
    id: Annotated[Word | None, "Its name, where a profile has two of a kind."] = None
    severity: Literal["error", "warning"] = "error"
    confidence: Annotated[Confidence | None, "In place of the profile's."] = None
    source: Annotated[Word | None, "Where in the source, or which other one."] = None

    one_of: ClassVar[tuple[str, ...]] = ()
    """Keys of which it needs one at least, or it would ask nothing."""

    @property
    def name(self) -> str:
        """Its name in the profile."""
        return str(self.id or self.rule)

    def __post_init__(self) -> None:
        if self.one_of and not any(getattr(self, key) for key in self.one_of):
            raise ValueError(
                f"this rule asks nothing: give it {' or '.join(f'`{key}`' for key in self.one_of)}"
            )


class MaxPages(Rule, kw_only=True):
    """At most so many pages."""

    one_of: ClassVar[tuple[str, ...]] = ("pages", "by_language")

    pages: Positive | None = None
    by_language: Annotated[dict[Language, int], "Where it depends on that."] = field(default_factory=dict)


class PageSize(Rule, kw_only=True):
    """The paper: exactly this one, or none larger."""

    one_of: ClassVar[tuple[str, ...]] = ("exactly", "at_most")

    exactly: Literal["a4", "letter"] | None = None
    at_most: Literal["a4", "letter"] | None = None


class MarginsMin(Rule, kw_only=True):
    """Empty margins."""

    one_of: ClassVar[tuple[str, ...]] = ("all", "left", "right", "top", "bottom")

    all: Measure | None = None
    left: Measure | None = None
    right: Measure | None = None
    top: Measure | None = None
    bottom: Measure | None = None

    def side(self, name: str) -> Length | None:
        """The margin of a side."""
        own: Length | None = getattr(self, name)
        return own or self.all


class MinFontSize(Rule, kw_only=True):
    """The least size of type: of any text, by what the text is, or by the family of its font."""

    one_of: ClassVar[tuple[str, ...]] = (
        "any", "body", "headings", "tables", "captions", "notes", "families",
    )  # fmt: skip

    any: Measure | None = None
    body: Measure | None = None
    headings: Measure | None = None
    tables: Measure | None = None
    captions: Measure | None = None
    notes: Measure | None = None
    families: dict[str, Measure] = field(default_factory=dict)


class AllowedFonts(Rule, kw_only=True):
    """The families of fonts that text may be in."""

    families: Words
    or_similar: Annotated[bool, "Whether a family like them will do: then others are to be judged."] = False


class MinLineSpacing(Rule, kw_only=True):
    """The distance of two baselines over the size of the type on the lower one."""

    factor: float


class MaxLinesPerInch(Rule, kw_only=True):
    """How many lines an inch may have."""

    lines: float


class PageNumbers(Rule, kw_only=True):
    """Whether pages are numbered."""

    numbers: Literal["required", "forbidden"]


class FontsEmbedded(Rule, kw_only=True):
    """All fonts are in the file."""


class PdfVersionMin(Rule, kw_only=True):
    """The oldest version of PDF."""

    version: float


class MaxFileSize(Rule, kw_only=True):
    """The file's size in megabytes of 1 000 000 bytes."""

    megabytes: float


class NotEncrypted(Rule, kw_only=True):
    """No password and no restrictions."""


class HasTextLayer(Rule, kw_only=True):
    """Every page has text, not a picture of it."""


class FilenamePattern(Rule, kw_only=True):
    """What the file may be called, its ending included."""

    one_of: ClassVar[tuple[str, ...]] = ("max_characters", "pattern")

    max_characters: Positive | None = None
    pattern: Pattern | None = None


class ItemGroup(Content, kw_only=True):
    """Works that are counted together."""

    name: Word
    max: NotNegative | None = None
    types: Annotated[Words, "Types of entries: article; or preprint, whatever its type."] = ()
    categories: Annotated[Words, "Categories of publications by their ids; they come first."] = ()
    sections: Annotated[Words, "Sections, by their names."] = ()
    kinds: Annotated[Words, "Kinds of section: patents."] = ()


class MaxItems(Rule, kw_only=True):
    """At most so many works in each group.

    A work counts in the group of its category or section; else in the first that has its type.
    """

    groups: Annotated[tuple[ItemGroup, ...], NotEmpty()]
    in_one_only: Annotated[bool, "Whether no work may stand in two of them."] = False


class MaxWords(Rule, kw_only=True):
    """At most so many words in a section."""

    section: Annotated[Word, "Its name or its kind."]
    words: Positive


class MaxCharacters(Rule, kw_only=True):
    """At most so many characters in a section, spaces included."""

    section: Annotated[Word, "Its name or its kind."]
    characters: Positive


class RequireSections(Rule, kw_only=True):
    """Sections that have to be there, in this order; each by its name, its kind or its title."""

    sections: Words


Field_ = Literal["photo", "birth date", "home address", "marital status"]


class ForbidFields(Rule, kw_only=True):
    """What is not to be said of a person."""

    fields: Annotated[tuple[Field_, ...], NotEmpty()]


class ForbidPatterns(Rule, kw_only=True):
    """Wording that is not to be used; as regular expressions, capitals or not."""

    patterns: Annotated[dict[str, Pattern], "By what each finds: `h-index`.", NotEmpty()]


class Links(Rule, kw_only=True):
    """Which links there may be, clickable or printed."""

    allowed: Literal["none", "doi"]
    unless: Annotated[Word | None, "What other links may lead to; a person has to see to it."] = None


class RequireIdentifier(Rule, kw_only=True):
    """An identifier of the person (orcid) or of every publication (doi)."""

    identifier: Literal["orcid", "doi"]


class EtAlForbidden(Rule, kw_only=True):
    """All authors are named."""


class DocumentLanguage(Rule, kw_only=True):
    """The languages that the document may be in."""

    languages: Annotated[tuple[Language, ...], NotEmpty()]


class ByEye(Rule, kw_only=True):
    """What only a person can see to; it is listed, and never counts as passed."""

    what: Word


RULES: dict[str, type[Rule]] = {
    "max_pages": MaxPages,
    "page_size": PageSize,
    "margins_min": MarginsMin,
    "min_font_size": MinFontSize,
    "allowed_fonts": AllowedFonts,
    "min_line_spacing": MinLineSpacing,
    "max_lines_per_inch": MaxLinesPerInch,
    "page_numbers": PageNumbers,
    "fonts_embedded": FontsEmbedded,
    "pdf_version_min": PdfVersionMin,
    "max_file_size": MaxFileSize,
    "not_encrypted": NotEncrypted,
    "has_text_layer": HasTextLayer,
    "filename_pattern": FilenamePattern,
    "max_items": MaxItems,
    "max_words": MaxWords,
    "max_characters": MaxCharacters,
    "require_sections": RequireSections,
    "forbid_fields": ForbidFields,
    "forbid_patterns": ForbidPatterns,
    "links": Links,
    "require_identifier": RequireIdentifier,
    "et_al_forbidden": EtAlForbidden,
    "language": DocumentLanguage,
    "by_eye": ByEye,
}
"""The kinds of rule by the word after `rule:`."""
