"""No field of an entry is left out without a word: printed, listed as unprinted, or warned of."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from cvbuild.build import render_variant
from cvbuild.content.crossref import LINK_FIELDS, PRINTED_FIELDS, UNPRINTED_FIELDS
from cvbuild.loading import load_cv
from cvbuild.render.themes import shipped_templates
from cvbuild.request import Request
from tests.projects import make_project

TYPES = sorted(
    path.stem
    for path in (shipped_templates() / "classic" / "publications").glob("*.tex")
    if not path.stem.startswith("_")
)
SECTION = "kind: publications\ntitle: P\nnumbering: none\ncategories: [{id: a, title: A, match: {}}]\n"
NAMES = ("author", "editor", "translator", "bookauthor", "holder")
OTHERS = ("type", "annotator", "foreword", "isrn", "impact", "editora", "reportnumber")
KNOWN = [*sorted(PRINTED_FIELDS), *OTHERS, *(pattern.replace("*", "x") for pattern in UNPRINTED_FIELDS)]
NOT_TEXT = ("openaccess", "eprinttype", "eprintclass", "crossref", "xref", "xdata")
"""Fields with values of their own: what they do is tested below."""
FIELDS = [name for name in KNOWN if name not in NOT_TEXT]


def token(at: int, name: str) -> tuple[str, str]:
    """A value for a field, and what of it has to be in the TeX."""
    word = f"Tok{chr(65 + at // 26)}{chr(97 + at % 26)}en"
    if name in {"year", "date"}:
        return f"{1900 + at}", f"({1900 + at})"
    if name in LINK_FIELDS:
        return f"https://{word}/", word
    return word, word


def printed(folder: Path, bib: str, language: str | None = None) -> tuple[str, set[str]]:
    """The publications in TeX, breaks of addresses left out, and the fields that are warned of."""
    project = make_project(folder, {"bib/a.bib": bib, "content/publications.yaml": SECTION})
    cv, problems = load_cv(project)
    assert cv is not None, problems
    tex = render_variant(project, cv, "full", Request(language=language)).rendered.text
    warned = {
        found[1]
        for item in problems
        if item.code == "bib-unprinted-field" and (found := re.match("`(.+)` is not printed", item.message))
    }
    entries = tex[tex.index(r"\begin{cventry}") :].replace(r"\cvbreak{}", "")
    return entries, warned


def entry(fields: str, kind: str = "article", names: str = "author={Example, Ada}") -> str:
    return f"@{kind}{{key, {names}, title={{T}}, year=2020, {fields}}}"


def plain(tex: str) -> str:
    """The first entry's text, without commands that say how it looks."""
    body = tex.split(r"\cvnumbered", 1)[1].split(r"\end{cventry}", 1)[0]
    body = re.sub(r"\\href\{[^}]*\}|\\(cvname|emph|textbf|cvurl|cvunder)\b", "", body)
    return " ".join(re.sub(r"[{}%]", "", body).replace("~", " ").split())


@pytest.mark.parametrize("kind", [*TYPES, "misc", "patent", "software", "dataset"])
def test_every_field_is_printed_or_accounted_for_with_all_others_and_alone(tmp_path: Path, kind: str) -> None:
    tokens = {name: token(at, name) for at, name in enumerate(FIELDS)}
    together = ",\n".join(f"{name} = {{{value}}}" for name, (value, _) in tokens.items() if name != "year")
    alone = "\n".join(
        f"@{kind}{{{name.replace('*', 'x')}, {name} = {{{value}}}}}" for name, (value, _) in tokens.items()
    )
    for bib in (f"@{kind}{{key,\n{together}}}", alone):
        tex, warned = printed(tmp_path, bib)
        for name, (_, shown) in tokens.items():
            if name != "year" or bib is alone:
                silent = any(fnmatchcase(name, pattern) for pattern in UNPRINTED_FIELDS)
                assert (shown in tex) + (name in warned) + silent == 1, name


def test_the_lists_of_fields_do_not_overlap() -> None:
    assert [
        name for name in PRINTED_FIELDS if any(fnmatchcase(name, pattern) for pattern in UNPRINTED_FIELDS)
    ] == []


@pytest.mark.parametrize(
    ("bib", "expected"),
    [
        (
            entry("subtitle={S}, titleaddon={Addition}, journaltitle={J}, journalsubtitle={K}, volume=1"),
            "Example A (2020). “T: S”. Addition. In: J: K 1.",
        ),
        (
            entry("journaltitle={J}, series=2, volume=3, number=4, issue={Spring}, eid={e5}, version=6"),
            "Example A (2020). “T”. Version 6. In: J. Series 2 3(4, Spring):e5.",
        ),
        (
            entry(
                "maintitle={M}, volume=2, part=1, series={S}, number=7, edition={3rd}, chapter=4,"
                "translator={Over, Tina}, publisher={P}, location={L}, isbn={978_1_*x*}, pagetotal=300",
                "book",
            ),
            r"Example A (2020). “T”. Over T (translator). 3rd edition. In: M. S 2.1(7)."
            r" P, L. Chap. 4. 300 pp. ISBN: 978\_1\_*x*.",
        ),
        (
            entry("volume=2, series={S}, number=7, pages={1-2}", "book"),
            "Example A (2020). “T”. Vol. 2. S 7. pp. 1–2.",
        ),
        (
            entry(
                "booktitle={B}, eventtitle={E}, venue={Rome}, eventdate={2020-05-04/2020-05-06},"
                "organization={O}, publisher={P}, editor={Red, A. and Ink, B.}, pages={1--2}",
                "inproceedings",
            ),
            "Example A (2020). “T”. In: B 1–2. E, Rome, May 4, 2020 – May 6, 2020."
            " Red A and Ink B (editors). O. P.",
        ),
        (
            entry("bookauthor={Knuth, D.}, booktitle={B}, booksubtitle={C}, chapter=4", "inbook"),
            "Example A (2020). “T”. In: Knuth D: B: C. Chap. 4.",
        ),
        (
            entry("type={techreport}, number=5, version=2, institution={I}, isbn=1, pagetotal=9", "report"),
            "Example A (2020). “T”. Technical report 5. Version 2. I. 9 pp. ISBN: 1.",
        ),
        (
            entry("type={Patent}, number={US 1}, holder={Acme, A.}", "patent"),
            "Example A (2020). “T”. Acme A (holder). Patent US 1.",
        ),
        (entry("school={U}", "phdthesis"), "Example A (2020). “T”. PhD thesis. U."),
        (entry("titleaddon={``Quoted.''}"), "Example A (2020). “T”. “Quoted.”"),
        (
            entry("collaboration={ATLAS}, journal={J}, eid={10.5555/A.1}, doi={10.5555/a.1}"),
            "Example A, ATLAS Collaboration (2020). “T”. In: J. doi:10.5555/a.1",
        ),
        (
            entry("collaboration={The H Team}, eid={arXiv:2101.00001}, eprint={2101.00001}"),
            "Example A, The H Team (2020). “T”. arXiv:2101.00001.",
        ),
        (
            entry("collaboration={CMS}", names="author={Example, Ada and {CMS Collaboration}}"),
            "Example A and CMS Collaboration (2020). “T”.",
        ),
        (entry("collaboration={CMS}", names="note={}"), "CMS Collaboration (2020). “T”."),
    ],
)
def test_an_entry_is_printed_in_biblatexs_order(tmp_path: Path, bib: str, expected: str) -> None:
    assert plain(printed(tmp_path, bib)[0]) == expected


EPRINTS = {
    "eprint={2101.00001}": "arXiv:2101.00001",
    "eprint={arXiv:2101.00001}": "arXiv:2101.00001",
    "eprint={2101.00001}, archivePrefix={arXiv}, primaryClass={cs.LG}": "arXiv:2101.00001 [cs.LG]",
    "eprint={_Lz8_}, eprinttype={openreview}": r"OpenReview: \_Lz8\_",
    "eprint={*Lz8*}": "*Lz8*",
    "eprint={123}, eprinttype={elsewhere}": "elsewhere:123",
    "eprint={https://example.org/a}": "https://example.org/a",
}


@pytest.mark.parametrize("fields", EPRINTS)
@pytest.mark.parametrize("kind", TYPES)
def test_an_eprint_is_printed_as_its_archive_writes_it(tmp_path: Path, kind: str, fields: str) -> None:
    text, expected = plain(printed(tmp_path, entry(fields, kind))[0]), EPRINTS[fields]
    assert text in {f"Example A (2020). “T”. {expected}.", f"Example A (2020). “T”. In: {expected}."}


def test_an_eprint_is_not_said_twice_where_the_series_has_its_number(tmp_path: Path) -> None:
    fields = "journaltitle={CoRR}, volume={abs/2101.00001}, eprint={2101.00001}"
    tex, _ = printed(tmp_path, entry(fields, "online"))
    assert plain(tex) == "Example A (2020). “T”. In: CoRR abs/2101.00001."
    assert r"\href{https://arxiv.org/abs/2101.00001}{CoRR" in tex


@pytest.mark.parametrize("value", "green Gold bronze diamond hybrid yes true closed no false perhaps".split())
def test_open_access_is_told_from_closed(tmp_path: Path, value: str) -> None:
    kind = f"{value.title()} " if value in {"green", "Gold", "bronze", "diamond", "hybrid"} else ""
    is_open = kind or value in {"yes", "true"}
    text = plain(printed(tmp_path, entry(f"openaccess={{{value}}}"))[0])
    assert text == "Example A (2020). “T”." + (f" ({kind}Open Access)" if is_open else "")


def test_the_owner_is_bold_as_editor_of_a_book_by_others(tmp_path: Path) -> None:
    bib = entry("editor={Red, A. and Example, Ada}", "book", "author={Other, O.}")
    tex, _ = printed(tmp_path, bib)
    assert r"\cvname{Other~O}" in tex
    assert r"\textbf{\cvname{Example~A}}" in tex


@pytest.mark.parametrize("kind", ["_parts", "_below", "_remarks", "_"])
def test_a_type_never_picks_a_piece_of_templates(tmp_path: Path, kind: str) -> None:
    tex, _ = printed(tmp_path, entry("howpublished={By post}", kind))
    assert plain(tex) == "Example A (2020). “T”. By post."


def test_the_words_of_an_entry_are_the_languages(tmp_path: Path) -> None:
    bib = entry("volume=2, chapter=3, pages={1--2}, translator={Over, T.}", "book")
    assert plain(printed(tmp_path, bib, "de")[0]) == (
        "Example A (2020). „T“. Over T (Übers.). Bd. 2. S. 1–2. Kap. 3."
    )
