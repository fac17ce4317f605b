"""Building an index from a corpus: read, cut, weigh, embed what is new, swap in at once."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from backbot.corpus.document import Document
from backbot.corpus.files import read_corpus
from backbot.index import passages as cutting
from backbot.index.contents import (
    ANNOUNCES,
    PASSAGE_COLUMNS,
    QUOTABLE,
    SENTENCE_COLUMNS,
    STANDS_ALONE,
    Question,
)
from backbot.index.encoder import Encoder, Vectors
from backbot.index.export import ensure_exported
from backbot.index.lexical import K1, B, build_lexical
from backbot.index.wording import Wording, learn_wording, read_synonyms
from backbot.index.store import corpus_fingerprint, drafting, read_vectors
from backbot.text.terms import terms

# How often a title's and a heading's terms count in each passage below them.
TITLE_WEIGHT = 1
HEADING_WEIGHT = 1


class Progress(Protocol):
    """Told how far a rebuild is, for a bar on a terminal or a line in a log."""

    def stage(self, name: str, total: int) -> None:
        """A new stage begins that has `total` steps."""

    def advance(self) -> None:
        """One step of the stage is done."""


class Silent:
    """A progress that nobody watches."""

    def stage(self, name: str, total: int) -> None: ...

    def advance(self) -> None: ...


class Rebuilt(NamedTuple):
    """What a rebuild did. `embedded` texts were new, `reused` ones had a vector already."""

    version: str
    documents: int
    passages: int
    sentences: int
    embedded: int
    reused: int


def rebuild_index(
    corpus: Path,
    root: Path,
    *,
    model: str | None = None,
    full: bool = False,
    progress: Progress | None = None,
) -> Rebuilt:
    """Build the index of the documents in `corpus` and make it the current one in `root`.

    Vectors of unchanged texts are taken over from the current version unless `full`. The same
    corpus gives the same bytes and the same version. Raises `CorpusError`, `ModelError`,
    `WriteError` or `UsageError`; the index in `root` is then as it was.
    """
    progress = progress or Silent()
    documents = read_corpus(corpus)
    synonyms = read_synonyms(corpus)
    with drafting(root) as draft:
        progress.stage("Sentence encoder", 1)
        folder = ensure_exported(model, root / "models", anew=full)
        encoder = Encoder(folder)
        progress.advance()
        plan = _plan(documents, synonyms, progress)
        known = {} if full else read_vectors(root, encoder.dimensions)
        texts = {
            "passage": plan.passage_inputs,
            "sentence": plan.sentence_inputs,
            "question": [question.text for question in plan.questions],
        }
        keys = {kind: [_key(text, encoder) for text in each] for kind, each in texts.items()}
        fresh = {
            key: text
            for kind, each in texts.items()
            for key, text in zip(keys[kind], each, strict=True)
            if key not in known
        }
        progress.stage("Embedding", len(fresh))
        vectors = encoder.encode_all(list(fresh.values()), advance=progress.advance)
        known.update(zip(fresh, vectors, strict=True))

        progress.stage("Writing", 1)
        lexical = build_lexical(plan.passage_terms)
        draft.json("documents", documents)
        draft.json("questions", plan.questions)
        draft.json("vocabulary", list(lexical.vocabulary))
        draft.json("wording", plan.wording)
        draft.array("sentences", plan.sentences)
        draft.array("passages", plan.passages)
        draft.array("lexical_starts", lexical.starts)
        draft.array("lexical_rows", lexical.rows)
        draft.array("lexical_weights", lexical.weights)
        draft.array("lexical_idf", lexical.idf)
        for kind in texts:
            draft.array(f"{kind}_vectors", _stack(keys[kind], known, encoder.dimensions))
            packed = np.frombuffer(b"".join(keys[kind]), dtype=np.uint8)
            draft.array(f"{kind}_keys", packed.reshape(-1, _KEY_BYTES))
        version = draft.publish(
            model=folder.name,
            model_digest=encoder.card.digest,
            corpus=corpus_fingerprint(documents),
            settings={
                "bm25_k1": K1,
                "bm25_b": B,
                "title_weight": TITLE_WEIGHT,
                "heading_weight": HEADING_WEIGHT,
                "passage_words": cutting.PASSAGE_WORDS,
                "overlap_words": cutting.OVERLAP_WORDS,
            },
            counts={
                "documents": len(documents),
                "passages": len(plan.passages),
                "sentences": len(plan.sentences),
                "questions": len(plan.questions),
            },
        )
        progress.advance()
    total = sum(len(each) for each in texts.values())
    return Rebuilt(
        version,
        len(documents),
        len(plan.passages),
        len(plan.sentences),
        len(fresh),
        total - len(fresh),
    )


class _Plan(NamedTuple):
    sentences: NDArray[np.int32]
    passages: NDArray[np.int32]
    questions: list[Question]
    wording: Wording
    passage_terms: list[list[str]]
    passage_inputs: list[str]
    sentence_inputs: list[str]


_KEY_BYTES = 16


def _plan(
    documents: Sequence[Document], synonyms: list[list[str]], progress: Progress
) -> _Plan:
    progress.stage("Reading", len(documents))
    sentences: list[tuple[int, ...]] = []
    passages: list[tuple[int, ...]] = []
    passage_terms: list[list[str]] = []
    passage_inputs: list[str] = []
    sentence_inputs: list[str] = []
    questions: list[Question] = []
    for number, document in enumerate(documents):
        base = len(sentences)
        split = cutting.split_sentences(document)
        for each in split:
            flags = (
                QUOTABLE * each.reading.quotable
                | STANDS_ALONE * each.reading.stands_alone
                | ANNOUNCES * each.reading.announces
            )
            row = (number, each.start, each.end, each.block, each.section, each.reading.role, flags)
            sentences.append(row)
            sentence_inputs.append(document.text[each.start : each.end])
        asked = _questions_of(document)
        questions.extend(Question(text, number) for text in asked)
        title_terms = terms(" ".join(asked[:2]))
        for passage in cutting.split_passages(document, split):
            text = document.text[split[passage.first].start : split[passage.last - 1].end]
            heading = ""
            if passage.section >= 0:
                block = document.blocks[passage.section]
                heading = document.text[block.start : block.end]
            passages.append((number, base + passage.first, base + passage.last, passage.section))
            passage_terms.append(
                title_terms * TITLE_WEIGHT + terms(heading) * HEADING_WEIGHT + terms(text)
            )
            passage_inputs.append("\n".join(filter(None, (document.title, heading, text))))
        progress.advance()
    return _Plan(
        np.array(sentences, dtype=np.int32).reshape(-1, SENTENCE_COLUMNS),
        np.array(passages, dtype=np.int32).reshape(-1, PASSAGE_COLUMNS),
        questions,
        learn_wording(
            (*(document.text for document in documents), *(each.text for each in questions)),
            synonyms,
        ),
        passage_terms,
        passage_inputs,
        sentence_inputs,
    )


def _questions_of(document: Document) -> list[str]:
    asked = [document.title, *([document.question] if document.question else [])]
    asked.extend(document.alternate_questions)
    return list(dict.fromkeys(asked))


def _key(text: str, encoder: Encoder) -> bytes:
    return hashlib.sha256(f"{encoder.card.digest}\n{text}".encode()).digest()[:_KEY_BYTES]


def _stack(keys: list[bytes], known: dict[bytes, Vectors], dimensions: int) -> Vectors:
    if not keys:
        return np.zeros((0, dimensions), dtype=np.float32)
    return np.stack([known[key] for key in keys])
