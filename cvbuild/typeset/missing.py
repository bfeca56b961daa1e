"""Characters that cannot be printed here: what they are, and what would help."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from cvbuild.diagnostics import Diagnostic
from cvbuild.render.scripts import SYMBOL, script_of
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import Span

SHOWN = 3
"""So many characters of a text are named."""

# Debian's packages (packages.debian.org), the smallest that has the script.
_PACKAGES = {
    "chinese": "fonts-noto-cjk",
    "arabic": "fonts-hosny-amiri",
    "cyrillic": "fonts-freefont-otf",
    "greek": "fonts-freefont-otf",
    "hebrew": "fonts-freefont-otf",
    "latin": "fonts-freefont-otf",
    SYMBOL: "fonts-symbola",
}
_OTHER_PACKAGE = "fonts-noto-core"

LOST = "\ufffd"
"""What programs write for a character that they cannot read (Unicode, 5.22). It is not printed."""


def named(cluster: str) -> str:
    """Characters for a reader: as they look, where they do, with their code points and names."""
    codes = " ".join(f"U+{ord(char):04X}" for char in cluster)
    name = unicodedata.name(cluster[0], "").lower()
    # The names of ideographs are but their code points.
    described = codes if not name or name.endswith(f"-{ord(cluster[0]):04x}") else f"{codes}, {name}"
    return f"{cluster} ({described})" if cluster.isprintable() else described


def listed(found: Sequence[str]) -> str:
    """The first few of some characters, and how many more there are."""
    distinct = list(dict.fromkeys(found))
    more = f" and {len(distinct) - SHOWN} more" if len(distinct) > SHOWN else ""
    return ", ".join(map(named, distinct[:SHOWN])) + more


def _never_printed(found: Sequence[str]) -> str | None:
    """What to do about characters that no font and no engine helps."""
    categories = {unicodedata.category(cluster[0]) for cluster in found}
    if any(LOST in cluster for cluster in found):
        return "write the character that was meant: this one stands where a conversion lost it"
    if "Co" in categories:
        return "delete it: a character of private use has a meaning in its own font alone"
    if "Cn" in categories:
        return f"delete it: Unicode {unicodedata.unidata_version} has no such character"
    return None


def font_hint(found: Sequence[str]) -> str:
    """What brings a font for the characters."""
    packages = dict.fromkeys(_PACKAGES.get(script_of(cluster[-1]), _OTHER_PACKAGE) for cluster in found)
    return f"install a font that has it: `apt install {' '.join(packages)}` on Debian and Ubuntu"


def place_of(cluster: str, offset: int, rendered: RenderedTex) -> Span | None:
    """Where a character at an offset of the TeX stands in the user's file; its value where it is decoded."""
    span = rendered.innermost(offset)
    if span is None:
        return None
    # As it is, decomposed, or as an escape of YAML's.
    code = rf"(?i:\\[xu]0*{ord(cluster[0]):x}(?![0-9a-f]))"
    typed = "|".join((re.escape(cluster), re.escape(unicodedata.normalize("NFD", cluster)), code))
    if found := re.search(typed, span.text):
        return Span(span.source, span.start + found.start(), span.start + found.end())
    return span.first_line()


def holes(
    found: Sequence[tuple[int, str]], rendered: RenderedTex, message: str, hints: Sequence[str] = ()
) -> list[Diagnostic]:
    """One `missing-character` for each value with characters that would leave holes in the page.

    `found` has their offsets in the TeX. `message` takes their list as `{}`;
    without `hints` a font is proposed. Neither is said of what can never be printed.
    """
    by_value: dict[Span | None, list[tuple[int, str]]] = {}
    for offset, cluster in found:
        by_value.setdefault(rendered.innermost(offset), []).append((offset, cluster))
    made = []
    for here in by_value.values():
        characters = [cluster for _, cluster in here]
        offset, first = here[0]
        never = _never_printed(characters)
        made.append(
            Diagnostic(
                "missing-character",
                ("{} cannot be printed" if never else message).format(listed(characters)),
                place_of(first, offset, rendered),
                hints=(never,) if never else tuple(hints) or (font_hint(characters),),
            )
        )
    return list(dict.fromkeys(made))
