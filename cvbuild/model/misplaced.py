"""Where a key belongs that stands in the wrong mapping."""

from __future__ import annotations

from pydantic import BaseModel

from cvbuild.model.layout import Layout
from cvbuild.model.sections import PublicationsSection
from cvbuild.model.settings import Owner, SectionChoice, Settings, Variant

_HOMES: dict[type[BaseModel], str] = {
    Layout: "under `layout:`",
    Settings: "to the left edge of cv.yaml",
    Variant: "to a variant, under its name in `variants:` of cv.yaml",
    SectionChoice: "to a section of a variant, under its `- section: NAME` in cv.yaml",
    PublicationsSection: "into the section's own file, the one of kind `publications`",
    Owner: "under `owner:` in cv.yaml",
}
"""The mappings that are easily taken for one another, the likeliest first."""


def where_it_belongs(key: str, here: type[BaseModel] | None) -> tuple[str, ...]:
    """A hint with the mapping that has a key; none where that is not known."""
    if here not in _HOMES:
        return ()
    for model, words in _HOMES.items():
        if model is not here and key in model.model_fields and (model is not Layout or "layout" in _of(here)):
            return (f"`{key}` belongs {words}",)
    return ()


def _of(model: type[BaseModel] | None) -> frozenset[str]:
    return frozenset(model.model_fields) if model else frozenset()
