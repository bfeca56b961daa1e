"""The log of TeX: message by message, and as diagnostics at the user's own line."""

from __future__ import annotations

import re
from pathlib import Path

from cvbuild.diagnostics import Diagnostic, Label, Severity
from cvbuild.record import replace
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import Span
from cvbuild.typeset.engine import JOB_NAME, Engine, Run
from cvbuild.typeset.messages import TexMessage, messages
from cvbuild.typeset.process import Limits, Stop
from cvbuild.typeset.texfiles import COLLECTIONS

_SUSPECTS = 4
"""So many places are named where one of them is meant."""
# TeX prints it after all that a document can print (tex.web, section 642).
_WRITTEN = re.compile(rf"^Output written on {JOB_NAME}\.pdf \((\d+) pages?[,)]", re.MULTILINE)
_END = 1 << 16
"""Bytes at the end of a log."""

_REASONS: dict[Stop, str] = {
    "time": "{name} did not end within {seconds:.0f} seconds and was stopped",
    "memory": "{name} took all the memory that it may have, and stopped",
    "file-size": "{name} wrote a file of {file_size} MB and was stopped",
    "output": "{name} printed more than {output} MB of messages and was stopped",
}
_HINT = "most often a macro in `!tex` or in a template calls itself without end"


def pages_written(log: Path) -> int | None:
    """How many pages the PDF has, as TeX says at the end of a log; None where it does not."""
    if not log.is_file():
        return None
    with log.open("rb") as file:
        file.seek(max(file.seek(0, 2) - _END, 0))
        written = _WRITTEN.findall(file.read().decode("utf-8", "replace"))
    return int(written[-1]) if written else None


def diagnostics(log: str, rendered: RenderedTex) -> list[Diagnostic]:
    """The messages of a log at the places that caused them, each once."""
    remarks: list[Diagnostic] = []
    missing: dict[str, str] = {}
    seen = list(dict.fromkeys(messages(log)))
    said = [message for message in seen if message.kind == "error"]
    found: list[Diagnostic] = []
    if said:
        from cvbuild.typeset.errors import errors  # seldom, and imports the table of what they mean

        found = errors(said, rendered)
    for message in seen:
        if message.kind == "missing":
            missing.setdefault(message.message, message.context)
        elif message.kind != "error" and not found:
            # After an error TeX goes on with what it can: its lines are not those that will be.
            remarks.append(_warning(message, rendered))
    return [*found, *dict.fromkeys(remarks), *_missing(list(missing), rendered)]


def _warning(message: TexMessage, rendered: RenderedTex) -> Diagnostic:
    """What TeX warns of."""
    said = message.message
    severity: Severity = "warning"
    span: Span | None = None
    match message.kind:
        case "overfull":
            code, text = "overfull-line", f"a line sticks out by {float(said):.1f} pt"
            span = _span_of_box(message, rendered)
            hint = "reword it, or give a long word a place to break with a soft hyphen (U+00AD)"
        case "too-high":
            code, severity = "page-overflow", "error"
            text = f"a page holds {float(said):.0f} pt more than fits: text at its foot is lost"
            hint = "an item is longer than a page and cannot be divided: shorten it, or make it two"
        case "hyphenation":
            code = "missing-hyphenation"
            text = f"TeX has no hyphenation for {said} here; words are broken as in English"
            hint = _where_hyphenation_comes_from(said)
        case "label":
            code, span = "duplicate-label", _span_of_command(rendered, "label", said)
            text = f"the label `{said}` is set twice; references lead to the last one"
            hint = "give each `\\label` a name of its own"
        case "citation":
            code, span = "undefined-citation", _span_of_command(rendered, "cite", said)
            text = f"nothing is called `{said}`, and a question mark is printed instead"
            hint = "the list of publications is no bibliography of LaTeX's: write the citation as text"
        case _:
            code, span = "undefined-reference", _span_of_command(rendered, r"\w*ref", said)
            text = f"nothing is called `{said}`, and two question marks are printed instead"
            hint = "name a `\\label` that is set in this variant"
    return Diagnostic(code, text, span, severity, hints=(hint,))


def _where_hyphenation_comes_from(language: str) -> str:
    """What to do so that TeX knows a language, by babel's name."""
    collection = COLLECTIONS.get(language)
    if collection is None:
        return "install your TeX distribution's package for that language, if there is one"
    return (
        f"`cvbuild doctor --install` installs it: TeX Live's `collection-lang{collection}`,"
        f" Debian's `texlive-lang-{collection}`"
    )


def _span_of_command(rendered: RenderedTex, command: str, name: str) -> Span | None:
    """The last place in the user's raw TeX where a command has a name as its argument."""
    pattern = re.compile(
        rf"\\{command}(?:\[[^\]]*\])?\{{[^}}]*(?<![\w:.-]){re.escape(name)}(?![\w:.-])[^}}]*\}}"
    )
    for item in reversed(rendered.mapped):
        if item.kind == "tex" and (found := list(pattern.finditer(item.span.text))):
            start = item.span.start
            return Span(item.span.source, start + found[-1].start(), start + found[-1].end())
    return None


def _span_of_box(message: TexMessage, rendered: RenderedTex) -> Span | None:
    """The value whose words stand at the end of the line that sticks out, among those of the paragraph."""
    if message.first_line is None:
        return None
    values = list(rendered.on_lines(message.first_line, message.last_line or message.first_line))
    shown = _letters(re.sub(r"\\\S+/\S+ |\[\]", "", message.context))
    for item in values:
        if shown and shown[-12:] in _letters(rendered.text[item.start : item.end]):
            return item.span.first_line()
    if values:
        # Boxes within boxes are not shown: the longest text is the likeliest.
        return max(values, key=lambda item: item.end - item.start).span.first_line()
    nearest = rendered.nearest(message.first_line)
    return nearest.first_line() if nearest else None


def _letters(text: str) -> str:
    """Letters and digits alone: TeX shows its hyphens and commands among them."""
    return "".join(char for char in re.sub(r"\\[A-Za-z]+", "", text) if char.isalnum())


def _missing(characters: list[str], rendered: RenderedTex) -> list[Diagnostic]:
    """One diagnostic for each text with characters that its font lacks."""
    found: list[Diagnostic] = []
    placed: set[str] = set()
    for item in rendered.mapped:
        here = [char for char in characters if char in item.span.text]
        if not here:
            continue
        placed.update(here)
        at = min(item.span.text.index(char) for char in here)
        start = item.span.start + at
        span = Span(item.span.source, start, start + 1)
        if not any(other.span == span for other in found):
            found.append(_hole(here, span))
    if rest := [char for char in characters if char not in placed]:
        # No text has it: a command of somebody's raw TeX makes it, and TeX does not say which.
        raw = list(dict.fromkeys(item.span for item in rendered.mapped if item.kind == "tex"))
        labels = tuple(Label(span.first_line(), "or this TeX") for span in raw[1:_SUSPECTS])
        found.append(replace(_hole(rest, raw[0].first_line() if raw else None), labels=labels))
    return found


def _hole(characters: list[str], span: Span | None) -> Diagnostic:
    listed = ", ".join(f"{char} (U+{ord(char):04X})" if len(char) == 1 else char for char in characters[:8])
    more = f" and {len(characters) - 8} more" if len(characters) > 8 else ""
    return Diagnostic(
        "missing-character",
        f"the theme's font does not have {listed}{more}: there would be a hole in the page",
        span,
        hints=("write it in another way, or give your project a theme whose font has it",),
    )


def stopped(run: Run, engine: Engine, rendered: RenderedTex) -> Diagnostic:
    """The error at the place where TeX was, as far as it could still say so."""
    if run.stopped == "crash" or run.stopped is None:
        last = next((line.strip() for line in reversed(run.log.splitlines()) if line.strip()), "")
        said = f"; the last it said: {last}" if last else ""
        return Diagnostic(
            "tex-error",
            f"{engine.name} crashed ({run.signal}){said}",
            hints=("build once more; if it stays so, try another engine with `--engine`",),
        )
    limits = Limits(engine.time_limit)
    message = _REASONS[run.stopped].format(
        name=engine.name,
        seconds=limits.seconds,
        file_size=limits.file_size >> 20,
        output=limits.output >> 20,
    )
    for found in diagnostics(run.log, rendered):
        if any("Interruption" in label.text for label in found.labels):
            here = tuple(replace(label, text="TeX was here") for label in found.labels)
            return Diagnostic("tex-limit", message, found.span, labels=here, hints=(_HINT,))
    return Diagnostic("tex-limit", message, hints=(_HINT,))
