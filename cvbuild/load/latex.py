"""LaTeX inside BibTeX fields to inline text in Unicode, through pylatexenc.

Accents, ligatures and macros become characters once, here; `\\emph`, `\\textbf`,
`\\href`, `$…$` and the like become structure. What is unknown is kept as typed,
with a warning, so that nothing a field said can vanish.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cvbuild.diagnostics import Findings
from cvbuild.inline import RichText, plain
from cvbuild.load.commonlatex import read_common
from cvbuild.source import Span

if TYPE_CHECKING:
    pass

_SPACE = re.compile(r"[ \t\r\n]+")


def decode(text: str, span: Span, findings: Findings) -> RichText:
    """The inline text of a field; `span` is where the field's value stands."""
    text = _SPACE.sub(" ", text.strip())
    common = read_common(text)
    if common is None:
        from cvbuild.load.latexnodes import read_in_full  # imports pylatexenc: few fields need it

        common = read_in_full(text, span, findings)
    return RichText(common, span)


def decode_plain(text: str, span: Span, findings: Findings) -> str:
    """The same as bare characters, as for the parts of a name."""
    return plain(decode(text, span, findings).inlines)
