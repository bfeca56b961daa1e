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
from dataclasses import dataclass
from functools import partial
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
from tests.conftest import forget_engines
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


def cases_in(folder: str) -> list[Case]:
    return [case for file in sorted((CASES / folder).glob("*.txt")) for case in read_cases(file)]


def name_of(case: Case) -> str:
    return f"{case.file.stem}: {case.title}"


def compare(case: Case, found: str, request: pytest.FixtureRequest) -> None:
    found = found.rstrip("\n") + "\n" if found.strip() else ""
    if request.config.getoption("--update", default=False) and found != case.expected:
        texts = []
        for item in read_cases(case.file):
            expected = found if item.title == case.title else item.expected
            texts.append(f"{item.title}\n.\n{item.given}.\n{expected}.\n")
        case.file.write_text("\n".join(texts), encoding="utf-8")
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


Reader = Callable[[Printer, Findings, Scalar], str]


class _Holder(Content):
    text: Text


def _yaml(printer: Printer, findings: Findings, text: Scalar) -> str:
    tree, found = load_yaml(text.span.source)
    findings.items += found.items
    holder = read(_Holder, tree, Span(text.span.source, 0, 0), findings)
    assert holder is not None, findings.items
    return "\n".join(printer.paragraphs(holder.text))


def _parsed(line: str, parse: Callable[[str], object]) -> str:
    """What is read of a line, or what is wrong with it."""
    try:
        return re.sub(r", \w+=None", "", repr(parse(line)))
    except ValueError as problem:
        return "; ".join([str(problem), *getattr(problem, "hints", ())])


def _name_parts(line: str, findings: Findings) -> str:
    name = parse_name(line, NOWHERE, findings)
    parts = "|".join((name.given, name.particle, name.family, name.suffix))
    return f"{parts} {name.mark}{'body' if name.corporate else ''}"


def _same_person(line: str, findings: Findings) -> str:
    one, other = (parse_name(name, NOWHERE, findings) for name in line.split(" = "))
    return "one person" if is_same_person(one, other) else "two"


def _by_line(read: Callable[[str, Findings], str]) -> Reader:
    """Return a reader of texts that hold something in each line."""

    def reader(printer: Printer, findings: Findings, text: Scalar) -> str:
        return "\n".join(f"{line} → {read(line, findings)}".rstrip() for line in text.splitlines())

    return reader


def _entries(printer: Printer, findings: Findings, text: Scalar, *, whole: bool) -> str:
    """The fields and links of entries; with `whole` also their names and what is no publication."""
    library, found = load_bibtex([text.span.source])
    findings.items += found.items
    lines = []
    for item in make_publications(library, (), findings):
        lines.append(f"@{item.type} {item.key}" if whole else f"type: {item.type}")
        lines += [f"names: {printer.names(item.names, ())}"] if whole and item.names else []
        lines += [f"year: {printer.tex(item.year)}"] if whole and item.year else []
        lines += [f"{name}: {printer.tex(value)}" for name, value in item.text.items()]
        lines += [f"pages: {item.page_range}"] if item.page_range else []
        lines += [f"eprint: {item.eprint_url}"] if not whole and item.eprint_url else []
        lines += [f"link: {link}" for link in printer.publication_links(item)]
    if whole:
        lines += [f"unlisted {item.key}: {item.reason}" for item in unlisted_entries(library, ())]
        lines += [f"broken {item.key}: {item.span.text!r}" for item in library.broken]
    return "\n".join(lines)


_READERS: dict[str, Reader] = {
    "escape": lambda printer, findings, text: escape(text),  # plain text
    "markdown": lambda printer, findings, text: printer.tex(text),  # a value of a content file
    "urls": lambda printer, findings, text: printer.weblink(text),  # a web address of a content file
    "yaml": _yaml,  # a mapping with the key `text`, as in a content file
    # The value of a field.
    "bibtex-fields": lambda printer, findings, text: printer.tex(decode(text, text.span, findings)),
    "bibtex-entries": partial(_entries, whole=False),
    **dict.fromkeys(("bibtex-quirks", "crossref", "titles"), partial(_entries, whole=True)),
    # An author list.
    "names": lambda printer, findings, text: printer.names(parse_names(text, text.span, findings), ()),
    "quotes": lambda printer, findings, text: printer.quoted(text),  # a title between quotation marks
    # Dates and periods, one a line; no-break spaces as `~`.
    "dates": lambda printer, findings, text: "\n".join(
        printer.tex(Period.parse(line)) for line in text.splitlines()
    ),
    # The words before the word for an edition, one a line.
    "editions": lambda printer, findings, text: "\n".join(
        printer.ordinal(decode(Scalar(line, text.span), NOWHERE, findings)) for line in text.splitlines()
    ),
    "dates-read": _by_line(lambda line, findings: _parsed(line, Date.parse)),
    "periods-read": _by_line(lambda line, findings: _parsed(line, Period.parse)),
    "same-person": _by_line(_same_person),
    "name-parts": _by_line(_name_parts),
    "formulas": _by_line(lambda line, findings: unsafe_command(line) or "a formula"),  # what is refused
}
"""How a file of `tex/` is read, by its name. A title that begins with `[de]` sets the language."""


@pytest.mark.parametrize("case", cases_in("tex"), ids=name_of)
def test_tex(case: Case, request: pytest.FixtureRequest) -> None:
    language = match[1] if (match := re.match(r"\[([a-z]{2})\]", case.title)) else "en"
    printer, findings = Printer(language, labels_for(language, template_folders("classic", None))), Findings()
    source = SourceFile("case.yaml" if case.file.stem == "yaml" else "case.bib", case.given.rstrip("\n"))
    text = Scalar(source.text, Span(source, 0, len(source.text)))
    lines = [without_marks(_READERS[case.file.stem](printer, findings, text))]
    found = findings.items + printer.findings.items
    lines += [f"{item.severity}[{item.code}]: {item.message}" for item in found]
    compare(case, "\n".join(lines), request)


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
    forget_engines()
    project = write_project(tmp_path / "project", files_of(rest) | {"build/cv-full.pdf": LAST_GOOD})
    monkeypatch.chdir(project)
    # Which line of the TeX it is, changes with the theme.
    found = re.sub(r"cv\.tex:(\d+):(\d+)\n \1 \|", r"cv.tex:N:\2\n N |", run(command[1:], monkeypatch))
    found = re.sub(r"on input line \d+", "on input line N", found)
    found = re.sub(r"(?m)  [\d.]+ s(?=$|  \()", "  N s", found)
    compare(case, found, request)
    last = project / "build/cv-full.pdf"
    assert (last.read_bytes() != LAST_GOOD) == (command[1] == "pdf" and "exit code 0" in found)
