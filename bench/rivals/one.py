"""One system by itself: reads questions from stdin, writes how long each took.

    python bench/rivals/one.py SYSTEM FOLDER

`FOLDER` is an index for Backbot, and for the others what `load.write_plain` wrote. Every system
runs in a process of its own, on one thread, set up as its documentation does. Vectors of passages
were made before; the question is encoded by each system's own means.
"""

import contextlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HAYSTACK_TELEMETRY_ENABLED="False")
DEPTH = 10
Ask = Callable[[str], Any]


def backbot(folder: Path) -> Ask:
    from backbot import Chatbot, open_index

    return Chatbot(open_index(folder)).reply


def plain(folder: Path) -> Ask:
    sys.path.insert(0, str(Path(__file__).parent))
    from plain import Plain

    return Plain(folder).find


def haystack(folder: Path) -> Ask:
    import numpy as np
    from haystack import Document, Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import (
        InMemoryBM25Retriever,
        InMemoryEmbeddingRetriever,
    )
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    texts = json.loads((folder / "texts.json").read_text())
    vectors = np.load(folder / "vectors.npy", allow_pickle=False)
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents(
        [
            Document(id=str(number), content=text, embedding=vector.tolist())
            for number, (text, vector) in enumerate(zip(texts, vectors, strict=True))
        ]
    )
    model = _encoder(folder)
    pipeline = Pipeline()
    pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=DEPTH))
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=DEPTH))
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH)
    pipeline.add_component("joiner", joiner)
    pipeline.connect("bm25", "joiner")
    pipeline.connect("dense", "joiner")

    def ask(text: str) -> Any:
        vector = model.encode(text, normalize_embeddings=True).tolist()
        return pipeline.run({"dense": {"query_embedding": vector}, "bm25": {"query": text}})

    return ask


def txtai(folder: Path) -> Ask:
    import numpy as np
    from txtai import Embeddings

    texts = json.loads((folder / "texts.json").read_text())
    known = dict(zip(texts, np.load(folder / "vectors.npy", allow_pickle=False), strict=True))
    model = _encoder(folder)

    def transform(wanted: list[str]) -> Any:
        if all(text in known for text in wanted):
            return np.stack([known[text] for text in wanted])
        return model.encode(wanted, normalize_embeddings=True)

    embeddings = Embeddings(hybrid=True, method="external", transform=transform)
    embeddings.index(texts)
    return lambda text: embeddings.search(text, DEPTH)


def cairn(folder: Path) -> Ask:
    from cairn.config import Config
    from cairn.index import build_index
    from cairn.session import Session

    texts = json.loads((folder / "texts.json").read_text())
    with tempfile.TemporaryDirectory() as made:
        for number, text in enumerate(texts):
            title, _, body = text.partition("\n")
            plain_title = re.sub(r"[^\w ]", "", title)
            front = f"---\nid: d-{number}\ntitle: {plain_title}\nlang: en\n---\n"
            # It refuses a document that begins like a heading or holds a word or two.
            words = f"About {plain_title}. {' '.join(body.split())}"
            (Path(made) / f"{number}.md").write_text(front + words, encoding="utf-8")
        index = build_index(made)
    config = Config(contact="the site", contact_by_language={})
    return lambda text: Session().ask(text, index, config, lang="en")


def _encoder(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    path = (folder / "model").read_text()
    return SentenceTransformer(path, device="cpu", local_files_only=True)


SYSTEMS: dict[str, Callable[[Path], Ask]] = {
    each.__name__: each for each in (backbot, plain, haystack, txtai, cairn)
}


def main() -> None:
    answer = os.fdopen(os.dup(1), "w")
    # Whatever a library prints must not mix with what is reported.
    with contextlib.redirect_stdout(sys.stderr):
        # Backbot and cairn-assistant need no torch, so none is loaded into their processes.
        if sys.argv[1] not in ("backbot", "cairn"):
            import torch

            torch.set_num_threads(1)
        ask = SYSTEMS[sys.argv[1]](Path(sys.argv[2]))
        print(json.dumps({"ready": True}), file=answer, flush=True)
        for line in sys.stdin:
            text = json.loads(line)
            started, worked = time.perf_counter(), time.process_time()
            ask(text)
            took = (time.perf_counter() - started) * 1000
            processor = (time.process_time() - worked) * 1000
            status = Path("/proc/self/status").read_text(encoding="ascii")
            resident = int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024 / 1e6
            found = {"ms": took, "processor_ms": processor, "mb": resident}
            print(json.dumps(found), file=answer, flush=True)


if __name__ == "__main__":
    main()
