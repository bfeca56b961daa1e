"""Publications made of BibTeX, for tests of the model."""

from __future__ import annotations

from collections.abc import Sequence

from cvbuild.content.crossref import unlisted_entries
from cvbuild.content.cv import make_publications as publications_of
from cvbuild.content.publications import Publication
from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.read import load_bibtex
from cvbuild.read.names import parse_name
from cvbuild.read.parsed import BibLibrary, Name
from cvbuild.source import NOWHERE, SourceFile

OWNERS = ("Sebastian Lapuschkin", "Bach, Sebastian")


CROSSREF = """\
@inproceedings{child, title={C}, author={Example, Ada}, pages={1--2}, crossref={volume}}
@proceedings{volume, title={Proceedings of Examples}, editor={%s}, publisher={Press}, year=2020,
  doi={10.5555/v}, url={https://example.org}, keywords={selected}, eprint={2001.00001}}
"""


def make_publications(
    library: BibLibrary, owners: Sequence[Name], findings: Findings
) -> tuple[Publication, ...]:
    """The publications of a library, their problems among the findings."""
    left_out = {item.span for item in unlisted_entries(library, owners)}
    return publications_of(library, left_out, owners, findings)


def name(text: str) -> Name:
    return parse_name(text, NOWHERE, Findings())


def publications(text: str, *owners: str) -> tuple[list[Publication], list[Diagnostic]]:
    library, findings = load_bibtex([SourceFile("bib/a.bib", text)])
    made = make_publications(library, [name(owner) for owner in owners], findings)
    return list(made), findings.items


def one(fields: str, *owners: str) -> Publication:
    found, _ = publications(f"@article{{key, {fields}}}", *owners)
    return found[0]
