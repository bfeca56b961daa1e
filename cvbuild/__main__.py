"""`python -m cvbuild`."""

from cvbuild.cli import main

if __name__ == "__main__":
    main()
