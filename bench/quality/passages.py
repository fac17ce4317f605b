"""A corpus as a site owner would cut it for any search package: passages of about 60 words."""

from collections.abc import Iterable
from typing import NamedTuple

from backbot.corpus.document import Document
from backbot.text.sentences import sentence_spans

PASSAGE_WORDS = 60


class Passage(NamedTuple):
    """Whole neighbouring sentences of one document; `indexed` has its title in front of them."""

    document: str
    title: str
    text: str

    @property
    def indexed(self) -> str:
        return f"{self.title}\n{self.text}"


def cut(documents: Iterable[Document], size: int = PASSAGE_WORDS) -> list[Passage]:
    """Return the passages of `documents` in order, each of at most `size` words or one sentence.

    Headings count as sentences. Nothing overlaps, and no passage crosses two documents.
    """
    passages = []
    for document in documents:
        held: list[str] = []
        words = 0
        for sentence in _sentences(document):
            length = len(sentence.split())
            if held and words + length > size:
                passages.append(Passage(document.id, document.title, " ".join(held)))
                held, words = [], 0
            held.append(sentence)
            words += length
        if held:
            passages.append(Passage(document.id, document.title, " ".join(held)))
    return passages


def _sentences(document: Document) -> Iterable[str]:
    for block in document.blocks:
        content = document.text[block.start : block.end]
        for start, end in sentence_spans(content):
            yield content[start:end]
