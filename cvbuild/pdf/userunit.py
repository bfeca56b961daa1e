"""The unit of a PDF's pages, which PDFium leaves out: looked for in the file and in its object streams."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_USER_UNIT = re.compile(rb"/UserUnit\s+([\d.]+)")
_OBJECT_STREAM = re.compile(rb"/Type\s*/ObjStm\b.{0,300}?>>\s*stream\r?\n", re.DOTALL)


def user_unit(content: bytes, pages: int) -> float | None:
    """The unit of a file's pages in bp (/UserUnit, ISO 32000-1, 14.11); None where they differ."""
    found = [number for part in _parts(content) for number in _USER_UNIT.findall(part)]
    units = {float(number) for number in found}
    if not units or units == {1.0}:
        return 1.0
    return units.pop() if len(units) == 1 and len(found) >= pages else None


def _parts(content: bytes) -> Iterator[bytes]:
    """The file, and what its object streams hold."""
    yield content
    for match in _OBJECT_STREAM.finditer(content):
        try:
            yield zlib.decompressobj().decompress(content[match.end() :])
        except zlib.error:
            continue  # encrypted, or compressed in another way
