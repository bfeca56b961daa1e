"""What differs between a git revision and now, and which entries are taken for the same.

Differences between variants are text cases: `cases/commands/diff.txt`.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

import cvbuild
from cvbuild.changes.compare import FieldChange, as_lines, compare, excerpts, for_programs
from cvbuild.changes.subjects import of_cv, of_variant
from cvbuild.loading import load_cv
from cvbuild.project import SETTINGS, find_project
from cvbuild.select import select
from tests.conftest import MakeProject, RunCli, write_program
from tests.projects import commit, git, load, write_project
from tests.test_cases import cases_in, files_of

PACKAGE = Path(cvbuild.__file__).parent

POSITIONS = """\
kind: positions
title: Positions
items:
  - organisation: Example University
    place: Berlin
    roles:
      - {title: Professor, period: 2020 – present}
      - {title: Lecturer, period: 2015 – 2020}
  - organisation: Institute of Examples
    roles:
      - {title: Fellow, period: 2010 – 2015}
"""
TALKS = """\
kind: talks
title: Talks
items:
  - {id: first, title: On Examples, date: 2024-05}
  - {title: On Counterexamples, event: Conference, date: 2023}
  - {title: On Proofs, date: 2022}
"""
BIBLIOGRAPHY = """\
@article{one2020,
  author = {Example, Ada and Muster, Max},
  title = {A First Title},
  journaltitle = {Journal of Examples},
  year = {2020},
  doi = {10.5555/one},
}
@article{two2021,
  author = {Example, Ada},
  title = {A Second Title},
  journaltitle = {Journal of Examples},
  year = {2021},
}
"""


def differences(tmp_path: Path, name: str, before: str, after: str) -> list[str]:
    """What differs where one file does: `+` added, `-` removed, `~` changed, `>` in another place."""
    if name.startswith("bib/"):
        files = [{name: before}, {name: after}]
    else:
        files = [{name: text, "bib/a.bib": BIBLIOGRAPHY} for text in (before, after)]
    sides = [of_cv(load(tmp_path / str(at), side)[0]) for at, side in enumerate(files)]
    lines = []
    for section in compare(sides[0], sides[1], ("old", "new")).sections:
        lines += [f"~ {change.field}: {change.old} → {change.new}" for change in section.fields]
        lines += [f"+ {entry.label}" for entry in section.added]
        lines += [f"- {entry.label}" for entry in section.removed]
        lines += [
            f"~ {changed.entry.label}: {change.field}: {change.old} → {change.new}"
            for changed in section.changed
            for change in changed.fields
        ]
        lines += [f"> {entry.label}" for entry in section.moved]
    return lines


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("On Examples", "A New Name", ["~ A New Name: title: On Examples → A New Name"]),
        ("date: 2023", "date: 2023-04", ["~ On Counterexamples: date: 2023 → 2023-04"]),
        ("On Proofs", "On Prooofs", ["~ On Prooofs: title: On Proofs → On Prooofs"]),
        ("On Proofs", "Something Else", ["+ Something Else", "- On Proofs"]),
        ("id: first, ", "", ["~ On Examples: id: first → None"]),
        ("event: Conference, ", "", ["~ On Counterexamples: event: Conference → None"]),
        ("title: Talks", "title: Lectures", ["~ title: Talks → Lectures"]),
        ("  - {title: On Proofs, date: 2022}\n", "", ["- On Proofs"]),
    ],
)
def test_an_item_is_known_by_id_name_and_date(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert differences(tmp_path, "content/talks.yaml", TALKS, TALKS.replace(old, new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("place: Berlin", "place: Bonn", ["~ Example University: place: Berlin → Bonn"]),
        (
            "Example University",
            "University of Examples",
            ["~ University of Examples: organisation: Example University → University of Examples"],
        ),
        (
            "2020 – present",
            "2020 – 2025",
            ["~ Professor, Example University: period: 2020 – present → 2020 – 2025"],
        ),
        ("      - {title: Lecturer, period: 2015 – 2020}\n", "", ["- Lecturer, Example University"]),
        (
            "      - {title: Lecturer, period: 2015 – 2020}\n"
            "  - organisation: Institute of Examples\n    roles:\n",
            "  - organisation: Institute of Examples\n    roles:\n"
            "      - {title: Lecturer, period: 2015 – 2020}\n",
            [
                "~ Lecturer, Institute of Examples: within: Example University → Institute of Examples",
            ],
        ),
    ],
)
def test_a_role_is_known_by_itself_and_its_organisation_by_its_roles(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert differences(tmp_path, "content/jobs.yaml", POSITIONS, POSITIONS.replace(old, new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{2021}", "{2022}", ["~ two2021: A Second Title: year: 2021 → 2022"]),
        ("two2021", "second", ["~ second: A Second Title: key: two2021 → second"]),
        (
            "one2020,\n  author = {Example, Ada and Muster, Max},\n  title = {A First Title}",
            "first,\n  author = {Example, Ada and Muster, Max},\n  title = {Another Title}",
            [
                "~ first: Another Title: key: one2020 → first",
                "~ first: Another Title: title: A First Title → Another Title",
            ],
        ),
        ("@article{two2021", "@misc{two2021", ["~ two2021: A Second Title: entry type: article → misc"]),
        ("Example, Ada and Muster", "Example, Ada  and\n Muster", []),
    ],
)
def test_a_publication_is_known_by_key_doi_and_title(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert differences(tmp_path, "bib/a.bib", BIBLIOGRAPHY, BIBLIOGRAPHY.replace(old, new)) == expected


def test_the_fewest_items_are_said_to_have_moved(tmp_path: Path) -> None:
    head, *items = TALKS.split("  - ")
    turned = "  - ".join([head, items[2], items[0], items[1]])
    assert differences(tmp_path, "content/talks.yaml", TALKS, turned) == ["> On Proofs"]


def test_items_that_are_the_same_twice_are_paired_one_by_one(tmp_path: Path) -> None:
    twice = TALKS + "  - {title: On Proofs, date: 2022}\n"
    assert differences(tmp_path, "content/talks.yaml", TALKS, twice) == ["+ On Proofs"]


def test_a_text_by_language_has_a_field_for_each(tmp_path: Path) -> None:
    text = "kind: text\ntitle: Bio\ntext: {en: Works., de: Arbeitet.}\n"
    found = differences(tmp_path, "content/bio.yaml", text, text.replace("Arbeitet", "Forscht"))
    assert found == ["~ Bio: text (de): Arbeitet. → Forscht."]


def test_a_section_of_another_kind_has_other_entries(tmp_path: Path) -> None:
    text = "kind: text\ntitle: Talks\ntext: Many.\n"
    assert differences(tmp_path, "content/talks.yaml", TALKS, text) == [
        "~ kind: talks → text",
        "+ Talks",
        "- On Examples",
        "- On Counterexamples",
        "- On Proofs",
    ]


def test_settings_and_variants_are_compared(tmp_path: Path) -> None:
    settings = (
        "owner: {name: Ada Example, email: ada@example.org}\nvariants: {full: , short: {max_pages: 2}}\n"
    )
    changed = settings.replace("ada@", "a.example@").replace("2", "3").replace("full: ,", "full: , long: ,")
    assert differences(tmp_path, "content/cv.yaml", settings, changed) == [
        "~ owner.email: ada@example.org → a.example@example.org",
        "+ long",
        "~ short: max_pages: 2 → 3",
    ]


def test_a_long_text_shows_the_words_that_differ() -> None:
    words = [f"w{at}" for at in range(100)]
    new = [*words[:50], "new", *words[51:]]
    assert excerpts(FieldChange("text", " ".join(words), " ".join(new))) == (
        "… w47 w48 w49 w50 w51 w52 w53 …",
        "… w47 w48 w49 new w51 w52 w53 …",
    )


def test_thousands_of_entries_are_compared_in_little_time(tmp_path: Path) -> None:
    items = "".join(f"  - {{title: Talk {at}, date: {1900 + at % 100}}}\n" for at in range(2000))
    turned = "".join(f"  - {{title: Talk No. {at}, date: {1900 + at % 100}}}\n" for at in range(2000, 0, -1))
    sides = [
        of_cv(load(tmp_path / name, {"content/talks.yaml": f"kind: talks\ntitle: Talks\nitems:\n{text}"})[0])
        for name, text in (("old", items), ("new", turned))
    ]
    started = time.perf_counter()
    compare(sides[0], sides[1], ("old", "new"))
    assert time.perf_counter() - started < 5


# ---- revisions


@pytest.fixture
def repository(make_project: MakeProject) -> Path:
    """A project that was tagged v2025.1 and changed since."""
    folder = make_project({"content/talks.yaml": TALKS, "content/cv.yaml": "owner: {name: Ada Example}\n"})
    commit(folder, "v2025.1")
    (folder / "content/talks.yaml").write_text(TALKS.replace("date: 2023", "date: 2023-04"), encoding="utf-8")
    return folder


def test_a_revision_is_compared_with_what_lies_there_now(repository: Path, run_cli: RunCli) -> None:
    found = run_cli("-C", repository, "diff", "--since", "v2025.1")
    assert (found.code, found.out) == (
        0,
        "Talks [talks]\n  ~ On Counterexamples\n      date: 2023 → 2023-04\n\n"
        "0 added, 0 removed, 1 changed between v2025.1 and now\n",
    )
    assert run_cli("-C", repository, "diff", "--since", "v2025.1", "--exit-code").code == 1
    assert run_cli("-C", repository, "diff", "--since", "HEAD~0", "--format", "markdown").out == (
        "**CV:** 0 added, 0 removed, 1 changed between `HEAD~0` and `now`\n\n### `Talks`\n\n"
        "- **changed**: `On Counterexamples`\n  - `date`: `2023` → `2023-04`\n"
    )


def test_a_removed_entry_has_its_place_in_the_revision(repository: Path, run_cli: RunCli) -> None:
    (repository / "content/talks.yaml").unlink()
    found = json.loads(run_cli("-C", repository, "diff", "--since", "v2025.1", "--format", "json").out)
    [section] = found["sections"]
    assert (section["state"], found["removed"]) == ("removed", 3)
    assert [entry["place"]["file"] for entry in section["removed"]] == ["v2025.1:content/talks.yaml"] * 3
    assert section["removed"][0]["place"]["line"] == 4


def test_a_variant_is_compared_with_itself_then(repository: Path, run_cli: RunCli) -> None:
    changed = "owner: {name: Ada Example}\nvariants: {full: {max_pages: 3}}\n"
    (repository / "content/cv.yaml").write_text(changed, encoding="utf-8")
    found = run_cli("-C", repository, "diff", "--since", "v2025.1", "-v", "full")
    assert found.out.startswith(
        "The variant itself [content/cv.yaml: variant]\n  ~ max_pages: added: 3\n\nTalks [talks]\n"
    )


def test_a_variant_that_there_was_not(repository: Path, run_cli: RunCli) -> None:
    changed = "owner: {name: Ada Example}\nvariants: {long: }\n"
    (repository / "content/cv.yaml").write_text(changed, encoding="utf-8")
    found = run_cli("-C", repository, "diff", "--since", "v2025.1", "-v", "long")
    assert (found.code, found.err.splitlines()) == (
        2,
        ["error: there is no variant `long` at `v2025.1`", "   = the variants there are full"],
    )


def state_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


def test_nothing_is_changed_or_started(repository: Path, run_cli: RunCli, tmp_path: Path) -> None:
    spy = write_program(tmp_path / "spy", f"touch {tmp_path}/started; cat")
    for name in ("core.fsmonitor", "core.pager", "diff.external", "filter.spy.smudge", "diff.spy.textconv"):
        git(repository, "config", name, str(spy))
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        write_program(repository / ".git/hooks" / hook, f"touch {tmp_path}/started")
    (repository / ".gitattributes").write_text("*.yaml filter=spy diff=spy\n", encoding="utf-8")
    os.utime(repository / "content/talks.yaml")
    before = state_of(repository)
    assert run_cli("-C", repository, "diff", "--since", "v2025.1").code == 0
    assert state_of(repository) == before
    assert not (tmp_path / "started").exists()
    assert [path for path in tmp_path.iterdir() if path.name.startswith("cvbuild-")] == []


def test_a_hook_that_calls_us_does_not_lead_to_its_own_repository(
    repository: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert run_cli("-C", repository, "diff", "--since", "v2025.1").code == 0


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path, run_cli: RunCli) -> None:
    folder = write_project(tmp_path / "papers and more" / "cv ä", {"bib/a.bib": BIBLIOGRAPHY})
    (tmp_path / "papers and more" / "content").mkdir()
    git(tmp_path / "papers and more", "init", "-q")
    (folder / "bib/b.bib").symlink_to("a.bib")
    commit(folder, "v1")
    (folder / "bib/a.bib").write_text(BIBLIOGRAPHY.replace("{2021}", "{2022}"), encoding="utf-8")
    found = run_cli("-C", folder, "diff", "--since", "v1")
    assert "~ two2021: A Second Title\n      year: 2021 → 2022\n" in found.out


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("v2025.11", ["error: there is no revision `v2025.11`", "   = did you mean `v2025.1`?"]),
        ("xyz", ["error: there is no revision `xyz`", "   = tags and branches here: main, v2025.1"]),
        ("--output=x", ["error: `--output=x` is not a revision", "   = name a tag, a branch or a commit"]),
        ("main:content", ["error: there is no revision `main:content`"]),
        ("", ["error: `` is not a revision"]),
    ],
)
def test_a_revision_that_there_is_not(
    repository: Path, run_cli: RunCli, revision: str, said: list[str]
) -> None:
    found = run_cli("-C", repository, "diff", f"--since={revision}")
    assert found.code == 2
    assert found.err.splitlines()[: len(said)] == said


def test_a_revision_that_a_shallow_clone_lacks(repository: Path, run_cli: RunCli, tmp_path: Path) -> None:
    commit(repository)
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-tags", f"file://{repository}", "clone")
    found = run_cli("-C", tmp_path / "clone", "diff", "--since", "v2025.1")
    assert "`git fetch --unshallow --tags`" in found.err


def test_without_a_repository(make_project: MakeProject, run_cli: RunCli) -> None:
    found = run_cli("-C", make_project(), "diff", "--since", "v1")
    assert (found.code, found.err.splitlines()[0]) == (2, "error: this project is not in a git repository")


def test_without_git(make_project: MakeProject, run_cli: RunCli, program_folder: Path) -> None:
    assert not list(program_folder.iterdir())
    found = run_cli("-C", make_project(), "diff", "--since", "v1")
    assert (found.code, found.err.splitlines()[0]) == (2, "error: git cannot be started")


def test_a_revision_without_a_cv(make_project: MakeProject, run_cli: RunCli) -> None:
    folder = make_project()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Nothing yet")
    found = run_cli("-C", folder, "diff", "--since", "main")
    assert (found.code, found.err.splitlines()[0]) == (
        2,
        "error: `main` has no CV here: content/cv.yaml is not in it",
    )


def test_a_revision_with_errors_shows_them_at_their_places(
    make_project: MakeProject, run_cli: RunCli
) -> None:
    folder = make_project({"content/bio.yaml": "kind: text\ntitle: Bio\ntext: Hello.\nolder_key: 1\n"})
    commit(folder, "v1")
    (folder / "content/bio.yaml").write_text("kind: text\ntitle: Bio\ntext: Hello.\n", encoding="utf-8")
    found = run_cli("-C", folder, "diff", "--since", "v1")
    assert found.code == 1
    assert "  --> v1:content/bio.yaml:4:1\n" in found.err
    assert "the CV at v1 has 1 error, so that it cannot be compared" in found.err


def test_whatever_a_cv_holds_it_does_not_differ_from_itself(tmp_path: Path) -> None:
    cases = [*cases_in("diagnostics"), *cases_in("lint"), *cases_in("commands")]
    compared = 0
    for at, case in enumerate(cases):
        given = case.given.split("\n", 1)[1] if case.given.startswith("$ ") else case.given
        folder = write_project(tmp_path / str(at), files_of(given))
        if not (folder / SETTINGS).is_file():
            continue
        project = find_project(folder)
        sides = [cv for cv, _ in (load_cv(project), load_cv(project)) if cv is not None]
        if sides:
            compared += 1
            assert not compare(of_cv(sides[0]), of_cv(sides[1]), ("one", "other")), case.title
            for name in sides[0].variants:
                printed = [of_variant(select(side, name)[0]) for side in sides]
                assert not compare(printed[0], printed[1], ("one", "other")), case.title
    assert compared > 100


def test_the_starter_is_compared_whole(tmp_path: Path) -> None:
    cv, _ = load_cv(find_project(PACKAGE / "starter"))
    assert cv is not None
    empty, _ = load(tmp_path, {"bib/a.bib": ""})
    changes = compare(of_cv(empty), of_cv(cv), ("nothing", "starter"))
    entries = [entry for section in changes.sections for entry in section.added]
    listed = [item for part in cv.sections.values() for group in part.listed for item in group.items]
    items = sum(1 for item in listed for _ in item.leaves())
    texts = sum(1 for part in cv.sections.values() if part.kind == "text")
    assert len(entries) == items + texts + len(cv.publications) + len(cv.settings.variants)
    assert json.dumps(for_programs(changes))
    assert "".join(as_lines(changes, lambda text, colour: text))
