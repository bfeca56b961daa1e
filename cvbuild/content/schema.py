"""Generate JSON Schemas (draft 2020-12) of the content files, for editors, from the records' annotations."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from cvbuild.content.kinds import KINDS
from cvbuild.content.reader import AtLeast, Checked, NotEmpty, OneOrMore, WrittenOut, table_of
from cvbuild.content.settings import Settings
from cvbuild.content.values import Date, Period, Text
from cvbuild.record import NODEFAULT

Schema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN = {int: "integer", float: "number", bool: "boolean", str: "string", type(None): "null"}
_LEAVES = {kind.__name__: dict(kind.schema) for kind in (Text, Date, Period)}
"""The schemas of classes of values; they come last among the definitions."""


def schemas() -> dict[str, Schema]:
    """Return the schemas of cv.yaml and of section files; a project's own kinds may have any keys."""
    named: dict[str, Schema] = {}
    settings = _mapping(Settings, named)
    defined: dict[str, Schema] = {}
    rules = []
    for name, kind in KINDS.items():
        within: dict[str, Schema] = {}
        section = _mapping(kind.section, within, kind.about)
        section["properties"]["kind"] = {"const": name, "type": "string"}
        defined |= {**dict(sorted(within.items())), kind.schema: section}
        condition = {"properties": {"kind": {"const": name}}, "required": ["kind"]}
        rules.append({"if": condition, "then": {"$ref": f"#/$defs/{kind.schema}"}})
    return {
        "cv": {
            "$schema": DIALECT,
            "title": "cvbuild: cv.yaml",
            "$defs": dict(sorted(named.items())) | _LEAVES,
            **settings,
        },
        "section": {
            "$schema": DIALECT,
            "title": "cvbuild: a section",
            "$defs": defined | _LEAVES,
            "type": "object",
            "required": ["kind", "title"],
            "properties": {"kind": {"type": "string", "examples": list(KINDS)}},
            "allOf": rules,
        },
    }


def write_schemas(content: Path) -> list[Path]:
    """Write both schemas into `schema/` of a content folder, and return their paths."""
    folder = content / "schema"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.append(path)
    return written


def _mapping(kind: Any, named: dict[str, Schema], about: str = "") -> Schema:
    """Return the schema of a class of content; add the classes that it refers to to `named`."""
    schema: Schema = {"additionalProperties": False}
    if about or not get_origin(kind):
        schema["description"] = about or inspect.cleandoc(kind.__doc__)
    properties = schema["properties"] = {}
    for field in table_of(kind).values():
        found = dict(_of(field.type, named))
        for mark in getattr(field.type, "__metadata__", ()):
            if isinstance(mark, str):
                found["description"] = mark
        if field.default is not NODEFAULT:
            found["default"] = list(field.default) if field.default == () else field.default
        properties[field.encode_name] = dict(sorted(found.items()))
    if required := [field.encode_name for field in table_of(kind).values() if field.required]:
        schema["required"] = required
    return schema | {"type": "object"}


def _of(kind: Any, named: dict[str, Schema]) -> Schema:
    """Return the schema of an annotation."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        typed, *marks = arguments
        schema = dict(marks.pop(0).schema) if isinstance(marks[0], Checked) else _of(typed, named)
        for mark in marks:
            match mark:
                case WrittenOut():
                    schema = _any_of(dict(mark.schema), schema)
                case OneOrMore():
                    schema = _any_of(schema["items"], schema)
                case AtLeast():
                    schema = {"minimum": mark.least, **schema}
                case NotEmpty():
                    schema["minItems"] = 1
        return schema
    if origin in {Union, UnionType}:
        return _any_of(*(_of(item, named) for item in arguments))
    if origin is tuple:
        return {"items": _of(arguments[0], named), "type": "array"}
    if origin is dict:
        pattern = _of(arguments[0], named).get("pattern")
        item = _of(arguments[1], named)
        items = {"patternProperties": {pattern: item}} if pattern else {"additionalProperties": item}
        return {**items, "type": "object"}
    if origin is Literal:
        words: Schema = {"enum": list(arguments)} if arguments[1:] else {"const": arguments[0]}
        return {**words, "type": "string"}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    # A class by its name: `Group_Award_` for `Group[Award]`.
    name = "_".join([(origin or kind).__name__, *(f"{item.__name__}_" for item in arguments)])
    if name not in named and name not in _LEAVES:
        named[name] = {}  # a class may refer to itself
        named[name] = _mapping(kind, named)
    return {"$ref": f"#/$defs/{name}"}


def _any_of(*schemas: Schema) -> Schema:
    """Return a schema that accepts what any of the given ones accepts; inner `anyOf` lists are flattened."""
    return {"anyOf": [item for schema in schemas for item in schema.get("anyOf", [schema])]}
