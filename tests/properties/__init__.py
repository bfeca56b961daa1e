"""Properties: any text compiles, and what was typed is printed or complained about at its place.

    texts.py      what is typed: the strategies
    fields.py     where it can be typed: every text of every model, and every field of BibTeX
    printed.py    what the reader of the PDF is to see of it
    batch.py      many texts in one document, compiled and compared

The number of examples is that of `examples.py`; `python -m tests.fuzz` runs the same
properties by time, at random.
"""
