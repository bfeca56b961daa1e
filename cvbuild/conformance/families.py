"""Families of fonts by the names that fonts have in a PDF."""

from __future__ import annotations

import re
from functools import lru_cache

# A family and those made to its widths and shapes, as distributions name them.
_ALIKE: dict[str, str] = {
    "Arial": "arial helvetica texgyreheros qtheros qhv nimbussans nimbussanl liberationsans arimo",
    "Times New Roman": "timesnewroman times texgyretermes qttermes qtm nimbusroman nimbusromno9l"
    " liberationserif tinos",
    "Palatino Linotype": "palatinolinotype palatino texgyrepagella qtpagella qpl urwpalladio"
    " urwpalladiol p052",
    "Courier New": "couriernew courier texgyrecursor qtcursor qcr nimbusmono nimbusmonl nimbusmonops"
    " liberationmono cousine",
    "Calibri": "calibri carlito",
    "Computer Modern": "computermodern latinmodern",
}

# What a name may have behind its family's: style, weight, foundry. Not a width: Arial Narrow is another.
_STYLES = re.compile(
    r"(regular|regu|reg|roman|roma|book|medium|medi|normal|semibold|demi|bold|italic|ital|oblique|obli|slanted"
    r"|smallcaps|caps|math|ps|mt|std|pro|otf|ttf|bd|bi|it|r|b|i|z)*(\d*)"
)
# Knuth's names (cmr10, cmbx12), Latin Modern's (LMRoman10-Regular) and cm-super's (SFRM1095).
_COMPUTER_MODERN = re.compile(
    r"cm(r|bx|b|ti|bxti|sl|bxsl|csc|ss|ssi|ssbx|ssdc|tt|itt|sltt|tcsc|mi|mib|sy|bsy|ex|u|ff|fi|dunh)\d+"
    r"|lm(roman|sans|sansquot|mono|monolt|monoprop|math|mathitalic|mathsymbols|mathextension)[a-z]*\d+[a-z]*"
    r"|sf(rm|bx|ti|bi|sl|bl|cc|ss|si|sx|so|tt|it|st|tc)\d{4}"
)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


_FAMILY = {alias: family for family, aliases in _ALIKE.items() for alias in aliases.split()}


@lru_cache(maxsize=256)
def family_of(name: str) -> str:
    """The family of a font by its name in a PDF; where none is known, the name without its style."""
    bare = _bare(name)
    if _COMPUTER_MODERN.fullmatch(bare):
        return "Computer Modern"
    for alias in sorted(_FAMILY, key=len, reverse=True):
        if bare.startswith(alias) and _STYLES.fullmatch(bare[len(alias) :]):
            return _FAMILY[alias]
    first = re.split(r"[-,]", name)[0]
    return name if _bare(first) in _FAMILY else first  # Arial-Black is no Arial


def named(family: str) -> str:
    """A family as a profile names it, under the name that `family_of` gives it."""
    return _FAMILY.get(_bare(family), str(family))
