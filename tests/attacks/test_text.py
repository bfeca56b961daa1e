"""Nothing typed as text, in YAML or in BibTeX, reaches TeX as a command."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest
import yaml

from tests.conftest import needs_pdflatex
from tests.projects import build_variant, prepare_variant, write_project
from tests.properties.fields import ENTRY_PLACES, bibliography, trees

HOSTILE = (
    *r"""
\input{/etc/passwd}
^^5cinput{/etc/passwd}
^^5c^^69nput{/etc/passwd}
\write18{touch escaped}
\immediate\openout15=escaped
\end{document}
\catcode`\%=12 %
\endlinechar=-1
\scantokens{\input{/etc/passwd}}
\csname input\endcsname
\def\x{\x}\x
}\input{/etc/passwd}{
$\input{/etc/passwd}$
$x$\write18{touch escaped}$x$
$\mbox{\input{/etc/passwd}}$
$$\special{x}$$
\(\input{x}\)
`\input{x}`
[\input{x}](https://example.org/\input{x})
https://example.org/}\input{x}
\\input{x} \\\input{x}
#1 ## & ~ _ ^ % \ { } $
<< 7 * 191 >> <% include x %> <# x #> {{ 7 * 191 }}
\url{\input{x}} \href{x}{\input{x}}
\verb|\input{x}|
\begin{filecontents}{escaped}x\end{filecontents}
""".strip().splitlines(),
    "line % comment\n\\input{x}",
    "\\\u2028input{x}",
)
COMMANDS = (
    "input include openin openout read write immediate special def edef let csname catcode endlinechar "
    "scantokens loop directlua pdfobj everypar expandafter begingroup usepackage RequirePackage verb url"
).split()
_COMMAND = re.compile(rf"\\({'|'.join(COMMANDS)})(?![A-Za-z])|\\begin{{filecontents|\^\^")


def in_every_field(text: str) -> dict[str, str | bytes | None]:
    """A project with the text in each field, in entries as far as their braces let it."""
    files: dict[str, str | bytes | None] = {
        f"content/{name}.yaml": yaml.safe_dump(tree, allow_unicode=True)
        for name, tree in trees(lambda place: text).items()
    }
    if text.count("{") != text.count("}") or text.startswith("}"):
        text = re.sub("[{}]", "", text)
    fields = dict.fromkeys(ENTRY_PLACES, f"{text}}} # s # {{and Example, Ada")
    before = f"@preamble{{{{{text}}}}}\n@string{{s = {{{text}}}}}\n"
    return files | {"bib/p.bib": before + bibliography(fields)}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_command(text: str, tmp_path: Path) -> None:
    """Of the document's body; `\\\\` before a word is a line break."""
    rendered = prepare_variant(write_project(tmp_path, in_every_field(text))).rendered.text
    body = rendered.split(r"\begin{document}", 1)[1]
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
