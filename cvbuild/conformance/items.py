"""Rules on what is listed: how many works, how long a section, which sections in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cvbuild.conformance.content import ELSEWHERE, Work, texts, works
from cvbuild.conformance.subject import Measurement, Subject, quoted
from cvbuild.model.rules import ItemGroup, MaxCharacters, MaxItems, MaxWords, RequireSections
from cvbuild.pdf.lines import lines_of
from cvbuild.variant import SelectedSection


def max_items(rule: MaxItems, subject: Subject) -> Iterator[Measurement]:
    """How many works stand in each group; the first that is too many gives the place."""
    limited = [
        (group, f"at most {group.max}: {group.name}") for group in rule.groups if group.max is not None
    ]
    once = "no work in two groups"
    if subject.selected is None:
        for _, required in limited:
            yield Measurement(None, required, ELSEWHERE)
        if rule.in_one_only:
            yield Measurement(None, once, ELSEWHERE)
        return
    by_name: list[dict[str, Work]] = [{} for _ in rule.groups]  # one printed in two sections counts once
    for work in works(subject.selected):
        number = _group_of(work, rule.groups)
        if number is not None:
            by_name[number].setdefault(work.name, work)
    found = [list(group.values()) for group in by_name]
    for group, required in limited:
        listed = found[rule.groups.index(group)]
        over = listed[group.max :]
        where = quoted(over[0].summary) if over else ""
        yield Measurement(not over, required, str(len(listed)), where, over[0].span if over else None)
    if rule.in_one_only:
        yield _once(once, found)


def _group_of(work: Work, groups: Sequence[ItemGroup]) -> int | None:
    """The group in which a work counts: that of its category or section, else the first of its type."""
    for number, group in enumerate(groups):
        if work.category in group.categories or work.section in group.sections or work.kind in group.kinds:
            return number
    return next(
        (number for number, group in enumerate(groups) if work.type and work.type in group.types), None
    )


def _once(required: str, found: Sequence[Sequence[Work]]) -> Measurement:
    first: dict[str, tuple[int, Work]] = {}
    for number, group in enumerate(found):
        for work in group:
            for identity in work.identities:
                if identity in first and first[identity][0] != number:
                    where = f"{quoted(work.summary)} and {first[identity][1].span.place}"
                    return Measurement(False, required, "one is in two", where, work.span)
                first.setdefault(identity, (number, work))
    return Measurement(True, required, "none is")


def _sections(subject: Subject, name: str) -> list[SelectedSection]:
    """The sections of a name, or of a kind."""
    sections = subject.selected.sections if subject.selected else ()
    return [item for item in sections if item.name == name] or [
        item for item in sections if item.kind == name
    ]


def max_words(rule: MaxWords, subject: Subject) -> Iterator[Measurement]:
    """Words are what stands between spaces."""
    yield _length(subject, rule.section, rule.words, "words")


def max_characters(rule: MaxCharacters, subject: Subject) -> Iterator[Measurement]:
    """Characters with spaces, each stretch of these as one."""
    yield _length(subject, rule.section, rule.characters, "characters")


def _length(subject: Subject, name: str, most: int, unit: str) -> Measurement:
    required = f"at most {most} {unit} in {name}"
    if subject.selected is None:
        return Measurement(None, required, ELSEWHERE)
    sections = _sections(subject, name)
    if not sections:
        return Measurement(None, required, "there is no such section")
    words = [word for section in sections for text, _ in texts(section, subject) for word in text.split()]
    found = len(words) if unit == "words" else len(" ".join(words))
    return Measurement(found <= most, required, f"{found} {unit}", span=sections[0].section.span.first_line())


def require_sections(rule: RequireSections, subject: Subject) -> Iterator[Measurement]:
    """On a PDF made elsewhere sections are found by their titles, as lines of their own."""
    required = f"in this order: {', '.join(rule.sections)}"
    wanted = [str(name).casefold() for name in rule.sections]
    if subject.selected is None:
        lines = [line.text.casefold() for page in subject.pdf.pages for line in lines_of(page)]
        order = [line for line in lines if line in wanted]
        if not order:
            yield Measurement(None, required, "no line is one of these titles")
            return
    else:
        order = []
        for section in subject.selected.sections:
            names = {section.name, section.kind, str(section.title.in_language(subject.language))}
            order += [name for name in wanted if name in {item.casefold() for item in names}]
    order = list(dict.fromkeys(order))
    missing = [name for name in wanted if name not in order]
    if missing:
        yield Measurement(False, required, f"missing: {', '.join(missing)}")
        return
    yield Measurement(order == wanted, required, ", ".join(order))
