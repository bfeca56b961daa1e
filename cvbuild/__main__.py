"""`python -m cvbuild`, and the program `cvbuild`."""

from __future__ import annotations

import atexit
import gc
import sys

_VALUES_BETWEEN_COLLECTIONS = 200_000


def main() -> None:
    """Answer a call with nothing to do from its manifest; carry out any other call."""
    # A CV is many small values that live until the end, as do functions and classes. Python would look
    # for cycles among every 700 of them, which takes a fifth of a build, and a sixth again at the end.
    gc.set_threshold(_VALUES_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)
    try:
        if sys.argv[1:2] in (["pdf"], ["-C"], ["--directory"]):  # only such a call has a manifest
            from cvbuild.uptodate import answered

            if answered(sys.argv[1:]):
                return
        from cvbuild.commands import main as run

        run()
    except KeyboardInterrupt:  # the command line, which handles it too, may not be imported yet
        print("stopped", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
