"""JSON Schemas of the content files, for completion and checks in editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from cvbuild.model.dates import Date, Period
from cvbuild.model.sections import KINDS
from cvbuild.model.settings import Settings
from cvbuild.model.text import Text

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
    made = {
        "cv": {**Settings.model_json_schema(by_alias=True), "$schema": DIALECT, "title": "cvbuild: cv.yaml"},
        "section": {**section, "$schema": DIALECT, "title": "cvbuild: a section"},
    }
    return {name: _sharing(schema) for name, schema in made.items()}


def _sharing(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its leaf types named once and referred to, without pydantic's generated titles."""
    shared = {kind.__name__: TypeAdapter(kind).json_schema() for kind in (Text, Date, Period)}

    def refer(value: Any, inside_properties: bool = False) -> Any:
        if isinstance(value, list):
            return [refer(item) for item in value]
        if not isinstance(value, dict):
            return value
        plain = {key: item for key, item in value.items() if inside_properties or key != "title"}
        for name, leaf in shared.items():
            if leaf.items() <= plain.items():
                rest = {key: item for key, item in plain.items() if key not in leaf}
                return {"$ref": f"#/$defs/{name}", **rest}
        return {key: refer(item, key == "properties") for key, item in plain.items()}

    referring: dict[str, Any] = refer(schema)
    head = {"$schema": schema["$schema"], "title": schema["title"]}
    return {**head, **referring, "$defs": {**referring["$defs"], **shared}}


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
