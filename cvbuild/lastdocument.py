"""The last document of a variant, kept with what it was made from, for `splicing` to build on."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any

from cvbuild import cache
from cvbuild.diagnostics import Diagnostic
from cvbuild.filestate import state_of
from cvbuild.load.plain import as_plain, from_plain
from cvbuild.preparing import Options, Prepared
from cvbuild.project import Project
from cvbuild.source import SourceFile, Span
from cvbuild.uptodate import installed

if TYPE_CHECKING:
    from cvbuild.model.base import Item
    from cvbuild.model.cv import Cv
    from cvbuild.model.sections import Section
    from cvbuild.render.sourcemap import Kind, RenderedTex

_FOLDER = "documents"
_KINDS: tuple[Kind, ...] = ("text", "tex")

Plain = Any
"""What `marshal` can write."""


@dataclass(frozen=True)
class KeptSection:
    """A section as it was read: its name, its file with its digest, and what the rest of a CV sees of it."""

    name: str
    file: str
    digest: str
    interface: Plain


@dataclass(frozen=True)
class LastDocument:
    """A variant as it was rendered.

    It was made from `sections`, from `others`, which are files with their digests, and from
    what `state` stands for. `found` is what loading found. Of the TeX, `mapped` has six
    numbers for each value: its stretch, its file among `files`, its place there and its kind;
    `parts` are the stretches of the metadata, without a name, and of the sections by their names.
    """

    state: str
    others: Sequence[tuple[str, str]]
    sections: Sequence[KeptSection]
    found: Plain
    text: str
    language: str
    files: Sequence[str]
    mapped: Sequence[int]
    parts: Sequence[tuple[str, int, int]]

    def is_like(self, other: LastDocument) -> bool:
        """Whether another variant's was made from the same."""
        mine, others = ((item.state, item.others, item.sections, item.found) for item in (self, other))
        return mine == others

    def rendered(self, sources: Mapping[str, SourceFile]) -> RenderedTex:
        """Its TeX, with the values' places in these files, which are by their names."""
        from cvbuild.render.sourcemap import MappedSpan, RenderedTex

        files = [sources[name] for name in self.files]
        numbers = iter(self.mapped)
        mapped = (
            MappedSpan(start, end, Span(files[file], begin, stop), _KINDS[kind])
            for start, end, file, begin, stop, kind in zip(*[numbers] * 6, strict=True)
        )
        return RenderedTex(self.text, tuple(mapped), self.language)

    def findings(self, sources: Mapping[str, SourceFile]) -> list[Diagnostic]:
        """What loading found, with its places in these files."""
        return list(from_plain(self.found, _in_order(sources.values())))


def last_document(project: Project, variant: str, options: Options) -> LastDocument | None:
    """The last document of a variant as these options make it; None where none is kept."""
    data = cache.read(_FOLDER, _key(project, variant, options))
    if data is None:
        return None
    try:
        state, others, sections, *more = marshal.loads(data)
        return LastDocument(state, others, [KeptSection(*item) for item in sections], *more)
    except (EOFError, TypeError, ValueError):
        return None  # sound by its checksum, and still none


def keep(project: Project, cv: Cv, prepared: Prepared, options: Options, found: Sequence[Diagnostic]) -> None:
    """Keep a variant as it was rendered, and what loading found; not what nothing can be built on."""
    selected, rendered = prepared.selected, prepared.rendered
    names = ["", *(section.name for section in selected.sections)]
    if prepared.findings.items or len(rendered.parts) != len(names):
        return
    files = {section.span.source: name for name, section in cv.sections.items()}
    if not _is_apart(rendered, files, names):
        return
    numbers: dict[SourceFile, int] = {}
    mapped = [
        (item.start, item.end, numbers.setdefault(item.span.source, len(numbers)),
         item.span.start, item.span.end, _KINDS.index(item.kind))
        for item in rendered.mapped
    ]  # fmt: skip
    sections = [
        (files[source], source.name, digest(source), interface_of(cv.sections[files[source]]))
        for source in cv.sources
        if source in files
    ]
    with suppress(TypeError, ValueError):  # a place in a file that could not be read
        plain = (
            state_of_program(project),
            [(source.name, digest(source)) for source in cv.sources if source not in files],
            sections,
            as_plain(tuple(found), _in_order(cv.sources)),
            rendered.text,
            rendered.language,
            [source.name for source in numbers],
            list(chain.from_iterable(mapped)),
            [(name, item.start, item.end) for name, item in zip(names, rendered.parts, strict=True)],
        )
        cache.write(_FOLDER, _key(project, selected.name, options), marshal.dumps(plain))


def digest(source: SourceFile) -> str:
    """What tells a file's text from others."""
    return sha256(source.text.encode("utf-8", "surrogatepass")).hexdigest()


def state_of_program(project: Project) -> str:
    """What tells one state of the code, the templates and the funders' profiles from another."""
    own = [project.templates, project.root / "profiles"]
    files = chain.from_iterable(sorted(folder.rglob("*")) for folder in own if folder is not None)
    state = state_of([*installed(), *map(str, files)])
    return sha256(repr(state).encode("utf-8", "surrogatepass")).hexdigest()


def interface_of(section: Section) -> Plain:
    """What the rest of a CV sees of a section: its kind, ids, tags, the variants named in it, and more.

    None where it sees more, or the section sees the rest.
    """
    from cvbuild.model.items import Award
    from cvbuild.model.sections import FreeSection, Metrics, PublicationsSection

    if isinstance(section, FreeSection | Metrics | PublicationsSection):
        return None
    items = list(_items(section))
    if any(isinstance(item, Award) and item.publication is not None for item in items):
        return None
    ids = sorted(str(item.id) for item in items if item.id is not None)
    tags = sorted({str(tag) for item in items for tag in item.tags})
    variants = sorted({str(name) for item in items for name in (*item.only, *item.except_)})
    more = [_typed(getattr(item, name)) for item in items for name in item.seen_elsewhere]
    return section.kind, ids, tags, variants, more


def _typed(value: object) -> Plain:
    """A value without its place."""
    from cvbuild.model.text import Text

    if isinstance(value, Text):
        return [(key, str(text), text.tag) for key, text in value.by_language.items()]
    return list(map(str, value)) if isinstance(value, tuple) else str(value)


def _items(section: Section) -> Iterator[Item]:
    for group in section.listed:
        for item in group.items:
            yield item
            yield from item.inner_items()


def _is_apart(rendered: RenderedTex, files: Mapping[SourceFile, str], names: Sequence[str]) -> bool:
    """Whether the values of a section are printed in this section alone; `files` are those of sections."""
    stretches = [(item.start, item.end, name) for item, name in zip(rendered.parts, names, strict=True)]
    at = 0
    for item in rendered.mapped:
        while at < len(stretches) and item.start >= stretches[at][1]:
            at += 1
        section = files.get(item.span.source)
        start, end, name = stretches[at] if at < len(stretches) else (0, 0, "")
        if section is not None and not (start <= item.start and item.end <= end and section == name):
            return False
    return True


def _key(project: Project, variant: str, options: Options) -> str:
    return repr((str(project.root), variant, options.theme, options.language))


def _in_order(sources: Iterable[SourceFile]) -> list[SourceFile]:
    return sorted(sources, key=lambda source: source.name)
