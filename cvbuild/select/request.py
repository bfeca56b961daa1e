"""A call's request: the options of the command line, made once and handed down whole."""

from __future__ import annotations

from cvbuild.content.values import Date
from cvbuild.diagnostics import Style
from cvbuild.project import Origin
from cvbuild.record import Record


class Request(Record):
    """What a call asks for. None leaves a choice to cv.yaml."""

    engine: str = "auto"
    theme: str | None = None
    language: str | None = None
    new_since: Date | None = None
    fit: int | None = None
    """Maximum number of pages to fit to."""
    variants: tuple[str, ...] = ()
    """The variants named; all of them if none is."""
    is_untrusted: bool = False
    """Whether the project is a stranger's: `!tex`, own templates and links out of it are refused."""
    force: bool = False
    """Run the engine even if nothing changed."""
    every_translation: bool = False
    """Report every missing translation instead of one summary."""
    epoch: int = 0
    """The document's date, in seconds since 1970."""
    style: Style = "human"
    """The form in which diagnostics and results are printed."""
    origin: Origin | None = None
    """The origin that the PDF's metadata name in variants that allow it."""
