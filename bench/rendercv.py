"""RenderCV on the same publications, asked for the PDF alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bench.documents import Edit
from bench.peers import Peer
from bench.processes import Measured, RunFailed, run
from bench.series import Contestant

# Typst fetches its packages when a document first asks for them (Typst's documentation, "Packages").
_NO_NETWORK = re.compile(r"failed to download package.*?/preview/fontawesome-([\d.]+)\.tar\.gz", re.DOTALL)
_STAND_IN = "#let fa-icon(name, ..options) = []\n"
_MANIFEST = '[package]\nname = "fontawesome"\nversion = "{version}"\nentrypoint = "lib.typ"\n'


def rendercv(name: str, peer: Peer, folder: Path, edit: Edit, environment: Mapping[str, str]) -> Contestant:
    """RenderCV after one edited line of `cv.yaml` in the folder.

    Without a network its package of icons is replaced, in the cache, by one that prints
    none: a list of publications has none but those of its links.
    """
    command = [peer.program, "render", "cv.yaml", "-nomd", "-nohtml", "-nopng", "-pdf", "cv.pdf"]
    packages = Path(environment["XDG_CACHE_HOME"]) / "typst/packages/preview/fontawesome"
    remarks: list[str] = []

    def measure() -> Measured:
        if peer.absent:
            raise RunFailed(peer.absent)
        edit.make()
        try:
            return run(command, folder, environment)
        except RunFailed as problem:
            missing = _NO_NETWORK.search(problem.output)
            if missing is None or remarks:
                raise
            _stand_in(packages / missing[1], missing[1])
            remarks.append("without a network, so without the icons of links")
            return run(command, folder, environment)

    return Contestant(name, measure, folder / "cv.pdf", lambda measured: "; ".join(remarks))


def _stand_in(folder: Path, version: str) -> None:
    folder.mkdir(parents=True)
    (folder / "lib.typ").write_text(_STAND_IN, encoding="utf-8")
    (folder / "typst.toml").write_text(_MANIFEST.format(version=version), encoding="utf-8")
