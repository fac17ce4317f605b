"""What an index is to be made of: rows, questions, terms to weigh and texts to embed."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from backbot.corpus.document import Document
from backbot.index.contents import (
    PASSAGE_COLUMNS,
    SENTENCE_COLUMNS,
    Cut,
    Question,
    Table,
)
from backbot.index.passages import Sentence, split_passages, split_sentences
from backbot.index.views import ANNOUNCES, ASKS, DENIES, JOINED, QUOTABLE, STANDS_ALONE
from backbot.index.wording import Wording, learn_wording
from backbot.text.terms import terms

# How often a title's and a heading's terms count in each passage below them.
TITLE_WEIGHT = 1
HEADING_WEIGHT = 1


class Plan(NamedTuple):
    """Tables as an `Index` has them; terms and inputs a list an item, in the tables' order."""

    sentences: Table
    passages: Table
    questions: list[Question]
    wording: Wording
    passage_terms: list[list[str]]
    document_terms: list[list[str]]
    passage_inputs: list[str]
    sentence_inputs: list[str]


def make_plan(
    documents: Sequence[Document],
    synonyms: list[list[str]],
    known: Mapping[Document, Cut],
    advance: Callable[[], None],
) -> Plan:
    """Return what the index of `documents` is made of; those among `known` are not cut anew.

    `advance` is called after each document.
    """
    sentences = [np.zeros((0, SENTENCE_COLUMNS), np.int32)]
    passages = [np.zeros((0, PASSAGE_COLUMNS), np.int32)]
    passage_terms: list[list[str]] = []
    document_terms: list[list[str]] = []
    passage_inputs: list[str] = []
    sentence_inputs: list[str] = []
    questions: list[Question] = []
    for number, document in enumerate(documents):
        own = known[document] if document in known else cut(document)
        shift = np.array((len(sentence_inputs), len(sentence_inputs), 0), np.int32)
        sentences.append(np.insert(own.sentences, 0, number, axis=1))
        passages.append(np.insert(own.passages + shift, 0, number, axis=1))
        spans = own.sentences[:, :2].tolist()
        sentence_inputs.extend(document.text[start:end] for start, end in spans)
        questions.extend(Question(text, number) for text in _questions_of(document))
        title_terms = terms(f"{document.title} {document.question or ''}")
        document_terms.append(title_terms * TITLE_WEIGHT + terms(document.text))
        for first, last, section in own.passages.tolist():
            text = document.text[spans[first][0] : spans[last - 1][1]]
            heading = ""
            if section >= 0:
                block = document.blocks[section]
                heading = document.text[block.start : block.end]
            passage_terms.append(
                title_terms * TITLE_WEIGHT + terms(heading) * HEADING_WEIGHT + terms(text)
            )
            passage_inputs.append("\n".join(filter(None, (document.title, heading, text))))
        advance()
    return Plan(
        np.concatenate(sentences, dtype=np.int32),
        np.concatenate(passages, dtype=np.int32),
        questions,
        learn_wording(
            (*(document.text for document in documents), *(each.text for each in questions)),
            synonyms,
        ),
        passage_terms,
        document_terms,
        passage_inputs,
        sentence_inputs,
    )


def cut(document: Document) -> Cut:
    """Return the sentences and passages of `document`."""
    split = split_sentences(document)
    passages = split_passages(document, split)
    return Cut(
        np.array([_row(each) for each in split], np.int32).reshape(-1, SENTENCE_COLUMNS - 1),
        np.array(passages, np.int32).reshape(-1, PASSAGE_COLUMNS - 1),
    )


def _row(sentence: Sentence) -> tuple[int, ...]:
    reading = sentence.reading
    flags = (
        QUOTABLE * reading.quotable
        | STANDS_ALONE * reading.stands_alone
        | ANNOUNCES * reading.announces
        | ASKS * reading.asks
        | JOINED * reading.joined
        | DENIES * reading.denies
    )
    return (
        sentence.start,
        sentence.end,
        sentence.block,
        sentence.section,
        reading.role,
        flags,
    )


def _questions_of(document: Document) -> list[str]:
    asked = [document.title, *([document.question] if document.question else [])]
    asked.extend(document.alternate_questions)
    return list(dict.fromkeys(asked))
