"""Where only the words of texts changed: their TeX takes the place of that of the old ones.

Most edits are of this kind, and nothing but YAML and the markup of texts has to be looked at for
them: no model, no templates. A text that is printed has the same TeX wherever it is
printed, in one piece or by paragraphs. So where the TeX in the last document is that of the
old text, that of the new one is put there. In doubt it is not: where anything but words
changed in a file, where a text is printed in another way, or is to be complained of.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from cvbuild.load.plain import Plain
from cvbuild.load.tree import Tree, YamlMapping, YamlSequence
from cvbuild.record import Record
from cvbuild.source import Scalar, SourceFile, Span

if TYPE_CHECKING:
    from cvbuild.lastdocument import KeptSection
    from cvbuild.render.sourcemap import RenderedTex

Place = tuple[int, int]
"""Offsets in a file, half-open."""


class Reworded(Record):
    """A section's file of which only the words of texts changed.

    `moved` says of the places of all values where they are now, `texts` of those that changed
    what they were and what they are.
    """

    file: str
    moved: Mapping[Place, Span]
    texts: Mapping[Place, tuple[Scalar, Scalar]]


def layout_of(tree: Tree) -> Plain:
    """What a file holds: its keys and how they nest, and its values with their places, in order."""
    shape: list[str] = []
    values: list[tuple[str, int, int, str, bool]] = []

    def lay_out(tree: Tree) -> None:
        if isinstance(tree, YamlMapping):
            for key, value in tree.items():
                shape.append(f"{key}:")
                lay_out(value)
            shape.append("}")
        elif isinstance(tree, YamlSequence):
            shape.append("[")
            for value in tree:
                lay_out(value)
            shape.append("]")
        elif tree is None:
            shape.append("~")
        else:
            shape.append("=")
            values.append((str(tree), tree.span.start, tree.span.end, tree.tag, tree.quoted))

    lay_out(tree)
    return shape, values


def reworded(section: KeptSection, source: SourceFile, tree: Tree) -> Reworded | None:
    """What changed in the file of a section; None where that is more than words of texts."""
    if section.layout is None:
        return None
    shape, before = section.layout
    shape_now, now = layout_of(tree)
    if shape != shape_now or _have_aliases(before) or _have_aliases(now):
        return None
    are_texts = frozenset(section.texts)
    old_file = SourceFile(source.name, "")  # its values alone are known
    moved, texts = {}, {}
    for (old, begin, stop, tag, quoted), (new, start, end, tag_now, quoted_now) in zip(
        before, now, strict=True
    ):
        place = begin, stop
        moved[place] = Span(source, start, end)
        if (old, tag, quoted) == (new, tag_now, quoted_now):
            continue
        if begin not in are_texts or "tex" in {tag, tag_now} or not new.strip():
            return None
        texts[place] = Scalar(old, Span(old_file, *place), tag), Scalar(new, moved[place], tag_now)
    return Reworded(source.name, moved, texts)


def _have_aliases(values: Sequence[tuple[str, int, int, str, bool]]) -> bool:
    """Whether one text stands for several values: what becomes of one of them is not that of the others."""
    return len({value[1] for value in values}) < len(values)


def with_words(
    document: RenderedTex, changed: Sequence[Reworded], beside: Sequence[tuple[int, int, str]] = ()
) -> RenderedTex | None:
    """A document with the TeX of new words in place of the old one; the map follows.

    `beside` are other stretches of it (offsets, half-open) and what takes their place. None
    where it cannot be told how a text is printed.
    """
    from cvbuild.render.sourcemap import MappedSpan, RenderedTex

    files = {item.file: item for item in changed}
    printed: dict[tuple[str, Place], list[MappedSpan]] = {
        (item.file, place): [] for item in changed for place in item.texts
    }
    for mapped in document.mapped:
        key = mapped.span.source.name, (mapped.span.start, mapped.span.end)
        if key in printed:
            printed[key].append(mapped)
    replaced = list(beside)
    for (file, place), stretches in printed.items():
        old, new = files[file].texts[place]
        pieces = _printed_anew([document.text[item.start : item.end] for item in stretches], old, new)
        if pieces is None:
            return None
        replaced += [(item.start, item.end, piece) for item, piece in zip(stretches, pieces, strict=True)]
    replaced.sort()
    if any(before[1] > after[0] for before, after in pairwise(replaced)):
        return None  # one of them stands within another
    ends = [end for _, end, _ in replaced]
    added = [0, *accumulate(len(tex) - (end - start) for start, end, tex in replaced)]

    def offset(before: int) -> int:
        return before + added[bisect_right(ends, before)]

    mapped_now = []
    for item in document.mapped:
        span: Span | None = item.span
        if (file_now := files.get(item.span.source.name)) is not None:
            span = file_now.moved.get((item.span.start, item.span.end))
        if span is None:
            return None
        mapped_now.append(MappedSpan(offset(item.start), offset(item.end), span, item.kind))
    parts, at = [], 0
    for start, end, tex in replaced:
        parts += [document.text[at:start], tex]
        at = end
    return RenderedTex("".join([*parts, document.text[at:]]), tuple(mapped_now), document.language)


def _printed_anew(stretches: Sequence[str], old: Scalar, new: Scalar) -> list[str] | None:
    """What stands in place of all stretches that a text is printed in; None where that is not sure."""
    ways = list(zip(_ways(old), _ways(new), strict=True))
    if not all(_is_something(way) for pair in ways for way in pair):
        return None
    if not stretches:
        return []  # it is not printed, in another language for one
    found: list[list[str]] = []
    for before, now in ways:
        times = len(stretches) // len(before)
        if list(stretches) != before * times:
            continue
        if len(now) != len(before) or any(map(_ends_otherwise, before, now)):
            return None
        found.append(now * times)
    # One paragraph can be printed in either way: both have to come to the same.
    return found[0] if found and all(pieces == found[0] for pieces in found) else None


def _ways(text: Scalar) -> list[list[str]]:
    """The TeX of a text as it may be printed: in one piece, and by paragraphs; of none with complaints."""
    from cvbuild.render.texts import TextPrinter

    printer = TextPrinter()
    pieces = [printer.scalar(text)], printer.scalar_paragraphs(text)
    if printer.findings.items:
        return [[], []]
    return [[printer.marks.split(tex)[0] for tex in way] for way in pieces]


def _is_something(way: Sequence[str]) -> bool:
    """Whether a template that looks whether there is any text would find some."""
    return bool(way) and all(map(str.strip, way))


def _ends_otherwise(before: str, now: str) -> bool:
    """Whether a template that ends sentences would see a difference."""
    from cvbuild.render.texts import ends_sentence

    return ends_sentence(before) != ends_sentence(now)
