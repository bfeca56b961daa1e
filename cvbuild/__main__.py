"""`python -m cvbuild`, and the program `cvbuild`."""

from __future__ import annotations

import sys


def main() -> None:
    """Answer a call with nothing to do at once; carry out every other."""
    from cvbuild.answering import answered

    if not answered(sys.argv[1:]):
        from cvbuild.cli import main

        main()


if __name__ == "__main__":
    main()
