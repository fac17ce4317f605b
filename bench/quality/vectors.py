"""An encoder that keeps what it has encoded on disk, and need not encode everything."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from backbot.index.encoder import Embedded, Encoder, Vectors

# Beside the code, ignored by git: encoding five thousand abstracts takes minutes.
CACHE = Path(__file__).parent / ".cache"
_SHARD = 1000


class StoredEncoder(Encoder):
    """The exported model in `folder`, with the vectors of texts it has met before kept in `store`.

    Texts for which `needless` is true get a vector of zeros in `embed_all`: an index of thousands
    of documents is then made without the vectors that a measure does not look at. Token vectors
    are left out of such an index too: search does not read them.
    """

    def __init__(self, folder: Path, store: Path) -> None:
        super().__init__(folder)
        self.needless: Callable[[str], bool] = lambda _: False
        self._store = store / self.card.digest
        self._store.mkdir(parents=True, exist_ok=True)
        self._known: dict[bytes, Vectors] = {}
        for path in sorted(self._store.glob("*.npz")):
            with np.load(path) as shard:
                keys, vectors = shard["keys"], shard["vectors"]
            for key, vector in zip(keys, vectors, strict=True):
                self._known[key.tobytes()] = vector

    def encode(self, text: str) -> Vectors:
        known = getattr(self, "_known", {}).get(_key(text))
        return super().encode(text) if known is None else known

    def embed_all(
        self,
        texts: Sequence[str],
        *,
        threads: int = 1,
        advance: Callable[[], None] = lambda: None,
    ) -> list[Embedded]:
        none = np.zeros((0, self.card.token_dimensions), dtype=np.int8)
        vectors = self.encode_all(texts, threads=threads, advance=advance)
        return [Embedded(vector, none) for vector in vectors]

    def encode_all(
        self,
        texts: Sequence[str],
        *,
        threads: int = 1,
        advance: Callable[[], None] = lambda: None,
    ) -> Vectors:
        fresh = [t for t in dict.fromkeys(texts) if _key(t) not in self._known]
        fresh = [text for text in fresh if not self.needless(text)]
        for start in range(0, len(fresh), _SHARD):
            shard = fresh[start : start + _SHARD]
            made = super().embed_all(shard, threads=threads, advance=advance)
            self._keep(shard, np.stack([each.sentence for each in made]))
            if len(fresh) > _SHARD:
                print(f"  {start + len(shard):,} of {len(fresh):,} new texts encoded", flush=True)
        nothing = np.zeros(self.dimensions, dtype=np.float32)
        return np.stack([self._known.get(_key(text), nothing) for text in texts])

    def _keep(self, texts: Sequence[str], vectors: Vectors) -> None:
        keys = np.frombuffer(b"".join(map(_key, texts)), dtype=np.uint8).reshape(-1, 32)
        name = hashlib.sha256(keys.tobytes()).hexdigest()[:16]
        np.savez(self._store / f"{name}.npz", keys=keys, vectors=vectors)
        self._known.update(zip(map(_key, texts), vectors, strict=True))


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()
