"""The Jinja environment that fills the theme's templates. Whatever they print is TeX-safe: see `printer`."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup

from cvbuild import cache
from cvbuild.diagnostics import ContentProblem, Diagnostic
from cvbuild.memo import program_state
from cvbuild.render.printer import Printer
from cvbuild.render.sandbox import SIZED_FILTERS, Sandbox, UnknownValue
from cvbuild.render.sourcemap import Kind, SpanMarks
from cvbuild.render.themes import is_shipped, shipped_templates, template_source
from cvbuild.source import MARK_CHARACTERS, SourceFile, Span


class _CompiledTemplates(BytecodeCache):
    """Jinja's cache of compiled templates, in the cache folder; the code runs as it is read.

    The key holds all that the code depends on: the template's file and text, Jinja, and our compiler.
    """

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The file: the code names it in its tracebacks."""
        return f"{name}\0{filename}"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket with the code of its template, where it is kept."""
        kept = cache.read(_KIND, self._key(bucket))
        beside = self._beside(bucket)
        if kept is None and beside is not None:
            with suppress(OSError):
                kept = beside.read_bytes().removeprefix(program_state())
        if kept is not None:
            bucket.bytecode_from_string(kept)  # empties it if the code is of another text or Jinja

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a bucket's template; that of a shipped one beside the code of our modules."""
        beside = self._beside(bucket)
        if beside is not None and not sys.dont_write_bytecode:
            with suppress(OSError):
                new = beside.with_name(f"{beside.name}.{os.getpid()}")
                new.write_bytes(program_state() + bucket.bytecode_to_string())
                new.replace(beside)
                return
        cache.write(_KIND, self._key(bucket), bucket.bytecode_to_string())

    def _key(self, bucket: Bucket) -> str:
        return f"{bucket.key}\0{bucket.checksum}\0{program_state().hex()}"

    def _beside(self, bucket: Bucket) -> Path | None:
        """The file in `__pycache__` for a shipped template; None for one of a project."""
        path = Path(bucket.key.partition("\0")[2])
        if not is_shipped(path):
            return None
        name = ".".join(path.relative_to(shipped_templates()).parts)
        return Path(importlib.util.cache_from_source(str(Path(__file__).with_name(name))))


class _TextLoader(jinja2.FileSystemLoader):
    """Refuses files that are no text, at their line."""

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        """The text of a template, as Jinja's loader gives it. Raises ContentProblem where it is none."""
        try:
            found = super().get_source(environment, template)
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start)
            why = f"the byte 0x{error.object[error.start]:02X} is no UTF-8"
            raise self._unreadable(template, line, why, "save the file as UTF-8") from None
        if match := _NO_TEXT.search(found[0]):
            line = found[0].count("\n", 0, match.start())
            why = f"the character U+{ord(match[0]):04X} cannot stand in a template"
            raise self._unreadable(template, line, why, "delete it")
        return found

    def _unreadable(self, template: str, line: int, why: str, hint: str) -> ContentProblem:
        path = next(path for folder in self.searchpath if (path := Path(folder, template)).is_file())
        span = template_source(path).span_of_line(line)
        return ContentProblem(
            Diagnostic("template", f"this template cannot be read: {why}", span, hints=(hint,))
        )


class _TexCodeGenerator(CodeGenerator):
    """Makes `~` join values as TeX, where Jinja's own would escape them for HTML, and counts turns of loops.

    It also marks the text of templates, where the environment has marks.
    """

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        marks = getattr(self.environment, "line_marks", None)
        if isinstance(marks, SpanMarks) and self.filename is not None:
            path = Path(self.filename)
            source = template_source(path)
            kind: Kind = "theme" if is_shipped(path) else "template"
            children = [
                nodes.TemplateData(
                    _with_marked_lines(child.data, child.lineno, source, kind, marks), lineno=child.lineno
                )
                if isinstance(child, nodes.TemplateData)
                else child
                for child in node.nodes
            ]
            node = nodes.Output(children, lineno=node.lineno)
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
    """A template's text from a line (1-based) on, each line's characters between marks of their own.

    Blanks stay outside of the marks, so that what is blank or is stripped is so as before.
    """
    lines = data.split("\n")
    for at, line in enumerate(lines):
        core = line.strip()
        if not core:
            continue
        indent = line[: len(line) - len(line.lstrip())]
        whole = source.span_of_line(number + at - 1)
        column = whole.text.find(core)
        span = whole if column < 0 else Span(source, whole.start + column, whole.start + column + len(core))
        lines[at] = indent + marks.wrap(core, span, kind) + line[len(indent) + len(core) :]
    return "\n".join(lines)


class _TexEnvironment(Sandbox):
    code_generator_class = _TexCodeGenerator
    line_marks: SpanMarks | None = None


@jinja2.pass_context
def _finalize(context: jinja2.runtime.Context, value: Any) -> Markup:
    if isinstance(value, jinja2.Undefined):
        return Markup(str(value))  # strict: raises, naming what is missing
    printer: Printer = context["printer"]
    return printer.tex(value)


_KIND = "templates"
_NO_TEXT = re.compile(f"[\x00-\x08\x0b\x0e-\x1f\x7f]|{MARK_CHARACTERS.pattern}")

# Jinja's filters that neither escape for HTML nor build strings from TeX.
_KEPT_FILTERS = """
    abs batch count default d first groupby int last length list map max min reject rejectattr
    reverse round select selectattr slice sort sum unique
""".split()


def digest_of(folders: Sequence[Path]) -> bytes:
    """A hash of all templates and catalogues of labels in the folders.

    They count by content, the shipped ones by time and size, as the package's code does.
    """
    found = blake2b(digest_size=20)
    for folder in folders:
        is_installed = is_shipped(folder)
        for place, inner, names in os.walk(folder):
            inner.sort()
            for name in sorted(names):
                path = f"{place}/{name}"
                # The lock that Emacs lays beside an open file is a link to nothing.
                if (name.endswith(".tex") or name == "labels.yaml") and os.path.isfile(path):  # noqa: PTH113 - in each build, 60 files
                    if is_installed:
                        status = os.stat(path)  # noqa: PTH116 - as above
                        state = f"{status.st_mtime_ns} {status.st_size}\n".encode()
                    else:
                        with open(path, "rb") as file:  # noqa: PTH123 - as above
                            state = file.read()
                    found.update(f"{path}\0{len(state)}\0".encode("utf-8", "surrogateescape") + state)
    return found.digest()


@lru_cache(maxsize=8)
def environment(folders: tuple[Path, ...], digest: bytes) -> jinja2.Environment:
    """The environment for templates from the folders, first to last, as long as their digest is this."""
    made = _environment(folders)
    made.bytecode_cache = _CompiledTemplates()
    return made


def marking_environment(folders: tuple[Path, ...], marks: SpanMarks) -> jinja2.Environment:
    """The same, with every line of the templates' own text in marks: code for this call alone."""
    made = _environment(folders)
    made.line_marks = marks
    return made


def _environment(folders: tuple[Path, ...]) -> _TexEnvironment:
    made = _TexEnvironment(
        # TeX has none of these.
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        undefined=UnknownValue,
        finalize=_finalize,
        loader=_TextLoader([str(folder) for folder in folders]),
        auto_reload=False,
    )
    made.filters = {name: made.filters[name] for name in _KEPT_FILTERS}
    made.filters |= {**SIZED_FILTERS, **_FILTERS}
    del made.globals["lipsum"]  # it prints HTML at random
    return made


def _printing(method: str) -> Any:
    """A filter that is a method of the printer of the document at hand."""

    @jinja2.pass_context
    def call(context: jinja2.runtime.Context, value: Any, *arguments: Any) -> Any:
        return getattr(context["printer"], method)(value, *arguments)

    return call


_FILTERS: Mapping[str, Any] = {
    name: _printing(name)
    for name in (
        "quoted paragraphs names sentences weblink linked joined outline publication_links printed"
        " signs ordinal own_hyphenation"
    ).split()
}
