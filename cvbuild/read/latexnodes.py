"""LaTeX inside BibTeX fields to inline text through pylatexenc, for what `latex` does not read itself."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pylatexenc import latex2text, latexwalker
from pylatexenc.latexwalker import LatexWalker, LatexWalkerError
from pylatexenc.macrospec import std_macro

from cvbuild.diagnostics import Findings
from cvbuild.inline import Inline, Inlines, Link, Math, Str, Styled, plain
from cvbuild.read.texletters import ACCENTS, LETTERS, SIGNS, STYLES, Style, accented, merged, typography
from cvbuild.source import Span

_SPACE = re.compile(r"[ \t\r\n]+")
_TRANSPARENT = frozenset(
    """mbox hbox text textrm textup textmd textnormal textsf uppercase ensuremath underline uline natexlab
    mathrm operatorname""".split()
)
_IGNORED_SWITCHES = frozenset(
    """relax protect noopsort rm sf normalfont rmfamily sffamily upshape mdseries small footnotesize
    selectfont / - ! allowbreak""".split()
)
_BY_STYLE: dict[Style, str] = {
    "emph": "em it itshape sl",
    "strong": "bf bfseries",
    "code": "tt",
    "smallcaps": "sc scshape",
}
_SWITCHES = {name: style for style, names in _BY_STYLE.items() for name in names.split()}
"""Macros that style the rest of their group."""
_DEEPEST = 50
"""How deep a field may be nested: pylatexenc calls itself several times for each level."""
_QUOTES = ("enquote", "mkbibquote")


def read_in_full(text: str, span: Span, findings: Findings) -> Inlines:
    """The inline text of a field through pylatexenc, whatever it holds."""
    return _Decoder(text, span, findings).inlines()


@lru_cache(maxsize=1)
def _context() -> Any:
    """Pylatexenc's macros and their arguments, with the few it does not know."""
    context = latexwalker.get_default_latex_context_db()
    context.add_context_category(
        "cvbuild",
        macros=[std_macro(name, "{") for name in (*STYLES, *_QUOTES, *_TRANSPARENT, "noopsort")]
        + [std_macro("href", "{{"), std_macro("url", "{"), std_macro("nolinkurl", "{")],
        prepend=True,
    )
    return context


@lru_cache(maxsize=1)
def _characters() -> dict[str, str | None]:
    """Macros that stand for characters (`\\ss`, `\\L`, `\\textendash`), by name."""
    context = latex2text.get_default_latex_context_db()
    found: dict[str, str | None] = {}
    for category in context.categories():
        for spec in context.iter_macro_specs([category]):
            if isinstance(spec.simplify_repl, str) and "%" not in spec.simplify_repl:
                found.setdefault(spec.macroname, spec.simplify_repl)
    found |= LETTERS | SIGNS
    found["\\"] = " "
    return found


class _Decoder:
    """One field's text on its way through pylatexenc's nodes."""

    def __init__(self, text: str, span: Span, findings: Findings) -> None:
        self.text = text
        self.span = span
        self.findings = findings

    def inlines(self) -> Inlines:
        # An opening `%` would hide the rest of the field from TeX's own reader;
        # in a bibliography it is a per cent sign somebody forgot to escape.
        text = re.sub(r"(?<!\\)%", r"\\%", self.text)
        # TeX's names of macros are of the letters A to Z: in `\Lé`, `é` is none of it.
        text = re.sub(r"(\\[A-Za-z]+)(?=[^\W\d_])(?![A-Za-z])", r"\1 ", text)
        if _depth(text) > _DEEPEST:
            return self.as_plain("are nested too deep")
        walker: LatexWalker = LatexWalker(text, latex_context=_context(), tolerant_parsing=False)
        try:
            nodes, _, _ = walker.get_latex_nodes(pos=0)
        except LatexWalkerError:
            return self.as_plain("do not pair up")
        return merged(self.nodes(nodes))

    def as_plain(self, problem: str) -> Inlines:
        """The text without its braces, where they cannot be read."""
        shown = self.text if len(self.text) <= 60 else self.text[:57] + "…"
        message = f"the braces or dollars in `{shown}` {problem}; taken as plain text"
        self.findings.warning("bib-latex", message, self.span)
        return (Str(typography(re.sub(r"[{}]", "", self.text))),)

    def nodes(self, nodes: list[Any]) -> list[Inline]:
        result: list[Inline] = []
        as_typed = False  # behind an unknown macro: what is its argument is not known either
        for index, node in enumerate(nodes):
            as_typed = as_typed and (
                isinstance(node, latexwalker.LatexGroupNode)
                or (isinstance(node, latexwalker.LatexCharsNode) and not _SPACE.search(node.chars))
            )
            if as_typed:
                result.append(Str(node.latex_verbatim()))
            elif isinstance(node, latexwalker.LatexCharsNode):
                result.append(Str(typography(node.chars)))
            elif isinstance(node, latexwalker.LatexGroupNode):
                result.extend(self.nodes(node.nodelist))
            elif isinstance(node, latexwalker.LatexMathNode):
                result.append(Math("".join(part.latex_verbatim() for part in node.nodelist)))
            elif isinstance(node, latexwalker.LatexSpecialsNode):
                result.append(Str(typography(node.specials_chars)))
            elif isinstance(node, latexwalker.LatexMacroNode):
                if node.macroname in _SWITCHES:
                    content = merged(self.nodes(nodes[index + 1 :]))
                    if content and isinstance(content[0], Str):
                        content = (Str(content[0].text.lstrip()), *content[1:])
                    result.append(Styled(_SWITCHES[node.macroname], content))
                    break
                found = self.macro(node)
                as_typed = found is None
                result.extend(self.unknown(node) if found is None else found)
            else:
                result.append(Str(node.latex_verbatim()))
        return result

    def macro(self, node: Any) -> list[Inline] | None:
        """What a macro with its arguments stands for, or None where it is not known."""
        name: str = node.macroname
        arguments = [item for item in (node.nodeargd.argnlist if node.nodeargd else []) if item is not None]
        if name in ACCENTS and arguments:
            return [Str(accented(name, plain(merged(self.nodes(arguments)))))]
        if name in STYLES:
            return [Styled(STYLES[name], merged(self.nodes(arguments)))]
        if name in _QUOTES:
            return [Str("“"), *self.nodes(arguments), Str("”")]
        if name in _IGNORED_SWITCHES:
            return []
        if name in _TRANSPARENT:
            return self.nodes(arguments)
        if name in {"url", "nolinkurl"} and arguments:
            url = _verbatim(arguments[0])
            return [Link(url, (Str(url),))]
        if name == "href" and len(arguments) == 2:
            return [Link(_verbatim(arguments[0]), merged(self.nodes(arguments[1:])))]
        known = _characters().get(name)
        if known is not None:
            return [Str(known), *self.nodes(arguments)]
        return None

    def unknown(self, node: Any) -> list[Inline]:
        message = f"the macro `\\{node.macroname}` is not known here; it is printed as typed"
        hint = "write the character itself: the file is read as UTF-8"
        self.findings.warning("bib-macro", message, self.span, hint)
        return [Str(node.latex_verbatim())]


def _depth(text: str) -> int:
    """How many groups, optional arguments, formulas, environments and switches lie within each other."""
    outer: list[int] = []
    depth = deepest = 0
    for token in re.findall(r"\\[a-zA-Z]+|\\.|[{}\[]", text):
        if token == "{":
            outer.append(depth)
            depth += 1
        elif token == "}":
            depth = outer.pop() if outer else 0
        elif token in {"[", r"\(", r"\[", r"\begin"} or token[1:] in _SWITCHES:
            depth += 1
        deepest = max(deepest, depth)
    return deepest


def _verbatim(node: Any) -> str:
    text: str = node.latex_verbatim()
    text = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    return re.sub(r"\\([%#&_~])", r"\1", text)
