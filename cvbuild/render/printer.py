"""How a value of the content is written in TeX.

Everything that a template prints comes through `Printer.tex`. This is the one place where text becomes TeX,
so that nothing that was typed as text can reach TeX as a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from string import Formatter

from markupsafe import Markup

from cvbuild.content.publications import Publication
from cvbuild.content.values import Date, Period, Text
from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.inline import Inline, Inlines, Link, Math, Placed, RawTex, RichText, Str, Styled, plain
from cvbuild.read.library import Name, NameList
from cvbuild.record import MutableRecord, field
from cvbuild.render.escape import breakable_url, escape, escape_outline, escape_url
from cvbuild.render.labels import (
    BABEL_ALIASES,
    base_of,
    conjunction,
    format_date,
    format_period,
    ordinal,
    with_inner_quotes,
)
from cvbuild.render.markdown import is_allowed, paragraphs, parse_inline, refused_addresses
from cvbuild.render.math import unpaired_brace, unsafe_command, with_commands
from cvbuild.render.scripts import is_ideographic
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


class Printer(MutableRecord):
    """Writes values in one language, and keeps where they came from.

    `main` is the language of texts without one; `hyphenations` are the names that babel has for
    languages, by their codes.
    """

    language: str
    labels: Mapping[str, str]
    main: str = ""
    hyphenations: Mapping[str, str] = field(default_factory=dict)
    marks: SpanMarks = field(default_factory=SpanMarks)
    findings: Findings = field(default_factory=Findings)

    def tex(self, value: object) -> Markup:
        """The value as TeX. Raises TypeError for what is not meant to be printed."""
        match value:
            case Markup():
                return value
            case Text():
                return self._broken_as_its_own(self.tex(self._chosen(value)), value)
            case Scalar():
                return self.scalar(value)
            case RichText():
                return self.marked(value.inlines, value.span)
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

    def _chosen(self, text: Text) -> Scalar:
        """The text in the printer's language, or what stands in for it."""
        return text.in_language(self.language)

    def _broken_as_its_own(self, tex: Markup, text: Text) -> Markup:
        """TeX of a text, its words broken as those of the language that it is in."""
        language = text.key_for(self.language) or self.main
        name = self.hyphenations.get(language) or self.hyphenations.get(base_of(language))
        if not tex or name in {None, self.labels["babel"]} or base_of(language) == base_of(self.language):
            return tex
        return Markup(rf"\cvin{{{name}}}{{") + tex + Markup("}")

    def own_hyphenation(self, publication: Publication) -> Markup:
        """TeX that has an entry broken as its `langid` says, else as the CV's texts without a language."""
        given = (publication.raw.get("langid") or "").strip().lower()
        given = BABEL_ALIASES.get(given, given)
        is_known = given in self.hyphenations.values()
        name = given if is_known else self.hyphenations.get(base_of(self.main))
        return Markup("" if name in {None, self.labels["babel"]} else rf"\cvlanguage{{{name}}}")

    def plain(self, value: object) -> str:
        """The characters alone, for the outline and metadata."""
        match value:
            case Text():
                return self.plain(value.in_language(self.language))
            case Scalar():
                return plain(self.scalar_inlines(value))
            case RichText():
                return plain(value.inlines)
            case None:
                return ""
        return str(value)

    def paragraphs(self, value: Text | Scalar | None) -> list[Markup]:
        """The paragraphs of a text, each as TeX."""
        if value is None:
            return []
        if isinstance(value, Scalar):
            return self.scalar_paragraphs(value)
        return [self._broken_as_its_own(tex, value) for tex in self.scalar_paragraphs(self._chosen(value))]

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

    def weblink(self, url: str | Text) -> Markup:
        """An address as a link, shown without its scheme; breakable after its separators."""
        if isinstance(url, Text):
            url = url.in_language(self.language)
        tex = self.link(breakable_url(url), url)
        return Markup(self.marks.wrap(tex, url.span) if isinstance(url, Scalar) else tex)

    def linked(self, value: object, url: str | Text | None) -> Markup:
        """A value as a link, where there is an address."""
        tex = self.tex(value).strip()
        return Markup(self.link(tex, str(url))) if url and tex else tex

    def joined(self, values: Iterable[object], separator: str = "") -> Markup:
        """Values one after the other, empty ones left out."""
        return Markup(escape(separator).join(self._printed(values)))

    def concatenated(self, values: Iterable[object]) -> str:
        """What Jinja's `~` gives: characters for characters alone, else TeX."""
        values = list(values)
        if all(isinstance(item, str | int) and not isinstance(item, Markup | Scalar) for item in values):
            return "".join(map(str, values))
        return Markup("".join(map(self.tex, values)))

    def outline(self, value: object) -> Markup:
        """Without markup, for the PDF's outline and metadata."""
        return Markup(escape_outline(self.plain(value)))

    def quoted(self, value: object) -> Markup:
        """In the language's quotation marks; those that were typed within become its inner ones."""
        outer, inner = (
            [escape(self.labels[f"quote_{name}"]) for name in names]
            for names in (("open", "close"), ("inner_open", "inner_close"))
        )
        return Markup(outer[0] + with_inner_quotes(self.tex(value), *inner) + outer[1])

    def ordinal(self, value: object) -> Markup:
        """What is a number alone as the language counts with it: `2nd`; all else as it was typed."""
        text = self.plain(value).strip()
        if not re.fullmatch(r"[1-9]\d{0,2}", text) or not isinstance(value, RichText):
            return self.tex(value)
        return self.marked((Str(ordinal(int(text), self.language)),), value.span)

    def name(self, name: Name, marks: str | None = None) -> str:
        """Family name first, then initials: `Müller K-R`; particles before, suffixes after.

        Behind it the mark that was typed there, or `marks` in its place.
        """
        behind = escape(name.mark) if marks is None else self.signs(marks)
        if is_ideographic(name.family[:1]) and name.given:
            # Names of East Asia are short, and are not cut down to initials.
            return r"\cvname{" + escape(f"{name.family}{name.given}") + "}" + behind
        family = " ".join(part for part in (name.particle, name.family) if part)
        # `K-R` is one, and no word that a line may break in.
        initials = escape(name.initials).replace("-", r"\cvhyphen{}")
        parts = [part for part in (escape(family), initials, escape(name.suffix)) if part]
        return r"\cvname{" + " ".join(parts).replace(" ", "~") + "}" + behind

    def signs(self, marks: str) -> Markup:
        """Signs behind a name: raised, but for stars, which are so by themselves."""
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
        """A list of names, `and` before the last, those at the positions `bold` in bold.

        A list of more than `longest` is cut there; a bold name beyond the cut is
        shown in its place, between dots. `marks` stand behind the names at their places.
        """
        marks = marks or {}
        emphasised = set(bold)
        written = [
            rf"\textbf{{{self.name(name, marks.get(at))}}}"
            if at in emphasised
            else self.name(name, marks.get(at))
            for at, name in enumerate(people.names)
        ]
        others = escape(self.labels["others"])
        shown = people.shown(longest, emphasised)
        pieces: list[str] = []
        for at, position in enumerate(shown):
            skipped = at > 0 and position > shown[at - 1] + 1
            pieces.append((r"\dots, " if skipped else "") + written[position])
        if people.others or (shown and shown[-1] < len(written) - 1):
            tex = ", ".join([*pieces, others])
        elif len(pieces) > 1:
            last = people.names[-1]
            word = conjunction(self.labels["and"], last.particle or last.family, self.language)
            tex = ", ".join(pieces[:-1]) + f" {escape(word)} " + pieces[-1]
        else:
            tex = "".join(pieces)
        return Markup(self.marks.wrap(tex, people.span) if people.span else tex)

    def publication_links(self, publication: Publication) -> list[Markup]:
        """The links of an entry in order, each with its address as text, and a label where it needs one."""
        links = []
        if publication.doi is not None:
            doi = publication.doi
            shown = Markup(self.link(r"\cvurl{" + escape(f"doi:{doi}") + "}", f"https://doi.org/{doi}"))
            links.append(Markup(self.marks.wrap(shown, doi.span)))
        for link in publication.links:
            label = self.labels.get(link.field)
            shown = self.weblink(link.url)
            links.append(Markup(escape(label) + "~") + shown if label else shown)
        return links

    @staticmethod
    def printed(tex: str) -> str:
        """TeX without the space around it; empty where nothing would be printed."""
        return Markup(str(tex).strip())

    def sentences(self, parts: Iterable[object]) -> Markup:
        """Parts joined by full stops, empty ones left out, with one at the end."""
        written = self._printed(parts)
        return Markup(" ".join(part if ends_sentence(part) else part + "." for part in written))

    def _printed(self, values: Iterable[object]) -> list[str]:
        """The TeX of values without the space around it, of those that print anything."""
        # As strings: Markup would look at each of them again, and they are TeX by now.
        return [tex for item in values if (tex := str.strip(self.tex(item)))]


def ends_sentence(tex: str) -> bool:
    """Whether TeX needs no full stop behind it."""
    shown = without_marks(tex).rstrip("}")
    return shown.endswith(tuple(".!?。．！？؟۔।")) or shown.rstrip("”“’‘»«\u202f\u00a0").endswith(".")


def filled(printer: Printer, name: str, **values: object) -> Markup:
    """A label with its `{places}` filled: the label is text, the values are printed as TeX."""
    parts = []
    for text, place, _, _ in Formatter().parse(printer.labels[name]):
        parts.append(printer.tex(text))
        if place is not None:
            parts.append(printer.tex(values[place]))
    return Markup("").join(parts)
