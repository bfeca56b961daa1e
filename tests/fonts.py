"""A fontconfig with the fonts that a test gives it."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import forget_fonts, write_program

CYRILLIC = "410-44f"
Listed = dict[str, str]


def listed(folder: Path, *faces: Listed) -> None:
    """A fontconfig that knows these faces."""
    usual = {
        "index": "0", "weight": "80", "slant": "0", "width": "100", "variable": "False", "color": "False",
        "fontformat": "TrueType",
    }  # fmt: skip
    order = "file index family weight slant width variable color fontformat charset".split()
    lines = ["\t".join((usual | face)[name] for name in order) for face in faces]
    write_program(folder / "fc-list", "\n".join(f"echo '{line}'" for line in lines))
    forget_fonts()


def face(family: str, charset: str = CYRILLIC, file: str = "", **others: str) -> Listed:
    return {"file": file or f"/fonts/{family}.ttf", "family": family, "charset": charset, **others}
