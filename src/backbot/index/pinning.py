"""Binding pins to the documents and sentences of an index."""

import re
from collections.abc import Mapping, Sequence

from backbot.corpus.document import Document
from backbot.index.contents import S_DOCUMENT, S_END, S_START, Table
from backbot.index.pins import Pin, Pinned
from backbot.model import MAX_EXCERPT_WORDS
from backbot.text.medicine import advises_medicine


def bind(
    pin: Pin, rows: Mapping[str, int], documents: Sequence[Document], sentences: Table
) -> Pinned | str:
    """Return `pin` bound to one of `documents`, whose `rows` are given by ID; or, in a phrase, why
    it cannot be: the document is not there, or its words cannot be quoted.

    `sentences` is the sentence table of the same documents.
    """
    row = rows.get(pin.document)
    if row is None:
        return f"there is no document {pin.document}"
    if pin.words is None:
        return Pinned(pin.question, row)
    text = documents[row].text
    pattern = r"\s+".join(map(re.escape, pin.words.split()))
    found = re.search(pattern, text)
    if found is None:
        return f"the pinned words do not stand word for word in {pin.document}"
    start, end = found.span()
    if len(found.group().split()) > MAX_EXCERPT_WORDS:
        return f"the pinned words are more than {MAX_EXCERPT_WORDS}"
    own = sentences[sentences[:, S_DOCUMENT] == row]
    for first, last in own[:, [S_START, S_END]].tolist():
        if first < end and start < last and advises_medicine(text[first:last]):
            return "the pinned words advise on a medicine, which is never quoted"
    return Pinned(pin.question, row, start, end)


def bind_all(
    pins: Sequence[Pin], documents: Sequence[Document], sentences: Table
) -> tuple[Pinned, ...]:
    """Return the pins that can be bound to `documents`, in order."""
    rows = {document.id: row for row, document in enumerate(documents)}
    bound = (bind(pin, rows, documents, sentences) for pin in pins)
    return tuple(each for each in bound if isinstance(each, Pinned))
