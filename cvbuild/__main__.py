"""`python -m cvbuild`, and the program `cvbuild`."""

from __future__ import annotations

import atexit
import gc
import sys

_VALUES_BETWEEN_COLLECTIONS = 200_000


def main() -> None:
    """Answer a call with nothing to do at once; carry out every other."""
    # A CV is many small values that live until the end, and so are the program's own functions and
    # classes: looking for cycles among them every 700 of them, as Python does, is a fifth of a build,
    # and once more at the end another sixth.
    gc.set_threshold(_VALUES_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)
    if sys.argv[1:2] in (["pdf"], ["-C"], ["--directory"]):  # no other can be one
        from cvbuild.answering import answered

        if answered(sys.argv[1:]):
            return
        if (call := _of_one_variant(sys.argv[1:])) is not None:
            from cvbuild.headstart import early

            # An engine reads its packages while the command line is imported.
            with early(*call):
                _run()
            return
    _run()


def _run() -> None:
    from cvbuild.cli import main

    main()


def _of_one_variant(arguments: list[str]) -> tuple[str, str] | None:
    """The folder and the variant of a call to build one without any other option; None for another call."""
    match arguments:
        case ["pdf", "-v" | "--variant", variant]:
            folder = "."
        case ["-C" | "--directory", folder, "pdf", "-v" | "--variant", variant]:
            pass
        case _:
            return None
    return None if variant.startswith("-") else (folder, variant)


if __name__ == "__main__":
    main()
