"""`python -m cvbuild`, and the program `cvbuild`."""

from __future__ import annotations

import sys


def main() -> None:
    """Answer a call with nothing to do at once; carry out every other."""
    if sys.argv[1:2] in (["pdf"], ["-C"], ["--directory"]):  # no other can be one
        from cvbuild.answering import answered

        if answered(sys.argv[1:]):
            return
    from cvbuild.cli import main

    main()


if __name__ == "__main__":
    main()
