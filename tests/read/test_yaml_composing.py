"""libyaml and PyYAML, whichever composes: the same trees at the same places, and the same complaints."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cvbuild.read import yaml as loading
from cvbuild.read.yaml import composed_by_libyaml
from cvbuild.source import SourceFile
from tests.test_memo import laid_open, sources_of

needs_libyaml = pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML is installed without libyaml")

ALIKE = (
    "a: 1\nb:\n  - x # comment\n  - {c: d, e: [f, 'g']}\n# end\n",
    "a: |\n  long\n\n  text\n\nb: >-\n  folded\n  text\n",
    "a: \"x\\n\\u00e9 \\\n  y\"\nb: 'it''s'\nc: two\n  lines\n",
    "a: &name {b: c}\nd:\n  <<: *name\n  e: !tex '\\LaTeX'\n",
    "ä: 😀 Ω\nb: x\n",
    "? a\n: b\n? [c, d]\n: e\n",
    "---\na: 1\n...\n",
    "text: &unused x\na: Why?\n",
    "",
    "# nothing\n",
)
PARTED = {
    "a directive": "%YAML 1.2\n---\na: 1\n", "a tab": "a:\tb\n", "other line ends": "a: b\r\nc: d\r\n",
    "a line end of Unicode's": "a: b\u2028c: d\n", "half a character": "a: \ud800\n",
    "a byte order mark": "a: \ufeff\n", "a tag without a name": "a: !\n",
    "a tag that is no word": "a: !.! b\n", "too deep a text": "[" * 60 + "]" * 60,
    "a question within brackets": "{a: why?, b: c}\n", "a text that is no YAML": "a: b: c\n",
    "a comment that touches the sign of a long text": "a: |#x\n",
}  # fmt: skip


def loaded_by_both(text: str) -> tuple[object, object]:
    """What is loaded with libyaml where it may read the text, and what without."""
    source = SourceFile("a.yaml", text)
    tree, findings = loading.load_yaml(source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "composed_by_libyaml", lambda source: None)
        slowly, complaints = loading.load_yaml(source)
    return (laid_open(tree), findings.items), (laid_open(slowly), complaints.items)


@needs_libyaml
@pytest.mark.parametrize("text", ALIKE)
def test_libyaml_composes_what_both_read_alike(text: str) -> None:
    assert composed_by_libyaml(SourceFile("a.yaml", text)) is not None
    fast, slow = loaded_by_both(text)
    assert fast == slow


@pytest.mark.parametrize("what", PARTED)
def test_pyyaml_composes_where_the_two_part(what: str) -> None:
    assert composed_by_libyaml(SourceFile("a.yaml", PARTED[what])) is None


def test_every_file_of_the_cases_is_loaded_alike() -> None:
    for source in sources_of(".yaml"):
        fast, slow = loaded_by_both(source.text)
        assert fast == slow, source.name


_LINES = st.sampled_from(
    "a: b|- c|  d: e|- f: g|    h|k: >|  'l'|m: {n: o, p: [q]}|# r|- &s t|- *s|u: !tex v|? w|: x||---".split(
        "|"
    )
)
_ODD = st.sampled_from(
    [*"?!&*:#-|>%@`\"'{}[],\\~=<\n\t é😀", "- ", ": ", " #", "!!str ", "<<: ", "\n  ", "\\x41"]
)


@st.composite
def almost_yaml(draw: st.DrawFn) -> str:
    """Lines of YAML with something put in or taken out."""
    text = "\n".join(draw(st.lists(_LINES, max_size=8)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(_ODD) + text[at + draw(st.integers(0, 2)) :]
    return text


@given(almost_yaml())
@settings(max_examples=300, deadline=None)
def test_any_text_is_loaded_alike(text: str) -> None:
    fast, slow = loaded_by_both(text)
    assert fast == slow
