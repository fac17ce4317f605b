"""Cutting a document into sentences and passages with exact offsets."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from backbot.corpus.document import Document
from backbot.text.roles import Reading, read_sentence
from backbot.text.sentences import sentence_spans
from backbot.text.terms import words

# Words a passage aims at, and the longest sentence that is worth repeating in the next one.
PASSAGE_WORDS = 60
OVERLAP_WORDS = 20
# So many sentences before the break may still belong to what was announced.
BROKEN_OFF = 4
_ENDED = re.compile(r"[.!?…][\"'”’)\]]*\s*$")


class Sentence(NamedTuple):
    """One sentence: offsets into the document's text, its block, its section, its reading.

    `section` is the number of the heading's block that it stands under, or -1 above the first.
    """

    start: int
    end: int
    block: int
    section: int
    reading: Reading


class Passage(NamedTuple):
    """A run of neighbouring sentences of one section: `first` to `last`, `last` not included."""

    first: int
    last: int
    section: int


def split_sentences(document: Document) -> list[Sentence]:
    """Return the sentences of `document` in order; no sentence crosses a block."""
    sentences = []
    section = -1
    heading = ""
    for number, block in enumerate(document.blocks):
        if block.kind == "heading":
            section = number
            heading = document.text[block.start : block.end]
            continue
        content = document.text[block.start : block.end]
        spans = [(0, len(content))] if block.kind == "code" else sentence_spans(content)
        for start, end in spans:
            reading = read_sentence(content[start:end], block.kind, heading)
            sentences.append(
                Sentence(block.start + start, block.start + end, number, section, reading)
            )
    if document.truncated and sentences and not _ENDED.search(document.text):
        # The source broke off in mid-sentence: found by search, but nothing to quote. Nor is what
        # was announced just before and never told to its end.
        near = range(max(0, len(sentences) - BROKEN_OFF), len(sentences))
        told = next((n for n in near if sentences[n].reading.announces), len(sentences) - 1)
        for number in range(told, len(sentences)):
            each = sentences[number]
            sentences[number] = each._replace(reading=each.reading._replace(quotable=False))
    return sentences


def split_passages(document: Document, sentences: list[Sentence]) -> list[Passage]:
    """Return the passages of `document`: whole sentences, one section each, about 60 words.

    Within a section a passage begins with the last sentence of the one before it where that is
    short, so that an answer across the seam is found whole.
    """
    lengths = [len(words(document.text[each.start : each.end])) for each in sentences]
    passages = []
    for first, last in _sections(sentences):
        start = first
        while start < last:
            end = start + 1
            size = lengths[start]
            while end < last and size + lengths[end] <= PASSAGE_WORDS:
                size += lengths[end]
                end += 1
            passages.append(Passage(start, end, sentences[start].section))
            if end >= last:
                break
            repeat = end - start > 1 and lengths[end - 1] <= OVERLAP_WORDS
            # Where the next sentence has no room beside it, it would stand in a passage alone.
            repeat = repeat and lengths[end - 1] + lengths[end] <= PASSAGE_WORDS
            start = end - 1 if repeat else end
    return passages


def _sections(sentences: list[Sentence]) -> Iterator[tuple[int, int]]:
    first = 0
    for number in range(1, len(sentences) + 1):
        if number == len(sentences) or sentences[number].section != sentences[first].section:
            yield first, number
            first = number
