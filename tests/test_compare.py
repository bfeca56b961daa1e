"""What differs between a git revision and now, and which entries are taken for the same.

Differences between variants are text cases: `cases/commands/diff.txt`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path

import pytest

import cvbuild
from cvbuild.compare import FieldChange, as_lines, compare, excerpts, for_programs, of_cv, of_variant
from cvbuild.loading import load_cv
from cvbuild.project import SETTINGS, find_project
from cvbuild.select.selection import select
from tests.conftest import MakeProject, Outcome, RunCli, write_program
from tests.projects import commit, git, load, write_project
from tests.test_cases import cases_in, files_of

PACKAGE = Path(cvbuild.__file__).parent
Diff = Callable[..., Outcome]

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
    signs = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}
    lines = []
    for section in compare(sides[0], sides[1], ("old", "new")).sections:
        lines += [f"~ {change.field}: {change.old} → {change.new}" for change in section.fields]
        for entry in section.entries:
            said = [f": {change.field}: {change.old} → {change.new}" for change in entry.fields] or [""]
            lines += [f"{signs[entry.state]} {entry.entry.label}{text}" for text in said]
    return lines


BIO = "kind: text\ntitle: Bio\ntext: {en: Works., de: Arbeitet.}\n"
SETTINGS_FILE = (
    "owner: {name: Ada Example, email: ada@example.org}\nvariants: {full: , short: {max_pages: 2}}\n"
)
CONTENT = {
    "talks": ("content/talks.yaml", TALKS),
    "jobs": ("content/jobs.yaml", POSITIONS),
    "bio": ("content/bio.yaml", BIO),
    "bib": ("bib/a.bib", BIBLIOGRAPHY),
    "cv": ("content/cv.yaml", SETTINGS_FILE),
}
LECTURER = "      - {title: Lecturer, period: 2015 – 2020}\n"
INSTITUTE = "  - organisation: Institute of Examples\n    roles:\n"
FIRST, SECOND, PROOFS = (f"  - {line}\n" for line in TALKS.strip().split("\n  - ")[1:])


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        # An item is known by id, name and date.
        ("talks", "On Examples", "A New Name", ["~ A New Name: title: On Examples → A New Name"]),
        ("talks", "date: 2023", "date: 2023-04", ["~ On Counterexamples: date: 2023 → 2023-04"]),
        ("talks", "On Proofs", "On Prooofs", ["~ On Prooofs: title: On Proofs → On Prooofs"]),
        ("talks", "On Proofs", "Something Else", ["+ Something Else", "- On Proofs"]),
        ("talks", "id: first, ", "", ["~ On Examples: id: first → None"]),
        ("talks", "event: Conference, ", "", ["~ On Counterexamples: event: Conference → None"]),
        ("talks", "title: Talks", "title: Lectures", ["~ title: Talks → Lectures"]),
        ("talks", PROOFS, "", ["- On Proofs"]),
        # The same item twice is paired one by one.
        ("talks", PROOFS, PROOFS + PROOFS, ["+ On Proofs"]),
        # The fewest items have moved.
        ("talks", FIRST + SECOND + PROOFS, PROOFS + FIRST + SECOND, ["> On Proofs"]),
        # A section of another kind has other entries.
        ("talks", TALKS, "kind: text\ntitle: Talks\ntext: Many.\n",
         ["~ kind: talks → text", "+ Talks", "- On Examples", "- On Counterexamples", "- On Proofs"]),
        # A role is known by itself, its organisation by its roles.
        ("jobs", "place: Berlin", "place: Bonn", ["~ Example University: place: Berlin → Bonn"]),
        ("jobs", "Example University", "University of Examples",
         ["~ University of Examples: organisation: Example University → University of Examples"]),
        ("jobs", "2020 – present", "2020 – 2025",
         ["~ Professor, Example University: period: 2020 – present → 2020 – 2025"]),
        ("jobs", LECTURER, "", ["- Lecturer, Example University"]),
        ("jobs", LECTURER + INSTITUTE, INSTITUTE + LECTURER,
         ["~ Lecturer, Institute of Examples: within: Example University → Institute of Examples"]),
        # A publication is known by key, DOI and title.
        ("bib", "{2021}", "{2022}", ["~ two2021: A Second Title: year: 2021 → 2022"]),
        ("bib", "two2021", "second", ["~ second: A Second Title: key: two2021 → second"]),
        ("bib", "one2020,\n  author = {Example, Ada and Muster, Max},\n  title = {A First Title}",
         "first,\n  author = {Example, Ada and Muster, Max},\n  title = {Another Title}",
         ["~ first: Another Title: key: one2020 → first",
          "~ first: Another Title: title: A First Title → Another Title"]),
        ("bib", "@article{two2021", "@misc{two2021",
         ["~ two2021: A Second Title: entry type: article → misc"]),
        ("bib", "Example, Ada and Muster", "Example, Ada  and\n Muster", []),
        # A text in several languages has a field for each.
        ("bio", "Arbeitet", "Forscht", ["~ Bio: text (de): Arbeitet. → Forscht."]),
        # Settings and variants are compared.
        ("cv", "ada@", "a.example@", ["~ owner.email: ada@example.org → a.example@example.org"]),
        ("cv", "full: , short: {max_pages: 2}", "full: , long: , short: {max_pages: 3}",
         ["+ long", "~ short: max_pages: 2 → 3"]),
    ],
)  # fmt: skip
def test_an_entry_is_known_again_and_only_what_differs_is_said(
    tmp_path: Path, name: str, old: str, new: str, expected: list[str]
) -> None:
    path, before = CONTENT[name]
    assert old in before
    assert differences(tmp_path, path, before, before.replace(old, new)) == expected


def test_a_long_text_shows_the_words_that_differ() -> None:
    words = [f"w{at}" for at in range(100)]
    new = [*words[:50], "new", *words[51:]]
    assert excerpts(FieldChange("text", " ".join(words), " ".join(new))) == (
        "… w47 w48 w49 w50 w51 w52 w53 …",
        "… w47 w48 w49 new w51 w52 w53 …",
    )


@pytest.mark.parametrize(("years", "expected"), [(30, 30 * 10 * 10), (1, 0)])
def test_names_are_compared_within_a_date_only_and_never_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, years: int, expected: int
) -> None:
    """300 items on either side are 90,000 pairs of names."""
    compared = []

    class Counting(SequenceMatcher[str]):
        def real_quick_ratio(self) -> float:
            compared.append(self)
            return super().real_quick_ratio()

    monkeypatch.setattr("cvbuild.compare.SequenceMatcher", Counting)
    items = "".join(f"  - {{title: Talk {at}, date: {1990 + at % years}}}\n" for at in range(300))
    old = f"kind: talks\ntitle: Talks\nitems:\n{items}"
    differences(tmp_path, "content/talks.yaml", old, old.replace("title: Talk ", "title: Talk No. "))
    assert len(compared) == expected


# ---- revisions


@pytest.fixture
def repository(make_project: MakeProject) -> Path:
    """A project that was tagged v2025.1 and changed since."""
    folder = make_project({"content/talks.yaml": TALKS, "content/cv.yaml": "owner: {name: Ada Example}\n"})
    commit(folder, "v2025.1")
    (folder / "content/talks.yaml").write_text(TALKS.replace("date: 2023", "date: 2023-04"), encoding="utf-8")
    return folder


@pytest.fixture
def diff(repository: Path, run_cli: RunCli) -> Diff:
    """The differences since the tag."""
    return lambda *options: run_cli("-C", repository, "diff", "--since", "v2025.1", *options)


def test_a_revision_is_compared_with_what_lies_there_now(diff: Diff) -> None:
    assert (diff().code, diff().out) == (
        0,
        "Talks [talks]\n  ~ On Counterexamples\n      date: 2023 → 2023-04\n\n"
        "0 added, 0 removed, 1 changed between v2025.1 and now\n",
    )
    assert diff("--exit-code").code == 1
    assert diff("--format", "markdown").out == (
        "**CV:** 0 added, 0 removed, 1 changed between `v2025.1` and `now`\n\n### `Talks`\n\n"
        "- **changed**: `On Counterexamples`\n  - `date`: `2023` → `2023-04`\n"
    )


def test_a_removed_entry_has_its_place_in_the_revision(repository: Path, diff: Diff) -> None:
    (repository / "content/talks.yaml").unlink()
    found = json.loads(diff("--format", "json").out)
    [section] = found["sections"]
    assert (section["state"], found["removed"]) == ("removed", 3)
    assert [entry["place"]["file"] for entry in section["removed"]] == ["v2025.1:content/talks.yaml"] * 3
    assert section["removed"][0]["place"]["line"] == 4


def test_a_variant_is_compared_with_itself_then(repository: Path, diff: Diff) -> None:
    settings = repository / "content/cv.yaml"
    settings.write_text("owner: {name: Ada Example}\nvariants: {full: {max_pages: 3}}\n", encoding="utf-8")
    begins = "The variant itself [content/cv.yaml: variant]\n  ~ max_pages: added: 3\n\nTalks [talks]\n"
    assert diff("-v", "full").out.startswith(begins)
    settings.write_text("owner: {name: Ada Example}\nvariants: {long: }\n", encoding="utf-8")
    found = diff("-v", "long")
    said = ["error: there is no variant `long` at `v2025.1`", "   = the variants there are full"]
    assert (found.code, found.err.splitlines()) == (2, said)


def state_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


def test_nothing_is_changed_or_started(repository: Path, diff: Diff, tmp_path: Path) -> None:
    spy = write_program(tmp_path / "spy", f"touch {tmp_path}/started; cat")
    for name in ("core.fsmonitor", "core.pager", "diff.external", "filter.spy.smudge", "diff.spy.textconv"):
        git(repository, "config", name, str(spy))
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        write_program(repository / ".git/hooks" / hook, f"touch {tmp_path}/started")
    (repository / ".gitattributes").write_text("*.yaml filter=spy diff=spy\n", encoding="utf-8")
    os.utime(repository / "content/talks.yaml")
    before = state_of(repository)
    assert diff().code == 0
    assert state_of(repository) == before
    assert not (tmp_path / "started").exists()
    assert [path for path in tmp_path.iterdir() if path.name.startswith("cvbuild-")] == []


def test_a_hook_that_calls_us_does_not_lead_to_its_own_repository(
    diff: Diff, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert diff().code == 0


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
def test_an_unknown_revision(repository: Path, run_cli: RunCli, revision: str, said: list[str]) -> None:
    found = run_cli("-C", repository, "diff", f"--since={revision}")
    assert found.code == 2
    assert found.err.splitlines()[: len(said)] == said


def test_a_revision_that_a_shallow_clone_lacks(repository: Path, run_cli: RunCli, tmp_path: Path) -> None:
    commit(repository)
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-tags", f"file://{repository}", "clone")
    found = run_cli("-C", tmp_path / "clone", "diff", "--since", "v2025.1")
    assert "`git fetch --unshallow --tags`" in found.err


@pytest.mark.parametrize("is_there", [True, False])
def test_without_git_or_a_repository(
    make_project: MakeProject, run_cli: RunCli, program_folder: Path, is_there: bool
) -> None:
    real = shutil.which("git", path=os.defpath)
    assert real is not None
    if is_there:
        (program_folder / "git").symlink_to(real)
    found = run_cli("-C", make_project(), "diff", "--since", "v1")
    said = "this project is not in a git repository" if is_there else "git cannot be started"
    assert (found.code, found.err.splitlines()[0]) == (2, f"error: {said}")


def test_a_revision_without_a_cv(make_project: MakeProject, run_cli: RunCli) -> None:
    folder = make_project()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Nothing yet")
    found = run_cli("-C", folder, "diff", "--since", "main")
    said = "error: `main` has no CV here: content/cv.yaml is not in it"
    assert (found.code, found.err.splitlines()[0]) == (2, said)


def test_a_revision_with_errors_shows_their_places(make_project: MakeProject, run_cli: RunCli) -> None:
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
    listed = [item for part in cv.sections.values() for group in part.listed for item in group.items]
    items = sum(1 for item in listed for _ in item.leaves())
    texts = sum(1 for part in cv.sections.values() if part.kind == "text")
    entries = items + texts + len(cv.publications) + len(cv.settings.variants)
    assert changes.counts["added"] == entries
    assert json.dumps(for_programs(changes))
    assert "".join(as_lines(changes, lambda text, colour: text))
