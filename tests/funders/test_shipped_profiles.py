"""The profiles that ship."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cvbuild.funders import shipped_names
from cvbuild.funders.profile import Profile, find_profile
from cvbuild.funders.rule import RULES, Rule
from tests.projects import load

PORTALS = {"nih", "nsf-biosketch", "snsf", "ukri-r4ri"}


def shipped(name: str) -> Profile:
    profile, found = find_profile(None, name)
    assert found == []
    assert profile is not None
    return profile


@pytest.mark.parametrize("kind", RULES.values())
def test_every_kind_of_rule_is_measured(kind: type[Rule]) -> None:
    assert kind.check is not Rule.check


@pytest.mark.parametrize("name", shipped_names())
def test_a_profile_has_a_source_and_rules_in_words_or_a_portal_with_advice(name: str) -> None:
    profile = shipped(name)
    head = profile.head
    assert head.title
    assert head.source
    assert head.version
    assert re.fullmatch(r"20\d\d-\d\d", head.checked)
    assert {"confidence", "checked", "version", "source"} <= set(head._place or ())
    assert profile.is_portals is (name in PORTALS)
    assert head.advice if profile.is_portals else profile.rules
    for rule in profile.rules:
        assert not re.search(r"\\|^yes$|^pages |^any \d", rule.required), rule.required


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        (
            "dfg-53.200",
            "max_pages: pages 4; allowed_fonts: families Arial; min_font_size: any 11 pt;"
            " min_line_spacing: factor 1.2",
        ),
        (
            "erc-b1-cv",
            "max_pages: pages 4; min_font_size: any 11 pt;"
            " margins_min: left 2.0 cm, right 2.0 cm, top 1.5 cm, bottom 1.5 cm",
        ),
        (
            "msca-pf-2026",
            "max_pages: pages 5; page_size: exactly a4; margins_min: all 15 mm; pdf_version_min: version 1.2;"
            " min_font_size: body 11 pt, tables 11 pt, captions 8 pt, notes 8 pt; fonts_embedded: yes",
        ),
        (
            "tri-agency-cv-nserc",
            "max_pages: by language en 5, fr 6; page_size: exactly letter; margins_min: all 1.87 cm;"
            " allowed_fonts: families Times New Roman; min_font_size: any 12 pt; max_lines_per_inch: lines 6;"
            " page_numbers: numbers required; filename_pattern: max characters 15; not_encrypted: yes",
        ),
        ("tri-agency-cv-sshrc", "allowed_fonts: families Arial; min_font_size: any 12 pt"),
        ("tri-agency-cv-cihr", "allowed_fonts: families Arial; margins_min: all 2 cm"),
        (
            "nsf-24-1-upload",
            "max_lines_per_inch: lines 6; margins_min: all 1 in; page_numbers: numbers forbidden;"
            " page_size: at most letter; min_font_size: families Arial 10 pt, Courier New 10 pt,"
            " Palatino Linotype 10 pt, Times New Roman 11 pt, Computer Modern 11 pt",
        ),
        (
            "nwo-talent-2026",
            "allowed_fonts: families Calibri; min_font_size: any 9.5 pt; margins_min: all 2.5 cm",
        ),
    ],
)
def test_a_profile_asks_what_its_funder_asks(name: str, rules: str) -> None:
    found = {f"{rule.name}: {rule.asked}" for rule in shipped(name).rules}
    assert set(rules.split("; ")) <= found


def test_indicative_rules_warn() -> None:
    """MSCA's five pages are indicative; NWO's form is a Word document."""
    warning = {
        (name, rule.name)
        for name in ("msca-pf-2026", "nwo-talent-2026")
        for rule in shipped(name).rules
        if rule.severity == "warning"
    }
    assert warning == {
        ("msca-pf-2026", "max_pages"),
        ("nwo-talent-2026", "allowed_fonts"),
        ("nwo-talent-2026", "min_font_size"),
        ("nwo-talent-2026", "margins_min"),
    }


def test_a_rule_that_is_taken_over_keeps_its_source() -> None:
    """NSERC's own rules are of high confidence; those that the agencies share are not for that."""
    found = {rule.name: (rule.confidence, rule.source) for rule in shipped("tri-agency-cv-nserc").rules}
    assert found["max_pages"] == ("medium", "NSERC PDF attachment rules; CIHR")
    assert found["not_encrypted"] == (None, None)


def test_what_to_change_is_a_key_that_a_variant_has(tmp_path: Path) -> None:
    """Each remedy that is a line of a variant, typed into one as it is printed."""
    remedies = {cure for name in shipped_names() for rule in shipped(name).rules if (cure := rule.remedy)}
    typed = {
        key for cure in remedies for key in re.findall(r"`((?:fit|paper|layout|theme|lang): [^`…]+)`", cure)
    }
    assert {key.split(":")[0] for key in typed} == {"fit", "paper", "layout", "theme", "lang"}
    variants = "".join(f"  v{number}:\n    {key}\n" for number, key in enumerate(sorted(typed)))
    settings = f"owner: {{name: Ada Example}}\nvariants:\n{variants}"
    cv, found = load(tmp_path, {"content/cv.yaml": settings})
    assert [item.message for item in found if item.severity == "error"] == []
    assert len(cv.variants) == len(typed)
