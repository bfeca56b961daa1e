"""The kinds of rule with what measures each, and checking a document against a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cvbuild.conformance.addresses import links, require_identifier
from cvbuild.conformance.asking import asked
from cvbuild.conformance.files import (
    filename_pattern,
    fonts_embedded,
    has_text_layer,
    max_file_size,
    not_encrypted,
    pdf_version_min,
)
from cvbuild.conformance.items import max_characters, max_items, max_words, require_sections
from cvbuild.conformance.margins import margins_min
from cvbuild.conformance.pages import max_pages, page_numbers, page_size
from cvbuild.conformance.spacing import max_lines_per_inch, min_line_spacing
from cvbuild.conformance.subject import LOCKED, Check, Measurement, Outcome, Subject, Verdict
from cvbuild.conformance.type_sizes import allowed_fonts, min_font_size
from cvbuild.conformance.wording import et_al_forbidden, forbid_fields, forbid_patterns, language
from cvbuild.model.profile import Profile
from cvbuild.model.rules import ByEye, HasTextLayer, Rule
from cvbuild.pdf.types import Measured
from cvbuild.source import Scalar, SourceFile, Span


def by_eye(rule: ByEye, subject: Subject) -> Iterator[Measurement]:
    """What no program can see to."""
    yield Measurement(None, str(rule.what), "to be seen to by a person")


CHECKS: Mapping[str, Check] = {
    "max_pages": max_pages,
    "page_size": page_size,
    "margins_min": margins_min,
    "min_font_size": min_font_size,
    "allowed_fonts": allowed_fonts,
    "min_line_spacing": min_line_spacing,
    "max_lines_per_inch": max_lines_per_inch,
    "page_numbers": page_numbers,
    "fonts_embedded": fonts_embedded,
    "pdf_version_min": pdf_version_min,
    "max_file_size": max_file_size,
    "not_encrypted": not_encrypted,
    "has_text_layer": has_text_layer,
    "filename_pattern": filename_pattern,
    "max_items": max_items,
    "max_words": max_words,
    "max_characters": max_characters,
    "require_sections": require_sections,
    "forbid_fields": forbid_fields,
    "forbid_patterns": forbid_patterns,
    "links": links,
    "require_identifier": require_identifier,
    "et_al_forbidden": et_al_forbidden,
    "language": language,
    "by_eye": by_eye,
}
"""By the word after `rule:`."""

_OF_THE_FILE = frozenset({"not_encrypted", "max_file_size", "filename_pattern", "by_eye", "has_text_layer"})
"""What can be told of a PDF that asks for a password: also that nobody can read its text."""

_NOTHING = Subject(Measured("", 0.0, 0, False, "", ()))

_IN_LENGTHS = frozenset(
    {"page_size", "margins_min", "min_font_size", "min_line_spacing", "max_lines_per_inch"}
)


_OUR_OWN = HasTextLayer(
    rule="has_text_layer",
    confidence="high",
    source=Scalar("cvbuild's own", Span(SourceFile("", ""), 0, 0)),
)
"""Holds in every profile: a page that is a picture, or locked, would pass for want of text to measure."""


def check(profile: Profile, subject: Subject) -> list[Verdict]:
    """What each rule of a profile comes to, in the profile's order."""
    has_own = profile.is_portals or any(rule.rule == "has_text_layer" for rule in profile.rules)
    rules = profile.rules if has_own else (*profile.rules, _OUR_OWN)
    return [
        Verdict(rule, _outcome(rule, found), found)
        for rule in rules
        for found in _measurements(rule, subject)
    ]


def required(rule: Rule) -> str:
    """What a rule asks, in the words of its measurements: `at most 4`."""
    found = dict.fromkeys(measurement.required for measurement in CHECKS[rule.rule](rule, _NOTHING))
    return "; ".join(found) or asked(rule)


def _measurements(rule: Rule, subject: Subject) -> Iterator[Measurement]:
    if subject.is_locked and rule.rule not in _OF_THE_FILE:
        yield Measurement(None, required(rule), LOCKED)
    elif not subject.pdf.unit_is_sure and rule.rule in _IN_LENGTHS:
        yield Measurement(None, required(rule), "the pages have units of their own (/UserUnit)")
    else:
        yield from CHECKS[rule.rule](rule, subject)


def _outcome(rule: Rule, found: Measurement) -> Outcome:
    if found.holds is None:
        return "not measurable"
    if found.holds:
        return "passed"
    return "failed" if rule.severity == "error" else "warned"
