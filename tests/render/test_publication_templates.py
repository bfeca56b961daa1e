"""No field of an entry is left out without a word: printed, listed as unprinted, or warned of.

How entries are printed: tests/cases/commands/text.txt.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from cvbuild.content.crossref import LINK_FIELDS, PRINTED_FIELDS, UNPRINTED_FIELDS
from cvbuild.render.templates import shipped_templates
from tests.projects import load, prepare_variant

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
"""Fields with values of their own, which the cases of `text` show."""
FIELDS = [name for name in KNOWN if name not in NOT_TEXT]


def token(at: int, name: str) -> tuple[str, str]:
    """A value for a field, and what of it has to be in the TeX: special characters are escaped."""
    word = f"Tok{chr(65 + at // 26)}{chr(97 + at % 26)}en"
    if name in {"year", "date"}:
        return f"{1900 + at}", f"({1900 + at})"
    if name in LINK_FIELDS:
        return f"https://{word}/", word
    return f"{word}_x", rf"{word}\_x"


def printed(folder: Path, bib: str) -> tuple[str, set[str]]:
    """The publications in TeX, breaks of addresses left out, and the fields that are warned of."""
    _, problems = load(folder, {"bib/a.bib": bib, "content/publications.yaml": SECTION})
    tex = prepare_variant(folder).rendered.text
    warned = {
        found[1]
        for item in problems
        if item.code == "bib-unprinted-field" and (found := re.match("`(.+)` is not printed", item.message))
    }
    entries = tex[tex.index(r"\begin{cventry}") :].replace(r"\cvbreak{}", "")
    return entries, warned


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


def test_the_owner_is_bold_as_editor_of_a_book_by_others(tmp_path: Path) -> None:
    bib = "@book{key, author={Other, O.}, editor={Red, A. and Example, Ada}, title={T}, year=2020}"
    tex, _ = printed(tmp_path, bib)
    assert r"\cvname{Other~O}" in tex
    assert r"\textbf{\cvname{Example~A}}" in tex
