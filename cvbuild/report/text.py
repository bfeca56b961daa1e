"""Text from the user's files on its way to a terminal."""

from __future__ import annotations

import re

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Text without the characters that steer a terminal (C0 and C1 controls, ECMA-48) or turn its order."""
    return _CONTROLS.sub("\ufffd", text)
