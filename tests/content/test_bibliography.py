"""What a CV says of the entries that were read: each is a publication, unlisted or broken."""

from __future__ import annotations

from cvbuild.content.cv import Cv, LoadedContent, make_cv
from cvbuild.source import SourceFile

BIBLIOGRAPHY = """\
@inproceedings{child, title={C}, author={Example, Ada}, crossref={volume}}
@proceedings{volume, title={V}, editor={Editor, Eve}, year=2020}
@misc{twice, title={T}, author={Example, Ada}, year=2020}
@misc{twice, title={T}, author={Example, Ada}, year=2020}
@misc{lost, title {T}}
"""


def cv_of(bibliography: str) -> Cv:
    source = SourceFile("content/cv.yaml", "owner:\n  name: Ada Example\n")
    cv, findings = make_cv(LoadedContent(source, {}, (SourceFile("bib/a.bib", bibliography),)))
    assert cv is not None, findings.items
    return cv


def test_a_cv_names_what_was_read_and_is_no_publication() -> None:
    cv = cv_of(BIBLIOGRAPHY)
    assert [str(item.key) for item in cv.publications] == ["child", "twice"]
    assert [(str(item.key), item.reason) for item in cv.unlisted] == [
        ("volume", "only a parent of `child`"),
        ("twice", "a copy of the entry at bib/a.bib:3:1"),
    ]
    assert [(item.key, item.span.text) for item in cv.broken] == [("lost", "@misc{lost, title {T}}")]


def test_a_volume_that_the_owner_edited_is_not_unlisted() -> None:
    cv = cv_of(BIBLIOGRAPHY.replace("Editor, Eve", "Example, Ada"))
    assert "volume" in [str(item.key) for item in cv.publications]
    assert "volume" not in [str(item.key) for item in cv.unlisted]
