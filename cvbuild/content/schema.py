"""JSON Schemas from the annotations that the reader goes by (JSON Schema, draft 2020-12)."""

from __future__ import annotations

import inspect
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from cvbuild.content.fields import PLAIN_KEY, Checked, Field, Key, OneOrMore, WrittenOut, table_of

Schema: TypeAlias = dict[str, Any]

_PLAIN = {int: "integer", float: "number", bool: "boolean", str: "string"}


def schema_of(kind: Any, named: dict[str, Schema]) -> Schema:
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
    schema = dict(_of(field.kind, field.key, named))
    if field.key.about:
        schema["description"] = field.key.about
    if not (field.is_required or isinstance(field.default, dict)):
        schema["default"] = list(field.default) if field.default == () else field.default
    return dict(sorted(schema.items()))


def _of(kind: Any, key: Key, named: dict[str, Schema]) -> Schema:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        typed, *marks = arguments
        schema = dict(marks.pop(0).typed) if isinstance(marks[0], Checked) else _of(typed, key, named)
        for mark in marks:
            if isinstance(mark, WrittenOut):
                schema = _any_of(dict(mark.short), schema)
            elif isinstance(mark, OneOrMore):
                schema = _any_of(schema["items"], schema)
        return schema
    if origin in {Union, UnionType}:
        return _any_of(*(_of(item, key, named) for item in arguments))
    if kind is type(None):
        return {"type": "null"}
    if origin is tuple:
        fewest = {"minItems": key.fewest} if key.fewest else {}
        return {"items": _of(arguments[0], PLAIN_KEY, named), **fewest, "type": "array"}
    if origin is dict:
        pattern = _of(arguments[0], PLAIN_KEY, named).get("pattern")
        item = _of(arguments[1], PLAIN_KEY, named)
        items = {"patternProperties": {pattern: item}} if pattern else {"additionalProperties": item}
        return {**items, "type": "object"}
    if origin is Literal:
        words: Schema = {"enum": list(arguments)} if arguments[1:] else {"const": arguments[0]}
        return {**words, "type": "string"}
    if kind in _PLAIN:
        least = {} if key.least is None else {"minimum": key.least}
        return {**least, "type": _PLAIN[kind]}
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
        named[name] = dict(checked.typed) if checked else schema_of(kind, named)
    return {"$ref": f"#/$defs/{name}"}
