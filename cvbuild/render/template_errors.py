"""Fill a template, and report its errors as diagnostics at the template's line."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb
from typing import Any

import jinja2

from cvbuild.diagnostics import ContentProblem, Diagnostic, Label, did_you_mean
from cvbuild.read import read_yaml
from cvbuild.record import Record
from cvbuild.render.sourcemap import PART, MappedSpan, SpanMarks
from cvbuild.render.templates import (
    LONGEST_VALUE,
    WITHOUT_END,
    WORK,
    TooMuchError,
    UnknownNameError,
    Work,
    is_shipped,
    template_source,
)
from cvbuild.source import SourceFile, Span

OUR_MISTAKE = "this template came with cvbuild: please report it"
_CHUNK = 2048
"""Minimum length of a piece passed to `heard`, in characters."""
_IF_MISSING = "what may be missing is asked for with `is defined`"


_MESSAGES = Path(__file__).with_name("template_messages.yaml")
_messages: Callable[[], Any] = lru_cache(maxsize=1)(
    lambda: read_yaml(SourceFile(_MESSAGES.name, _MESSAGES.read_text(encoding="utf-8")))[0]
)


class NeedsDocumentError(Exception):
    """Raised when the template of a section or entry uses another part of the document."""


class Wording(Record):
    """A message and its hints; `word` is to be pointed at, `opened` is the keyword of an open statement."""

    message: str
    hints: tuple[str, ...] = ()
    word: str | None = None
    opened: str | None = None


def filled_template(
    environment: jinja2.Environment,
    context: Mapping[str, Any],
    template: str,
    heard: Callable[[str], None] | None = None,
) -> tuple[str, tuple[MappedSpan, ...]]:
    """Fill a template with a context. Return the text, and the stretches that the printer's marks enclosed.

    `heard` gets the text in pieces, without marks, while it is made, except for the end. Raises
    ContentProblem at the template's line if the template cannot be filled.
    """
    marks: SpanMarks = context["printer"].marks
    chunks: list[str] = []
    chunk: list[str] = []  # Jinja's pieces have a few characters: collect them for `heard`
    length = whole = 0
    token = WORK.set(Work())
    try:
        pieces = environment.get_template(template).generate(context)
        assert isinstance(pieces, Generator)  # Jinja annotates an Iterator, which has no `throw`
        for piece in pieces:
            chunk.append(piece)
            length += len(piece)
            if length >= _CHUNK or PART in piece:
                chunks.append("".join(chunk))
                whole += length
                chunk, length = [], 0
                if heard is not None:
                    heard(marks.split(chunks[-1])[0])  # no piece ends within a mark
                if whole > LONGEST_VALUE:
                    # Throw it into the template's generator, so that the traceback has its line.
                    pieces.throw(TooMuchError(WITHOUT_END))
    except (ContentProblem, NeedsDocumentError):
        raise  # from a section within the document, or from the loader
    except Exception as error:  # a template's expressions can raise anything
        if (problem := _problem_of(error, environment)) is None:
            raise
        raise problem from error
    finally:
        WORK.reset(token)
    return marks.split("".join([*chunks, *chunk]))


def _problem_of(error: Exception, environment: jinja2.Environment) -> ContentProblem | None:
    """Return an exception as a problem at the template's line; None if it was raised outside of templates."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        # Errors of Jinja's lexer have the file as `name`, and no `filename`.
        file = error.filename or error.name
        return ContentProblem(_at(file, error.lineno, _wording(error, (), environment), "template"))
    frames = [(trace.f_code.co_filename, line, trace) for trace, line in walk_tb(error.__traceback__)]
    in_templates = [frame for frame in frames if frame[0].endswith(".tex")]
    if not in_templates:
        return None
    file, line, frame = in_templates[-1]  # Jinja rewrites tracebacks to lines of templates
    code = "missing-template" if isinstance(error, jinja2.TemplateNotFound) else "template"
    return ContentProblem(_at(file, line, _wording(error, frame.f_locals, environment), code))


def _at(file: str | None, line: int, wording: Wording, code: str) -> Diagnostic:
    """Return a diagnostic at the wording's word in a line (1-based) of a template, else at the whole line.

    If a statement is unclosed, a label points at it: the last one that is not closed before the line's end.
    """
    if file is None:
        return Diagnostic(code, wording.message, hints=wording.hints)
    path = Path(file)
    source = template_source(path)
    span = whole = source.span_of_line(line - 1)
    if wording.word:
        word = re.escape(wording.word)
        if match := re.search(rf"(?<![\w.]){word}(?!\w)|(?<=\.){word}(?!\w)", span.text):
            span = Span(source, span.start + match.start(), span.start + match.end())
    opened: list[Span] = []
    statements = rf"<%[-+]?\s*(end)?{wording.opened}\b"
    for match in re.finditer(statements, source.text[: whole.end]) if wording.opened else ():
        if match[1] is None:
            opened.append(Span(source, match.start(), match.end()))
        elif opened:
            opened.pop()
    labels = (Label(opened[-1], "opened here"),) if opened else ()
    hints = (*wording.hints, OUR_MISTAKE) if is_shipped(path) else wording.hints
    return Diagnostic(code, wording.message, span, "error", labels, hints)


def _wording(error: Exception, names: Iterable[str], environment: jinja2.Environment) -> Wording:
    """Word an exception by template_messages.yaml; `names` are the variables in scope where it was raised."""
    is_jinjas = isinstance(error, jinja2.TemplateError)
    match error:
        case UnknownNameError():
            return _of_unknown_name(error, names)
        case TooMuchError():
            return Wording(str(error), ("compute with smaller numbers, and join texts with `~`",))
        case jinja2.TemplateNotFound():  # a subclass of OSError, so it comes first
            message = f"TemplateNotFound: {error.name}"
        case OSError():
            return Wording(f"this template cannot be read: {(error.strerror or str(error)).lower()}")
        case jinja2.TemplateError():
            message = str(error.message)
        case _:
            message = f"{type(error).__name__}: {error}"
    known = {
        "statements": _messages()["statements"].split(),
        "filters": sorted(environment.filters),
        "tests": sorted(environment.tests),
        "templates": environment.loader.list_templates() if environment.loader else [],
    }
    for entry in _messages()["jinja" if is_jinjas else "python"]:
        if match := re.search(entry["pattern"], message):
            said, hint = match.expand(entry["message"]), match.expand(entry["hint"])
            for at, group in enumerate(match.groups()):
                said = said.replace(f"{{{at}}}", _typed(group))
            found = match.groupdict()
            among = known.get(entry.get("known", ""), [])
            similar = did_you_mean(found.get("word", ""), among)
            hints = similar or (hint.replace("{known}", ", ".join(among)),)
            return Wording(said, hints, found.get("word"), found.get("opened"))
    if not is_jinjas and not isinstance(error, TypeError | AttributeError):
        return Wording(f"this template cannot be filled: {error}")
    quoted = re.sub(r"'([^']*)'", r"`\1`", str(getattr(error, "message", error)).strip().rstrip("."))
    verb = "read" if is_jinjas else "filled"
    return Wording(f"this template cannot be {verb}: {quoted[:1].lower()}{quoted[1:]}")


def _typed(name: str) -> str:
    """Return a class's name in plain words: `a whole section` for `SelectedSection`."""
    short = name.rpartition(".")[2]
    word = re.findall(r"[A-Z][a-z]+|[a-z]+", short)
    types = (what for what, names in _messages()["types"].items() if short in names.split())
    return next(types, f"a whole {word[-1].lower() if word else short}")


def _of_unknown_name(error: UnknownNameError, names: Iterable[str]) -> Wording:
    """Word the error that a value lacks a name; hint at a similar name that the value has."""
    owner, name, _ = error.args
    if owner is None:
        return Wording(f"`{name}` is asked of a value that is empty", (_IF_MISSING,), str(name))
    if owner is jinja2.utils.missing:
        what, known = f"there is no `{name}` here", set(names)
    else:
        what, known = "this mapping", set[str]()
        if isinstance(owner, Mapping):
            known = {str(key) for key in owner}
        elif isinstance(owner, Sequence) and not isinstance(owner, str):
            what = "this list"
        else:
            what = re.sub(r"^(an?( whole)?) ", "this ", _typed(type(owner).__name__))
            if not isinstance(owner, str):
                keys = (*dir(owner), *getattr(owner, "_more", ()))
                known = {key for key in keys if not key.startswith(("_", "span_of"))}
        if not isinstance(name, str):
            return Wording(f"{what} has no element {name}", ("ask with `| length` how many there are",))
        what = f"{what} has no `{name}`"
    return Wording(what, did_you_mean(str(name), known) or (_IF_MISSING,), str(name))
