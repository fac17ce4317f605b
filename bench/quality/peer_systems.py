"""Packages that a site owner could take instead, set up as their documentation does.

All of them get the same passages, and those that compare vectors the same encoder, so that none
goes online and what differs is what they do with both.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from passages import Passage
from systems import DEPTH, Asked, joined

from backbot.evaluation.sets import Case
from backbot.index.encoder import Encoder

# Before haystack is imported: it would report its use, and the hub's client would look for models.
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"


class Haystack:
    """haystack-ai: BM25 and embedding retrievers, joined by reciprocal rank fusion."""

    name = "haystack-ai RRF"

    def __init__(self, passages: Sequence[Passage], encoder: Encoder) -> None:
        from haystack import Document, Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self._encoder = encoder
        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        store.write_documents(
            [
                Document(
                    id=str(number),
                    content=each.indexed,
                    embedding=encoder.encode(each.indexed).tolist(),
                    meta={"text": each.text},
                )
                for number, each in enumerate(passages)
            ]
        )
        self._pipeline = Pipeline()
        self._pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=DEPTH))
        self._pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=DEPTH))
        joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH)
        self._pipeline.add_component("joiner", joiner)
        self._pipeline.connect("bm25", "joiner")
        self._pipeline.connect("dense", "joiner")

    def ask(self, case: Case) -> Asked:
        question = joined(case)
        vector = self._encoder.encode(question).tolist()
        wanted = {"bm25": {"query": question}, "dense": {"query_embedding": vector}}
        found = self._pipeline.run(wanted)
        documents = found["joiner"]["documents"]
        texts = tuple(str(each.meta["text"]) for each in documents)
        return Asked(texts, float(documents[0].score) if documents else 0.0)


class Txtai:
    """txtai: its hybrid index, half BM25 and half vectors."""

    name = "txtai hybrid"

    def __init__(self, passages: Sequence[Passage], encoder: Encoder) -> None:
        from txtai import Embeddings

        def transform(texts: Sequence[str]) -> Any:
            return np.stack([encoder.encode(text) for text in texts])

        self._passages = passages
        self._embeddings = Embeddings(
            hybrid=True, method="external", transform=transform, backend="numpy"
        )
        self._embeddings.index([each.indexed for each in passages])

    def ask(self, case: Case) -> Asked:
        found = self._embeddings.search(joined(case), DEPTH)
        texts = tuple(self._passages[int(row)].text for row, _ in found)
        return Asked(texts, float(found[0][1]) if found else 0.0)


class Cairn:
    """cairn-assistant as shipped: its own threshold, its own sessions.

    It cuts documents itself, by paragraphs; here each passage is one.
    """

    name = "cairn-assistant"

    def __init__(self, passages: Sequence[Passage]) -> None:
        from cairn.config import Config
        from cairn.index import build_index

        self._config = Config(contact="the site", contact_by_language={})
        with tempfile.TemporaryDirectory() as folder:
            for document in dict.fromkeys(each.document for each in passages):
                own = [each for each in passages if each.document == document]
                front = f"---\nid: d-{document}\ntitle: {own[0].title}\nlang: en\n---\n"
                body = "\n\n".join(" ".join(each.text.split()) for each in own)
                (Path(folder) / f"{document}.md").write_text(front + body, encoding="utf-8")
            self._index = build_index(folder)

    def ask(self, case: Case) -> Asked:
        from cairn.session import Session

        session = Session()
        turns = [session.ask(each, self._index, self._config, lang="en") for each in case.messages]
        last = turns[-1]
        candidates = last.result.answer.trace.candidates
        texts = tuple(each.passage.text for each in candidates)[:DEPTH]
        shown = texts[: self._config.max_passages] if last.answer.kind == "grounded" else ()
        return Asked(texts, candidates[0].score if candidates else 0.0, shown)
