"""Only http, https, mailto and tel become links, whichever way others are written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cvbuild.build import build, render_variant
from cvbuild.loading import load_cv
from cvbuild.request import Request
from tests.conftest import needs_pdflatex
from tests.pdfs import links
from tests.projects import load, make_project

EVIL = (
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "javascript\u200b:alert(1)",
    "\u202ejavascript:alert(1)",
    "java%73cript:alert(1)",
    "&#106;avascript:alert(1)",
    "j\u0061vascript&colon;alert(1)",
    "ｊavascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "vbscript:x",
    "//example.org/x",
    "\\\\example.org\\x",
    "ftp://example.org/x",
    "launch:x",
    "javascript://example.org/%0aalert(1)",
    "javascript:https://example.org",
    "httpx://example.org",
    "http:javascript:alert(1)",
)
ALLOWED = re.compile(r"https?://|mailto:|tel:")


def addresses_in(tex: str) -> list[str]:
    """The addresses that the document's links lead to."""
    body = tex.split(r"\begin{document}", 1)[1]
    return re.findall(r"\\href\s*{([^}]*)}", body) + re.findall(r"\\url\s*{([^}]*)}", body)


@pytest.mark.parametrize("url", EVIL)
def test_no_other_address_becomes_a_link(url: str, tmp_path: Path) -> None:
    typed = url.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    text = f'"[one]({typed}) and [two](<{typed}>) and <{typed}> and {typed} end"'
    files: dict[str, str | bytes | None] = {
        "content/a.yaml": f"kind: text\ntitle: {text}\ntext: {text}\n",
        "content/b.yaml": "kind: publications\ntitle: P\ncategories: [{id: a, title: A, match: {}}]\n",
        "bib/p.bib": "".join(
            f"@online{{e{at}, author = {{Example, Ada}}, title = {{T}}, year = 2020, {field} = {{{url}}}}}\n"
            for at, field in enumerate(("url", "code", "video", "doi", "eprint"))
        )
        + f"@misc{{f, author = {{Example, Ada}}, title = {{\\href{{{url}}}{{x}}}},\n"
        + f"  note = {{\\url{{{url}}}}}}}\n",
    }
    cv, _ = load(tmp_path, files)
    found = addresses_in(render_variant(make_project(tmp_path, {}), cv, "full", Request()).rendered.text)
    assert [address for address in found if not ALLOWED.match(address)] == []


@pytest.mark.parametrize("url", EVIL)
@pytest.mark.parametrize("key", ["website: {}", "profiles: {{github: {}}}", "profiles: {{other: {}}}"])
def test_a_field_for_an_address_takes_no_other(key: str, url: str, tmp_path: Path) -> None:
    quoted = '"' + url.replace("\\", "\\\\").replace("\t", "\\t") + '"'
    settings = f"owner:\n  name: Ada Example\n  {key.format(quoted)}\n"
    project = make_project(tmp_path, {"content/cv.yaml": settings})
    cv, diagnostics = load_cv(project)
    if cv is None:
        assert any(item.span and item.span.place.startswith("content/cv.yaml:3:") for item in diagnostics)
        return
    found = addresses_in(render_variant(project, cv, "full", Request()).rendered.text)
    assert [address for address in found if not ALLOWED.match(address)] == []


def test_what_does_not_become_a_link_is_said_once_at_its_place(tmp_path: Path) -> None:
    files: dict[str, str | bytes | None] = {
        "content/a.yaml": "kind: text\ntitle: T\ntext: See [here](javascript:alert) and [there](https://example.org).\n",
        "content/b.yaml": "kind: publications\ntitle: P\ncategories: [{id: a, title: A, match: {}}]\n",
        "bib/p.bib": "@misc{f, author = {Example, Ada}, year = 2020, title = {\\href{file:///x}{T}}}\n",
    }
    cv, _ = load(tmp_path, files)
    findings = render_variant(make_project(tmp_path, {}), cv, "full", Request()).findings
    said = [
        (item.span and item.span.place, item.message) for item in findings.items if item.code == "link-scheme"
    ]
    assert said == [
        ("content/a.yaml:3:7", "`javascript:alert` is printed without a link"),
        ("bib/p.bib:1:56", "`file:///x` is printed without a link"),
    ]


@needs_pdflatex()
def test_the_pdf_has_no_other_action(tmp_path: Path) -> None:
    lines = "".join(
        f'  - text: "[x]({url}) {url}"\n' for url in EVIL if not re.search(r'[\\\t"\u200b\u202eｊ]', url)
    )
    lines += "  - text: '[a](https://example.org) [b](MAILTO:a@example.org)'\n"
    text = f"kind: list\ntitle: T\nitems:\n{lines}"
    cv, _ = load(tmp_path, {"content/a.yaml": text})
    built = build(make_project(tmp_path, {}), cv, "full", Request())
    assert built.pdf is not None
    found = links(built.pdf)
    assert "https://example.org" in " ".join(found)
    assert [address for address in found if not re.match(r"https?://|mailto:", address, re.IGNORECASE)] == []
    content = built.pdf.read_bytes()
    for action in (b"/JavaScript", b"/JS", b"/Launch", b"/GoToR", b"/SubmitForm", b"/OpenAction", b"/AA"):
        assert re.search(re.escape(action) + rb"\b", content) is None, action
