from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
import yaml

from cvbuild.content.crossref import LINK_FIELDS
from cvbuild.content.kinds import Filing
from cvbuild.content.publications import _ACCESS, KIND_LABELS
from cvbuild.content.reader import table_of
from cvbuild.content.values import NameMeaning
from cvbuild.diagnostics import UsageProblem
from cvbuild.render import document
from cvbuild.render.labels import TERM_LABELS, labels_for
from cvbuild.render.printer import Printer
from cvbuild.render.templates import shipped_templates

CATALOGUES = [*shipped_templates().glob("*/labels.yaml")]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.parent.name))
def test_every_language_has_every_label_with_the_same_places(path: Path) -> None:
    catalogue = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"en", "de", "fr", "es", "it", "pt"} <= set(catalogue)

    def places(label: str) -> set[str]:
        return {field for _, field, _, _ in Formatter().parse(label) if field is not None}

    for language, labels in catalogue.items():
        assert set(labels) == set(catalogue["en"]), language
        for key, label in labels.items():
            assert label == str(label) != "", key
            if key.endswith("_term"):
                assert places(label) <= {"season", "years", "short_years"}, label
                assert places(label) & {"years", "short_years"}, label
            else:
                assert places(label) == places(catalogue["en"][key]), label


def used_labels() -> set[str]:
    """The keys of the catalogue that a template or the program asks for."""
    templates = "\n".join(file.read_text() for file in shipped_templates().rglob("*.tex"))
    program = "\n".join(file.read_text() for file in Path(document.__file__).parent.glob("*.py"))
    direct = {
        *re.findall(r"\blabels\.(\w+)", templates),
        *re.findall(r"\blabel\('(\w+)'(?! ~)", templates),
        *re.findall(r"labels\[['\"](\w+)['\"]\]", program),
    }
    # Python's own methods of a mapping.
    direct -= {"items", "values", "get", "keys"}
    # What is asked for by the name of something else: `labels[filing.status]` and its like.
    status = table_of(Filing)["status"].type
    statuses = {word for part in get_args(status) for word in get_args(part)}
    quotes = {f"quote_{end}" for end in ("open", "close", "inner_open", "inner_close")}
    linked = set(LINK_FIELDS) & set(yaml.safe_load(CATALOGUES[0].read_text(encoding="utf-8"))["en"])
    marks = {f"mark_{meaning}" for meaning in (*get_args(NameMeaning), "new")}
    others = {*_ACCESS.values(), *KIND_LABELS, *TERM_LABELS.values()}
    return direct | statuses | quotes | linked | marks | others


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.parent.name))
def test_every_label_that_is_used_is_there_and_none_is_there_for_nothing(path: Path) -> None:
    assert used_labels() == set(yaml.safe_load(path.read_text(encoding="utf-8"))["en"])


def write_labels(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "labels.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_first_folder_wins_and_english_stands_in(tmp_path: Path) -> None:
    own = write_labels(tmp_path / "own", "de: {and: und}\nde-AT: {present: dato}\n")
    base = write_labels(
        tmp_path / "base", "en: {and: and, present: present, in: In}\nde: {and: '&', present: heute}\n"
    )
    assert labels_for("de", [own, base]) == {"and": "und", "present": "heute", "in": "In"}
    assert labels_for("de-AT", [own, base])["present"] == "dato"
    assert labels_for("fr", [own, base])["present"] == "present"


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="not a language code"):
        labels_for("english", [write_labels(tmp_path / "a", "en: {}\n")])


def test_the_places_of_a_label_are_filled_as_text() -> None:
    printer = Printer("en", {"per": "100% of {source}, {year}"})
    assert printer.label("per", source="R&D", year=2020) == r"100\% of R\&D, 2020"
