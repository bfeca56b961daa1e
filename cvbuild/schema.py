"""JSON Schemas of the content files, for completion and checks in editors."""

from __future__ import annotations

import json
from pathlib import Path

from cvbuild.content.schema import Schema, schema_of
from cvbuild.model.kinds import KINDS
from cvbuild.model.settings import Settings
from cvbuild.model.values import Date, Period, Text

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LEAVES = (Text, Date, Period)


def schemas() -> dict[str, Schema]:
    """The schema of cv.yaml and that of section files; own kinds of section pass with any keys."""
    named: dict[str, Schema] = {}
    settings = schema_of(Settings, named)
    defined: dict[str, Schema] = {}
    rules = []
    for kind, model in KINDS.items():
        within: dict[str, Schema] = {}
        section = schema_of(model, within)
        defined |= {**dict(sorted(within.items())), model.__name__: section}
        rules.append(
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{model.__name__}"},
            }
        )
    sections = {
        "type": "object",
        "required": ["kind", "title"],
        "properties": {"kind": {"type": "string", "examples": list(KINDS)}},
        "allOf": rules,
    }
    return {
        "cv": {**_head("cv.yaml", dict(sorted(named.items()))), **settings},
        "section": {**_head("a section", defined), **sections},
    }


def _head(what: str, defined: dict[str, Schema]) -> Schema:
    """How a schema begins; the types of single values come last."""
    leaves = {kind.__name__: dict(kind._checked.typed) for kind in _LEAVES}
    others = {name: schema for name, schema in defined.items() if name not in leaves}
    return {"$schema": DIALECT, "title": f"cvbuild: {what}", "$defs": others | leaves}


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
