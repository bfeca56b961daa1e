"""The commands and environments that are written most, for those who misspell one."""

from __future__ import annotations

from difflib import SequenceMatcher

# What others write most in their CVs, and which package has it.
_COMMANDS = r"""
    \textbf \textit \emph \texttt \textsc \textsf \textrm \textsl \textup \textmd \textsuperscript
    \textsubscript \underline \mbox \fbox \parbox \href \url \footnote \label \ref \pageref \cite \item
    \begin \end \newline \linebreak \pagebreak \newpage \clearpage \noindent \par \hspace \vspace \hfill
    \vfill \quad \qquad \enspace \thinspace \small \footnotesize \scriptsize \tiny \large \Large \LARGE
    \huge \Huge \normalsize \bfseries \itshape \scshape \ttfamily \sffamily \rmfamily \mdseries \upshape
    \centering \raggedright \raggedleft \textcolor \color \colorbox \definecolor \newcommand \renewcommand
    \providecommand \def \let \input \today \LaTeX \TeX \ldots \dots \copyright \textregistered
    \texttrademark \textdegree \textbullet \textperiodcentered \textendash \textemdash \textquoteleft
    \textquoteright \textbackslash \textasciitilde \textasciicircum \textunderscore \textbar \textless
    \textgreater \texteuro \pounds \S \P \ss \ae \oe \aa \o \l \AE \OE \AA \O \L \i \j \alpha \beta \gamma
    \delta \epsilon \varepsilon \zeta \eta \theta \iota \kappa \lambda \mu \nu \xi \pi \rho \sigma \tau
    \upsilon \phi \varphi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Phi \Psi \Omega
    \frac \sqrt \sum \prod \int \infty \partial \nabla \times \cdot \pm \leq \geq \neq \approx \sim \equiv
    \in \subset \cup \cap \to \rightarrow \leftarrow \Rightarrow \mathrm \mathbf \mathit \mathcal \mathsf
    \hat \bar \vec \tilde \overline \left \right \ensuremath \hline \multicolumn \cline \rule \makebox
    \raisebox \setlength \addtolength \setcounter \cvpar \cvrow \cvtext
""".split()
_ENVIRONMENTS = """
    itemize enumerate description center flushleft flushright tabular tabbing minipage quote quotation
    equation displaymath math array list verse verbatim
""".split()
_PACKAGE_OF = {
    "graphicx": r"\includegraphics \rotatebox \scalebox \resizebox \reflectbox",
    "amsmath": r"""\text \dfrac \tfrac \binom \operatorname \eqref \DeclareMathOperator align align* gather
        gather* equation* pmatrix bmatrix cases""",
    "amssymb": r"""\mathbb \mathfrak \lesssim \gtrsim \square \blacksquare \checkmark \leqslant \geqslant
        \nmid \varnothing""",
    "booktabs": r"\toprule \midrule \bottomrule \cmidrule",
    "fontawesome5": r"\faIcon \faEnvelope \faPhone \faGithub \faLinkedin \faOrcid \faGlobe",
    "siunitx": r"\SI \si \qty \unit \num \ang",
    "mhchem": r"\ce",
    "csquotes": r"\enquote",
    "ulem": r"\sout \uline \uwave",
    "soul": r"\ul \hl \st \so",
    "eurosym": r"\euro \EUR",
    "enumitem": r"\setlist",
    "multicol": r"multicols",
    "tabularx": r"tabularx",
    "longtable": r"longtable",
    "academicons": r"\aiOrcid \aiGoogleScholar \aiResearchGate",
}
_PACKAGES_OF_NAMES = {name: package for package, names in _PACKAGE_OF.items() for name in names.split()}


def hint_for_name(name: str, defined: frozenset[str]) -> str:
    """What to do about a command or an environment that TeX does not know."""
    if package := _PACKAGES_OF_NAMES.get(name):
        return rf"load its package, with `\usepackage{{{package}}}` in `latex_templates/macros.tex`"
    known = [*_COMMANDS, *defined] if name.startswith("\\") else _ENVIRONMENTS
    # Nearer than for other words: among so many short commands something is always near.
    nearness = [SequenceMatcher(None, name.casefold(), other.casefold()).ratio() for other in known]
    best = max(range(len(known)), key=nearness.__getitem__)
    return f"did you mean `{known[best]}`?" if nearness[best] >= 0.75 else "check its spelling"
