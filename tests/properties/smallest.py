"""The smallest text that fails as another one does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.properties.batch import Batch, Failure

_MOST_DOCUMENTS = 40


def smallest(engine: str, failure: Failure) -> Failure:
    """The same failure of less text: stretches are left out as long as it still fails."""
    if failure.example is None:
        return failure
    documents = 0
    shrinking = True
    while shrinking:
        shrinking = False
        example = failure.example
        for text in _shorter(example.text):
            if documents == _MOST_DOCUMENTS:
                return failure
            if not text.strip():
                continue
            documents += 1
            found = [item for item in Batch(engine, [replace(example, text=text)]).failures() if item.example]
            if found:
                failure = found[0]
                shrinking = True
                break
    return failure


def _shorter(text: str) -> Iterator[str]:
    """The text without a half of it, without a quarter, and so on to single characters."""
    length = len(text) // 2
    while length:
        for start in range(0, len(text), length):
            yield text[:start] + text[start + length :]
        length //= 2
