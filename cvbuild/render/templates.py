"""The environment of templates: Jinja's sandbox with limits, and a code generator that prints TeX.

Everything that templates print passes through `printer`, so it is safe TeX. Jinja's sandbox denies
access to Python's internals. The limits that its documentation leaves to the host ("Sandbox", security
considerations) are set here: on the steps and the time of a filling, and on the size of values.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache, partial
from hashlib import blake2b
from pathlib import Path
from types import BuiltinMethodType, MethodType
from typing import Any, ClassVar, TypeVar

import jinja2
from jinja2 import nodes
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from jinja2.compiler import CodeGenerator, Frame
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup

from cvbuild import cache
from cvbuild.diagnostics import ContentProblem, Diagnostic, UsageProblem, did_you_mean
from cvbuild.memo import program_state
from cvbuild.project import OWN_TEMPLATES
from cvbuild.record import MutableRecord, field
from cvbuild.render.sourcemap import Kind, SpanMarks
from cvbuild.source import MARK_CHARACTERS, SourceFile

BASE_THEME = "classic"
"""The default theme; any other theme falls back to its files."""
MOST_STEPS = 2_000_000
"""Maximum number of steps (loop turns, macros, blocks, includes) in a filling; an entry takes about 50."""
MOST_SECONDS = 60.0
"""Maximum duration of one filling, in seconds."""
LONGEST_VALUE = 10_000_000
"""Maximum length of a text, in characters, or of a list, in items."""
WITHOUT_END = "the templates print or repeat without end"
_MOST_BITS = 10_000
"""Maximum size of an integer, in bits."""
_LIMITED_FILTERS = {"batch": 1000, "slice": 1000, "round": 100}
"""Filters whose result grows with a numeric argument, and the maximum of that number."""
_METHODS = frozenset(
    """capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit islower isnumeric
    isspace isupper lower lstrip partition removeprefix removesuffix rpartition rsplit rstrip split
    splitlines startswith strip swapcase title upper
    __getitem__ get items keys values
    changed cycle next reset
    in_language speaks inner_items leaves
    label alone""".split()
)
"""The methods of texts, mappings, loops, content and the document that a template may call.

None of them changes the content or makes a much longer value.
"""
# The filters of Jinja to keep: they neither escape for HTML nor build plain strings from TeX.
_KEPT_FILTERS = """
    abs batch count default d first groupby int last length list map max min reject rejectattr
    reverse round select selectattr slice sort sum unique
""".split()
_PRINTER_FILTERS = """
    quoted paragraphs names sentences weblink linked joined outline publication_links signs
    ordinal own_hyphenation
""".split()
"""Methods of `Printer` that templates use as filters."""
_FORBIDDEN = re.compile(f"[\x00-\x08\x0b\x0e-\x1f\x7f]|{MARK_CHARACTERS.pattern}")

_KIND = "templates"
"""The name of the cache's folder for compiled templates."""

T = TypeVar("T")


class TooMuchError(Exception):
    """Raised for a filling or a value that exceeds the limits."""


class UnknownNameError(Exception):
    """Raised when a template uses an unknown name of a value; the arguments are value, name and message."""


class _UnknownValue(jinja2.StrictUndefined):
    """The value of an unknown name: any use of it raises an error."""

    def __init__(self, hint: Any = None, obj: Any = missing, name: Any = None, exc: Any = None) -> None:
        default: Any = partial(UnknownNameError, obj, name) if hint is None else jinja2.UndefinedError
        super().__init__(hint, obj, name, exc or default)


class Work(MutableRecord):
    """The number of steps of one filling, and its deadline (`time.monotonic`)."""

    steps: int = 0
    until: float = field(default_factory=lambda: time.monotonic() + MOST_SECONDS)


WORK: ContextVar[Work] = ContextVar("work")


def step() -> None:
    """Count a step of a filling. Raises TooMuchError beyond the limits, LookupError outside of a filling."""
    work = WORK.get()
    work.steps += 1
    if work.steps > MOST_STEPS:
        raise TooMuchError(WITHOUT_END)
    if time.monotonic() > work.until:
        raise TooMuchError(f"the templates take longer than {MOST_SECONDS:.0f} seconds")


class _TexCodeGenerator(CodeGenerator):
    """Joins operands of `~` as TeX, counts loop turns, and marks lines of text in a marking environment."""

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        marks = getattr(self.environment, "line_marks", None)
        if isinstance(marks, SpanMarks) and self.filename is not None:
            path = Path(self.filename)
            source = template_source(path)
            kind: Kind = "theme" if is_shipped(path) else "template"
            for child in node.find_all(nodes.TemplateData):
                child.data = _with_marked_lines(child.data, child.lineno, source, kind, marks)
        super().visit_Output(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.bounded(context['printer'].concatenated((")
        for operand in node.nodes:
            self.visit(operand, frame)
            self.write(", ")
        self.write(")))")

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        turns = nodes.EnvironmentAttribute("turns")
        node.iter = nodes.Call(turns, [node.iter], [], None, None, lineno=node.iter.lineno)
        super().visit_For(node, frame)


def _with_marked_lines(data: str, number: int, source: SourceFile, kind: Kind, marks: SpanMarks) -> str:
    """Put each line of a template's text between marks; `number` is its first line (1-based).

    Blanks stay outside of the marks, so that blank text stays blank and stripping works as without marks.
    """

    def marked(core: re.Match[str]) -> str:
        line = source.span_of_line(number - 1 + data.count("\n", 0, core.start()))
        return marks.wrap(core[0], line.part(core[0]), kind)

    return re.sub(r"\S(?:.*\S)?", marked, data)


class TexEnvironment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with a list of callable methods and limits on work."""

    code_generator_class = _TexCodeGenerator
    intercepted_binops = frozenset({"*", "**", "%", "+"})
    line_marks: SpanMarks | None = None
    _safe: ClassVar[set[tuple[type, str]]] = set()

    def wrap_str_format(self, value: object) -> None:
        """Disable Jinja's special case for `str.format`: `_METHODS` forbids it, as it has no size limit."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Get as Jinja does, but cache the safety check by type and name, and try a mapping's keys first."""
        if isinstance(obj, dict) and attribute in obj and not hasattr(obj, attribute):
            return obj[attribute]
        kind = type(obj), attribute
        value = getattr(obj, attribute, missing) if kind in self._safe else missing
        if value is missing:
            value = super().getattr(obj, attribute)
            if hasattr(obj, attribute) and not isinstance(value, jinja2.Undefined):
                self._safe.add(kind)
        return value

    def is_safe_callable(self, obj: Any) -> bool:
        """Allow functions, macros, and the methods in `_METHODS`."""
        is_method = isinstance(obj, MethodType | BuiltinMethodType)
        return not is_method or (obj.__name__ in _METHODS and not isinstance(obj.__self__, type))

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        """Compute a result of limited size. Raises TooMuchError for a larger one."""
        if operator == "%" and isinstance(left, str):
            raise TooMuchError("`%` does not put values into text here: join them with `~`")
        if operator == "**" and isinstance(left, int) and isinstance(right, int | float):
            if left.bit_length() * right > _MOST_BITS:
                raise TooMuchError(f"{left} ** {right} is too large a number")
        elif operator == "*":
            for several, times in ((left, right), (right, left)):
                is_repeated = isinstance(several, str | list | tuple) and isinstance(times, int)
                if is_repeated and len(several) * times > LONGEST_VALUE:
                    raise TooMuchError("a value is repeated here more often than any CV needs")
        return self.bounded(super().call_binop(context, operator, left, right))

    @staticmethod
    def bounded(value: T) -> T:
        """Return a computed value. Raises TooMuchError if it is too large for a CV."""
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise TooMuchError("this number is too large")
        if isinstance(value, str | list | tuple) and len(value) > LONGEST_VALUE:
            raise TooMuchError(WITHOUT_END)
        return value

    def join_path(self, template: str, parent: str) -> str:
        """Return the name of an included or imported template; count the inclusion as a step."""
        step()
        return template

    @staticmethod
    def turns(values: Iterable[Any]) -> Iterator[Any]:
        """Yield the values of a loop, and count each turn as a step."""
        for value in values:
            step()
            yield value

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """Join the text of a macro or block, and count the call as a step."""
        step()
        printed = pieces if isinstance(pieces, list) else list(pieces)
        if sum(map(len, printed)) > LONGEST_VALUE:
            raise TooMuchError(WITHOUT_END)
        return "".join(printed)


class _TextLoader(jinja2.FileSystemLoader):
    """Loads templates. Raises ContentProblem at the first line that is not valid text."""

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        try:
            found = super().get_source(environment, template)
            match = _FORBIDDEN.search(found[0])
            if match is None:
                return found
            line = found[0].count("\n", 0, match.start())
            why, hint = f"the character U+{ord(match[0]):04X} cannot stand in a template", "delete it"
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start)
            why = f"the byte 0x{error.object[error.start]:02X} is no UTF-8"
            hint = "save the file as UTF-8"
        path = next(path for folder in self.searchpath if (path := Path(folder, template)).is_file())
        span = template_source(path).span_of_line(line)
        message = f"this template cannot be read: {why}"
        raise ContentProblem(Diagnostic("template", message, span, hints=(hint,))) from None


class _CompiledTemplates(FileSystemBytecodeCache):
    """Jinja's cache of compiled templates. Its files are trusted: their code is run without a check.

    The code of a shipped template lies in the package's `__pycache__`, so it outlives the user's cache.
    The code of a project's templates, or if `__pycache__` is read-only, lies in the user's cache.
    """

    def get_bucket(
        self, environment: jinja2.Environment, name: str, filename: str | None, source: str
    ) -> Bucket:
        """Return a bucket with the code of a template if it was compiled from this text by this program.

        The key depends on name and file, which the code contains for tracebacks.
        """
        is_ours = filename is not None and is_shipped(Path(filename))
        key = f"{'shipped' if is_ours else 'own'}-{self.get_cache_key(name, filename)}"
        bucket = Bucket(environment, key, self.get_source_checksum(source) + program_state().hex())
        if is_ours:
            self.load_bytecode(bucket)
        if bucket.code is None and (kept := cache.read(_KIND, key)) is not None:
            bucket.bytecode_from_string(kept)
        return bucket

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the code of a template to its cache."""
        if bucket.key.startswith("shipped") and not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)
                return
        cache.write(_KIND, bucket.key, bucket.bytecode_to_string())


def shipped_templates() -> Path:
    """Return the folder of shipped templates: in the installed package, or beside it in a checkout."""
    inside = Path(__file__).parents[1] / OWN_TEMPLATES
    return inside if inside.is_dir() else Path(__file__).parents[2] / OWN_TEMPLATES


def is_shipped(path: Path) -> bool:
    """Return whether a template came with the package."""
    return path.is_relative_to(shipped_templates())


def template_folders(theme: str, own: Path | None) -> list[Path]:
    """Return the folders to search for a theme's files, in order: the project's, the theme's, classic's.

    A theme is a folder with a `document.tex` or a `preamble/`. Raises UsageProblem for an unknown theme.
    """
    shipped = shipped_templates()
    places = [shipped, *([own] if own else [])]
    marks = [path for place in places for path in (*place.glob("*/document.tex"), *place.glob("*/preamble"))]
    known = sorted({path.parent.name for path in marks})
    if theme not in known:
        hint = f"the themes are {', '.join(known)}"
        raise UsageProblem(f"there is no theme `{theme}`", *did_you_mean(theme, known), hint)
    folders = [] if own is None else [own / theme, own]
    return list(dict.fromkeys([*folders, shipped / theme, shipped / BASE_THEME]))


def template_source(path: Path) -> SourceFile:
    """Return a template as a source file; its name starts at the folder `latex_templates`."""
    parts = path.parts
    name = "/".join(parts[parts.index(OWN_TEMPLATES) :]) if OWN_TEMPLATES in parts else path.name
    return SourceFile(name, path.read_text(encoding="utf-8", errors="replace"))


def digest_of(folders: Iterable[Path]) -> bytes:
    """Return a hash of all templates and catalogues of labels in the folders."""
    found = blake2b(digest_size=20)
    for folder in folders:
        for place, inner, names in os.walk(folder):
            inner.sort()
            for name in sorted(names):
                path = f"{place}/{name}"
                # Skip broken links: Emacs locks an open file by one beside the file.
                if (name.endswith(".tex") or name == "labels.yaml") and os.path.isfile(path):  # noqa: PTH113 - 60 files in each build
                    with open(path, "rb") as file:  # noqa: PTH123 - as above
                        text = file.read()
                    found.update(f"{path}\0{len(text)}\0".encode("utf-8", "surrogateescape") + text)
    return found.digest()


@lru_cache(maxsize=8)
def environment(folders: tuple[Path, ...], digest: bytes) -> jinja2.Environment:
    """Return the environment for templates of the folders, first to last; a new `digest` reloads them."""
    made = marking_environment(folders, None)
    beside = Path(importlib.util.cache_from_source(__file__)).parent
    made.bytecode_cache = _CompiledTemplates(str(beside), "%s.jinja")
    return made


def marking_environment(folders: tuple[Path, ...], marks: SpanMarks | None) -> jinja2.Environment:
    """Return a new environment; if `marks` are given, it marks every line of the templates' text."""
    made = TexEnvironment(
        *("<%", "%>", "<<", ">>", "<#", "#>"),  # statements, values, comments: TeX uses none of these
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        undefined=_UnknownValue,
        finalize=jinja2.pass_context(partial(_by_printer, "tex")),
        loader=_TextLoader([str(folder) for folder in folders]),
        auto_reload=False,
    )
    made.line_marks = marks
    filters = {name: made.filters[name] for name in _KEPT_FILTERS}
    filters |= {name: partial(_limited, filters[name], most) for name, most in _LIMITED_FILTERS.items()}
    filters |= {name: jinja2.pass_context(partial(_by_printer, name)) for name in _PRINTER_FILTERS}
    made.filters = {**filters, "printed": lambda tex: Markup(str(tex).strip())}  # empty if all is blank
    del made.globals["lipsum"]  # it prints HTML at random
    return made


def _by_printer(method: str, context: jinja2.runtime.Context, value: Any, *arguments: Any) -> Any:
    """Apply a method of the document's printer."""
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises an error with the missing name
    return getattr(context["printer"], method)(value, *arguments)


def _limited(applied: Callable[..., Any], most: int, value: Any, *arguments: Any, **named: Any) -> Any:
    """Apply a filter. Raises TooMuchError if an argument exceeds the maximum."""
    for number in (*arguments, *named.values()):
        if isinstance(number, int) and number > most:
            raise TooMuchError(f"{number} is more than any CV needs here; {most} is the most")
    return applied(value, *arguments, **named)
