"""A CV project on disk: find its files and read them."""

from __future__ import annotations

import os
import re
import stat
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from pathlib import Path

from cvbuild import __version__
from cvbuild.diagnostics import Diagnostic, Findings, UsageProblem, did_you_mean
from cvbuild.git import commit_time, description
from cvbuild.record import Record, replace
from cvbuild.source import MARK_CHARACTERS, Scalar, SourceFile, Span

SETTINGS = "content/cv.yaml"
OWN_TEMPLATES = "latex_templates"
NUMBERS = "bib/numbers.lock"

# C0 and C1 controls except tab and line ends (Unicode, chapter 23).
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LEFT_OVER = "delete it: it is often left over from copying out of a PDF"


LARGEST_BYTES = {".bib": 50_000_000}
"""Maximum size of a file with this ending, in bytes."""
LARGEST_OTHER = 1_000_000
"""Maximum size of any other file, in bytes."""


class Project(Record):
    """A folder with a `content/cv.yaml`, and the paths of its files."""

    root: Path
    output: Path
    sections: tuple[Path, ...] = ()
    is_trusted: bool = True
    """Whether the project's own TeX and templates, which are programs, may run. False for `--untrusted`."""
    revision: str = ""
    """The git revision that the files were read from; messages show it before paths."""

    @property
    def settings(self) -> Path:
        """The path of cv.yaml."""
        return self.root / SETTINGS

    @property
    def numbers(self) -> Path:
        """The path of the file with permanent numbers, which may not exist."""
        return self.root / NUMBERS

    @property
    def templates(self) -> Path | None:
        """The folder of the project's own templates, which override the package's; None without one."""
        folder = self.root / OWN_TEMPLATES
        return folder if folder.is_dir() else None

    def own_kinds(self) -> frozenset[str]:
        """Return the kinds of section that the project's own templates print."""
        if self.templates is None:
            return frozenset()
        found = [*self.templates.glob("sections/*.tex"), *self.templates.glob("*/sections/*.tex")]
        return frozenset(path.stem for path in found)

    def shown(self, path: Path) -> str:
        """Return a path as shown in messages: relative to the project if it is inside."""
        if not path.is_relative_to(self.root):
            return str(path)
        before = f"{self.revision}:" if self.revision else ""
        return before + path.relative_to(self.root).as_posix()


class Refusal(Record):
    """The reason for not reading a file: a code, a message that follows the file's name, and a hint."""

    code: str
    reason: str
    hint: str

    def of(self, name: str) -> Diagnostic:
        """Return the error for a file of this name."""
        code = self.code
        return Diagnostic(code, f"{name} {self.reason}", Span(SourceFile(name, ""), 0, 0), hints=(self.hint,))


NO_FILE = Refusal(
    code="unreadable-file",
    reason="cannot be read: it is a device, a pipe or a link to nothing",
    hint="put a file of text in its place",
)


def read_file(path: Path, root: Path) -> bytes | Refusal:
    """Return a file's bytes, or the refusal to read it. Raises OSError."""
    if refusal := outside(path, root):
        return refusal
    limit = LARGEST_BYTES.get(path.suffix, LARGEST_OTHER)
    # Without O_NONBLOCK, opening a named pipe would wait for a writer.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            return NO_FILE
        content = file.read(limit + 1)
    if len(content) > limit:
        return Refusal(
            code="file-too-large",
            reason=f"has more than {limit // 1_000_000} MB, and no content has that",
            hint="divide it into several files, or see what got into it",
        )
    return content


def outside(path: Path, root: Path) -> Refusal | None:
    """Return a refusal if a path leads out of the project through a link; None if it stays inside."""
    # `Path.resolve` raises RuntimeError for circular links; opening such a file raises a clear OSError.
    if Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        return None
    return Refusal(
        code="outside-project",
        reason="is a link that leads out of the project",
        hint="put a copy of the file in its place: a project is built from its own files alone",
    )


def read_source(project: Project, path: Path, findings: Findings) -> SourceFile | None:
    """Read a source file as text. If that fails, add an error to the findings and return None.

    YAML must be UTF-8 (YAML 1.1, 5.2). A .bib file that is not UTF-8 is read as Latin-1, with a warning.
    """
    name = project.shown(path)
    nowhere = Span(SourceFile(name, ""), 0, 0)
    try:
        content = read_file(path, project.root)
    except FileNotFoundError:
        findings.error("missing-file", f"there is no file {name}", nowhere)
        return None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        findings.error("unreadable-file", f"{name} cannot be read: {reason}", nowhere)
        return None
    if isinstance(content, Refusal):
        findings.items.append(content.of(name))
        return None
    is_bibtex, content = path.suffix == ".bib", content.removeprefix(BOM_UTF8)
    try:
        source = SourceFile(name, content.decode("utf-8").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        source = SourceFile(name, content.decode("cp1252", "replace").replace("\r\n", "\n"))
        at = len(content[: error.start].decode("cp1252", "replace").replace("\r\n", "\n"))
        hint = "save the file as UTF-8 in your editor"
        if is_bibtex:
            message = "this file is not UTF-8; read as Latin-1 (Windows-1252)"
            findings.warning("not-utf8", message, Span(source, at, at + 1), hint)
            return source
        message = f"the byte 0x{content[error.start]:02X} here is not UTF-8"
        findings.error("not-utf8", message, Span(source, at, at + 1), hint)
        return None
    if found := MARK_CHARACTERS.search(source.text):
        findings.error(
            "private-character",
            f"the private-use character U+{ord(found[0]):X} has no meaning in a CV",
            Span(source, found.start(), found.end()),
            _LEFT_OVER,
        )
        return None
    if not is_bibtex or not (found := _CONTROLS.search(source.text)):
        return source  # the YAML parser reports control characters itself
    findings.warning(
        "control-character",
        f"the control character U+{ord(found[0]):04X} is read as a space",
        Span(source, found.start(), found.end()),
        _LEFT_OVER,
    )
    return SourceFile(name, _CONTROLS.sub(" ", source.text))


def find_project(start: Path, output: Path | None = None, *, is_trusted: bool = True) -> Project:
    """Find the project in `start` or the nearest folder above. Raises UsageProblem if there is none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / SETTINGS).is_file():
            found = sorted((folder / "content").glob("[!.]*.y*ml"))
            files = (path for path in found if path.suffix in {".yaml", ".yml"} and path.stem != "cv")
            return Project(folder, output or folder / "build", tuple(files), is_trusted)
    if (start / "content" / "cv.yml").is_file():
        raise UsageProblem("there is no content/cv.yaml here", "rename content/cv.yml to content/cv.yaml")
    if (start / "content").is_dir() or (start / "cv.yaml").is_file():
        raise UsageProblem(
            "there is no content/cv.yaml here", "it names the owner, the sections and the variants"
        )
    raise UsageProblem(
        "this folder is not a CV project: it has no content/cv.yaml, nor has one above it",
        "make one with `cvbuild init my-cv`, or go to your project's folder",
    )


def bibliography_files(project: Project, patterns: Sequence[str]) -> tuple[list[Path], list[Diagnostic]]:
    """Return the .bib files that patterns match, in a fixed order; without patterns, bib/*.bib."""
    findings = Findings()
    if not patterns:
        return _files(project, "bib/*.bib"), findings.items
    files: list[Path] = []
    for pattern in patterns:
        span = pattern.span if isinstance(pattern, Scalar) else None
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            findings.error("outside-project", f"`{pattern}` leads out of the project", span)
            continue
        try:
            found = _files(project, str(pattern))
        except (ValueError, IndexError, NotImplementedError):
            found = []
        if not found:
            there = [project.shown(path) for path in project.root.rglob("*.bib")]
            findings.error(
                "missing-file", f"no file is called `{pattern}`", span, *did_you_mean(pattern, there)
            )
        files.extend(path for path in found if path not in files)
    return files, findings.items


def _files(project: Project, pattern: str) -> list[Path]:
    """Return the files that a pattern matches; hidden files (editors' locks) only if it begins with a dot."""
    takes_hidden = Path(pattern).name.startswith(".")
    found = (path for path in project.root.glob(pattern) if takes_hidden or not path.name.startswith("."))
    return sorted(path for path in found if not path.is_dir())


def all_bibliographies(project: Project) -> list[Path]:
    """Return all .bib files of the project; skip other CV projects, hidden folders and the output."""
    found: list[Path] = []
    for name, folders, files in os.walk(project.root):
        folder = Path(name)
        folders[:] = [
            inner
            for inner in folders
            if not inner.startswith(".")
            and folder / inner != project.output
            and not (folder / inner / SETTINGS).is_file()
            and not (folder / inner / "pyvenv.cfg").is_file()
        ]
        found.extend(folder / file for file in files if file.endswith(".bib") and not file.startswith("."))
    return sorted(found)


def refused_templates(project: Project) -> list[Diagnostic]:
    """Return errors for rejected templates: all of an untrusted project's, and links out of the project."""
    findings = Findings()
    if project.templates is None:
        return findings.items
    for path in sorted(project.templates.rglob("*")):
        if path.is_symlink() and path.name.startswith(".#"):
            continue  # Emacs locks an open file with a dangling link, which Jinja never reads
        name = project.shown(path)
        if refusal := outside(path, project.root):
            findings.items.append(refusal.of(name))
        elif not path.is_dir() and not path.is_file():
            findings.items.append(NO_FILE.of(name))
        elif not project.is_trusted and path.is_file():
            findings.error(
                "untrusted-templates",
                f"{name} is a template of the project's own, which `--untrusted` refuses",
                Span(SourceFile(name, ""), 0, 0),
                f"delete {OWN_TEMPLATES}/, or read all of it and build without `--untrusted`",
            )
            break
    return findings.items


def refused_output(project: Project) -> list[Diagnostic]:
    """Return errors for links out of an untrusted project's output: a build would write through them."""
    findings = Findings()
    if project.is_trusted:
        return findings.items
    for path in [project.output, *sorted(project.output.rglob("*"))]:
        if path.is_symlink() and (refusal := outside(path, project.root)):
            findings.items.append(replace(refusal, hint="delete the link").of(project.shown(path)))
    return findings.items


def asked_epoch(project: Project) -> Callable[[], int]:
    """Ask for the document's date. The function waits for git, and returns seconds since 1970.

    The date is `SOURCE_DATE_EPOCH`, else the time of the last commit, else 0: equal sources give equal PDFs.
    For an untrusted project git does not run: its configuration can name programs.
    """
    if (given := os.environ.get("SOURCE_DATE_EPOCH", "")).isdigit():
        return lambda: int(given)
    if not project.is_trusted:
        return lambda: 0
    time = commit_time(project.root)
    return lambda: time() or 0


class Origin(Record):
    """The origin of a PDF: the program with its version, and the sources' git revision or an empty string."""

    program: str
    revision: str = ""


def asked_origin(project: Project, bibliography: Sequence[Path]) -> Callable[[], Origin]:
    """Ask for the origin that the PDFs of a project name. The function waits for git, and returns it.

    `bibliography` are the .bib files read. For an untrusted project git does not run: its configuration
    can name programs.
    """
    program = f"cvbuild {__version__}"
    if not project.is_trusted:
        return lambda: Origin(program)
    templates = () if project.templates is None else project.templates.rglob("*")
    sources = [
        project.settings,
        project.numbers,
        *project.sections,
        *bibliography,
        *(path for path in templates if path.is_file()),
    ]
    revision = description(project.root, sources)
    return lambda: Origin(program, revision())
