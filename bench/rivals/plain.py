"""What a capable programmer writes first: sentence-transformers, faiss and rank-bm25 in one script.

Each as its documentation shows it, and reciprocal rank fusion of the two.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")

import faiss
import numpy as np
import torch
from rank_bm25 import BM25Okapi
from sentence_transformers import SentenceTransformer

Start = Callable[[str, list[tuple[str, str]]], Any]
DEPTH = 10
RRF = 60


class Plain:
    """The script. `folder` holds `texts.json`, `vectors.npy` and the model's folder in `model`."""

    def __init__(self, folder: Path) -> None:
        torch.set_num_threads(1)
        faiss.omp_set_num_threads(1)
        self._model = SentenceTransformer(
            (folder / "model").read_text(), device="cpu", local_files_only=True
        )
        self._texts = json.loads((folder / "texts.json").read_text())
        vectors = np.load(folder / "vectors.npy", allow_pickle=False)
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)
        self._okapi = BM25Okapi([text.lower().split() for text in self._texts])

    def find(self, question: str) -> list[tuple[int, float]]:
        vector = self._model.encode([question], normalize_embeddings=True)
        _, near = self._index.search(np.asarray(vector), 5 * DEPTH)
        scores = self._okapi.get_scores(question.lower().split())
        fused: dict[int, float] = {}
        for ranked in (near[0], np.argsort(-scores)[: 5 * DEPTH]):
            for rank, row in enumerate(ranked, start=1):
                fused[int(row)] = fused.get(int(row), 0.0) + 1 / (RRF + rank)
        return sorted(fused.items(), key=lambda found: -found[1])[:DEPTH]


def make(folder: str) -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """Return the WSGI app over what lies in `folder`."""
    plain = Plain(Path(folder))

    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        body = b"{}"
        if environ["REQUEST_METHOD"] == "POST":
            length = int(environ["CONTENT_LENGTH"])
            asked = json.loads(environ["wsgi.input"].read(length))["message"]
            body = json.dumps(plain.find(asked)).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return app
