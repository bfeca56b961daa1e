r"""Whether a formula that somebody typed is only a formula, and one that TeX can read.

A formula is refused for what it could do (a command outside the lists here) and for
what TeX would stop at: the reader follows TeX's own rules of mathematics
(The TeXbook, chapters 17, 18 and 26) as far as LaTeX's kernel goes.
"""

from __future__ import annotations

import re
import string
import unicodedata

from cvbuild.record import MutableRecord
from cvbuild.render.escape import IN_FORMULAS, escape

_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|[ \t\n]+|.", re.DOTALL)
_SPACE = " \t\n"
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_MOST_LEVELS = 30

# Commands of LaTeX's kernel that belong in a formula and can do nothing else, without
# their backslash, by what may stand around them. A symbol may be a script or an
# argument as it is, without braces.
_SYMBOLS = frozenset(
    r"""alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi
    varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi
    Pi Sigma Upsilon Phi Psi Omega hbar imath jmath ell wp Re Im partial infty prime emptyset nabla
    surd top bot angle forall exists neg flat natural sharp clubsuit diamondsuit heartsuit spadesuit
    pm mp times div ast star circ bullet cdot cap cup uplus sqcap sqcup vee wedge setminus wr diamond
    bigtriangleup bigtriangledown triangleleft triangleright oplus ominus otimes oslash odot bigcirc
    dagger ddagger amalg leq le geq ge equiv prec succ sim perp preceq succeq simeq mid ll gg asymp
    parallel subset supset approx subseteq supseteq sqsubseteq sqsupseteq neq ne smile in ni propto
    vdash dashv frown leftarrow gets rightarrow to leftrightarrow Leftarrow Rightarrow
    Leftrightarrow mapsto longleftarrow longmapsto nearrow searrow swarrow nwarrow
    % & # $ _""".split()
)
_DELIMITERS = frozenset(
    r"""langle rangle lceil rceil lfloor rfloor lbrace rbrace vert Vert backslash
    uparrow downarrow updownarrow Uparrow Downarrow { } |""".split()
)
_OPERATORS = frozenset(
    "sum prod coprod bigcap bigcup bigsqcup bigvee bigwedge bigodot bigotimes bigoplus biguplus".split()
)
_OPERATOR_WORDS = frozenset(
    """int oint arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim
    liminf limsup ln log max min Pr sec sin sinh sup tan tanh""".split()
)
_PHRASES = frozenset(
    """models bowtie cong notin doteq longrightarrow iff not ldots cdots vdots ddots dots quad qquad
    displaystyle textstyle scriptstyle rm bf it sf tt cal""".split()
) | set(",;:! ")
_ACCENTS = frozenset("hat check breve acute grave tilde bar vec dot ddot widetilde widehat".split())
_FONTS = frozenset("mathrm mathbf mathit mathsf mathtt mathcal".split())
_TEXTS = frozenset("textrm textit textbf mbox".split())
_SIZES = frozenset("big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr".split())
_ARGUMENTS = {"frac": 2, "underline": 1, "overbrace": 1, "underbrace": 1}

_SIMPLE = _SYMBOLS | _DELIMITERS | _OPERATORS
"""Commands that TeX takes for one character."""
_CHARACTERS = frozenset(string.ascii_letters + string.digits + string.punctuation) - set("\\{}$&#%~^_'")
_TEXT_CHARACTERS = _CHARACTERS | {"'", *_SPACE}
_TEXT_SIGNS = frozenset(r"\% \& \# \$ \_ \{ \}".split()) | {r"\,", "\\ "}
_DELIMITER_CHARACTERS = frozenset("()[]/|.<>")

# Beside what is a formula in running text too.
_WRITTEN = {
    "×": r"\times", "±": r"\pm", "÷": r"\div", "·": r"\cdot", "¬": r"\neg", "°": r"^\circ", "…": r"\ldots",
    "µ": r"\mu", "†": r"\dagger", "‡": r"\ddagger", "¹": "^1", "²": "^2", "³": "^3", "\u00a0": " ",
    "ϑ": r"\vartheta", "ϱ": r"\varrho", "ϖ": r"\varpi", "ς": r"\varsigma", "ο": "o",
}  # fmt: skip


def unpaired_brace(tex: str) -> str | None:
    """The kind of brace that lacks its partner, escaped ones and comments apart; None where all pair up."""
    depth = 0
    for char in re.sub(r"\\.|%[^\n]*", "", tex, flags=re.DOTALL):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            return "}"
    return "{" if depth else None


def with_commands(tex: str) -> str:
    r"""A formula with its characters of mathematics as commands: `α` as `\alpha`."""
    return re.sub(r"[^\x00-\x7f]", _command, tex)


def _command(match: re.Match[str]) -> str:
    char = unicodedata.normalize("NFC", match[0])
    written = IN_FORMULAS.get(char) or _WRITTEN.get(char, char)
    after = match.string[match.end() : match.end() + 1]
    return f"{written} " if written[-1:].isalpha() and written[:1] == "\\" and after.isalpha() else written


def unsafe_command(tex: str) -> str | None:
    """What keeps a formula from being typeset as one: a command, a character, or a brace; else None."""
    if not tex.strip():
        return "$"
    if _BLANK_LINE.search(tex):
        return r"\par"
    try:
        _Reader(_TOKEN.findall(tex)).list("", "")
    except _RefusedError as refused:
        return refused.culprit
    return None


class _RefusedError(Exception):
    """Raised where TeX would stop, with what it would stop at."""

    def __init__(self, culprit: str) -> None:
        super().__init__(culprit)
        self.culprit = culprit if culprit.isprintable() else f"U+{ord(culprit[-1]):04X}"


class _Nucleus(MutableRecord):
    """What a script would be put to, and which scripts it has."""

    is_accent: bool = False
    is_operator: bool = False
    sup: bool = False
    sub: bool = False


class _Reader:
    """Reads a formula's tokens as TeX does in math mode."""

    def __init__(self, tokens: list[str], level: int = 0) -> None:
        self.tokens = tokens
        self.at = 0
        self.level = level

    def peek(self) -> str:
        """The next token; empty at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def skip_space(self) -> None:
        while _is_space(self.peek()):
            self.at += 1

    def list(self, end: str, opening: str) -> _Nucleus:
        """Read a math list up to `end`; gives what a script behind it is put to, if it is a group."""
        self.level += 1
        if self.level > _MOST_LEVELS:
            raise _RefusedError(opening)
        nucleus, atoms = _Nucleus(), 0
        while (token := self.next()) != end:
            if not token:
                raise _RefusedError(opening)
            if _is_space(token):
                continue
            if token in {"^", "_", "'"}:
                self.script(token, nucleus)
                atoms = max(atoms, 1)
            elif token in {r"\limits", r"\nolimits"}:
                if not nucleus.is_operator or nucleus.sup or nucleus.sub:
                    raise _RefusedError(token)
            else:
                nucleus = self.atom(token)
                atoms += 1
        self.level -= 1
        # A group of nothing but an accent is that accent (The TeXbook's program, §1186),
        # and the scripts it has inside count outside.
        return nucleus if atoms == 1 and nucleus.is_accent else _Nucleus()

    def script(self, token: str, nucleus: _Nucleus) -> None:
        if nucleus.sub if token == "_" else nucleus.sup:
            raise _RefusedError(token)
        if token == "_":
            nucleus.sub = True
            self.field(token)
            return
        nucleus.sup = True
        if token == "^":
            self.field(token)
            return
        while self.peek() == "'":
            self.at += 1
        if self.peek() == "^":
            # LaTeX adds the primes to this superscript; it takes it as an argument.
            self.at += 1
            self.argument("^")

    def atom(self, token: str) -> _Nucleus:
        """Read what scripts can be put to."""
        if token == "{":
            return self.list("}", "{")
        if token == r"\left":
            self.delimiter(token)
            self.list(r"\right", r"\left")
            self.delimiter(r"\right")
            return _Nucleus()
        name = token[1:]
        if not name:
            if token not in _CHARACTERS:
                raise _RefusedError(token)
        elif name in _ACCENTS or name == "overline":
            self.field(token)
            return _Nucleus(is_accent=name in _ACCENTS)
        elif name in _FONTS:
            return self.argument(token)
        elif name in _TEXTS:
            self.text(token)
        elif name in _SIZES:
            self.delimiter(token)
        elif name in _ARGUMENTS:
            for _ in range(_ARGUMENTS[name]):
                self.argument(token)
        elif name == "sqrt":
            self.root(token)
        elif name in _OPERATORS or name in _OPERATOR_WORDS:
            return _Nucleus(is_operator=True)
        elif name not in _SIMPLE and name not in _PHRASES:
            raise _RefusedError(token)
        return _Nucleus()

    def field(self, owner: str) -> None:
        """What TeX itself asks for after `^`, `_` and an accent: a character, a group, a font's group."""
        self.skip_space()
        name = self.peek()[1:]
        if name in _FONTS:
            self.argument(self.next())
        elif name in _TEXTS - {"mbox"}:
            self.text(self.next())
        else:
            self.argument(owner)

    def argument(self, owner: str) -> _Nucleus:
        """The argument of a macro: a group, or one token."""
        self.skip_space()
        token = self.next()
        if token == "{":
            return self.list("}", "{")
        if token not in _CHARACTERS and not (token[:1] == "\\" and token[1:] in _SIMPLE):
            raise _RefusedError(owner)
        return _Nucleus()

    def root(self, owner: str) -> None:
        r"""`\sqrt` with its index, which ends at the first `]` outside braces."""
        self.skip_space()
        if self.peek() != "[":
            self.field(owner)
            return
        start = self.at = self.at + 1
        depth = 0
        while (token := self.next()) != "]" or depth:
            if not token:
                raise _RefusedError(owner)
            depth += {"{": 1, "}": -1}.get(token, 0)
        _Reader(self.tokens[start : self.at - 1], self.level).list("", owner)
        self.argument(owner)

    def delimiter(self, owner: str) -> None:
        self.skip_space()
        token = self.next()
        if token not in _DELIMITER_CHARACTERS and not (token[:1] == "\\" and token[1:] in _DELIMITERS):
            raise _RefusedError(owner)

    def text(self, owner: str) -> None:
        """A group in text mode."""
        self.skip_space()
        if self.next() != "{":
            raise _RefusedError(owner)
        depth = 1
        while depth:
            token = self.next()
            if not token:
                raise _RefusedError("{")
            depth += {"{": 1, "}": -1}.get(token, 0)
            if token not in "{}" and not _is_text(token):
                raise _RefusedError(token)


def _is_space(token: str) -> bool:
    return token != "" and token[0] in _SPACE


def _is_text(token: str) -> bool:
    if token.isascii():
        return token[0] in _TEXT_CHARACTERS or token in _TEXT_SIGNS
    return token.isprintable() and escape(token) == token
