"""No plugin of pydantic's has a say in what a CV means."""

from __future__ import annotations

import subprocess
import sys

SOUGHT = """\
import sys
import cvbuild.model.base as base
base.Item.model_validate({})
assert "importlib.metadata" not in sys.modules
"""


def told(program: str) -> str:
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_pydantic_looks_for_no_plugins() -> None:
    assert told(f"{SOUGHT}from pydantic.plugin._loader import get_plugins; print([*get_plugins()])") == "[]"


def test_what_else_pydantic_asks_of_the_module_is_its_own() -> None:
    asked = f"{SOUGHT}from pydantic.plugin._loader import PYDANTIC_ENTRY_POINT_GROUP as name; print(name)"
    assert told(asked) == "pydantic"
