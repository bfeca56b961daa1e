"""Filling a template, and what goes wrong in it as diagnostics at the template's line."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import jinja2
import jinja2.sandbox

from cvbuild.diagnostics import ContentProblem, Diagnostic, Label, did_you_mean
from cvbuild.read import read_yaml
from cvbuild.record import Record
from cvbuild.render.sandbox import LONGEST_VALUE, TooMuchError, UnknownNameError, limited
from cvbuild.render.sourcemap import holds_part
from cvbuild.render.themes import is_shipped, template_source
from cvbuild.shipped import shipped_folder
from cvbuild.source import SourceFile, Span

OUR_MISTAKE = "this template came with cvbuild: please report it"
_WORTH_TELLING = 2048
"""Characters."""


class Wording(Record):
    """A message with its hints, the word on the line that it is about, and the statement left open."""

    message: str
    hints: tuple[str, ...] = ()
    word: str | None = None
    opened: str | None = None


class NeedsDocumentError(Exception):
    """Raised where a section's template asks for something outside of its section."""


_STATEMENTS = """
    if elif else endif for endfor macro endmacro call endcall set endset include import from with
    endwith block endblock extends filter endfilter
""".split()
_IF_MISSING = "what may be missing is asked for with `is defined`"


def filled_template(
    environment: jinja2.Environment,
    context: Mapping[str, Any],
    *templates: str,
    heard: Callable[[str], None] | None = None,
) -> str:
    """What the first template there is of some names, `document.tex` by itself, makes of a context.

    It still holds its marks. It is `heard` piece by piece, as it is made; no piece ends within a mark.

    Raises ContentProblem with the place in the template, where one cannot be filled.
    """
    try:
        with limited():
            template = environment.select_template(templates or ("document.tex",))
            return _told(template.generate(context), heard)
    except jinja2.TemplateSyntaxError as error:
        wording = _in_plain_words("jinja", str(error.message), environment)
        # The lexer's own complaints have the file in the name's place.
        found = _at(error.filename or error.name, error.lineno, wording, "template")
        raise ContentProblem(found) from None
    except (ContentProblem, NeedsDocumentError):
        raise  # of a section within a document, or of a file that is no text
    except Exception as error:  # whatever a template's own expressions can raise
        file, line, names = _innermost(error.__traceback__)
        if file is None:
            raise
        wording = _of_error(error, names, environment)
        code = "missing-template" if isinstance(error, jinja2.TemplateNotFound) else "template"
        raise ContentProblem(_at(file, line, wording, code)) from error


def _told(pieces: Iterator[str], heard: Callable[[str], None] | None) -> str:
    """The pieces in one; told several at a time, as most of them are a few characters long."""
    assert isinstance(pieces, Generator)  # Jinja calls it an iterator
    told: list[str] = []
    untold: list[str] = []
    length = whole = 0
    for piece in pieces:
        untold.append(piece)
        length += len(piece)
        if length >= _WORTH_TELLING or holds_part(piece):
            told.append("".join(untold))
            whole += length
            untold, length = [], 0
            if heard is not None:
                heard(told[-1])
            if whole > LONGEST_VALUE:
                # Thrown where the template is, so that its line is known.
                pieces.throw(TooMuchError())
    return "".join([*told, *untold])


def _innermost(trace: TracebackType | None) -> tuple[str | None, int, frozenset[str]]:
    """The innermost line of a template in a traceback, as Jinja rewrites it, and the names known there."""
    found: tuple[str | None, int, frozenset[str]] = (None, 0, frozenset())
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(".tex"):
            found = name, trace.tb_lineno, frozenset(trace.tb_frame.f_locals)
        trace = trace.tb_next
    return found


def _at(file: str | None, line: int, wording: Wording, code: str) -> Diagnostic:
    """A diagnostic at a line (1-based) of a template, at the word it is about where that stands there."""
    if file is None:
        return Diagnostic(code, wording.message, hints=wording.hints)
    path = Path(file)
    source = template_source(path)
    labels = _opening(source, line, wording.opened) if wording.opened else ()
    hints = (*wording.hints, OUR_MISTAKE) if is_shipped(path) else wording.hints
    return Diagnostic(code, wording.message, _word(source, line, wording.word), "error", labels, hints)


def _word(source: SourceFile, line: int, word: str | None) -> Span:
    whole = source.span_of_line(line - 1)
    if word and (
        match := re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)|(?<=\.){re.escape(word)}(?!\w)", whole.text)
    ):
        return Span(source, whole.start + match.start(), whole.start + match.end())
    return whole


def _opening(source: SourceFile, last: int, statement: str) -> tuple[Label, ...]:
    """The statement, opened on a line up to `last` (1-based), that nothing closes."""
    opened: list[Span] = []
    for match in re.finditer(rf"<%[-+]?\s*(end)?{statement}\b", source.text):
        span = Span(source, match.start(), match.end())
        if span.line >= last:
            break
        if match[1] is None:
            opened.append(span)
        elif opened:
            opened.pop()
    return (Label(opened[-1], "opened here"),) if opened else ()


def _of_error(error: Exception, names: Iterable[str], environment: jinja2.Environment) -> Wording:
    """What an exception says to somebody who writes templates."""
    match error:
        case UnknownNameError():
            return _of_unknown_name(error, names)
        case jinja2.TemplateNotFound():
            return _in_plain_words("jinja", f"TemplateNotFound: {error.name}", environment)
        case jinja2.UndefinedError() | jinja2.TemplateRuntimeError():
            return _in_plain_words("jinja", str(error), environment)
        case OverflowError() if "Range too big" in str(error):
            return _in_plain_words("python", str(error), environment)
        case TooMuchError():
            return Wording(str(error), ("compute with smaller numbers, and join texts with `~`",))
        case KeyError():
            return Wording(f"there is no `{error.args[0]}` here", ("check its spelling",), str(error.args[0]))
        case RecursionError() | ZeroDivisionError() | MemoryError():
            return _in_plain_words("python", type(error).__name__, environment)
        case TypeError() | AttributeError():
            return _in_plain_words("python", str(error), environment)
        case OSError():
            return Wording(f"this template cannot be read: {(error.strerror or str(error)).lower()}")
    return Wording(f"this template cannot be filled: {error}")


def _in_plain_words(
    said_by: Literal["jinja", "python"], message: str, environment: jinja2.Environment
) -> Wording:
    """A message of Jinja's or Python's in the words of template_messages.yaml."""
    known = {
        "statements": _STATEMENTS,
        "filters": sorted(environment.filters),
        "tests": sorted(environment.tests),
        "templates": environment.loader.list_templates() if environment.loader else [],
    }
    for entry in _messages()[said_by]:
        if match := re.search(entry["pattern"], message):
            said, hint = match.expand(entry["message"]), match.expand(entry["hint"])
            for at, group in enumerate(match.groups()):
                said = said.replace(f"{{{at}}}", _typed(group))
            found = match.groupdict()
            names = known.get(entry.get("known", ""), [])
            similar = did_you_mean(found.get("word", ""), names)
            hints = similar or (hint.replace("{known}", ", ".join(names)),)
            return Wording(said, hints, found.get("word"), found.get("opened"))
    quoted = re.sub(r"'([^']*)'", r"`\1`", message.strip().rstrip("."))
    verb = "read" if said_by == "jinja" else "filled"
    return Wording(f"this template cannot be {verb}: {quoted[:1].lower()}{quoted[1:]}")


@lru_cache(maxsize=1)
def _messages() -> Any:
    path = shipped_folder("render") / "template_messages.yaml"
    return read_yaml(SourceFile(path.name, path.read_text(encoding="utf-8")))[0]


def _typed(name: str) -> str:
    """A class as people call it: `SelectedSection` is a section."""
    short = name.rpartition(".")[2]
    word = re.findall(r"[A-Z][a-z]+|[a-z]+", short)
    types = (what for what, names in _messages()["types"].items() if short in names.split())
    return next(types, f"a whole {word[-1].lower() if word else short}")


def _what_it_is(value: object) -> str:
    """A value as people call it: `this list`."""
    if isinstance(value, Mapping):
        return "this mapping"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "this list"
    return re.sub(r"^(an?( whole)?) ", "this ", _typed(type(value).__name__))


def _of_unknown_name(error: UnknownNameError, names: Iterable[str]) -> Wording:
    name, owner = error.name, error.owner
    if owner is jinja2.utils.missing:
        return Wording(
            f"there is no `{name}` here", did_you_mean(str(name), names) or (_IF_MISSING,), str(name)
        )
    if owner is None:
        return Wording(f"`{name}` is asked of a value that is empty", (_IF_MISSING,), str(name))
    if not isinstance(name, str):
        return Wording(
            f"{_what_it_is(owner)} has no element {name}", ("ask with `| length` how many there are",)
        )
    known = _keys(owner)
    return Wording(f"{_what_it_is(owner)} has no `{name}`", did_you_mean(name, known) or (_IF_MISSING,), name)


def _keys(owner: object) -> set[str]:
    """What a template can ask of a value."""
    if isinstance(owner, Mapping):
        return {str(key) for key in owner}
    if isinstance(owner, str | Sequence):
        return set()
    names = {*dir(type(owner)), *getattr(owner, "__dict__", ()), *getattr(owner, "_more", ())}
    return {name for name in names if not name.startswith(("_", "span_of"))}
