"""What TeX's errors mean in plain words, and what to do about them.

The messages are those of tex.web (which pdfTeX, XeTeX, LuaTeX and Tectonic share), of
LaTeX's kernel (source2e) and of the packages of the theme.
"""

from __future__ import annotations

import re
from typing import Literal

from cvbuild.record import Record
from cvbuild.typeset.commands import hint_for_name

Weight = Literal["own", "first", "vague"]
"""Whether an error is always one of its own; or follows, perhaps, from one before it; or says little,
so that a later one at the same place may say more."""


class Meaning(Record):
    """An error as a sentence and a hint; `needles` is TeX that it may have arisen from, best first."""

    sentence: str
    hint: str
    weight: Weight = "first"
    needles: tuple[str, ...] = ()


class _Cause(Record):
    """A message of TeX (a regular expression, searched for) and what it means.

    `{0}` and so on stand for the expression's groups, `{command}` for the command at which TeX stood.
    """

    message: str
    sentence: str
    hint: str
    weight: Weight = "first"
    needles: tuple[str, ...] = ()


_ENDED = r"\\begin\{(.+?)\}(?: on input line \d+)? ended by \\end\{(.+?)\}"
_MATHS = "write formulas between dollars, `$…$`"
_PACKAGES = "packages are loaded in `latex_templates/macros.tex`, which is yours to write"

_CAUSES = (
    _Cause("Undefined control sequence", "TeX does not know the command `{command}`", "", "own"),
    # ---- formulas
    _Cause(r"Missing \$ inserted before (_)", "`_` works in formulas only",
           rf"{_MATHS}, and the character itself as `\_`"),
    _Cause(r"Missing \$ inserted before (\^)", "`^` works in formulas only",
           rf"{_MATHS}, and the character itself as `\^{{{{}}}}`"),
    _Cause(r"Missing \$ inserted before (\\(?!par\b|tex_par|end|vskip|cr)[A-Za-z]+)",
           "`{0}` works in formulas only", _MATHS),
    _Cause(r"Missing \$ inserted", "a paragraph begins or ends before a formula is closed",
           "count the dollars", needles=("$",)),
    _Cause(r"Display math should end with \$\$", "a formula begins with `$$` and ends with `$`",
           "write `$$` at both ends"),
    _Cause("Double superscript", "two superscripts stand in a row", "write `x^{{a^b}}` or `x^{{ab}}`"),
    _Cause("Double subscript", "two subscripts stand in a row", "write `x_{{a_b}}` or `x_{{ab}}`"),
    _Cause(
        "Bad math environment delimiter",
        r"a formula is opened within a formula, or closed outside of one",
        r"pair each `\(` with one `\)`, and each `\[` with one `\]`",
        needles=(r"\(", r"\)", r"\[", r"\]"),
    ),
    _Cause(r"(\S+) allowed only in math mode", "`{0}` works in formulas only", _MATHS, needles=("{0}",)),
    _Cause(r"Missing \\right", r"a `\left` has no `\right`",
           r"write `\right` with a delimiter, or `\right.` for none", needles=(r"\left",)),
    _Cause(r"Extra \\right", r"a `\right` has no `\left`",
           r"write `\left` with a delimiter, or `\left.` for none"),
    _Cause(
        "Missing delimiter",
        r"`\left`, `\right` or `\big` is followed by something that is no delimiter",
        "write a bracket after it, or a full stop for none",
    ),
    _Cause(r"Math formula deleted", "the formula's font is not complete", "take the fonts of the theme"),
    _Cause(r"Limit controls must follow a math operator",
           r"`\limits` stands after something that is no operator",
           r"write it after `\sum`, `\int` and their like"),
    # ---- braces and arguments
    _Cause(
        r"Extra \}, or forgotten \$", "a formula is not closed before the brace that ends around it",
        "count the dollars and the braces",
    ),
    _Cause(
        r"Extra \}, or forgotten (\\\w+)", "a brace or an environment is opened or closed once too often",
        r"each `{{` needs its `}}`, and each `\begin` its `\end`", "vague", (r"\begingroup", r"\bgroup"),
    ),
    _Cause(r"Too many \}'s", "a closing brace has no opening one", "count the braces", "vague"),
    _Cause(
        r"Missing \} inserted", "a closing brace is missing, or an environment is not ended",
        r"each `{{` needs its `}}`, and each `\begin` its `\end`", "vague",
    ),
    _Cause(
        r"Missing \{ inserted", "an opening brace is missing",
           "put what belongs to the command or the `^` between braces"
    ),
    _Cause(
        r"(?:File ended|Forbidden control sequence found) while scanning \w+ of (\S+)\s*$",
        "the braces after `{0}` are never closed", "count the braces", needles=("{0}",),
    ),
    _Cause("Runaway argument", "a brace is opened and never closed", "count the braces"),
    _Cause(
        r"Paragraph ended before (\S+) was complete", "a paragraph ends within the braces of a command",
        r"close the braces before the blank line or the `\par`; such a command takes one paragraph",
    ),
    _Cause(
        r"Argument of (\S+) has an extra \}", "a brace closes before `{0}` has all that it needs",
        "give the command its arguments in braces", needles=("{0}",),
    ),
    _Cause(
        r"Use of (\S+) doesn't match its definition", "`{0}` is not used as it was defined",
        "compare it with its definition: something it needs is missing after it", needles=("{0}",),
    ),
    _Cause(
        r"Illegal parameter number in definition of (\S+)$",
           "the definition of `{0}` uses a `#` with a number it has not",
        r"tell the number of its arguments, `\newcommand{{\x}}[1]{{…#1…}}`, and count the braces",
        needles=("{0}",),
    ),
    _Cause("Parameters must be numbered consecutively",
           "the parameters of a definition are not `#1`, `#2`, …",
           "number them from 1 on"),
    _Cause("macro parameter character #", "there is a `#`, which TeX takes for a parameter", r"write `\#`"),
    # ---- tables and lists
    _Cause("Misplaced alignment tab", "there is an `&` outside of a table", r"write `\&`"),
    _Cause(
        "Extra alignment tab", "a row of a table has more cells than the table has columns",
        "add a column to the table, or take an `&` from the row",
    ),
    _Cause(r"Misplaced \\(?:noalign|omit)", "a rule or a joined cell stands at a wrong place of a table",
           r"`\hline` follows `\\`, and `\multicolumn` begins a cell"),
    _Cause(r"Misplaced \\(?:cr|crcr)", "a row ends outside of a table",
           r"write `\newline` outside of tables"),
    _Cause(
        r"in array arg|Illegal pream-token|Missing p-arg|Missing @-exp",
        "the columns of a table are described with a letter that TeX does not know",
        "use `l`, `c`, `r` and `p{{WIDTH}}`", needles=(r"\begin{{tabular}}",),
    ),
    _Cause(
        r"perhaps a missing \\item", r"text stands in a list before its first `\item`",
           r"begin it with `\item`",
        needles=(r"\begin{{itemize}}", r"\begin{{enumerate}}", r"\begin{{description}}"),
    ),
    _Cause(
        r"Lonely \\item", r"an `\item` stands outside of a list",
        r"put it between `\begin{{itemize}}` and `\end{{itemize}}`", needles=(r"\item",),
    ),
    _Cause("Too deeply nested", "too many lists stand within each other", "LaTeX allows four levels"),
    _Cause("Counter too large", "a counter is beyond the letters or signs it is printed with",
           "print it as a number"),
    # ---- environments
    _Cause(
        r"Environment (\S+) undefined", "TeX does not know the environment `{0}`", "",
           needles=(r"\begin{{{0}}}",)
    ),
    _Cause(
        _ENDED, r"`\end{{{1}}}` comes while the environment `{0}` is open",
        "end each environment by the name it began with, the innermost first",
        needles=(r"\end{{{1}}}", r"\begin{{{0}}}"),
    ),
    _Cause(r"Extra \\endgroup|Missing \\endgroup", "a group or an environment is not ended where it began",
           r"each `\begingroup` needs its `\endgroup`, and each `\begin` its `\end`", "vague"),
    _Cause(r"\\verb illegal in (?:command )?argument",
           r"`\verb` does not work here, as texts are arguments of commands",
           "write code between backquotes without `!tex`, or `\\texttt{{…}}`", needles=(r"\verb",)),
    _Cause(r"\\verb ended by end of line", r"`\verb` is not closed on its line",
           "repeat the character that began it",
           needles=(r"\verb",)),
    _Cause(
        "Too many unprocessed floats|Float\\(s\\) lost|Not in outer par mode",
        "a figure or table floats, which it cannot do within an entry",
        r"leave out `\begin{{figure}}` or `\begin{{table}}`, and put what is in it there",
        needles=(r"\begin{{figure}}", r"\begin{{table}}", r"\marginpar", r"\begin{{figure*}}",
           r"\begin{{table*}}"),
    ),
    _Cause(r"(\S+) outside float", "`{0}` stands outside of a figure or table", "write its text as text",
           needles=("{0}",)),
    _Cause("There's no line here to end", "a line break stands where no line was begun",
           "leave it out: a new paragraph begins by itself", needles=(r"\\", r"\newline", r"\linebreak")),
    # ---- numbers and lengths
    _Cause("Missing number, treated as zero", "a number is missing here",
           "write one: a length is a number and a unit, as in `2mm`"),
    _Cause("Illegal unit of measure", "a length has no unit that TeX knows",
           "the units are `mm`, `cm`, `in`, `pt`, `bp`, `em` and `ex`"),
    _Cause("Dimension too large", "a length is greater than TeX can have, 5.75 m",
           "check its unit, and what it is multiplied by"),
    _Cause("Arithmetic overflow", "a calculation gives more than TeX can have",
           "check the factors; none may be 0 in a division"),
    _Cause("Number too big", "a number is greater than TeX can have, 2147483647", "write a smaller one"),
    _Cause("No counter '(.+?)' defined", "there is no counter `{0}`", "check its spelling", needles=("{0}",)),
    _Cause(r"Missing = inserted for (\S+)", "`{0}` compares two numbers, and there is no `=`, `<` or `>`",
           "write it between them",
           needles=("{0}",)),
    # ---- files, packages, fonts, characters
    _Cause(r"File [`'](.+?)\.(?:sty|cls|def|ldf)' not found|I can't find file [`'](.+?)\.sty'",
           "TeX cannot find the package `{0}`",
           "install it from your TeX distribution; `cvbuild doctor` says what the theme needs",
           needles=("{0}",)),
    _Cause(r"(?:File|I can't find file) [`'](.+?)(?:\.tex)?'(?: not found)?",
           "TeX cannot find the file `{0}`",
           "TeX reads no files of the project: put the text itself here", needles=("{0}",)),
    _Cause(r"Option clash for package (\S+)$", "the package `{0}` is loaded twice, with different options",
           r"the theme loads it already: give its options with `\PassOptionsToPackage` before",
           needles=("{0}",)),
    _Cause(r"Unknown option [`'](.+?)' for (?:package )?[`'](.+?)'",
           "the package `{1}` has no option `{0}`", "check its spelling",
           needles=("{0}",)),
    _Cause(r"Missing \\begin\{document\}", r"text stands before `\begin{{document}}`",
           "a `preamble.tex` may hold commands only; look for a stray character"),
    _Cause("Can be used only in preamble",
           "this command works before the document's beginning only", _PACKAGES,
           needles=(r"\usepackage", r"\documentclass", r"\RequirePackage", r"\begin{{document}}",
           r"\nofiles", r"\makeindex")),
    _Cause(r"Unicode character (\S+) \((U\+[0-9A-F]+)\)", "pdflatex cannot print the character {0} ({1})",
           "try `--engine xelatex`",
           "own", needles=("{0}",)),
    _Cause(r"Invalid UTF-8 byte", "a byte here is no character", "save the file as UTF-8"),
    _Cause(r"Text line contains an invalid character", "there is a control character here", "delete it"),
    _Cause(r"Command (\S+) unavailable in encoding (\S+)$", "the theme's font does not have `{0}`",
           "try `--engine xelatex`",
           needles=("{0}",)),
    _Cause(r"Font (\\\S+?)=(\S+?)(?: at .*?)? not loadable|[Tt]he font \"(.+?)\" cannot be found",
           "there is no font `{1}` on this machine",
           "install it, or take the theme's font", needles=("{1}",)),
    # ---- definitions
    _Cause(r"Command (\S+) already defined", "there is a command `{0}` already",
           r"take another name, or `\renewcommand`",
           needles=("{0}",)),
    _Cause(r"Command (\S+) undefined", "there is no command `{0}` to define anew", r"write `\newcommand`",
           needles=("{0}",)),
    _Cause(r"Missing control sequence inserted", r"a definition names no command",
           r"write a name with its backslash, such as `\x`"),
    _Cause(r"Undefined color(?: model)? [`'](.+?)'", "there is no colour `{0}`",
           "the theme's are `cvaccent`, `cvgrey` and `cvrule`",
           needles=("{0}",)),
    _Cause(r"Extra \\(fi|else|or)", r"a `\{0}` has no `\if`", "leave it out", needles=(r"\{0}",)),
    _Cause(r"Incomplete (\\if\w*)", r"an `{0}` has no `\fi`", r"write `\fi` where it ends", needles=("{0}",)),
    _Cause(r"(?:Missing|Extra) \\endcsname", "the name of a command holds something that is no letter",
           "write letters only"),
    _Cause(r"You can't use [`']\\end' ", "something is still open where the document ends",
           "look for a `\\begin` or a brace too many", "vague"),
    _Cause(r"You can't use [`'](.+?)' (?:in|after|as)", "`{0}` does not work here", "leave it out"),
    # ---- TeX's own limits
    _Cause(r"TeX capacity exceeded, sorry \[(grouping levels|semantic nest size)",
           "too many groups or boxes stand within each other",
           "look for a command that calls itself, and for braces by the dozen"),
    _Cause("TeX capacity exceeded",
           "a command here calls itself without end, or asks for more than TeX's memory",
           r"look at what is defined with `\def` or `\newcommand`"),
    _Cause("That makes 100 errors", "TeX gave up after a hundred errors", "look at the log"),
    _Cause("Interruption", "TeX was stopped", "build again"),
    _Cause(r"Emergency stop.*no legal \\end", "the document stops before its end",
           r"look for an `\endinput`, or a command that takes in the rest of the document", "vague",
           (r"\endinput", r"\iffalse", r"\begin{{verbatim}}")),
    _Cause("Emergency stop", "TeX gave up", "look at the log", "vague"),
    _Cause("Fatal error occurred", "TeX gave up and made no PDF", "look at the log", "vague"),
)  # fmt: skip


def meaning(
    message: str, command: str = "", again: str = "", defined: frozenset[str] = frozenset()
) -> Meaning:
    """What a message of TeX means.

    `command` is where TeX stood, `again` the token before which it inserted something, and
    `defined` are the commands of the document itself.
    """
    whole = re.sub(" +", " ", message).rstrip(".")
    if again and whole == "Missing $ inserted":
        whole += f" before {again}"
    for cause in _CAUSES:
        if match := re.search(cause.message, whole):
            groups = [group for group in match.groups() if group is not None] or [""]
            groups = [*groups, *groups[-1:] * 2]
            hint = cause.hint.format(*groups) if cause.hint else hint_for_name(groups[0] or command, defined)
            return Meaning(
                cause.sentence.format(*groups, command=command or "here"),
                hint,
                cause.weight,
                tuple(needle.format(*groups) for needle in cause.needles),
            )
    text = plain_message(message)
    return Meaning(
        f"TeX cannot go on: {text}", "look at the log", needles=tuple(re.findall(r"\\[A-Za-z]+", text))
    )


def plain_message(message: str) -> str:
    """TeX's words without what says only who speaks."""
    return re.sub(r"^(?:LaTeX(?: \w+)? Error: |Package )", "", message).rstrip(".")
