"""A stranger's CV, compiled with `--untrusted`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.typeset.engine import Run
from tests.conftest import FakeEngine, SmallProject, blank_pdf

BIO, HEAD = "content/bio.yaml", "kind: text\ntitle: "
TEX = {
    "a text": (BIO, f"{HEAD}Bio\ntext: !tex '\\input{{x}}'\n", "3:7"),
    "a title": (BIO, f"{HEAD}!tex T\ntext: x\n", "2:8"),
    "a language": (BIO, f"{HEAD}{{en: T, de: !tex T}}\ntext: x\n", "2:20"),
    "an alias": (BIO, f"{HEAD}&a !tex T\ntext: *a\n", "2:8"),
    "the long tag": (BIO, f"{HEAD}!<!tex> T\ntext: x\n", "2:8"),
    "a tag by another name": (BIO, f"%TAG !x! !te\n---\n{HEAD}!x!x T\ntext: x\n", "4:8"),
    "the settings": ("content/cv.yaml", "owner: {name: Ada Example, degree: !tex D}\n", "1:36"),
    "an unlisted key": (BIO, f"{HEAD}T\ntext: x\nother: !tex x\n", "4:8"),
}


@pytest.mark.parametrize("where", TEX)
def test_raw_tex_is_refused_at_its_place(small: SmallProject, fake_engine: FakeEngine, where: str) -> None:
    name, text, place = TEX[where]
    small.write({name: text})
    for command in ("check", "tex", "pdf", "text", "audit", "variants"):
        assert (
            f"error[untrusted-tex]: this is raw TeX, which `--untrusted` refuses\n  --> {name}:{place}"
            in small.run(command, "--untrusted", code=1).err
        )
    assert fake_engine.runs == 0
    assert not (small.root / "build").exists()


@pytest.mark.parametrize(
    "name",
    "header.tex sections/text.tex sections/exhibitions.tex mine/document.tex labels.yaml x/y".split(),
)
def test_the_projects_own_templates_are_refused(
    small: SmallProject, fake_engine: FakeEngine, name: str
) -> None:
    small.write({f"latex_templates/{name}": "\\input{/etc/passwd}"})
    said = small.run("pdf", "--untrusted", code=1).err
    assert f"error[untrusted-templates]: latex_templates/{name} is a template of the project's own" in said
    assert fake_engine.runs == 0


@pytest.mark.parametrize("name", ["build", "build/.work", "build/tex", "build/tex/full"])
def test_an_output_folder_that_leads_out_is_refused(
    small: SmallProject, fake_engine: FakeEngine, tmp_path: Path, name: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (small.root / name).parent.mkdir(parents=True, exist_ok=True)
    (small.root / name).symlink_to(elsewhere)
    for command in ("pdf", "tex"):
        said = small.run(command, "--untrusted", code=1).err
        assert f"error[outside-project]: {name} is a link that leads out of the project" in said
    assert fake_engine.runs == 0
    assert list(elsewhere.iterdir()) == []


def test_what_lies_in_the_work_folder_is_not_run(small: SmallProject, fake_engine: FakeEngine) -> None:
    r"""An .aux is a TeX program: with \directlua in it, it could do whatever the user can."""
    names = ("cv.aux", "cv.out", "article.cls", "babel.sty")
    small.write({f"build/.work/full-pdflatex/{name}": "\\directlua{os.remove('x')}" for name in names})
    (small.root / "build/.work/full-pdflatex/cv.fmt").mkdir()
    seen: list[list[str]] = []

    def behave(folder: Path, run: int) -> Run:
        seen.append(sorted(path.name for path in folder.iterdir()))
        blank_pdf(folder / "cv.pdf")
        return Run(True, "fine")

    fake_engine.behave = behave
    small.run("pdf", "-v", "full", "--untrusted")
    assert seen == [["cv.tex", "lock"]]


@pytest.mark.usefixtures("fake_engine")
def test_without_any_of_this_a_strangers_cv_is_built_and_with_it_a_trusted_one(small: SmallProject) -> None:
    for command in ("check", "pdf", "tex"):
        small.run(command, "--untrusted")
    assert (small.root / "build/cv-full.pdf").is_file()
    small.write({"content/bio.yaml": "kind: text\ntitle: Bio\ntext: !tex T\n"})
    small.run("pdf", "-v", "full")
