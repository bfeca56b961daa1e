"""Rules of a funder's profile: their base class, the values of their keys, and their subjects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeVar, get_args

from cvbuild.content.reader import Checked, Content, Problem, table_of
from cvbuild.content.values import Word, is_language
from cvbuild.diagnostics import UsageProblem
from cvbuild.pdf.types import Measured
from cvbuild.record import Record
from cvbuild.render.checks import place_of
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.select.types import SelectedCv
from cvbuild.source import Scalar, Span
from cvbuild.words import shortened

TOLERANCE = 0.02
"""By how much a length may miss its limit, in bp. PDF files round coordinates; this is 7 µm."""

LOCKED = "the PDF asks for a password"
"""Why a rule cannot be measured on an encrypted PDF."""

Confidence = Literal["high", "medium", "low"]
Outcome = Literal["failed", "warned", "not measurable", "passed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""All outcomes, the worst first."""

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(mm|cm|in|pt)")
_IN_BP = {"mm": 72 / 25.4, "cm": 720 / 25.4, "in": 72.0, "pt": 1.0}
"""Length of each unit in bp. `pt` is 1/72 inch as in word processors; TeX's own point is 0.4 % smaller."""


class Length(Record):
    """A length as written in the profile, such as `20 mm`, and in bp."""

    text: str
    bp: float

    def __str__(self) -> str:
        return self.text

    def shown(self, bp: float) -> str:
        """Return another length, given in bp, in the unit of this one."""
        unit = self.text.split()[-1]
        return f"{bp / _IN_BP[unit]:.{3 if unit in {'cm', 'in'} else 2}f} {unit}"

    @classmethod
    def of(cls, value: object) -> Length:
        """Read a length. Raises Problem for another value."""
        found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            hint = "a number and its unit: `11 pt`, `20 mm`, `1 in`"
            raise Problem("wrong-value", "this is not a length", hint)
        return cls(f"{found[1]} {found[2]}", float(found[1]) * _IN_BP[found[2]])


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


Pattern = Annotated[Scalar, Checked(_pattern, {"type": "string"})]
Language = Annotated[str, Checked(_language, {"type": "string"})]


NO_PDF = Measured("", 0.0, 0, False, "", ())
"""Stands for a PDF that is missing, as where a portal makes the document."""


class Subject(Record):
    """A measured PDF, with the content and the TeX it was made from unless it was made elsewhere."""

    pdf: Measured
    selected: SelectedCv | None = None
    rendered: RenderedTex | None = None
    is_locked: bool = False
    """Whether the PDF asks for a password, so that only its file can be measured."""

    @property
    def language(self) -> str:
        """The language code of the variant, else the one that the PDF names (/Lang); empty if unknown."""
        return self.rendered.language if self.rendered else self.pdf.language

    @cached_property
    def printed(self) -> frozenset[tuple[str, int, int]]:
        """Places of the content's values that the templates printed. They omit some, as for short items."""
        return frozenset(place_of(item.span) for item in (self.rendered.mapped if self.rendered else ()))


def read_pdf(
    path: Path, name: str = "", selected: SelectedCv | None = None, rendered: RenderedTex | None = None
) -> Subject:
    """Measure a PDF that is to be called `name`. Raises UsageProblem if there is none, or it is broken."""
    if path.is_dir():
        raise UsageProblem(f"{path} is a folder, not a PDF")
    from cvbuild.pdf.read import LockedPdf, measure  # PDFium is heavy, and a build reads profiles earlier

    try:
        measured = measure(path, name)
    except FileNotFoundError:
        hint = "build a PDF first with `cvbuild pdf`, or name another"
        raise UsageProblem(f"there is no file {path}", hint) from None
    except LockedPdf:
        measured = Measured(name or path.name, 0.0, path.stat().st_size, True, "", ())
        return Subject(measured, selected, rendered, is_locked=True)
    except ValueError:
        hint = "name the PDF that is to be sent in"
        raise UsageProblem(f"{path} is no PDF, or a broken one", hint) from None
    if not measured.pages:
        raise UsageProblem(f"{path} has no pages")
    return Subject(measured, selected, rendered)


class Measurement(Record):
    """Whether a rule holds, None if that cannot be measured, and what it requires and found."""

    holds: bool | None
    required: str
    measured: str
    where: str = ""
    """Page and text: `page 3: “where it stands”`."""
    span: Span | None = None
    """Place in the content, if known."""


class Rule(Content, kw_only=True):
    """Base class of the kinds of rule, with the keys that all of them have.

    A kind is a subclass under the decorator `rule`, with its own keys, `check`, and `remedy`, a string
    or property, if a variant can be changed so that the rule holds.
    """

    rule: str
    id: Annotated[Word | None, "Name of the rule, needed if a profile has two of one kind."] = None
    severity: Literal["error", "warning"] = "error"
    confidence: Annotated[Confidence | None, "Overrides the profile's confidence."] = None
    source: Annotated[Word | None, "Section of the profile's source, or another source."] = None

    one_of: ClassVar[tuple[str, ...]] = ()
    """Keys of which at least one must be given."""
    is_of_file: ClassVar[bool] = False
    """Whether it can be measured on a PDF that asks for a password."""
    is_in_lengths: ClassVar[bool] = False
    """Whether it compares lengths, which requires that the unit of the pages is known."""

    @property
    def name(self) -> str:
        """Name of the rule within its profile."""
        return str(self.id or self.rule)

    def __post_init__(self) -> None:
        if self.one_of and not any(getattr(self, key) for key in self.one_of):
            keys = " or ".join(f"`{key}`" for key in self.one_of)
            raise ValueError(f"this rule asks nothing: give it {keys}")

    def check(self, subject: Subject) -> Iterable[Measurement]:
        """Measure a document: one measurement, or several such as one for each margin."""
        raise NotImplementedError

    @property
    def remedy(self) -> str | None:
        """What to change in a variant or its content, if anything helps."""
        return None

    @property
    def required(self) -> str:
        """The requirements in words, such as `at most 4`, as measurements of an empty PDF state them."""
        found = self.check(Subject(NO_PDF))
        return "; ".join(dict.fromkeys(measured.required for measured in found)) or self.asked

    @property
    def asked(self) -> str:
        """The requirements as keys and values: `pages 4`."""
        typed = {key for key, value in (self._place or {}).items() if value is not None}
        given = [name for name in table_of(type(self)) if name in typed and name not in table_of(Rule)]
        return ", ".join(f"{name.replace('_', ' ')} {_shown(getattr(self, name))}" for name in given) or "yes"


RULES: dict[str, type[Rule]] = {}
"""The kinds of rule by the word after `rule:`, in the order in which messages list them."""

R = TypeVar("R", bound=type[Rule])


def rule(
    name: str, *, one_of: tuple[str, ...] = (), is_of_file: bool = False, is_in_lengths: bool = False
) -> Callable[[R], R]:
    """Enter a class in `RULES` as the kind of rule that profiles write as `rule: name`."""

    def enter(kind: R) -> R:
        kind.one_of, kind.is_of_file, kind.is_in_lengths = one_of, is_of_file, is_in_lengths
        RULES[name] = kind
        return kind

    return enter


def _shown(value: object) -> str:
    """Return the value of a key in words."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return " / ".join(map(_shown, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def quoted(text: str, most: int = 40) -> str:
    """Return a text in quotation marks, shortened to `most` characters."""
    return f"“{shortened(text, most)}”"


def at(page: int, text: str = "") -> str:
    """Return the place of a text: `page 3: “Example”`, or of a page: `page 3`."""
    return f"page {page}: {quoted(text)}" if text else f"page {page}"


def on_pages(numbers: list[int]) -> str:
    """Return page numbers in words, with at most five of them: `pages 1, 2, 3, 4 and 12 more`."""
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    shown = numbers if len(numbers) <= 5 else numbers[:4]
    more = f" and {len(numbers) - len(shown)} more" if len(shown) < len(numbers) else ""
    return f"pages {', '.join(map(str, shown))}{more}"


def most_used(found: Iterable[tuple[str, int, str]]) -> dict[str, str]:
    """Return names, those with the most characters first, each with the place that it has first."""
    used: Counter[str] = Counter()
    first: dict[str, str] = {}
    for name, characters, place in found:
        used[name] += characters
        first.setdefault(name, place)
    return {name: first[name] for name, _ in used.most_common()}


def unread_pages(subject: Subject) -> list[int]:
    """Return the numbers of pages that show a picture of text, such as scans: its type cannot be measured."""
    found = []
    for page in subject.pdf.pages:
        half = page.width * page.height / 2
        # A scan may have a line of text set over it, such as a page number.
        is_scan = any(mark.kind == "image" and mark.box.area > half for mark in page.marks)
        is_text_layer = not all(run.is_visible for run in page.runs)
        if is_scan or is_text_layer or (page.marks and not page.runs):
            found.append(page.number)
    return found


def of_text(subject: Subject, holds: Literal[True] | None, required: str, measured: str) -> Measurement:
    """Return a measurement of text that holds, or None; it is not measurable if pages cannot be read."""
    unread = unread_pages(subject)
    if not unread:
        return Measurement(holds, required, measured)
    where = f"{on_pages(unread)}: a picture of text, or its layer under a scan"
    return Measurement(None, required, measured, where)
