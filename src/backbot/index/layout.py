"""What an index looks like on disk, and the small files that say which version is served.

    index/
      current.json              {"current": version, "history": [version, ...]}
      versions/VERSION/         one index and its manifest.json
      models/NAME/              the sentence encoder, shared by the versions
      corpus/safety.toml        the site's words for notices, if the index was unpacked

Files are JSON and plain NumPy arrays (never pickled), so that an index from a stranger can be
opened: all that it can do is be refused.
"""

import hashlib
import re
from pathlib import Path

import msgspec
import numpy as np

from backbot.corpus.document import Document
from backbot.errors import IndexDamagedError, IndexOutdatedError, IndexUnavailableError
from backbot.index.contents import Question
from backbot.index.pins import Pinned
from backbot.index.views import Baseline
from backbot.index.wording import Wording

# Rises whenever what is written, or how it is read, changes.
FORMAT = 9
KEPT_VERSIONS = 5
MANIFEST_FILE = "manifest.json"
CURRENT_FILE = "current.json"
MODELS_FOLDER = "models"
# What a server needs of the corpus, where the corpus itself is not beside the index.
CORPUS_FOLDER = "corpus"
ARRAYS = {
    "sentences": np.int32,
    "passages": np.int32,
    "lexical_starts": np.int64,
    "lexical_rows": np.int32,
    "lexical_weights": np.float64,
    "lexical_idf": np.float64,
    "document_starts": np.int64,
    "document_rows": np.int32,
    "document_weights": np.float64,
    "document_idf": np.float64,
    "passage_vectors": np.float32,
    "sentence_vectors": np.float32,
    "question_vectors": np.float32,
    "elsewhere_vectors": np.float32,
    "token_starts": np.int64,
    "token_vectors": np.int8,
    "passage_keys": np.uint8,
    "sentence_keys": np.uint8,
    "question_keys": np.uint8,
    "elsewhere_keys": np.uint8,
}
# Of large indexes alone, all three of a kind or none: which vectors lie in which cell.
CELL_ARRAYS = {
    "passage_centres": np.float32,
    "passage_cell_starts": np.int64,
    "passage_cell_order": np.int32,
    "question_centres": np.float32,
    "question_cell_starts": np.int64,
    "question_cell_order": np.int32,
}
# The kinds of vectors that a question is compared with, all of them or by their cells.
SEARCHED = ("passage", "question")
# The kinds of text that are embedded; each has an array of vectors and one of keys.
ENCODED = ("passage", "sentence", "question", "elsewhere")
# What msgspec raises on bytes that are no JSON, no UTF-8, or nested without end.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_VERSION = re.compile(r"[0-9a-f]{16}")
_MODEL = re.compile(r"[0-9a-f]{16}")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a version holds. `settings` are those that shaped it; `files` maps names to sha256."""

    format: int
    model: str
    model_digest: str
    corpus: str
    settings: dict[str, float | int | str]
    counts: dict[str, int]
    files: dict[str, str]

    @property
    def version(self) -> str:
        """The same content has the same version, whenever and wherever it was built."""
        canonical = msgspec.json.encode(self, order="deterministic")
        return hashlib.sha256(canonical).hexdigest()[:16]


class Current(msgspec.Struct, frozen=True, kw_only=True):
    """Which version is served, the versions kept, newest first, and one that is held back: built,
    but kept from the readers by a check or by the owner."""

    current: str
    history: list[str]
    held: str | None = None


class Written(msgspec.Struct, frozen=True):
    """What the JSON files of a version hold, a field each."""

    documents: tuple[Document, ...]
    questions: tuple[Question, ...]
    elsewhere: tuple[str, ...]
    vocabulary: tuple[str, ...]
    document_vocabulary: tuple[str, ...]
    wording: Wording
    baseline: Baseline
    pins: tuple[Pinned, ...]


def corpus_fingerprint(documents: tuple[Document, ...]) -> str:
    """Return a digest of everything about the documents that readers could notice."""
    return hashlib.sha256(msgspec.json.encode(documents, order="deterministic")).hexdigest()


def current_version(root: Path) -> str:
    """Return the version that is served from `root`; raises `IndexUnavailableError`."""
    return read_current(root).current


def read_current(root: Path) -> Current:
    """Return what `current.json` of `root` says; raises `IndexUnavailableError`."""
    try:
        current = msgspec.json.decode((root / CURRENT_FILE).read_bytes(), type=Current)
    except FileNotFoundError:
        raise IndexUnavailableError(
            f"There is no index in {root}; run `backbot rebuild-index` to build one."
        ) from None
    except (OSError, *UNREADABLE):
        raise damaged(root / CURRENT_FILE) from None
    named = (current.current, *current.history, *filter(None, [current.held]))
    if not all(_VERSION.fullmatch(each) for each in named):
        raise damaged(root / CURRENT_FILE)
    return current


def read_manifest(root: Path, version: str) -> Manifest:
    """Return the manifest of a version; raises `IndexDamagedError` or `IndexOutdatedError`."""
    path = root / "versions" / version / MANIFEST_FILE
    try:
        raw = path.read_bytes()
        written = msgspec.json.decode(raw)
        if isinstance(written, dict) and written.get("format") != FORMAT:
            raise IndexOutdatedError(
                f"The index in {root} was written by another version of Backbot; "
                "run `backbot rebuild-index` to write it anew."
            )
        manifest = msgspec.convert(written, Manifest)
    except (OSError, *UNREADABLE):
        raise damaged(path) from None
    if manifest.version != version or not _MODEL.fullmatch(manifest.model):
        raise damaged(path)
    return manifest


def is_name(name: str) -> bool:
    """Tell whether `name` can name a version or a model: nothing that leads elsewhere."""
    return _VERSION.fullmatch(name) is not None


def damaged(path: Path) -> IndexDamagedError:
    return IndexDamagedError(
        f"{path} is damaged or not Backbot's; run `backbot rebuild-index --full` to write it anew."
    )
