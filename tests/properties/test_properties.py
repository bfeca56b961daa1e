from __future__ import annotations

import shutil

import pytest

from cvbuild.content.kinds import KINDS
from tests.properties import compiling, incremental, loading  # noqa: F401 - they register their properties
from tests.properties.fields import ENTRY_PLACES, HIDDEN, METADATA, PLACES, TYPES, is_heading
from tests.properties.printed import pieces, shows
from tests.properties.properties import PROPERTIES, TESTED, Property

LEAST_EXAMPLES = 2000


@pytest.mark.parametrize("what", PROPERTIES, ids=lambda what: what.name)
def test_it_holds(what: Property) -> None:
    for engine in ("pdflatex", "xelatex", "lualatex"):
        if what.name.endswith(f"under {engine}") and shutil.which(engine) is None:
            pytest.skip(f"{engine} is not installed")
    what.run(TESTED, what.examples)


def test_an_accent_alone_is_not_read_as_one_of_the_letter_before_it() -> None:
    assert shows("o ¨U", ["¨U"], whole=False)
    assert not shows("ö U", ["¨U"], whole=False)


def test_emphasis_does_not_run_from_one_paragraph_into_the_next() -> None:
    assert pieces("_e\n\nda_ and *so*", has_paragraphs=True) == ["_e da_ and so"]
    assert pieces("_e\n\nda_") == ["e\n\nda"]


def test_enough_examples_are_tried() -> None:
    assert sum(what.examples for what in PROPERTIES) >= LEAST_EXAMPLES


def test_every_text_of_every_kind_of_section_and_of_entry_is_a_place() -> None:
    assert {place.file for place in PLACES} == {"cv", *KINDS}
    assert len(PLACES) > 150
    assert {place.name for place in PLACES} >= METADATA | HIDDEN
    assert sum(map(is_heading, PLACES)) > 20
    assert {place.path[0] for place in ENTRY_PLACES} == set(TYPES)
    assert {"article", "thesis", "online", "misc"} < set(TYPES)
    assert len(ENTRY_PLACES) > 400
