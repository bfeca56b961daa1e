"""Funders' profiles: reading one, and checking a document against its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated

from cvbuild.content.reader import NOWHERE, Content, read
from cvbuild.content.values import Word, Words
from cvbuild.diagnostics import Diagnostic, Findings, did_you_mean
from cvbuild.funders import (
    OWN_PROFILES,
    SHIPPED,
    content_rules,
    own_names,
    page_rules,
    pdf_rules,
    profile_names,
)
from cvbuild.funders.rule import LOCKED, OUTCOMES, RULES, Confidence, Measurement, Outcome, Rule, Subject
from cvbuild.memo import memo
from cvbuild.project import Project, read_source
from cvbuild.read.stages import read_yaml
from cvbuild.read.tree import Tree, YamlMapping, YamlSequence
from cvbuild.record import Record, replace
from cvbuild.source import Scalar, SourceFile, Span
from cvbuild.words import counted

_RULE_FILES = {file.__name__: at for at, file in enumerate((page_rules, pdf_rules, content_rules))}
"""The modules that enter their kinds in `RULES`, in the order in which messages list them."""

_OUR_OWN = pdf_rules.HasTextLayer(
    rule="has_text_layer", confidence="high", source=Scalar("cvbuild's own", NOWHERE)
)
"""Added to every profile: on a locked page or a picture of text, other rules would find nothing wrong."""

_MOST_EXTENDED = 10
"""Maximum number of profiles that extend one another."""


class ProfileHead(Content, kw_only=True):
    """A profile as written, without its rules."""

    title: Word
    source: Annotated[Word, "The document that states the rules: its name or address."]
    version: Annotated[Word, "The version of that document: 03/23."]
    checked: Annotated[Word, "When the rules were last compared with the source: 2026-11."]
    confidence: Annotated[
        Confidence,
        "high: an official page or the form itself; medium: a dated third party quoting it; low: old or"
        " indirect.",
    ] = "medium"
    extends: Annotated[Word | None, "A profile whose rules hold as well."] = None
    without: Annotated[Words, "Ids of rules of that profile that do not hold."] = ()
    portal: Annotated[Word | None, "What makes the document, if no PDF can be handed in."] = None
    origin: Annotated[bool, "Whether the PDF's metadata may state its version and revision."] = True
    advice: Annotated[Words, "Further notes for the applicant."] = ()
    rules: tuple[object, ...] = ()


class Profile(Record):
    """A profile with all its rules, those of the profile that it extends first."""

    name: str
    head: ProfileHead
    rules: tuple[Rule, ...]
    may_say_origin: bool = True
    """Whether the PDF's metadata may state version and revision, in this profile and all it extends."""

    @property
    def is_portals(self) -> bool:
        """Whether a portal makes the document, so that there is no PDF to check."""
        return self.head.portal is not None


def find_profile(
    project: Project | None, name: str, span: Span | None = None
) -> tuple[Profile | None, list[Diagnostic]]:
    """Return a profile with its rules, the project's own before one that ships; None if there are errors.

    `span` is the place that names it.
    """
    findings = Findings()
    profile = _find(project, Scalar(name, span) if span else name, findings, ())
    return (None if findings.has_errors else profile), findings.items


def _find(project: Project | None, name: str, findings: Findings, seen: tuple[str, ...]) -> Profile | None:
    """Read a profile; `seen` are the profiles that extend it, the first one first."""
    if refusal := _refusal(project, name, seen):
        span = name.span if isinstance(name, Scalar) else None
        findings.error("unknown-funder-profile", refusal[0], span, *refusal[1:])
        return None
    source: SourceFile | None
    if project is not None and name in own_names(project):
        source = read_source(project, project.root / OWN_PROFILES / f"{name}.yaml", findings)
    else:
        source = SourceFile(f"{name}.yaml", (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"))
    if source is None:
        return None
    tree, found = memo(read_yaml, source)
    findings.extend(found)
    if any(item.severity == "error" for item in found):
        return None
    find = partial(_find, project, findings=findings, seen=(*seen, str(name)))
    return read_profile(str(name), source, tree, findings, find)


def _refusal(project: Project | None, name: str, seen: tuple[str, ...]) -> tuple[str, ...]:
    """Return why a profile cannot be read, followed by hints; empty if it can."""
    if name in seen:
        return f"the profile `{name}` extends itself", "delete its line `extends`"
    if len(seen) > _MOST_EXTENDED:
        return (
            f"the profile `{seen[0]}` extends more than {_MOST_EXTENDED} others, one behind the other",
            "write the rules of some of them into one file",
        )
    known = profile_names(project)
    if name not in known:
        return (
            f"there is no profile `{name}`",
            *did_you_mean(name, known),
            f"the profiles are {', '.join(known)}; one of your own is a file {OWN_PROFILES}/NAME.yaml",
        )
    if project is not None and not project.is_trusted and name in own_names(project):
        return (
            f"the profile `{name}` is the project's own, which `--untrusted` refuses",
            "read it, and call without `--untrusted`: its regular expressions can take for ever",
        )
    return ()


def read_profile(
    name: str, source: SourceFile, tree: Tree, findings: Findings, find: Callable[[Scalar], Profile | None]
) -> Profile | None:
    """Return the profile in a file; None, with errors among the findings, if it is wrong.

    `find` returns the profile that it extends. A rule replaces one of the same id there; the other
    rules of that profile keep their source and confidence.
    """
    before = len(findings.items)
    whole = Span(source, 0, 0)
    head = read(ProfileHead, tree, whole, findings)
    own: dict[str, Rule] = {}
    listed = tree.get("rules") if isinstance(tree, YamlMapping) else None
    for written in listed if isinstance(listed, YamlSequence) else ():
        rule = _rule(written, whole, findings)
        if rule is None:
            continue
        if rule.name in own:
            message = f"the rule `{rule.name}` is given twice"
            hint = "give one of them an `id` of its own"
            findings.error("duplicate-id", message, rule.span.first_line(), hint)
        own[rule.name] = rule
    if head is None or any(item.severity == "error" for item in findings.items[before:]):
        return None
    base = find(head.extends) if head.extends is not None else None
    if head.extends is not None and base is None:
        return None
    rules: dict[str, Rule] = {}
    if base is not None:
        for rule in base.rules:
            stated_in, confidence = rule.source or base.head.source, rule.confidence or base.head.confidence
            rules[rule.name] = replace(rule, source=stated_in, confidence=confidence)
    known = list(rules)
    for unwanted in head.without:
        if rules.pop(unwanted, None) is None:
            message = f"the profile it extends has no rule `{unwanted}`"
            findings.error("unknown-rule", message, unwanted.span, *did_you_mean(unwanted, known))
    may_say_origin = head.origin and (base is None or base.may_say_origin)
    return Profile(name, head, tuple({**rules, **own}.values()), may_say_origin)


def _rule(written: Tree, whole: Span, findings: Findings) -> Rule | None:
    """Read one rule by its kind."""
    kind = written.get("rule") if isinstance(written, YamlMapping) else None
    if isinstance(kind, Scalar) and kind in RULES:
        return read(RULES[kind], written, whole, findings)
    kinds = ", ".join(
        sorted(RULES, key=lambda name: _RULE_FILES.get(RULES[name].__module__, len(_RULE_FILES)))
    )
    if isinstance(kind, Scalar):
        hints = did_you_mean(kind, RULES) or (f"the kinds are {kinds}",)
        findings.error("unknown-rule", f"there is no kind of rule called `{kind}`", kind.span, *hints)
    else:
        span = getattr(written, "span", whole).first_line()
        message = "`rule` is missing: it says what kind of rule this is"
        findings.error("missing-key", message, span, f"one of {kinds}")
    return None


class Verdict(Record):
    """A rule, what it measured, and the outcome by the rule's severity."""

    rule: Rule
    outcome: Outcome
    found: Measurement


def check(profile: Profile, subject: Subject) -> list[Verdict]:
    """Return the verdicts on a document, in the order of the profile's rules."""
    has_own = profile.is_portals or any(isinstance(rule, pdf_rules.HasTextLayer) for rule in profile.rules)
    verdicts = []
    for rule in profile.rules if has_own else (*profile.rules, _OUR_OWN):
        if subject.is_locked and not rule.is_of_file:
            measurements = [Measurement(None, rule.required, LOCKED)]
        elif rule.is_in_lengths and not subject.pdf.unit_is_sure:
            reason = "the pages have units of their own (/UserUnit)"
            measurements = [Measurement(None, rule.required, reason)]
        else:
            measurements = list(rule.check(subject))
        for found in measurements:
            outcome: Outcome = "not measurable" if found.holds is None else "passed"
            if found.holds is False:
                outcome = "failed" if rule.severity == "error" else "warned"
            verdicts.append(Verdict(rule, outcome, found))
    return verdicts


def tally(verdicts: Sequence[Verdict]) -> str:
    """Return the number of verdicts by outcome: `1 failed, 2 not measurable, 9 passed`."""
    found = [verdict.outcome for verdict in verdicts]
    return ", ".join(f"{found.count(outcome)} {outcome}" for outcome in OUTCOMES if outcome in found)


def complaints(
    profile: Profile, verdicts: Sequence[Verdict], span: Span | None, *, with_remedies: bool = True
) -> Iterator[Diagnostic]:
    """Yield an error or warning for each rule that does not hold, and a note on those not measured.

    `span` is the place that names the profile, for rules without a place in the content. Remedies are
    for variants; a PDF made elsewhere has none.
    """
    for verdict in verdicts:
        if verdict.outcome not in {"failed", "warned"}:
            continue
        found, rule = verdict.found, verdict.rule
        where = f", on {found.where}" if found.where else ""
        remedy = rule.remedy if with_remedies else None
        confidence = rule.confidence or profile.head.confidence
        origin = f"source: {rule.source or profile.head.source} (confidence: {confidence})"
        message = f"{profile.name}, {rule.name}: {found.required}; found {found.measured}{where}"
        hints = (remedy, origin) if remedy else (origin,)
        yield Diagnostic("profile-rule", message, found.span or span, rule.severity, hints=hints)
    unmeasured = tuple(
        f"{verdict.rule.name}: {verdict.found.required}; {verdict.found.measured}"
        for verdict in verdicts
        if verdict.outcome == "not measurable"
    )
    if unmeasured:
        rules = counted(len(unmeasured), "rule")
        message = f"{profile.name}: {rules} could not be measured, and did not pass"
        yield Diagnostic("profile-not-measurable", message, span, "note", hints=unmeasured)


def portal_note(profile: Profile, span: Span | None) -> Diagnostic:
    """Return a note that a portal makes the document."""
    maker = f"{profile.name}: {profile.head.portal} makes the document"
    message = f"{maker}; no PDF of your own is taken, and none is checked"
    return Diagnostic("profile-portal", message, span, "note", hints=tuple(map(str, profile.head.advice)))
