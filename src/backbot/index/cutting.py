"""How the documents of an index are cut into sentences and passages, and by which code.

A document that has not changed keeps the rows that the version before has of it, as long as the
code that cuts is the same. This module is loaded while serving, so it does not cut by itself.
"""

import hashlib
import unicodedata
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np

from backbot.corpus.document import Document
from backbot.index.contents import P_DOCUMENT, P_FIRST, S_DOCUMENT, Cut, Table

# What a sentence and its reading hang on beside the code of `backbot.text`.
_CODE = ("text", "data/punkt_english", "index/passages.py", "index/plan.py")
_LIBRARIES = ("nltk", "regex")


def cuts_of(
    documents: tuple[Document, ...], sentences: Table, passages: Table
) -> dict[Document, Cut]:
    """Return the cut of each of an index's documents, out of its tables."""
    numbers = np.arange(len(documents) + 1)
    first = np.searchsorted(sentences[:, S_DOCUMENT], numbers)
    opening = np.searchsorted(passages[:, P_DOCUMENT], numbers)
    found = {}
    for number, document in enumerate(documents):
        rows = passages[opening[number] : opening[number + 1], P_FIRST:].copy()
        rows[:, :2] -= first[number]
        found[document] = Cut(sentences[first[number] : first[number + 1], 1:], rows)
    return found


@cache
def cutting_digest() -> str:
    """Return what names the code that cuts: rows by the same code are the same rows."""
    digest = hashlib.sha256(unicodedata.unidata_version.encode())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    for name in _CODE:
        for file in _files(files("backbot").joinpath(name)):
            digest.update(f"{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _files(place: Traversable) -> list[Traversable]:
    if place.is_file():
        return [place]
    found = [each for each in place.iterdir() if each.is_file()]
    return sorted(found, key=lambda each: each.name)
