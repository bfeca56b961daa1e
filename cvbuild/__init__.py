"""Compile an academic CV from YAML and BibTeX, through LaTeX, into PDF."""

__version__ = "0.1.0"
