"""Calls with nothing to do: answered at once, and never wrongly."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

import cvbuild
from cvbuild import __main__, uptodate
from cvbuild.git import repository_files
from cvbuild.typeset import stream
from cvbuild.typeset.engine import STAMP
from tests.conftest import SMALL_PROJECT, MakeProject, RunCli, blank_pdf, write_program
from tests.projects import commit, git
from tests.test_architecture import HEAVY

UP_TO_DATE = "build/cv-full.pdf  1 page  up to date\n"
VERBOSE = "full: no pass: nothing changed since the last call\n"
WORK = "build/.work/full-pdflatex"
MORE = "@article{more, author={Example, Ada}, title={One More}, journal={J}, year={2020}}\n"


@dataclass
class Place:
    """A project beside a pdflatex that counts its runs, and a file of TeX's that it reads."""

    root: Path
    programs: Path
    run_cli: RunCli
    monkeypatch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]

    @property
    def runs(self) -> int:
        log = self.programs / "runs"
        return len(log.read_text(encoding="utf-8")) if log.exists() else 0

    def call(self, *options: str) -> tuple[int, str, str]:
        """How often an engine ran in a call that is carried out, and what was printed."""
        before = self.runs
        time.sleep(0.02)  # the clock of files is behind the system's
        self.monkeypatch.setattr(uptodate, "BEGUN", time.time_ns())
        told = self.run_cli("pdf", "-v", "full", *options)
        assert told.code == 0, told
        return self.runs - before, told.out, told.err

    def answer(self, *options: str) -> tuple[str, str] | None:
        """What a call prints that is answered at once; None where it is not."""
        self.capfd.readouterr()
        is_answered = uptodate.answered(["pdf", "-v", "full", *options])
        printed = self.capfd.readouterr()
        assert is_answered or printed == ("", "")
        return (printed.out, printed.err) if is_answered else None

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def complain(self) -> None:
        """Have TeX and the bibliography complain of something."""
        (self.programs / "say").write_text(
            "Overfull \\hbox (30.0pt too wide) in paragraph at lines 1--2\n[]\n\n", encoding="utf-8"
        )
        old = SMALL_PROJECT["bib/works.bib"].replace("First", "F\xefrst")
        (self.root / "bib/works.bib").write_bytes(old.encode("latin-1"))


@pytest.fixture
def place(
    make_project: MakeProject,
    tmp_path: Path,
    run_cli: RunCli,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Place:
    root, programs = make_project(), tmp_path / "programs"
    (programs / "style.sty").parent.mkdir()
    (programs / "style.sty").write_text("% a package\n", encoding="utf-8")
    (root / "seal.pdf").write_text("a seal", encoding="utf-8")
    blank_pdf(programs / "made.pdf")
    write_program(
        programs / "pdflatex",
        f"""\
[ "$1" = --version ] && echo "pdfTeX 1" && exit
cat cv.tex >read || exit
cp {programs}/made.pdf cv.pdf
echo "\\\\relax" >cv.aux
echo "INPUT {programs}/style.sty" >cv.fls
echo "INPUT {root}/seal.pdf" >>cv.fls
cat {programs}/say >cv.log 2>/dev/null || echo fine >cv.log
printf x >>{programs}/runs""",
    )
    write_program(programs / "kpsewhich", f"echo '!!{programs}/tree'")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CVBUILD_CACHE", "")
    for module in (uptodate, stream):
        monkeypatch.setattr(module, "SLACK", 0)
    monkeypatch.chdir(root)
    return Place(root, programs, run_cli, monkeypatch, capfd)


def test_a_call_with_nothing_to_do_runs_no_engine_and_says_so(place: Place) -> None:
    assert place.call()[0] == 2
    assert place.call()[:2] == (0, UP_TO_DATE)
    place.call("--verbose")
    for options, error in [
        ((), ""),
        (("--verbose",), "full: no pass: nothing changed since the last call\n"),
    ]:
        place.monkeypatch.setattr(sys, "argv", ["cvbuild", "pdf", "-v", "full", *options])
        place.monkeypatch.setattr(atexit, "register", lambda *_: None)
        place.monkeypatch.setattr("cvbuild.commands.main", None)
        __main__.main()
        assert place.capfd.readouterr() == (UP_TO_DATE, error)


Change = Callable[[Place], object]


def restore(path: Path, before: str, after: str) -> None:
    """Put another content in the place of a file's, with the same size and time."""
    was = path.stat()
    text = path.read_text(encoding="utf-8").replace(before, after)
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (was.st_size, was.st_mtime_ns)


def damage(content: bytes) -> Change:
    """Have something else in the place of the manifests of all calls."""
    return lambda place: [path.write_bytes(content) for path in place.root.glob("build/.work/calls/*")]


def steps(*changes: Change) -> Change:
    """One after the other."""
    return lambda place: [change(place) for change in changes]


REFERENCES = steps(
    lambda place: place.write("refs/works.bib", SMALL_PROJECT["bib/works.bib"]),
    lambda place: place.write(
        "content/cv.yaml", "bibliography: refs/*.bib\n" + SMALL_PROJECT["content/cv.yaml"]
    ),
)
BEFORE: dict[str, Change] = {
    "a section that is gone": lambda place: place.write(
        "content/gone.yaml", "kind: text\ntitle: x\ntext: x\n"
    ),
    "a template behind a link": steps(
        lambda place: place.write("shared/one.tex", "one\n"),
        lambda place: (place.root / "latex_templates").mkdir(),
        lambda place: (place.root / "latex_templates/own").symlink_to("../shared"),
    ),
    "a bibliography that a pattern names": REFERENCES,
    "one more that a pattern names": REFERENCES,
    "a tag": lambda place: commit(place.root, "first"),
    "another branch": steps(
        lambda place: commit(place.root, "first"), lambda place: git(place.root, "branch", "other")
    ),
    "a file that git is to forget": lambda place: commit(place.root, "first"),
    "colours, as there are warnings": Place.complain,
    "no terminal any more, as there are warnings": steps(
        Place.complain,
        lambda place: place.monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False),
    ),
    "nothing, with a circle of links": lambda place: (place.root / "content/circle").symlink_to("."),
}
"""What is done before the first call, by the name of the change after it."""

CHANGES: dict[str, Change] = {
    "content": lambda place: place.write("content/bio.yaml", "kind: text\ntitle: Bio\ntext: Hello, moon.\n"),
    "content of the same size and time": lambda place: restore(
        place.root / "content/bio.yaml", "world", "woods"
    ),
    "one more section": lambda place: place.write("content/more.yaml", "kind: text\ntitle: More\ntext: x\n"),
    "a section that is gone": lambda place: (place.root / "content/gone.yaml").unlink(),
    "a section of another name": lambda place: (place.root / "content/bio.yaml").rename(
        place.root / "content/me.yaml"
    ),
    "settings": lambda place: place.write(
        "content/cv.yaml", "theme: sans\n" + SMALL_PROJECT["content/cv.yaml"]
    ),
    "mode": lambda place: (place.root / "content/bio.yaml").chmod(0o755),
    "bibliography": lambda place: place.write("bib/works.bib", MORE),
    "one more bibliography": lambda place: place.write("bib/more.bib", MORE),
    "a bibliography that a pattern names": lambda place: place.write("refs/works.bib", MORE),
    "one more that a pattern names": lambda place: place.write("refs/more.bib", MORE),
    "numbers": lambda place: place.write("bib/numbers.lock", "# none yet\n"),
    "template": lambda place: place.write("latex_templates/sections/text.tex", "changed\n"),
    "a template behind a link": lambda place: restore(place.root / "shared/one.tex", "one", "two"),
    "a file of any name among the templates": lambda place: place.write("latex_templates/motto", "changed\n"),
    "profile": lambda place: place.write("profiles/mine.yaml", "name: mine\n"),
    "the PDF's bytes": lambda place: (place.root / "build/cv-full.pdf").write_bytes(b"%PDF-"),
    "no PDF": lambda place: (place.root / "build/cv-full.pdf").unlink(),
    "a pipe in the place of the PDF": steps(
        lambda place: (place.root / "build/cv-full.pdf").unlink(),
        lambda place: os.mkfifo(place.root / "build/cv-full.pdf"),
    ),
    "the engine": lambda place: os.utime(place.programs / "pdflatex"),
    "a file of TeX's": lambda place: os.utime(place.programs / "style.sty"),
    "a file of the project that TeX read": lambda place: restore(place.root / "seal.pdf", "seal", "wave"),
    "one more tree of TeX's": lambda place: place.write("../programs/tree/ls-R", "% ls-R\n"),
    "an engine more": lambda place: write_program(place.programs / "tectonic", "exit 1"),
    "the date": lambda place: place.monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400"),
    "TeX's environment": lambda place: place.monkeypatch.setenv("TEXMFHOME", "/elsewhere"),
    "git's environment": lambda place: place.monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1"),
    "a repository": lambda place: git(place.root, "init", "-q"),
    "a commit": lambda place: commit(place.root, "first"),
    "a tag": lambda place: git(place.root, "tag", "v1"),
    "another branch": lambda place: git(place.root, "checkout", "-q", "other"),
    "a file that git is to forget": lambda place: git(place.root, "rm", "-q", "--cached", "content/bio.yaml"),
    "the version of cvbuild": lambda place: place.monkeypatch.setattr(uptodate, "__version__", "0"),
    "the libraries": lambda place: place.monkeypatch.setattr(sys, "path", [*sys.path, "/site-packages"]),
    "colours, as there are warnings": lambda place: place.monkeypatch.setenv("FORCE_COLOR", "1"),
    "no terminal any more, as there are warnings": lambda place: place.monkeypatch.setattr(
        sys.stderr, "isatty", lambda: False, raising=False
    ),
    "a pipe among the sources": lambda place: os.mkfifo(place.root / "content/pipe.yaml"),
    "a link to nothing among the sources": lambda place: (place.root / "bib/x.bib").symlink_to("nothing"),
    "a link out of the project": lambda place: (place.root / "profiles").symlink_to(place.programs),
    "a huge file among the sources": steps(
        lambda place: place.write("latex_templates/huge", ""),
        lambda place: os.truncate(place.root / "latex_templates/huge", uptodate.LARGEST + 1),
    ),
    "clean": lambda place: shutil.rmtree(place.root / "build/.work"),
    "half a manifest": lambda place: [
        path.write_bytes(path.read_bytes()[:-20]) for path in place.root.glob("build/.work/calls/*")
    ],
    "a manifest of something else": damage(b"[1, 2]"),
    "a manifest of nothing": damage(b'{"names": {}, "found": [], "said": []}'),
    "a manifest without an end": damage(b"[" * 100_000),
    "a manifest of odd bytes": damage(b"\xff\x00"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_a_call_depends_on_is_seen(change: str, place: Place) -> None:
    if change in BEFORE:
        BEFORE[change](place)
    place.call()
    assert place.answer()
    CHANGES[change](place)
    assert place.answer() is None


NO_CHANGES: dict[str, Change] = {
    "nothing": lambda place: None,
    "the time of a source": lambda place: os.utime(place.root / "content/bio.yaml"),
    "the time of the PDF": lambda place: os.utime(place.root / "build/cv-full.pdf"),
    "the same text again": lambda place: place.write("content/bio.yaml", SMALL_PROJECT["content/bio.yaml"]),
    "a file that no build reads": lambda place: place.write("content/notes.txt", "x"),
    "a file beside": lambda place: place.write("README.md", "x"),
    "the file of an editor": lambda place: place.write("content/.bio.yaml.swp", "x"),
    "nothing, with a circle of links": lambda place: None,
    "a variable of others": lambda place: place.monkeypatch.setenv("EDITOR", "ed"),
    "a folder for a while": lambda place: place.monkeypatch.setenv("TMPDIR", "/elsewhere"),
    "one more folder of programs": lambda place: place.monkeypatch.setenv(
        "PATH", f"{os.environ['PATH']}{os.pathsep}/elsewhere"
    ),
    "colours, where nothing has any": lambda place: place.monkeypatch.setenv("FORCE_COLOR", "1"),
    "a terminal, where nothing has colours": lambda place: place.monkeypatch.setattr(
        sys.stderr, "isatty", lambda: True, raising=False
    ),
    "another call": lambda place: place.call("--keep-tex"),
    "the .aux": lambda place: (place.root / "build/.work/full-pdflatex/cv.aux").unlink(),
}


@pytest.mark.parametrize("change", NO_CHANGES)
def test_another_change_is_no_reason_to_build(change: str, place: Place) -> None:
    if change in BEFORE:
        BEFORE[change](place)
    place.call()
    NO_CHANGES[change](place)
    assert place.answer() == (UP_TO_DATE, "")


STYLES = {
    "for people": (),
    "in colours": (),
    "a line each": ("--format=short",),
    "for programs": ("--format=json",),
    "for GitHub": ("--format=github",),
    "with the .tex": ("--keep-tex",),
    "to another place": ("-o", "out/mine.pdf"),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("complains", [True, False])
def test_an_answer_is_what_the_whole_call_prints(style: str, complains: bool, place: Place) -> None:
    options = STYLES[style]
    if style == "in colours":
        place.monkeypatch.setenv("FORCE_COLOR", "1")
        place.monkeypatch.setenv("TERM", "xterm-256color")
    if complains:
        place.complain()
    place.call(*options)
    runs, out, err = place.call(*options)
    assert runs == 0
    assert ("not-utf8" in out + err) == ("overfull-line" in out + err) == complains
    assert ("\x1b[" in err) == (complains and style == "in colours")
    if style == "for programs":
        out = re.sub(r'"seconds": [0-9.]+', '"seconds": 0.0', out)
        assert json.loads(out)["built"][0]["passes"] == 0
    assert place.answer(*options) == (out, err)


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


DAMAGES: dict[str, Change] = {
    "PDF": lambda place: (place.root / WORK / "cv.pdf").write_bytes(b"damaged"),
    "log": lambda place: (place.root / WORK / "cv.log").write_bytes(b"damaged"),
    "manifest": lambda place: (place.root / WORK / STAMP).write_text("{}", encoding="utf-8"),
    "another document's": lambda place: place.write(
        "content/bio.yaml", "kind: text\ntitle: Bio\ntext: Hello, moon.\n"
    ),
    "engine": lambda place: os.utime(place.programs / "pdflatex"),
    "package": lambda place: os.utime(place.programs / "style.sty"),
    "file of the project": lambda place: restore(place.root / "seal.pdf", "seal", "wave"),
    "environment": lambda place: place.monkeypatch.setenv("TEXMFHOME", "/elsewhere"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_engine_runs_where_the_work_folder_holds_another_pdf(damage: str, place: Place) -> None:
    place.call()
    DAMAGES[damage](place)
    (place.root / "build/cv-full.pdf").unlink()
    assert place.call()[0] == 1
    assert (place.root / "build/cv-full.pdf").read_bytes() == (place.programs / "made.pdf").read_bytes()


DURING: dict[str, str] = {
    "content": "echo '# x' >>{root}/content/bio.yaml",
    "content with an old time": "touch -t 200001010000 {root}/content/bio.yaml",
    "one more section": "echo 'kind: text' >{root}/content/more.yaml",
    "a section less": "rm -f {root}/content/more.yaml",
    "a bibliography": "echo >>{root}/bib/works.bib",
    "a file of TeX's": "echo >>{programs}/style.sty",
    "a file of TeX's with an old time": "touch -t 200001010000 {programs}/style.sty",
    "a file of the project that TeX read": "echo >>{root}/seal.pdf",
}


@pytest.mark.parametrize("change", DURING)
def test_nothing_is_kept_of_a_call_while_which_something_changed(change: str, place: Place) -> None:
    place.write("content/more.yaml", "kind: text\ntitle: More\ntext: x\n")
    engine = place.programs / "pdflatex"
    lines = engine.read_text(encoding="utf-8")
    during = DURING[change].format(root=place.root, programs=place.programs)
    write_program(engine, f"{lines}\n{during}")
    place.call()
    assert place.answer() is None


def test_nothing_is_kept_of_a_call_just_after_a_change(place: Place) -> None:
    place.monkeypatch.setattr(uptodate, "SLACK", 3_600_000_000_000)
    place.call()
    assert place.answer() is None


def test_a_variant_that_failed_is_never_up_to_date(place: Place, run_cli: RunCli) -> None:
    place.call()
    write_program(
        place.programs / "pdflatex",
        '[ "$1" = --version ] && echo "pdfTeX 1" && exit\necho "! Bad." >cv.log; exit 1',
    )
    for _ in range(2):
        assert run_cli("pdf", "-v", "full").code == 1
        assert place.answer() is None


@pytest.mark.parametrize(("option", "runs"), [("--force", 1), ("--explain", 0), ("--untrusted", 2)])
def test_some_calls_are_always_carried_out(option: str, runs: int, place: Place) -> None:
    place.call(option)
    assert place.answer(option) is None
    assert place.call(option)[0] == runs


@pytest.mark.parametrize("forged", ["--untrusted", "--force"])
def test_a_manifest_in_the_place_of_such_a_call_is_not_believed(forged: str, place: Place) -> None:
    place.call()
    (known,) = place.root.glob("build/.work/calls/*")
    key = sha256(json.dumps([str(place.root), "pdf", "-v", "full", forged]).encode()).hexdigest()
    known.rename(known.with_name(f"{key[:32]}.json"))
    assert place.answer(forged) is None


def test_other_options_and_folders_are_other_calls(place: Place, tmp_path: Path) -> None:
    place.call()
    assert place.answer("--keep-tex") is None
    for arguments in (["check"], [], ["-C"], ["-C", str(place.root)], ["-C", "/nowhere", "pdf"]):
        assert not uptodate.answered(arguments)
    place.monkeypatch.chdir(tmp_path)
    assert place.answer() is None
    elsewhere = ("-C", "project", "pdf", "-v", "full")
    assert not uptodate.answered(elsewhere)
    assert place.run_cli(*elsewhere).code == 0
    assert uptodate.answered(elsewhere)
    gone = tmp_path / "gone"
    gone.mkdir()
    place.monkeypatch.chdir(gone)
    gone.rmdir()
    assert place.answer() is None


def test_a_manifest_is_not_read_or_written_behind_a_link(place: Place, tmp_path: Path) -> None:
    place.call()
    calls = place.root / "build/.work/calls"
    calls.rename(tmp_path / "calls")
    calls.symlink_to(tmp_path / "calls")
    assert place.answer() is None
    place.call("--keep-tex")
    assert len(list(calls.iterdir())) == 1


def test_the_manifests_of_the_latest_calls_are_kept(place: Place) -> None:
    place.monkeypatch.setattr(uptodate, "_MOST_CALLS", 2)
    for options in ((), ("--keep-tex",), ("--verbose",)):
        place.call(*options)
    assert place.answer() is None
    assert place.answer("--keep-tex")
    assert place.answer("--verbose")


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
    assert {name for name in modules if name.startswith("cvbuild.")} == {
        "cvbuild.__main__",
        "cvbuild.uptodate",
    }
    assert sorted(modules & heavy) == []


@pytest.mark.parametrize(
    ("redirected", "code", "printed"),
    [("2>&-", 0, UP_TO_DATE), (">&-", 0, VERBOSE), ("| { exec <&-; sleep 0.5; }", 1, VERBOSE)],
    ids=["no standard error", "no standard output", "nobody reads on"],
)
def test_an_answer_that_cannot_be_printed_ends_quietly(
    redirected: str, code: int, printed: str, place: Place
) -> None:
    time.sleep(0.1)
    call = f"{sys.executable} -m cvbuild pdf -v full --verbose"
    environment = os.environ | {"PYTHONPATH": str(Path(cvbuild.__file__).parents[1])}
    first = f"{call} >all 2>&1 && {call} >all 2>&1"
    shell = f"{first} && {{ {call}; echo $? >code; }} {redirected}"
    run = subprocess.run(
        ["sh", "-c", shell], cwd=place.root, env=environment, capture_output=True, text=True, check=False
    )
    assert (place.root / "all").read_text(encoding="utf-8") == VERBOSE + UP_TO_DATE
    assert (place.root / "code").read_text(encoding="utf-8") == f"{code}\n"
    assert run.stdout + run.stderr == printed


NOT_NEEDED = (
    "bibtexparser pylatexenc rich email importlib.metadata cvbuild.funders.profile cvbuild.fit"
    " cvbuild.lint cvbuild.read.bibtex cvbuild.funders.rule cvbuild.pdf.lines"
    " cvbuild.typeset.culprit cvbuild.typeset.errors cvbuild.typeset.fonts"
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
    assert "cvbuild.build" in modules
    assert sorted(modules & set(NOT_NEEDED)) == []


def test_the_files_of_a_worktree_are_those_of_its_repository_too(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("x", encoding="utf-8")
    commit(tmp_path, "first")
    git(tmp_path, "tag", "v1")
    git(tmp_path, "worktree", "add", "-q", "other")
    of_git = {path.resolve() for path in repository_files(tmp_path / "other")}
    assert {tmp_path / ".git/worktrees/other" / name for name in ("HEAD", "index")} < of_git
    assert {tmp_path / ".git" / name for name in ("config", "packed-refs", "refs/tags/v1")} < of_git
