"""Names of people and bodies, as BibTeX writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cvbuild.diagnostics import Findings
from cvbuild.load.latex import decode_plain
from cvbuild.source import Span

_LIST_TOKEN = re.compile(r"\\.|[{}]|(?<= )and(?= )", re.IGNORECASE)
_NAME_TOKEN = re.compile(r"\\.|[{},]")
_BARE_ACCENT = (
    r"\\(?:[\"'`^~=.] *|[bcdHkrtuv](?: +|(?=\{)))"  # which accent
    r"(?:\{\\?[^\W\d_]+\}|\\[ij](?: +|(?![A-Za-z]))|[^\W\d_])"  # on which letter
)
_ACCENT = re.compile(rf"\{{{_BARE_ACCENT}\}}|{_BARE_ACCENT}")
_TRAILING_MARK = re.compile(r"\s*(?:\$\^?\{?(?P<math>[^$]*?)\}?\$|(?P<star>[*†‡§¶]+))\s*$")


@dataclass(frozen=True)
class Name:
    """A name in the four parts of BibTeX; a corporate body has a family name only.

    `given` may be initials. `mark` is a star or dagger typed after the name.
    """

    family: str
    given: str = ""
    particle: str = ""
    suffix: str = ""
    corporate: bool = False
    mark: str = ""
    span: Span | None = None

    @property
    def initials(self) -> str:
        """Initials of the given names, hyphens kept: `Klaus-Robert` gives `K-R`."""
        parts: list[str] = []
        for word in self.given.replace(".", ". ").split():
            pieces = [piece for piece in word.strip("-").split("-") if piece.strip(".")]
            joined = "-".join(piece.lstrip("'’(")[:1] for piece in pieces)
            # "K.-R." was split at its dots: the hyphen now begins the second word.
            if word.startswith("-") and parts:
                parts[-1] += "-" + joined
            elif joined:
                parts.append(joined)
        return " ".join(parts)


@dataclass(frozen=True)
class NameList:
    """Names in order; `others` when the list ends in `and others`."""

    names: tuple[Name, ...] = ()
    others: bool = False
    span: Span | None = None

    def __bool__(self) -> bool:
        return bool(self.names)

    def __len__(self) -> int:
        return len(self.names)


def parse_names(text: str, span: Span, findings: Findings) -> NameList:
    """The names of an author or editor field, split by BibTeX's rules: at `and` outside braces."""
    pieces = _split_at_and(" ".join(text.split()))
    if not all(pieces) and any(pieces):
        findings.warning("bib-name", "an `and` has no name beside it", span.first_line(), "delete it")
    pieces = [piece for piece in pieces if piece]
    others = bool(pieces) and pieces[-1].casefold() == "others"
    if others:
        pieces.pop()
    names = tuple(parse_name(piece, span, findings) for piece in pieces)
    return NameList(names, others, span)


def _split_at_and(text: str) -> list[str]:
    """The names of a list.

    bibtexparser 2.1 has a function for it, but where a name begins with a backslash
    (`and \\"Ozg\\"ur`), it loses the name's first letters or takes two names for one.
    """
    cuts = [0]
    depth = 0
    for token in _LIST_TOKEN.finditer(f" {text} "):
        depth = max(depth + {"{": 1, "}": -1}.get(token[0], 0), 0)
        if depth == 0 and token[0].casefold() == "and":
            cuts += [token.start() - 1, token.end() - 1]
    cuts.append(len(text))
    return [
        text[max(start, 0) : max(end, 0)].strip() for start, end in zip(cuts[::2], cuts[1::2], strict=True)
    ]


def parse_name(text: str, span: Span, findings: Findings) -> Name:
    """One name, in any of BibTeX's three forms; its commas separate its parts.

    The rules are those of bibtexparser: lower-case words are particles.
    """
    from bibtexparser.middlewares.names import parse_single_name_into_parts

    mark = ""
    if (found := _TRAILING_MARK.search(text)) and found.start() > 0:
        raw_mark = found["star"] if found["math"] is None else f"${found['math']}$"
        mark = decode_plain(raw_mark, span, findings).strip("^{} ")
        mark = mark.replace("\\dagger", "†").replace("\\ddagger", "‡").replace("\\ast", "*")
        text = text[: found.start()]
    if _is_one_group(text):
        return Name(decode_plain(text, span, findings), corporate=True, mark=mark, span=span)
    # As characters, since in `\c{C}elik` the `c` would pass for the first letter, in lower case.
    text = _ACCENT.sub(lambda match: decode_plain(match[0], span, findings), text)
    # Without `strict`, bibtexparser puts all that follows the third comma to the given names.
    parts = parse_single_name_into_parts(text, strict=False)
    if _commas(text) > 2 or len(parts.jr) > 1:
        findings.warning(
            "bib-name",
            f"the name `{text}` is odd: too many commas; printed as typed",
            span.first_line(),
            "authors are separated by `and`",
        )
        return Name(decode_plain(text, span, findings), corporate=True, mark=mark, span=span)

    def joined(words: list[str]) -> str:
        return decode_plain(" ".join(words), span, findings)

    return Name(
        family=joined(parts.last),
        given=joined(parts.first),
        particle=joined(parts.von),
        suffix=joined(parts.jr),
        mark=mark,
        span=span,
    )


def _commas(text: str) -> int:
    """The commas that separate parts of a name: those outside braces with something behind them."""
    depth = count = 0
    for token in _NAME_TOKEN.findall(text.rstrip(", ")):
        depth = max(depth + {"{": 1, "}": -1}.get(token, 0), 0)
        count += depth == 0 and token == ","
    return count


def _is_one_group(text: str) -> bool:
    """Whether the whole name is one brace group, which is how bodies are written."""
    if not (text.startswith("{") and text.endswith("}")) or text.startswith("{\\"):
        return False
    depth = 0
    for at, char in enumerate(text):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth == 0 and at < len(text) - 1:
            return False
    return True
