from __future__ import annotations

from pathlib import Path

from cvbuild.stats import NamedCount, as_lines, count
from tests.projects import load
from tests.select.test_selection import BIBLIOGRAPHY, METRICS, PUBLICATIONS, TALKS

FILES = {
    "content/cv.yaml": "owner: {name: Ada Example}\nvariants: {short: {}}\n",
    "content/publications.yaml": PUBLICATIONS.format(numbering="up"),
    "content/talks.yaml": TALKS,
    "bib/all.bib": BIBLIOGRAPHY,
}


def test_publications_are_counted(tmp_path: Path) -> None:
    cv, _ = load(tmp_path, FILES)
    counts = count(cv, 2020)
    assert (counts.publications, counts.since_year, counts.since, counts.first_authored) == (7, 2020, 4, 4)
    assert counts.categories == (
        NamedCount("Articles", 3),
        NamedCount("Papers", 3),
        NamedCount("(no category)", 1),
    )
    assert counts.sections == (NamedCount("Talks", 4),)


def test_the_year_is_that_of_the_metrics_or_four_before_the_last(tmp_path: Path) -> None:
    cv, _ = load(tmp_path / "without", FILES)
    assert (count(cv).since_year, count(cv).since) == (2019, 5)
    cv, _ = load(tmp_path / "with", {**FILES, "content/impact.yaml": METRICS})
    assert count(cv).since_year == 2020
    cv, _ = load(tmp_path / "empty", {"bib/none.bib": ""})
    assert count(cv).publications == 0


def test_the_table_is_aligned(tmp_path: Path) -> None:
    cv, _ = load(tmp_path, FILES)
    lines = as_lines(count(cv, 2020))
    assert lines[0].split() == ["publications", "7"]
    assert lines[1].split() == ["since", "2020", "4"]
    assert len({len(line) for line in lines}) == 1
