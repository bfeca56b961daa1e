"""The keys of `cv.yaml`: the owner, the sections and the variants."""

import re
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from cvbuild.load.tree import YamlMapping
from cvbuild.model.base import Content, NameMeanings, Texts, Url, Word, Words
from cvbuild.model.checked import Checked, OneOrMore, WrittenOut
from cvbuild.model.dates import Date
from cvbuild.model.layout import Layout
from cvbuild.model.sections import Match
from cvbuild.model.text import Text
from cvbuild.source import Scalar

PROFILE_ADDRESSES = {
    "github": "https://github.com/{}",
    "gitlab": "https://gitlab.com/{}",
    "linkedin": "https://www.linkedin.com/in/{}",
    "google_scholar": "https://scholar.google.com/citations?user={}",
    "orcid": "https://orcid.org/{}",
    "dblp": "https://dblp.org/pid/{}",
    "semantic_scholar": "https://www.semanticscholar.org/author/{}",
    "openreview": "https://openreview.net/profile?id={}",
    "researchgate": "https://www.researchgate.net/profile/{}",
    "huggingface": "https://huggingface.co/{}",
    "bluesky": "https://bsky.app/profile/{}",
    "x": "https://x.com/{}",
    "youtube": "https://www.youtube.com/@{}",
}
"""Where a handle leads, by network."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FILE_NAME = re.compile(r"[^./\\\0][^/\\\0]*(?<!\.pdf)")
_VARIANT_NAME = re.compile(r"\w[\w.+-]*")
_PHONE = re.compile(r"\+?[\d\s()/.\-]{5,}")


def _email(value: object) -> Scalar:
    if isinstance(value, Scalar) and _EMAIL.fullmatch(value):
        return value
    raise PydanticCustomError(
        "bad-email", "this is not an e-mail address", {"hint": "write `name@example.org`"}
    )


def _phone(value: object) -> Scalar:
    if isinstance(value, Scalar) and _PHONE.fullmatch(value):
        return value
    raise PydanticCustomError(
        "bad-phone",
        "this is not a telephone number",
        {"hint": "digits, spaces, brackets, hyphens, dots and slashes, as in `+49 (30) 31002-371`"},
    )


def _profiles(value: object) -> dict[str, Scalar]:
    if not isinstance(value, YamlMapping):
        raise PydanticCustomError("wrong-type", "a mapping is expected here: lines of `network: handle`")
    profiles: dict[str, Scalar] = {}
    for network, handle in value.items():
        if not isinstance(handle, Scalar):
            raise PydanticCustomError(
                "wrong-type",
                "`{network}` needs a handle",
                {"network": str(network), "span": value.key_span(network)},
            )
        if network not in PROFILE_ADDRESSES and not handle.startswith(("https://", "http://")):
            raise PydanticCustomError(
                "unknown-profile",
                "the network `{network}` is not known",
                {
                    "network": str(network),
                    "span": value.key_span(network),
                    "hint": "give the whole address (`https://…`), or use one of "
                    + ", ".join(sorted(PROFILE_ADDRESSES)),
                },
            )
        profiles[str(network)] = handle
    return profiles


def _file_name(value: object) -> Scalar:
    if isinstance(value, Scalar) and _FILE_NAME.fullmatch(value):
        return value
    raise PydanticCustomError(
        "bad-file-name",
        "this is not the name of a file",
        {"hint": "a name without a folder and without .pdf, as in `cv-2025`; `-o` puts the PDF elsewhere"},
    )


FileName = Annotated[Scalar, Checked(_file_name, {"type": ["string", "number"]})]
Email = Annotated[Scalar, Checked(_email, {"type": "string", "format": "email"})]
Phone = Annotated[Scalar, Checked(_phone, {"type": ["string", "number"]})]
Profiles = Annotated[
    dict[str, Scalar],
    Checked(
        _profiles,
        {
            "type": "object",
            "properties": {name: {"type": ["string", "number"]} for name in PROFILE_ADDRESSES},
            "additionalProperties": {"type": "string", "pattern": "^https?://"},
        },
    ),
]


class Owner(Content):
    """Whose CV this is."""

    names: ClassVar[frozenset[str]] = frozenset({"degree", "suffix", "affiliation", "address"})

    name: Word = Field(description="As printed: Ada Lovelace; or as in BibTeX: Lovelace, Ada.")
    degree: Text | None = Field(None, description="Stands before the name: Dr. rer. nat.")
    suffix: Text | None = Field(None, description="Stands after the name: PhD, FRS.")
    position: Text | None = None
    affiliation: Texts = ()
    address: Text | None = None
    website: Url | None = None
    email: Email | None = None
    phone: Phone | None = None
    mobile: Phone | None = None
    born: Text | None = Field(None, description="Date and place of birth, where a reader asks for it.")
    nationality: Text | None = None
    profiles: Profiles = Field(default_factory=dict)
    also_published_as: Words = Field((), description="Former and other names, as in BibTeX: Family, Given.")


def _named(key: str, value: Any) -> Any:
    """A name alone stands for what it names, as that is."""
    if isinstance(value, Scalar):
        mapping = YamlMapping(value.span)
        mapping[Scalar(key, value.span)] = value
        return mapping
    return value


class CategoryChoice(Content):
    """A category of publications in a variant: one of the section's, or with `match` the variant's own."""

    id: Word
    title: Text | None = Field(None, description="A title in place of the section's own.")
    match: Match | None = Field(None, description="The rule of a category of the variant's own.")
    prefix: str | None = Field(None, description="Stands before each number: J gives J1, J2, …")
    note: Text | None = None


CategoryOrId = Annotated[
    CategoryChoice,
    WrittenOut(partial(_named, "id"), {"type": ["string", "number"]}),
]
"""A category in a variant; its id alone is enough."""


class SectionChoice(Content):
    """A section in a variant, and what of it is printed."""

    section: Word = Field(description="The name of its file in content/, without .yaml.")
    title: Text | None = Field(None, description="A title in place of the section's own.")
    note: Text | None = Field(None, description="A note in place of the section's own.")
    tags: Words = Field((), description="Only items with one of these tags (publications: keywords).")
    without: Words = Field((), description="No items with one of these tags.")
    since: Date | None = Field(None, description="Only items that end on or after this date.")
    new_since: Date | None = Field(None, description="Mark and count what is new since this date.")
    limit: int | None = Field(
        None, ge=1, description="At most so many items: those of the best priority, then the first."
    )
    detail: Literal["full", "brief"] = "full"
    categories: Annotated[tuple[CategoryOrId, ...], OneOrMore()] = Field(
        (), description="Publications: only these categories; those with `match` come first."
    )
    annotations: bool = Field(False, description="Publications: print what their field `annotation` says.")
    min: int | None = Field(
        None, ge=0, description="At least so many items where the variant is fitted to pages; 1 without it."
    )
    priority: int | None = Field(None, ge=1, description="The priority of its items that have none.")
    shrink_to: Literal["brief"] | None = Field(
        None, description="All its items may be printed short where the variant is fitted to pages."
    )
    mark: NameMeanings | None = Field(
        None, description="Publications: what signs behind names say, in place of the section's."
    )
    grouped: bool = Field(True, description="Whether items keep their headings within the section.")


Choice = Annotated[
    SectionChoice,
    WrittenOut(partial(_named, "section"), {"type": ["string", "number"]}),
]
"""A section in a variant; its name alone is enough."""


class Fit(Content):
    """The pages that a variant is fitted to."""

    pages: int = Field(ge=1, description="What matters most of what fits on so many pages is kept.")


def _fit(value: Any) -> Any:
    """A number alone is that of the pages."""
    if isinstance(value, Scalar):
        mapping = YamlMapping(value.span)
        mapping[Scalar("pages", value.span)] = value
        return mapping
    return value


FitToPages = Annotated[Fit, WrittenOut(_fit, {"type": "integer"})]
"""`fit: {pages: 2}`; the number alone is enough."""


class Spoken(Content):
    """What has a language."""

    lang: Word | None = Field(None, description="The language, in place of all others: en, de, fr, …")
    language: Word | None = Field(None, description="Another spelling of `lang`.")

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if self.lang is not None and self.language is not None:
            raise PydanticCustomError(
                "duplicate-key",
                "`lang` and `language` are one key in two spellings, and both stand here",
                {"span": self.language.span, "hint": "delete one of them"},
            )
        return self

    @property
    def given_language(self) -> Scalar | None:
        """The language as it was typed in either spelling."""
        return self.lang if self.lang is not None else self.language


Paper = Literal["a4", "letter"]


class Variant(Spoken):
    """One cut of the CV."""

    description: Text | None = Field(None, description="What it is for, shown by `cvbuild variants`.")
    sections: tuple[Choice, ...] | None = None
    title: Text | None = Field(None, description="The document's title in its metadata.")
    theme: Word | None = None
    paper: Paper | None = None
    layout: Layout | None = Field(None, description="The page, where this variant's is not the CV's.")
    max_pages: int | None = Field(None, ge=1)
    profile: Word | None = Field(None, description="A funder's rules to hold the PDF against: dfg-53.200.")
    origin: bool = Field(
        True, description="Whether the PDF's metadata name cvbuild's version and the git revision."
    )
    fit: FitToPages | None = Field(
        None, description="Leave out what matters least until the rest fits on so many pages."
    )
    output: FileName | None = Field(
        None, description="The file's name without .pdf; cv-VARIANT where it is missing."
    )


def _variant(value: Any) -> Any:
    """A variant without keys is the CV as it is."""
    return Variant() if value is None else value


def _variant_name(value: object) -> str:
    if isinstance(value, str) and _VARIANT_NAME.fullmatch(value):
        return str(value)
    raise PydanticCustomError(
        "bad-variant-name",
        "this is not a name for a variant",
        {"hint": "letters, digits, `-`, `_`, `.` and `+`: it becomes part of a file's name"},
    )


VariantName = Annotated[str, Checked(_variant_name, {"type": "string", "pattern": r"^[\w.+-]+$"})]
VariantOrNothing = Annotated[Variant, WrittenOut(_variant, {"type": "null"})]


class Settings(Spoken):
    """`cv.yaml`."""

    owner: Owner
    theme: Word | None = None
    paper: Paper = "a4"
    layout: Layout | None = Field(None, description="The page, where it is not the theme's.")
    title: Text | None = Field(None, description="The document's title in its metadata.")
    subject: Text | None = None
    keywords: Texts = ()
    bibliography: Words = Field((), description="The .bib files; bib/*.bib where it is missing.")
    ignore: Words = Field((), description="Codes of warnings and notes that are not to be shown.")
    sections: Words = Field((), description="The sections in order, by the names of their files.")
    variants: dict[VariantName, VariantOrNothing] = Field(default_factory=dict)
