"""What a rule of a funder's profile is, what it looks at, and what it finds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, get_args

from cvbuild.content.reader import Checked, Content, Problem, table_of
from cvbuild.content.values import Word, is_language
from cvbuild.pdf.types import Measured, Page
from cvbuild.record import Record
from cvbuild.select import SelectedCv
from cvbuild.source import Scalar, Span

TOLERANCE = 0.02
"""In bp: what a length may fall short. Files round their coordinates; no reader sees 7 µm."""

LOCKED = "the PDF asks for a password"
"""What is said of every rule that such a file cannot be held against."""

Confidence = Literal["high", "medium", "low"]
Outcome = Literal["failed", "warned", "not measurable", "passed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""From the gravest to the least."""

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


class Subject(Record):
    """A measured PDF; `selected` is the content it was made from, None for one made elsewhere."""

    pdf: Measured
    selected: SelectedCv | None = None
    language: str = ""
    """The code of the language it was made in; empty where that is not known."""
    is_locked: bool = False
    """Whether it asks for a password, so that nothing in it can be seen."""
    printed: frozenset[tuple[str, int, int]] = frozenset()
    """The places of the values of the content that templates printed: they leave some out, as of `brief`."""


_NOTHING = Subject(Measured("", 0.0, 0, False, "", ()))


class Measurement(Record):
    """What a rule found: whether it holds, or None where that cannot be measured."""

    holds: bool | None
    required: str
    measured: str
    where: str = ""
    """Page and place: `page 3: “where it stands”`."""
    span: Span | None = None
    """The content's own place, where the rule knows it."""


class Rule(Content, kw_only=True):
    """What every rule has. A kind of rule adds its keys, `_measure` or `_measure_all`, and `_remedy`."""

    rule: str
    id: Annotated[Word | None, "Its name, where a profile has two of a kind."] = None
    severity: Literal["error", "warning"] = "error"
    confidence: Annotated[Confidence | None, "In place of the profile's."] = None
    source: Annotated[Word | None, "Where in the source, or which other one."] = None

    one_of: ClassVar[tuple[str, ...]] = ()
    """Keys of which it needs one at least, or it would ask nothing."""
    is_of_file: ClassVar[bool] = False
    """Whether it can be told of a PDF that asks for a password."""
    is_in_lengths: ClassVar[bool] = False
    """Whether it compares lengths, for which the unit of the pages has to be known."""

    @property
    def name(self) -> str:
        """Its name in the profile."""
        return str(self.id or self.rule)

    def __post_init__(self) -> None:
        if self.one_of and not any(getattr(self, key) for key in self.one_of):
            raise ValueError(
                f"this rule asks nothing: give it {' or '.join(f'`{key}`' for key in self.one_of)}"
            )

    def check(self, subject: Subject) -> Iterable[Measurement]:
        """What it comes to. Some rules give several measurements: a margin for each side."""
        if subject.is_locked and not self.is_of_file:
            return [Measurement(None, self.required, LOCKED)]
        if self.is_in_lengths and not subject.pdf.unit_is_sure:
            return [Measurement(None, self.required, "the pages have units of their own (/UserUnit)")]
        return self._measure_all(subject)

    def _measure_all(self, subject: Subject) -> Iterable[Measurement]:
        return [self._measure(subject)]

    def _measure(self, subject: Subject) -> Measurement:
        raise NotImplementedError

    @property
    def required(self) -> str:
        """What it asks, in the words of its measurements: `at most 4`."""
        found = dict.fromkeys(measurement.required for measurement in self._measure_all(_NOTHING))
        return "; ".join(found) or self.asked

    @property
    def asked(self) -> str:
        """What it asks, by its keys: `pages 4`."""
        typed = {key for key, value in (self.tree or {}).items() if value is not None}
        given = [name for name in table_of(type(self)) if name in typed and name not in table_of(Rule)]
        return ", ".join(f"{name.replace('_', ' ')} {_shown(getattr(self, name))}" for name in given) or "yes"

    @property
    def remedy(self) -> str | None:
        """The key of a variant, or of its content, that keeps it; None where there is none."""
        return self._remedy()

    def _remedy(self) -> str | None:
        return None


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return " / ".join(_shown(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def quoted(text: str, most: int = 40) -> str:
    """A few words that tell which text is meant."""
    text = " ".join(text.split())
    return f"“{text if len(text) <= most else text[: most - 1].rstrip() + '…'}”"


def at(page: int, text: str = "") -> str:
    """A page, and the text there."""
    return f"page {page}: {quoted(text)}" if text else f"page {page}"


def on_pages(numbers: list[int]) -> str:
    """Pages by their numbers: `page 3`, `pages 1, 2 and 12 more`."""
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    shown, rest = (numbers, 0) if len(numbers) <= 5 else (numbers[:4], len(numbers) - 4)
    listing = ", ".join(map(str, shown))
    return f"pages {listing} and {rest} more" if rest else f"pages {listing}"


def unread_pages(subject: Subject) -> list[int]:
    """Pages whose text is not set but drawn, as on a scan: nothing can be measured of it."""
    return [page.number for page in subject.pdf.pages if _is_drawn(page)]


def _is_drawn(page: Page) -> bool:
    if any(not run.is_visible for run in page.runs) or (page.marks and not page.runs):
        return True
    # A scan with a line of text set over it.
    half = page.width * page.height / 2
    return any(mark.kind == "image" and mark.box.area > half for mark in page.marks)


def of_text(subject: Subject, holds: bool | None, required: str, measured: str) -> Measurement:
    """A measurement of text: it cannot hold where some pages cannot be read, and names these then."""
    if holds is False or not (unread := unread_pages(subject)):
        return Measurement(holds, required, measured)
    where = f"{on_pages(unread)}: a picture of text, or its layer under a scan"
    return Measurement(None, required, measured, where)
