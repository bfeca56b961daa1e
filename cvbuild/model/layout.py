"""What a person may ask of the page, in place of what the theme measures."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from cvbuild.content.fields import Checked, Content, Problem, WrittenOut, table_of
from cvbuild.load.tree import YamlMapping
from cvbuild.source import Scalar

_LENGTH = re.compile(r"(\d+(?:\.\d+)?) ?(mm|cm|in|pt)")
_POINTS = re.compile(r"(\d+(?:\.\d+)?)(?: ?pt)?")
_MM = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72}
MOST_MARGIN = 60
"""In mm: wider ones leave no room for the columns."""
LEAST_POINTS, MOST_POINTS = 6, 36


def _margin(value: object) -> float:
    """A margin in mm."""
    found = _LENGTH.fullmatch(value) if isinstance(value, Scalar) else None
    if found is None:
        hint = "a number and its unit: `20mm`, `2.5cm`, `1in`, `54pt`"
        raise Problem("bad-length", "this is not a length", hint)
    length = round(float(found[1]) * _MM[found[2]], 4)
    if length > MOST_MARGIN:
        hint = f"{MOST_MARGIN}mm is the most"
        raise Problem("bad-length", "this margin leaves no room for text", hint)
    return length


def _points(value: object) -> float:
    found = _POINTS.fullmatch(value) if isinstance(value, Scalar) else None
    if found is None or not LEAST_POINTS <= float(found[1]) <= MOST_POINTS:
        raise Problem(
            "bad-length",
            "this is not a size in points",
            f"a number from {LEAST_POINTS} to {MOST_POINTS}, as in `11`;"
            " a line spacing of 1.2 at 11 points is `leading: 13.2`",
        )
    return float(found[1])


_TYPED_MARGIN = {"pattern": r"^\d+(\.\d+)? ?(mm|cm|in|pt)$", "type": "string"}
Margin = Annotated[float, Checked(_margin, _TYPED_MARGIN)]
Points = Annotated[
    float,
    Checked(_points, {"maximum": MOST_POINTS, "minimum": LEAST_POINTS, "type": ["number", "string"]}),
]


class Margins(Content, kw_only=True):
    """The empty edges of a page."""

    sides: Annotated[Margin, "At the left and at the right."]
    top: Margin
    bottom: Margin


def _margins(value: Any) -> Any:
    """One length stands for all sides."""
    if not isinstance(value, Scalar):
        return value
    _margin(value)
    mapping = YamlMapping(value.span)
    for name in table_of(Margins):
        mapping[Scalar(name, value.span)] = value
    return mapping


class Layout(Content, kw_only=True):
    """The page as a reader's rules want it; what is missing here is the theme's."""

    font_size: Annotated[Points | None, "Of the text, in points (1/72 inch)."] = None
    leading: Annotated[Points | None, "From one baseline to the next, in points."] = None
    margins: Annotated[
        Annotated[Margins, WrittenOut(_margins, _TYPED_MARGIN)] | None,
        "One length (20mm, 2cm, 1in) for all sides, or `sides`, `top` and `bottom`.",
    ] = None
    page_header: Annotated[
        Literal["later", "all", "none"] | None,
        "Which pages have the name and the page's number at their top.",
    ] = None
    links: Annotated[bool | None, "false leaves addresses as text that leads nowhere."] = None
