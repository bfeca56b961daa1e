"""How templates are written: `<< value >>`, `<% statement %>` and `<# comment #>`, which TeX does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SYNTAX: Mapping[str, Any] = {
    "block_start_string": "<%",
    "block_end_string": "%>",
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "comment_start_string": "<#",
    "comment_end_string": "#>",
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": False,
}
"""As Jinja's environments take it."""
