"""What templates may not do: be no text, use what is not there, or fill the memory.

Each refusal is an exception of its own, which knows what it is about.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2

from cvbuild.source import MARK_CHARACTERS


class UnreadableTemplateError(Exception):
    """Raised for a template that is no text: where, and why."""

    def __init__(self, path: Path, line: int, message: str, hint: str) -> None:
        super().__init__(message)
        self.path, self.line, self.message, self.hint = path, line, message, hint


class UnknownNameError(jinja2.UndefinedError):
    """Raised where a template asks for what is not there; knows what of, and by which name."""

    def __init__(self, message: str, owner: object, name: object) -> None:
        super().__init__(message)
        self.owner, self.name = owner, name


class UnknownValue(jinja2.StrictUndefined):
    """What is not there: an error as soon as it is used."""

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = jinja2.utils.missing,
        name: str | None = None,
        exc: Any = jinja2.UndefinedError,
    ) -> None:
        if exc is jinja2.UndefinedError and hint is None:

            def exc(message: str) -> UnknownNameError:
                return UnknownNameError(message, obj, name)

        super().__init__(hint, obj, name, exc)


class TextLoader(jinja2.FileSystemLoader):
    """Refuses files that are no text, with their place."""

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        """The text of a template, as Jinja's loader gives it. Raises UnreadableTemplateError."""
        try:
            found = super().get_source(environment, template)
        except UnicodeDecodeError as error:
            path = self._path(template)
            before = error.object[: error.start]
            raise UnreadableTemplateError(
                path,
                before.count(b"\n") + 1,
                f"the byte 0x{error.object[error.start]:02X} is no UTF-8",
                "save the file as UTF-8",
            ) from None
        if match := _NO_TEXT.search(found[0]):
            raise UnreadableTemplateError(
                self._path(template),
                found[0].count("\n", 0, match.start()) + 1,
                f"the character U+{ord(match[0]):04X} cannot stand in a template",
                "delete it",
            )
        return found

    def _path(self, template: str) -> Path:
        return next(path for folder in self.searchpath if (path := Path(folder, template)).is_file())


_NO_TEXT = re.compile(f"[\x00-\x08\x0b\x0e-\x1f\x7f]|{MARK_CHARACTERS.pattern}")
