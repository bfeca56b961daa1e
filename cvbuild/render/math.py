"""Whether a formula that somebody typed is only a formula."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)

# Commands of LaTeX's kernel that belong in a formula and can do nothing else.
_ALLOWED = frozenset(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi
    varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi
    Pi Sigma Upsilon Phi Psi Omega hbar imath jmath ell wp Re Im partial infty prime emptyset nabla
    surd top bot angle forall exists neg flat natural sharp clubsuit diamondsuit heartsuit spadesuit
    sum prod coprod int oint bigcap bigcup bigsqcup bigvee bigwedge bigodot bigotimes bigoplus
    biguplus pm mp times div ast star circ bullet cdot cap cup uplus sqcap sqcup vee wedge setminus
    wr diamond bigtriangleup bigtriangledown triangleleft triangleright oplus ominus otimes oslash
    odot bigcirc dagger ddagger amalg leq le geq ge equiv models prec succ sim perp preceq succeq
    simeq mid ll gg asymp parallel subset supset approx bowtie subseteq supseteq cong sqsubseteq
    sqsupseteq neq ne smile in ni propto vdash dashv notin doteq frown leftarrow gets rightarrow to
    leftrightarrow Leftarrow Rightarrow Leftrightarrow mapsto longleftarrow longrightarrow
    longmapsto uparrow downarrow updownarrow Uparrow Downarrow nearrow searrow swarrow nwarrow iff
    implies langle rangle lceil rceil lfloor rfloor lbrace rbrace vert Vert backslash hat check
    breve acute grave tilde bar vec dot ddot widetilde widehat overline underline overbrace
    underbrace sqrt frac left right big Big bigg Bigg bigl bigr mathrm mathbf mathit mathsf mathtt
    mathcal textrm textit textbf mbox arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp
    gcd hom inf ker lg lim liminf limsup ln log max min Pr sec sin sinh sup tan tanh quad qquad
    ldots cdots vdots ddots dots limits nolimits displaystyle textstyle scriptstyle not""".split()
)
_ALLOWED_SIGNS = frozenset(",;:! {}|%&#$_\\'")


def unpaired_brace(tex: str) -> str | None:
    """The kind of brace that lacks its partner, escaped braces apart; None where all pair up."""
    depth = 0
    for char in re.sub(r"\\.", "", tex, flags=re.DOTALL):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            return "}"
    return "{" if depth else None


def unsafe_command(tex: str) -> str | None:
    """What keeps a formula from being typeset as one: a command outside the list, or its braces."""
    for match in _COMMAND.finditer(tex):
        name = match[1]
        if name not in _ALLOWED and name not in _ALLOWED_SIGNS:
            return f"\\{name}"
        if name in {"\\", "&"}:
            return f"\\{name}"
    if brace := unpaired_brace(tex):
        return brace
    bare = re.sub(r"\\.", "", tex, flags=re.DOTALL)
    if special := re.search(r"[$#&%~]", bare):
        return special[0]
    if bare.count("{") == 0 and re.search(r"[_^]\s*([_^]|$)", bare):
        return "^"
    if tex.count(r"\left") - tex.count(r"\leftarrow") - tex.count(r"\leftrightarrow") != tex.count(
        r"\right"
    ) - tex.count(r"\rightarrow"):
        return r"\left"
    return None if tex.strip() else "$"
