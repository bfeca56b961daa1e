"""What templates see beside a section or an entry: language and labels; for the document layout and owner."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from cvbuild.content.settings import PROFILE_ADDRESSES, Margins, Owner
from cvbuild.read.library import Name
from cvbuild.record import Record
from cvbuild.render.labels import hyphenations, labels_for
from cvbuild.render.printer import Printer, filled
from cvbuild.source import Scalar


class Contact(Record):
    """A way to reach the owner: what is shown, and the address it leads to."""

    text: object
    url: str


class PageLayout(Record):
    """What cv.yaml asks of the page; None leaves a measure to the theme."""

    paper: str
    page_header: str
    font_size: float | None
    leading: float | None
    margins: Margins | None
    links: bool


class PrintedOwner(Record):
    """The owner as templates see it: `content` is the owner of cv.yaml, `plain_name` is for metadata."""

    content: Owner
    name: Markup
    plain_name: str
    contacts: tuple[Contact, ...]
    profiles: tuple[Scalar, ...]


class Surroundings(Record):
    """All that a section's template sees beside its section, of one document.

    `templates` is the digest of the templates in `folders`. `main` is the language of texts without one.
    """

    folders: tuple[Path, ...]
    templates: bytes
    language: str
    main: str

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The theme's words in the language."""
        return labels_for(self.language, self.folders)

    @cached_property
    def hyphenations(self) -> Mapping[str, str]:
        """What babel calls languages, by their codes."""
        return hyphenations(self.folders)

    def printer(self) -> Printer:
        """A printer without marks and findings."""
        return Printer(self.language, self.labels, main=self.main, hyphenations=self.hyphenations)

    def context(self, printer: Printer) -> dict[str, Any]:
        """The names that every template may use."""
        return {
            "printer": printer,
            "labels": printer.labels,
            "label": lambda name, **values: filled(printer, name, **values),
            "language": printer.language,
        }


def printed_owner(content: Owner, name: Name, printer: Printer) -> PrintedOwner:
    """The owner as templates see it."""
    printed = " ".join(part for part in (name.given, name.particle, name.family, name.suffix) if part)
    contacts: list[Contact] = []
    if content.email:
        contacts.append(Contact(content.email, f"mailto:{content.email}"))
    if content.phone:
        contacts.append(Contact(content.phone, _tel(content.phone)))
    if content.mobile:
        label = Markup(f"{printer.tex(printer.labels['mobile'])} ") + printer.tex(content.mobile)
        contacts.append(Contact(label, _tel(content.mobile)))
    profiles = tuple(
        Scalar(_address(network, handle), handle.span) for network, handle in content.profiles.items()
    )
    shown = Markup(printer.marks.wrap(printer.tex(printed), content.name.span))
    return PrintedOwner(content, shown, printed, tuple(contacts), profiles)


def _address(network: str, handle: str) -> str:
    if handle.startswith(("https://", "http://")):
        return handle
    return PROFILE_ADDRESSES[network].format(handle)


def _tel(number: str) -> str:
    """A telephone number as an address (RFC 3966): digits and the leading plus."""
    return "tel:" + re.sub(r"[^\d+]", "", number)
