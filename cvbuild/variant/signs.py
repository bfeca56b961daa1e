"""Signs behind names: who is a supervised student, contributed equally, or is the corresponding author."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cvbuild.diagnostics import Findings
from cvbuild.model.base import NameMeaning
from cvbuild.model.cv import Cv
from cvbuild.model.publications import Publication
from cvbuild.model.roster import Roster
from cvbuild.model.sections import PublicationsSection
from cvbuild.record import replace
from cvbuild.source import Span
from cvbuild.variant.selected import LegendLine, SelectedSection

_PREFERRED: Mapping[NameMeaning, str] = {"equal": "*", "students": "†", "corresponding": "‡"}
_SIGNS = "*†‡§¶‖#abcdefgh"
_STARS = str.maketrans("∗⋆", "**")

Meanings = Mapping[Span, Mapping[NameMeaning, frozenset[int]]]
"""The places in the names of each entry, by what is to be said of them."""


def with_marked_names(
    cv: Cv,
    selected: SelectedSection,
    section: PublicationsSection,
    wanted: Collection[NameMeaning],
    findings: Findings,
) -> SelectedSection:
    """The section with signs behind the names, and lines in its legend for those that are printed.

    A sign that was typed behind a name stays, and none is printed twice.
    """
    wanted = [meaning for meaning in _PREFERRED if meaning in wanted]
    fixed = section.signs.by_meaning if section.signs is not None else {}
    roster = Roster(cv.sections.values() if "students" in wanted else (), findings)
    meanings = {
        item.span: {
            meaning: (
                roster.positions(item, section.student_grace, findings)
                if meaning == "students"
                else item.annotated.get(meaning, frozenset())
            )
            | _typed(item, fixed.get(meaning))
            for meaning in wanted
        }
        for item in selected.publications
    }
    total = len(meanings)
    signs = _signs(wanted, fixed, selected, meanings)
    seen: set[NameMeaning] = set()

    def with_marks(item: Publication) -> Publication:
        marks: dict[int, str] = {}
        for at in item.names.shown(section.max_authors, item.owner_positions):
            typed = item.names.names[at].mark
            meant = [meaning for meaning in wanted if at in meanings[item.span][meaning]]
            seen.update(meant)
            added = "".join(signs[meaning] for meaning in meant if signs[meaning] not in _signs_in(typed))
            if typed or added:
                marks[at] = typed + added
        return replace(item, marks=marks)

    selected = selected.with_publications(with_marks)
    for meaning in wanted:
        if meaning in seen:
            count = sum(bool(places[meaning]) for places in meanings.values())
            selected = selected.explained(LegendLine(meaning, count, total, sign=signs[meaning]))
    return selected


def _typed(item: Publication, sign: str | None) -> frozenset[int]:
    """The places of names behind which a sign was typed whose meaning the section tells."""
    if sign is None:
        return frozenset()
    return frozenset(at for at, name in enumerate(item.names.names) if sign in _signs_in(name.mark))


def _signs(
    wanted: Collection[NameMeaning],
    fixed: Mapping[NameMeaning, str],
    selected: SelectedSection,
    meanings: Meanings,
) -> dict[NameMeaning, str]:
    """The sign of each meaning: the section's own, else one that was not typed behind a name without it."""
    taken: dict[NameMeaning, set[str]] = {meaning: set(fixed.values()) for meaning in wanted}
    for item in selected.publications:
        for at, name in enumerate(item.names.names):
            for meaning in wanted:
                if name.mark and at not in meanings[item.span][meaning]:
                    taken[meaning] |= _signs_in(name.mark)
    chosen = {meaning: fixed[meaning] for meaning in wanted if meaning in fixed}
    for meaning in wanted:
        if meaning not in chosen:
            free = [sign for sign in _SIGNS if sign not in taken[meaning] | set(chosen.values())]
            of_others = {_PREFERRED[other] for other in wanted if other != meaning}
            own = _PREFERRED[meaning]
            best = sorted(free, key=lambda sign: (sign != own, sign in of_others))
            chosen[meaning] = best[0] if best else own
    return chosen


def _signs_in(typed: str) -> set[str]:
    return set(typed.translate(_STARS))
