"""How a text of the content is written in TeX: its markup, links and formulas.

The one place where text becomes TeX, so that nothing that was typed as text can reach TeX as
a command.
"""

from __future__ import annotations

from markupsafe import Markup

from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.inline import Inline, Inlines, Link, Math, Placed, RawTex, Str, Styled, plain
from cvbuild.record import MutableRecord, field
from cvbuild.render.characters import breakable_url, escape, escape_url
from cvbuild.render.markdown import is_allowed, paragraphs, parse_inline, refused_addresses
from cvbuild.render.math import unpaired_brace, unsafe_command, with_commands
from cvbuild.render.sourcemap import Kind, SpanMarks, without_marks
from cvbuild.source import Scalar, Span

_STYLE_COMMANDS = {
    "emph": r"\emph",
    "strong": r"\textbf",
    "code": r"\texttt",
    "smallcaps": r"\textsc",
    "sub": r"\textsubscript",
    "sup": r"\textsuperscript",
}


class TextPrinter(MutableRecord, kw_only=True):
    """Writes texts, and keeps where they came from."""

    marks: SpanMarks = field(default_factory=SpanMarks.empty)
    findings: Findings = field(default_factory=Findings)

    def scalar(self, scalar: Scalar) -> Markup:
        """A text in one piece."""
        kind: Kind = "tex" if scalar.tag == "tex" else "text"
        return self.marked(self.scalar_inlines(scalar), scalar.span, kind)

    def scalar_paragraphs(self, scalar: Scalar) -> list[Markup]:
        """The paragraphs of a text, each by itself."""
        if scalar.tag == "tex":
            return [self.scalar(scalar)]
        return [self.marked(self._parsed(part, scalar.span), scalar.span) for part in paragraphs(scalar)]

    def scalar_inlines(self, scalar: Scalar) -> Inlines:
        """A scalar's inline markup; `!tex` is passed on."""
        if scalar.tag != "tex":
            return self._parsed(scalar, scalar.span)
        if (brace := unpaired_brace(scalar)) is not None:
            self.findings.error(
                "tex-braces",
                f"a `{brace}` in this `!tex` has no partner",
                scalar.span.first_line(),
                r"count the braces; one that is meant as a character is written `\{` or `\}`",
            )
        return (RawTex(str(scalar)),)

    def _parsed(self, text: str, span: Span) -> Inlines:
        for url in refused_addresses(text):
            self._check_address(url, span)
        return parse_inline(str(text))

    def _check_address(self, url: str, span: Span) -> None:
        """A warning, once, for an address that does not become a link."""
        if is_allowed(url):
            return
        found = Diagnostic(
            "link-scheme",
            f"`{url}` is printed without a link",
            span.first_line(),
            "warning",
            hints=("links lead to `https://`, `http://`, `mailto:` and `tel:` only",),
        )
        if found not in self.findings.items:
            self.findings.items.append(found)

    def marked(self, inlines: Inlines, span: Span, kind: Kind = "text") -> Markup:
        """TeX of inline text that came from a place."""
        return Markup(self.marks.wrap(self._inlines(inlines, span), span, kind))

    def _inlines(self, inlines: Inlines, span: Span) -> str:
        return "".join(self._inline(item, span) for item in inlines)

    def _inline(self, inline: Inline, span: Span) -> str:
        match inline:
            case Str(text):
                return escape(text)
            case Styled(style, content):
                return f"{_STYLE_COMMANDS[style]}{{{self._inlines(content, span)}}}"
            case Link(url, content):
                self._check_address(url, span)
                shown = (
                    breakable_url(url, whole=True) if plain(content) == url else self._inlines(content, span)
                )
                return self.link(shown, url)
            case RawTex(tex):
                # A `%` comments out the rest of the line and a last backslash takes what follows,
                # which must not be the template's.
                return f"{tex}\n" if "%" in tex or tex.endswith("\\") else tex
            case Placed(content, place):
                return self.marks.wrap(self._inlines(content, place), place)
            case Math(tex):
                return self._math(tex, span)

    def _math(self, tex: str, span: Span) -> str:
        written = with_commands(tex)
        culprit = unsafe_command(written)
        if culprit is None:
            return rf"\({written}\)"
        self.findings.warning(
            "odd-formula",
            f"`{culprit}` keeps `${tex}$` from being a formula; it is printed as typed",
            span.first_line(),
            r"write dollars that are meant as dollars as `\$`; other TeX is asked for with `!tex`",
        )
        return escape(f"${tex}$")

    def link(self, shown: str, url: str) -> str:
        """TeX that leads to an address; without one that works, its text alone."""
        if not is_allowed(url):
            return shown
        return rf"\href{{{escape_url(url)}}}{{{shown}}}"


def ends_sentence(tex: str) -> bool:
    """Whether TeX needs no full stop behind it."""
    shown = without_marks(tex).rstrip("}")
    return shown.endswith(tuple(".!?。．！？؟۔।")) or shown.rstrip("”“’‘»«\u202f\u00a0").endswith(".")
