"""SciFact: does search find the abstract that supports or refutes a claim?

Documents are title and abstract, the judged pairs those of the claims' authors, in BEIR's layout:
`corpus.jsonl`, `queries.*.jsonl`, `qrels.*.tsv`. Source: Wadden et al. (2020), "Fact or fiction:
verifying scientific claims"; Thakur et al. (2021), "BEIR".
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG
from jsonl import read_jsonl, read_qrels
from measures import interval
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi
from sklearn.model_selection import KFold
from systems import stems
from tables import Interval, Table
from vectors import CACHE, StoredEncoder

from backbot.corpus.document import Block, Document
from backbot.index import passages as cutting
from backbot.index.build import build_index
from backbot.index.contents import P_DOCUMENT, Index, Known
from backbot.index.lexical import build_lexical
from backbot.index.progress import Silent
from backbot.retrieval.hybrid import search
from backbot.retrieval.question import prepare
from backbot.text.terms import terms, words

Scores = NDArray[np.float64]
NDCG, MRR, RECALL = nDCG @ 10, RR @ 10, R @ 100
DEPTH = 100
RRF_CONSTANT = 60
FOLDS = 5
WEIGHTS = np.round(np.arange(0.2, 0.85, 0.05), 2)


class Data(NamedTuple):
    """Abstracts, claims, and which abstracts are judged right for each claim."""

    titles: tuple[str, ...]
    abstracts: tuple[str, ...]
    names: tuple[str, ...]
    claims: tuple[str, ...]
    claim_names: tuple[str, ...]
    judged: dict[str, dict[str, int]]


def read(folder: Path, part: str = "train") -> Data:
    """Return the data of `folder`, with the claims of `part`."""
    corpus = read_jsonl(folder / "corpus.jsonl")
    judged = read_qrels(folder / f"qrels.{part}.tsv")
    claims = [
        each for each in read_jsonl(folder / f"queries.{part}.jsonl") if each["_id"] in judged
    ]
    return Data(
        tuple(each["title"] for each in corpus),
        tuple(each["text"].strip() for each in corpus),
        tuple(each["_id"] for each in corpus),
        tuple(each["text"] for each in claims),
        tuple(each["_id"] for each in claims),
        judged,
    )


def measure(folder: Path, model: Path) -> Table:
    """Return the figures on the train claims; `model` is an exported encoder's folder."""
    data = read(folder)
    encoder = StoredEncoder(model, CACHE / "vectors")
    texts = [f"{t}\n{a}" for t, a in zip(data.titles, data.abstracts, strict=True)]
    claims = encoder.encode_all(data.claims)
    dense = np.maximum(claims @ encoder.encode_all(texts).T, 0.0).astype(np.float64)
    lexical = rank_bm25(texts, data.claims, stems)
    rows = [
        row("rank-bm25, words", data, rank_bm25(texts, data.claims, words)),
        row("rank-bm25, stop words out, Porter stems", data, lexical),
        row("MiniLM", data, dense),
        row("reciprocal rank fusion of both", data, fused_ranks(lexical, dense)),
        cross_validated(data, texts, dense),
        row("Backbot’s search", data, own(data, encoder)),
    ]
    with patch.object(cutting, "PASSAGE_WORDS", 10_000):
        rows.append(row("Backbot’s search, abstracts uncut", data, own(data, encoder)))
    return Table(
        title=f"SciFact, {len(data.claims)} train claims, {len(texts):,} abstracts",
        columns=("system", "nDCG@10", "MRR@10", "recall@100"),
        rows=tuple(rows),
        note=(
            "The convex combination adds the product's BM25 over its ceiling and the cosine; its "
            f"weight is tuned on four fifths of the claims and scored on the last, {FOLDS} times. "
            "Backbot ranks a document by its best passage."
        ),
    )


def row(name: str, data: Data, scores: Scores) -> tuple[str, Interval, float, float]:
    """Return the figures of `scores`, shape (claims, documents), higher being better."""
    run = _run(data, scores)
    values: dict[Any, list[float]] = {NDCG: [], MRR: [], RECALL: []}
    for each in ir_measures.iter_calc(list(values), data.judged, run):
        values[each.measure].append(each.value)
    mean = float(np.mean(values[NDCG]))
    low, high = interval(values[NDCG])
    best = Interval(mean=mean, low=low, high=high)
    return name, best, float(np.mean(values[MRR])), float(np.mean(values[RECALL]))


def rank_bm25(texts: Sequence[str], queries: Sequence[str], split: Any) -> Scores:
    """Return rank-bm25's scores, shape (queries, texts)."""
    okapi = BM25Okapi([split(text) for text in texts])
    return np.stack([okapi.get_scores(split(query)) for query in queries])


def fused_ranks(*halves: Scores) -> Scores:
    """Return the sum of reciprocal ranks: Cormack, Clarke and Büttcher (2009), SIGIR."""
    fused = np.zeros_like(halves[0])
    for half in halves:
        ranks = np.argsort(np.argsort(-half, axis=1, kind="stable"), axis=1)
        fused += 1.0 / (RRF_CONSTANT + 1 + ranks)
    return fused


def cross_validated(
    data: Data, texts: Sequence[str], dense: Scores
) -> tuple[str, Interval, float, float]:
    """Return the figures of a convex combination, its weight tuned on other claims each time."""
    lexical = build_lexical([terms(text) for text in texts])
    asked = [list(dict.fromkeys(terms(claim))) for claim in data.claims]
    scaled = np.stack([lexical.score(each) / (lexical.ceiling(each) or 1.0) for each in asked])
    ndcg = np.stack([_ndcg(data, w * scaled + (1 - w) * dense) for w in WEIGHTS])
    held_out = np.empty_like(dense)
    chosen = []
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    for learn, test in folds.split(data.claims):
        weight = WEIGHTS[int(ndcg[:, learn].mean(axis=1).argmax())]
        held_out[test] = weight * scaled[test] + (1 - weight) * dense[test]
        chosen.append(f"{weight:.2f}")
    return row(f"convex combination, lexical {min(chosen)}–{max(chosen)}", data, held_out)


def own(data: Data, encoder: StoredEncoder) -> Scores:
    """Return each document's best score by the product's search, shape (claims, documents)."""
    index = index_of(data, encoder)
    scores = np.zeros((len(data.claims), len(data.names)))
    for number, claim in enumerate(data.claims):
        for hit in search(index, prepare(index, claim), DEPTH):
            place = int(index.passages[hit.passage, P_DOCUMENT])
            scores[number, place] = max(scores[number, place], hit.score)
    return scores


def index_of(data: Data, encoder: StoredEncoder) -> Index:
    """Return an index of the abstracts by the product's own steps; sentences get no vectors."""
    documents = tuple(
        Document(
            id=f"s{name}",
            kind="article",
            title=title,
            text=text,
            blocks=(Block("paragraph", 0, 0, len(text)),),
        )
        for name, title, text in zip(data.names, data.titles, data.abstracts, strict=True)
    )
    titles = set(data.titles)
    sentences = {
        document.text[each.start : each.end]
        for document in documents
        for each in cutting.split_sentences(document)
    }
    encoder.needless = lambda text: text in sentences and text not in titles
    return build_index(documents, [], encoder, Known.nothing(), Silent()).index


def _ndcg(data: Data, scores: Scores) -> Scores:
    measured = ir_measures.iter_calc([NDCG], data.judged, _run(data, scores))
    values = {each.query_id: each.value for each in measured}
    return np.array([values[name] for name in data.claim_names])


def _run(data: Data, scores: Scores) -> dict[str, dict[str, float]]:
    best = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    return {
        claim: {data.names[place]: float(scores[number, place]) for place in best[number]}
        for number, claim in enumerate(data.claim_names)
    }
