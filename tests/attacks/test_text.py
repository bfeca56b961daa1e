"""Nothing typed as text, in YAML or in BibTeX, reaches TeX as a command."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest
import yaml

from cvbuild.build import build, render_variant
from cvbuild.content.crossref import PRINTED_FIELDS
from cvbuild.request import Request
from tests.conftest import needs_pdflatex
from tests.projects import load, make_project

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


def commands_in(tex: str) -> list[str]:
    """What of the document's body would be a command of the attacker's."""
    body = tex.split(r"\begin{document}", 1)[1]
    assert body.count(r"\end{document}") == 1
    return [match[0] for match in _COMMAND.finditer(re.sub(r"\\\\", "", body))]


def yaml_of(value: object) -> str:
    return str(yaml.safe_dump(value, allow_unicode=True))


def in_every_field(text: str) -> dict[str, str | bytes | None]:
    owner = {"name": "Ada Example", "degree": text, "suffix": text, "position": text, "affiliation": [text]}
    owner |= {"address": text, "born": text, "nationality": text}
    item = {"organisation": text, "place": text}
    role = {"title": text, "text": text, "period": "2020 – 2021"}
    category = {"id": "all", "title": text, "note": text, "prefix": text, "match": {}}
    settings = {"owner": owner, "title": text, "subject": text, "keywords": [text]}
    return {
        "content/cv.yaml": yaml_of(settings),
        "content/a.yaml": yaml_of({"kind": "text", "title": text, "text": text}),
        "content/b.yaml": yaml_of(
            {
                "kind": "list",
                "title": text,
                "note": text,
                "groups": [{"title": text, "items": [{"text": text}]}],
            }
        ),
        "content/c.yaml": yaml_of({"kind": "positions", "title": text, "items": [item | {"roles": [role]}]}),
        "content/d.yaml": yaml_of({"kind": "publications", "title": text, "categories": [category]}),
        "bib/p.bib": bibliography(text),
    }


def bibliography(text: str) -> str:
    """An entry with the text in every field that is printed, as far as its braces let it."""
    text = (
        text if text.count("{") == text.count("}") and not text.startswith("}") else re.sub("[{}]", "", text)
    )
    fields = "".join(
        f"  {name} = {{{text}}},\n" for name in sorted(PRINTED_FIELDS) if name not in {"title", "author"}
    )
    return (
        f"@preamble{{{{{text}}}}}\n@string{{s = {{{text}}}}}\n"
        f"@article{{key,\n  author = {{{text} and Example, Ada}},\n  title = {{{text}}} # s,\n{fields}"
        f"  keywords = {{{text}}},\n}}\n"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_command(text: str, tmp_path: Path) -> None:
    cv, _ = load(tmp_path, in_every_field(text))
    project = make_project(tmp_path, {})
    prepared = render_variant(project, cv, "full", Request())
    assert commands_in(prepared.rendered.text) == []


@needs_pdflatex()
def test_every_text_is_printed_as_typed(tmp_path: Path) -> None:
    texts = [text for text in HOSTILE if "\n" not in text and "\u2028" not in text]
    plain = [text for text in texts if not re.search(r"[`\[$~]|\\[^\w\s]", text)]
    files: dict[str, str | bytes | None] = {
        "content/a.yaml": yaml_of(
            {"kind": "list", "title": "Texts", "items": [{"text": text} for text in texts]}
        )
    }
    cv, _ = load(tmp_path, files)
    built = build(make_project(tmp_path, {}), cv, "full", Request())
    assert built.pdf is not None, built.diagnostics
    with pypdfium2.PdfDocument(built.pdf) as document:
        printed = "".join(page.get_textpage().get_text_bounded() for page in document)
    squeezed = re.sub(r"\s|\ufffe|-", "", printed)
    missing = [text for text in plain if re.sub(r"\s|-", "", text) not in squeezed]
    assert missing == []
    assert len(plain) > 12
    assert "root:" not in printed
    assert "1337" not in printed
    assert not list(tmp_path.rglob("escaped*"))


@needs_pdflatex()
@pytest.mark.parametrize("text", [HOSTILE[0], HOSTILE[1], HOSTILE[11], HOSTILE[21]])
def test_a_cv_of_hostile_texts_is_built(text: str, tmp_path: Path) -> None:
    cv, _ = load(tmp_path, in_every_field(text))
    built = build(make_project(tmp_path, {}), cv, "full", Request())
    assert built.pdf is not None, built.diagnostics
    assert not list(tmp_path.rglob("escaped*"))
