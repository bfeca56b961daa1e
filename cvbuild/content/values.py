"""The values of the content: text, dates, periods, words, links and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from cvbuild.content.reader import AtLeast, Checked, OneOrMore, Problem, kind_of
from cvbuild.read.parsed import YamlMapping
from cvbuild.record import Record
from cvbuild.source import Scalar, Span

_LANGUAGE = re.compile(r"([a-z]{2})(-[A-Z]{2})?")

# The languages of ISO 639-1 with a living literature.
_CODES = frozenset(
    """aa ab af ak am ar as az ba be bg bm bn bo br bs ca cs cv cy da de dz ee el en eo es et eu fa fi
    fo fr fy ga gd gl gu ha he hi hr hu hy id ig is it ja jv ka kk kl km kn ko ku ky la lb ln
    lo lt lv mg mi mk ml mn mr ms mt my nb ne nl nn no ny oc om or pa pl ps pt rm rn ro ru rw
    sa sd se si sk sl sn so sq sr st su sv sw ta te tg th ti tk tn tr ts tt ug uk ur uz vi wo
    xh yi yo zh zu""".split()
)


def is_language(key: str) -> bool:
    """Whether a key is a language code, such as `de` or `en-GB`."""
    match = _LANGUAGE.fullmatch(key)
    return match is not None and match[1] in _CODES


_WORD_OR_NUMBER = {"type": ["string", "number"]}
_BY_LANGUAGE = {
    "additionalProperties": False,
    "minProperties": 1,
    "patternProperties": {f"^{_LANGUAGE.pattern}$": _WORD_OR_NUMBER},
    "type": "object",
}


class Text(Record):
    """Inline markup by language code; text typed without a language has the key ""."""

    schema: ClassVar[Mapping[str, Any]] = {"oneOf": [_WORD_OR_NUMBER, _BY_LANGUAGE]}

    by_language: Mapping[str, Scalar]

    def in_language(self, language: str) -> Scalar:
        """Return the text to print in a language."""
        return self.by_language[self.key_for(language)]

    def key_for(self, language: str) -> str:
        """Return the key of the text to print in a language.

        The order: that language, its base (`de` of `de-AT`), "" for text without one, the first key typed.
        """
        wanted = (language, language.split("-", maxsplit=1)[0], "")
        return next((key for key in wanted if key in self.by_language), next(iter(self.by_language)))

    @property
    def span(self) -> Span:
        """The place of the text typed first."""
        return next(iter(self.by_language.values())).span

    def __str__(self) -> str:
        return str(next(iter(self.by_language.values())))

    @classmethod
    def of(cls, value: object) -> Text:
        """Read text, with or without languages. Raises Problem for another value."""
        hint = "write the text after the colon, or after the `- ` of a list"
        if isinstance(value, Scalar):
            if not value.strip():
                raise Problem("empty-text", "text is expected here, and there is none")
            return cls({"": value})
        if isinstance(value, YamlMapping):
            if wrong := [key for key in value if not is_language(key)]:
                message = f"text is expected here, not a mapping with the key `{wrong[0]}`"
                hint = "write text; by language it is `{en: …, de: …}`."
                hint += " Text with `: ` in it needs quotation marks"
                raise Problem("wrong-type", message, hint)
            for text in value.values():
                if text is not None and not isinstance(text, Scalar):
                    message = f"text is expected here, not {kind_of(text)}"
                    raise Problem("wrong-type", message, hint, text.span)
            known = {key: text for key, text in value.items() if isinstance(text, Scalar) and text.strip()}
            if known:
                return cls(known)
        raise Problem("wrong-type", f"text is expected here, not {kind_of(value)}", hint)


PRESENT_WORDS = frozenset(
    "present now today ongoing current heute présent aujourd’hui aujourd'hui actualidad presente oggi".split()
)

# The month in which a term begins, by the term's name in lower case. Winter and summer semesters
# are those of German universities (from October and from April).
_TERM_MONTHS = {
    "wise": 10, "ws": 10, "winter": 10, "sose": 4, "ss": 4, "sommer": 4, "spring": 1,
    "wintersemester": 10, "sommersemester": 4,
    "summer": 6, "fall": 9, "autumn": 9, "michaelmas": 10, "hilary": 1, "trinity": 4,
    "lent": 1, "easter": 4, "hs": 9, "fs": 2,
}  # fmt: skip

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_TERM = re.compile(r"([A-Za-z]+)[ ]?(\d{4}|\d{2})(?:[/–-](\d{2}|\d{4}))?")
_RANGE = re.compile(r"\s*(?:–|—|--|\s-(?=\s|$)|\.\.|\bto\b|\bbis\b)\s*")

# Other ways of writing a date, recognized only to show the right one in a hint. `03/04/2025` is
# missing, since nobody can tell its day from its month.
_OTHER_DATES = (
    r"(?:(?P<day>\d{1,2})\.\s?)?(?P<month>\d{1,2})[./]\s?(?P<year>\d{4})",
    r"(?P<year>\d{4})[./](?P<month>\d{1,2})(?:[./](?P<day>\d{1,2}))?",
    r"(?:(?P<day>\d{1,2})(?:\.|st|nd|rd|th)?\s)?(?P<name>[^\W\d]{3,})\.?,?"
    r"(?:\s(?P<day_behind>\d{1,2})(?:st|nd|rd|th)?,)?\s(?P<year>\d{4})",
)
_MONTH_NAMES = (
    "january januar", "february februar", "march märz", "april", "may mai", "june juni", "july juli",
    "august", "september", "october oktober", "november", "december dezember",
)  # fmt: skip

_DATE_HINT = "write a date as `2025`, `2025-06` or `2025-06-23`, a term as `WS 2024/25`"

D = TypeVar("D", "Date", "Period")


def _parsed(parse: Callable[[str], D], kind: str, hint: str, value: object) -> D:
    """Return a parsed value. Raises Problem with the hint, or with the one that `parse` gives."""
    if not isinstance(value, str):
        raise Problem("bad-date", f"a {kind} is expected here", hint)
    try:
        return parse(value)
    except ValueError as error:
        hints = error.hints if isinstance(error, Problem) else ()
        raise Problem("bad-date", str(error), *(hints or (hint,))) from None


class Date(Record, order=True):
    """A date with the parts that were typed. A term has a `season`, and `until_year` if it names two years.

    `month` and `day` are None if they were not typed. Compare dates by `first_day`: `<` needs two dates
    of the same precision, and raises TypeError for others.
    """

    schema: ClassVar[Mapping[str, Any]] = {
        "description": "2025, 2025-06, 2025-06-23 or WS 2024/25",
        "type": ["string", "integer"],
    }

    year: int
    month: int | None = None
    day: int | None = None
    season: str | None = None
    until_year: int | None = None

    @property
    def first_day(self) -> tuple[int, int, int]:
        """Year, month and day of the first day, for sorting."""
        return self.year, self.month or 1, self.day or 1

    @property
    def last_day(self) -> tuple[int, int, int]:
        """Year, month and day of the last day (31 if no day was typed); a term lasts half a year."""
        if self.season is not None and self.month is not None:
            months = self.month + 5
            return self.year + (months > 12), (months - 1) % 12 + 1, 31
        return self.year, self.month or 12, self.day or 31

    def __str__(self) -> str:
        """The date in the form of content files: `2025`, `2025-06`, `2025-06-23`, `WS 2024/25`."""
        if self.season is not None:
            until = f"/{self.until_year % 100:02}" if self.until_year is not None else ""
            return f"{self.season} {self.year}{until}"
        parts = (f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part))
        return "-".join(parts)

    @classmethod
    def of(cls, value: object) -> Date:
        """Read a date as typed. Raises Problem for another value."""
        return _parsed(cls.parse, "date", _DATE_HINT, value)

    @classmethod
    def parse(cls, text: str) -> Date:
        """Parse one date. Raises ValueError with a message for the user."""
        text = text.strip()
        if match := _ISO.fullmatch(text):
            year, month, day = (int(part) if part else None for part in match.groups())
            if not year:
                raise ValueError("there is no year 0")
            if month is not None and not 1 <= month <= 12:
                raise ValueError(f"there is no month {month}")
            if month is not None and day is not None:
                try:
                    date(year, month, day)
                except ValueError:
                    raise ValueError(f"there is no day {day} in that month") from None
            return cls(year, month, day)
        if (match := _TERM.fullmatch(text)) and match[1].casefold() in _TERM_MONTHS:
            # Two digits mean a year from 1970 to 2069.
            first, *behind = (
                int(part) if len(part) == 4 else 2000 + int(part) - (100 if int(part) > 69 else 0)
                for part in match.groups()[1:]
                if part
            )
            if behind and behind[0] != first + 1:
                raise ValueError(f"a term cannot run from {first} to {behind[0]}")
            return cls(first, _TERM_MONTHS[match[1].casefold()], None, match[1], *behind)
        written = _as_written_here(text)
        raise Problem("bad-date", f"`{text}` is not a date", f"write `{written}`" if written else "")


def _as_written_here(text: str) -> str | None:
    """Return `June 23, 2025`, `23.06.2025` or `06/2025` as `2025-06-23` or `2025-06`; None for other text."""
    found = next(filter(None, (re.fullmatch(pattern, text) for pattern in _OTHER_DATES)), None)
    if found is None:
        return None
    parts = found.groupdict()
    name = (parts.get("name") or "").casefold()
    named = (
        at for at, names in enumerate(_MONTH_NAMES, 1) for full in names.split() if full.startswith(name)
    )
    month = int(parts.get("month") or 0) or (next(named, 0) if name else 0)
    day = int(parts.get("day") or parts.get("day_behind") or 0)
    if not 1 <= month <= 12 or day > 31:
        return None
    return f"{parts['year']}-{month:02}" + (f"-{day:02}" if day else "")


class Period(Record):
    """A period of time; `end` is None while it goes on, and equals `start` for a single date (`2018`)."""

    schema: ClassVar[Mapping[str, Any]] = {
        "description": "2021 – present, 2021-04 – 2025-03, or one date",
        "type": ["string", "integer"],
    }

    start: Date
    end: Date | None
    span: Span | None = None

    @property
    def last_day(self) -> tuple[int, int, int]:
        """Year, month and day of the last day; 9999-12-31 while the period goes on."""
        return self.end.last_day if self.end is not None else (9999, 12, 31)

    def __str__(self) -> str:
        """The period in the form of content files: `2021-04 – present`."""
        if self.start == self.end:
            return str(self.start)
        return f"{self.start} – {self.end or 'present'}"

    @classmethod
    def of(cls, value: object) -> Period:
        """Read a period as typed. Raises Problem for another value."""
        hint = _DATE_HINT + ", a period as `2021 – 2024` or `2021 – present`"
        return _parsed(cls.parse, "period", hint, value)

    @classmethod
    def parse(cls, text: str, span: Span | None = None) -> Period:
        """Parse a period. `span` defaults to the place of `text`. Raises ValueError as `Date.parse` does."""
        span = span or getattr(text, "span", None)
        parts = [part.strip() for part in _RANGE.split(text.strip(), maxsplit=1)]
        start = Date.parse(parts[0])
        if len(parts) == 1:
            return cls(start, start, span)
        if not parts[1] or parts[1].casefold() in PRESENT_WORDS:
            return cls(start, None, span)
        end = Date.parse(parts[1])
        precision = 1 + bool(start.month and end.month) + bool(start.day and end.day)
        if end.first_day[:precision] < start.first_day[:precision]:
            raise ValueError("the period ends before it begins")
        return cls(start, end, span)


def _word(value: object) -> Scalar:
    if isinstance(value, Scalar) and value.strip():
        return value
    raise Problem("wrong-type", "a word is expected here")


def link(value: object) -> Scalar:
    """Return a web address with its scheme. Raises Problem for another value."""
    word = _word(value)
    if not re.fullmatch(r"(https?://|mailto:|tel:)\S+", word):
        hint = "write the whole of it: `https://…`; also `mailto:` and `tel:`"
        raise Problem("bad-url", f"`{word}` is not a web address", hint)
    return word


Word = Annotated[Scalar, Checked(_word, _WORD_OR_NUMBER)]
"""A short name, such as an id or a tag."""

Words = Annotated[tuple[Word, ...], OneOrMore()]
Texts = Annotated[tuple[Text, ...], OneOrMore()]

NameMeaning = Literal["students", "equal", "corresponding"]
"""The meanings of a mark behind a name: a supervised student, equal contribution, corresponding author."""

NameMeanings = Annotated[tuple[NameMeaning, ...], OneOrMore()]

Url = Annotated[Scalar, Checked(link, {"pattern": "^(https?://|mailto:|tel:)", "type": "string"})]
"""A web address with its scheme."""

Positive = Annotated[int, AtLeast(1)]
NotNegative = Annotated[int, AtLeast(0)]


def free_value(key: str, value: Any) -> Any:
    """Read the value of any key of a project's own kind: text, and lists and mappings of values."""
    if isinstance(value, Scalar):
        # These keys have the same meaning as in cvbuild's kinds.
        known = {"date": Date.of, "period": Period.of, "term": Date.of, "url": link}
        return known[key](value) if key in known else Text({"": value})
    if isinstance(value, YamlMapping):
        texts = {name: text for name, text in value.items() if isinstance(text, Scalar) and is_language(name)}
        if texts and len(texts) == len(value):
            return Text(texts)
        return {str(name): free_value("", item) for name, item in value.items()}
    if isinstance(value, list):
        return tuple(free_value("", item) for item in value)
    return value
