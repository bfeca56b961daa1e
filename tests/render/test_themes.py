"""The themes for funders, on the starter CV and the reference CV, measured as funders measure."""

from __future__ import annotations

import ctypes
import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest
from pypdfium2 import raw

from cvbuild.scaffold import create_project
from cvbuild.select.selection import select
from tests.conftest import REPOSITORY, make_once, needs_pdflatex
from tests.pdfs import font_use, links
from tests.projects import build_variant, load_project
from tests.test_reference_cv import Reference, body, has_engine, pages, squeezed

TOLERANCE = 0.02
"""In bp, of all measures."""

STARTER_VARIANTS = """\
  msca:
    profile: msca-pf-2026
    theme: sans
    layout: {margins: 15mm}
  nserc:
    profile: tri-agency-cv-nserc
    theme: times
    paper: letter
    layout: {margins: 1.87cm, page_header: all, links: false}
  nsf:
    profile: nsf-24-1-upload
    theme: sans
    paper: letter
    layout: {font_size: 10, leading: 12.5, margins: 1in, page_header: none}
"""


# The font, its least size and the least distance of lines, in bp; profiles check paper and margins.
FUNDERS = {
    "msca": ("Heros", 11, 11),
    "nserc": ("Termes", 12, 12),
    "nsf": ("Heros", 10, 12),
    "dfg": ("Heros", 11, 1.2 * 11),
    "erc": ("Termes", 11, 11),
}
STARTER = ("msca", "nserc", "nsf")
REFERENCE = ("dfg", "erc")
ENGINES = ("pdflatex", "xelatex", "lualatex")


def starter(folder: Path) -> Path:
    """The starter with the funders' variants."""
    create_project(folder)
    with (folder / "content/cv.yaml").open("a", encoding="utf-8") as settings:
        settings.write(STARTER_VARIANTS)
    return folder


def made_by(engine: str, shared: Path) -> Reference:
    if not has_engine(engine):
        pytest.skip(f"{engine} is not installed")

    def make(folder: Path) -> None:
        said = {}
        for root, names in {starter(folder / "starter"): STARTER, REPOSITORY: REFERENCE}.items():
            for name in names:
                built = build_variant(root, name, output=folder, engine=engine)
                said[name] = [f"{item.code}: {item.message}" for item in built.diagnostics]
        (folder / "diagnostics.json").write_text(json.dumps(said), encoding="utf-8")

    folder = make_once(shared / f"themes-{engine}", make)
    return Reference(engine, folder, json.loads((folder / "diagnostics.json").read_text(encoding="utf-8")))


@pytest.fixture(params=ENGINES)
def documents(request: pytest.FixtureRequest, shared_folder: Path) -> Reference:
    return made_by(request.param, shared_folder)


def distances(pdf: Path, size: float) -> list[float]:
    """From each line to the next; what is raised or lowered by less than half its size is part of a line."""
    found = []
    x, y = ctypes.c_double(), ctypes.c_double()
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            text = page.get_textpage()  # lives as long as what is read of it
            used: Counter[float] = Counter()
            for at in range(raw.FPDFText_CountChars(text.raw)):
                if not chr(raw.FPDFText_GetUnicode(text.raw, at)).isspace():
                    raw.FPDFText_GetCharOrigin(text.raw, at, ctypes.byref(x), ctypes.byref(y))
                    used[y.value] += 1
            lines: list[list[float]] = []
            for baseline in sorted(used, reverse=True):
                if lines and lines[-1][-1] - baseline < size / 2:
                    lines[-1].append(baseline)
                else:
                    lines.append([baseline])
            main = [max(line, key=used.__getitem__) for line in lines]
            found += [upper - lower for upper, lower in pairwise(main)]
    return found


@pytest.mark.parametrize("name", FUNDERS)
def test_it_passes_its_profile_and_is_built_without_another_word(documents: Reference, name: str) -> None:
    """The reference CV has no DOIs, which the DFG prefers; some rules only a person can see to."""
    assert documents.pdf(name).is_file()
    expected = {
        "msca": ["profile-not-measurable: msca-pf-2026: 1 rule"],
        "dfg": ["profile-rule: dfg-53.200, require_identifier"],
        "erc": ["profile-not-measurable: erc-b1-cv: 1 rule"],
    }
    assert [
        said[: len(start)]
        for said, start in zip(documents.diagnostics[name], expected.get(name, []), strict=True)
    ] == expected.get(name, [])
    assert not re.search("Overfull|Missing character", documents.log(name))


@pytest.mark.parametrize("name", FUNDERS)
def test_all_text_is_in_one_family_large_enough_and_far_enough_apart(documents: Reference, name: str) -> None:
    family, size, leading = FUNDERS[name]
    used = font_use(documents.pdf(name))
    assert [font for font in used if not font.embedded or family not in font.name] == []
    assert min(font.size for font in used) >= size - TOLERANCE
    assert min(distances(documents.pdf(name), size)) >= leading - TOLERANCE


@pytest.mark.parametrize(("name", "first"), [("msca", 2), ("nserc", 1), ("nsf", 99), ("dfg", 2)])
def test_pages_are_numbered_from_the_one_asked_for(documents: Reference, name: str, first: int) -> None:
    found = pages(documents.pdf(name))
    assert len(found) > 1
    for number, text in enumerate(found, 1):
        assert bool(re.search(rf"page {number} of {len(found)}", text)) == (number >= first)


def test_without_links_the_addresses_are_text(documents: Reference) -> None:
    assert links(documents.pdf("nserc")) == []
    assert "ada@example.org" in "".join(pages(documents.pdf("nserc")))
    assert "mailto:ada@example.org" in links(documents.pdf("msca"))


@pytest.mark.parametrize("name", FUNDERS)
def test_every_engine_prints_the_same_text(documents: Reference, shared_folder: Path, name: str) -> None:
    assert squeezed(body(documents.pdf(name))) == squeezed(body(made_by("pdflatex", shared_folder).pdf(name)))


@pytest.fixture(scope="module")
def whole(shared_folder: Path) -> Path:
    """The starter and the reference CV in full, in every theme: `CV-THEME.pdf`."""

    def make(folder: Path) -> None:
        for which, root in {"starter": starter(folder / "starter"), "reference": REPOSITORY}.items():
            for theme in ("classic", "sans", "times"):
                target, how = folder / f"{which}-{theme}.pdf", {"engine": "pdflatex", "theme": theme}
                built = build_variant(root, "full", target, folder, **how)
                assert built.diagnostics == ()
                assert built.log is not None
                log = built.log.read_text(encoding="utf-8", errors="replace")
                assert not re.search("Overfull|Missing character", log), (which, theme)

    return make_once(shared_folder / "themes-whole", make)


@needs_pdflatex()
@pytest.mark.parametrize("theme", ["sans", "times"])
@pytest.mark.parametrize("which", ["starter", "reference"])
def test_a_theme_prints_the_text_that_classic_prints(whole: Path, which: str, theme: str) -> None:
    # Classic sets `\LaTeX` as the logo, whose text is the same.
    made = squeezed(body(whole / f"{which}-{theme}.pdf"))
    assert len(made) > 2000
    assert made == squeezed(body(whole / f"{which}-classic.pdf"))


@pytest.mark.parametrize("name", REFERENCE)
def test_a_funder_gets_four_pages_without_figures_of_impact(documents: Reference, name: str) -> None:
    found = pages(documents.pdf(name))
    assert len(found) <= 4
    text = "\n".join(found).casefold()
    assert [word for word in ("h-index", "i10", "impact factor", "top 2%") if word in text] == []


def test_the_dfg_gets_at_most_ten_works_of_each_category_and_none_twice() -> None:
    _, cv = load_project(REPOSITORY)
    selected, _ = select(cv, "dfg")
    results = next(section for section in selected.sections if section.categories)
    listed = {item.id: [str(work.key) for work in item.publications] for item in results.categories}
    assert set(listed) == {"A", "B"}
    assert [item.publications[0].number for item in results.categories] == ["A1", "B1"]
    patents = next(section for section in selected.sections if section.kind == "patents")
    assert 0 < len(listed["A"]) <= 10
    assert 0 < len(listed["B"]) + sum(len(group.items) for group in patents.groups) <= 10
    assert not set(listed["A"]) & set(listed["B"])


def test_the_erc_gets_ten_works_each_with_its_explanation(documents: Reference) -> None:
    _, cv = load_project(REPOSITORY)
    selected, _ = select(cv, "erc")
    categories = [category for section in selected.sections for category in section.categories]
    works = [item for category in categories for item in category.publications]
    text = squeezed("".join(pages(documents.pdf("erc"))))
    assert len(works) == 10
    assert [work.key for work in works if squeezed(str(work.text["annotation"])) not in text] == []
