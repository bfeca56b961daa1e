"""Many texts in one document: compiled, read back from the PDF, and compared."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pypdfium2
import yaml

from cvbuild.content.crossref import LINK_FIELDS
from cvbuild.diagnostics import Diagnostic
from cvbuild.loading import load_cv
from cvbuild.project import find_project
from cvbuild.read import load_bibtex
from cvbuild.read.yaml import load_yaml
from cvbuild.source import SourceFile, Span
from tests.projects import build_variant
from tests.properties import fields
from tests.properties.fields import BIBLIOGRAPHY, Place, is_verbatim
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
            return pieces(self.text, has_paragraphs=fields.has_paragraphs(self.place))
        # An address is shown without a slash at its end.
        return [
            self.text.rstrip("/") if self.place.path[-1] in LINK_FIELDS and not self.marked else self.text
        ]


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


def failures_of(engine: str, examples: Sequence[Example]) -> list[Failure]:
    """What goes wrong with texts in one document, each at a place of its own.

    A text that is complained of is taken out, and the others are tried again.
    """
    left = {example.place: example for example in examples}
    failures: list[Failure] = []
    while True:  # each turn takes out an example, or is the last one
        found, complaints = _attempt(engine, left)
        if any(failure.example is None for failure in found) and len(left) > 1:
            # One text breaks the document, and the message does not say which.
            tried, middle = list(left.values()), len(left) // 2
            of_halves = failures_of(engine, tried[:middle]) + failures_of(engine, tried[middle:])
            together = Failure(None, f"only together they fail: {[example.text for example in tried]}")
            return failures + (of_halves or [together])
        only = next(iter(left.values())) if len(left) == 1 else None
        failures += [replace(failure, example=failure.example or only) for failure in found]
        for example in complaints:
            del left[example.place]
        if not complaints:
            return failures


def _attempt(engine: str, left: Mapping[Place, Example]) -> tuple[list[Failure], set[Example]]:
    """What is wrong with the document, and the examples that are complained about."""
    with tempfile.TemporaryDirectory(prefix="properties-") as folder:
        root = Path(folder)
        spans = _write(root, left)
        cv, diagnostics = load_cv(find_project(root))
        pdf = None
        if cv is not None:
            built = build_variant(root, engine=engine)
            diagnostics = [*diagnostics, *built.diagnostics]
            pdf = built.pdf
        errors = [item for item in diagnostics if item.severity == "error"]
        if errors:
            return _blamed(errors, left, spans)
        if pdf is None:
            return [Failure(None, "there is neither an error nor a PDF")], set()
        return _misprinted(pdf, left), set()


def _write(root: Path, left: Mapping[Place, Example]) -> dict[Place, Span]:
    """Write a project, see that the loaders read what was typed, and say where each text stands."""
    typed = {place: example.typed(number) for number, (place, example) in enumerate(left.items())}

    def dumped_as(place: Place) -> _Typed:
        text = _Typed(typed.get(place, "word"))
        text.style = left[place].style if place in left else ""
        return text

    spans = {}
    for name, tree in fields.trees(dumped_as).items():
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
    texts = {
        place: fields.written(place, text) for place, text in typed.items() if place.file == BIBLIOGRAPHY
    }
    (root / BIBLIOGRAPHY).parent.mkdir()
    (root / BIBLIOGRAPHY).write_text(fields.bibliography(texts), encoding="utf-8")
    library, _ = load_bibtex([SourceFile(BIBLIOGRAPHY, fields.bibliography(texts))])
    entries = {entry.type: entry for entry in library.entries}
    for place, text in texts.items():
        kind, name = map(str, place.path)
        assert kind in entries, f"the entry with {name} = {{{text}}} is lost"
        spans[place] = entries[kind].fields[name].span
    return spans


def _blamed(
    errors: Sequence[Diagnostic], left: Mapping[Place, Example], spans: Mapping[Place, Span]
) -> tuple[list[Failure], set[Example]]:
    failures: list[Failure] = []
    complaints: set[Example] = set()
    for error in errors:
        at, example = error.span, None
        for place, own in spans.items():
            if at and at.source.name == own.source.name and own.start <= at.start <= own.end:
                example = left[place]
                complaints.add(example)
                break
        characters = set(unicodedata.normalize("NFC", example.text)) - set(" \t\n") if example else set()
        named = any(char in error.message or f"U+{ord(char):04X}" in error.message for char in characters)
        if not (error.code in FAIR and named):
            where = at.place if at else "nowhere"
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
        if place.name in fields.HIDDEN or fields.is_unprinted(place):
            continue
        where = {"properties": properties} if place.name in fields.METADATA else {"pages": shown}
        if fields.is_heading(place):
            where["outline"] = outline
        for name, text in where.items():
            if reason := _difference(example, number, text):
                failures.append(Failure(example, f"the PDF's {name} {reason}"))
    return failures


def _difference(example: Example, number: int, shown: str) -> str | None:
    expected = example.pieces
    if example.place.path[-1] == fields.SMALL_CAPITALS:
        shown, expected = shown.casefold(), [piece.casefold() for piece in expected]
    if fields.is_quoted(example.place):  # quotation marks within others are inner ones
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
            found = failures_of(engine, [replace(failure.example, text=shorter)])
            if found and found[0].example:
                failure, shrinking = found[0], True
                break
    return failure
