"""PDFs written by hand: text, rules and images at exact places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cvbuild.pdf.read import measure
from cvbuild.pdf.types import Font

A4 = (595.276, 841.89)
LETTER = (612.0, 792.0)

_KEYS = f"/P -4/O<{'00' * 32}>/U<{'00' * 32}>"
_OPEN = f"/Encrypt<</Filter/Standard/V 4/R 4/CF<<>>/StmF/Identity/StrF/Identity{_KEYS}>>"
"""Encryption that leaves streams and strings as they are (ISO 32000-1, 7.6.5)."""
_LOCKED = f"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2{_KEYS}>>"
"""Encryption of 40 bits with an unknown password (ISO 32000-1, 7.6.3)."""


@dataclass
class Sheet:
    """A page to be written. Methods give the sheet itself, so that they can be chained."""

    size: tuple[float, float] = A4
    content: list[str] = field(default_factory=list)
    annotations: list[str] = field(default_factory=list)
    keys: str = ""
    """More of the page's dictionary: `/Rotate 90`."""

    def text(
        self,
        x: float,
        y: float,
        size: float,
        text: str,
        font: str = "F1",
        *,
        more: str = "",
        scale: float = 1.0,
    ) -> Sheet:
        """A line of text with its baseline at a place; its matrix may scale its font."""
        shown = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        at = f"{scale} 0 0 {scale} {x} {y} Tm"
        self.content.append(f"BT {more} /{font} {size / scale} Tf {at} ({shown}) Tj ET")
        return self

    def lines(self, top: float, distance: float, size: float = 11, count: int = 3, font: str = "F1") -> Sheet:
        """Lines of text, one under the other."""
        for number in range(count):
            self.text(100, top - number * distance, size, f"Line {number} of an example", font)
        return self

    def area(self, x: float, y: float, width: float, height: float, colour: str = "0 g") -> Sheet:
        """A filled rectangle."""
        self.content.append(f"q {colour} {x} {y} {width} {height} re f Q")
        return self

    def rule(self, x: float, y: float, to_x: float, to_y: float, width: float = 1.0) -> Sheet:
        """A drawn line."""
        self.content.append(f"q {width} w {x} {y} m {to_x} {to_y} l S Q")
        return self

    def image(self, x: float, y: float, width: float, height: float) -> Sheet:
        """An image of one grey pixel."""
        data = "BI /W 1 /H 1 /CS /G /BPC 8 /F /AHx ID 80> EI"
        self.content.append(f"q {width} 0 0 {height} {x} {y} cm {data} Q")
        return self

    def link(self, address: str, border: str = "/Border[0 0 0]", place: str = "100 100 200 110") -> Sheet:
        """A link annotation."""
        action = f"/A<</S/URI/URI({address})>>"
        self.annotations.append(f"<</Type/Annot/Subtype/Link/Rect[{place}]{border}{action}>>")
        return self


def page_of(text: str = "Ada Example", size: float = 11) -> Sheet:
    """A page with a line of text."""
    return Sheet().text(100, 700, size, text)


def write_pdf(
    path: Path,
    *sheets: Sheet,
    fonts: Mapping[str, str] | None = None,
    version: str = "1.4",
    catalog: str = "",
    streams: Mapping[str, str] | None = None,
    password: bytes | None = None,
) -> Path:
    """Write a PDF. `fonts` are dictionaries or names of fonts that are not embedded; F1 is Helvetica.

    `streams` are more content, with their dictionaries' keys before a line end: a form's,
    a glyph's. In fonts, pages and streams `@NAME` refers to one; all are /XObject resources.
    With a `password` it is encrypted; only an empty one opens it.
    """
    named = "<</Type/Font/Subtype/Type1/BaseFont/{}/Encoding/WinAnsiEncoding>>"
    listed = ("Helvetica", *(fonts or {}).values())
    dictionaries = [font if font.startswith("<<") else named.format(font) for font in listed]
    first_page = 3 + len(dictionaries)
    first_stream = first_page + 2 * len(sheets)
    listing = "".join(f"/{name} {number} 0 R" for number, name in enumerate(["F1", *(fonts or {})], 3))
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(len(sheets)))
    references = {f"@{name}": f"{number} 0 R" for number, name in enumerate(streams or {}, first_stream)}

    def resolved(text: str) -> str:
        for name, reference in references.items():
            text = text.replace(name, reference)
        return text

    forms = "".join(f"/{name[1:]} {reference}" for name, reference in references.items())
    resources = f"<</Font<<{listing}>>/XObject<<{forms}>>>>"
    objects: list[tuple[str, bytes | None]] = [
        (f"<</Type/Catalog/Pages 2 0 R{catalog}>>", None),
        (f"<</Type/Pages/Kids[{kids}]/Count {len(sheets)}/Resources{resources}>>", None),
        *((resolved(dictionary), None) for dictionary in dictionaries),
    ]
    for number, sheet in enumerate(sheets):
        box = f"/MediaBox[0 0 {sheet.size[0]} {sheet.size[1]}]/Contents {first_page + 2 * number + 1} 0 R"
        annotations = f"/Annots[{''.join(sheet.annotations)}]" if sheet.annotations else ""
        objects.append((f"<</Type/Page/Parent 2 0 R{box}{annotations}{sheet.keys}>>", None))
        objects.append(("", "\n".join(sheet.content).encode("cp1252")))
    for keyed in (streams or {}).values():
        keys, _, stream = keyed.partition("\n")
        objects.append((resolved(keys), stream.encode("cp1252")))
    encryption = "" if password is None else _LOCKED if password else _OPEN
    path.write_bytes(_file(objects, version, encryption))
    return path


def _file(objects: list[tuple[str, bytes | None]], version: str, more: str) -> bytes:
    out = bytearray(f"%PDF-{version}\n".encode())
    offsets = []
    for number, (dictionary, stream) in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode()
        if stream is None:
            out += dictionary.encode("latin-1")
        else:
            out += f"<<{dictionary}/Length {len(stream)}>>\nstream\n".encode() + stream + b"\nendstream"
        out += b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    trailer = f"trailer<</Size {len(objects) + 1}/Root 1 0 R{more}>>\nstartxref\n{start}\n%%EOF\n"
    return bytes(out) + trailer.encode()


@dataclass(frozen=True)
class FontUse:
    """How many characters were set in a font at a size (bp); 0 where the size cannot be told."""

    name: str
    size: float
    characters: int
    embedded: bool


def font_use(path: Path) -> list[FontUse]:
    """Fonts and sizes by the characters set in them, most used first; spaces do not count."""
    counts: Counter[tuple[Font, float]] = Counter()
    for page in measure(path).pages:
        for run in page.runs:
            counts[run.font, round(run.size or 0.0, 2)] += run.characters
    return [FontUse(font.name, size, count, font.is_embedded) for (font, size), count in counts.most_common()]


def links(path: Path) -> list[str]:
    """The addresses of all link annotations, in page order."""
    return [address for page in measure(path).pages for address in page.links]
