"""Funders' profiles: reading one, and holding a document against its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

from cvbuild.content.fields import NOWHERE, Content
from cvbuild.content.reader import read
from cvbuild.content.values import Word, Words
from cvbuild.diagnostics import Diagnostic, Findings, did_you_mean
from cvbuild.funders import content_rules, page_rules, type_rules, wording_rules
from cvbuild.funders.rule import OUTCOMES, Confidence, Measurement, Outcome, Rule, Subject
from cvbuild.funders.shelf import OWN_PROFILES, SHIPPED, own_names, profile_names
from cvbuild.memo import memo
from cvbuild.project import Project, read_source
from cvbuild.read.stages import read_yaml
from cvbuild.read.tree import Tree, YamlMapping, YamlSequence
from cvbuild.record import Record, replace
from cvbuild.source import Scalar, SourceFile, Span
from cvbuild.words import counted

RULES: dict[str, type[Rule]] = {
    "max_pages": page_rules.MaxPages,
    "page_size": page_rules.PageSize,
    "margins_min": page_rules.MarginsMin,
    "min_font_size": type_rules.MinFontSize,
    "allowed_fonts": type_rules.AllowedFonts,
    "min_line_spacing": type_rules.MinLineSpacing,
    "max_lines_per_inch": type_rules.MaxLinesPerInch,
    "page_numbers": page_rules.PageNumbers,
    "fonts_embedded": page_rules.FontsEmbedded,
    "pdf_version_min": page_rules.PdfVersionMin,
    "max_file_size": page_rules.MaxFileSize,
    "not_encrypted": page_rules.NotEncrypted,
    "has_text_layer": page_rules.HasTextLayer,
    "filename_pattern": page_rules.FilenamePattern,
    "max_items": content_rules.MaxItems,
    "max_words": content_rules.MaxWords,
    "max_characters": content_rules.MaxCharacters,
    "require_sections": content_rules.RequireSections,
    "forbid_fields": wording_rules.ForbidFields,
    "forbid_patterns": wording_rules.ForbidPatterns,
    "links": wording_rules.Links,
    "require_identifier": content_rules.RequireIdentifier,
    "et_al_forbidden": wording_rules.EtAlForbidden,
    "language": wording_rules.DocumentLanguage,
    "by_eye": wording_rules.ByEye,
}
"""The kinds of rule by the word after `rule:`, in the order in which messages list them."""

_OUR_OWN = page_rules.HasTextLayer(
    rule="has_text_layer", confidence="high", source=Scalar("cvbuild's own", NOWHERE)
)
"""Holds in every profile: a page that is a picture, or locked, would pass for want of text to measure."""

_MOST_EXTENDED = 10


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


def find_profile(
    project: Project | None, name: str, span: Span | None = None
) -> tuple[Profile | None, list[Diagnostic]]:
    """A profile with what it extends; None, with the errors, where it is unknown or does not fit.

    A project's own comes before one that ships. `span` is where it is named.
    """
    findings = Findings()
    profile = _find(project, Scalar(name, span) if span else name, findings, ())
    return (None if findings.has_errors else profile), findings.items


def _find(project: Project | None, name: str, findings: Findings, seen: tuple[str, ...]) -> Profile | None:
    if refusal := _refusal(project, name, seen):
        span = name.span if isinstance(name, Scalar) else None
        findings.error("unknown-funder-profile", refusal[0], span, *refusal[1:])
        return None
    source = _source(project, name, findings)
    if source is None:
        return None
    tree, found = memo(read_yaml, source)
    findings.extend(found)
    if any(item.severity == "error" for item in found):
        return None
    return read_profile(
        str(name), source, tree, findings, lambda base: _find(project, base, findings, (*seen, str(name)))
    )


def _refusal(project: Project | None, name: str, seen: tuple[str, ...]) -> tuple[str, ...]:
    """Why a profile cannot be read, and what to do; empty where it can."""
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


def _source(project: Project | None, name: str, findings: Findings) -> SourceFile | None:
    if project is not None and name in own_names(project):
        return read_source(project, project.root / OWN_PROFILES / f"{name}.yaml", findings)
    return SourceFile(f"{name}.yaml", (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"))


def read_profile(
    name: str, source: SourceFile, tree: Tree, findings: Findings, find: Callable[[Scalar], Profile | None]
) -> Profile | None:
    """A profile's file, checked; None, with its errors among the findings, where it does not fit.

    `find` gives the profile that it extends. A rule takes the place of one of the same id there;
    those that it takes over keep their own source and confidence.
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
            findings.error(
                "duplicate-id",
                f"the rule `{rule.name}` is given twice",
                rule.span.first_line(),
                "give one of them an `id` of its own",
            )
        own[rule.name] = rule
    if head is None or any(item.severity == "error" for item in findings.items[before:]):
        return None
    base = find(head.extends) if head.extends is not None else None
    if head.extends is not None and base is None:
        return None
    rules = {rule.name: _with_origin(rule, base.head) for rule in base.rules} if base else {}
    known = list(rules)
    for unwanted in head.without:
        if rules.pop(unwanted, None) is None:
            findings.error(
                "unknown-rule",
                f"the profile it extends has no rule `{unwanted}`",
                unwanted.span,
                *did_you_mean(unwanted, known),
            )
    may_say_origin = head.origin and (base is None or base.may_say_origin)
    return Profile(name, head, tuple({**rules, **own}.values()), may_say_origin)


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


def _with_origin(rule: Rule, head: ProfileHead) -> Rule:
    """A rule that says itself where it comes from and how sure that is."""
    return replace(rule, source=rule.source or head.source, confidence=rule.confidence or head.confidence)


class Verdict(Record):
    """A rule's measurement with what it means under the rule's severity."""

    rule: Rule
    outcome: Outcome
    found: Measurement


def check(profile: Profile, subject: Subject) -> list[Verdict]:
    """What each rule of a profile comes to, in the profile's order."""
    has_own = profile.is_portals or any(isinstance(rule, page_rules.HasTextLayer) for rule in profile.rules)
    rules = profile.rules if has_own else (*profile.rules, _OUR_OWN)
    return [Verdict(rule, _outcome(rule, found), found) for rule in rules for found in rule.check(subject)]


def _outcome(rule: Rule, found: Measurement) -> Outcome:
    if found.holds is None:
        return "not measurable"
    if found.holds:
        return "passed"
    return "failed" if rule.severity == "error" else "warned"


def tally(verdicts: Sequence[Verdict]) -> str:
    """`1 failed, 2 not measurable, 9 passed`."""
    found = [verdict.outcome for verdict in verdicts]
    return ", ".join(f"{found.count(outcome)} {outcome}" for outcome in OUTCOMES if outcome in found)


def complaints(
    profile: Profile, verdicts: Sequence[Verdict], span: Span | None, *, with_remedies: bool = True
) -> Iterator[Diagnostic]:
    """An error for each rule that failed, a warning for each that warned, a note of what was not measured.

    `span` is where the profile is named, for rules that know no place of their own. Remedies
    are for variants; a PDF made elsewhere has none.
    """
    for verdict in verdicts:
        if verdict.outcome not in {"failed", "warned"}:
            continue
        found, rule = verdict.found, verdict.rule
        where = f", on {found.where}" if found.where else ""
        remedy = rule.remedy if with_remedies else None
        confidence = rule.confidence or profile.head.confidence
        origin = f"source: {rule.source or profile.head.source} (confidence: {confidence})"
        yield Diagnostic(
            "profile-rule",
            f"{profile.name}, {rule.name}: {found.required}; found {found.measured}{where}",
            found.span or span,
            "error" if verdict.outcome == "failed" else "warning",
            hints=(remedy, origin) if remedy else (origin,),
        )
    unmeasured = [verdict for verdict in verdicts if verdict.outcome == "not measurable"]
    if unmeasured:
        yield Diagnostic(
            "profile-not-measurable",
            f"{profile.name}: {counted(len(unmeasured), 'rule')} could not be measured, and did not pass",
            span,
            "note",
            hints=tuple(
                f"{verdict.rule.name}: {verdict.found.required}; {verdict.found.measured}"
                for verdict in unmeasured
            ),
        )


def portal_note(profile: Profile, span: Span | None) -> Diagnostic:
    """That a portal makes the document."""
    return Diagnostic(
        "profile-portal",
        f"{profile.name}: {profile.head.portal} makes the document;"
        " no PDF of your own is taken, and none is checked",
        span,
        "note",
        hints=tuple(map(str, profile.head.advice)),
    )
