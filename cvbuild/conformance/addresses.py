"""Rules on links and identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cvbuild.conformance.content import ELSEWHERE, publications
from cvbuild.conformance.subject import Measurement, Subject, at, quoted, unless_unread
from cvbuild.model.rules import Links, RequireIdentifier
from cvbuild.phrases import counted

# A web address as people print it: with its scheme, or with www before it.
_PRINTED = re.compile(r"\b(?:https?://|www\.)[^\s<>“”\"]*[^\s<>“”\".,;:)\]]", re.IGNORECASE)
_DOI = re.compile(r"(https?://)?(dx\.)?doi\.org/10\.", re.IGNORECASE)
# Of these it is known what they are: a work, a person, a mailbox, a telephone.
_NO_MEDIUM = re.compile(r"(https?://)?(dx\.)?(doi\.org|orcid\.org)/|mailto:|tel:", re.IGNORECASE)
# ORCID's structure of the identifier: four times four digits, the last one may be X.
_ORCID = re.compile(r"\b(\d{4}[-‐‑–]){3}\d{3}[\dX]\b")


def links(rule: Links, subject: Subject) -> Iterator[Measurement]:
    """Addresses that can be clicked, and those printed in full."""
    required = "no links" if rule.allowed == "none" else "no links but DOIs"
    if rule.unless is not None:
        required += f" but to {rule.unless}"
    found = [(address, number) for address, number in _addresses(subject)]
    if rule.allowed == "doi":
        found = [(address, number) for address, number in found if not _DOI.match(address)]
    if not found:
        holds, where = unless_unread(True, subject)
        yield Measurement(holds, required, "none found", where)
        return
    certain = [item for item in found if rule.unless is None or _NO_MEDIUM.match(item[0])]
    address, number = (certain or found)[0]
    measured = counted(len(found), "link")
    if certain:
        yield Measurement(False, required, measured, at(number, address))
        return
    yield Measurement(None, required, f"{measured}: look where they lead", at(number, address))


def _addresses(subject: Subject) -> Iterator[tuple[str, int]]:
    """Every address with its page: of link annotations, and as printed where none leads there."""
    for page in subject.pdf.pages:
        clickable = [link.address for link in page.links]
        for address in clickable:
            yield address, page.number
        for match in _PRINTED.finditer(page.text):
            bare = re.sub(r"^https?://", "", match[0], flags=re.IGNORECASE)
            if not any(bare in address for address in clickable):
                yield match[0], page.number


def require_identifier(rule: RequireIdentifier, subject: Subject) -> Iterator[Measurement]:
    """The person's ORCID, printed or as a link; or a DOI for every publication printed."""
    if rule.identifier == "orcid":
        yield _orcid(subject)
        return
    required = "a DOI for every publication"
    if subject.selected is None:
        yield Measurement(None, required, ELSEWHERE)
        return
    every = list(publications(subject.selected))
    without = [publication for publication in every if publication.doi is None]
    if not without:
        yield Measurement(True, required, f"all {len(every)} have one" if every else "no publication")
        return
    first = without[0]
    yield Measurement(
        False, required, f"{len(without)} of {len(every)} without", quoted(first.summary), first.key.span
    )


def _orcid(subject: Subject) -> Measurement:
    required = "an ORCID iD"
    for page in subject.pdf.pages:
        for text in (page.text, *(link.address for link in page.links)):
            if found := _ORCID.search(text):
                return Measurement(True, required, found[0], at(page.number))
    holds, where = unless_unread(False, subject)
    return Measurement(holds, required, "none found", where)
