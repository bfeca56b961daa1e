"""Calls with nothing to do: answered at once, and never wrongly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import cvbuild
from cvbuild import __main__, uptodate
from cvbuild.git import repository_files
from cvbuild.typeset import ahead
from tests.conftest import SMALL_PROJECT, MakeProject, RunCli, blank_pdf, write_program
from tests.projects import commit, git
from tests.test_architecture import HEAVY

UP_TO_DATE = "build/cv-full.pdf  1 page  up to date\n"
MORE = "@article{more, author={Example, Ada}, title={One More}, journal={J}, year={2020}}\n"


@dataclass
class Place:
    """A project beside a pdflatex that counts its runs, and a file of TeX's that it reads."""

    root: Path
    programs: Path
    run_cli: RunCli
    monkeypatch: pytest.MonkeyPatch

    @property
    def runs(self) -> int:
        log = self.programs / "runs"
        return len(log.read_text(encoding="utf-8")) if log.exists() else 0

    def call(self, *options: str) -> tuple[int, str, str]:
        """How often an engine ran in a call, and what was printed."""
        before = self.runs
        time.sleep(0.02)  # the clock of files is behind the system's
        self.monkeypatch.setattr(uptodate, "BEGUN", time.time_ns())
        told = self.run_cli("pdf", "-v", "full", *options)
        assert told.code == 0, told
        return self.runs - before, told.out, told.err

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")


@pytest.fixture
def place(
    make_project: MakeProject, tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> Place:
    root, programs = make_project(), tmp_path / "programs"
    (programs / "style.sty").parent.mkdir()
    (programs / "style.sty").write_text("% a package\n", encoding="utf-8")
    blank_pdf(programs / "made.pdf")
    write_program(
        programs / "pdflatex",
        f"""\
[ "$1" = --version ] && echo "pdfTeX 1" && exit
cat cv.tex >read || exit
cp {programs}/made.pdf cv.pdf
echo "\\\\relax" >cv.aux
echo "INPUT {programs}/style.sty" >cv.fls
cat {programs}/say >cv.log 2>/dev/null || echo fine >cv.log
printf x >>{programs}/runs""",
    )
    write_program(programs / "kpsewhich", f"echo '!!{programs}/tree'")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CVBUILD_CACHE", "")
    for module in (uptodate, ahead):
        monkeypatch.setattr(module, "SLACK", 0)
    monkeypatch.chdir(root)
    return Place(root, programs, run_cli, monkeypatch)


def answered(*options: str) -> bool:
    """Whether a call would be answered at once."""
    call = uptodate.Call.of(["pdf", "-v", "full", *options])
    return call is not None and call.answer() is not None


def test_a_call_with_nothing_to_do_runs_no_engine_and_says_so(
    place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place.call()[0] == 2
    told = "full: no pass: nothing changed since the last call\n"
    for options, error in [([], ""), (["--verbose"], told)]:
        assert place.call(*options)[:2] == (0, UP_TO_DATE)
        monkeypatch.setattr(sys, "argv", ["cvbuild", "pdf", "-v", "full", *options])
        assert answered(*options)
        __main__.main()
        assert capfd.readouterr() == (UP_TO_DATE, error)
    assert place.call("--force")[0] == 1


Change = Callable[[Place], object]
CHANGES: dict[str, Change] = {
    "content": lambda place: place.write("content/bio.yaml", "kind: text\ntitle: Bio\ntext: Hello, moon.\n"),
    "one more section": lambda place: place.write("content/more.yaml", "kind: text\ntitle: More\ntext: x\n"),
    "a section that is gone": lambda place: (place.root / "content/gone.yaml").unlink(),
    "settings": lambda place: place.write(
        "content/cv.yaml", "theme: sans\n" + SMALL_PROJECT["content/cv.yaml"]
    ),
    "bibliography": lambda place: place.write("bib/works.bib", MORE),
    "one more bibliography": lambda place: place.write("bib/more.bib", MORE),
    "numbers": lambda place: place.write("bib/numbers.lock", "# none yet\n"),
    "template": lambda place: place.write("latex_templates/sections/text.tex", "changed\n"),
    "profile": lambda place: place.write("profiles/mine.yaml", "name: mine\n"),
    "the PDF's bytes": lambda place: (place.root / "build/cv-full.pdf").write_bytes(b"%PDF-"),
    "the PDF's time": lambda place: os.utime(place.root / "build/cv-full.pdf"),
    "no PDF": lambda place: (place.root / "build/cv-full.pdf").unlink(),
    "the engine": lambda place: os.utime(place.programs / "pdflatex"),
    "a file of TeX's": lambda place: os.utime(place.programs / "style.sty"),
    "one more tree of TeX's": lambda place: place.write("../programs/tree/ls-R", "% ls-R\n"),
    "an engine more": lambda place: write_program(place.programs / "tectonic", "exit 1"),
    "the date": lambda place: place.monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400"),
    "TeX's environment": lambda place: place.monkeypatch.setenv("TEXMFHOME", "/elsewhere"),
    "a commit": lambda place: commit(place.root, "first"),
    "the version of cvbuild": lambda place: place.monkeypatch.setattr(uptodate, "__version__", "0"),
    "clean": lambda place: shutil.rmtree(place.root / "build/.work"),
    "a damaged record": lambda place: [
        path.write_bytes(path.read_bytes()[:-20]) for path in place.root.glob("build/.work/calls/*")
    ],
    "a record of something else": lambda place: [
        path.write_text("[1, 2]") for path in place.root.glob("build/.work/calls/*")
    ],
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_result_depends_on_is_seen(change: str, place: Place) -> None:
    if change == "a section that is gone":
        place.write("content/gone.yaml", "kind: text\ntitle: More\ntext: x\n")
    place.call()
    assert answered()
    CHANGES[change](place)
    assert not answered()


def test_a_pdf_that_is_gone_is_put_in_its_place_again_without_an_engine(place: Place) -> None:
    place.call()
    (place.root / "build/cv-full.pdf").unlink()
    assert place.call()[:2] == (0, UP_TO_DATE)
    assert (place.root / "build/cv-full.pdf").read_bytes() == (place.programs / "made.pdf").read_bytes()


def test_what_a_variant_does_not_print_runs_no_engine(place: Place) -> None:
    place.call()
    place.write("content/more.yaml", "kind: text\ntitle: More\ntext: x\n")
    assert place.call("--verbose")[0] == 0
    place.write("content/bio.yaml", "kind: text\ntitle: Bio\ntext: Hello, moon.\n")
    assert place.call()[0] == 1


@pytest.mark.parametrize("damage", ["aux is no matter", "pdf", "log", "stamp", "text", "engine"])
def test_an_engine_runs_where_the_work_folder_is_not_as_it_was(damage: str, place: Place) -> None:
    place.call()
    work = place.root / "build/.work/full-pdflatex"
    match damage:
        case "pdf" | "log":
            (work / f"cv.{damage}").write_bytes(b"damaged")
        case "stamp":
            (work / "stamp.json").write_text("{}", encoding="utf-8")
        case "text":
            place.write("content/bio.yaml", "kind: text\ntitle: Bio\ntext: Hello, moon.\n")
        case "engine":
            os.utime(place.programs / "pdflatex")
        case _:
            (work / "cv.aux").unlink()
    (place.root / "build/cv-full.pdf").unlink()
    assert bool(place.call()[0]) == (damage != "aux is no matter")
    assert (place.root / "build/cv-full.pdf").read_bytes() == (place.programs / "made.pdf").read_bytes()


def test_warnings_are_shown_again(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    (place.programs / "say").write_text(
        "Overfull \\hbox (30.0pt too wide) in paragraph at lines 1--2\n[]\n\n", encoding="utf-8"
    )
    old = SMALL_PROJECT["bib/works.bib"].replace("First", "F\xefrst")
    (place.root / "bib/works.bib").write_bytes(old.encode("latin-1"))
    for style in ("human", "short"):
        _, out, err = place.call("--format", style)
        assert "overfull-line" in err
        assert "bib/works.bib" in err
        place.monkeypatch.setattr(sys, "argv", ["cvbuild", "pdf", "-v", "full", "--format", style])
        before = place.runs
        __main__.main()
        again = capfd.readouterr()
        assert (again.out, again.err) == (UP_TO_DATE, err)
        assert place.runs == before
    _, out, _ = place.call("--format", "json")
    place.monkeypatch.setattr(sys, "argv", ["cvbuild", "pdf", "-v", "full", "--format", "json"])
    __main__.main()
    first, second = json.loads(out), json.loads(capfd.readouterr().out)
    assert second["diagnostics"] == first["diagnostics"] != []
    assert second["built"][0]["passes"] == 0
    assert second["built"][0]["pdf"] == first["built"][0]["pdf"]


def test_what_changed_while_it_was_read_is_not_remembered(place: Place) -> None:
    place.monkeypatch.setattr(uptodate, "SLACK", 3_600_000_000_000)
    place.call()
    assert not answered()


def test_a_variant_that_failed_is_never_up_to_date(place: Place, run_cli: RunCli) -> None:
    place.call()
    write_program(
        place.programs / "pdflatex",
        '[ "$1" = --version ] && echo "pdfTeX 1" && exit\necho "! Bad." >cv.log; exit 1',
    )
    for _ in range(2):
        assert run_cli("pdf", "-v", "full").code == 1
        assert not answered()


@pytest.mark.parametrize("option", ["--force", "--explain", "--untrusted", "--format=github"])
def test_some_calls_are_always_carried_out(option: str, place: Place) -> None:
    place.call(option)
    assert not answered(option)
    assert place.call(option)[0] == (1 if option in {"--force"} else 2 if option == "--untrusted" else 0)


def test_other_options_and_folders_are_other_calls(place: Place, tmp_path: Path) -> None:
    place.call()
    assert not answered("--keep-tex")
    assert uptodate.Call.of(["check"]) is None
    assert uptodate.Call.of([]) is None
    assert uptodate.Call.of(["-C"]) is None
    place.monkeypatch.chdir(tmp_path)
    assert uptodate.Call.of(["pdf", "-v", "full"]) is None
    elsewhere = uptodate.Call.of(["-C", "project", "pdf", "-v", "full"])
    assert elsewhere is not None
    assert elsewhere.root == str(place.root)
    assert elsewhere.answer() is None


def test_a_call_with_nothing_to_do_imports_nothing_heavy(place: Place, tmp_path: Path) -> None:
    time.sleep(0.1)
    program = "import sys; from cvbuild.__main__ import main; main(); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", program, "pdf", "-v", "full"]
    environment = os.environ | {"PYTHONPATH": str(Path(cvbuild.__file__).parents[1])}
    for _ in range(2):
        run = subprocess.run(
            command, cwd=place.root, env=environment, capture_output=True, text=True, check=True
        )
    assert run.stdout == UP_TO_DATE
    modules = set(run.stderr.split())
    heavy = (set(HEAVY) - {"json", "hashlib"}) | set(
        "click pathlib subprocess dataclasses inspect typing".split()
    )
    assert "cvbuild.uptodate" in modules
    assert sorted(modules & heavy) == []


NOT_NEEDED = (
    "bibtexparser pylatexenc rich email importlib.metadata cvbuild.conformance.library cvbuild.fitting"
    " cvbuild.lint cvbuild.load.bibtex cvbuild.model.kinds cvbuild.model.rules cvbuild.pdf.measure"
    " cvbuild.pdf.types cvbuild.typeset.culprit cvbuild.typeset.errors cvbuild.typeset.fonts"
).split()
"""What a build imports for other .bib files, for messages, and for variants that ask for more."""


def test_a_build_after_an_edit_imports_only_what_it_needs(place: Place, tmp_path: Path) -> None:
    program = """\
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from cvbuild.__main__ import main
main()
"""
    environment = os.environ | {
        "PYTHONPATH": str(Path(cvbuild.__file__).parents[1]),
        "CVBUILD_CACHE": str(tmp_path / "cache"),
    }
    for text in ("one", "two"):
        place.write("content/bio.yaml", f"kind: text\ntitle: Bio\ntext: Hello, number {text}.\n")
        run = subprocess.run(
            [sys.executable, "-c", program, "pdf", "-v", "full"],
            cwd=place.root, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
    modules = set(run.stderr.split())
    assert "cvbuild.pipeline" in modules
    assert sorted(modules & set(NOT_NEEDED)) == []


def test_the_state_of_git_is_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("x", encoding="utf-8")
    commit(tmp_path, "first")
    files = repository_files(str(tmp_path))
    assert {str(tmp_path / ".git" / name) for name in ("HEAD", "index", "packed-refs")} < set(files)
    assert str(tmp_path / ".git/refs/tags/v1") not in files
    git(tmp_path, "tag", "v1")
    assert str(tmp_path / ".git/refs/tags/v1") in repository_files(str(tmp_path))
    git(tmp_path, "worktree", "add", "-q", str(tmp_path / "other"))
    other = repository_files(str(tmp_path / "other"))
    assert str(tmp_path / ".git/worktrees/other/HEAD") in other
    assert str(tmp_path / ".git/worktrees/other/../../refs/tags/v1") in other
