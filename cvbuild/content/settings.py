"""The keys of `cv.yaml` (owner, sections, variants, page) and of `contacts.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from cvbuild.content.kinds import PublicationsSection
from cvbuild.content.publications import Match
from cvbuild.content.reader import Checked, Content, Homes, OneOrMore, Problem, WrittenOut
from cvbuild.content.values import Date, NameMeanings, NotNegative, Positive, Text, Texts, Url, Word, Words
from cvbuild.read.parsed import YamlMapping
from cvbuild.record import field
from cvbuild.source import Scalar

_MM = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72}
MOST_MARGIN = 60
"""Maximum width of a margin, in mm: wider ones leave no room for the columns."""
LEAST_POINTS, MOST_POINTS = 6, 36
"""Limits of the sizes of type and of the leading, in points (1/72 inch)."""

_PROFILES = Path(__file__).with_name("profiles.txt").read_text(encoding="utf-8")
PROFILE_ADDRESSES = dict(zip(_PROFILES.split()[::2], _PROFILES.split()[1::2], strict=True))
"""The address of a handle's page, by network."""

_WORD_OR_NUMBER = {"type": ["string", "number"]}


def _margin(value: object) -> float:
    """Return a margin in mm."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(mm|cm|in|pt)", value) if isinstance(value, Scalar) else None
    if found is None:
        hint = "a number and its unit: `20mm`, `2.5cm`, `1in`, `54pt`"
        raise Problem("bad-length", "this is not a length", hint)
    length = round(float(found[1]) * _MM[found[2]], 4)
    if length > MOST_MARGIN:
        raise Problem("bad-length", "this margin leaves no room for text", f"{MOST_MARGIN}mm is the most")
    return length


def _points(value: object) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(?: ?pt)?", value) if isinstance(value, Scalar) else None
    if found is None or not LEAST_POINTS <= float(found[1]) <= MOST_POINTS:
        hint = f"a number from {LEAST_POINTS} to {MOST_POINTS}, as in `11`;"
        hint += " a line spacing of 1.2 at 11 points is `leading: 13.2`"
        raise Problem("bad-length", "this is not a size in points", hint)
    return float(found[1])


_TYPED_MARGIN = {"pattern": r"^\d+(\.\d+)? ?(mm|cm|in|pt)$", "type": "string"}
_TYPED_POINTS = {"maximum": MOST_POINTS, "minimum": LEAST_POINTS, "type": ["number", "string"]}
Margin = Annotated[float, Checked(_margin, _TYPED_MARGIN)]
Points = Annotated[float, Checked(_points, _TYPED_POINTS)]


class Margins(Content, kw_only=True):
    """The empty edges of a page."""

    sides: Annotated[Margin, "At the left and at the right."]
    top: Margin
    bottom: Margin


def _under(keys: tuple[str, ...], value: Any) -> Any:
    """Expand a single value to a mapping that has it under each of `keys`; other values stay."""
    if not isinstance(value, Scalar):
        return value
    return YamlMapping(value.span, [(Scalar(key, value.span), value) for key in keys])


def _margins(value: Any) -> Any:
    if isinstance(value, Scalar):
        _margin(value)  # reports a wrong length once, not for each side
    return _under(("sides", "top", "bottom"), value)


class Layout(Content, kw_only=True):
    """The page as a reader's rules want it; what is missing here is the theme's."""

    font_size: Annotated[Points | None, "Of the text, in points (1/72 inch)."] = None
    leading: Annotated[Points | None, "From one baseline to the next, in points."] = None
    margins: Annotated[
        Annotated[Margins, WrittenOut(_margins, _TYPED_MARGIN)] | None,
        "One length (20mm, 2cm, 1in) for all sides, or `sides`, `top` and `bottom`.",
    ] = None
    page_header: Annotated[
        Literal["later", "all", "none"] | None,
        "Which pages have the name and the page's number at their top.",
    ] = None
    links: Annotated[bool | None, "false leaves addresses as text that leads nowhere."] = None


def _like(
    pattern: str, code: str, message: str, hint: str, schema: Mapping[str, Any] = _WORD_OR_NUMBER
) -> Checked:
    """Return the mark of a text that has to match `pattern`; another value raises Problem."""

    def read(value: object) -> Scalar:
        if isinstance(value, Scalar) and re.fullmatch(pattern, value):
            return value
        raise Problem(code, message, hint)

    return Checked(read, schema)


def _profiles(value: object) -> dict[str, Scalar]:
    if not isinstance(value, YamlMapping):
        raise Problem("wrong-type", "a mapping is expected here: lines of `network: handle`")
    profiles: dict[str, Scalar] = {}
    for network, handle in value.items():
        if not isinstance(handle, Scalar):
            raise Problem("wrong-type", f"`{network}` needs a handle", span=value.key_span(network))
        if network not in PROFILE_ADDRESSES and not handle.startswith(("https://", "http://")):
            message = f"the network `{network}` is not known"
            networks = ", ".join(sorted(PROFILE_ADDRESSES))
            hint = f"give the whole address (`https://…`), or use one of {networks}"
            raise Problem("unknown-profile", message, hint, value.key_span(network))
        profiles[str(network)] = handle
    return profiles


_FILE_HINT = "a name without a folder and without .pdf, as in `cv-2025`; `-o` puts the PDF elsewhere"
_FILE = _like(r"[^./\\\0][^/\\\0]*(?<!\.pdf)", "bad-file-name", "this is not the name of a file", _FILE_HINT)
_EMAIL_HINT, _EMAIL_SCHEMA = "write `name@example.org`", {"format": "email", "type": "string"}
_EMAIL = _like(
    r"[^@\s]+@[^@\s]+\.[^@\s]+", "bad-email", "this is not an e-mail address", _EMAIL_HINT, _EMAIL_SCHEMA
)
_PHONE_HINT = "digits, spaces, brackets, hyphens, dots and slashes, as in `+49 (30) 31002-371`"
_PHONE = _like(r"\+?[\d\s()/.\-]{5,}", "bad-phone", "this is not a telephone number", _PHONE_HINT)
FileName = Annotated[Scalar, _FILE]
Email = Annotated[Scalar, _EMAIL]
Phone = Annotated[Scalar, _PHONE]
_TYPED_PROFILES = {
    "additionalProperties": {"pattern": "^https?://", "type": "string"},
    "properties": dict.fromkeys(PROFILE_ADDRESSES, _WORD_OR_NUMBER),
    "type": "object",
}


class Owner(Content, kw_only=True):
    """Whose CV this is."""

    names: ClassVar[frozenset[str]] = frozenset({"degree", "suffix", "affiliation", "address"})
    name: Annotated[Word, "As printed: Ada Lovelace; or as in BibTeX: Lovelace, Ada."]
    degree: Annotated[Text | None, "Stands before the name: Dr. rer. nat."] = None
    suffix: Annotated[Text | None, "Stands after the name: PhD, FRS."] = None
    position: Text | None = None
    affiliation: Texts = ()
    address: Text | None = None
    website: Url | None = None
    email: Email | None = None
    phone: Phone | None = None
    mobile: Phone | None = None
    born: Annotated[Text | None, "Date and place of birth, where a reader asks for it."] = None
    nationality: Text | None = None
    profiles: Annotated[dict[str, Scalar], Checked(_profiles, _TYPED_PROFILES)] = field(default_factory=dict)
    also_published_as: Annotated[Words, "Former and other names, as in BibTeX: Family, Given."] = ()


class CategoryChoice(Content, kw_only=True):
    """A category of publications in a variant: one of the section's, or with `match` the variant's own."""

    id: Word
    title: Annotated[Text | None, "A title in place of the section's own."] = None
    match: Annotated[Match | None, "The rule of a category of the variant's own."] = None
    prefix: Annotated[str | None, "Stands before each number: J gives J1, J2, …"] = None
    note: Text | None = None


CategoryOrId = Annotated[CategoryChoice, WrittenOut(partial(_under, ("id",)), _WORD_OR_NUMBER)]


class SectionChoice(Content, kw_only=True):
    """A section in a variant, and what of it is printed."""

    section: Annotated[Word, "The name of its file in content/, without .yaml."]
    title: Annotated[Text | None, "A title in place of the section's own."] = None
    note: Annotated[Text | None, "A note in place of the section's own."] = None
    tags: Annotated[Words, "Only items with one of these tags (publications: keywords)."] = ()
    without: Annotated[Words, "No items with one of these tags."] = ()
    since: Annotated[Date | None, "Only items that end on or after this date."] = None
    new_since: Annotated[Date | None, "Mark and count what is new since this date."] = None
    limit: Annotated[
        Positive | None, "At most so many items: those of the best priority, then the first."
    ] = None
    detail: Literal["full", "brief"] = "full"
    categories: Annotated[
        tuple[CategoryOrId, ...],
        OneOrMore(),
        "Publications: only these categories; those with `match` come first.",
    ] = ()
    annotations: Annotated[bool, "Publications: print what their field `annotation` says."] = False
    min: Annotated[
        NotNegative | None, "At least so many items where the variant is fitted to pages; 1 without it."
    ] = None
    priority: Annotated[Positive | None, "The priority of its items that have none."] = None
    shrink_to: Annotated[
        Literal["brief"] | None, "All its items may be printed short where the variant is fitted to pages."
    ] = None
    mark: Annotated[
        NameMeanings | None, "Publications: what signs behind names say, in place of the section's."
    ] = None
    grouped: Annotated[bool, "Whether items keep their headings within the section."] = True


Choice = Annotated[SectionChoice, WrittenOut(partial(_under, ("section",)), _WORD_OR_NUMBER)]


class Fit(Content, kw_only=True):
    """The pages that a variant is fitted to."""

    pages: Annotated[Positive, "What matters most of what fits on so many pages is kept."]


class Spoken(Content, kw_only=True):
    """Settings with a language of their own."""

    lang: Annotated[Word | None, "The language, in place of all others: en, de, fr, …"] = None
    language: Annotated[Word | None, "Another spelling of `lang`."] = None

    def __post_init__(self) -> None:
        if self.lang is not None and self.language is not None:
            message = "`lang` and `language` are one key in two spellings, and both stand here"
            raise Problem("duplicate-key", message, "delete one of them", self.language.span)

    @property
    def given_language(self) -> Scalar | None:
        """The language as it was typed in either spelling."""
        return self.lang if self.lang is not None else self.language


Paper = Literal["a4", "letter"]


class Variant(Spoken, kw_only=True):
    """One cut of the CV."""

    description: Annotated[Text | None, "What it is for, shown by `cvbuild variants`."] = None
    sections: tuple[Choice, ...] | None = None
    title: Annotated[Text | None, "The document's title in its metadata."] = None
    theme: Word | None = None
    paper: Paper | None = None
    layout: Annotated[Layout | None, "The page, where this variant's is not the CV's."] = None
    max_pages: Positive | None = None
    profile: Annotated[Word | None, "A funder's rules to hold the PDF against: dfg-53.200."] = None
    origin: Annotated[bool, "Whether the PDF's metadata name cvbuild's version and the git revision."] = True
    fit: Annotated[
        Annotated[Fit, WrittenOut(partial(_under, ("pages",)), {"type": "integer"})] | None,
        "Leave out what matters least until the rest fits on so many pages.",
    ] = None
    output: Annotated[FileName | None, "The file's name without .pdf; cv-VARIANT where it is missing."] = None


def _variant_name(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"\w[\w.+-]*", value):
        return str(value)  # without its place, which would be part of the memo's keys
    hint = "letters, digits, `-`, `_`, `.` and `+`: it becomes part of a file's name"
    raise Problem("bad-variant-name", "this is not a name for a variant", hint)


VariantName = Annotated[str, Checked(_variant_name, {"pattern": r"^[\w.+-]+$", "type": "string"})]
# `NAME:` without a value is a variant without keys.
_NOTHING = WrittenOut(lambda value: Variant() if value is None else value, {"type": "null"})
VariantOrNothing = Annotated[Variant, _NOTHING]


class Settings(Spoken, kw_only=True):
    """`cv.yaml`."""

    owner: Owner
    theme: Word | None = None
    paper: Paper = "a4"
    layout: Annotated[Layout | None, "The page, where it is not the theme's."] = None
    title: Annotated[Text | None, "The document's title in its metadata."] = None
    subject: Text | None = None
    keywords: Texts = ()
    bibliography: Annotated[Words, "The .bib files; bib/*.bib where it is missing."] = ()
    ignore: Annotated[Words, "Codes of warnings and notes that are not to be shown."] = ()
    sections: Annotated[Words, "The sections in order, by the names of their files."] = ()
    variants: dict[VariantName, VariantOrNothing] = field(default_factory=dict)


class Contact(Content, kw_only=True):
    """A co-author."""

    name: Annotated[Word, "As in BibTeX: Family, Given."]
    affiliation: Text | None = None
    email: Email | None = None
    also_published_as: Annotated[Words, "Other spellings and names that are this person's."] = ()


HOMES: Homes = {
    Layout: ("under `layout:`", "layout"),
    Settings: ("to the left edge of cv.yaml", ""),
    Variant: ("to a variant, under its name in `variants:` of cv.yaml", ""),
    SectionChoice: ("to a section of a variant, under its `- section: NAME` in cv.yaml", ""),
    PublicationsSection: ("into the section's own file, the one of kind `publications`", ""),
    Owner: ("under `owner:` in cv.yaml", ""),
}
"""The classes that a misplaced key may belong to, the likeliest first."""
