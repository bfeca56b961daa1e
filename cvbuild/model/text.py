"""Text as typed, in one language or several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from cvbuild.content.fields import Checked, Problem, kind_of
from cvbuild.load.tree import YamlMapping
from cvbuild.record import Record
from cvbuild.source import Scalar, Span

_HINT = "write the text after the colon, or after the `- ` of a list"
_LANGUAGE = re.compile(r"([a-z]{2})(-[A-Z]{2})?")

# The languages of ISO 639-1 with a living literature of their own.
_CODES = frozenset(
    """aa ab af ak am ar as az ba be bg bm bn bo br bs ca cs cv cy da de dz ee el en eo es et eu fa fi
    fo fr fy ga gd gl gu ha he hi hr hu hy id ig is it ja jv ka kk kl km kn ko ku ky la lb ln
    lo lt lv mg mi mk ml mn mr ms mt my nb ne nl nn no ny oc om or pa pl ps pt rm rn ro ru rw
    sa sd se si sk sl sn so sq sr st su sv sw ta te tg th ti tk tn tr ts tt ug uk ur uz vi wo
    xh yi yo zh zu""".split()
)


def is_language(key: str) -> bool:
    """Whether a key is a language code, such as `de` or `en-GB`."""
    match = _LANGUAGE.fullmatch(key)
    return match is not None and match[1] in _CODES


class Text(Record):
    """Inline markup by language code; the key "" is text typed without a language."""

    _checked: ClassVar[Checked]

    by_language: Mapping[str, Scalar]

    def in_language(self, language: str) -> Scalar:
        """The text in a language, or what there is in its place."""
        return self.by_language[self.key_for(language)]

    def key_for(self, language: str) -> str:
        """The language of the text that is printed for a language; "" for text without one.

        The order: that language, text without one, the first one typed.
        """
        wanted = (language, language.split("-", maxsplit=1)[0], "")
        return next((key for key in wanted if key in self.by_language), next(iter(self.by_language)))

    @property
    def span(self) -> Span:
        """Where it stands; its first language where it has several."""
        return next(iter(self.by_language.values())).span

    def __str__(self) -> str:
        return str(next(iter(self.by_language.values())))

    @classmethod
    def of(cls, scalar: Scalar) -> Text:
        """Text without a language."""
        return cls({"": scalar})


def _text(value: object) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, Scalar):
        if not value.strip():
            raise Problem("empty-text", "text is expected here, and there is none")
        return Text.of(value)
    if isinstance(value, YamlMapping):
        known = {key: text for key, text in value.items() if isinstance(text, Scalar) and text.strip()}
        wrong = [key for key in value if not is_language(key)]
        if wrong:
            raise Problem(
                "wrong-type",
                f"text is expected here, not a mapping with the key `{wrong[0]}`",
                "write text; by language it is `{en: …, de: …}`. Text with `: ` in it needs quotation marks",
            )
        for text in value.values():
            if text is not None and not isinstance(text, Scalar):
                raise Problem("wrong-type", f"text is expected here, not {kind_of(text)}", _HINT, text.span)
        if known:
            return Text(known)
    raise Problem("wrong-type", f"text is expected here, not {kind_of(value)}", _HINT)


_TYPED = {"type": ["string", "number"]}
Text._checked = Checked(
    _text,
    {
        "oneOf": [
            _TYPED,
            {
                "additionalProperties": False,
                "minProperties": 1,
                "patternProperties": {f"^{_LANGUAGE.pattern}$": _TYPED},
                "type": "object",
            },
        ]
    },
)
