"""Filling a template, and the errors in it as diagnostics at the template's line."""

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
"""Minimum length of a piece of the document that is heard, in characters."""
_IF_MISSING = "what may be missing is asked for with `is defined`"


_MESSAGES = Path(__file__).with_name("template_messages.yaml")
_messages: Callable[[], Any] = lru_cache(maxsize=1)(
    lambda: read_yaml(SourceFile(_MESSAGES.name, _MESSAGES.read_text(encoding="utf-8")))[0]
)


class NeedsDocumentError(Exception):
    """Raised where a section's template asks for something outside of its section."""


class Wording(Record):
    """A message with its hints, the word on the line that it is about, and the statement left open."""

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

    It is `heard` in pieces as it is made, without marks; the last ones are not. Raises ContentProblem with
    the place in the template if it cannot be filled.
    """
    marks: SpanMarks = context["printer"].marks
    chunks: list[str] = []
    chunk: list[str] = []  # pieces of a few characters, joined to be heard several at a time
    length = whole = 0
    token = WORK.set(Work())
    try:
        pieces = environment.get_template(template).generate(context)
        assert isinstance(pieces, Generator)  # Jinja calls it an iterator
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
                    # Thrown where the template is, so that its line is known.
                    pieces.throw(TooMuchError(WITHOUT_END))
    except (ContentProblem, NeedsDocumentError):
        raise  # of a section within a document, or of a file that is no text
    except Exception as error:  # whatever a template's own expressions can raise
        if (problem := _problem_of(error, environment)) is None:
            raise
        raise problem from error
    finally:
        WORK.reset(token)
    return marks.split("".join([*chunks, *chunk]))


def _problem_of(error: Exception, environment: jinja2.Environment) -> ContentProblem | None:
    """Return an error at the line of a template that it was raised in; None outside of templates."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        # The lexer's own errors have the file in the place of the template's name.
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
    """Return a diagnostic at a line (1-based) of a template; at the word it is about, if the line has it.

    A statement that is left open is pointed at as well: the last one that nothing closes up to the line.
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
    """Word an exception by template_messages.yaml; `names` are those known where it was raised."""
    is_jinjas = isinstance(error, jinja2.TemplateError)
    match error:
        case UnknownNameError():
            return _of_unknown_name(error, names)
        case TooMuchError():
            return Wording(str(error), ("compute with smaller numbers, and join texts with `~`",))
        case jinja2.TemplateNotFound():  # an OSError too
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
    """Call a class as people do: `SelectedSection` is a section."""
    short = name.rpartition(".")[2]
    word = re.findall(r"[A-Z][a-z]+|[a-z]+", short)
    types = (what for what, names in _messages()["types"].items() if short in names.split())
    return next(types, f"a whole {word[-1].lower() if word else short}")


def _of_unknown_name(error: UnknownNameError, names: Iterable[str]) -> Wording:
    """Word that a value does not have a name, with a similar one of those that it has as a hint."""
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
