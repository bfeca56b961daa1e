"""A funder's profile: what its rules are and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from cvbuild.content.fields import Content
from cvbuild.content.reader import read
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.load.tree import Tree, YamlMapping, YamlSequence
from cvbuild.model.rules import RULES, Confidence, Rule
from cvbuild.model.values import Word, Words
from cvbuild.record import Record, replace
from cvbuild.source import Scalar, SourceFile, Span


class ProfileHead(Content, kw_only=True):
    """A profile as written, its rules apart."""

    title: Word
    source: Annotated[Word, "Where the rules stand: the document's name, or its address."]
    version: Annotated[Word, "Which version of them: 03/23."]
    checked: Annotated[Word, "When they were last compared with the source: 2026-11."]
    confidence: Annotated[
        Confidence,
        "high: an official page or the form itself; medium: a dated third party quoting"
        " it; low: old or indirect.",
    ] = "medium"
    extends: Annotated[Word | None, "A profile whose rules hold here too."] = None
    without: Annotated[Words, "Rules of that profile that do not hold here, by their ids."] = ()
    portal: Annotated[Word | None, "What makes the document, where no PDF of one's own is taken."] = None
    origin: Annotated[
        bool, "Whether the PDF's metadata may say from which version and revision it was made."
    ] = True
    advice: Annotated[Words, "What else its user has to know."] = ()
    rules: tuple[object, ...] = ()


class Profile(Record):
    """A profile with all rules that hold in it, those of the profile it extends first."""

    name: str
    head: ProfileHead
    rules: tuple[Rule, ...]
    may_say_origin: bool = True
    """Whether neither it nor what it extends keeps version and revision out of the PDF's metadata."""

    @property
    def is_portals(self) -> bool:
        """Whether a portal makes the document, so that there is no PDF to check."""
        return self.head.portal is not None


class WrittenProfile(Record):
    """A profile's file: its head and its own rules by their ids."""

    head: ProfileHead
    rules: Mapping[str, Rule]


def read_profile(source: SourceFile, tree: Tree, findings: Findings) -> WrittenProfile | None:
    """A profile's file, checked; None, with its errors among the findings, where it does not fit."""
    before = len(findings.items)
    whole = Span(source, 0, 0)
    head = read(ProfileHead, tree, whole, findings)
    rules: dict[str, Rule] = {}
    listed = tree.get("rules") if isinstance(tree, YamlMapping) else None
    for written in listed if isinstance(listed, YamlSequence) else ():
        rule = _rule(written, whole, findings)
        if rule is None:
            continue
        if rule.name in rules:
            findings.error(
                "duplicate-id",
                f"the rule `{rule.name}` is given twice",
                rule.span.first_line(),
                "give one of them an `id` of its own",
            )
        rules[rule.name] = rule
    errors = any(item.severity == "error" for item in findings.items[before:])
    return None if head is None or errors else WrittenProfile(head, rules)


def _rule(written: Tree, whole: Span, findings: Findings) -> Rule | None:
    span = getattr(written, "span", whole)
    kind = written.get("rule") if isinstance(written, YamlMapping) else None
    if not isinstance(kind, Scalar):
        findings.error(
            "missing-key",
            "`rule` is missing: it says what kind of rule this is",
            span.first_line(),
            f"one of {', '.join(RULES)}",
        )
        return None
    if kind not in RULES:
        findings.error(
            "unknown-rule",
            f"there is no kind of rule called `{kind}`",
            kind.span,
            *(did_you_mean(kind, RULES) or (f"the kinds are {', '.join(RULES)}",)),
        )
        return None
    return read(RULES[kind], written, whole, findings)


def joined(name: str, written: WrittenProfile, base: Profile | None, findings: Findings) -> Profile:
    """A profile with the rules of the one it extends; a rule of the same id takes the other's place.

    Rules that it takes over keep their own source and confidence.
    """
    rules: dict[str, Rule] = {rule.name: _with_origin(rule, base.head) for rule in base.rules} if base else {}
    for unwanted in written.head.without:
        if rules.pop(unwanted, None) is None:
            known = [rule.name for rule in base.rules] if base else []
            findings.error(
                "unknown-rule",
                f"the profile it extends has no rule `{unwanted}`",
                unwanted.span,
                *did_you_mean(unwanted, known),
            )
    may_say_origin = written.head.origin and (base is None or base.may_say_origin)
    return Profile(name, written.head, tuple({**rules, **written.rules}.values()), may_say_origin)


def _with_origin(rule: Rule, head: ProfileHead) -> Rule:
    """A rule that says itself where it comes from and how sure that is."""
    return replace(rule, source=rule.source or head.source, confidence=rule.confidence or head.confidence)
