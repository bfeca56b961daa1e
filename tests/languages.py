"""What the theme itself says on paper, by language, as readers see it."""

from __future__ import annotations

from pathlib import Path

import pypdfium2

from cvbuild.render.labels import conjunction, labels_for
from cvbuild.render.templates import template_folders


def text_of(pdf: Path) -> str:
    """A PDF's text on one line, words broken at a line's end joined, every space a plain one."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return " ".join(" ".join(pages).replace("\ufffe", "").replace("\r\n", " ").split())


def said(language: str, pages: int) -> dict[str, str]:
    """Labels in the surroundings that tell them from the words of the content, by their names.

    They are those of a CV with all kinds of sections; `pages` is how many it has.
    """
    labels = labels_for(language, template_folders("classic", None))
    opening = labels["quote_open"]
    surrounded = {
        "page_of": labels["page_of"].format(page=2, pages=pages),
        "present": f"– {labels['present']}",
        "since": labels["since"].format(year=2021),
        "thesis": f"{labels['thesis']} {opening}",
        "supervisor": f"{labels['supervisor']} Prof.",
        "for_paper": f"{labels['for_paper']} {opening}",
        "funder": f"{labels['funder']} the Example Council",
        "per_source": labels["per_source"]
        .format(source="the Example Citation Index", date="§")
        .split("§")[0],
        "granted": f"{labels['granted']} EX",
        "data": f"{labels['data']} atlas",
        "in": f"{labels['in']} Exemplary",
        "editors": f"({labels['editors']})",
        "and": f"Specimen A {conjunction(labels['and'], 'Exempel', language)} Exempel S",
        "version": f"{labels['version']} 2.1",
    }
    return {name: " ".join(words.split()) for name, words in surrounded.items()}
