"""Types of the content that functions of ours check, for `Annotated`.

Pydantic has PlainValidator and BeforeValidator for that. These look at the function's signature, and
make schemas of what may be typed and of what would be written out, once more for every field: a
third of the time in which the models are made ready.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


def one_or_more(value: object) -> object:
    """A single value as a list of one: the list may be left off around it."""
    return value if isinstance(value, list | tuple) else [value]


class Checked:
    """A value that a function takes as it was typed, and gives as it is to be; `typed` is its JSON Schema."""

    def __init__(self, function: Callable[[Any], object], typed: Mapping[str, Any]) -> None:
        self.function = function
        self.typed = typed

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.function)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self.typed)


class WrittenOut:
    """A value that may be typed in short, and that a function writes out before it is read.

    `short` is the JSON Schema of the short form.
    """

    def __init__(self, function: Callable[[Any], object], short: Mapping[str, Any]) -> None:
        self.function = function
        self.short = short

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.function, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [dict(self.short), handler(schema)]}


class OneOrMore:
    """A list; a single value needs none around it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(one_or_more, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        listed = handler(schema)
        single = listed["items"]
        return {"anyOf": [*single.get("anyOf", [single]), listed]}
