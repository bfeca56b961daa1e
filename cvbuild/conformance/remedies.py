"""What to change in a variant that breaks a rule."""

from __future__ import annotations

from collections.abc import Mapping

from cvbuild.conformance.families import named
from cvbuild.model.rules import (
    AllowedFonts,
    DocumentLanguage,
    EtAlForbidden,
    FilenamePattern,
    ForbidFields,
    ForbidPatterns,
    Length,
    Links,
    MarginsMin,
    MaxCharacters,
    MaxItems,
    MaxLinesPerInch,
    MaxPages,
    MaxWords,
    MinFontSize,
    MinLineSpacing,
    PageNumbers,
    PageSize,
    RequireIdentifier,
    RequireSections,
    Rule,
)

_THEMES: Mapping[str, str] = {"Arial": "sans", "Times New Roman": "times", "Palatino Linotype": "classic"}
"""The themes with the widths of a family."""


def remedy(rule: Rule) -> str | None:
    """The key of a variant, or of its content, that keeps a rule; None where there is none."""
    match rule:
        case MaxPages():
            return f"`fit: {rule.pages or min(rule.by_language.values())}` leaves out what matters least"
        case PageSize():
            return f"`paper: {rule.exactly or rule.at_most}`"
        case MarginsMin():
            return f"`layout: {{margins: {_margins(rule)}}}`: nothing stands in them then"
        case MinFontSize():
            return (
                f"`layout: {{font_size: {_largest(rule):g}}}` with `theme: sans` or `theme: times`,"
                " which set everything at least as large"
            )
        case AllowedFonts():
            return _theme(rule)
        case MinLineSpacing():
            return (
                f"`layout: {{leading: …}}`, at least {rule.factor:g} times the size of type:"
                f" {rule.factor * 11:g} at 11 points"
            )
        case MaxLinesPerInch():
            return f"`layout: {{leading: {72 / rule.lines:g}}}` or more"
        case PageNumbers():
            return f"`layout: {{page_header: {'all' if rule.numbers == 'required' else 'none'}}}`"
        case FilenamePattern():
            return "`output: NAME` in the variant is the file's name without .pdf"
        case Links():
            return "`layout: {links: false}` prints addresses as text"
        case DocumentLanguage():
            return f"`lang: {rule.languages[0]}`"
        case _:
            return _of_content(rule)


def _of_content(rule: Rule) -> str | None:
    match rule:
        case MaxItems():
            return "`limit`, `tags` or `categories` of the variant's section choose fewer"
        case MaxWords() | MaxCharacters():
            return "`limit`, `tags` or `detail: brief` of the variant's section print less of it"
        case RequireSections():
            return "list them in the variant's `sections`, in this order"
        case ForbidFields():
            return "take it out of the content"
        case ForbidPatterns():
            return "reword it, or keep its item out of the variant: `except: [NAME]` at the item"
        case RequireIdentifier():
            if rule.identifier == "doi":
                return "add `doi = {…}` to the entries in the .bib files"
            return "write `orcid: …` into `profiles` of the owner in cv.yaml"
        case EtAlForbidden():
            return "take `max_authors` out of the section of kind `publications`"
        case _:
            return None


def _margins(rule: MarginsMin) -> str:
    """As `layout` has them: one length, or the sides, the top and the bottom that are asked for."""
    wide = [side for name in ("left", "right") if (side := rule.side(name)) is not None]
    asked = {
        "sides": max(wide, key=lambda length: length.bp, default=None),
        "top": rule.side("top"),
        "bottom": rule.side("bottom"),
    }
    given = {name: _typed(length) for name, length in asked.items() if length is not None}
    if len(given) == len(asked) and len(set(given.values())) == 1:
        return given["top"]
    return "{" + ", ".join(f"{name}: {length}" for name, length in given.items()) + "}"


def _typed(length: Length) -> str:
    return length.text.replace(" ", "")


def _largest(rule: MinFontSize) -> float:
    roles = (rule.any, rule.body, rule.headings, rule.tables, rule.captions, rule.notes)
    given = [length.bp for length in (*roles, *rule.families.values()) if length is not None]
    return round(max(given), 2)


def _theme(rule: AllowedFonts) -> str:
    wanted = {named(family) for family in rule.families}
    themes = [
        f"`theme: {theme}`, with the widths of {family}"
        for family, theme in _THEMES.items()
        if named(family) in wanted
    ]
    return " or ".join(themes) or "a theme of your own in one of them; none that comes with cvbuild is"
