"""Text cases: input beside what is expected of it, in tests/cases/.

A file holds any number of cases. Each is a title, then the input and what is
expected, with a line that holds a single dot before, between and after them:

    A tab in the indentation
    .
    == content/bio.yaml, escapes ==
    kind: text
    \\x09title: Bio
    .
    error[yaml-syntax]: …
    .

In `diagnostics/` the input is the files of a small project (what is not given is
filled in, see `projects.write_project`) and the rest is what `cvbuild check`
prints. `, escapes` after a file's name means that `\\xNN` is a byte and
`\\UNNNNNNNN` a character; `, absent` means that the file is not there.
In `lint/` it is what `cvbuild check --lint` prints.
In `commands/` the input begins with a command that needs no TeX, and the rest is what that prints.
In `build/` the input begins with a command, and the rest is what that prints; the
PDF of an earlier build, which has to be left alone where one fails, lies in `build/`.
In `tex/` the file's name says how the input is read: see `_READERS`.

`pytest tests/test_cases.py --update` writes what the program gives as expected.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import pytest

from cvbuild.commands import main
from cvbuild.content.crossref import unlisted_entries
from cvbuild.content.persons import is_same_person
from cvbuild.content.reader import Content, read
from cvbuild.content.values import Date, Period, Text
from cvbuild.diagnostics import Findings
from cvbuild.read import load_bibtex
from cvbuild.read.latex import decode
from cvbuild.read.names import parse_name, parse_names
from cvbuild.read.yaml import load_yaml
from cvbuild.render.escape import escape
from cvbuild.render.labels import labels_for
from cvbuild.render.markup import unsafe_command
from cvbuild.render.printer import Printer
from cvbuild.render.sourcemap import without_marks
from cvbuild.render.templates import template_folders
from cvbuild.source import NOWHERE, Scalar, SourceFile, Span
from cvbuild.typeset.engines import ENGINES
from tests.content.entries import make_publications
from tests.projects import write_project

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """One case of a file."""

    file: Path
    title: str
    given: str
    expected: str


def read_cases(file: Path) -> list[Case]:
    parts = re.split(r"(?m)^\.\n", file.read_text(encoding="utf-8") + "\n")
    assert len(parts) % 3 == 1, f"{file.name}: a dot is missing"
    assert not parts[-1].strip(), f"{file.name}: text after the last case"
    return [Case(file, parts[at].strip(), parts[at + 1], parts[at + 2]) for at in range(0, len(parts) - 1, 3)]


def write_cases(file: Path, cases: list[Case]) -> None:
    texts = (f"{case.title}\n.\n{case.given}.\n{case.expected}.\n" for case in cases)
    file.write_text("\n".join(texts), encoding="utf-8")


def cases_in(folder: str) -> list[Case]:
    return [case for file in sorted((CASES / folder).glob("*.txt")) for case in read_cases(file)]


def name_of(case: Case) -> str:
    return f"{case.file.stem}: {case.title}"


def compare(case: Case, found: str, request: pytest.FixtureRequest) -> None:
    found = found.rstrip("\n") + "\n" if found.strip() else ""
    if request.config.getoption("--update", default=False) and found != case.expected:
        updated = [
            replace(item, expected=found) if item.title == case.title else item
            for item in read_cases(case.file)
        ]
        write_cases(case.file, updated)
        return
    assert found == case.expected


def test_titles_are_unique_within_a_file() -> None:
    for file in CASES.glob("*/*.txt"):
        titles = [case.title for case in read_cases(file)]
        assert len(titles) == len(set(titles)), file.name


def files_of(given: str) -> dict[str, bytes | None]:
    parts = re.split(r"(?m)^== (.+) ==\n", given)
    assert not parts[0].strip(), "the input has to begin with `== path ==`"
    files: dict[str, bytes | None] = {}
    for header, body in zip(parts[1::2], parts[2::2], strict=True):
        name, _, flag = header.partition(", ")
        assert flag in {"", "escapes", "absent"}, flag
        content: bytes | None = body.encode()
        if flag == "escapes":
            content = re.sub(
                rb"\\x([0-9a-fA-F]{2})|\\U([0-9a-fA-F]{8})",
                lambda match: bytes([int(match[1], 16)]) if match[1] else chr(int(match[2], 16)).encode(),
                body.encode(),
            )
        files[name] = None if flag == "absent" else content
    return files


def check(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """What `cvbuild check` prints, and its exit code."""
    return run(["-C", str(folder), "check", *options], monkeypatch)


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What the program prints, and its exit code; characters that cannot be seen as escapes."""
    monkeypatch.setattr("sys.argv", ["cvbuild", *arguments])
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit) as stopped:
        main()
    text = printed.getvalue() + f"exit code {stopped.value.code}\n"
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )


@pytest.mark.parametrize(
    "case", [*cases_in("diagnostics"), *cases_in("lint"), *cases_in("commands")], ids=name_of
)
def test_commands(
    case: Case, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = {"diagnostics": "$ cvbuild check\n", "lint": "$ cvbuild check --lint\n", "commands": ""}
    call, given = (calls[case.file.parent.name] + case.given).split("\n", 1)
    write_project(tmp_path, files_of(given))
    monkeypatch.chdir(tmp_path)
    found = re.sub(r"(?m)[ \t]+$", "", run(call.removeprefix("$ cvbuild ").split(), monkeypatch))
    assert str(tmp_path) not in found, "paths are shown relative to the project"
    compare(case, found, request)


def _printer(language: str) -> Printer:
    return Printer(language, labels_for(language, template_folders("classic", None)))


def _as_scalar(text: str) -> Scalar:
    return Scalar(text, Span(SourceFile("case.txt", text), 0, len(text)))


def _markdown(text: str, language: str) -> str:
    printer = _printer(language)
    return _with_findings(printer.tex(_as_scalar(text)), printer.findings)


def _url(text: str, language: str) -> str:
    printer = _printer(language)
    return _with_findings(printer.weblink(_as_scalar(text)), printer.findings)


class _Holder(Content):
    text: Text


def _yaml(text: str, language: str) -> str:
    printer = _printer(language)
    tree, findings = load_yaml(SourceFile("case.yaml", text))
    holder = read(_Holder, tree, Span(SourceFile("case.yaml", text), 0, 0), findings)
    assert holder is not None, findings.items
    return _with_findings("\n".join(printer.paragraphs(holder.text)), printer.findings, findings)


def _field(text: str, language: str) -> str:
    findings = Findings()
    printer = _printer(language)
    value = _as_scalar(text)
    return _with_findings(printer.tex(decode(value, value.span, findings)), findings, printer.findings)


def _names(text: str, language: str) -> str:
    findings = Findings()
    printer = _printer(language)
    value = _as_scalar(text)
    return _with_findings(printer.names(parse_names(value, value.span, findings), ()), findings)


def _parsed(text: str, parse: Callable[[str], object]) -> str:
    """What is read of each line, or what is wrong with it."""
    lines = []
    for line in text.splitlines():
        try:
            read = re.sub(r", \w+=None", "", repr(parse(line)))
        except ValueError as problem:
            read = "; ".join([str(problem), *getattr(problem, "hints", ())])
        lines.append(f"{line} → {read}")
    return "\n".join(lines)


def _name_parts(text: str, language: str) -> str:
    findings, lines = Findings(), []
    for line in text.splitlines():
        name = parse_name(line, NOWHERE, findings)
        parts = "|".join((name.given, name.particle, name.family, name.suffix))
        lines.append(f"{line} → {parts} {name.mark}{'body' if name.corporate else ''}".rstrip())
    return _with_findings("\n".join(lines), findings)


def _same_person(text: str, language: str) -> str:
    lines = []
    for line in text.splitlines():
        one, other = (parse_name(name, NOWHERE, Findings()) for name in line.split(" = "))
        lines.append(f"{line} → {'one person' if is_same_person(one, other) else 'two'}")
    return "\n".join(lines)


def _editions(text: str, language: str) -> str:
    printer, findings = _printer(language), Findings()
    values = [decode(_as_scalar(line), NOWHERE, findings) for line in text.splitlines()]
    return _with_findings("\n".join(printer.ordinal(value) for value in values), findings)


def _entry(text: str, language: str) -> str:
    printer = _printer(language)
    library, findings = load_bibtex([SourceFile("case.bib", text)])
    printed = []
    for publication in make_publications(library, (), findings):
        printed.append(f"type: {publication.type}")
        printed += [f"{name}: {printer.tex(value)}" for name, value in publication.text.items()]
        printed += [f"pages: {publication.page_range}"] if publication.page_range else []
        printed += [f"eprint: {publication.eprint_url}"] if publication.eprint_url else []
        printed += [f"link: {link}" for link in printer.publication_links(publication)]
    return _with_findings("\n".join(printed), findings, printer.findings)


def _bibliography(text: str, language: str) -> str:
    printer = _printer(language)
    library, findings = load_bibtex([SourceFile("case.bib", text)])
    lines = []
    for publication in make_publications(library, (), findings):
        lines.append(f"@{publication.type} {publication.key}")
        lines += [f"names: {printer.names(publication.names, ())}"] if publication.names else []
        lines += [f"year: {printer.tex(publication.year)}"] if publication.year else []
        lines += [f"{name}: {printer.tex(value)}" for name, value in publication.text.items()]
        lines += [f"pages: {publication.page_range}"] if publication.page_range else []
        lines += [f"link: {link}" for link in printer.publication_links(publication)]
    lines += [f"unlisted {item.key}: {item.reason}" for item in unlisted_entries(library, ())]
    lines += [f"broken {item.key}: {item.span.text!r}" for item in library.broken]
    return _with_findings("\n".join(lines), findings, printer.findings)


_READERS: dict[str, Callable[[str, str], str]] = {
    "escape": lambda text, language: escape(text),  # plain text
    "markdown": _markdown,  # a value of a content file
    "urls": _url,  # a web address of a content file
    "yaml": _yaml,  # a mapping with the key `text`, as in a content file
    "bibtex-fields": _field,  # the value of a field
    "bibtex-entries": _entry,  # whole entries: their fields and links
    "bibtex-quirks": _bibliography,  # the same, with names, and what is no publication
    "crossref": _bibliography,
    "titles": _bibliography,
    "names": _names,  # an author list
    # A title that goes between quotation marks.
    "quotes": lambda text, language: without_marks(_printer(language).quoted(_as_scalar(text))),
    # Dates and periods, one a line; no-break spaces as `~`.
    "dates": lambda text, language: "\n".join(
        _printer(language).tex(Period.parse(line)) for line in text.splitlines()
    ),
    "dates-read": lambda text, language: _parsed(text, Date.parse),  # a date a line
    "periods-read": lambda text, language: _parsed(text, Period.parse),  # a period a line
    "same-person": _same_person,  # two names a line
    "name-parts": _name_parts,  # a name a line
    # A formula a line; what is refused in it.
    "formulas": lambda text, language: "\n".join(
        f"{line} → {unsafe_command(line) or 'a formula'}" for line in text.splitlines()
    ),
    "editions": _editions,  # what stands before the word for an edition, one a line
}
"""How a file of `tex/` is read, by its name. A title that begins with `[de]` sets the language."""


def _with_findings(tex: str, *findings: Findings) -> str:
    lines = [without_marks(tex)]
    lines += [f"{item.severity}[{item.code}]: {item.message}" for found in findings for item in found.items]
    return "\n".join(lines)


@pytest.mark.parametrize("case", cases_in("tex"), ids=name_of)
def test_tex(case: Case, request: pytest.FixtureRequest) -> None:
    language = match[1] if (match := re.match(r"\[([a-z]{2})\]", case.title)) else "en"
    compare(case, _READERS[case.file.stem](case.given.rstrip("\n"), language), request)


LAST_GOOD = b"the PDF of the last good build"


@pytest.mark.parametrize("case", cases_in("build"), ids=name_of)
def test_build(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    first, rest = case.given.split("\n", 1)
    command = first.removeprefix("$ ").split()
    if command[0] == "PATH=":
        # A machine without TeX: nothing is found, and what was found before is forgotten.
        monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "nothing"))
        monkeypatch.setattr("sys.prefix", str(tmp_path / "nothing"))
        command.pop(0)
    elif shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    for engine in ENGINES.values():
        engine.forget()
    project = tmp_path / "project"
    write_project(project, files_of(rest))
    last = project / "build" / "cv-full.pdf"
    last.parent.mkdir()
    last.write_bytes(LAST_GOOD)
    monkeypatch.chdir(project)
    try:
        # Which line of the TeX it is, changes with the theme.
        found = re.sub(r"cv\.tex:(\d+):(\d+)\n \1 \|", r"cv.tex:N:\2\n N |", run(command[1:], monkeypatch))
        found = re.sub(r"on input line \d+", "on input line N", found)
        found = re.sub(r"(?m)  [\d.]+ s(?=$|  \()", "  N s", found)
        compare(case, found, request)
    finally:
        monkeypatch.undo()
        for engine in ENGINES.values():
            engine.forget()
    assert (last.read_bytes() != LAST_GOOD) == (command[1] == "pdf" and "exit code 0" in found)
