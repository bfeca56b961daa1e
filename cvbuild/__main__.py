"""`python -m cvbuild`, and the program `cvbuild`."""

from __future__ import annotations

import atexit
import gc
import sys

_VALUES_BETWEEN_COLLECTIONS = 200_000


def main() -> None:
    """Answer a call with nothing to do at once; carry out every other. Ctrl-C ends both."""
    try:
        _answer()
    except KeyboardInterrupt:  # the command line, which knows it too, may not be imported yet
        print("stopped", file=sys.stderr)
        sys.exit(130)


def _answer() -> None:
    # A CV is many small values that live until the end, and so are the program's own functions and
    # classes: looking for cycles among them every 700 of them, as Python does, is a fifth of a build,
    # and once more at the end another sixth.
    gc.set_threshold(_VALUES_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)
    if sys.argv[1:2] in (["pdf"], ["-C"], ["--directory"]):  # no other can be one
        from cvbuild.uptodate import answered

        if answered(sys.argv[1:]):
            return
    from cvbuild.commands import main

    main()


if __name__ == "__main__":
    main()
