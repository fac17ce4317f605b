"""Making the contents of an index: cut the documents, weigh their terms, embed what is new."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backbot.corpus.document import Document
from backbot.index.cells import MOST_FLAT, Cells, build_cells
from backbot.index.contents import Index, Known
from backbot.index.cutting import cutting_digest
from backbot.index.dense import Dense
from backbot.index.elsewhere import read_elsewhere
from backbot.index.encoder import Encoder, Vectors
from backbot.index.layout import SEARCHED
from backbot.index.lexical import K1, B, build_lexical
from backbot.index.passages import OVERLAP_WORDS, PASSAGE_WORDS
from backbot.index.pinning import bind_all
from backbot.index.pins import Pin
from backbot.index.plan import HEADING_WEIGHT, TITLE_WEIGHT, make_plan
from backbot.index.progress import Progress
from backbot.index.views import Baseline

_KEY_BYTES = 16


def settings() -> dict[str, float | int | str]:
    """Return what shapes an index beside its documents and its encoder."""
    return {
        "bm25_k1": K1,
        "bm25_b": B,
        "title_weight": TITLE_WEIGHT,
        "heading_weight": HEADING_WEIGHT,
        "passage_words": PASSAGE_WORDS,
        "overlap_words": OVERLAP_WORDS,
        "cutting": cutting_digest(),
    }


@dataclass(frozen=True, eq=False)
class Built:
    """A new index with the keys of the texts behind its vectors, shape (rows, 16) each.

    `embedded` texts were new, `reused` ones had a vector already. The index has no version and no
    baseline yet.
    """

    index: Index
    keys: dict[str, NDArray[np.uint8]]
    embedded: int
    reused: int


def build_index(
    documents: tuple[Document, ...],
    synonyms: list[list[str]],
    encoder: Encoder,
    known: Known,
    progress: Progress,
    pins: Sequence[Pin] = (),
) -> Built:
    """Return the index of `documents`; what is among `known` is not made again.

    Of `pins` those are left out that cannot be bound to the documents.
    """
    progress.stage("Reading", len(documents))
    plan = make_plan(documents, synonyms, known.cuts, progress.advance)
    texts = {
        "passage": plan.passage_inputs,
        "sentence": plan.sentence_inputs,
        "question": [question.text for question in plan.questions],
        "elsewhere": read_elsewhere(plan.wording),
    }
    keys = {kind: [_key(text, encoder) for text in each] for kind, each in texts.items()}
    fresh = {
        key: text
        for kind, each in texts.items()
        for key, text in zip(keys[kind], each, strict=True)
        if key not in (known.tokens if kind == "sentence" else known.vectors)
    }
    progress.stage("Embedding", len(fresh))
    made = dict(
        zip(fresh, encoder.embed_all(list(fresh.values()), advance=progress.advance), strict=True)
    )
    at_hand = {**known.vectors, **{key: each.sentence for key, each in made.items()}}
    vectors = {kind: _stack(each, at_hand, encoder.dimensions) for kind, each in keys.items()}
    cells = {kind: _grouped(vectors, kind, progress) for kind in SEARCHED}
    tokens = [made[key].tokens if key in made else known.tokens[key] for key in keys["sentence"]]
    none = np.zeros((0, encoder.card.token_dimensions), dtype=np.int8)
    index = Index(
        version="",
        documents=documents,
        sentences=plan.sentences,
        passages=plan.passages,
        questions=tuple(plan.questions),
        elsewhere=tuple(texts["elsewhere"]),
        wording=plan.wording,
        lexical=build_lexical(plan.passage_terms),
        document_lexical=build_lexical(plan.document_terms),
        dense=Dense(vectors["passage"], cells["passage"]),
        sentence_vectors=vectors["sentence"],
        asked=Dense(vectors["question"], cells["question"]),
        away=Dense(vectors["elsewhere"]),
        token_starts=np.cumsum([0, *map(len, tokens)], dtype=np.int64),
        token_vectors=np.concatenate([none, *tokens]),
        encoder=encoder,
        baseline=Baseline(),
        pins=bind_all(pins, documents, plan.sentences),
    )
    packed = {
        kind: np.frombuffer(b"".join(each), dtype=np.uint8).reshape(-1, _KEY_BYTES)
        for kind, each in keys.items()
    }
    total = sum(len(each) for each in texts.values())
    return Built(index, packed, len(fresh), total - len(fresh))


def cell_settings(index: Index) -> dict[str, float | int | str]:
    """Return what is to be remembered of cells: how many are read, and what that finds."""
    settings: dict[str, float | int | str] = {}
    for kind, dense in (("passage", index.dense), ("question", index.asked)):
        if dense.cells is not None:
            settings[f"{kind}_cells_read"] = dense.cells.probes
            settings[f"{kind}_recall"] = dense.cells.recall
    return settings


def _grouped(vectors: dict[str, Vectors], kind: str, progress: Progress) -> Cells | None:
    """Return the cells of vectors that are too many to look at all of them, else None."""
    if len(vectors[kind]) <= MOST_FLAT:
        return None
    progress.stage("Grouping", 1)
    # Questions as readers ask them: those that documents name, and those of the bank.
    queries = np.concatenate([vectors["elsewhere"], vectors["question"]])
    cells = build_cells(vectors[kind], queries)
    progress.advance()
    return cells


def _key(text: str, encoder: Encoder) -> bytes:
    return hashlib.sha256(f"{encoder.card.digest}\n{text}".encode()).digest()[:_KEY_BYTES]


def _stack(keys: list[bytes], known: dict[bytes, Vectors], dimensions: int) -> Vectors:
    if not keys:
        return np.zeros((0, dimensions), dtype=np.float32)
    return np.stack([known[key] for key in keys])
