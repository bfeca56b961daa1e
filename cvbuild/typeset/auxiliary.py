"""The .aux that an engine leaves for its next run, and what of it matters."""

from __future__ import annotations

import re
from pathlib import Path

from cvbuild.typeset.engine import JOB_NAME

PAGES = re.compile(rb"(\\gdef\s*\\(?:cvlastpage|@abspage@last)\s*)\{-?\d+\}")
"""Where the number of pages stands in it."""

# The outline's entries, which bookmark reads at the end of the same run (bkm-pdftex.def), with lines
# of the .tex in them; and babel's, where nothing follows the language's name (babel.sty, \babel@aux).
_PASSING = re.compile(rb"^\\(?:BKM@entry\{.*|babel@aux\{\w+\}\{\})\r?\n", re.MULTILINE)


def lasting(aux: bytes) -> bytes:
    """Of an .aux what the next run can depend on."""
    return _PASSING.sub(b"", aux)


def auxiliary(folder: Path) -> bytes:
    """The .aux in a folder; nothing where there is none."""
    aux = folder / f"{JOB_NAME}.aux"
    return aux.read_bytes() if aux.is_file() else b""


def forget_auxiliary(folder: Path) -> None:
    """Delete the .aux."""
    (folder / f"{JOB_NAME}.aux").unlink(missing_ok=True)


def what_moved(before: bytes, after: bytes) -> str:
    """Why another pass is needed."""
    if not before:
        return "there is an .aux now"
    is_number = PAGES.sub(b"", lasting(before)) == PAGES.sub(b"", lasting(after))
    return "the number of pages changed" if is_number else "the .aux changed"
