"""Raw TeX that reads, writes or runs what is not its own, and TeX without end."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pypdfium2
import pytest

from cvbuild.diagnostics import Diagnostic
from cvbuild.record import replace
from cvbuild.render.sourcemap import MappedSpan, RenderedTex
from cvbuild.source import SourceFile, Span
from cvbuild.typeset import passes, process, texlive
from cvbuild.typeset.engines import ENGINES, ChosenEngine
from cvbuild.typeset.passes import Job, TypesetResult
from cvbuild.typeset.texlive import TexLiveEngine

SECRET = "correct horse battery staple"
ALL = ("pdflatex", "xelatex", "lualatex")
BEFORE = "\\documentclass{article}\n\\begin{document}\nfirst\n\n"


def run(engine: str, tex: str, folder: Path, **limits: float) -> TypesetResult:
    """A small document with the attack on its fifth line, which is the second of its content file."""
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed")
    source = SourceFile("content/bio.yaml", f"kind: text\ntext: !tex {tex}\n")
    place = Span(source, source.text.index("!tex"), len(source.text) - 1)
    mapped = MappedSpan(len(BEFORE), len(BEFORE) + len(tex), place)
    document = RenderedTex(f"{BEFORE}{tex}\n\n\\end{{document}}\n", (mapped,))
    known = ENGINES[engine]
    assert isinstance(known, TexLiveEngine)
    installation = known.find()
    assert installation is not None
    chosen = ChosenEngine(replace(known, **{"time_limit": 60.0, **limits}), installation)
    return Job(document, chosen, folder / "project" / "build" / ".work" / "full", 0).typeset()


def text_of(result: TypesetResult) -> str:
    if result.pdf is None:
        return ""
    with pypdfium2.PdfDocument(result.pdf) as document:
        return "".join(page.get_textpage().get_text_bounded() for page in document)


READING = r"\newread\r \openin\r=%s \ifeof\r none\else\read\r to\x \x\fi "


@pytest.mark.parametrize("engine", ALL)
def test_tex_reads_no_file_outside_its_folder(engine: str, tmp_path: Path) -> None:
    """Each file is opened; then the last one is read as TeX, which is an error at its line."""
    hidden = tmp_path / "project/build/.work/full/.hidden.tex"
    hidden.parent.mkdir(parents=True)
    for secret in (tmp_path / "secret.tex", hidden):
        secret.write_text(SECRET, encoding="utf-8")
    paths = "../../../../secret.tex ./x/../../../../../secret.tex .hidden.tex /etc/passwd".split()
    paths.insert(0, f"{tmp_path}/secret.tex")
    for path in paths if engine == "pdflatex" else paths[-1:]:
        result = run(engine, "".join(READING % path for path in paths) + rf"\input{{{path}}}", tmp_path)
        printed = text_of(result) + result.log.read_text(encoding="utf-8", errors="replace")
        assert SECRET not in printed
        assert "root:" not in printed
        error = result.diagnostics[0]
        assert (error.code, error.span and error.span.place) == ("tex-error", "content/bio.yaml:2:7")


EMBEDDING = r"\pdfximage{%s}\pdfrefximage\pdflastximage|\pdffiledump length 100 {%s}|\special{psfile=%s}"


@pytest.mark.parametrize("tex", EMBEDDING.split("|"))
def test_pdftex_embeds_no_file_outside_its_folder(tex: str, tmp_path: Path) -> None:
    picture = tmp_path / "secret.pdf"
    picture.write_bytes(SECRET.encode())
    result = run("pdflatex", "\\pdfcompresslevel=0 " + tex % picture, tmp_path)
    if result.pdf is not None:
        assert SECRET.encode() not in result.pdf.read_bytes()
        assert SECRET.encode().hex().upper() not in text_of(result).replace(" ", "").replace("\r\n", "")


OPENOUT = r"\newwrite\w \immediate\openout\w=%s \immediate\write\w{x}\immediate\closeout\w "
PROGRAMS = (
    r"\write18{touch %s/escaped}x \immediate\write18{touch %s/escaped}"
    r"^^5cimmediate^^5cwrite18{touch %s/escaped} "
)
ABOVE, PIPE = OPENOUT % "../escaped", '\\input{|"touch %s/escaped"}'
PIPE_OUT = r"\newwrite\w \immediate\openout\w={|touch %s/escaped} \immediate\write\w{x}"


@pytest.mark.parametrize(
    ("engine", "tex"),
    [
        *((engine, tex) for engine in ALL for tex in (PROGRAMS, ABOVE, PIPE)),
        *(("pdflatex", tex) for tex in (OPENOUT % "%s/escaped", OPENOUT % ".escaped", PIPE_OUT)),
    ],
)
def test_tex_writes_no_file_outside_its_folder_and_runs_no_program(
    engine: str, tex: str, tmp_path: Path
) -> None:
    result = run(engine, tex.replace("%s", str(tmp_path)), tmp_path)
    assert result.pdf is not None or tex is not PROGRAMS
    assert [path for path in tmp_path.rglob("*escaped*") if path.is_file()] == []


def test_lua_runs_no_program(tmp_path: Path) -> None:
    """It reads and writes files as the user can, and pdfTeX's `\\pdfobj` embeds any: hence `--untrusted`."""
    tex = rf'\directlua{{os.execute("touch {tmp_path}/escaped") io.popen("touch {tmp_path}/escaped")}}x'
    run("lualatex", tex, tmp_path)
    assert not (tmp_path / "escaped").exists()


ENDLESS = {
    "a macro that calls itself": r"\def\x{\x}\x",
    "a loop": r"\loop\iftrue\repeat",
    "a loop that prints pages": r"\loop x\newpage\iftrue\repeat",
}


def limit_of(result: TypesetResult) -> Diagnostic:
    assert result.pdf is None
    [error] = result.diagnostics
    assert error.code == "tex-limit", error
    return error


@pytest.mark.parametrize(
    ("engine", "how"),
    [
        *(("pdflatex", how) for how in ENDLESS),
        ("xelatex", "a loop that prints pages"),
        ("lualatex", "a macro that calls itself"),
    ],
)
def test_tex_without_end_is_stopped_at_its_line(engine: str, how: str, tmp_path: Path) -> None:
    for seconds in (2, 10, 60):
        error = limit_of(run(engine, ENDLESS[how], tmp_path, time_limit=seconds))
        assert error.message == f"{engine} did not end within {seconds} seconds and was stopped"
        if error.span is not None:  # else the machine is busy, and the engine was still starting
            break
    assert error.span is not None
    assert error.span.place == "content/bio.yaml:2:7"


REPEATED = rf"\loop\message{{{'again ' * 99}}}\iftrue\repeat"
BIG = r"\newwrite\w \immediate\openout\w=big \loop\immediate\write\w{again and again}\iftrue\repeat"


@pytest.mark.parametrize(
    ("engine", "tex", "name", "limit", "said"),
    [
        ("pdflatex", REPEATED, "output", 1 << 20, "printed more than 1 MB of messages"),
        ("xelatex", REPEATED, "output", 1 << 20, "printed more than 1 MB of messages"),
        ("pdflatex", BIG, "file_size", 4 << 20, "wrote a file of 4 MB"),
    ],
)
def test_messages_and_files_without_end_are_stopped(
    engine: str, tex: str, name: str, limit: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At their line, where TeX has the time to say where it was before it is ended."""
    for module in (texlive, passes):
        monkeypatch.setattr(module, "Limits", partial(process.Limits, **{name: limit}))
    error = limit_of(run(engine, tex, tmp_path))
    assert error.message == f"{engine} {said} and was stopped"
    assert error.span is None or error.span.place == "content/bio.yaml:2:7"
    assert all(path.stat().st_size <= limit for path in tmp_path.rglob("big.tex"))


def test_memory_without_end_is_refused(tmp_path: Path) -> None:
    tex = r"\directlua{t, x = {}, string.rep('x', 1000) while true do table.insert(t, x:rep(100000)) end}"
    error = limit_of(run("lualatex", tex, tmp_path, memory_limit=700 << 20))
    assert "took all the memory" in error.message
