"""The unit of a PDF's pages, which PDFium leaves out: looked for in the file and in its object streams."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_USER_UNIT = re.compile(rb"/UserUnit\s+(\d+(?:\.\d*)?|\.\d+)")
_OBJECT_STREAM = re.compile(rb"/Type\s*/ObjStm\b.{0,300}?>>\s*stream\r?\n", re.DOTALL)

_LARGEST = 10_000_000
"""Bytes of an object stream that are looked at; programs put a hundred objects into one."""


def user_unit(content: bytes, pages: int) -> float | None:
    """The unit of a file's pages in bp (/UserUnit, ISO 32000-1, 14.11); None where they differ."""
    found = [number for part in _parts(content) for number in _USER_UNIT.findall(part)]
    units = {float(number) for number in found}
    if not units or units == {1.0}:
        return 1.0
    unit = units.pop()
    return unit if not units and unit > 0 and len(found) >= pages else None


def _parts(content: bytes) -> Iterator[bytes]:
    """The file, and what its object streams hold."""
    yield content
    for match in _OBJECT_STREAM.finditer(content):
        end = content.find(b"endstream", match.end())
        try:
            yield zlib.decompressobj().decompress(content[match.end() : end], _LARGEST)
        except zlib.error:
            continue  # encrypted, or compressed in another way
