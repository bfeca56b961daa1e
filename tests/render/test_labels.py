from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest
import yaml

from cvbuild.diagnostics import UsageProblem
from cvbuild.render.labels import filled, labels_for
from cvbuild.render.printer import Printer
from cvbuild.render.templates import shipped_templates, themes

CATALOGUES = [
    path for theme in themes(None) if (path := shipped_templates() / theme / "labels.yaml").is_file()
]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.parent.name))
def test_every_language_has_every_label(path: Path) -> None:
    catalogue = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"en", "de"} <= set(catalogue)
    for language, labels in catalogue.items():
        assert set(labels) == set(catalogue["en"]), language
        assert all(isinstance(label, str) and label for label in labels.values()), language


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.parent.name))
def test_a_label_has_the_same_places_in_every_language(path: Path) -> None:
    catalogue = yaml.safe_load(path.read_text(encoding="utf-8"))

    def places(label: str) -> set[str]:
        return {field for _, field, _, _ in Formatter().parse(label) if field is not None}

    for labels in catalogue.values():
        assert {key: places(label) for key, label in labels.items()} == {
            key: places(label) for key, label in catalogue["en"].items()
        }


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
    assert filled(printer, "per", source="R&D", year=2020) == r"100\% of R\&D, 2020"
