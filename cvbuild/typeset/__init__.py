"""From a TeX document to a PDF: the engines behind one interface, passes, and their log."""
