"""Sentences of the corpus that no answer ever shows: those that advise on medicines."""

import msgspec

from backbot.index.contents import S_FLAGS, Index
from backbot.index.views import QUOTABLE
from backbot.text.medicine import Advice, advises_medicine


class Withheld(msgspec.Struct, frozen=True):
    """A sentence that is never quoted, the document it stands in, and what it advises."""

    document: str
    advises: Advice
    sentence: str


def read_withheld(index: Index) -> tuple[Withheld, ...]:
    """Return the sentences of `index` that advise on medicines, in the order of the documents."""
    found = []
    # What can be quoted was read before, and found to give no such advice.
    rows = index.sentences[index.sentences[:, S_FLAGS] & QUOTABLE == 0]
    for number, start, end, *_ in rows.tolist():
        document = index.documents[number]
        sentence = document.text[start:end]
        if advice := advises_medicine(sentence):
            found.append(Withheld(document.id, advice, sentence))
    return tuple(found)
