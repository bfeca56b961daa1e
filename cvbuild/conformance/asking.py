"""What a rule asks, in words."""

from __future__ import annotations

from cvbuild.model.rules import ItemGroup, Rule

_COMMON = frozenset(Rule.model_fields)


def asked(rule: Rule) -> str:
    """What a rule asks, by its keys: `pages 4`."""
    given = {key: value for key, value in rule if key in rule.model_fields_set - _COMMON}
    return ", ".join(f"{key.replace('_', ' ')} {_shown(value)}" for key, value in given.items()) or "yes"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return " / ".join(_shown(item) for item in value)
    if isinstance(value, ItemGroup):
        return str(value.name) if value.max is None else f"{value.name} at most {value.max}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
