"""Many texts in one document: compiled, read back from the PDF, and compared."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pypdfium2
import yaml

from cvbuild.diagnostics import Diagnostic
from cvbuild.read import load_bibtex
from cvbuild.read.yaml import load_yaml
from cvbuild.source import SourceFile, Span
from tests.projects import build_variant, read_project
from tests.properties.fields import (
    BIBLIOGRAPHY,
    HIDDEN,
    METADATA,
    SMALL_CAPITALS,
    Place,
    bibliography,
    has_paragraphs,
    is_heading,
    is_link,
    is_quoted,
    is_unprinted,
    is_verbatim,
    trees,
    written,
)
from tests.properties.printed import LINE_END_HYPHEN, QUOTATION_MARKS, comparable, pieces, shows

Style = Literal["", "'", '"', "|", ">"]
STYLES: tuple[Style, ...] = ("", "'", '"', "|", ">")

FAIR = frozenset({"missing-character", "empty-text"})
"""Errors that a text may be refused with: they name it and what is wrong with it."""

_MOST_DOCUMENTS = 40
"""Documents that are tried for the smallest text that fails."""
_LETTERS = "ABCDEGHKMNPRSUVW"


@dataclass(frozen=True)
class Example:
    """A text at a place, in a content file in one of YAML's styles, with or without marks around it."""

    place: Place
    text: str
    style: Style = ""
    marked: bool = True

    def typed(self, number: int) -> str:
        """The text with the marks of a number."""
        if not self.marked:
            return self.text
        space = "" if is_verbatim(self.place) else " "
        return f"{mark(2 * number)}{space}{self.text}{space}{mark(2 * number + 1)}"

    @property
    def pieces(self) -> list[str]:
        """What is printed of it as it is, between formulas."""
        if self.place.file != BIBLIOGRAPHY:
            return pieces(self.text, has_paragraphs=has_paragraphs(self.place))
        # An address is shown without a slash at its end.
        return [self.text.rstrip("/") if is_link(self.place) and not self.marked else self.text]


@dataclass(frozen=True)
class Failure:
    """A text that broke the build or is not what the PDF shows; no text where nobody knows which."""

    example: Example | None
    reason: str

    def __str__(self) -> str:
        if self.example is None:
            return self.reason
        style = f" (in YAML's style {self.example.style!r})" if self.example.style else ""
        return f"{self.example.place.name}{style}: {self.example.text!r}: {self.reason}"


def mark(number: int) -> str:
    """A word of capitals, which are neither hyphenated nor joined into ligatures."""
    digits = ""
    for _ in range(4):
        number, digit = divmod(number, len(_LETTERS))
        digits += _LETTERS[digit]
    return f"QZ{digits}X"


class _Typed(str):
    """A text with the style in which it is dumped."""

    __slots__ = ("style",)
    style: str


class _Dumper(yaml.SafeDumper):
    """Writes each text in its own style."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    _Typed,
    lambda dumper, typed: dumper.represent_scalar("tag:yaml.org,2002:str", str(typed), typed.style or None),
)


@dataclass
class Batch:
    """Texts in one document, at one place each."""

    engine: str
    examples: Sequence[Example]
    complaints: dict[Example, Diagnostic] = field(default_factory=dict)
    """What was an error at the text itself, which is fair."""

    def failures(self) -> list[Failure]:
        """What went wrong. A text that is complained of is taken out, and the others are tried again."""
        left = {example.place: example for example in self.examples}
        assert len(left) == len(self.examples), "one text for each place"
        failures: list[Failure] = []
        while True:  # each turn takes out an example, or is the last one
            found, complaints = self._attempt(left)
            if any(failure.example is None for failure in found) and len(left) > 1:
                return failures + self._halved(list(left.values()))
            only = next(iter(left.values())) if len(left) == 1 else None
            failures += [replace(failure, example=failure.example or only) for failure in found]
            self.complaints |= complaints
            for example in complaints:
                del left[example.place]
            if not complaints:
                return failures

    def _halved(self, examples: list[Example]) -> list[Failure]:
        """The failures of each half: one text breaks the document, and the message does not say which."""
        middle = len(examples) // 2
        halves = [Batch(self.engine, examples[:middle]), Batch(self.engine, examples[middle:])]
        failures = [failure for half in halves for failure in half.failures()]
        for half in halves:
            self.complaints |= half.complaints
        if not failures:
            return [Failure(None, f"only together they fail: {[example.text for example in examples]}")]
        return failures

    def _attempt(self, left: Mapping[Place, Example]) -> tuple[list[Failure], dict[Example, Diagnostic]]:
        """What is wrong with the document, and the complaints about single texts."""
        with tempfile.TemporaryDirectory(prefix="properties-") as folder:
            root = Path(folder)
            spans = _write(root, left)
            cv, diagnostics = read_project(root)
            pdf = None
            if cv is not None:
                built = build_variant(root, engine=self.engine)
                diagnostics = [*diagnostics, *built.diagnostics]
                pdf = built.pdf
            errors = [item for item in diagnostics if item.severity == "error"]
            if errors:
                return _blamed(errors, left, spans)
            if pdf is None:
                return [Failure(None, "there is neither an error nor a PDF")], {}
            return _misprinted(pdf, left), {}


def _write(root: Path, left: Mapping[Place, Example]) -> dict[Place, Span]:
    """Write a project, see that the loaders read what was typed, and say where each text stands."""
    typed = {place: example.typed(number) for number, (place, example) in enumerate(left.items())}

    def dumped_as(place: Place) -> _Typed:
        text = _Typed(typed.get(place, "word"))
        text.style = left[place].style if place in left else ""
        return text

    spans = {}
    for name, tree in trees(dumped_as).items():
        dumped = yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
        path = f"content/{name}.yaml"
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(dumped, encoding="utf-8")
        loaded, _ = load_yaml(SourceFile(path, dumped))
        for place in (place for place in left if place.file == name):
            value: Any = loaded
            for step in place.path:
                value = value[step]
            assert value == typed[place], f"read {value!r}, typed {typed[place]!r}"
            spans[place] = value.span
    texts = {place: written(place, text) for place, text in typed.items() if place.file == BIBLIOGRAPHY}
    (root / BIBLIOGRAPHY).parent.mkdir()
    (root / BIBLIOGRAPHY).write_text(bibliography(texts), encoding="utf-8")
    library, _ = load_bibtex([SourceFile(BIBLIOGRAPHY, bibliography(texts))])
    entries = {entry.type: entry for entry in library.entries}
    for place, text in texts.items():
        kind, name = map(str, place.path)
        assert kind in entries, f"the entry with {name} = {{{text}}} is lost"
        spans[place] = entries[kind].fields[name].span
    return spans


def _blamed(
    errors: Sequence[Diagnostic], left: Mapping[Place, Example], spans: Mapping[Place, Span]
) -> tuple[list[Failure], dict[Example, Diagnostic]]:
    failures: list[Failure] = []
    complaints: dict[Example, Diagnostic] = {}
    for error in errors:
        where = error.span.place if error.span else "nowhere"
        at = error.span and (error.span.source.name, error.span.start)
        within = (
            left[place]
            for place, own in spans.items()
            if at and at[0] == own.source.name and own.start <= at[1] <= own.end
        )
        example = next(within, None)
        if example is not None:
            complaints[example] = error
            characters = set(unicodedata.normalize("NFC", example.text)) - set(" \t\n")
            named = any(char in error.message or f"U+{ord(char):04X}" in error.message for char in characters)
            if error.code in FAIR and named:
                continue
        failures.append(Failure(example, f"error[{error.code}] at {where}: {error.message}"))
    return failures, complaints


def _misprinted(pdf: Path, left: Mapping[Place, Example]) -> list[Failure]:
    """The texts that are not what the PDF shows, on its pages, in its outline or among its properties."""
    shown = text_of(pdf)
    with pypdfium2.PdfDocument(pdf) as document:
        outline = "\n".join(bookmark.get_title() for bookmark in document.get_toc())
        properties = "\n".join(document.get_metadata_dict().values())
    failures = []
    for number, (place, example) in enumerate(left.items()):
        if place in HIDDEN or is_unprinted(place):
            continue
        where = {"properties": properties} if place in METADATA else {"pages": shown}
        if is_heading(place):
            where["outline"] = outline
        for name, text in where.items():
            if reason := _difference(example, number, text):
                failures.append(Failure(example, f"the PDF's {name} {reason}"))
    return failures


def _difference(example: Example, number: int, shown: str) -> str | None:
    expected = example.pieces
    if example.place.path[-1] == SMALL_CAPITALS:
        shown, expected = shown.casefold(), [piece.casefold() for piece in expected]
    if is_quoted(example.place):  # quotation marks within others are inner ones
        shown, *expected = (QUOTATION_MARKS.sub("’", part) for part in (shown, *expected))
    if example.place.path[-1] == "pages":  # hyphens between pages are one dash
        shown, *expected = (re.sub("[-–—]+", "-", part) for part in (shown, *expected))
    if not example.marked:
        if shows(shown, expected, whole=False):
            return None
        shown, begun = comparable(shown), comparable(expected[0])[:8]
        _, found, after = shown.partition(begun)
        return f"do not have it, but {found + after[: len(expected[0]) + 40]!r}"
    begin, end = mark(2 * number), mark(2 * number + 1)
    between = re.search(rf"{begin}(.*?){end}", shown, re.DOTALL | re.IGNORECASE)
    if between is None:
        return "have neither it nor what stands around it"
    if not shows(between[1], expected):
        return f"have {comparable(between[1])!r}, not {' … '.join(map(comparable, expected))!r}"
    return None


def text_of(pdf: Path) -> str:
    """The text of all pages, without the headers."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    bodies = [re.sub(r"^Ada Example\s*page \d+ of \d+", "", page) for page in pages]
    # At the end of a page PDFium does not tell a hyphen of TeX's from one that was typed.
    return "\n".join(re.sub(r"-\s*$", LINE_END_HYPHEN, body) for body in bodies)


def smallest(engine: str, failure: Failure) -> Failure:
    """The same failure of less text: halves, quarters and so on are left out while it still fails."""
    documents = 0
    shrinking = failure.example is not None
    while shrinking and failure.example:
        shrinking, text = False, failure.example.text
        lengths = [len(text) >> halved for halved in range(1, len(text).bit_length())]
        for start, end in ((at, at + length) for length in lengths for at in range(0, len(text), length)):
            shorter = text[:start] + text[end:]
            if not shorter.strip() or documents == _MOST_DOCUMENTS:
                continue
            documents += 1
            found = Batch(engine, [replace(failure.example, text=shorter)]).failures()
            if found and found[0].example:
                failure, shrinking = found[0], True
                break
    return failure
