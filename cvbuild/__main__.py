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
        if (call := _of_named_variants(sys.argv[1:])) is not None:
            from cvbuild.headstart import early

            # Engines read their packages while the command line is imported.
            with early(*call):
                _run()
            return
    _run()


def _run() -> None:
    from cvbuild.cli import main

    main()


def _of_named_variants(arguments: list[str]) -> tuple[str, list[str], int | None] | None:
    """The folder, the variants and `--jobs` of a call to build some, without any other option.

    None for another call.
    """
    match arguments:
        case ["-C" | "--directory", folder, "pdf", *options]:
            pass
        case ["pdf", *options]:
            folder = "."
        case _:
            return None
    variants: list[str] = []
    jobs = None
    while options:
        match options:
            case ["-v" | "--variant", variant, *options] if not variant.startswith("-"):
                variants.append(variant)
            case ["-j" | "--jobs", number, *options] if number.isdecimal() and len(number) < 5:
                jobs = int(number)
            case _:
                return None
    return (folder, variants, jobs) if variants else None


if __name__ == "__main__":
    main()
