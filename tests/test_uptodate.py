"""Calls with nothing to do: answered at once, and never wrongly."""

from __future__ import annotations

import atexit
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

import cvbuild
from cvbuild import __main__, uptodate
from cvbuild.git import repository_files
from cvbuild.typeset import stream
from cvbuild.typeset.engine import STAMP
from tests.conftest import RunCli, SmallProject, blank_pdf, write_program
from tests.projects import commit, git, git_environment
from tests.test_architecture import HEAVY

UP_TO_DATE = "build/cv-full.pdf  1 page  up to date\n"
VERBOSE = "full: no pass: nothing changed since the last call\n"
WORK = "build/.work/full-pdflatex"
PACKAGE = {"PYTHONPATH": str(Path(cvbuild.__file__).parents[1])}


@dataclass
class Place:
    """A project beside a pdflatex that counts its runs, and a file of TeX's that it reads."""

    root: Path
    programs: Path
    run_cli: RunCli
    monkeypatch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]

    def call(self, *options: str) -> tuple[int, str, str]:
        """How often an engine ran in a call that is carried out, and what was printed."""
        runs = self.programs / "runs"
        runs.write_text("", encoding="utf-8")
        time.sleep(0.02)  # the clock of files is behind the system's
        self.monkeypatch.setattr(uptodate, "BEGUN", time.time_ns())
        told = self.run_cli("pdf", "-v", "full", *options)
        assert told.code == 0, told
        return len(runs.read_text(encoding="utf-8")), told.out, told.err

    def answer(self, *options: str) -> tuple[str, str] | None:
        """What a call prints that is answered at once; None where it is not."""
        self.capfd.readouterr()
        is_answered = uptodate.answered(["pdf", "-v", "full", *options])
        printed = self.capfd.readouterr()
        assert is_answered or printed == ("", "")
        return (printed.out, printed.err) if is_answered else None

    def shell(self, commands: str) -> None:
        """Carry commands out in the project; `export NAME=VALUE` is for the calls after it."""
        if commands.startswith("export "):
            self.monkeypatch.setenv(*commands.removeprefix("export ").split("=", 1))
        else:
            subprocess.run(["sh", "-ec", SHELL + commands], cwd=self.root, check=True, env=git_environment())


@pytest.fixture
def place(
    small: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Place:
    root, programs = small.root, tmp_path / "programs"
    small.write({"seal.pdf": "a seal", "../programs/style.sty": "% a package\n"})
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
    return Place(root, programs, small.run_cli, monkeypatch, capfd)


def test_a_call_with_nothing_to_do_runs_no_engine_and_says_so(place: Place) -> None:
    assert place.call()[0] == 2
    assert place.call()[:2] == (0, UP_TO_DATE)
    place.call("--verbose")
    for options, error in [((), ""), (("--verbose",), VERBOSE)]:
        place.monkeypatch.setattr(sys, "argv", ["cvbuild", "pdf", "-v", "full", *options])
        place.monkeypatch.setattr(atexit, "register", lambda *_: None)
        place.monkeypatch.setattr("cvbuild.commands.main", None)
        __main__.main()
        assert place.capfd.readouterr() == (UP_TO_DATE, error)


SHELL = r"""
same() { cp -p $1 ../kept; sed -i $2 $1; touch -r ../kept $1; }  # another text of the same size and time
section() { printf "kind: text\ntitle: Bio\ntext: $2.\n" >content/$1.yaml; }
work() { printf '@article{more, author={Example, Ada}, title={One More}, journal={J}, year={2020}}' >$1; }
refs() { mkdir refs; cp bib/works.bib refs; sed -i '1i bibliography: refs/*.bib' content/cv.yaml; }
commit() { git init -q -b main; git add --all; git commit -q -m Content; }
forge() { for path in build/.work/calls/*; do printf "$1" >$path; done; }
complain() {  # TeX and the bibliography
    printf 'Overfull \\hbox (30.0pt too wide) in paragraph at lines 1--2\n[]\n\n' >../programs/say
    printf '@article{one, author={M\374ller}, title={T}, year={2020}}' >bib/works.bib
}
"""
CHANGES = r"""
section bio 'Hello, moon'
same content/bio.yaml s/world/woods/
section more x
section gone x => rm content/gone.yaml
mv content/bio.yaml content/me.yaml
sed -i '1i theme: sans' content/cv.yaml
chmod 755 content/bio.yaml
work bib/works.bib
work bib/more.bib
refs => work refs/works.bib
refs => work refs/more.bib
echo '# none yet' >bib/numbers.lock
mkdir -p latex_templates/sections; echo changed >latex_templates/sections/text.tex
mkdir new latex_templates; echo one >new/a; ln -s ../new latex_templates/own => same new/a s/one/two/
mkdir latex_templates; echo changed >latex_templates/motto
mkdir profiles; echo 'name: mine' >profiles/mine.yaml
echo %PDF- >build/cv-full.pdf
rm build/cv-full.pdf
rm build/cv-full.pdf; mkfifo build/cv-full.pdf
touch ../programs/pdflatex
touch ../programs/style.sty
same seal.pdf s/seal/wave/
mkdir ../programs/tree; echo '% ls-R' >../programs/tree/ls-R
cp ../programs/pdflatex ../programs/tectonic
export SOURCE_DATE_EPOCH=86400
export TEXMFHOME=/elsewhere
export GIT_CONFIG_NOSYSTEM=1
git init -q
commit
commit => git tag v1
commit; git branch other => git checkout -q other
commit => git rm -q --cached content/bio.yaml
complain => export FORCE_COLOR=1
mkfifo content/pipe.yaml
ln -s nothing bib/x.bib
ln -s ../programs profiles
mkdir latex_templates; touch latex_templates/huge => truncate -s 1G latex_templates/huge
rm -r build/.work
for path in build/.work/calls/*; do truncate -s -20 $path; done
forge '[1, 2]'
forge '{"names": {}, "found": [], "said": []}'
forge "$(head -c 100000 /dev/zero | tr '\0' '[')"
forge '\377\000'
"""
"""Commands that change something of what a call depends on; before the first call, those before `=>`."""

NO_CHANGES = r"""
true
touch content/bio.yaml
touch build/cv-full.pdf
cp content/bio.yaml ../kept; cat ../kept >content/bio.yaml
echo x >content/notes.txt
echo x >README.md
echo x >content/.bio.yaml.swp
ln -s . content/circle => true
export EDITOR=ed
export TMPDIR=/elsewhere
export FORCE_COLOR=1
rm build/.work/full-pdflatex/cv.aux
"""


@pytest.mark.parametrize(
    ("change", "is_seen"),
    [
        *((change, True) for change in CHANGES.strip().splitlines()),
        *((change, False) for change in NO_CHANGES.strip().splitlines()),
    ],
)
def test_a_change_of_what_a_call_depends_on_and_no_other_is_seen(
    change: str, is_seen: bool, place: Place
) -> None:
    before, _, after = change.rpartition(" => ")
    place.shell(before)
    place.call()
    assert place.answer()
    place.shell(after)
    assert place.answer() == (None if is_seen else (UP_TO_DATE, ""))


def test_what_the_program_finds_itself_in_counts(place: Place) -> None:
    """Its version, its libraries, and whether standard error is a terminal, if something has colours."""
    place.call()
    place.monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}/elsewhere")
    place.call("--keep-tex")
    assert place.answer()
    for owner, name, value in ((uptodate, "__version__", "0"), (sys, "path", [*sys.path, "/site-packages"])):
        with place.monkeypatch.context() as patch:
            patch.setattr(owner, name, value)
            assert place.answer() is None
        assert place.answer()
    place.monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert place.answer()
    place.shell("complain")
    place.call()
    assert place.answer()
    place.monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert place.answer() is None


STYLES = "in_colours --format=short --format=json --format=github --keep-tex -oout/mine.pdf".split()


@pytest.mark.parametrize("style", ["", *STYLES])
@pytest.mark.parametrize("complains", [True, False])
def test_an_answer_is_what_the_whole_call_prints(style: str, complains: bool, place: Place) -> None:
    options = (style,) if style.startswith("-") else ()
    if style == "in_colours":
        place.shell("export FORCE_COLOR=1")
        place.shell("export TERM=xterm-256color")
    if complains:
        place.shell("complain")
    place.call(*options)
    runs, out, err = place.call(*options)
    assert runs == 0
    assert ("not-utf8" in out + err) == ("overfull-line" in out + err) == complains
    assert ("\x1b[" in err) == (complains and style == "in_colours")
    if style == "--format=json":
        out = re.sub(r'"seconds": [0-9.]+', '"seconds": 0.0', out)
        assert json.loads(out)["built"][0]["passes"] == 0
    assert place.answer(*options) == (out, err)


def test_no_engine_runs_for_a_pdf_that_is_gone_or_for_what_a_variant_does_not_print(place: Place) -> None:
    place.call()
    (place.root / "build/cv-full.pdf").unlink()
    assert place.call()[:2] == (0, UP_TO_DATE)
    assert (place.root / "build/cv-full.pdf").read_bytes() == (place.programs / "made.pdf").read_bytes()
    place.shell("section more x")
    assert place.call("--verbose")[0] == 0
    place.shell("section bio x")
    assert place.call()[0] == 1


DAMAGES = f"""
echo damaged >{WORK}/cv.pdf
echo damaged >{WORK}/cv.log
echo '{{}}' >{WORK}/{STAMP}
section bio 'Hello, moon'
touch ../programs/pdflatex
touch ../programs/style.sty
same seal.pdf s/seal/wave/
export TEXMFHOME=/elsewhere
"""


@pytest.mark.parametrize("damage", DAMAGES.strip().splitlines())
def test_an_engine_runs_where_the_work_folder_holds_another_pdf(damage: str, place: Place) -> None:
    place.call()
    place.shell(damage)
    (place.root / "build/cv-full.pdf").unlink()
    assert place.call()[0] == 1
    assert (place.root / "build/cv-full.pdf").read_bytes() == (place.programs / "made.pdf").read_bytes()


DURING = """
echo '# x' >>content/bio.yaml
touch -t 200001010000 content/bio.yaml
echo 'kind: text' >content/new.yaml
rm -f content/more.yaml
echo >>bib/works.bib
echo >>../programs/style.sty
touch -t 200001010000 ../programs/style.sty
echo >>seal.pdf
"""


@pytest.mark.parametrize("change", DURING.strip().splitlines())
def test_nothing_is_kept_of_a_call_while_which_something_changed(change: str, place: Place) -> None:
    place.shell("section more x")
    engine = place.programs / "pdflatex"
    with engine.open("a", encoding="utf-8") as script:
        script.write(f"\ncd {place.root}; {change}")
    place.call()
    assert place.answer() is None


def test_nothing_is_kept_of_a_call_just_after_a_change(place: Place) -> None:
    place.monkeypatch.setattr(uptodate, "SLACK", 3_600_000_000_000)
    place.call()
    assert place.answer() is None


def test_a_variant_that_failed_is_never_up_to_date(place: Place, run_cli: RunCli) -> None:
    place.call()
    bad = '[ "$1" = --version ] && echo "pdfTeX 1" && exit\necho "! Bad." >cv.log; exit 1'
    write_program(place.programs / "pdflatex", bad)
    for _ in range(2):
        assert run_cli("pdf", "-v", "full").code == 1
        assert place.answer() is None


@pytest.mark.parametrize(("option", "runs"), [("--force", 1), ("--explain", 0), ("--untrusted", 2)])
def test_some_calls_are_always_carried_out(option: str, runs: int, place: Place) -> None:
    """Also where the manifest of another call is put in their place."""
    place.call(option)
    assert place.answer(option) is None
    assert place.call(option)[0] == runs
    place.call()
    (known,) = place.root.glob("build/.work/calls/*")
    key = sha256(json.dumps([str(place.root), "pdf", "-v", "full", option]).encode()).hexdigest()
    known.rename(known.with_name(f"{key[:32]}.json"))
    assert place.answer(option) is None


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


SETTLED = 0.1
"""Seconds; a call keeps no note of "nothing to do" where a file changed 50 ms before its start."""


def modules_of(place: Place) -> tuple[str, set[str]]:
    """What a process of its own prints that carries the call out, and the modules that it has imported."""
    time.sleep(SETTLED)
    at_exit = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    command = [
        sys.executable,
        "-c",
        f"{at_exit}\nfrom cvbuild.__main__ import main; main()",
        *"pdf -v full".split(),
    ]
    run = subprocess.run(
        command, cwd=place.root, env=os.environ | PACKAGE, capture_output=True, text=True, check=True
    )
    return run.stdout, set(run.stderr.split())


def test_a_call_with_nothing_to_do_imports_nothing_heavy(place: Place) -> None:
    modules_of(place)
    out, modules = modules_of(place)
    assert out == UP_TO_DATE
    own = {name for name in modules if name.startswith("cvbuild.")}
    assert own == {"cvbuild.__main__", "cvbuild.uptodate"}
    heavy = {*HEAVY, *"click pathlib subprocess dataclasses inspect typing".split()} - {"json", "hashlib"}
    assert sorted(modules & heavy) == []


NOT_NEEDED = (
    "bibtexparser pylatexenc rich email importlib.metadata cvbuild.funders.profile cvbuild.fit"
    " cvbuild.lint cvbuild.read.bibtex cvbuild.funders.rule"
    " cvbuild.typeset.errors cvbuild.typeset.fonts"
).split()
"""What a build imports for other .bib files, for messages, and for variants that ask for more."""


def test_a_build_after_an_edit_imports_only_what_it_needs(place: Place, tmp_path: Path) -> None:
    place.monkeypatch.setenv("CVBUILD_CACHE", str(tmp_path / "cache"))
    modules_of(place)
    place.shell("section bio x")
    _, modules = modules_of(place)
    assert "click" in modules
    assert sorted(modules & set(NOT_NEEDED)) == []


@pytest.mark.parametrize(
    ("redirected", "code", "printed"),
    [
        ("{ CALL; } 2>&-", 0, UP_TO_DATE),
        ("{ CALL; } >&-", 0, VERBOSE),
        ("{ read line <closed; CALL; } | { exec <&-; echo >closed; }", 1, VERBOSE),
    ],
    ids=["no standard error", "no standard output", "nobody reads on"],
)
def test_an_answer_that_cannot_be_printed_ends_quietly(
    redirected: str, code: int, printed: str, place: Place
) -> None:
    time.sleep(SETTLED)
    call = f"{sys.executable} -m cvbuild pdf -v full --verbose"
    again = redirected.replace("CALL", f"{call}; echo $? >code")
    shell = f"mkfifo closed; {call} >all 2>&1 && {call} >all 2>&1 && {again}"
    run = subprocess.run(
        ["sh", "-c", shell],
        cwd=place.root, env=os.environ | PACKAGE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (place.root / "all").read_text(encoding="utf-8") == VERBOSE + UP_TO_DATE
    assert (place.root / "code").read_text(encoding="utf-8") == f"{code}\n"
    assert run.stdout + run.stderr == printed


def test_the_files_of_a_worktree_are_those_of_its_repository_too(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("x", encoding="utf-8")
    commit(tmp_path, "first")
    git(tmp_path, "tag", "v1")
    git(tmp_path, "worktree", "add", "-q", "other")
    of_git = {path.resolve() for path in repository_files(tmp_path / "other")}
    assert {tmp_path / ".git/worktrees/other" / name for name in ("HEAD", "index")} < of_git
    assert {tmp_path / ".git" / name for name in ("config", "packed-refs", "refs/tags/v1")} < of_git
