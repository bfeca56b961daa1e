"""The last document of a variant, kept with what it was made from, for `splicing` to build on."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING

from cvbuild import cache
from cvbuild.diagnostics import Diagnostic
from cvbuild.load.plain import Plain, as_plain, from_plain
from cvbuild.preparing import Options, Overview, Prepared, said_origin
from cvbuild.project import Origin, Project
from cvbuild.record import Record
from cvbuild.rewording import layout_of
from cvbuild.shipped import installed
from cvbuild.source import SourceFile, Span
from cvbuild.uptodate import state_of

if TYPE_CHECKING:
    from cvbuild.model.cv import Cv
    from cvbuild.model.sections import Section
    from cvbuild.render.sourcemap import Kind, RenderedTex

_FOLDER = "documents"
_KINDS: tuple[Kind, ...] = ("text", "tex")


class KeptSection(Record):
    """A section as it was read: its name, its file with its digest, and what the rest of a CV sees of it.

    `layout` is how its file is laid out (`rewording.layout_of`); what begins at the offsets `texts`
    is text that nothing else goes by. Both are empty where it has no interface.
    """

    name: str
    file: str
    digest: str
    interface: Plain
    layout: Plain
    texts: Sequence[int]


class LastDocument(Record):
    """A variant as it was rendered.

    It was made from `sections`, from `others`, which are files with their digests, and from
    what `state` stands for. `found` is what loading found, `overview` what a call has to know of the
    CV. Of the TeX, `mapped` has six numbers for each value: its stretch, its file among `files`, its
    place there and its kind; `parts` are the stretches of the metadata, without a name, and of the
    sections by their names; `looked_into` are the files and offsets of texts that stand in it in
    more than one form. `origin` is what its metadata say, where the variant `says_origin`.
    """

    state: str
    others: Sequence[tuple[str, str]]
    sections: Sequence[KeptSection]
    found: Plain
    overview: Overview
    max_pages: int | None
    says_origin: bool
    origin: Origin | None
    text: str
    language: str
    files: Sequence[str]
    mapped: Sequence[int]
    parts: Sequence[tuple[str, int, int]]
    looked_into: frozenset[tuple[str, int]]

    def is_like(self, other: LastDocument) -> bool:
        """Whether another variant's was made from the same."""
        mine, others = (
            (item.state, item.others, item.sections, item.found, item.overview) for item in (self, other)
        )
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

    def with_origin(self, origin: Origin | None) -> list[tuple[int, int, str]] | None:
        """The stretch of its TeX, and what takes its place, so that the metadata say this origin.

        No stretch where they do already; None where it cannot be told which it is.
        """
        if origin == self.origin:
            return []
        if origin is None or self.origin is None or origin.program != self.origin.program:
            return None
        from cvbuild.render.characters import escape_outline

        start, end = next(item[1:] for item in self.parts if not item[0])
        before = f"={{{escape_outline(self.origin.revision)}}}"
        if not self.origin.revision or not origin.revision or self.text.count(before, start, end) != 1:
            return None
        at = self.text.index(before, start, end)
        return [(at, at + len(before), f"={{{escape_outline(origin.revision)}}}")]

    def findings(self, sources: Mapping[str, SourceFile]) -> list[Diagnostic]:
        """What loading found, with its places in these files."""
        return list(from_plain(self.found, _in_order(sources.values())))


def last_document(project: Project, variant: str, options: Options) -> LastDocument | None:
    """The last document of a variant as these options make it; None where none is kept."""
    data = cache.read(_FOLDER, _key(project, variant, options))
    if data is None:
        return None
    try:
        known = marshal.loads(data)
        origin = known["origin"]
        made = {
            "sections": [KeptSection(*item) for item in known["sections"]],
            "overview": Overview(*known["overview"]),
            "origin": None if origin is None else Origin(*origin),
            "looked_into": frozenset(known["looked_into"]),
        }
        return LastDocument(**{**known, **made})
    except (EOFError, KeyError, TypeError, ValueError):
        return None  # sound by its checksum, and still none


def keep(
    project: Project, cv: Cv, prepared: Prepared, options: Options, found: Sequence[Diagnostic], state: str
) -> None:
    """Keep a variant as it was rendered, and what loading found; not what nothing can be built on.

    `state` is that of the program before it was rendered.
    """
    selected, rendered = prepared.selected, prepared.rendered
    names = ["", *(section.name for section in selected.sections)]
    if prepared.findings.items or len(rendered.parts) != len(names):
        return
    files = {section.span.source: name for name, section in cv.sections.items()}
    if not _is_apart(rendered, files, names):
        return
    overview, said = Overview.of(cv), said_origin(project, selected, options)
    numbers: dict[SourceFile, int] = {}
    mapped = [
        (item.start, item.end, numbers.setdefault(item.span.source, len(numbers)),
         item.span.start, item.span.end, _KINDS.index(item.kind))
        for item in rendered.mapped
    ]  # fmt: skip
    sections = [
        _section(files[source], source, cv.sections[files[source]])
        for source in cv.sources
        if source in files
    ]
    with suppress(TypeError, ValueError):  # a place in a file that could not be read
        plain = {
            "state": state,
            "others": [(source.name, digest(source)) for source in cv.sources if source not in files],
            "sections": sections,
            "found": as_plain(tuple(found), _in_order(cv.sources)),
            "overview": (
                overview.outputs,
                list(map(str, overview.ignore)),
                list(map(str, overview.bibliography)),
            ),
            "max_pages": prepared.max_pages,
            "says_origin": selected.variant.origin,
            "origin": None if said is None else (said.program, said.revision),
            "text": rendered.text,
            "language": rendered.language,
            "files": [source.name for source in numbers],
            "mapped": list(chain.from_iterable(mapped)),
            "parts": [(name, item.start, item.end) for name, item in zip(names, rendered.parts, strict=True)],
            "looked_into": [(span.source.name, span.start) for span in rendered.looked_into],
        }
        cache.write(_FOLDER, _key(project, selected.name, options), marshal.dumps(plain))


def _section(name: str, source: SourceFile, section: Section) -> Plain:
    from cvbuild.interface import interface_of, texts_of

    interface = interface_of(section)
    kept = name, source.name, digest(source), interface
    if interface is None:
        return *kept, None, ()
    return *kept, layout_of(section.tree), [text.span.start for text in texts_of(section)]


def digest(source: SourceFile) -> str:
    """What tells a file's text from others."""
    return sha256(source.text.encode("utf-8", "surrogatepass")).hexdigest()


def state_of_program(project: Project) -> str:
    """What tells one state of the code, the templates and the funders' profiles from another."""
    own = [project.templates, project.root / "profiles"]
    files = chain.from_iterable(sorted(folder.rglob("*")) for folder in own if folder is not None)
    state = state_of([*installed(), *map(str, files)])
    return sha256(repr(state).encode("utf-8", "surrogatepass")).hexdigest()


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
