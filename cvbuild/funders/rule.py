"""Rules of funders' profiles: base class, types of their keys, and the documents that they measure."""

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
"""Tolerance of limits on lengths, in bp (7 µm): PDF files round coordinates."""

LOCKED = "the PDF asks for a password"
"""Result of a rule that cannot be measured on a locked PDF."""

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
        """Return a length in bp as text in this length's unit."""
        unit = self.text.split()[-1]
        return f"{bp / _IN_BP[unit]:.{3 if unit in {'cm', 'in'} else 2}f} {unit}"

    @classmethod
    def of(cls, value: object) -> Length:
        """Parse a length. Raises Problem for any other value."""
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
"""Stands for a missing PDF, as for a document that a portal makes."""


class Subject(Record):
    """A measured PDF, with its content and its TeX unless it was made elsewhere."""

    pdf: Measured
    selected: SelectedCv | None = None
    rendered: RenderedTex | None = None
    is_locked: bool = False
    """Whether the PDF asks for a password: only rules with `is_of_file` can measure it."""

    @property
    def language(self) -> str:
        """The language code of the variant, else the one that the PDF names (/Lang); empty if unknown."""
        return self.rendered.language if self.rendered else self.pdf.language

    @cached_property
    def printed(self) -> frozenset[tuple[str, int, int]]:
        """Places of the content's values that the templates printed; short items, for example, omit some."""
        return frozenset(place_of(item.span) for item in (self.rendered.mapped if self.rendered else ()))


def read_pdf(
    path: Path, name: str = "", selected: SelectedCv | None = None, rendered: RenderedTex | None = None
) -> Subject:
    """Measure a PDF that will be called `name`. Raises UsageProblem if it is missing or broken."""
    if path.is_dir():
        raise UsageProblem(f"{path} is a folder, not a PDF")
    from cvbuild.pdf.read import LockedPdf, measure  # slow to import, and a build needs profiles first

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
    """Whether a rule holds (None: not measurable), and its requirement and result in words."""

    holds: bool | None
    required: str
    measured: str
    where: str = ""
    """Page and text: `page 3: “where it stands”`."""
    span: Span | None = None
    """Place in the content, if known."""


class Rule(Content, kw_only=True):
    """Base class of the kinds of rule, with their common keys.

    A kind is a subclass decorated with `rule`. It defines its own keys, `check`, and, if a change of
    the variant can make the rule hold, `remedy` as a string or property.
    """

    rule: str
    id: Annotated[Word | None, "Name of the rule, needed if a profile has two of one kind."] = None
    severity: Literal["error", "warning"] = "error"
    confidence: Annotated[Confidence | None, "Overrides the profile's confidence."] = None
    source: Annotated[Word | None, "Section of the profile's source, or another source."] = None

    one_of: ClassVar[tuple[str, ...]] = ()
    """At least one of these keys must be given."""
    is_of_file: ClassVar[bool] = False
    """Whether the rule can be measured on a PDF that asks for a password."""
    is_in_lengths: ClassVar[bool] = False
    """Whether the rule compares lengths, for which the unit of the pages must be known."""

    @property
    def name(self) -> str:
        """Name of the rule within its profile."""
        return str(self.id or self.rule)

    def __post_init__(self) -> None:
        if self.one_of and not any(getattr(self, key) for key in self.one_of):
            keys = " or ".join(f"`{key}`" for key in self.one_of)
            raise ValueError(f"this rule asks nothing: give it {keys}")

    def check(self, subject: Subject) -> Iterable[Measurement]:
        """Measure a document. Some rules return several measurements, such as one per margin."""
        raise NotImplementedError

    @property
    def remedy(self) -> str | None:
        """Change of the variant or its content that makes the rule hold; None if there is none."""
        return None

    @property
    def required(self) -> str:
        """The requirements in words, such as `at most 4`, as measured on a missing PDF; else `asked`."""
        found = self.check(Subject(NO_PDF))
        return "; ".join(dict.fromkeys(measured.required for measured in found)) or self.asked

    @property
    def asked(self) -> str:
        """The requirements as keys and values: `pages 4`."""
        typed = {key for key, value in (self._place or {}).items() if value is not None}
        given = [name for name in table_of(type(self)) if name in typed and name not in table_of(Rule)]
        return ", ".join(f"{name.replace('_', ' ')} {_shown(getattr(self, name))}" for name in given) or "yes"


RULES: dict[str, type[Rule]] = {}
"""The kinds of rule by name, which profiles write after `rule:`."""

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
    """Return page numbers in words, at most five of them: `pages 1, 2, 3, 4 and 12 more`."""
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    shown = numbers if len(numbers) <= 5 else numbers[:4]
    more = f" and {len(numbers) - len(shown)} more" if len(shown) < len(numbers) else ""
    return f"pages {', '.join(map(str, shown))}{more}"


def most_used(found: Iterable[tuple[str, int, str]]) -> dict[str, str]:
    """Return the first place of each name, beginning with the name that has the most characters."""
    used: Counter[str] = Counter()
    first: dict[str, str] = {}
    for name, characters, place in found:
        used[name] += characters
        first.setdefault(name, place)
    return {name: first[name] for name, _ in used.most_common()}


def unread_pages(subject: Subject) -> list[int]:
    """Return the numbers of pages with pictures of text, such as scans, whose type cannot be measured."""
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
    """Return a measurement of all text; it is not measurable if a page has a picture of text."""
    unread = unread_pages(subject)
    if not unread:
        return Measurement(holds, required, measured)
    where = f"{on_pages(unread)}: a picture of text, or its layer under a scan"
    return Measurement(None, required, measured, where)
