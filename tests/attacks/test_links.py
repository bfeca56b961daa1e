"""Only http, https, mailto and tel become links, whichever way others are written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cvbuild.loading import load_cv
from tests.conftest import needs_pdflatex
from tests.pdfs import links
from tests.projects import build_variant, load_project, make_project, prepare_variant, write_project

EVIL = (
    " javascript:alert(1)", "java\tscript:alert(1)", "javascript\u200b:alert(1)", "\u202ejavascript:alert(1)",
    *r"""
    javascript:alert(1) JavaScript:alert(1) java%73cript:alert(1) &#106;avascript:alert(1)
    ｊavascript:alert(1) javascript&colon;alert(1) javascript://example.org/%0aalert(1) javascript:https://example.org
    data:text/html,x file:///etc/passwd FILE:///etc/passwd vbscript:x //example.org/x \\example.org\x
    ftp://example.org/x launch:x httpx://example.org http:javascript:alert(1)
    """.split(),
)  # fmt: skip
PUBLICATIONS = "kind: publications\ntitle: P\ncategories: [{id: a, title: A, match: {}}]\n"


def other_addresses(tex: str) -> list[str]:
    """The addresses of the document's links that none should lead to."""
    body = tex.split(r"\begin{document}", 1)[1]
    found = re.findall(r"\\href\s*{([^}]*)}", body) + re.findall(r"\\url\s*{([^}]*)}", body)
    assert found
    return [address for address in found if not re.match(r"https?://|mailto:|tel:", address)]


def test_no_other_address_becomes_a_link(tmp_path: Path) -> None:
    files: dict[str, str | bytes | None] = {"content/p.yaml": PUBLICATIONS}
    bibliography = "@online{fine, author = {Example, Ada}, title = {T}, url = {https://example.org}}\n"
    for number, url in enumerate(EVIL):
        text = json.dumps(f"[one]({url}) and [two](<{url}>) and <{url}> and {url} end", ensure_ascii=False)
        files[f"content/a{number}.yaml"] = f"kind: text\ntitle: {text}\ntext: {text}\n"
        for field in ("url", "code", "video", "doi", "eprint"):
            entry = f"@online{{{field}{number}, author = {{Example, Ada}}, title = {{T}}, year = 2020,\n"
            bibliography += f"{entry}  {field} = {{{url}}}}}\n"
        bibliography += f"@misc{{f{number}, author = {{Example, Ada}}, title = {{\\href{{{url}}}{{x}}}},\n"
        bibliography += f"  note = {{\\url{{{url}}}}}}}\n"
    write_project(tmp_path, files | {"bib/p.bib": bibliography})
    assert len(load_project(tmp_path)[1].publications) == 6 * len(EVIL) + 1
    prepared = prepare_variant(tmp_path)
    assert other_addresses(prepared.rendered.text) == []
    assert len(prepared.selected.sections) == len(EVIL) + 1


@pytest.mark.parametrize("url", EVIL)
@pytest.mark.parametrize("key", ["website: {}", "profiles: {{github: {}}}", "profiles: {{other: {}}}"])
def test_a_field_for_an_address_takes_no_other(key: str, url: str, tmp_path: Path) -> None:
    value = key.format(json.dumps(url, ensure_ascii=False))
    settings = f"owner:\n  name: Ada Example\n  {value}\n  email: ada@example.org\n"
    cv, diagnostics = load_cv(make_project(tmp_path, {"content/cv.yaml": settings}))
    if cv is not None:
        assert other_addresses(prepare_variant(tmp_path).rendered.text) == []
    else:
        assert any(item.span and item.span.place.startswith("content/cv.yaml:3:") for item in diagnostics)


def test_what_does_not_become_a_link_is_said_once_at_its_place(tmp_path: Path) -> None:
    text = "kind: text\ntitle: T\ntext: See [here](javascript:alert) and [there](https://example.org).\n"
    bibliography = "@misc{f, author = {Example, Ada}, year = 2020, title = {\\href{file:///x}{T}}}\n"
    write_project(
        tmp_path, {"content/a.yaml": text, "content/b.yaml": PUBLICATIONS, "bib/p.bib": bibliography}
    )
    found = [item for item in prepare_variant(tmp_path).findings.items if item.code == "link-scheme"]
    assert [(item.span and item.span.place, item.message) for item in found] == [
        ("content/a.yaml:3:7", "`javascript:alert` is printed without a link"),
        ("bib/p.bib:1:56", "`file:///x` is printed without a link"),
    ]


@needs_pdflatex()
def test_the_pdf_has_no_other_action(tmp_path: Path) -> None:
    urls = [url for url in EVIL if not re.search(r'[\\\t"\u200b\u202eｊ]', url)]
    lines = "".join(f'  - text: "[x]({url}) {url}"\n' for url in urls)
    lines += "  - text: '[a](https://example.org) [b](MAILTO:a@example.org)'\n"
    write_project(tmp_path, {"content/a.yaml": f"kind: list\ntitle: T\nitems:\n{lines}"})
    pdf = build_variant(tmp_path).pdf
    assert pdf is not None
    found = links(pdf)
    assert "https://example.org" in " ".join(found)
    assert [address for address in found if not re.match(r"https?://|mailto:", address, re.IGNORECASE)] == []
    for action in (b"/JavaScript", b"/JS", b"/Launch", b"/GoToR", b"/SubmitForm", b"/OpenAction", b"/AA"):
        assert re.search(re.escape(action) + rb"\b", pdf.read_bytes()) is None, action
