"""Building on the last document gives what rendering all of it gives, or is not done."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cvbuild import cache, lastdocument
from cvbuild.pipeline import Options, load_cv, prepare
from cvbuild.preparing import Prepared
from cvbuild.project import Origin, Project, find_project
from cvbuild.splicing import MOST_CHANGED, begin, prepare_anew
from tests.conftest import REPOSITORY, MakeProject, RunCli

OPTIONS = Options()

KINDS = {
    "content/cv.yaml": """\
owner:
  name: Ada Example
sections: [bio, posts, prizes, words]
variants:
  full: {}
  brief:
    sections:
      - {section: words, tags: [good]}
      - posts
      - words
""",
    "content/posts.yaml": """\
kind: positions
title: Posts
items:
  - organisation: First Institute
    roles:
      - {title: Head, period: 2020 – present, text: Leads.}
      - {title: Postdoc, period: 2018 – 2020, tags: [early]}
""",
    "content/prizes.yaml": """\
kind: awards
title: Prizes
items:
  - {title: A Prize, date: 2020, publication: one}
""",
    "content/words.yaml": """\
kind: list
title: Words
items:
  - {text: One word., id: word, tags: [good]}
  - {text: Another word., only: [full]}
  - {text: A plain word.}
""",
}


@dataclass
class Bench:
    """A project of which some variants were rendered and kept."""

    root: Path
    variants: tuple[str, ...] = ("full",)
    options: Options = OPTIONS

    @property
    def project(self) -> Project:
        return find_project(self.root)

    def keep(self) -> Bench:
        project = self.project
        cv, found = load_cv(project)
        assert cv is not None, found
        options = Options(**{**vars(self.options), "keeps": tuple(found)})
        for name in self.variants:
            prepared = prepare_anew(project, cv, name, options, lambda message: None)
            if prepared.at_leisure is not None:
                prepared.at_leisure()
        return self

    def edit(self, name: str, before: str, after: str) -> Bench:
        path = self.root / name
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after, 1))
        return self

    def spliced(self) -> dict[str, Prepared] | None:
        begun = begin(self.project, self.variants, self.options)
        return begun.prepared(self.options) if begun is not None else None

    def whole(self, variant: str) -> Prepared:
        cv, found = load_cv(self.project)
        assert cv is not None, found
        return prepare(self.project, cv, variant, self.options)

    def holds(self) -> None:
        """What is made from the last document is what is made from the files."""
        spliced = self.spliced()
        assert spliced is not None
        assert list(spliced) == list(self.variants)
        for name, prepared in spliced.items():
            same(prepared, self.whole(name))


def same(spliced: Prepared, whole: Prepared) -> None:
    assert spliced.rendered.text == whole.rendered.text
    assert spliced.rendered.mapped == whole.rendered.mapped
    assert spliced.rendered.language == whole.rendered.language
    assert not spliced.findings.items
    assert not whole.findings.items
    assert spliced.selected.variant == whole.selected.variant


@pytest.fixture
def bench(make_project: MakeProject) -> Bench:
    return Bench(make_project(KINDS), ("full", "brief")).keep()


EDITS: dict[str, tuple[str, str, str]] = {
    "a text": ("content/bio.yaml", "Hello", "Good *day*, $x^2$ & ü"),
    "a text that grows by paragraphs": ("content/bio.yaml", "Hello, world.", "|\n  One.\n\n  Two."),
    "raw TeX": ("content/bio.yaml", "Hello, world.", r"!tex \emph{Hello}"),
    "a title": ("content/words.yaml", "title: Words", "title: Sentences"),
    "a section that comes twice": ("content/words.yaml", "One word.", "One more word."),
    "a comment": ("content/posts.yaml", "kind:", "# a comment\nkind:"),
    "a line before all others": ("content/words.yaml", "kind: list", "\n\nkind: list"),
    "an item more": ("content/words.yaml", "items:", "items:\n  - {text: A third.}"),
    "an item less": ("content/words.yaml", "  - {text: A plain word.}\n", ""),
    "a tag that others have": ("content/words.yaml", "only: [full]", "only: [full], tags: [good]"),
    "another period": ("content/posts.yaml", "2018 – 2020", "2017 – 2020"),
    "nothing": ("content/bio.yaml", "Hello", "Hello"),
}

ALL_IS_READ: dict[str, tuple[str, str, str]] = {
    "another id": ("content/words.yaml", "id: word", "id: sentence"),
    "another tag": ("content/words.yaml", "[good]", "[good, bad]"),
    "another kind": ("content/bio.yaml", "kind: text\ntitle: Bio\ntext: Hello, world.",
                     "kind: list\ntitle: Bio\nitems: [{text: Hello}]"),
    "a section with a publication": ("content/prizes.yaml", "A Prize", "Another Prize"),
    "a section of publications": ("content/works.yaml", "Works", "Papers"),
    "an error in YAML": ("content/bio.yaml", "Hello, world.", "{"),
    "an error in a section": ("content/bio.yaml", "title: Bio", "titel: Bio"),
    "an empty file": ("content/bio.yaml", "kind: text\ntitle: Bio\ntext: Hello, world.\n", ""),
    "a link that is none": ("content/bio.yaml", "Hello", "[Hello](javascript:x)"),
    "a text of another language": ("content/bio.yaml", "Hello, world.", "{de: Hallo}"),
    "a silencing comment": ("content/bio.yaml", "kind:", "# cvbuild: ignore no-such-code\nkind:"),
    "the settings": ("content/cv.yaml", "Ada Example", "Ada B. Example"),
    "the bibliography": ("bib/works.bib", "A First", "A Second"),
    "a variant's items all gone": ("content/words.yaml", "text: One word., id: word, tags: [good]",
                                   "text: One word., id: word"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_gives_the_same_document_as_rendering_all(bench: Bench, edit: tuple[str, str, str]) -> None:
    bench.edit(*edit).holds()


@pytest.mark.parametrize("edit", ALL_IS_READ.values(), ids=ALL_IS_READ)
def test_for_other_edits_all_is_read(bench: Bench, edit: tuple[str, str, str]) -> None:
    assert bench.edit(*edit).spliced() is None


@pytest.mark.parametrize(
    ("before", "after", "is_seen"),
    [
        ("Muster, Max", "Müller, Max", True),
        ("2019 – 2021", "2001 – 2003", True),
        ("topic: Apples", "topic: Pears", False),
        ("title: Students", "title: Pupils", False),
    ],
)
def test_by_what_students_are_known_as_authors_all_is_read(
    make_project: MakeProject, before: str, after: str, is_seen: bool
) -> None:
    files = {
        "content/cv.yaml": "owner: {name: Ada Example}\nsections: [bio, works, people]\n",
        "content/works.yaml": "kind: publications\ntitle: Works\nmark: students\n"
        "categories: [{id: articles, title: Articles, match: {type: article}}]\n",
        "content/people.yaml": "kind: students\ntitle: Students\n"
        'items:\n  - {name: "Muster, Max", period: 2019 – 2021, topic: Apples}\n',
    }
    bench = Bench(make_project(files)).keep()
    marked = bench.whole("full").rendered.text
    bench.edit("content/people.yaml", before, after)
    if is_seen:
        assert bench.spliced() is None
        assert bench.whole("full").rendered.text.count(r"\cvmark") < marked.count(r"\cvmark")
    else:
        bench.holds()


def test_one_edit_after_the_other_builds_on_the_same_document(bench: Bench) -> None:
    for name, before, after in (
        ("content/bio.yaml", "Hello", "Good day"),
        ("content/words.yaml", "One", "Some"),
        ("content/bio.yaml", "world", "all"),
        ("content/posts.yaml", "Leads", "Leads all"),
    ):
        bench.edit(name, before, after).holds()


def test_where_many_sections_changed_all_is_read(make_project: MakeProject) -> None:
    names = [f"s{number}" for number in range(MOST_CHANGED + 1)]
    files = {f"content/{name}.yaml": f"kind: text\ntitle: {name}\ntext: Hello\n" for name in names}
    listed = f"owner: {{name: Ada Example}}\nsections: [bio, works, {', '.join(names)}]\n"
    bench = Bench(make_project({"content/cv.yaml": listed, **files})).keep()
    for name in names[:-1]:
        bench.edit(f"content/{name}.yaml", "Hello", "Good day").holds()
    assert bench.edit(f"content/{names[-1]}.yaml", "Hello", "Good day").spliced() is None


@pytest.mark.parametrize(
    "path", ["content/more.yaml", "bib/more.bib", "bib/numbers.lock", "profiles/own.yaml",
             "latex_templates/macros.tex"],
)  # fmt: skip
def test_with_a_new_file_all_is_read(bench: Bench, path: str) -> None:
    (bench.root / path).parent.mkdir(exist_ok=True)
    (bench.root / path).write_text("")
    assert bench.edit("content/bio.yaml", "Hello", "Good day").spliced() is None


def test_with_permanent_numbers_that_lead_nowhere_all_is_read(bench: Bench) -> None:
    (bench.root / "bib/numbers.lock").symlink_to("nowhere")
    assert bench.edit("content/bio.yaml", "Hello", "Good day").spliced() is None


def test_without_a_file_all_is_read(bench: Bench) -> None:
    (bench.root / "content/prizes.yaml").unlink()
    assert bench.spliced() is None


@pytest.mark.parametrize(
    ("name", "text", "may"),
    [
        ("sections/text.tex", r"\section{<< section.title >>} << section.section.text >>", True),
        ("sections/text.tex", "<< sections[0].title >> << section.section.text >>", False),
        ("document.tex", r"\documentclass{article}\begin{document}x\end{document}", False),
    ],
)
def test_own_templates_may_not_look_at_other_sections(
    make_project: MakeProject, name: str, text: str, may: bool
) -> None:
    bench = Bench(make_project({f"latex_templates/classic/{name}": text}))
    if name == "document.tex":
        bench.edit("content/cv.yaml", "sections: [bio, works]", "sections: []")
    bench.keep().edit("content/bio.yaml", "Hello", "Good day")
    if may:
        bench.holds()
    else:
        assert bench.spliced() is None


def test_the_origin_in_the_metadata_is_that_of_the_call(bench: Bench) -> None:
    bench.options = Options(origin=Origin("cvbuild 1", "abc"))
    bench.keep()
    bench.options = Options(origin=Origin("cvbuild 1", "abc-dirty"))
    bench.edit("content/bio.yaml", "Hello", "Good day").holds()
    spliced = bench.spliced()
    assert spliced is not None
    assert "abc-dirty" in spliced["full"].rendered.text


def test_another_language_or_theme_is_another_document(bench: Bench) -> None:
    bench.options = Options(theme="compact")
    assert bench.spliced() is None
    bench.options = Options(language="en")
    assert bench.spliced() is None


def test_what_loading_found_is_said_again(make_project: MakeProject) -> None:
    more = {"content/more.yaml": "kind: text\ntitle: More\ntext: More\n"}
    bench = Bench(make_project(more)).keep().edit("content/bio.yaml", "Hello", "Good day")
    begun = begin(bench.project, bench.variants, OPTIONS)
    assert begun is not None
    _, found = load_cv(bench.project)
    assert [item.code for item in begun.found] == ["unlisted-section"]
    assert list(begun.found) == found
    bench.edit("content/more.yaml", "text: More", "text: Less")
    assert bench.spliced() is None


def test_a_variant_that_was_not_rendered_before_has_all_read(bench: Bench) -> None:
    bench.variants = ("full",)
    bench.edit("content/bio.yaml", "Hello", "Good day").holds()
    bench.edit("content/cv.yaml", "  full: {}", "  full: {}\n  third: {}").keep()
    bench.variants = ("full", "third")
    assert bench.spliced() is None


def test_lines_of_templates_are_traced_as_in_the_whole_document(bench: Bench) -> None:
    spliced = bench.edit("content/bio.yaml", "Hello", "Good day").spliced()
    assert spliced is not None
    assert spliced["full"].rendered.templates == bench.whole("full").rendered.templates


@pytest.mark.parametrize("spoil", [lambda data: data[:-9], lambda data: b"", lambda data: data[::-1]])
def test_a_damaged_document_costs_time_alone(bench: Bench, spoil: Callable[[bytes], bytes]) -> None:
    folder = cache.cache_folder()
    assert folder is not None
    for path in (folder / "documents").iterdir():
        path.write_bytes(spoil(path.read_bytes()))
    assert bench.spliced() is None


def test_sound_files_with_something_else_in_them_are_passed_over(bench: Bench) -> None:
    cache.write("documents", lastdocument._key(bench.project, "full", OPTIONS), b"no document")
    assert bench.spliced() is None


def test_another_state_of_the_program_keeps_its_own(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lastdocument, "installed", lambda: [str(bench.root)])
    assert bench.spliced() is None


def test_without_a_cache_nothing_is_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVBUILD_CACHE", "")
    assert bench.keep().spliced() is None


def test_every_section_of_the_reference_cv_by_edits_at_random(tmp_path: Path) -> None:
    for name in ("content", "bib"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    bench = Bench(tmp_path, ("full",)).keep()
    chance = random.Random(5)
    built_on = 0
    sections = [path for path in bench.project.sections if path.stem not in {"publications", "impact"}]
    for path in sections:
        before = path.read_text()
        lines = before.splitlines(keepends=True)
        words = [at for at, line in enumerate(lines) if re.search(r"(text|title|role|place): \w{3}", line)]
        for at in chance.sample(words, min(3, len(words))):
            edited = [*lines[:at], re.sub(r": (\w)", r": Edited \1", lines[at], count=1), *lines[at + 1 :]]
            path.write_text("".join(edited))
            if (spliced := bench.spliced()) is not None:
                same(spliced["full"], bench.whole("full"))
                built_on += 1
        path.write_text(before)
    assert built_on >= len(sections)


def test_the_command_says_and_makes_what_it_would_without(make_project: MakeProject, run_cli: RunCli) -> None:
    root = make_project(KINDS)
    for text in ("Hello, world.", "Hello, reader.", r'!tex "\\undefinedcommand{x}"', "Hello again.", "{"):
        (root / "content/bio.yaml").write_text(f"kind: text\ntitle: Bio\ntext: {text}\n")
        built = run_cli("-C", root, "pdf", "-v", "full")
        pdf = (root / "build/cv-full.pdf").read_bytes()
        forced = run_cli("-C", root, "pdf", "-v", "full", "--force")
        assert (built.code, built.err) == (forced.code, forced.err)
        assert pdf == (root / "build/cv-full.pdf").read_bytes()
