"""The kinds of rule that a funder's profile may have."""

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from cvbuild.model.base import Content, Word, Words
from cvbuild.model.checked import Checked
from cvbuild.model.text import is_language
from cvbuild.record import Record
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
        raise PydanticCustomError(
            "wrong-value", "this is not a length", {"hint": "a number and its unit: `11 pt`, `20 mm`, `1 in`"}
        )
    return Length(f"{found[1]} {found[2]}", float(found[1]) * _IN_BP[found[2]])


def _pattern(value: object) -> Scalar:
    if not isinstance(value, Scalar) or not value:
        raise PydanticCustomError("wrong-type", "a regular expression is expected here")
    try:
        re.compile(value)
    except re.error as error:
        raise PydanticCustomError(
            "wrong-value", "this is not a regular expression: {reason}", {"reason": str(error)}
        ) from None
    return value


def _language(value: object) -> str:
    if isinstance(value, str) and is_language(value):
        return str(value)
    raise PydanticCustomError(
        "wrong-value", "this is not the code of a language", {"hint": "`en`, `de`, `pt-BR`"}
    )


Measure = Annotated[Length, Checked(_length, {"type": "string"})]
Pattern = Annotated[Scalar, Checked(_pattern, {"type": "string"})]
Language = Annotated[str, Checked(_language, {"type": "string"})]


class Rule(Content):
    """What every rule has."""

    rule: str
    id: Word | None = Field(None, description="Its name, where a profile has two of a kind.")
    severity: Literal["error", "warning"] = "error"
    confidence: Confidence | None = Field(None, description="In place of the profile's.")
    source: Word | None = Field(None, description="Where in the source, or which other one.")

    one_of: ClassVar[tuple[str, ...]] = ()
    """Keys of which it needs one at least, or it would ask nothing."""

    @property
    def name(self) -> str:
        """Its name in the profile."""
        return str(self.id or self.rule)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.one_of and not any(getattr(self, key) for key in self.one_of):
            raise ValueError(
                f"this rule asks nothing: give it {' or '.join(f'`{key}`' for key in self.one_of)}"
            )
        return self


class MaxPages(Rule):
    """At most so many pages."""

    one_of: ClassVar[tuple[str, ...]] = ("pages", "by_language")

    pages: int | None = Field(None, ge=1)
    by_language: dict[Language, int] = Field(default_factory=dict, description="Where it depends on that.")


class PageSize(Rule):
    """The paper: exactly this one, or none larger."""

    one_of: ClassVar[tuple[str, ...]] = ("exactly", "at_most")

    exactly: Literal["a4", "letter"] | None = None
    at_most: Literal["a4", "letter"] | None = None


class MarginsMin(Rule):
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


class MinFontSize(Rule):
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
    families: dict[str, Measure] = Field(default_factory=dict)


class AllowedFonts(Rule):
    """The families of fonts that text may be in."""

    families: Words
    or_similar: bool = Field(
        False, description="Whether a family like them will do: then others are to be judged."
    )


class MinLineSpacing(Rule):
    """The distance of two baselines over the size of the type on the lower one."""

    factor: float


class MaxLinesPerInch(Rule):
    """How many lines an inch may have."""

    lines: float


class PageNumbers(Rule):
    """Whether pages are numbered."""

    numbers: Literal["required", "forbidden"]


class FontsEmbedded(Rule):
    """All fonts are in the file."""


class PdfVersionMin(Rule):
    """The oldest version of PDF."""

    version: float


class MaxFileSize(Rule):
    """The file's size in megabytes of 1 000 000 bytes."""

    megabytes: float


class NotEncrypted(Rule):
    """No password and no restrictions."""


class HasTextLayer(Rule):
    """Every page has text, not a picture of it."""


class FilenamePattern(Rule):
    """What the file may be called, its ending included."""

    one_of: ClassVar[tuple[str, ...]] = ("max_characters", "pattern")

    max_characters: int | None = Field(None, ge=1)
    pattern: Pattern | None = None


class ItemGroup(Content):
    """Works that are counted together."""

    name: Word
    max: int | None = Field(None, ge=0)
    types: Words = Field((), description="Types of entries: article; or preprint, whatever its type.")
    categories: Words = Field((), description="Categories of publications by their ids; they come first.")
    sections: Words = Field((), description="Sections, by their names.")
    kinds: Words = Field((), description="Kinds of section: patents.")


class MaxItems(Rule):
    """At most so many works in each group.

    A work counts in the group of its category or section; else in the first that has its type.
    """

    groups: tuple[ItemGroup, ...] = Field(min_length=1)
    in_one_only: bool = Field(False, description="Whether no work may stand in two of them.")


class MaxWords(Rule):
    """At most so many words in a section."""

    section: Word = Field(description="Its name or its kind.")
    words: int = Field(ge=1)


class MaxCharacters(Rule):
    """At most so many characters in a section, spaces included."""

    section: Word = Field(description="Its name or its kind.")
    characters: int = Field(ge=1)


class RequireSections(Rule):
    """Sections that have to be there, in this order; each by its name, its kind or its title."""

    sections: Words


Field_ = Literal["photo", "birth date", "home address", "marital status"]


class ForbidFields(Rule):
    """What is not to be said of a person."""

    fields: tuple[Field_, ...] = Field(min_length=1)


class ForbidPatterns(Rule):
    """Wording that is not to be used; as regular expressions, capitals or not."""

    patterns: dict[str, Pattern] = Field(min_length=1, description="By what each finds: `h-index`.")


class Links(Rule):
    """Which links there may be, clickable or printed."""

    allowed: Literal["none", "doi"]
    unless: Word | None = Field(None, description="What other links may lead to; a person has to see to it.")


class RequireIdentifier(Rule):
    """An identifier of the person (orcid) or of every publication (doi)."""

    identifier: Literal["orcid", "doi"]


class EtAlForbidden(Rule):
    """All authors are named."""


class DocumentLanguage(Rule):
    """The languages that the document may be in."""

    languages: tuple[Language, ...] = Field(min_length=1)


class ByEye(Rule):
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
