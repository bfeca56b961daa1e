r"""Parse typed text: CommonMark's inline markup, and formulas.

The markup is emphasis, strong, links, code and `$math$`. Everything else is text, including HTML.

A formula is refused if it has a command outside of formula_commands.txt, as the command might be
unsafe, or if TeX would stop at an error in it. The reader follows TeX's rules for mathematics
(The TeXbook, chapters 17, 18 and 26), for the commands of LaTeX's kernel.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from cvbuild.inline import Inline, Inlines, Link, Math, Str, Styled
from cvbuild.memo import memo
from cvbuild.record import MutableRecord
from cvbuild.render.escape import TYPED_IN_FORMULAS, escape, tables

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

ALLOWED = re.compile(r"https?://|mailto:|tel:", re.IGNORECASE)
"""The beginning of a URL that may become a link (schemes are case-insensitive: RFC 3986, 3.1)."""
REFUSED = re.compile(
    r"\]\(\s*<?(?!https?://|mailto:|tel:)([a-z][a-z0-9+.-]*:(?:[^\s<>()]|\([^\s<>()]*\))+)>?\s*\)",
    re.IGNORECASE,
)
"""The URL in a typed link that stays text, because its scheme may run a program."""
_MARKUP = re.compile(r"[*_`\[\\$]")
_ADDRESS = re.compile(r"(https?://[^\s<>\"“”]*[^\s<>\"“”.,;:!?'’)\]}])")


def parse_inline(text: str) -> Inlines:
    """Parse the inline text of one paragraph; line breaks count as spaces."""
    if not _MARKUP.search(text):
        return _linked(text) if "://" in text else (Str(text),)
    # The memo saves the import of the parser, which is slower than the lookups of a whole section.
    return memo(parse_markdown, str(text))


def parse_markdown(text: str) -> Inlines:
    """Parse inline text by markdown-it. A memo stage."""
    return _inlines_until(iter(_parser().parseInline(text)[0].children or []), "")


def _linked(text: str) -> Inlines:
    """Return text with its web addresses as links; punctuation after an address stays text."""
    parts = enumerate(_ADDRESS.split(text))
    return tuple(Link(part, (Str(part),)) if at % 2 else Str(part) for at, part in parts if part)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """Return a parser with only the supported rules of Markdown."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero").enable(["emphasis", "link", "backticks", "escape"])
    parser.validateLink = lambda url: ALLOWED.match(url) is not None  # type: ignore[method-assign]  # its documented hook
    parser.inline.ruler.before("escape", "math", _math_rule)
    parser.parseInline("")  # compiles the rules now: compiling at first use is not thread-safe
    return parser


_FORMULA = re.compile(r"\$(?!\s)((?:[^$]|(?<=\\)\$)+)(?<![\s\\])\$(?!\d)")
"""`$…$` as Pandoc reads it: no space inside the dollars, no digit after the last one."""


def _math_rule(state: StateInline, silent: bool) -> bool:
    """Read a formula at the parser's position, if there is one (a rule of markdown-it)."""
    match = _FORMULA.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("math", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _inlines_until(tokens: Iterator[Token], closing: str) -> Inlines:
    """Return the inlines of the tokens up to a closing token; "" reads to the end."""
    result: list[Inline] = []
    for token in tokens:
        match token.type:
            case "text" | "text_special" | "html_inline":
                result.extend(_linked(token.content))
            case "softbreak" | "hardbreak":
                result.append(Str(" "))
            case "code_inline":
                result.append(Styled("code", (Str(token.content),)))
            case "math":
                result.append(Math(token.content))
            case "em_open":
                result.append(Styled("emph", _inlines_until(tokens, "em_close")))
            case "strong_open":
                result.append(Styled("strong", _inlines_until(tokens, "strong_close")))
            case "link_open":
                result.append(Link(str(token.attrs["href"]), _inlines_until(tokens, "link_close")))
            case name if name == closing:
                break
    return tuple(result)


_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|[ \t\n]+|'+\^?|.", re.DOTALL)
"""A command, white space, primes with the `^` after them (LaTeX reads them together), or a character."""
_MOST_LEVELS = 30
"""Maximum depth of groups in a formula."""
_TEXT = re.compile(r"""\\[%&#$_{}, ]|[{}A-Za-z0-9!"'()*+,\-./:;<=>?@\[\]`| \t\n]+""")
r"""An ASCII token that the text of `\mbox` and similar commands may hold."""
_DELIMITER_CHARACTERS = frozenset("()[]/|.<>")

Taken: TypeAlias = Literal["argument", "field", "root", "delimiter", "text"]
"""What a command takes: an `argument` (a group or one token), a `field` as after `^` (an argument, or a font
with its group), a `root` (an optional index, and an argument), a `delimiter`, or a group of `text`."""
_ARGUMENTS: Mapping[str, tuple[Taken, ...]] = {
    "accents": ("field",), "lines": ("field",), "fonts": ("argument",), "braces": ("argument",),
    "fractions": ("argument", "argument"), "roots": ("root",), "texts": ("text",), "sizes": ("delimiter",),
}  # fmt: skip
"""The arguments of the commands in each group of formula_commands.txt."""


@lru_cache(maxsize=1)
def _groups() -> Mapping[str, str]:
    """Return the tokens that a formula may have, each with its group."""
    characters = set(string.ascii_letters + string.digits + string.punctuation) - set("\\{}$&#%~^_'")
    groups = {**dict.fromkeys(characters, "characters"), "\\ ": "spaces"}
    for group, names in tables("formula_commands.txt").items():
        groups.update((f"\\{name}", group) for name in names.split())
    return groups


def unpaired_brace(tex: str) -> str | None:
    """Return `{` or `}` if such a brace is unpaired, else None; skip escaped braces and comments."""
    depth = 0
    for char in re.sub(r"\\.|%[^\n]*", "", tex, flags=re.DOTALL):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            return "}"
    return "{" if depth else None


def with_commands(tex: str) -> str:
    r"""Return a formula with commands for its mathematical characters: `\alpha` for `α`."""

    def command(match: re.Match[str]) -> str:
        char = unicodedata.normalize("NFC", match[0])
        written = TYPED_IN_FORMULAS.get(char, char)
        needs_space = written.startswith("\\") and tex[match.end() : match.end() + 1].isalpha()
        return f"{written} " if needs_space and written[-1].isalpha() else written

    return re.sub(r"[^\x00-\x7f]", command, tex)


def unsafe_command(tex: str) -> str | None:
    """Return the first command, character or brace for which a formula is refused; None for a valid one."""
    if not tex.strip():
        return "$"
    if re.search(r"\n[ \t]*\n", tex):
        return r"\par"
    try:
        _Reader(token for token in _TOKEN.findall(tex) if token.strip(" \t\n")).list("", "")
    except _RefusedError as refused:
        culprit = str(refused)
        return culprit if culprit.isprintable() else f"U+{ord(culprit[-1]):04X}"
    return None


class _RefusedError(Exception):
    """Raised with the token at which TeX would report an error."""


class _Reader(MutableRecord):
    """Reads a formula's tokens, without white space, as TeX does in math mode.

    Raises _RefusedError at an error of TeX. A nucleus is the part of an atom that takes scripts. It is a
    set: the scripts `^` and `_` that it already has, and `accent` or `operator` for its kind.
    """

    tokens: Iterator[str]
    level: int = 0

    def list(self, end: str, opening: str) -> set[str]:
        """Read a math list up to `end`; return the nucleus that takes a script after the list."""
        self.level += 1
        if self.level > _MOST_LEVELS:
            raise _RefusedError(opening)
        nucleus: set[str] = set()
        atoms = 0
        while (token := next(self.tokens, "")) != end:
            if not token:
                raise _RefusedError(opening)
            if token[0] in "^_'":
                script = "_" if token == "_" else "^"
                if script in nucleus:
                    raise _RefusedError(token[0])
                nucleus.add(script)
                atoms = max(atoms, 1)
                if token in {"^", "_"}:
                    self.take("field", token)
                elif token.endswith("^"):
                    # LaTeX puts the primes into this superscript, which it reads as an argument.
                    self.take("argument", "^")
            elif token in {r"\limits", r"\nolimits"}:
                if nucleus != {"operator"}:
                    raise _RefusedError(token)
            else:
                nucleus = self.atom(token)
                atoms += 1
        self.level -= 1
        # TeX replaces a group that holds only an accent by the accent (tex.web, §1186), so the
        # accent's scripts inside the group count outside.
        return nucleus if atoms == 1 and "accent" in nucleus else set()

    def atom(self, token: str) -> set[str]:
        """Read and return the nucleus that begins with a token."""
        if token == "{":
            return self.list("}", "{")
        if token == r"\left":
            self.take("delimiter", token)
            self.list(r"\right", token)
            self.take("delimiter", r"\right")
            return set()
        group = _groups().get(token)
        if group is None:
            raise _RefusedError(token)
        taken = [self.take(kind, token) for kind in _ARGUMENTS.get(group, ())]
        if group == "fonts":
            return taken[0]
        return {"accents": {"accent"}, "operators": {"operator"}, "functions": {"operator"}}.get(group, set())

    def take(self, kind: Taken, owner: str) -> set[str]:
        """Read an argument of the command or script `owner`; return it as a nucleus."""
        token = next(self.tokens, "")
        group = _groups().get(token)
        if kind == "root" and token == "[":
            _Reader(iter(self.until("]", owner)), self.level).list("", owner)
            return self.take("argument", owner)
        if kind in {"root", "field"} and group in {"fonts", "texts"} and token != r"\mbox":
            return self.take(_ARGUMENTS[group][0], token)
        if kind == "delimiter":
            is_taken = token in _DELIMITER_CHARACTERS or group == "delimiters"
        elif token == "{" and kind == "text":
            for char in self.until("}", "{"):
                is_beyond_ascii = not char.isascii() and char.isprintable() and escape(char) == char
                if not _TEXT.fullmatch(char) and not is_beyond_ascii:
                    raise _RefusedError(char)
            return set()
        elif token == "{":
            return self.list("}", "{")
        else:
            is_taken = kind != "text" and group in {"characters", "symbols", "delimiters", "operators"}
        if not is_taken:
            raise _RefusedError(owner)
        return set()

    def until(self, end: str, owner: str) -> Iterable[str]:
        """Return the tokens up to the next `end` outside of braces; without one, refuse `owner`."""
        found: list[str] = []
        depth = 0
        for token in self.tokens:
            if token == end and depth == 0:
                return found
            depth += {"{": 1, "}": -1}.get(token, 0)
            found.append(token)
        raise _RefusedError(owner)
