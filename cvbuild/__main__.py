"""`python -m cvbuild`, and the program `cvbuild`."""

from __future__ import annotations

import atexit
import gc
import sys

_VALUES_BETWEEN_COLLECTIONS = 200_000  # Python's own default is 700


def main() -> None:
    """Answer a call with nothing to do from its manifest; run any other call."""
    # Nearly all values live until the program ends. Searching them for reference cycles at Python's
    # default rate takes a fifth of a build, and the search at exit another sixth.
    gc.set_threshold(_VALUES_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)
    try:
        if sys.argv[1:2] in (["pdf"], ["-C"], ["--directory"]):  # no other call has a manifest
            from cvbuild.uptodate import answered

            if answered(sys.argv[1:]):
                return
        from cvbuild.commands import main as run

        run()
    except KeyboardInterrupt:  # the command line's own handler may not be imported yet
        print("stopped", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
