"""Typeset a TeX document to a PDF: engines behind one interface, passes, and the log."""
