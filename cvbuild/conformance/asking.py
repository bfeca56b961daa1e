"""What a rule asks, in words."""

from __future__ import annotations

from cvbuild.content.fields import table_of
from cvbuild.model.rules import ItemGroup, Rule


def asked(rule: Rule) -> str:
    """What a rule asks, by its keys: `pages 4`."""
    typed = {key for key, value in (rule.tree or {}).items() if value is not None}
    given = [name for name in table_of(type(rule)) if name in typed and name not in table_of(Rule)]
    return ", ".join(f"{name.replace('_', ' ')} {_shown(getattr(rule, name))}" for name in given) or "yes"


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
