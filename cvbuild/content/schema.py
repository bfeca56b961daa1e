"""JSON Schemas of the content files (draft 2020-12), for completion and checks in editors.

They come from the annotations that the reader uses.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from cvbuild.content.fields import AtLeast, Checked, Field, NotEmpty, OneOrMore, WrittenOut, table_of
from cvbuild.content.kinds import KINDS
from cvbuild.content.settings import Settings
from cvbuild.content.values import Date, Period, Text

Schema: TypeAlias = dict[str, Any]

_PLAIN = {int: "integer", float: "number", bool: "boolean", str: "string"}

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LEAVES = (Text, Date, Period)


def schemas() -> dict[str, Schema]:
    """The schema of cv.yaml and that of section files; own kinds of section pass with any keys."""
    named: dict[str, Schema] = {}
    settings = _schema_of(Settings, named)
    defined: dict[str, Schema] = {}
    rules = []
    for kind, model in KINDS.items():
        within: dict[str, Schema] = {}
        section = _schema_of(model, within)
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


def _schema_of(kind: Any, named: dict[str, Schema]) -> Schema:
    """The schema of a class of content; those that it refers to are added to `named`."""
    table = table_of(kind).values()
    schema: Schema = {"additionalProperties": False}
    if get_origin(kind) is None:
        schema["description"] = inspect.cleandoc(kind.__doc__)
    schema["properties"] = {field.typed: _of_field(field, named) for field in table}
    if required := [field.typed for field in table if field.is_required]:
        schema["required"] = required
    return schema | {"type": "object"}


def _of_field(field: Field, named: dict[str, Schema]) -> Schema:
    schema = dict(_of(field.kind, named))
    if field.about:
        schema["description"] = field.about
    if not (field.is_required or isinstance(field.default, dict)):
        schema["default"] = list(field.default) if field.default == () else field.default
    return dict(sorted(schema.items()))


def _of(kind: Any, named: dict[str, Schema]) -> Schema:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        typed, *marks = arguments
        schema = dict(marks.pop(0).typed) if isinstance(marks[0], Checked) else _of(typed, named)
        for mark in marks:
            match mark:
                case WrittenOut():
                    schema = _any_of(dict(mark.short), schema)
                case OneOrMore():
                    schema = _any_of(schema["items"], schema)
                case AtLeast():
                    schema = {"minimum": mark.least, **schema}
                case NotEmpty():
                    schema["minItems"] = 1
        return schema
    if origin in {Union, UnionType}:
        return _any_of(*(_of(item, named) for item in arguments))
    if kind is type(None):
        return {"type": "null"}
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
    return _reference(kind, named)


def _any_of(*schemas: Schema) -> Schema:
    """One of these; one that is itself a choice is part of it."""
    return {"anyOf": [item for schema in schemas for item in schema.get("anyOf", [schema])]}


def _reference(kind: Any, named: dict[str, Schema]) -> Schema:
    """A class by its name, `Group_Award_` for `Group[Award]`."""
    name = "_".join([(get_origin(kind) or kind).__name__, *(f"{item.__name__}_" for item in get_args(kind))])
    if name not in named:
        named[name] = {}  # a class may refer to itself
        checked: Checked | None = getattr(kind, "_checked", None)
        named[name] = dict(checked.typed) if checked else _schema_of(kind, named)
    return {"$ref": f"#/$defs/{name}"}
