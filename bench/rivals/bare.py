"""The bare pipeline: encode the question, look up vectors and BM25, add both, name ten passages.

No safety, no composing, no confidence, no citation: the least that any hybrid search costs with the
arrays that Backbot uses and the encoder as it was published, in 32-bit floats.
"""

import dataclasses
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from backbot.index.encoder import Encoder
from backbot.index.store import open_index
from backbot.text.terms import terms

Start = Callable[[str, list[tuple[str, str]]], Any]
DEPTH = 10


def make(folder: str) -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """Return the WSGI app over `folder`, where `index` names an index and `encoder` lies."""
    faiss.omp_set_num_threads(1)
    own = open_index(Path((Path(folder) / "index").read_text()))
    index = dataclasses.replace(own, encoder=Encoder(Path(folder) / "encoder"))
    del own
    flat = faiss.IndexFlatIP(index.encoder.dimensions)
    flat.add(np.ascontiguousarray(index.dense.vectors))
    documents = index.documents

    def find(question: str) -> list[tuple[str, float]]:
        cosines, rows = flat.search(index.encoder.encode(question).reshape(1, -1), 5 * DEPTH)
        scores = index.lexical.score(tuple(dict.fromkeys(terms(question))))
        fused = scores / max(float(scores.max()), 1e-9)
        fused[rows[0]] += cosines[0]
        best = np.argpartition(-fused, DEPTH)[:DEPTH]
        return [(documents[int(index.passages[n, 0])].id, float(fused[n])) for n in best]

    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        body = b"{}"
        if environ["REQUEST_METHOD"] == "POST":
            length = int(environ["CONTENT_LENGTH"])
            asked = json.loads(environ["wsgi.input"].read(length))["message"]
            body = json.dumps(find(asked)).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return app
