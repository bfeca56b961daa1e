"""The starter in each of the theme's languages, and the reference CV in German, built with pdflatex."""

from __future__ import annotations

import ctypes
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
from pypdfium2 import raw

from cvbuild.pdf.read import inspect, page_count
from cvbuild.render.checks import untranslated
from cvbuild.scaffold import create_project
from cvbuild.select.selection import select
from cvbuild.typeset.texlive import without_files
from tests.conftest import REPOSITORY, make_once, needs_pdflatex
from tests.languages import said, text_of
from tests.pdfs import links
from tests.projects import build_variant, load_project, prepare_variant
from tests.test_reference_cv import EPOCH, build_reference, fields, section_titles, squeezed

LANGUAGES = ("en", "de", "fr", "es", "it", "pt")


@pytest.fixture(scope="module")
def starters(shared_folder: Path) -> Path:
    """A folder with the starter in every language, each with what was said of it."""

    def make(folder: Path) -> None:
        create_project(folder / "project")
        for language in LANGUAGES:
            output = folder / language
            built = build_variant(folder / "project", output=output, engine="pdflatex", language=language)
            codes = [item.code for item in built.diagnostics]
            (folder / f"{language}.json").write_text(json.dumps(codes), encoding="utf-8")

    return make_once(shared_folder / "starters", make)


@needs_pdflatex()
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_starter_has_the_labels_of_its_language_and_no_others(starters: Path, language: str) -> None:
    codes = json.loads((starters / f"{language}.json").read_text(encoding="utf-8"))
    # babel's files for a language come with a package of its own.
    assert set(codes) <= {"missing-translation", "missing-hyphenation"}
    assert codes.count("missing-translation") == (language != "en")
    log = (starters / f"{language}/.work/full-pdflatex/cv.log").read_text("utf-8", errors="replace")
    assert not re.search("Overfull|Missing character", log)
    pdf = starters / f"{language}/cv-full.pdf"
    text, pages = text_of(pdf), page_count(pdf)
    own, english = said(language, pages), said("en", pages)
    assert [words for words in own.values() if words not in text] == []
    foreign = [words for name, words in english.items() if words != own[name]]
    assert [words for words in foreign if re.search(rf"{re.escape(words)}(?!\w)", text)] == []
    assert bool(foreign) == (language != "en")


@dataclass(frozen=True)
class German:
    """The variant `voll`, and `full` beside it."""

    pdf: Path
    english: Path
    codes: list[str]
    text: str


@pytest.fixture
def german(shared_folder: Path) -> German:
    def make(folder: Path) -> None:
        built = build_variant(REPOSITORY, "voll", output=folder, engine="pdflatex", epoch=EPOCH)
        codes = [item.code for item in built.diagnostics]
        (folder / "codes.json").write_text(json.dumps(codes), encoding="utf-8")

    english = build_reference(shared_folder, "pdflatex").pdf("full")
    folder = make_once(shared_folder / "reference-german", make)
    codes = json.loads((folder / "codes.json").read_text(encoding="utf-8"))
    pdf = folder / "cv-voll.pdf"
    return German(pdf, english, codes, text_of(pdf))


def test_voll_is_built_without_a_warning(german: German) -> None:
    assert german.codes == (["missing-hyphenation"] if without_files(["ngerman"]) else [])
    log = (german.pdf.parent / ".work/voll-pdflatex/cv.log").read_text(encoding="utf-8", errors="replace")
    assert not re.search("Overfull|Missing character", log)


def test_headings_dates_terms_and_quotation_marks_are_german(german: German) -> None:
    titles = section_titles("voll", "de")
    outline = inspect(german.pdf).outline
    assert [entry.title for entry in outline if entry.level == 0] == titles
    assert titles[:3] == ["Kurzbiografie", "Beruflicher Werdegang", "Ausbildung"]
    assert "Zeitschriftenartikel" in [entry.title for entry in outline if entry.level == 1]
    text = german.text
    assert text.count("– heute") == 5
    for words in ("Wintersemester 2024/25", "23. Mai 2025", "Dez. 2024 – Nov. 2028"):
        assert words in text
    assert "„Opening the machine learning black box with Layer-wise Relevance Propagation“" in text
    assert "”" not in text
    assert text.count("„") == text.count("“")


def test_no_english_label_is_left(german: German) -> None:
    text, pages = german.text, page_count(german.pdf)
    for words in ("– present", f"page 2 of {pages}", "Since 20", "According to", "Thesis:", "Supervisor:",
                  "For the paper", "published", "granted", "Focus:", "WS 24", " and Lapuschkin S",
                  "Green Open Access", "editors"):  # fmt: skip
        assert words in text_of(german.english), words
        assert words not in re.sub(r"Accepted for publication", "", text), words


def test_every_fact_that_has_no_language_is_there(german: German) -> None:
    assert sorted(links(german.pdf)) == sorted(links(german.english))
    text = squeezed(german.text)
    assert [title for title in fields("title") if squeezed(title) not in text] == []
    people = {name.split(",")[0] for names in fields("author") for name in names.split(" and ")}
    assert [name for name in sorted(people) if squeezed(name) not in text] == []
    # Years, numbers of patents and pages, ranks: as often as in English at least.
    numbers = re.compile(r"\d{4,}")
    lost = Counter(numbers.findall(text_of(german.english))) - Counter(numbers.findall(german.text))
    assert lost == Counter()


def test_voll_has_every_entry_of_full() -> None:
    _, cv = load_project(REPOSITORY)
    ledgers = [select(cv, name)[0].ledger for name in ("full", "voll")]
    assert ledgers[0] == ledgers[1]
    assert {item.section for item in ledgers[0].left_out} == {"personal"}  # for funders' variants
    assert ledgers[0].printed > 190


def test_the_metadata_is_german(german: German) -> None:
    with pypdfium2.PdfDocument(german.pdf) as document:
        about = document.get_metadata_dict()
        size = raw.FPDFCatalog_GetLanguage(document.raw, None, 0)
        language = (ctypes.c_ushort * (size // 2))()
        raw.FPDFCatalog_GetLanguage(document.raw, language, size)
    assert bytes(language).decode("utf-16-le").rstrip("\0") == "de"
    assert about["Title"] == "Lebenslauf – Sebastian Lapuschkin"
    assert about["Subject"] == "Akademischer Lebenslauf"
    assert about["Keywords"].startswith("Erklärbare Künstliche Intelligenz, ")


@pytest.mark.parametrize("variant", ["full", "short"])
def test_every_variant_can_be_had_in_german(variant: str) -> None:
    prepared = prepare_variant(REPOSITORY, variant, language="de")
    assert prepared.findings.items == []
    for title in section_titles(variant, "de"):
        assert rf"\cvsection{{{title}}}" in re.sub("[\ue000-\uf8ff]", "", prepared.rendered.text)


def test_what_has_no_french_is_told_of_and_no_name_is() -> None:
    prepared = prepare_variant(REPOSITORY, language="fr")
    [found] = [item for item in prepared.findings.items if item.code == "missing-translation"]
    texts = untranslated(prepared.selected, prepared.rendered)
    assert found.message.startswith(f"{len(texts)} texts are not there in French")
    listed = prepare_variant(REPOSITORY, language="fr", every_translation=True)
    assert [item.span for item in listed.findings.items if item.code == "missing-translation"] == [
        text.span.first_line() for _, text in texts
    ]
    said = {str(text) for _, text in texts}
    foreign = "Short Bio|Berlin, Germany|invited talk|Journal Articles|PhD in Machine Learning"
    assert set(foreign.split("|")) <= said
    assert not {"XAI4Science", "Best Paper Award", "Beyond Explaining", "ACHILLES", "IDA Retreat’14"} & said
