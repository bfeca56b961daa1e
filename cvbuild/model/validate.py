"""Pydantic's complaints as diagnostics at the user's own line."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cvbuild.diagnostics import Diagnostic, Findings, did_you_mean
from cvbuild.load.tree import Tree, YamlMapping, YamlSequence
from cvbuild.model.misplaced import where_it_belongs
from cvbuild.model.text import kind_of
from cvbuild.source import Span

M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], tree: Tree, whole: Span, findings: Findings) -> M | None:
    """The tree as a model; None, with all its errors among the findings, where it does not fit.

    `whole` is the place of an error in a file that holds nothing.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        for details in error.errors():
            # Pydantic counts only the items that fit: those that do not have an error of their own.
            if details["type"] != "too_short" or not details["input"]:
                findings.items.append(_diagnostic(model, tree, whole, details))
        return None


def _diagnostic(model: type[BaseModel], tree: Tree, whole: Span, details: ErrorDetails) -> Diagnostic:
    place = details["loc"]
    context: dict[str, Any] = details.get("ctx", {})
    kind = details["type"]
    span, value = _find(tree, place, whole)
    span = context.get("span") or span
    if place and place[-1] == "[key]":
        span = _key_span(tree, place[:-1], whole)
    hints: tuple[str, ...] = (str(context["hint"]),) if "hint" in context else ()
    if kind == "missing":
        key = str(place[-1])
        owner, mapping = _find(tree, place[:-1], whole)
        if isinstance(mapping, YamlMapping) and key in mapping:
            hint = "write its value after the colon"
            return Diagnostic("missing-key", f"`{key}` has no value", mapping.key_span(key), hints=(hint,))
        return Diagnostic(
            "missing-key", f"`{key}` is missing here", owner.first_line(), hints=(f"add `{key}: …`",)
        )
    if kind == "extra_forbidden":
        key = str(place[-1])
        here = _model_at(model, place[:-1])
        known = _keys(here)
        hints = where_it_belongs(key, here) or did_you_mean(key, known)
        hints = hints or (f"the keys here are {', '.join(sorted(known))}",)
        return Diagnostic(
            "unknown-key", f"the key `{key}` means nothing here", _key_span(tree, place, whole), hints=hints
        )
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace("'", "`")
        hints = did_you_mean(str(value), expected.replace("`", "").replace(" or ", ", ").split(", "))
        return Diagnostic(
            "wrong-value", f"`{value}` is not {_one_of(expected)}", span.first_line(), hints=hints
        )
    if kind in {"model_type", "dict_type", "model_attributes_type"}:
        message = "a mapping is expected here: lines of `key: value`"
        return Diagnostic("wrong-type", message, span.first_line())
    if kind in {"tuple_type", "list_type"}:
        message = "a list is expected here: lines that begin with `- `"
        return Diagnostic("wrong-type", message, span.first_line())
    if kind == "too_short":
        message = f"`{place[-1]}` is empty; it needs one entry at least"
        hint = "an entry begins with `- `" if isinstance(value, YamlSequence) else "an entry is `name: …`"
        return Diagnostic("empty-list", message, span.first_line(), hints=(hint,))
    if kind in {"int_parsing", "int_type", "int_from_float"}:
        return Diagnostic("wrong-type", f"a whole number is expected here, not `{value}`", span.first_line())
    if kind in {"float_parsing", "float_type"}:
        return Diagnostic("wrong-type", f"a number is expected here, not `{value}`", span.first_line())
    if kind in {"bool_parsing", "bool_type"}:
        return Diagnostic(
            "wrong-type", f"`true` or `false` is expected here, not `{value}`", span.first_line()
        )
    if kind == "greater_than_equal":
        message = f"`{_typed_key(tree, place)}` cannot be {value}: the least is {context['ge']}"
        return Diagnostic("wrong-value", message, span.first_line())
    if kind == "string_type":
        return Diagnostic("wrong-type", f"`{place[-1]}` is a word, not {kind_of(value)}", span.first_line())
    if kind == "value_error":
        return Diagnostic("wrong-value", str(context["error"]), span.first_line())
    message = details["msg"].removeprefix("Input ").removeprefix("Value error, ")
    code = kind if "-" in kind else "wrong-value"
    return Diagnostic(code, message, span.first_line(), hints=hints)


def _one_of(expected: str) -> str:
    return f"one of {expected}" if "," in expected or " or " in expected else expected


def _find(tree: Tree, place: Sequence[int | str], whole: Span) -> tuple[Span, Tree]:
    """The span and value at a path of keys and indices; the nearest one above where it ends early."""
    span = getattr(tree, "span", whole)
    for step in place:
        if isinstance(tree, YamlMapping) and isinstance(step, str) and step in tree:
            span, tree = tree.key_span(step), tree[step]
        elif isinstance(tree, YamlSequence) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            break
        span = getattr(tree, "span", span)
    return span, tree


def _typed_key(tree: Tree, place: Sequence[int | str]) -> int | str:
    """The last key of a path that was typed: `fit`, where `fit: 2` stands for `fit: {pages: 2}`."""
    typed = place[-1]
    for step in place:
        if isinstance(tree, YamlMapping) and isinstance(step, str) and step in tree:
            typed, tree = step, tree[step]
        elif isinstance(tree, YamlSequence) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            break
    return typed


def _key_span(tree: Tree, place: Sequence[int | str], whole: Span) -> Span:
    span, owner = _find(tree, place[:-1], whole)
    return owner.key_span(str(place[-1])) if isinstance(owner, YamlMapping) else span


def _keys(model: type[BaseModel] | None) -> list[str]:
    if model is None:
        return []
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_at(model: type[BaseModel] | None, place: Sequence[int | str]) -> type[BaseModel] | None:
    """The model that reads the mapping at a path."""
    for step in place:
        if isinstance(step, int) or model is None:
            continue
        for name, info in model.model_fields.items():
            if step == (info.alias or name):
                model = _model_within(info.annotation)
                break
    return model


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in typing.get_args(annotation):
        if (found := _model_within(inner)) is not None:
            return found
    return None
