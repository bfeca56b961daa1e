r"""Text as people type it: CommonMark's inline markup, and formulas.

Of Markdown there are emphasis, strong, links, code and `$math$`; all else is text, HTML included.

A formula is refused for what it could do (a command outside of formula_commands.txt) and for
what TeX would stop at: the reader follows TeX's own rules of mathematics
(The TeXbook, chapters 17, 18 and 26) as far as LaTeX's kernel goes.
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
"""The beginning of an address that may become a link (RFC 3986, 3.1: schemes in any case)."""
REFUSED = re.compile(
    r"\]\(\s*<?(?!https?://|mailto:|tel:)([a-z][a-z0-9+.-]*:(?:[^\s<>()]|\([^\s<>()]*\))+)>?\s*\)",
    re.IGNORECASE,
)
"""The address of something written as a link that stays text, as its scheme may run something."""
_MARKUP = re.compile(r"[*_`\[\\$]")
_ADDRESS = re.compile(r"(https?://[^\s<>\"“”]*[^\s<>\"“”.,;:!?'’)\]}])")


def parse_inline(text: str) -> Inlines:
    """Parse the inline text of one paragraph; line breaks count as spaces."""
    if not _MARKUP.search(text):
        return _linked(text) if "://" in text else (Str(text),)
    # Importing the parser takes longer than reading the results of a whole section.
    return memo(parse_markdown, str(text))


def parse_markdown(text: str) -> Inlines:
    """Parse inline text by markdown-it: a stage for the memo."""
    return _until(iter(_parser().parseInline(text)[0].children or []), "")


def _linked(text: str) -> Inlines:
    """Return text with the addresses in it as links, without the punctuation after them."""
    parts = enumerate(_ADDRESS.split(text))
    return tuple(Link(part, (Str(part),)) if at % 2 else Str(part) for at, part in parts if part)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """Return the parser, with the rules of Markdown that texts may use."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero").enable(["emphasis", "link", "backticks", "escape"])
    parser.validateLink = lambda url: ALLOWED.match(url) is not None  # type: ignore[method-assign]  # its documented hook
    parser.inline.ruler.before("escape", "math", _math_rule)
    parser.parseInline("")  # it compiles its rules at first use, in steps that another thread could see
    return parser


_FORMULA = re.compile(r"\$(?!\s)((?:[^$]|(?<=\\)\$)+)(?<![\s\\])\$(?!\d)")
"""`$…$` as Pandoc reads it: no space inside the dollars, no digit after the last one."""


def _math_rule(state: StateInline, silent: bool) -> bool:
    """Read a formula where the parser stands."""
    match = _FORMULA.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("math", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _until(tokens: Iterator[Token], closing: str) -> Inlines:
    """Return the inlines up to a closing token."""
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
                result.append(Styled("emph", _until(tokens, "em_close")))
            case "strong_open":
                result.append(Styled("strong", _until(tokens, "strong_close")))
            case "link_open":
                result.append(Link(str(token.attrs["href"]), _until(tokens, "link_close")))
            case name if name == closing:
                break
    return tuple(result)


_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|[ \t\n]+|'+\^?|.", re.DOTALL)
"""A command, space, primes with the superscript that LaTeX adds them to, or a character."""
_MOST_LEVELS = 30
"""Maximum depth of groups in a formula."""
_TEXT = re.compile(r"""\\[%&#$_{}, ]|[{}A-Za-z0-9!"'()*+,\-./:;<=>?@\[\]`| \t\n]+""")
r"""A token of ASCII in the text of `\mbox` and its like."""
_DELIMITER_CHARACTERS = frozenset("()[]/|.<>")

Taken: TypeAlias = Literal["argument", "field", "root", "delimiter", "text"]
"""What a command takes: an argument as macros do (a group or one token), a field as `^` and accents do (also
a font with its group), an index and an argument, a delimiter, or a group of text."""
_ARGUMENTS: Mapping[str, tuple[Taken, ...]] = {
    "accents": ("field",), "lines": ("field",), "fonts": ("argument",), "braces": ("argument",),
    "fractions": ("argument", "argument"), "roots": ("root",), "texts": ("text",), "sizes": ("delimiter",),
}  # fmt: skip
"""What the commands of each group in formula_commands.txt take."""


@lru_cache(maxsize=1)
def _groups() -> Mapping[str, str]:
    """Return the group of each token that a formula may have."""
    characters = set(string.ascii_letters + string.digits + string.punctuation) - set("\\{}$&#%~^_'")
    groups = {**dict.fromkeys(characters, "characters"), "\\ ": "spaces"}
    for group, names in tables("formula_commands.txt").items():
        groups.update((f"\\{name}", group) for name in names.split())
    return groups


def unpaired_brace(tex: str) -> str | None:
    """Return the brace that lacks its partner, escaped ones and comments apart; None if all pair up."""
    depth = 0
    for char in re.sub(r"\\.|%[^\n]*", "", tex, flags=re.DOTALL):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            return "}"
    return "{" if depth else None


def with_commands(tex: str) -> str:
    r"""Return a formula with its characters of mathematics as commands: `α` as `\alpha`."""

    def command(match: re.Match[str]) -> str:
        char = unicodedata.normalize("NFC", match[0])
        written = TYPED_IN_FORMULAS.get(char, char)
        needs_space = written.startswith("\\") and tex[match.end() : match.end() + 1].isalpha()
        return f"{written} " if needs_space and written[-1].isalpha() else written

    return re.sub(r"[^\x00-\x7f]", command, tex)


def unsafe_command(tex: str) -> str | None:
    """Return the command, character or brace that keeps a formula from being typeset as one; else None."""
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
    """Raised where TeX would stop, with the token that it would stop at."""


class _Reader(MutableRecord):
    """Reads a formula's tokens, without space, as TeX does in math mode.

    Raises _RefusedError where TeX would stop. A nucleus, to which a script can be put, is a set: the
    scripts `^` and `_` that it has, and whether it is an `accent` or an `operator`.
    """

    tokens: Iterator[str]
    level: int = 0

    def list(self, end: str, opening: str) -> set[str]:
        """Read a math list up to `end`; return the nucleus that a script behind it is put to."""
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
                    # LaTeX adds the primes to this superscript; it takes it as an argument.
                    self.take("argument", "^")
            elif token in {r"\limits", r"\nolimits"}:
                if nucleus != {"operator"}:
                    raise _RefusedError(token)
            else:
                nucleus = self.atom(token)
                atoms += 1
        self.level -= 1
        # A group of nothing but an accent is that accent (The TeXbook's program, §1186),
        # and the scripts it has inside count outside.
        return nucleus if atoms == 1 and "accent" in nucleus else set()

    def atom(self, token: str) -> set[str]:
        """Read a nucleus that begins with a token."""
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
        """Read what the command or script `owner` takes; return the nucleus that it is."""
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
        """Return the tokens up to the first `end` outside of braces."""
        found: list[str] = []
        depth = 0
        for token in self.tokens:
            if token == end and depth == 0:
                return found
            depth += {"{": 1, "}": -1}.get(token, 0)
            found.append(token)
        raise _RefusedError(owner)
