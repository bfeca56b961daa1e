"""What TeX gets to know of the caller's environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

# Where programs and TeX's installation lie, and where it may keep its caches of fonts
# (web2c, Kpathsea and fontconfig manuals). All else stays behind:
# TEXINPUTS and the like would let in files from anywhere, and a variable such as
# `openin_any_pdflatex` comes before the settings below.
KEPT = frozenset(
    """PATH HOME TMPDIR TEMP TMP
    TEXMFCNF TEXMFROOT TEXMFDIST TEXMFMAIN TEXMFLOCAL TEXMFSYSVAR TEXMFSYSCONFIG
    TEXMFHOME TEXMFVAR TEXMFCONFIG TEXMFCACHE
    FONTCONFIG_FILE FONTCONFIG_PATH FONTCONFIG_SYSROOT OSFONTDIR XDG_CACHE_HOME XDG_DATA_HOME
    HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR
    TECTONIC_CACHE_DIR LD_LIBRARY_PATH""".split()
)

# Paranoid file access, and log lines that are not broken (texmf.cnf and web2c manual, section 3).
_SET = {
    "openin_any": "p",
    "openout_any": "p",
    "shell_escape": "f",
    "max_print_line": "1000",
    "error_line": "254",
    "half_error_line": "238",
    "FORCE_SOURCE_DATE": "1",
    "TZ": "UTC",
    # LuaTeX does not start in a locale that is not installed, and fontconfig prefers fonts for
    # the locale's language: everybody gets the one that every system has (POSIX, 7.2).
    "LC_ALL": "C",
}


def tex_environment(epoch: int = 0, caller: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of an engine; `epoch` (seconds since 1970) is the document's date."""
    kept = {name: value for name, value in caller.items() if name in KEPT}
    return kept | _SET | {"SOURCE_DATE_EPOCH": str(epoch)}
