"""Other words in the last document are what rendering all of it gives, or are not put there."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cvbuild.interface import texts_of
from cvbuild.load.yaml import load_yaml
from cvbuild.loading import load_cv
from cvbuild.pipeline import Options
from cvbuild.project import Origin
from cvbuild.rewording import layout_of
from cvbuild.source import Scalar, SourceFile
from cvbuild.splicing import Begun
from tests.conftest import REPOSITORY, MakeProject
from tests.test_splicing import KINDS, Bench, same

REWORDED = {
    "another word": ("content/bio.yaml", "world", "all"),
    "markup, a formula and signs of TeX": ("content/bio.yaml", "Hello", "Good *day*, $x^2$ & ü#1 50%"),
    "a link": ("content/bio.yaml", "Hello", "A [hello](https://example.org/a_b)"),
    "quotation marks around": ("content/words.yaml", "Another word.", '"Another: word."'),
    "a text that comes twice": ("content/words.yaml", "One word.", "One more word."),
    "a comment beside": ("content/words.yaml", "Another word., only: [full]}",
                         "Any word., only: [full]} # so"),
    "lines more": ("content/posts.yaml", "text: Leads.", "\n       text: Leads all."),
    "a number": ("content/words.yaml", "text: A plain word.", "text: '2, 3.'"),
}  # fmt: skip

MORE_THAN_WORDS = {
    "a text more": ("content/posts.yaml", "title: Postdoc", "title: Postdoc, text: Learns."),
    "a text less": ("content/posts.yaml", ", text: Leads.", ""),
    "an item more": ("content/words.yaml", "items:", "items:\n  - {text: A third.}"),
    "another order": ("content/words.yaml", "One word., id: word", "One word., tags: [good], id: word"),
    "another period": ("content/posts.yaml", "2018 – 2020", "2017 – 2020"),
    "another tag": ("content/posts.yaml", "[early]", "[late]"),
    "raw TeX": ("content/bio.yaml", "Hello, world.", r"!tex \emph{Hello}"),
    "by languages": ("content/bio.yaml", "Hello, world.", "{en: Hello, de: Hallo}"),
    "paragraphs more": ("content/bio.yaml", "Hello, world.", "|\n  One.\n\n  Two."),
    "a full stop less": ("content/words.yaml", "One word.", "One word"),
    "nothing printed": ("content/bio.yaml", "Hello, world.", "' '"),
    "a title, which the outline has as well": ("content/words.yaml", "title: Words", "title: Sentences"),
    "a link that is none": ("content/bio.yaml", "Hello", "[Hello](javascript:x)"),
    "an error": ("content/bio.yaml", "Hello, world.", "{"),
    "a silencing comment": ("content/bio.yaml", "kind:", "# cvbuild: ignore bad-url\nkind:"),
}


LISTS = {
    "an empty item": ("items: [{text: Foo}]", "items: [{text: Foo}, ~]"),
    "an empty item alone": ("items: [{text: Foo}]\ngroups: []", "items: [{text: Foo}]\ngroups: [~]"),
    "aliases that part": ("items: [{text: &x Foo}, {text: *x }]", "items: [{text: Foo}, {text: Bar}]"),
    "aliases that come": ("items: [{text: Foo}, {text: Foo}]", "items: [{text: &x Bar}, {text: *x }]"),
    "a merge": ("items: [&x {text: Foo}, {<<: *x }]", "items: [&x {text: Foo}, {<<: *x , text: Bar}]"),
    "a text and an address": (
        "items: [{text: &x https://a.org, url: *x }]",
        "items: [{text: &x https://b.org, url: *x }]",
    ),
    "a text and a wrong address": (
        "items: [{text: &x https://a.org, url: *x }]",
        "items: [{text: &x Hello, url: *x }]",
    ),
    "a text and a date": ("items: [{text: &x 2019, date: *x }]", "items: [{text: &x 2020, date: *x }]"),
    "a text and an id": (
        "items: [{text: &x foo, id: *x }, {text: b, id: bar}]",
        "items: [{text: &x bar, id: *x }, {text: b, id: bar}]",
    ),
}


@pytest.mark.parametrize(("before", "after"), LISTS.values(), ids=LISTS)
def test_what_more_than_a_text_depends_on_is_not_only_reworded(
    make_project: MakeProject, rendered_anew: list[str], before: str, after: str
) -> None:
    files = {
        "content/cv.yaml": "owner: {name: Ada Example}\nsections: [words]\n",
        "content/words.yaml": f"kind: list\ntitle: Words\n{before}\n",
    }
    bench = Bench(make_project(files)).keep().edit("content/words.yaml", before, after)
    spliced = bench.spliced()
    cv, found = load_cv(bench.project)
    if spliced is None:
        assert cv is None or found
    else:
        assert rendered_anew
        bench.holds()


@pytest.fixture
def bench(make_project: MakeProject) -> Bench:
    return Bench(make_project(KINDS), ("full", "brief")).keep()


@pytest.fixture
def rendered_anew(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The variants of which sections were rendered, as they are where more than words changed."""
    names: list[str] = []
    spliced = Begun._spliced

    def counted(self: Begun, name: str, *more: object) -> object:
        names.append(name)
        return spliced(self, name, *more)  # type: ignore[arg-type]  # what it was called with

    monkeypatch.setattr(Begun, "_spliced", counted)
    return names


@pytest.mark.parametrize("edit", REWORDED.values(), ids=REWORDED)
def test_other_words_are_put_in_place_of_the_old_ones(
    bench: Bench, rendered_anew: list[str], edit: tuple[str, str, str]
) -> None:
    bench.edit(*edit).holds()
    assert not rendered_anew


@pytest.mark.parametrize("edit", MORE_THAN_WORDS.values(), ids=MORE_THAN_WORDS)
def test_where_more_changed_sections_are_rendered(
    bench: Bench, rendered_anew: list[str], edit: tuple[str, str, str]
) -> None:
    bench.variants = ("full",)
    bench.edit(*edit)
    if bench.spliced() is not None:
        assert rendered_anew == ["full"]
        bench.holds()


def test_a_text_between_quotation_marks_is_rendered(
    make_project: MakeProject, rendered_anew: list[str]
) -> None:
    talks = "kind: talks\ntitle: Talks\nitems:\n  - {title: On Words, date: 2020, event: A Meeting}\n"
    settings = "owner: {name: Ada Example}\nsections: [bio, talks]\n"
    bench = Bench(make_project({"content/talks.yaml": talks, "content/cv.yaml": settings})).keep()
    bench.edit("content/talks.yaml", "A Meeting", "An Assembly").holds()
    assert not rendered_anew
    bench.edit("content/talks.yaml", "On Words", "On “Words”").holds()
    assert rendered_anew


def test_own_templates_are_filled(make_project: MakeProject, rendered_anew: list[str]) -> None:
    template = "<< section.section.text >><% if 'a' in section.section.text.in_language('en') %>a<% endif %>"
    bench = Bench(make_project({"latex_templates/classic/sections/text.tex": template})).keep()
    bench.edit("content/bio.yaml", "Hello", "Aha").holds()
    assert rendered_anew


@pytest.mark.parametrize("revision", ["", "abc", "abc-dirty", "a_c"])
def test_the_metadata_say_the_origin_of_the_call(
    bench: Bench, rendered_anew: list[str], revision: str
) -> None:
    bench.options = Options(origin=Origin("cvbuild 1", "abc"))
    bench.keep()
    bench.options = Options(origin=Origin("cvbuild 1", revision))
    bench.edit("content/bio.yaml", "world", "all").holds()
    assert bool(rendered_anew) == (not revision)


def test_what_was_selected_is_worked_out_when_it_is_asked_for(bench: Bench, rendered_anew: list[str]) -> None:
    spliced = bench.edit("content/bio.yaml", "world", "all").spliced()
    assert spliced is not None
    assert not rendered_anew
    whole = bench.whole("brief")
    assert spliced["brief"].selected == whole.selected
    assert (spliced["brief"].output, spliced["brief"].max_pages) == (whole.output, whole.max_pages)


def test_a_layout_tells_keys_and_values_apart() -> None:
    def laid_out(text: str) -> object:
        return layout_of(load_yaml(SourceFile("a.yaml", text))[0])[0]

    layouts = [
        "a: b", "a: {b: c}", "a: [b]", "a: [[b]]", "a:", "a: [b, c]", "a: {b: c, d: e}", "a: {b: {c: d}}",
        "a: {b: c}\nd: e", "- a", "- a: b",
    ]  # fmt: skip
    assert len({json.dumps(laid_out(text)) for text in layouts}) == len(layouts)
    assert laid_out("a: b") == laid_out("a: 'another'") == laid_out("# first\na:   !tex c")


def texts(bench: Bench) -> Iterator[tuple[Path, Scalar]]:
    """The texts of all sections that can be reworded, with their files."""
    cv, found = load_cv(bench.project)
    assert cv is not None, found
    for path in bench.project.sections:
        for text in texts_of(cv.sections[path.stem]):
            yield path, text


OTHERWISE = (
    lambda text: f"Edited {text}",
    lambda text: f"{text.strip()} & more *of it*",
    lambda text: text.upper(),
    lambda text: f"{text.rstrip('.')}.",
    lambda text: f"“{text.strip()}”",
    lambda text: "12",
    lambda text: text.replace(" ", "\n\n", 1),
    lambda text: f"{text.strip()} 日本",
)


@pytest.mark.parametrize("source", [REPOSITORY, REPOSITORY / "cvbuild/starter"], ids=["reference", "starter"])
def test_texts_of_whole_cvs_in_other_words(source: Path, tmp_path: Path, rendered_anew: list[str]) -> None:
    for name in ("content", "bib"):
        shutil.copytree(source / name, tmp_path / name)
    bench = Bench(tmp_path, ("full",)).keep()
    chance = random.Random(7)
    all_texts = list(texts(bench))
    tried = chance.sample(all_texts, min(90, len(all_texts)))
    for path, text in tried:
        before = path.read_text(encoding="utf-8")
        assert before[text.span.start : text.span.end] == text.span.text
        written = json.dumps(chance.choice(OTHERWISE)(str(text)), ensure_ascii=False)
        path.write_text(before[: text.span.start] + written + before[text.span.end :], encoding="utf-8")
        if (spliced := bench.spliced()) is not None:
            same(spliced["full"], bench.whole("full"))
        path.write_text(before, encoding="utf-8")
    assert len(rendered_anew) < len(tried) / 2
