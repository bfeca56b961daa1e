"""JSON Schemas of the content files, for completion and checks in editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from cvbuild.model.sections import KINDS
from cvbuild.model.settings import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of cv.yaml and that of section files; own kinds of section pass with any keys."""
    section: dict[str, Any] = {"$defs": {}}
    rules = []
    for kind, model in KINDS.items():
        made = TypeAdapter(model).json_schema(by_alias=True, ref_template="#/$defs/{model}")
        section["$defs"].update(made.pop("$defs", {}))
        section["$defs"][model.__name__] = made
        rules.append(
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{model.__name__}"},
            }
        )
    section |= {
        "type": "object",
        "required": ["kind", "title"],
        "properties": {"kind": {"type": "string", "examples": list(KINDS)}},
        "allOf": rules,
    }
    return {
        "cv": {"$schema": DIALECT, "title": "cvbuild: cv.yaml", **Settings.model_json_schema(by_alias=True)},
        "section": {"$schema": DIALECT, "title": "cvbuild: a section", **section},
    }


def write_schemas(content: Path) -> list[Path]:
    """Write both schemas into `schema/` of a content folder; gives their paths."""
    folder = content / "schema"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.append(path)
    return written
