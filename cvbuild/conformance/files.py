"""Rules on the file: fonts within, version, size, name, text that can be copied."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from cvbuild.conformance.subject import LOCKED, Measurement, Subject, on_pages, quoted
from cvbuild.model.rules import (
    FilenamePattern,
    FontsEmbedded,
    HasTextLayer,
    MaxFileSize,
    NotEncrypted,
    PdfVersionMin,
)


def fonts_embedded(rule: FontsEmbedded, subject: Subject) -> Iterator[Measurement]:
    """Whether the fonts of all text are in the file; the standard 14 that readers bring are no exception."""
    missing: Counter[str] = Counter()
    there = set()
    pages: dict[str, int] = {}
    for page in subject.pdf.pages:
        for run in page.runs:
            if run.font.is_embedded:
                there.add(run.font.name)
            else:
                missing[run.font.name] += run.characters
                pages.setdefault(run.font.name, page.number)
    required = "every font in the file"
    if missing:
        names = [name for name, _ in missing.most_common()]
        yield Measurement(
            False, required, f"not in it: {', '.join(names)}", f"first on page {pages[names[0]]}"
        )
    elif not there:
        yield Measurement(None, required, "no text, so no font")
    else:
        yield Measurement(True, required, "all are: 1 font" if len(there) == 1 else f"all {len(there)} are")


def pdf_version_min(rule: PdfVersionMin, subject: Subject) -> Iterator[Measurement]:
    """The version in the file's header."""
    version = subject.pdf.version
    if not version:
        yield Measurement(None, f"PDF {rule.version:g} or newer", "the file does not say")
        return
    yield Measurement(version >= rule.version - 1e-9, f"PDF {rule.version:g} or newer", f"PDF {version:.1f}")


def max_file_size(rule: MaxFileSize, subject: Subject) -> Iterator[Measurement]:
    """The file's size."""
    required = f"at most {rule.megabytes:g} MB"
    measured = f"{subject.pdf.bytes / 1e6:.2f} MB"
    yield Measurement(subject.pdf.bytes <= rule.megabytes * 1e6, required, measured)


def not_encrypted(rule: NotEncrypted, subject: Subject) -> Iterator[Measurement]:
    """Whether the file is encrypted, be it with an empty password."""
    measured = "encrypted" if subject.pdf.is_encrypted else "not encrypted"
    if subject.is_locked:
        measured = "asks for a password"
    yield Measurement(not subject.pdf.is_encrypted, "no encryption", measured)


def has_text_layer(rule: HasTextLayer, subject: Subject) -> Iterator[Measurement]:
    """Whether every page has text that a reader can copy."""
    required = "text on every page"
    if subject.is_locked:
        yield Measurement(False, required, LOCKED)
        return
    empty = [page.number for page in subject.pdf.pages if not page.text.strip()]
    if empty:
        yield Measurement(False, required, "no text", on_pages(empty))
        return
    garbled = [
        page.number
        for page in subject.pdf.pages
        if page.unmapped * 2 > sum(run.characters for run in page.runs)
    ]
    measured = (
        "text without its letters: the fonts do not say which they are" if garbled else "text on every page"
    )
    yield Measurement(not garbled, required, measured, on_pages(garbled) if garbled else "")


def filename_pattern(rule: FilenamePattern, subject: Subject) -> Iterator[Measurement]:
    """The file's name, its ending included."""
    name = subject.pdf.name
    if rule.max_characters is not None:
        required = f"a name of at most {rule.max_characters} characters, .pdf included"
        yield Measurement(len(name) <= rule.max_characters, required, f"{len(name)}: {quoted(name, 60)}")
    if rule.pattern is not None:
        holds = re.fullmatch(rule.pattern, name) is not None
        yield Measurement(holds, f"a name like `{rule.pattern}`", quoted(name, 60))
