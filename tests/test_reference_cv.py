"""The repository's own CV, built with every engine there is."""

from __future__ import annotations

import ctypes
import datetime
import json
import os
import re
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import yaml
from pypdfium2 import raw

from cvbuild.doctor import is_ready
from cvbuild.pdf.read import inspect
from cvbuild.typeset.engines import ENGINES
from cvbuild.typeset.tectonic import BUNDLE_VARIABLE
from tests.conftest import REPOSITORY, make_once
from tests.pdfs import font_use, links
from tests.projects import build_variant

EPOCH = 1_750_000_000
VARIANTS = ("full", "short")
CATEGORIES = {
    "Journal Articles": 28, "Contributions to Conference Proceedings and Workshops": 39, "Books": 1,
    "Book Chapters": 4, "Preprints": 21,
}  # fmt: skip
BIBLIOGRAPHY = sorted((REPOSITORY / "bib").glob("*.bib"))
CONTENT = sorted((REPOSITORY / "content").glob("*.yaml"))


@dataclass(frozen=True)
class Reference:
    """What an engine made of the CV."""

    engine: str
    folder: Path
    diagnostics: dict[str, list[str]]

    def pdf(self, variant: str) -> Path:
        """The variant's PDF, also where it is over its limit of pages."""
        long = self.folder / f"cv-{variant}.refused.pdf"
        return long if long.is_file() else self.folder / f"cv-{variant}.pdf"

    def log(self, variant: str) -> str:
        path = self.folder / ".work" / f"{variant}-{self.engine}" / "cv.log"
        return path.read_text(encoding="utf-8", errors="replace")


def has_engine(name: str) -> bool:
    """Whether an engine runs; without a local bundle, Tectonic would fetch its packages."""
    return is_ready(name) and (name != "tectonic" or BUNDLE_VARIABLE in os.environ)


def build_reference(shared: Path, engine: str) -> Reference:
    if not has_engine(engine):
        where = f", or has no local bundle ({BUNDLE_VARIABLE})" if engine == "tectonic" else ""
        pytest.skip(f"{engine} is not installed{where}")

    def make(folder: Path) -> None:
        said = {}
        for variant in VARIANTS:
            built = build_variant(REPOSITORY, variant, output=folder, engine=engine, epoch=EPOCH)
            said[variant] = [f"{item.severity}[{item.code}]: {item.message}" for item in built.diagnostics]
        (folder / "diagnostics.json").write_text(json.dumps(said), encoding="utf-8")

    folder = make_once(shared / f"reference-{engine}", make)
    return Reference(engine, folder, json.loads((folder / "diagnostics.json").read_text(encoding="utf-8")))


@pytest.fixture(params=list(ENGINES))
def reference(request: pytest.FixtureRequest, shared_folder: Path) -> Reference:
    return build_reference(shared_folder, request.param)


@pytest.fixture
def pdflatex(shared_folder: Path) -> Reference:
    return build_reference(shared_folder, "pdflatex")


def pages(pdf: Path) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def body(pdf: Path) -> str:
    """The text in its order, without the page headers."""
    return "\n".join(re.sub(r"\A.*page \d+ of \d+.*\n", "", page) for page in pages(pdf))


def squeezed(text: str) -> str:
    """Letters and digits alone: engines differ in ligatures, hyphenation and line ends."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if char.isascii() and char.isalnum()).casefold()


def fields(name: str) -> list[str]:
    text = "\n".join(file.read_text(encoding="utf-8") for file in BIBLIOGRAPHY)
    values = re.findall(rf"^\s*{name}\s*=\s*\{{(.*)\}},?$", text, re.MULTILINE)
    return [re.sub(r"\\([&%$#_])", r"\1", value) for value in values]


def between(text: str, start: str, end: str | None) -> slice:
    """The place between two headings, each a line of its own."""
    begin = re.search(rf"^ *{re.escape(start)}\s*$", text, re.MULTILINE)
    assert begin, start
    finish = re.compile(rf"^ *{re.escape(end)}\s*$", re.MULTILINE).search(text, begin.end()) if end else None
    assert finish or end is None, end
    return slice(begin.end(), finish.start() if finish else len(text))


def count_numbered(text: str, start: str, end: str | None) -> int:
    """How far the numbers at line starts count between two headings, from 1 without a gap."""
    count = 0
    for found in re.findall(r"^\s*(\d+)\.", text[between(text, start, end)], re.MULTILINE):
        count += int(found) == count + 1
    return count


def names_of_owner(pdf: Path, start: str, end: str | None) -> tuple[list[str], list[str]]:
    """The owner's names between two headings: those in bold from end to end, and all."""
    found: list[tuple[str, bool]] = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            text_page: Any = page.get_textpage()
            for at in range(text_page.count_chars()):
                font = ctypes.create_string_buffer(200)
                raw.FPDFText_GetFontInfo(text_page.raw, at, font, 200, None)
                found.append((chr(raw.FPDFText_GetUnicode(text_page.raw, at)), b"Bold" in font.value))
            found.append(("\n", False))
    text = "".join(char for char, _ in found).replace("\r", " ")
    place = between(text, start, end)
    every, bold = [], []
    for match in re.compile(r"\b(Lapuschkin|Bach)\s+S\b").finditer(text, place.start, place.stop):
        every.append(" ".join(match[0].split()))
        if all(is_bold for char, is_bold in found[match.start() : match.end()] if not char.isspace()):
            bold.append(every[-1])
    return bold, every


def section_titles(variant: str, language: str = "en") -> list[str]:
    settings = yaml.safe_load((REPOSITORY / "content/cv.yaml").read_text(encoding="utf-8"))
    titles = []
    for entry in settings["variants"][variant].get("sections") or settings["sections"]:
        choice = {"section": entry} if isinstance(entry, str) else entry
        section = yaml.safe_load((REPOSITORY / f"content/{choice['section']}.yaml").read_text("utf-8"))
        title = choice.get("title", section["title"])
        titles.append(title if isinstance(title, str) else title[language])
    return titles


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_is_built_as_under_pdflatex_and_without_flaws(
    reference: Reference, pdflatex: Reference, variant: str
) -> None:
    assert [line for line in reference.diagnostics[variant] if line.startswith("error")] == []
    assert (reference.folder / f"cv-{variant}.pdf").is_file()
    wide = re.findall(r"Overfull \\hbox \(([\d.]+)pt", reference.log(variant))
    assert [points for points in wide if float(points) > 1] == []
    assert "Missing character" not in reference.log(variant)
    made, expected = reference.pdf(variant), pdflatex.pdf(variant)
    assert abs(len(pages(made)) - len(pages(expected))) <= 1
    assert squeezed(body(made)) == squeezed(body(expected))


def test_every_publication_title_and_author_of_the_bibliography_is_printed(reference: Reference) -> None:
    text = body(reference.pdf("full"))
    printed = text[between(text, "Publications", None)]
    for (name, count), end in zip(CATEGORIES.items(), [*list(CATEGORIES)[1:], None], strict=True):
        assert count_numbered(printed, name, end) == count
    titles = fields("title")
    assert len(titles) == sum(CATEGORIES.values()) == 93
    people = {name.split(",")[0] for names in fields("author") for name in names.split(" and ")}
    assert len(people) > 50
    text = squeezed(text)
    assert [words for words in (*titles, *sorted(people)) if squeezed(words) not in text] == []


def test_every_address_of_the_sources_is_a_link(reference: Reference) -> None:
    found = {link.rstrip("/") for link in links(reference.pdf("full"))}
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (*CONTENT, *BIBLIOGRAPHY))
    addresses = re.findall(r"https?://[^\s{}\"'>)\]]+", re.sub(r"(?m)^\s*[%#].*$", "", sources))
    typed = {address.rstrip("/.,") for address in addresses}
    dois = {f"https://doi.org/{doi}" for doi in fields("doi")}
    papers = {f"https://arxiv.org/abs/{number}" for number in fields("eprint") if number[:4].isdigit()}
    assert len(typed) > 40
    assert len(papers) > 5
    assert sorted((typed | dois | papers) - found) == []
    own = {"mailto:sebastian.lapuschkin@hhi.fraunhofer.de", "tel:+493031002371"}
    assert all(own < set(links(reference.pdf(variant))) for variant in VARIANTS)


@pytest.mark.parametrize("variant", VARIANTS)
def test_fonts_headers_and_outline(reference: Reference, variant: str) -> None:
    """No heading is the last one on its page."""
    pdf = reference.pdf(variant)
    used = font_use(pdf)
    assert [font for font in used if not font.embedded] == []
    assert max(used, key=lambda font: font.characters).size >= 10.49
    assert min(font.size for font in used) >= 8.49
    first, *others = pages(pdf)
    count = len(others) + 1
    assert not re.search(rf"page 1 of {count}", first)
    for number, text in enumerate(others, 2):
        assert re.search(rf"Sebastian Lapuschkin\s+page {number} of {count}\b", text)
    report = inspect(pdf)
    assert [entry.title for entry in report.outline if entry.level == 0] == section_titles(variant)
    # An outline's destination is 12 bp over a heading of one line: what is set under the
    # heading ends at least 36 bp below it.
    alone = [entry.title for entry in report.outline if report.lowest_text[entry.page] > entry.y - 36]
    assert alone == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_metadata_is_that_of_the_settings_with_the_date_of_the_sources(
    reference: Reference, variant: str
) -> None:
    with pypdfium2.PdfDocument(reference.pdf(variant)) as document:
        said = document.get_metadata_dict()
        size = raw.FPDFCatalog_GetLanguage(document.raw, None, 0)
        language = (ctypes.c_ushort * (size // 2))()
        raw.FPDFCatalog_GetLanguage(document.raw, language, size)
    short = "Short " if variant == "short" else ""
    keywords = ("Explainable Artificial Intelligence", "interpretable machine learning",
                "Layer-wise Relevance Propagation")  # fmt: skip
    assert (
        said
        | {
            "Title": f"{short}Curriculum Vitae – Sebastian Lapuschkin",
            "Author": "Sebastian Lapuschkin",
            "Subject": "Academic curriculum vitae",
            "Keywords": ", ".join(keywords),
        }
        == said
    )
    assert bytes(language).decode("utf-16-le").rstrip("\0") == "en"
    at = datetime.datetime.fromtimestamp(EPOCH, datetime.UTC)
    assert said["CreationDate"].startswith(f"D:{at:%Y%m%d%H%M%S}")


def test_the_short_one_has_two_pages_and_ten_publications(reference: Reference) -> None:
    pdf = reference.pdf("short")
    assert len(pages(pdf)) <= 2
    titles = section_titles("short")
    after = titles[titles.index("Ten Selected Publications") + 1]
    assert count_numbered(body(pdf), "Ten Selected Publications", after) == 10
    bold, every = names_of_owner(pdf, "Ten Selected Publications", after)
    assert len(every) == 10
    assert bold == every


def test_the_owner_is_bold_in_every_publication_under_both_names(reference: Reference) -> None:
    bold, every = names_of_owner(reference.pdf("full"), "Publications", None)
    assert bold == every
    people = [*fields("author"), *fields("editor")]
    typed = [tuple(re.findall(r"\b(Lapuschkin|Bach), S\.", names)) for names in people]
    assert every.count("Bach S") == typed.count(("Bach",)) > 0
    assert every.count("Lapuschkin S") == typed.count(("Lapuschkin",))


def test_the_same_sources_give_the_same_bytes_in_another_folder_and_time_zone(
    reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "a folder" / "deeper"
    for name in ("content", "bib"):
        shutil.copytree(REPOSITORY / name, root / name)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    target = tmp_path / "again.pdf"
    build_variant(root, "short", target, engine=reference.engine, epoch=EPOCH)
    made = target if target.is_file() else tmp_path / "again.refused.pdf"
    assert made.read_bytes() == reference.pdf("short").read_bytes()
