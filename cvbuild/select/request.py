"""The request of a call: command-line options in one record, which all stages receive."""

from __future__ import annotations

from cvbuild.content.values import Date
from cvbuild.diagnostics import Style
from cvbuild.project import Origin
from cvbuild.record import Record


class Request(Record):
    """The options of a call. For an option that is None, the setting in cv.yaml applies."""

    engine: str = "auto"
    theme: str | None = None
    language: str | None = None
    new_since: Date | None = None
    fit: int | None = None
    """Maximum number of pages to fit to."""
    variants: tuple[str, ...] = ()
    """The variants to build; empty for all variants."""
    is_untrusted: bool = False
    """Whether to refuse `!tex`, the project's own templates, and links out of the project."""
    force: bool = False
    """Whether to run the engine even if nothing changed."""
    every_translation: bool = False
    """Whether to report every missing translation instead of one summary."""
    epoch: int = 0
    """The document's date, in seconds since 1970."""
    style: Style = "human"
    """The form in which diagnostics and results are printed."""
    origin: Origin | None = None
    """The origin to name in the PDF's metadata, if the variant allows it."""
