"""What people type, and worse: strategies for texts."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from cvbuild.source import MARK_CHARACTERS

# What the loaders refuse (see tests/read): controls, surrogates, what is no character, our own marks.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

_WITHOUT_SPACE = r"""
    C# F# AT&T 50% a_b^c \input{/etc/passwd} \end{document} }}{{ } { US$ % ~/.bashrc <script> <b>&amp;</b> \\
    \ C:\new\table \newcommand\x{} \def\x#1{} #1 ## ^^M ^^41 ~ ~~ !tex !!str &a *a * ** *** _ __ *a* **b** _c_
    `d` `` ` ``` '' " ' ?` !` -- --- ---- << >> <% %> <# #> {{x}} {%x%} {#x#} : # - ? | > @ @article{ null yes
    0x1F 1e3 2020-01-01 [a](b) [a](https://x.org/_) ![i](j) [a ] [] [a][b] ]( ff fi ffi ffl fj Th … 1/2 1)
    a. A. etc. α α-helix β-decay μm µm ≤5 ≠ → H₂O m² cm⁻¹ ½ № ™ © € “q” ‘q’ «q» „q“ ß ẞ Łódź Çelik Øre Đorđe
    naïve L’Hôpital O'Brien D'Arcy–Smith \(x\) \[x\] $$ $$x$$ $ \$ $\alpha$ $\input{x}$ $a_b$ $a^ x^2 a<b a>b
    a=b a|b a\b \textbf{a} \begin{x} \par \relax \catcode`\%=12 \endinput \csname == ``q'' ,, , ; ... n\'a
    ĳ0 %TAG a: {a} [a,b] 'single' "double" and others mailto:a@b.org tel:+1 a@b.org www.x.org \cvsection
    https://x.org/a_b%20c?x=1&y=2#z (https://x.org/a). https://x.org/* $x$ \cvwhole{0041}{}{B} \x
"""

NASTIES = (
    *_WITHOUT_SPACE.split(),
    "100 %", "$x$ costs $5", "$5 and $6", "$ x$", "$x $", "<< x >>", "<% if %>", "{{ x }}", "{% x %}", ": ",
    " #", " # ", "- a", "? b", "%YAML 1.1", "a: b", "{a: b}", "Dr. rer. nat.", "10 µm", "---\n", "...\n",
    "\\ ", "\\\n", "\u00ad", "\u00a0", "\u200b", "\u200c", "\u200d", "\u200e", "\u2011", "\u2212",
    "e\u0301", "n\u0303", "x\u0323\u0307",
)  # fmt: skip
"""Texts that have meant something else somewhere: to TeX, Jinja, YAML, Markdown or BibTeX."""

SPECIALS = "#$%&~_^\\{}<>\"'|*@-`!?[]()/:;,.=+ \n"


def is_legal(text: str) -> bool:
    """Whether a loader lets the text through."""
    return not _REFUSED.search(text) and not MARK_CHARACTERS.search(text)


LONGEST_WORD = 40
"""A longer one can stick out into the column beside it, of which `overfull-line` warns: the two are
on the page, but a reader of the PDF takes their characters in turns."""
_TOO_LONG = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")

_WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZäöüéßñ0123456789", min_size=1, max_size=12)
_LATIN = st.text(st.characters(max_codepoint=0x17F).filter(is_legal), max_size=8)
_ANY = st.text(st.characters(exclude_categories=("Cs", "Cc")).filter(is_legal), max_size=6)
_SPECIAL = st.text(SPECIALS, min_size=1, max_size=6)
_SPACES = st.sampled_from([" ", "  ", "\n", "\n\n", "\t", " \n ", "      ", "\u00a0", ""])
_LONG = st.text("abcdefgh", min_size=20, max_size=LONGEST_WORD)


def _joined(*pieces: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.lists(st.one_of(*pieces), min_size=1, max_size=7).map("".join)
    return joined.map(lambda text: _TOO_LONG.sub(r"\g<0> ", text))


TYPED = _joined(_WORDS, _SPECIAL, _SPACES, st.sampled_from(NASTIES), _LATIN, _LONG)
"""What a keyboard of Europe gives."""

UNICODE = _joined(_WORDS, _SPECIAL, _SPACES, st.sampled_from(NASTIES), _ANY)
"""Anything that a loader lets through, mixed with what means something elsewhere."""

ANYTHING = st.text(max_size=200) | _joined(_SPECIAL, _ANY, st.text(max_size=5), st.sampled_from(NASTIES))
"""Any characters at all, refused ones, too."""

_SIGNS = st.text("#$%&~_^<>\"'|*@-!?[]()/:;,.=+", min_size=1, max_size=4)
VERBATIM = st.tuples(_WORDS, _SIGNS, _WORDS).map("".join)
"""What can stand in an address or a number: no space, no brace, no backslash."""
