"""The engines of TeX Live or MiKTeX (pdflatex, xelatex, lualatex), and the files they read and write."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from signal import Signals

from cvbuild import cache as memory
from cvbuild.record import MutableRecord
from cvbuild.typeset.engine import JOB_NAME, Installation, Run
from cvbuild.typeset.process import Finished, Limits, Started, go_on, run_process, version_of
from cvbuild.uptodate import state_of

# Variables passed to engines: the places of programs, of TeX's installation and of its font caches
# (web2c, Kpathsea and fontconfig manuals). No others are passed: TEXINPUTS and similar ones would let
# TeX read files from anywhere, and one such as `openin_any_pdflatex` would override the settings below.
KEPT = frozenset(
    """PATH HOME TMPDIR TEMP TMP
    TEXMFCNF TEXMFROOT TEXMFDIST TEXMFMAIN TEXMFLOCAL TEXMFSYSVAR TEXMFSYSCONFIG
    TEXMFHOME TEXMFVAR TEXMFCONFIG TEXMFCACHE
    FONTCONFIG_FILE FONTCONFIG_PATH FONTCONFIG_SYSROOT OSFONTDIR XDG_CACHE_HOME XDG_DATA_HOME
    HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR
    TECTONIC_CACHE_DIR LD_LIBRARY_PATH""".split()
)

# Paranoid file access, no shell commands, unbroken log lines (texmf.cnf and web2c manual, section 3).
_SETTINGS = {"openin_any": "p", "openout_any": "p", "shell_escape": "f"}
_SETTINGS |= {"max_print_line": "1000", "error_line": "254", "half_error_line": "238"}
# Use the C locale, which every system has (POSIX, 7.2): LuaTeX does not start in a missing locale,
# and fontconfig prefers fonts for the locale's language.
_SETTINGS |= {"FORCE_SOURCE_DATE": "1", "TZ": "UTC", "LC_ALL": "C"}

_OPTIONS = "-interaction=nonstopmode -file-line-error -no-shell-escape -recorder -jobname="
OPTIONS = f"{_OPTIONS}{JOB_NAME}".split()

LARGEST_LOG = 8 << 20
"""Maximum size of a log that is read whole, in bytes; longer logs repeat themselves."""
_KIND = "programs"
"""The name of the cache's folder for the versions of engines."""
_MOST_FOLDERS = 500
"""Maximum number of folders of TeX's trees to compare one by one."""

# The files that the classic theme loads (see its preamble.tex), by engine.
_BY_ALL = "lmodern.sty babel.sty microtype.sty hyperref.sty bookmark.sty iftex.sty xcolor.sty".split()
_FONTS = ("texgyrepagella-regular.otf", "texgyrecursor-regular.otf")
REQUIRED_FILES = {
    "pdflatex": (*_BY_ALL, "tgpagella.sty"),
    "xelatex": (*_BY_ALL, "fontspec.sty", *_FONTS),
    "lualatex": (*_BY_ALL, "fontspec.sty", "luaotfload.sty", *_FONTS),
}

PAGES = re.compile(rb"(\\gdef\s*\\(?:cvlastpage|@abspage@last)\s*)\{-?\d+\}")
"""The pattern of the number of pages in an .aux."""

# Lines of an .aux that do not affect the next run: the outline's entries, which hold lines of the .tex, as
# bookmark reads them in the same run (bkm-pdftex.def); babel's without options (babel.sty, \babel@aux).
_TRANSIENT = re.compile(rb"^\\(?:BKM@entry\{.*|babel@aux\{\w+\}\{\})\r?\n", re.MULTILINE)


class TexLiveEngine(MutableRecord):
    """An engine of TeX Live; each run is one pass."""

    name: str
    is_unicode: bool
    purpose: str = ""
    right_to_left: bool = False
    runs_to_the_end: bool = False
    time_limit: float = 120.0  # seconds
    memory_limit: int = 2 << 30  # bytes; the reference CV takes 0.4 GB
    format: Path | None = None
    """A format with LaTeX and the preamble, to load instead of LaTeX's own format."""
    makes_pdf: bool = True
    reads_pipes: bool = False
    """Whether the engine can read a document from a pipe."""

    def find(self) -> Installation | None:
        """Return the engine on the search path."""
        return _find(self.name)

    def missing(self) -> list[str]:
        """Return the files of the classic theme that kpsewhich does not find."""
        return not_found(REQUIRED_FILES.get(self.name, ()), f"-engine={self.name}")

    def forget(self) -> None:
        """Clear the cached result of `find`, and the program's cached version."""
        _find.cache_clear()
        if path := shutil.which(self.name):
            memory.write(_KIND, _key(path), b"")

    def run(self, installation: Installation, folder: Path, epoch: int) -> Run:
        """Make one pass over cv.tex."""
        go_on()
        return run_of(self.start(installation, folder, epoch).finish(), folder)

    def start(self, installation: Installation, folder: Path, epoch: int) -> Started:
        """Start a pass over cv.tex. Raises OSError if the engine cannot be started."""
        options, environment = list(OPTIONS), tex_environment(epoch)
        if self.reads_pipes:
            # Else TeX first opens the file to look for a line `%&` with a format (web2c manual, "Formats").
            options.append("-no-parse-first-line")
        if not self.makes_pdf:
            options.append("-no-pdf" if self.name == "xelatex" else "-draftmode")
        if self.format is not None:
            options.append(f"-fmt={self.format}")
            environment["MKTEXFMT"] = "0"  # do not generate a missing format
        command: list[str | Path] = [installation.executable, *options, f"{JOB_NAME}.tex"]
        return Started(command, folder, environment, Limits(self.time_limit, self.memory_limit))


def tex_environment(epoch: int = 0, caller: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of an engine; `epoch` (seconds since 1970) is the document's date."""
    kept = {name: value for name, value in caller.items() if name in KEPT}
    return kept | _SETTINGS | {"SOURCE_DATE_EPOCH": str(epoch)}


def run_of(finished: Finished, folder: Path) -> Run:
    """Return the run of a finished process, with its log, or with its output if there is no log."""
    path, log = folder / f"{JOB_NAME}.log", b""
    if path.is_file():
        with path.open("rb") as file:
            log = file.read(LARGEST_LOG)
            if rest := file.seek(0, 2) - len(log):
                # The end of the log shows where TeX stopped.
                file.seek(-min(rest, 1 << 16), 2)
                log += b"\n" + file.read()
    said = log.decode("utf-8", "replace") or finished.output
    signal = Signals(-finished.code).name if finished.code < 0 else ""
    return Run(finished.code == 0, said, finished.stopped, signal)


@cache
def _find(name: str) -> Installation | None:
    """Return an engine on the search path; its version is cached until the program's file changes."""
    path = shutil.which(name)
    if path is None:
        return None
    known = memory.read(_KIND, _key(path))
    version = known.decode("utf-8", "replace") if known else version_of(Path(path))
    if version and not known:
        memory.write(_KIND, _key(path), version.encode("utf-8"))
    return Installation(Path(path), version) if version else None


def _key(path: str) -> str:
    return repr(state_of([path, os.path.realpath(path)]))


def not_found(wanted: Sequence[str], *options: str) -> list[str]:
    """Return the distinct files that TeX Live does not find; none if kpsewhich is not installed."""
    kpsewhich = shutil.which("kpsewhich")
    if kpsewhich is None or not wanted:
        return []
    finished = run_process([kpsewhich, *options, *wanted], Path.cwd(), tex_environment(), Limits(30))
    found = {Path(line).name for line in finished.output.splitlines()}
    return [name for name in dict.fromkeys(wanted) if name not in found]


def without_files(languages: Sequence[str]) -> list[str]:
    """Return the languages (babel's names) whose hyphenation patterns this TeX Live lacks."""
    return [name.removesuffix(".ldf") for name in not_found([f"{language}.ldf" for language in languages])]


def collection_for(language: str) -> str | None:
    """Return the name after `collection-lang` for a language (babel's name); None for an unknown one."""
    lines = Path(__file__).with_name("languages.txt").read_text(encoding="utf-8").splitlines()
    known = (line.partition(": ") for line in lines)
    return next((name for name, _, languages in known if language in languages.split()), None)


def inputs(folder: Path) -> tuple[list[str], int] | None:
    """Return the files outside of a folder that its last run read, and how often it opened cv.tex."""
    # With `-recorder`, a run lists its files in the .fls (web2c manual, "Recorder").
    try:
        listed = (folder / f"{JOB_NAME}.fls").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    own, here = f"{JOB_NAME}.tex", f"{folder}{os.sep}"
    read = [line.removeprefix("INPUT ") for line in listed.splitlines() if line.startswith("INPUT ")]
    times = sum(name.endswith(own) and Path(os.path.normpath(folder / name)) == folder / own for name in read)
    return [path for path in dict.fromkeys(read) if path.startswith("/") and not path.startswith(here)], times


def searched() -> list[str] | None:
    """Return the indexes of TeX's trees, and the folders of trees without one; None if unknown or too many.

    They change if a new file is installed that TeX would find before a file that it has read. Kpathsea
    searches trees by their index (`ls-R`; manual, "Filename database"), and others folder by folder.
    """
    kpsewhich = shutil.which("kpsewhich")
    if kpsewhich is None:
        return None
    asked = run_process([kpsewhich, "-expand-braces=$TEXMF"], Path.cwd(), tex_environment(), Limits(30))
    if asked.code != 0 or not asked.output.strip():
        return None
    found: list[str] = []
    for tree in asked.output.splitlines()[-1].split(os.pathsep):
        found.append(str(Path(tree.removeprefix("!!"), "ls-R")))
        if not tree.startswith("!!"):
            folders = (name for name, _, _ in os.walk(Path(tree, "tex")))
            found += [tree, *islice(folders, _MOST_FOLDERS)]
    return found if len(found) <= _MOST_FOLDERS else None


def auxiliary(folder: Path) -> bytes:
    """Return the contents of the .aux in a folder; b"" for a missing file."""
    aux = folder / f"{JOB_NAME}.aux"
    return aux.read_bytes() if aux.is_file() else b""


def lasting(aux: bytes) -> bytes:
    """Return the part of an .aux that can affect the next run."""
    return _TRANSIENT.sub(b"", aux)
