"""The profiles that ship. What they ask: tests/cases/commands/shipped-profiles.txt."""

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
