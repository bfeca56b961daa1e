"""Print values of the content as TeX.

Everything that a template prints passes through `Printer.tex`, the only place where text becomes TeX, so
typed text cannot reach TeX as a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import cycle
from string import Formatter

from markupsafe import Markup

from cvbuild.content.publications import Publication
from cvbuild.content.values import Date, Period, Text
from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.inline import Inlines, Link, Math, Placed, RawTex, RichText, Str, Styled, plain
from cvbuild.read.parsed import Name, NameList
from cvbuild.record import MutableRecord, field
from cvbuild.render import markup
from cvbuild.render.escape import IDEOGRAPHIC, breakable_url, escape, escape_outline, escape_url
from cvbuild.render.labels import BABEL_ALIASES, ORDINALS, base_of, conjunction, format_date, format_period
from cvbuild.render.sourcemap import SpanMarks, without_marks
from cvbuild.source import Scalar, Span

_STYLE_COMMANDS = {
    "emph": r"\emph", "strong": r"\textbf", "code": r"\texttt", "smallcaps": r"\textsc",
    "sub": r"\textsubscript", "sup": r"\textsuperscript",
}  # fmt: skip
_DOUBLE = re.compile(r"[“”„«»]|\\textquotedbl\{\}")
_GUILLEMETS = re.compile(r"«(?:\\,|~| )?|(?:\\,|~| )?»")


class Printer(MutableRecord):
    """Writes values in a language; `main` is that of unmarked texts, `hyphenations` babel's name by code."""

    language: str
    labels: Mapping[str, str]
    main: str = ""
    hyphenations: Mapping[str, str] = field(default_factory=dict)
    marks: SpanMarks = field(default_factory=SpanMarks)
    findings: Findings = field(default_factory=Findings)

    def tex(self, value: object) -> Markup:
        """Return the value as TeX. Raises TypeError for a value without a printed form."""
        match value:
            case Markup():
                return value
            case Text():
                before, behind = self._hyphenation(value)
                return Markup(f"{before}{self.tex(value.in_language(self.language))}{behind}")
            case Scalar():
                written = self._inlines(self._inlines_of(value), value.span)
                return Markup(self.marks.wrap(written, value.span, "tex" if value.tag == "tex" else "text"))
            case RichText():
                return Markup(self.marks.wrap(self._inlines(value.inlines, value.span), value.span))
            case Date():
                return Markup(escape(format_date(value, self.language, self.labels)))
            case Period():
                return Markup(escape(format_period(value, self.language, self.labels)))
            case str():
                return Markup(escape(value))
            case bool():
                raise TypeError("yes or no has no printed form")
            case int() | float():
                return Markup(str(value))
            case None:
                return Markup("")
        raise TypeError(f"a {type(value).__name__} has no printed form")

    def plain(self, value: object) -> str:
        """Return the value's characters without markup, for the outline and metadata."""
        match value:
            case Text():
                return self.plain(value.in_language(self.language))
            case Scalar():
                return plain(self._inlines_of(value))
            case RichText():
                return plain(value.inlines)
        return "" if value is None else str(value)

    def paragraphs(self, value: Text | Scalar | None) -> list[Markup]:
        """Return each paragraph of a text as TeX; blank lines separate paragraphs."""
        if isinstance(value, Text):
            before, behind = self._hyphenation(value)
            chosen = self.paragraphs(value.in_language(self.language))
            return [Markup(f"{before}{tex}{behind}") for tex in chosen]
        if value is None or value.tag == "tex":
            return [] if value is None else [self.tex(value)]
        parts = (part.strip() for part in re.split(r"\n[ \t]*\n", value))
        return [self.tex(Scalar(part, value.span, value.tag)) for part in parts if part]

    def _hyphenation(self, text: Text) -> tuple[str, str]:
        """Return TeX to put before and after a text, to hyphenate the text in its own language."""
        language = text.key_for(self.language) or self.main
        name = self.hyphenations.get(language) or self.hyphenations.get(base_of(language))
        if name in {None, self.labels["babel"]} or base_of(language) == base_of(self.language):
            return "", ""
        return rf"\cvin{{{name}}}{{", "}"

    def own_hyphenation(self, publication: Publication) -> Markup:
        """Return TeX that selects an entry's hyphenation: its `langid`, else the main language."""
        given = (publication.raw.get("langid") or "").strip().lower()
        given = BABEL_ALIASES.get(given, given)
        is_known = given in self.hyphenations.values()
        name = given if is_known else self.hyphenations.get(base_of(self.main))
        return Markup("" if name in {None, self.labels["babel"]} else rf"\cvlanguage{{{name}}}")

    def _inlines_of(self, scalar: Scalar) -> Inlines:
        """Parse a scalar's inline markup, and warn of links that stay text; keep `!tex` as raw TeX."""
        if scalar.tag != "tex":
            for url in markup.REFUSED.findall(scalar) if "](" in scalar else ():
                self._warn_unlinked(url, scalar.span)
            return markup.parse_inline(str(scalar))
        if (brace := markup.unpaired_brace(scalar)) is not None:
            message = f"a `{brace}` in this `!tex` has no partner"
            hint = r"count the braces; one that is meant as a character is written `\{` or `\}`"
            self.findings.error("tex-braces", message, scalar.span.first_line(), hint)
        return (RawTex(str(scalar)),)

    def _warn_unlinked(self, url: str, span: Span) -> None:
        """Warn once of a URL that does not become a link."""
        message = f"`{url}` is printed without a link"
        hint = "links lead to `https://`, `http://`, `mailto:` and `tel:` only"
        found = Diagnostic("link-scheme", message, span.first_line(), "warning", hints=(hint,))
        if found not in self.findings.items:
            self.findings.items.append(found)

    def _inlines(self, inlines: Inlines, span: Span) -> str:
        """Return inline text as TeX; report problems at the span."""
        parts = []
        for inline in inlines:
            match inline:
                case Str(text):
                    parts.append(escape(text))
                case Styled(style, content):
                    parts.append(f"{_STYLE_COMMANDS[style]}{{{self._inlines(content, span)}}}")
                case Link(url, content):
                    if not markup.ALLOWED.match(url):
                        self._warn_unlinked(url, span)
                    is_bare = plain(content) == url
                    shown = breakable_url(url, whole=True) if is_bare else self._inlines(content, span)
                    parts.append(self._link(shown, url))
                case RawTex(tex):
                    # End the line, so that a `%` or a final backslash in raw TeX does not affect
                    # the template's text after it.
                    parts.append(f"{tex}\n" if "%" in tex or tex.endswith("\\") else tex)
                case Placed(content, place):
                    parts.append(self.marks.wrap(self._inlines(content, place), place))
                case Math(typed):
                    formula = markup.with_commands(typed)
                    if (culprit := markup.unsafe_command(formula)) is None:
                        parts.append(rf"\({formula}\)")
                        continue
                    parts.append(escape(f"${typed}$"))
                    message = f"`{culprit}` keeps `${typed}$` from being a formula; it is printed as typed"
                    hint = r"write dollars that are meant as dollars as `\$`"
                    hint += "; other TeX is asked for with `!tex`"
                    self.findings.warning("odd-formula", message, span.first_line(), hint)
        return "".join(parts)

    @staticmethod
    def _link(shown: str, url: str) -> str:
        """Return a TeX link, or only its text if the URL's scheme is not allowed."""
        return rf"\href{{{escape_url(url)}}}{{{shown}}}" if markup.ALLOWED.match(url) else shown

    def weblink(self, url: str | Text) -> Markup:
        """Return a URL as a link; its text omits the scheme and may break after separators."""
        if isinstance(url, Text):
            url = url.in_language(self.language)
        tex = self._link(breakable_url(url), url)
        return Markup(self.marks.wrap(tex, url.span) if isinstance(url, Scalar) else tex)

    def linked(self, value: object, url: str | Text | None) -> Markup:
        """Return a value as TeX, as a link if a URL is given."""
        tex = self.tex(value).strip()
        return Markup(self._link(tex, str(url))) if url and tex else tex

    def publication_links(self, publication: Publication) -> list[Markup]:
        """Return the links of an entry: the DOI, then others with their label, if they have one."""
        links = []
        if (doi := publication.doi) is not None:
            shown = self._link(r"\cvurl{" + escape(f"doi:{doi}") + "}", f"https://doi.org/{doi}")
            links.append(Markup(self.marks.wrap(shown, doi.span)))
        for link in publication.links:
            label = self.labels.get(link.field)
            before = Markup(escape(label) + "~") if label else Markup()
            links.append(before + self.weblink(link.url))
        return links

    def joined(self, values: Iterable[object], separator: str = "") -> Markup:
        """Join the non-empty values, stripped, by a separator."""
        # Join plain strings: Markup would check each for escaping again, although they are TeX.
        written = (str.strip(self.tex(item)) for item in values)
        return Markup(escape(separator).join(filter(None, written)))

    def sentences(self, parts: Iterable[object]) -> Markup:
        """Join the non-empty parts as sentences, and add each missing full stop."""
        written = []
        for tex in filter(None, (str.strip(self.tex(item)) for item in parts)):
            shown = without_marks(tex).rstrip("}")
            within = shown.rstrip("”“’‘»«\u202f\u00a0")
            is_ended = shown.endswith(tuple(".!?。．！？؟۔।")) or within.endswith(".")
            written.append(tex if is_ended else f"{tex}.")
        return Markup(" ".join(written))

    def concatenated(self, values: Iterable[object]) -> str:
        """Join values for Jinja's `~`: plain strings and numbers to a string, others to TeX."""
        values = list(values)
        if all(isinstance(item, str | int) and not isinstance(item, Markup | Scalar) for item in values):
            return "".join(map(str, values))
        return Markup("".join(map(self.tex, values)))

    def label(self, name: str, **values: object) -> Markup:
        """Fill the `{name}` fields of a label; print the label's text and the values as TeX."""
        parts = []
        for text, place, _, _ in Formatter().parse(self.labels[name]):
            parts += [self.tex(text), self.tex(values[place] if place is not None else "")]
        return Markup("").join(parts)

    def outline(self, value: object) -> Markup:
        """Return a value as TeX without markup, for the PDF's outline and metadata."""
        return Markup(escape_outline(self.plain(value)))

    def quoted(self, value: object) -> Markup:
        """Put a value in the language's quotation marks; paired double marks inside become inner marks."""
        names = ("open", "close", "inner_open", "inner_close")
        opening, closing, *inner = (escape(self.labels[f"quote_{name}"]) for name in names)
        tex = str(self.tex(value))
        if len(_DOUBLE.findall(tex)) % 2 == 0:
            tex = _GUILLEMETS.sub(lambda match: match[0].strip("~ ").replace(r"\,", ""), tex)
            marks = cycle(inner)
            tex = _DOUBLE.sub(lambda match: next(marks), tex)
        return Markup(opening + tex + closing)

    def ordinal(self, value: object) -> Markup:
        """Write a plain number as a feminine ordinal, for an edition: `2nd`; print other values as TeX."""
        text, base = self.plain(value).strip(), base_of(self.language)
        if not re.fullmatch(r"[1-9]\d{0,2}", text) or not isinstance(value, RichText):
            return self.tex(value)
        written = ORDINALS.get(base, "{}").format(text)
        if base == "fr" and text == "1":
            written = "1re"
        elif base == "en" and text[-2:] not in {"11", "12", "13"}:
            written = text + {"1": "st", "2": "nd", "3": "rd"}.get(text[-1], "th")
        return self.tex(RichText((Str(written),), value.span))

    def name(self, name: Name, marks: str | None = None) -> str:
        """Write the particle, family name, initials and suffix of a name: `Müller K-R`.

        The signs `marks` follow the name; None means the mark typed after the name.
        """
        behind = escape(name.mark) if marks is None else self.signs(marks)
        if name.family[:1] and name.family[0] in IDEOGRAPHIC and name.given:
            # East Asian names are short, and have no initials.
            return r"\cvname{" + escape(f"{name.family}{name.given}") + "}" + behind
        family = " ".join(part for part in (name.particle, name.family) if part)
        # A line must not break within `K-R`.
        initials = escape(name.initials).replace("-", r"\cvhyphen{}")
        parts = [part for part in (escape(family), initials, escape(name.suffix)) if part]
        return r"\cvname{" + " ".join(parts).replace(" ", "~") + "}" + behind

    def signs(self, marks: str) -> Markup:
        """Write the signs after a name as superscripts, except for stars, which fonts draw raised."""
        pieces = (piece for piece in re.split(r"(\*+)", marks) if piece)
        raised = (piece if piece[0] == "*" else rf"\cvmark{{{escape(piece)}}}" for piece in pieces)
        return Markup("".join(raised))

    def names(
        self,
        people: NameList,
        bold: Iterable[int],
        longest: int | None = None,
        marks: Mapping[int, str] | None = None,
    ) -> Markup:
        """Write a list of names, with `and` before the last, and names at the positions `bold` in bold.

        Only the first `longest` names are shown, and bold names after them, with dots for each gap.
        `marks` holds the signs after the name at a position (0-based).
        """
        emphasised = set(bold)
        shown = people.shown(longest, emphasised)
        pieces: list[str] = []
        for at, position in enumerate(shown):
            written = self.name(people.names[position], (marks or {}).get(position))
            is_after_gap = at > 0 and position > shown[at - 1] + 1
            written = rf"\textbf{{{written}}}" if position in emphasised else written
            pieces.append(rf"\dots, {written}" if is_after_gap else written)
        tex = ", ".join(pieces)
        if people.others or (shown and shown[-1] < len(people.names) - 1):
            tex = ", ".join([*pieces, escape(self.labels["others"])])
        elif len(pieces) > 1:
            last = people.names[-1]
            word = conjunction(self.labels["and"], last.particle or last.family, self.language)
            tex = ", ".join(pieces[:-1]) + f" {escape(word)} " + pieces[-1]
        return Markup(self.marks.wrap(tex, people.span) if people.span else tex)
