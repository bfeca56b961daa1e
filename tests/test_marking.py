"""What is marked in print: what is new since a day, students, equal contribution, corresponding authors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.model.annotations import annotated_places
from cvbuild.model.dates import Date
from cvbuild.model.publications import Publication
from cvbuild.pipeline import Options, build, load_cv, prepare
from cvbuild.project import find_project
from cvbuild.source import Scalar, SourceFile, Span
from cvbuild.stats import as_lines, count
from cvbuild.variant import SelectedSection, select
from tests.conftest import FakeEngine, RunCli, needs_pdflatex
from tests.projects import load, write_project

SECTION = """\
kind: publications
title: Publications
categories: [{id: all, title: All, match: {}}]
"""
STUDENTS = """\
kind: students
title: Supervision
items:
  - {name: Li Örnek, degree: PhD, period: 2019-10 – 2022-03}
  - {name: Jan van Voorbeeld, period: 2023 – present, also_published_as: "Specimen, Jan"}
"""


def entry(key: str, authors: str, year: str | int = 2020, more: str = "") -> str:
    return f"@article{{{key}, author={{{authors}}}, title={{On {key}}}, year={{{year}}}{more}}}\n"


def chosen(
    folder: Path,
    bib: str,
    section: str = "",
    students: str = STUDENTS,
    *,
    since: str = "",
    choice: str = "publications",
    lock: str | None = None,
) -> tuple[SelectedSection, list[Diagnostic]]:
    """The section of publications as selected, and what was found on the way."""
    cv, found = load(
        folder,
        {
            "content/cv.yaml": f"owner: {{name: Ada Example}}\nvariants:\n  full: {{sections: [{choice}]}}\n",
            "content/publications.yaml": SECTION + section,
            "content/students.yaml": students,
            "bib/all.bib": bib,
            "bib/numbers.lock": lock,
        },
    )
    selected, findings = select(cv, "full", Date.parse(since) if since else None)
    return selected.sections[0], [*found, *findings.items]


def marks(section: SelectedSection) -> dict[str, Mapping[int, str]]:
    return {str(item.key): item.marks for item in section.publications}


def new(section: SelectedSection) -> list[str]:
    return [str(item.key) for item in section.publications if item.is_new]


def legend(section: SelectedSection) -> list[tuple[str, str, int, int]]:
    return [(line.meaning, line.sign, line.count, line.total) for line in section.legend]


def places_in(value: str, length: int = 3, field: str = "author+an") -> tuple[dict[str, set[int]], list[str]]:
    """Places by word, and what the warnings say."""
    typed = Scalar(value, Span(SourceFile("a.bib", value), 0, len(value)))
    findings = Findings()
    found = annotated_places({field: typed}, "author", length, findings)
    return {word: set(places) for word, places in found.items()}, [item.message for item in findings.items]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1=equal;2=equal,corresponding;3=student", {"equal": {0, 1}, "corresponding": {1}, "student": {2}}),
        (' 2 = Equal , "corresponding" ; ', {"equal": {1}, "corresponding": {1}}),
        ("1=highlight", {"highlight": {0}}),
        ("1=first; 2=mine", {}),
        ("1:family=equal", {}),
        ("=equal", {}),
        ("", {}),
    ],
)
def test_annotations_are_read_as_biblatex_writes_them(value: str, expected: dict[str, set[int]]) -> None:
    assert places_in(value) == (expected, [])


def test_a_named_annotation_counts_too_and_another_fields_does_not() -> None:
    assert places_in("1=equal", field="author+an:contribution")[0] == {"equal": {0}}
    assert places_in("1=equal", field="editor+an")[0] == {}
    assert places_in("1=equal", field="author+another")[0] == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("4=equal", "`4=equal` marks a name that is not there: `author` has 3"),
        ("0=equal", "`0=equal` marks a name that is not there: `author` has 3"),
        ("1=corespondig", "the annotation `corespondig` means nothing here"),
        ("1:equal", "`1:equal` is not an annotation of a name"),
        ("equal", "`equal` is not an annotation of a name"),
    ],
)
def test_an_annotation_that_marks_nobody_is_warned_of(value: str, message: str) -> None:
    assert places_in(f"{value}; 2=equal") == ({"equal": {1}}, [message])


def test_nothing_is_marked_that_was_not_asked_for(tmp_path: Path) -> None:
    bib = entry("a", "Örnek, Li and Example, Ada*", more=", author+an={1=equal}")
    section, found = chosen(tmp_path, bib)
    assert (marks(section), section.legend, section.new) == ({"a": {}}, (), frozenset())
    assert found == []


@pytest.mark.parametrize(
    ("author", "is_student"),
    [
        ("Örnek, Li", True), ("{\\\"O}rnek, L.", True), ("Ornek, L.", True), ("Örnek, Lo", False),
        ("Örnek, K.", False), ("Jan van Voorbeeld", False), ("{Örnek Li}", False),
    ],
)  # fmt: skip
def test_a_student_is_known_by_name(tmp_path: Path, author: str, is_student: bool) -> None:
    section, _ = chosen(tmp_path, entry("a", f"Example, Ada and {author}"), "mark: students\n")
    assert marks(section) == {"a": {1: "†"} if is_student else {}}


@pytest.mark.parametrize("author", ["Specimen, J.", "van Voorbeeld, J.", "Van Voorbeeld, Jan"])
def test_a_student_is_known_by_particles_and_other_names(tmp_path: Path, author: str) -> None:
    section, _ = chosen(tmp_path, entry("a", f"{author} and Example, Ada", 2024), "mark: students\n")
    assert marks(section) == {"a": {0: "†"}}


@pytest.mark.parametrize(
    ("when", "grace", "is_student"),
    [
        ("2018", 2, False), ("2019", 2, True), ("2019-09", 2, False), ("2019-10", 2, True),
        ("2022-03", 2, True), ("2024", 2, True), ("2024-03", 2, True), ("2024-04", 2, False),
        ("2025", 2, False), ("2022", 0, True), ("2022-04", 0, False), ("2025-03", 3, True),
        ("in press", 2, False),
    ],
)  # fmt: skip
def test_publications_count_from_the_beginning_to_some_years_after_the_end(
    tmp_path: Path, when: str, grace: int, is_student: bool
) -> None:
    bib = entry("a", "Example, Ada and Örnek, Li", when)
    section, _ = chosen(tmp_path, bib, f"mark: students\nstudent_grace: {grace}\n")
    assert bool(marks(section)["a"]) == is_student


def test_what_is_in_press_is_of_supervisions_that_go_on(tmp_path: Path) -> None:
    bib = entry("a", "Example, Ada and van Voorbeeld, Jan", "in press")
    assert marks(chosen(tmp_path, bib, "mark: students\n")[0]) == {"a": {1: "†"}}


TWO = """\
kind: students
title: Supervision
items:
  - {name: Max Muster, period: 2019 – 2020}
  - {name: Maria Muster, period: 2016 – 2021}
"""


def test_a_name_that_fits_two_students_is_nobodys_and_said_once(tmp_path: Path) -> None:
    bib = entry("a", "Muster, M. and Example, Ada") + entry("b", "Muster, M. and Example, Ada")
    section, found = chosen(tmp_path, bib, "mark: students\n", TWO)
    assert marks(section) == {"a": {}, "b": {}}
    assert [item.code for item in found] == ["student-ambiguous"]
    assert [label.span.text for label in found[0].labels] == ["Max Muster", "Maria Muster"]


def test_a_name_that_fits_two_is_marked_where_the_entry_says_so_or_the_name_is_whole(tmp_path: Path) -> None:
    bib = entry("a", "Muster, M. and Example, Ada", more=", author+an={1=student}") + entry(
        "b", "Muster, Max"
    )
    section, found = chosen(tmp_path, bib, "mark: students\n", TWO)
    assert marks(section) == {"a": {0: "†"}, "b": {0: "†"}}
    assert found == []


def test_a_student_listed_twice_is_one_person_with_both_periods(tmp_path: Path) -> None:
    twice = TWO.replace("Maria", "Max").replace("2016 – 2021", "2010 – 2011")
    bib = entry("a", "Muster, M.", 2011) + entry("b", "Muster, M.", 2016) + entry("c", "Muster, M.", 2019)
    section, found = chosen(tmp_path, bib, "mark: students\n", twice)
    assert marks(section) == {"a": {0: "†"}, "b": {}, "c": {0: "†"}}
    assert found == []


def test_the_owner_is_no_student_of_their_own(tmp_path: Path) -> None:
    students = "kind: students\ntitle: S\nitems: [{name: Anna Example, period: 2019 – 2020}]\n"
    section, found = chosen(tmp_path, entry("a", "Example, A."), "mark: students\n", students)
    assert (marks(section), found) == ({"a": {}}, [])


def test_a_student_without_a_period_is_warned_of_where_students_are_marked(tmp_path: Path) -> None:
    students = "kind: students\ntitle: S\nitems: [{name: Max Muster}]\n"
    bib = entry("a", "Muster, Max and Example, Ada")
    assert chosen(tmp_path / "off", bib, "", students)[1] == []
    section, found = chosen(tmp_path / "on", bib, "mark: students\n", students)
    assert (marks(section), [item.code for item in found]) == ({"a": {}}, ["student-no-period"])


ALL = "mark: [students, equal, corresponding]\n"


def test_signs_stand_behind_names_and_the_legend_counts(tmp_path: Path) -> None:
    bib = (
        entry(
            "a",
            "Örnek, Li and Example, Ada and Other, Bob",
            more=", author+an={1=equal;2=equal,corresponding}",
        )
        + entry("b", "Örnek, L.", 2021)
        + entry("c", "Other, Bob", 2022)
    )
    section, _ = chosen(tmp_path, bib, ALL)
    assert marks(section) == {"a": {0: "*†", 1: "*‡"}, "b": {0: "†"}, "c": {}}
    assert legend(section) == [("equal", "*", 1, 3), ("students", "†", 2, 3), ("corresponding", "‡", 1, 3)]


def test_the_legend_has_only_what_is_printed(tmp_path: Path) -> None:
    authors = " and ".join(["Example, Ada", *(f"Other, {letter}." for letter in "BCDE"), "Örnek, Li"])
    bib = entry("a", authors, more=", author+an={1=corresponding; 5=equal}")
    section, _ = chosen(tmp_path, bib, ALL + "max_authors: 3\n")
    assert legend(section) == [("corresponding", "‡", 1, 1)]


def test_editors_of_a_volume_are_marked_as_authors_are(tmp_path: Path) -> None:
    bib = "@book{a, editor={Example, Ada and Other, Bob}, editor+an={2=equal}, title={T}, year=2020}"
    assert marks(chosen(tmp_path, bib, ALL)[0]) == {"a": {1: "*"}}


def test_a_sign_that_was_typed_is_not_printed_twice(tmp_path: Path) -> None:
    bib = entry("a", "Other, Bob$^*$ and Example, Ada", more=", author+an={1=equal;2=equal}")
    assert marks(chosen(tmp_path, bib, ALL)[0]) == {"a": {0: "*", 1: "*"}}


def test_a_sign_that_was_typed_for_something_else_is_left_to_it(tmp_path: Path) -> None:
    bib = entry("a", "Other, Bob* and Example, Ada", more=", author+an={2=equal}") + entry("b", "Örnek, Li†")
    section, _ = chosen(tmp_path, bib, ALL)
    assert marks(section) == {"a": {0: "*", 1: "§"}, "b": {0: "†"}}
    assert legend(section) == [("equal", "§", 1, 2), ("students", "†", 1, 2)]


def test_the_section_says_what_typed_signs_mean(tmp_path: Path) -> None:
    bib = entry("a", "Other, Bob∗ and Example, Ada", more=", author+an={2=equal}") + entry("b", "Örnek, Li")
    section, _ = chosen(tmp_path, bib, ALL + 'signs: {equal: "*", students: s}\n')
    assert marks(section) == {"a": {0: "∗", 1: "*"}, "b": {0: "s"}}
    assert legend(section) == [("equal", "*", 1, 2), ("students", "s", 1, 2)]


@pytest.mark.parametrize("signs", ['{equal: "**"}', '{equal: "*", students: "*"}'])
def test_a_sign_is_one_character_and_means_one_thing(tmp_path: Path, signs: str) -> None:
    write_project(tmp_path, {"content/publications.yaml": f"{SECTION}signs: {signs}\n"})
    _, found = load_cv(find_project(tmp_path))
    assert [(item.code, item.message) for item in found] == [
        ("wrong-value", "each sign is one character, another one for each meaning")
    ]


def test_a_variant_has_its_own_marks(tmp_path: Path) -> None:
    bib = entry("a", "Örnek, Li and Example, Ada", more=", author+an={1=equal}")
    none, _ = chosen(tmp_path / "none", bib, ALL, choice="{section: publications, mark: []}")
    equal, _ = chosen(tmp_path / "equal", bib, choice="{section: publications, mark: equal}")
    assert (marks(none), marks(equal)) == ({"a": {}}, {"a": {0: "*"}})


@pytest.mark.parametrize(
    ("when", "since", "verdict"),
    [
        ("2025", "2025", "new"), ("2024", "2025", "old"), ("2026", "2025-06", "new"),
        ("2025", "2025-06", "unknown"), ("2025", "2025-01", "new"), ("2025-05", "2025-06", "old"),
        ("2025-06", "2025-06", "new"), ("2025-06", "2025-06-15", "unknown"),
        ("2025-06-14", "2025-06-15", "old"),
        ("2025-06-15", "2025-06-15", "new"), ("2025-07", "2025", "new"), ("in press", "2025", "new"),
        ("", "2025", "old"),
    ],
)  # fmt: skip
def test_what_is_dated_on_the_day_or_later_is_new(
    tmp_path: Path, when: str, since: str, verdict: str
) -> None:
    section, found = chosen(tmp_path, entry("a", "Example, Ada", when), since=since)
    unknown = [item for item in found if item.code == "new-since-unknown"]
    assert ("new" if new(section) else "unknown" if unknown else "old") == verdict
    assert legend(section) == ([("new", "", 1, 1)] if verdict == "new" else [])


def test_where_it_is_known_the_day_of_its_number_decides(tmp_path: Path) -> None:
    years = {"a": 1999, "b": 2026, "c": 2026, "d": 2025}
    bib = "".join(entry(key, "Example, Ada", year) for key, year in years.items())
    lock = "a | 1 | 2025-07-01\nb | 2 | 2025-05-31\nc | 3\n"
    section, found = chosen(tmp_path, bib, "numbering: permanent\n", since="2025-06", lock=lock)
    assert sorted(new(section)) == ["a", "c", "d"], "d has no number yet: it is added today"
    assert [item.code for item in found] == ["unnumbered"]


def test_with_another_category_an_entry_is_not_new_again(tmp_path: Path) -> None:
    lock = "a | P1 | 2024-01-01\na | 1 | 2025-07-01\nb | 2 | 2025-07-01\n"
    bib = entry("a", "Example, Ada", 2025) + entry("b", "Example, Ada", 2025)
    section, _ = chosen(tmp_path, bib, "numbering: permanent\n", since="2025-06", lock=lock)
    assert new(section) == ["b"]


@pytest.mark.parametrize(("term", "is_new"), [("SS 2025", False), ("WS 2025/26", True)])
def test_of_a_term_its_beginning_counts(tmp_path: Path, term: str, is_new: bool) -> None:
    courses = f"kind: courses\ntitle: C\nitems: [{{term: {term}, courses: [{{title: A}}]}}]\n"
    cv, _ = load(tmp_path, {"content/courses.yaml": courses})
    selected, findings = select(cv, "full", Date.parse("2025-06"))
    assert bool(selected.sections[0].new) is is_new
    assert [item.code for item in findings.items] == ([] if is_new else ["nothing-new"])


def test_those_whose_date_does_not_say_are_warned_of_together(tmp_path: Path) -> None:
    bib = "".join(entry(key, "Example, Ada", 2025) for key in "abc")
    _, found = chosen(tmp_path, bib, since="2025-06")
    assert [item.message for item in found] == [
        "the date of `a` does not tell whether it is new since 2025-06, nor of 2 others in its section;"
        " not marked as new"
    ]


def test_a_variant_says_since_when_and_the_call_comes_first(tmp_path: Path) -> None:
    bib = entry("a", "Example, Ada", 2024) + entry("b", "Example, Ada", 2025)
    choice = "{section: publications, new_since: 2025}"
    assert new(chosen(tmp_path, bib, choice=choice)[0]) == ["b"]
    assert new(chosen(tmp_path, bib, choice=choice, since="2024")[0]) == ["b", "a"]


CONTENT = {
    "content/cv.yaml": "owner: {name: Ada Example}\n"
    "sections: [publications, talks, experience, education, teaching, patents, extra]\n",
    "content/publications.yaml": SECTION + ALL + "numbering: permanent\n",
    "content/students.yaml": STUDENTS,
    "content/talks.yaml": "kind: talks\ntitle: Talks\nitems:\n"
    "  - {title: Talk New, date: 2025-07}\n  - {title: Talk Old, date: 2024}\n",
    "content/experience.yaml": "kind: positions\ntitle: Experience\nitems:\n  - organisation: University\n"
    "    roles: [{title: Role New, period: 2025-07 – present}, {title: Role Old, period: 2019 – 2025-08}]\n",
    "content/education.yaml": "kind: education\ntitle: Education\nitems:\n  - organisation: College\n"
    "    degrees: [{degree: Degree New, date: 2025-07}, {degree: Degree Old, date: 2015}]\n",
    "content/teaching.yaml": "kind: courses\ntitle: Teaching\nitems:\n"
    "  - {term: WS 2025/26, courses: [{title: Course New}]}\n"
    "  - {term: SS 2020, courses: [{title: Course Old}]}\n",
    "content/patents.yaml": "kind: patents\ntitle: Patents\nitems:\n"
    "  - {title: Device, date: 2019, filings: [{number: EP-Old}, {number: EP-New, date: 2025-07}]}\n",
    "content/extra.yaml": "kind: list\ntitle: Extra\nitems:\n"
    "  - {text: Item New, date: 2025-07}\n  - {text: Item Old, date: 2020}\n",
    "bib/all.bib": entry(
        "a", "Örnek, Li and Example, Ada and Other, Bob", 2021, ", author+an={1=equal;2=equal,corresponding}"
    )
    + entry("b", "Example, Ada and van Voorbeeld, Jan", 2026),
    "bib/numbers.lock": "a | 7\nb | 12\n",
}


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One document with every mark that there is."""
    folder = tmp_path_factory.mktemp("marks")
    write_project(folder, CONTENT)
    project = find_project(folder)
    cv, found = load_cv(project)
    assert cv is not None, found
    options = Options("pdflatex", new_since=Date.parse("2025-06"))
    done = build(project, cv, "full", options, None, lambda message: None)
    assert done.pdf is not None, done.diagnostics
    assert [item.code for item in done.diagnostics] == []
    return done.pdf


def text_of(pdf: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler's pdftotext is not installed")
    told = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    ).stdout
    return " ".join(told.split())


@needs_pdflatex()
def test_all_marks_and_their_legend_can_be_read_out_of_the_pdf(pdf: Path) -> None:
    text = text_of(pdf)
    assert (
        "* equal contribution · † supervised student (in 2 of 2 publications) · ‡ corresponding author"
        in text
    )
    assert "• 1 new since Jun 2025 All" in text
    assert "12. • Example A and van Voorbeeld J† (2026)." in text
    assert re.search(r"7\. Örnek L\*† ?, Example A\*‡ and Other B \(2021\)\.", text)


@needs_pdflatex()
@pytest.mark.parametrize("item", ["“Talk", "Role", "Degree", "Course", "EP-", "Item"])
def test_items_of_each_kind_are_marked_where_they_are_new(pdf: Path, item: str) -> None:
    text = text_of(pdf)
    assert re.search(rf"• {item} ?New", text)
    assert re.search(rf"(?<!• ){item} ?Old", text)
    assert text.count("• 1 new since Jun 2025") == 7


def tex(folder: Path, language: str | None = None, **more: str) -> str:
    """The TeX of the document without and with what was asked for."""
    write_project(folder, {**CONTENT, **more})
    project = find_project(folder)
    cv, found = load_cv(project)
    assert cv is not None, found
    options = Options(language=language, new_since=Date.parse("2025-06"))
    document = prepare(project, cv, "full", options).rendered.text
    return document[document.index(r"\begin{document}") :]


def test_the_owner_stays_bold_and_the_sign_stands_behind_the_name(tmp_path: Path) -> None:
    written = tex(tmp_path)
    assert r"\textbf{\cvname{Example~A}*\cvmark{‡}}" in written
    assert r"\cvname{Örnek~L}*\cvmark{†}, " in written


def test_the_legend_speaks_the_language_of_the_variant(tmp_path: Path) -> None:
    written = tex(tmp_path, "de")
    assert r"\cvmeaning{\cvmark{†}}{von mir betreut (in 2 von 2 Veröffentlichungen)}" in written
    assert r"\cvmeaning{\cvnewmark}{1 neu seit Juni 2025}" in written


def test_commands_take_the_day_and_refuse_what_is_none(
    tmp_path: Path, run_cli: RunCli, fake_engine: FakeEngine
) -> None:
    write_project(tmp_path, CONTENT)
    assert run_cli("-C", tmp_path, "pdf", "--new-since", "2025-06", "--keep-tex").code == 0
    written = (tmp_path / "build" / "cv-full.tex").read_text(encoding="utf-8")
    assert "\n\\cvnew\n" in written.split(r"\begin{document}")[1]
    assert run_cli("-C", tmp_path, "tex", "--new-since", "2025-06").code == 0
    wrong = run_cli("-C", tmp_path, "pdf", "--new-since", "June")
    assert (wrong.code, wrong.err.splitlines()[0]) == (2, "error: `June` is not a date")


def test_plain_text_has_the_same_marks(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, CONTENT)
    lines = run_cli("-C", tmp_path, "text", "--new-since", "2025-06").out.splitlines()
    assert "12. • Example A and van Voorbeeld J† (2026). “On b”." in lines
    assert "7. Örnek L*†, Example A*‡ and Other B (2021). “On a”." in lines
    for marked in ("1. • “Talk New”, Jul 2025", "• Role New, Jul 2025 – present", "• Degree New, Jul 2025"):
        assert marked in lines
    assert {"WS 25/26: • Course New", "• EP-New, Jul 2025", "• Item New, Jul 2025"} <= set(lines)
    assert sum("• 1 new since Jun 2025" in line for line in lines) == 7
    assert not any("•" in line and "Old" in line for line in lines)


def test_stats_count_students_and_what_is_new(tmp_path: Path, run_cli: RunCli) -> None:
    cv, _ = load(tmp_path, CONTENT)
    counts = count(cv, new_since=Date.parse("2025-06"))
    assert (counts.with_students, counts.new_since, counts.new) == (2, "2025-06", 1)
    assert [line.split() for line in as_lines(counts)[3:5]] == [
        ["with", "supervised", "students", "2"],
        ["new", "since", "2025-06", "1"],
    ]
    told = json.loads(run_cli("-C", tmp_path, "stats", "--json").out)
    assert (told["with_students"], told["new"]) == (2, None)


def test_a_cv_without_students_counts_none(tmp_path: Path) -> None:
    cv, _ = load(tmp_path, {"content/publications.yaml": SECTION, "bib/all.bib": entry("a", "Example, Ada")})
    assert count(cv).with_students is None


def test_a_date_is_shown_as_it_was_typed() -> None:
    for typed in ("2025", "2025-06", "2025-06-03", "WS 2024/25", "spring 2024"):
        assert str(Date.parse(typed)) == typed


def test_a_mark_is_set_on_a_copy(tmp_path: Path) -> None:
    cv, _ = load(tmp_path, CONTENT)
    before: tuple[Publication, ...] = cv.publications
    select(cv, "full", Date.parse("2025-06"))
    assert not any(item.is_new or item.marks or item.number for item in before)
