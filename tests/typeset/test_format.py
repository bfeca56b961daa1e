"""The preamble as a format: the same PDF in less time, or no format."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import cvbuild
from cvbuild import cache
from cvbuild.build import Built, formats_of
from cvbuild.cache import cache_folder, folder_for
from cvbuild.project import find_project
from cvbuild.typeset import format as formats
from cvbuild.typeset.engine import Installation
from cvbuild.typeset.engines import ChosenEngine
from cvbuild.typeset.format import KIND, Formats, look_up
from cvbuild.typeset.texlive import TexLiveEngine
from tests.conftest import SMALL_PROJECT, FakeEngine, MakeProject, needs_pdflatex, write_files, write_program
from tests.projects import build_variant

DOCUMENT = (
    "\\documentclass{article}\n\n\\csname endofdump\\endcsname\n\\begin{document}\nx\n\\end{document}\n"
)
SETTINGS = SMALL_PROJECT["content/cv.yaml"]
LONG = "kind: text\ntitle: Bio\ntext: word and Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen\n"
MATHS = "kind: text\ntitle: Bio\ntext: 'Works on *fine* **things**, $x^2_i$, §; see [here](https://example.org).'\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVBUILD_CACHE", str(tmp_path / "cache"))


def built(root: Path) -> Built:
    return build_variant(root, engine="pdflatex", epoch=0, force=True)


def built_bytes(root: Path) -> bytes:
    made = built(root)
    assert made.pdf is not None, made.diagnostics
    return made.pdf.read_bytes()


def about_format(made: Built) -> str:
    return made.reasons[-1].removeprefix("format: ")


def the_format() -> Path:
    folder = cache_folder()
    assert folder is not None
    [found] = (folder / KIND).glob("*.fmt")
    return found


MACROS = {"latex_templates/macros.tex": "\\usepackage{multicol}\n\\newcommand\\mine[1]{\\emph{#1}}\n"}
VARIED = {
    "classic": {},
    "times in German": {"content/cv.yaml": f"theme: times\nlanguage: de\n{SETTINGS}"},
    "own macros, narrow, no links": MACROS
    | {"content/cv.yaml": f"layout: {{margins: 20 mm, font_size: 11, links: false}}\n{SETTINGS}"},
}


@needs_pdflatex()
@pytest.mark.parametrize("name", VARIED)
def test_a_format_gives_the_same_bytes(name: str, make_project: MakeProject) -> None:
    root = make_project({"content/bio.yaml": MATHS, **VARIED[name]})
    plain = built(root)
    assert plain.pdf is not None, plain.diagnostics
    assert about_format(plain) == "not used: this preamble is new"
    assert plain.reasons[:2] == ("pass 1: no .aux yet", "pass 2: there is an .aux now")
    first = plain.pdf.read_bytes()
    assert about_format(built(root)) == "there was none; one is made for the next time"
    loaded = built(root)
    assert loaded.reasons == ("pass 1: something may have changed", "format: used")
    assert loaded.pdf is not None
    assert loaded.pdf.read_bytes() == first
    text = (root / "build/.work/full-pdflatex/cv.tex").read_text(encoding="utf-8")
    assert text.startswith("\\errorcontextlines=99\n\\documentclass"), "the .tex for people is whole"
    assert not (root / "build/.work/full-pdflatex-format").exists()


@needs_pdflatex()
def test_messages_lead_to_the_same_places_with_a_format(make_project: MakeProject) -> None:
    files = {"content/bio.yaml": LONG, "latex_templates/macros.tex": "\\newcommand\\mine[1]{\\emph{#1}}\n"}
    root = make_project(files)
    plain = [item for item in built(root).diagnostics if item.code == "overfull-line"]
    built(root)
    loaded = built(root)
    assert about_format(loaded) == "used"
    assert [item for item in loaded.diagnostics if item.code == "overfull-line"] == plain
    write_files(root, {"content/bio.yaml": "kind: text\ntitle: Bio\ntext: !tex '\\mine{\\emhp{x}}'\n"})
    wrong = built(root)
    assert about_format(wrong) == "used"
    [error] = wrong.diagnostics
    assert error.span is not None
    assert error.span.place == "content/bio.yaml:3:19"
    [label] = [label for label in error.labels if label.span.source.name == "cv.tex"]
    lines = (root / "build/.work/full-pdflatex/cv.tex").read_text(encoding="utf-8").splitlines()
    assert "\\emhp" in lines[label.span.line]


@needs_pdflatex()
def test_a_format_is_made_anew_when_a_file_of_tex_changes_or_it_is_damaged(
    make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEXMFHOME", str(tmp_path / "texmf"))
    package = tmp_path / "texmf/tex/latex/mine/mine.sty"
    write_files(tmp_path, {"texmf/tex/latex/mine/mine.sty": "\\newcommand\\mine{short}\n"})
    text = "kind: text\ntitle: Bio\ntext: !tex '\\mine'\n"
    root = make_project({"latex_templates/macros.tex": "\\usepackage{mine}\n", "content/bio.yaml": text})
    built(root)
    built(root)
    before = built_bytes(root)
    assert about_format(built(root)) == "used"
    package.write_text("\\newcommand\\mine{much longer}\n", encoding="utf-8")
    changed = built(root)
    assert about_format(changed).startswith("the one there was made of other files of TeX's")
    assert changed.pdf is not None
    assert changed.pdf.read_bytes() != before
    # One of the same name that is found earlier stands for it from now on.
    assert about_format(built(root)) == "used"
    write_files(tmp_path, {"texmf/tex/latex/another/other.sty": ""})
    assert about_format(built(root)).startswith("the one there was made of other files of TeX's")
    for damage in (b"", the_format().read_bytes()[:5000], os.urandom(20_000)):
        the_format().write_bytes(damage)
        again = built(root)
        assert about_format(again) == "the one there was damaged; one is made for the next time"
        assert again.pdf is not None
    assert about_format(built(root)) == "used"
    # Another file with the same bytes is as good; its checksum tells.
    kept, whole = the_format(), the_format().read_bytes()
    kept.unlink()
    kept.write_bytes(whole)
    assert about_format(built(root)) == "used"
    # One byte of another kind, at the time of the one before.
    times = the_format().stat()
    the_format().write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    os.utime(the_format(), ns=(times.st_atime_ns, times.st_mtime_ns))
    assert about_format(built(root)).startswith("the one there was damaged")
    # Should the checksum not show it, TeX does.
    the_format().write_bytes(os.urandom(20_000))
    monkeypatch.setattr(formats, "_checksum", lambda path: [len(whole), zlib.crc32(whole)])
    doubtful = built(root)
    assert about_format(doubtful) == "not used, as TeX could not load it"
    assert doubtful.pdf is not None
    assert doubtful.diagnostics == ()


@needs_pdflatex()
def test_a_preamble_that_a_format_would_change_has_none(make_project: MakeProject) -> None:
    macros = "\\makeatletter\\pdfliteral{0 0 0.5 RG}\\makeatother\n"
    root = make_project({"latex_templates/macros.tex": macros})
    first = built_bytes(root)
    assert about_format(built(root)).endswith("one is made for the next time")
    refused = built(root)
    assert about_format(refused) == "not used: this preamble gives another PDF with one"
    assert refused.pdf is not None
    assert refused.pdf.read_bytes() == first


@needs_pdflatex()
def test_two_builds_at_once_share_the_formats(make_project: MakeProject) -> None:
    roots = [make_project(folder="one"), make_project(folder="two")]
    command = [sys.executable, "-m", "cvbuild", "pdf", "-v", "full", "--force", "--verbose"]
    environment = os.environ | {"PYTHONPATH": str(Path(cvbuild.__file__).parents[1])}
    told: list[str] = []
    for _ in range(3):
        running = [
            subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True)
            for root in roots
        ]
        told = [process.communicate()[1] for process in running]
        assert [process.returncode for process in running] == [0, 0], told
    assert all(line.endswith("format: used\n") for line in told)
    made = [(root / "build/cv-full.pdf").read_bytes() for root in roots]
    assert made[0] == made[1]
    assert the_format().stat().st_mode & 0o777 == 0o600


@needs_pdflatex()
def test_fitting_loads_the_format_too(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_project({"content/cv.yaml": SETTINGS.replace("full: {}", "full: {fit: {pages: 1}}")})
    for _ in range(2):
        built(root)
    loaded: list[bool] = []
    run = TexLiveEngine.run

    def watched(self: TexLiveEngine, installation: Installation, folder: Path, epoch: int) -> object:
        loaded.append(self.format is not None)
        return run(self, installation, folder, epoch)

    monkeypatch.setattr(TexLiveEngine, "run", watched)
    made = built(root)
    assert loaded == [True, True]
    assert made.reasons[0] == "measured"


def looked_up(document: str = DOCUMENT, kept: Formats | None = None, unicode: bool = False) -> str:
    kept = kept or Formats(folder_for(KIND))
    engine = TexLiveEngine("xelatex" if unicode else "pdflatex", is_unicode=unicode)
    return look_up(kept, document, ChosenEngine(engine, Installation(Path("/fake/pdflatex"), "1"))).reason


def test_what_has_no_format_says_why(make_project: MakeProject, fake_engine: FakeEngine) -> None:
    made = built(make_project())
    assert made.reasons == ("pass 1: no .aux yet", "format: not used: pdflatex has none")
    assert fake_engine.runs == 1
    assert looked_up() == "not used: this preamble is new"
    assert looked_up(unicode=True) == "not used: xelatex has none"
    marked = "not used: no line `\\csname endofdump\\endcsname` ends the preamble"
    assert looked_up(DOCUMENT.replace("endofdump", "enddump")) == marked
    late = DOCUMENT.replace("\\csname", "\\begin{document}\n\\csname")
    assert looked_up(late) == marked


@pytest.mark.parametrize("place", ["", "file", "open", "missing/for/ever", "project/cache"])
def test_a_cache_that_cannot_be_had_is_done_without(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_project: MakeProject
) -> None:
    root = make_project()
    (tmp_path / "file").write_text("a file", encoding="utf-8")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    if place != "project/cache":
        monkeypatch.setattr(cache, "_own_folder", lambda *, create: None)
    monkeypatch.setenv("CVBUILD_CACHE", str(tmp_path / place) if place else "")
    kept = formats_of(find_project(root), 0)
    assert kept.folder is None
    assert looked_up(kept=kept) == "not used: there is no cache folder that is yours alone"


@pytest.mark.parametrize(
    ("files", "epoch"),
    [
        ({}, None),
        ({"latex_templates/sections/text.tex": "x\n"}, None),
        (MACROS, 7),
        ({"latex_templates/mine/preamble/page.tex": "x\n"}, 7),
    ],
    ids=["none", "sections", "macros", "theme"],
)
def test_the_date_counts_where_a_preamble_is_the_projects_own(
    make_project: MakeProject, files: dict[str, str], epoch: int | None
) -> None:
    assert formats_of(find_project(make_project(files)), 7).own_epoch == epoch


def test_a_key_holds_all_that_a_format_is_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = write_program(tmp_path / "pdflatex", "exit 1")

    def key(preamble: str = "x", version: str = "1", epoch: int | None = None) -> str:
        chosen = ChosenEngine(TexLiveEngine("pdflatex", is_unicode=False), Installation(program, version))
        return formats._key(preamble, chosen, epoch)

    known = [key(), key("y"), key(version="2"), key(epoch=5), key(epoch=6)]
    monkeypatch.setenv("TEXMFHOME", str(tmp_path))
    known.append(key())
    write_program(program, "exit 2; # another program")
    known.append(key())
    assert len(set(known)) == len(known)
    monkeypatch.setenv("PATH", "/elsewhere")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "5")
    assert key() == known[-1]
