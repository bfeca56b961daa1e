"""Nothing typed as text, in YAML or in BibTeX, reaches TeX as a command."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest
import yaml

from cvbuild.content.crossref import PRINTED_FIELDS
from tests.conftest import needs_pdflatex
from tests.projects import build_variant, prepare_variant, write_project

HOSTILE = (
    r"\input{/etc/passwd}",
    r"^^5cinput{/etc/passwd}",
    r"^^5c^^69nput{/etc/passwd}",
    r"\write18{touch escaped}",
    r"\immediate\openout15=escaped",
    r"\end{document}",
    r"\catcode`\%=12 %",
    r"\endlinechar=-1",
    r"\scantokens{\input{/etc/passwd}}",
    r"\csname input\endcsname",
    r"\def\x{\x}\x",
    r"}\input{/etc/passwd}{",
    r"$\input{/etc/passwd}$",
    r"$x$\write18{touch escaped}$x$",
    r"$\mbox{\input{/etc/passwd}}$",
    r"$$\special{x}$$",
    r"\(\input{x}\)",
    r"`\input{x}`",
    r"[\input{x}](https://example.org/\input{x})",
    r"https://example.org/}\input{x}",
    r"\\input{x} \\\input{x}",
    r"#1 ## & ~ _ ^ % \ { } $",
    "line % comment\n\\input{x}",
    "<< 7 * 191 >> <% include x %> <# x #> {{ 7 * 191 }}",
    "\\\u2028input{x}",
    r"\url{\input{x}} \href{x}{\input{x}}",
    r"\verb|\input{x}|",
    r"\begin{filecontents}{escaped}x\end{filecontents}",
)
COMMANDS = (
    "input include openin openout read write immediate special def edef let csname catcode endlinechar "
    "scantokens loop directlua pdfobj everypar expandafter begingroup usepackage RequirePackage verb url"
).split()
_COMMAND = re.compile(rf"\\({'|'.join(COMMANDS)})(?![A-Za-z])|\\begin{{filecontents|\^\^")


def in_every_field(text: str) -> dict[str, str | bytes | None]:
    """A project with the text in each of its fields."""
    owner = {"name": "Ada Example", "degree": text, "suffix": text, "position": text, "affiliation": [text]}
    owner |= {"address": text, "born": text, "nationality": text}
    roles = [{"title": text, "text": text, "period": "2020 – 2021"}]
    positions = [{"organisation": text, "place": text, "roles": roles}]
    categories = [{"id": "all", "title": text, "note": text, "prefix": text, "match": {}}]
    groups = [{"title": text, "items": [{"text": text}]}]
    content = {
        "cv": {"owner": owner, "title": text, "subject": text, "keywords": [text]},
        "a": {"kind": "text", "title": text, "text": text},
        "b": {"kind": "list", "title": text, "note": text, "groups": groups},
        "c": {"kind": "positions", "title": text, "items": positions},
        "d": {"kind": "publications", "title": text, "categories": categories},
    }
    files: dict[str, str | bytes | None] = {
        f"content/{name}.yaml": yaml.safe_dump(value, allow_unicode=True) for name, value in content.items()
    }
    return files | {"bib/p.bib": bibliography(text)}


def bibliography(text: str) -> str:
    """An entry with the text in every field that is printed, as far as its braces let it."""
    if text.count("{") != text.count("}") or text.startswith("}"):
        text = re.sub("[{}]", "", text)
    others = sorted(PRINTED_FIELDS - {"title", "author"})
    fields = "".join(f"  {name} = {{{text}}},\n" for name in others)
    return (
        f"@preamble{{{{{text}}}}}\n@string{{s = {{{text}}}}}\n"
        f"@article{{key,\n  author = {{{text} and Example, Ada}},\n  title = {{{text}}} # s,\n{fields}"
        f"  keywords = {{{text}}},\n}}\n"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_command(text: str, tmp_path: Path) -> None:
    """Of the document's body; `\\\\` before a word is a line break."""
    body = prepare_variant(write_project(tmp_path, in_every_field(text))).rendered.text.split(
        r"\begin{document}", 1
    )[1]
    assert body.count(r"\end{document}") == 1
    assert _COMMAND.search(body.replace(r"\\", "")) is None


@needs_pdflatex()
def test_every_text_is_printed_as_typed(tmp_path: Path) -> None:
    texts = [text for text in HOSTILE if "\n" not in text and "\u2028" not in text]
    plain = [text for text in texts if not re.search(r"[`\[$~]|\\[^\w\s]", text)]
    section = {"kind": "list", "title": "Texts", "items": [{"text": text} for text in texts]}
    write_project(tmp_path, {"content/a.yaml": yaml.safe_dump(section, allow_unicode=True)})
    built = build_variant(tmp_path)
    assert built.pdf is not None, built.diagnostics
    with pypdfium2.PdfDocument(built.pdf) as document:
        printed = "".join(page.get_textpage().get_text_bounded() for page in document)
    squeezed = re.sub(r"\s|\ufffe|-", "", printed)
    assert [text for text in plain if re.sub(r"\s|-", "", text) not in squeezed] == []
    assert len(plain) > 12
    assert "root:" not in printed
    assert "1337" not in printed
    assert not list(tmp_path.rglob("escaped*"))


@needs_pdflatex()
@pytest.mark.parametrize("text", [HOSTILE[0], HOSTILE[1], HOSTILE[11], HOSTILE[21]])
def test_a_cv_of_hostile_texts_is_built(text: str, tmp_path: Path) -> None:
    built = build_variant(write_project(tmp_path, in_every_field(text)))
    assert built.pdf is not None, built.diagnostics
    assert not list(tmp_path.rglob("escaped*"))
