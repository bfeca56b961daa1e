"""Read funders' profiles, and check a document against a profile's rules and its variant's limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from cvbuild.content.reader import Content, read
from cvbuild.content.values import Word, Words
from cvbuild.diagnostics import Diagnostic, Findings, did_you_mean
from cvbuild.funders import (
    OWN_PROFILES,
    SHIPPED,
    content_rules,
    own_names,
    page_rules,
    profile_names,
)
from cvbuild.funders.rule import (
    LOCKED,
    NO_PDF,
    OUTCOMES,
    RULES,
    Confidence,
    Measurement,
    Outcome,
    Rule,
    Subject,
    read_pdf,
)
from cvbuild.memo import memo
from cvbuild.pdf.types import PdfReport
from cvbuild.project import Project, read_source
from cvbuild.read import read_yaml
from cvbuild.read.parsed import Tree, YamlMapping, YamlSequence
from cvbuild.record import Record, replace
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.select.types import SelectedCv
from cvbuild.source import NOWHERE, Scalar, SourceFile, Span
from cvbuild.words import counted

_ADDED_RULE = content_rules.HasTextLayer(
    rule="has_text_layer", confidence="high", source=Scalar("cvbuild's own", NOWHERE)
)
"""Rule added to every profile: other rules find nothing wrong in a locked PDF or a picture of text."""

_MOST_EXTENDED = 10
"""Maximum number of profiles that extend one another in a chain."""


class ProfileHead(Content, kw_only=True):
    """A profile as written; `read_profile` reads its rules by their kinds."""

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
    """A profile with all its rules, beginning with those of the profile that it extends."""

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
    """Return the profile that `span` names, the project's own before a shipped one; None with errors."""
    findings = Findings()
    profile = _find(project, Scalar(name, span) if span else name, findings, ())
    return (None if findings.has_errors else profile), findings.items


def _find(project: Project | None, name: str, findings: Findings, seen: tuple[str, ...]) -> Profile | None:
    """Read a profile. `seen` is the chain of profiles that extend it, beginning with the one asked for."""
    known, is_own = profile_names(project), name in own_names(project)
    message = ""
    hints: tuple[str, ...] = ()
    if name in seen:
        message, hints = f"the profile `{name}` extends itself", ("delete its line `extends`",)
    elif len(seen) > _MOST_EXTENDED:
        message = f"the profile `{seen[0]}` extends more than {_MOST_EXTENDED} others, one behind the other"
        hints = ("write the rules of some of them into one file",)
    elif name not in known:
        message = f"there is no profile `{name}`"
        listed = f"the profiles are {', '.join(known)}; one of your own is a file {OWN_PROFILES}/NAME.yaml"
        hints = (*did_you_mean(name, known), listed)
    elif project is not None and is_own and not project.is_trusted:
        message = f"the profile `{name}` is the project's own, which `--untrusted` refuses"
        hints = ("read it, and call without `--untrusted`: its regular expressions can take for ever",)
    if message:
        findings.error("unknown-funder-profile", message, getattr(name, "span", None), *hints)
        return None
    source: SourceFile | None
    if project is not None and is_own:
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


def read_profile(
    name: str, source: SourceFile, tree: Tree, findings: Findings, find: Callable[[Scalar], Profile | None]
) -> Profile | None:
    """Return the profile in a file; None if it has errors, which are added to the findings.

    `find` returns the extended profile. A rule replaces the extended profile's rule of the same id;
    the others are inherited with their source and confidence.
    """
    before = len(findings.items)
    whole = Span(source, 0, 0)
    head = read(ProfileHead, tree, whole, findings)
    own: dict[str, Rule] = {}
    listed = tree.get("rules") if isinstance(tree, YamlMapping) else None
    for written in listed if isinstance(listed, YamlSequence) else ():
        rule = _rule(written, whole, findings)
        if rule is not None and own.setdefault(rule.name, rule) is not rule:
            message = f"the rule `{rule.name}` is given twice"
            hint = "give one of them an `id` of its own"
            findings.error("duplicate-id", message, rule.span.first_line(), hint)
    if head is None or any(item.severity == "error" for item in findings.items[before:]):
        return None
    rules: dict[str, Rule] = {}
    may_say_origin = head.origin
    if head.extends is not None:
        base = find(head.extends)
        if base is None:
            return None
        for rule in base.rules:
            stated_in, confidence = rule.source or base.head.source, rule.confidence or base.head.confidence
            rules[rule.name] = replace(rule, source=stated_in, confidence=confidence)
        may_say_origin = head.origin and base.may_say_origin
    known = list(rules)
    for unwanted in head.without:
        if rules.pop(unwanted, None) is None:
            message = f"the profile it extends has no rule `{unwanted}`"
            findings.error("unknown-rule", message, unwanted.span, *did_you_mean(unwanted, known))
    return Profile(name, head, tuple({**rules, **own}.values()), may_say_origin)


def _rule(written: Tree, whole: Span, findings: Findings) -> Rule | None:
    """Read a rule by its kind; None if it has errors."""
    kind = written.get("rule") if isinstance(written, YamlMapping) else None
    if isinstance(kind, Scalar) and kind in RULES:
        return read(RULES[kind], written, whole, findings)
    kinds = ", ".join(sorted(RULES, key=lambda name: RULES[name].__module__ != page_rules.__name__))
    if isinstance(kind, Scalar):
        hints = did_you_mean(kind, RULES) or (f"the kinds are {kinds}",)
        findings.error("unknown-rule", f"there is no kind of rule called `{kind}`", kind.span, *hints)
    else:
        span = getattr(written, "span", whole).first_line()
        message = "`rule` is missing: it says what kind of rule this is"
        findings.error("missing-key", message, span, f"one of {kinds}")
    return None


class Verdict(Record):
    """A rule, its measurement, and the outcome under the rule's severity."""

    rule: Rule
    outcome: Outcome
    found: Measurement


def check(profile: Profile, subject: Subject) -> list[Verdict]:
    """Return the verdicts on a document, in the order of the profile's rules."""
    has_own = profile.is_portals or any(rule.rule == _ADDED_RULE.rule for rule in profile.rules)
    verdicts = []
    for rule in profile.rules if has_own else (*profile.rules, _ADDED_RULE):
        if subject.is_locked and not rule.is_of_file:
            measurements = [Measurement(None, rule.required, LOCKED)]
        elif rule.is_in_lengths and not subject.pdf.unit_is_sure:
            reason = "the pages have units of their own (/UserUnit)"
            measurements = [Measurement(None, rule.required, reason)]
        else:
            measurements = list(rule.check(subject))
        broken: Outcome = "failed" if rule.severity == "error" else "warned"
        outcomes: dict[bool | None, Outcome] = {True: "passed", False: broken, None: "not measurable"}
        verdicts += [Verdict(rule, outcomes[found.holds], found) for found in measurements]
    return verdicts


def tally(verdicts: Sequence[Verdict]) -> str:
    """Return the number of verdicts by outcome: `1 failed, 2 not measurable, 9 passed`."""
    found = [verdict.outcome for verdict in verdicts]
    return ", ".join(f"{found.count(outcome)} {outcome}" for outcome in OUTCOMES if outcome in found)


def complaints(
    profile: Profile, verdicts: Sequence[Verdict], span: Span | None, *, with_remedies: bool = True
) -> Iterator[Diagnostic]:
    """Yield an error or warning for each broken rule, and one note on all that are not measurable.

    `span` is for rules without a place in the content. Remedies do not apply to a PDF made elsewhere.
    """
    unmeasured = []
    for verdict in verdicts:
        found, rule = verdict.found, verdict.rule
        if found.holds is None:
            unmeasured.append(f"{rule.name}: {found.required}; {found.measured}")
        if found.holds is not False:
            continue
        where = f", on {found.where}" if found.where else ""
        remedy = rule.remedy if with_remedies else None
        confidence = rule.confidence or profile.head.confidence
        origin = f"source: {rule.source or profile.head.source} (confidence: {confidence})"
        message = f"{profile.name}, {rule.name}: {found.required}; found {found.measured}{where}"
        hints = (remedy, origin) if remedy else (origin,)
        yield Diagnostic("profile-rule", message, found.span or span, rule.severity, hints=hints)
    if unmeasured:
        rules = counted(len(unmeasured), "rule")
        message = f"{profile.name}: {rules} could not be measured, and did not pass"
        yield Diagnostic("profile-not-measurable", message, span, "note", hints=tuple(unmeasured))


def portal_note(profile: Profile, span: Span | None) -> Diagnostic:
    """Return a note that a portal makes the document."""
    maker = f"{profile.name}: {profile.head.portal} makes the document"
    message = f"{maker}; no PDF of your own is taken, and none is checked"
    return Diagnostic("profile-portal", message, span, "note", hints=tuple(map(str, profile.head.advice)))


def broken_limits(
    project: Project, selected: SelectedCv, rendered: RenderedTex, pdf: Path, name: str
) -> tuple[list[Diagnostic], str]:
    """Return diagnostics on a variant's limits, and its profile's tally; `name` is the PDF's file name."""
    found: list[Diagnostic] = []
    limit = selected.variant.max_pages
    from cvbuild.pdf.read import inspect  # slow to import, and a build needs profiles first

    if limit is not None and (measured := inspect(pdf)).pages > limit:
        space = section_space(measured)
        taken = sum(pages for _, pages in space)
        over = f"{max(taken - limit, 0.01):.2f}" if space else str(measured.pages - limit)
        listing = ", ".join(f"{title} {pages:.2f}" for title, pages in space) or "not known: no outline"
        message = f"the variant `{selected.name}` has {measured.pages} pages, and `max_pages` allows"
        message += f" {counted(limit, 'page')}: {over} pages too many"
        cure = "leave out items with `limit`, `since` or `tags`, or choose `detail: brief`;"
        hints = (f"space in pages: {listing}", f"{cure} `fit: {limit}` leaves out what matters least")
        span = selected.variant.span_of("max_pages")
        found.append(Diagnostic("too-many-pages", message, span, hints=hints))
    named, span = selected.variant.profile, selected.variant.span_of("profile")
    if named is None:
        return found, ""
    profile, problems = find_profile(project, named, named.span)
    if profile is None:
        return [*found, *problems], ""
    if profile.is_portals:
        subject = Subject(NO_PDF, selected, rendered)
        found.append(portal_note(profile, span))
    else:
        subject = read_pdf(pdf, name, selected, rendered)
    verdicts = check(profile, subject)
    found += complaints(profile, verdicts, span)
    return found, f"{profile.name}: {tally(verdicts)}" if verdicts else ""


def section_space(report: PdfReport) -> list[tuple[str, float]]:
    """Return the space in pages of the header and each section by title; empty without an outline."""
    tops = [entry for entry in report.outline if entry.level == 0]
    if not tops:
        return []
    # Assume a top margin as large as the space below the lowest text.
    usable = report.sizes[0][1] - 2 * min(report.lowest_text)
    starts = [0.0]
    for page, y in [*((entry.page, entry.y) for entry in tops), (report.pages - 1, report.lowest_text[-1])]:
        top = (report.sizes[page][1] + usable) / 2
        starts.append(page + min(max((top - y) / usable, 0.0), 1.0))
    names = ["(header)", *(entry.title for entry in tops)]
    return [(name, max(end - start, 0.0)) for name, (start, end) in zip(names, pairwise(starts), strict=True)]
