"""Properties: any text compiles, and what was typed is printed or complained about at its place.

    texts.py      what is typed: the strategies
    fields.py     where it can be typed: every text of every model, and every field of BibTeX
    printed.py    what the reader of the PDF is to see of it
    batch.py      many texts in one document, compiled and compared
    loading.py, compiling.py, incremental.py      the properties

`python -m tests.fuzz` tries the same properties at random for a time.
"""
