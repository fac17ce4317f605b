"""An index on disk: written whole or not at all, opened only if every byte is as written.

    index/
      current.json              {"current": version, "history": [version, ...]}
      versions/VERSION/         one index and its manifest.json
      models/NAME/              the sentence encoder, shared by the versions

Files are JSON and plain NumPy arrays (never pickled), so that an index from a stranger can be
opened: all that it can do is be refused.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, get_type_hints

import msgspec
import numpy as np
from numpy.typing import NDArray

from backbot.corpus.document import Document
from backbot.errors import (
    IndexDamagedError,
    IndexOutdatedError,
    IndexUnavailableError,
    UsageError,
    WriteError,
)
from backbot.index.contents import (
    P_DOCUMENT,
    P_FIRST,
    P_LAST,
    P_SECTION,
    PASSAGE_COLUMNS,
    S_BLOCK,
    S_DOCUMENT,
    S_END,
    S_ROLE,
    S_SECTION,
    S_START,
    SENTENCE_COLUMNS,
    Baseline,
    Index,
    Question,
)
from backbot.index.dense import Dense
from backbot.index.encoder import Encoder
from backbot.index.lexical import Lexical
from backbot.index.wording import Wording
from backbot.text.roles import Role
from backbot.text.terms import words

# Rises whenever what is written, or how it is read, changes.
FORMAT = 2
KEPT_VERSIONS = 5
# How far from 1 the length of a vector may be for rounding's sake.
UNIT_TOLERANCE = 1e-3
MANIFEST_FILE = "manifest.json"
CURRENT_FILE = "current.json"
_ARRAYS = {
    "sentences": np.int32,
    "passages": np.int32,
    "lexical_starts": np.int64,
    "lexical_rows": np.int32,
    "lexical_weights": np.float64,
    "lexical_idf": np.float64,
    "passage_vectors": np.float32,
    "sentence_vectors": np.float32,
    "question_vectors": np.float32,
    "elsewhere_vectors": np.float32,
    "passage_keys": np.uint8,
    "sentence_keys": np.uint8,
    "question_keys": np.uint8,
    "elsewhere_keys": np.uint8,
}
_DRAFT = ".draft-"
_ENCODED = ("passage", "sentence", "question", "elsewhere")
# What msgspec raises on bytes that are no JSON, no UTF-8, or nested without end.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
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
    """Which version is served, and the versions kept, newest first."""

    current: str
    history: list[str]


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
    except (OSError, *_UNREADABLE):
        raise _damaged(root / CURRENT_FILE) from None
    if not all(_VERSION.fullmatch(each) for each in (current.current, *current.history)):
        raise _damaged(root / CURRENT_FILE)
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
    except (OSError, *_UNREADABLE):
        raise _damaged(path) from None
    if manifest.version != version or not _MODEL.fullmatch(manifest.model):
        raise _damaged(path)
    return manifest


def open_index(root: Path, version: str | None = None) -> Index:
    """Open a version of the index in `root`, the current one if none is named.

    Raises `IndexUnavailableError` and its kin with a sentence that says what to do: nothing there,
    damaged, foreign, outdated, or its encoder missing or changed.
    """
    version = version or current_version(root)
    manifest = read_manifest(root, version)
    folder = root / "versions" / version
    written, arrays = _read_files(folder, manifest)
    encoder = Encoder(root / "models" / manifest.model)
    if encoder.card.digest != manifest.model_digest:
        raise IndexDamagedError(
            f"The index in {root} was built with another sentence encoder than the one beside it; "
            "run `backbot rebuild-index --full`."
        )
    try:
        _check(written, arrays, encoder.dimensions)
        _check_wording(written.wording)
    except ValueError:
        raise _damaged(folder) from None
    return Index(
        version=version,
        documents=written.documents,
        sentences=arrays["sentences"],
        passages=arrays["passages"],
        questions=written.questions,
        elsewhere=written.elsewhere,
        wording=written.wording,
        lexical=Lexical(
            {term: number for number, term in enumerate(written.vocabulary)},
            arrays["lexical_starts"],
            arrays["lexical_rows"],
            arrays["lexical_weights"],
            arrays["lexical_idf"],
            len(arrays["passages"]),
        ),
        dense=Dense(arrays["passage_vectors"]),
        sentence_vectors=arrays["sentence_vectors"],
        question_vectors=arrays["question_vectors"],
        elsewhere_vectors=arrays["elsewhere_vectors"],
        encoder=encoder,
        baseline=written.baseline,
    )


def read_vectors(root: Path, dimensions: int) -> dict[bytes, NDArray[np.float32]]:
    """Return the vectors of the current version by the key of the text each was made from.

    An index that cannot be read has none to give: what is in doubt is made anew.
    """
    try:
        version = current_version(root)
        manifest = read_manifest(root, version)
        arrays = _read_files(root / "versions" / version, manifest)[-1]
    except IndexUnavailableError:
        return {}
    vectors: dict[bytes, NDArray[np.float32]] = {}
    for kind in _ENCODED:
        keys, rows = arrays[f"{kind}_keys"], arrays[f"{kind}_vectors"]
        fit = keys.ndim == 2 and rows.shape == (len(keys), dimensions)
        if fit and _has_unit_rows(rows):
            vectors.update((key.tobytes(), row) for key, row in zip(keys, rows, strict=True))
    return vectors


class Draft:
    """A version being written. Nothing of it can be opened before `publish`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, str] = {}
        (root / "versions").mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=root / "versions"))
        self._folder.chmod(0o755)

    def contents(
        self, index: Index, keys: Mapping[str, NDArray[np.uint8]], baseline: Baseline
    ) -> None:
        """Write everything that `index` holds, the keys of its vectors, and its baseline."""
        self._json("documents", index.documents)
        self._json("questions", index.questions)
        self._json("elsewhere", index.elsewhere)
        self._json("vocabulary", tuple(index.lexical.vocabulary))
        self._json("wording", index.wording)
        self._json("baseline", baseline)
        arrays: dict[str, NDArray[Any]] = {
            "sentences": index.sentences,
            "passages": index.passages,
            "lexical_starts": index.lexical.starts,
            "lexical_rows": index.lexical.rows,
            "lexical_weights": index.lexical.weights,
            "lexical_idf": index.lexical.idf,
            "passage_vectors": index.dense.vectors,
            "sentence_vectors": index.sentence_vectors,
            "question_vectors": index.question_vectors,
            "elsewhere_vectors": index.elsewhere_vectors,
        }
        arrays.update((f"{kind}_keys", rows) for kind, rows in keys.items())
        for name, array in arrays.items():
            self._array(name, array)

    def _json(self, name: str, value: Any) -> None:
        self._write(f"{name}.json", msgspec.json.encode(value, order="deterministic"))

    def _array(self, name: str, value: NDArray[Any]) -> None:
        target = np.ascontiguousarray(value, dtype=_ARRAYS[name])
        path = self._folder / f"{name}.npy"
        with path.open("wb") as file:
            hashed = _Hashed(file)
            np.save(hashed, target, allow_pickle=False)
            file.flush()
            _sync(file.fileno())
        self._files[path.name] = hashed.digest()

    def publish(
        self,
        *,
        model: str,
        model_digest: str,
        corpus: str,
        settings: dict[str, float | int | str],
        counts: dict[str, int],
    ) -> str:
        """Make the draft the current version and return its name; old versions beyond five go."""
        manifest = Manifest(
            format=FORMAT,
            model=model,
            model_digest=model_digest,
            corpus=corpus,
            settings=settings,
            counts=counts,
            files=dict(sorted(self._files.items())),
        )
        encoded = msgspec.json.encode(manifest, order="deterministic")
        self._write(MANIFEST_FILE, msgspec.json.format(encoded, indent=2))
        _sync_folder(self._folder)
        target = self._root / "versions" / manifest.version
        if not _is_whole(self._root, manifest.version):
            # A broken version of that name makes way; a whole one may be in use, and stays.
            shutil.rmtree(target, ignore_errors=True)
            self._folder.rename(target)
            _sync_folder(target.parent)
        _point_to(self._root, manifest.version)
        return manifest.version

    def _write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        _write_synced(path, content)
        self._files[name] = hashlib.sha256(content).hexdigest()


class _Hashed:
    """A file as np.save writes to it when it is no plain one: in pieces, which are summed up here.

    To a plain file NumPy writes by itself, and a full disk is then an error without a number.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sum = hashlib.sha256()

    def write(self, piece: bytes) -> int:
        self._sum.update(piece)
        return self._file.write(piece)

    def digest(self) -> str:
        return self._sum.hexdigest()


@contextlib.contextmanager
def drafting(root: Path) -> Iterator[Draft]:
    """Give a `Draft` under the index's lock and clear it away if it was not published, together
    with those that a killed rebuild left behind.

    Raises `UsageError` while another rebuild runs, `WriteError` when the disk is full or the
    folder is not ours to write.
    """
    with writing(root), _locked(root):
        _clear_drafts(root)
        try:
            yield Draft(root)
        finally:
            _clear_drafts(root)


@contextlib.contextmanager
def writing(root: Path) -> Iterator[None]:
    """Turn the operating system's refusals while writing below `root` into a `WriteError`."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = "the disk is full; make room"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            reason = "Backbot may not write there; change the folder's owner or name another folder"
        else:
            reason = f"{(error.strerror or 'unknown error').lower()}; mend that"
        raise WriteError(
            f"Could not write to {root}: {reason} and try again. The index is as it was before."
        ) from error


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    with (root / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"Another rebuild of {root} is running; wait until it is done and try again."
            ) from None
        yield


def _clear_drafts(root: Path) -> None:
    for draft in (root / "versions").glob(f"{_DRAFT}*"):
        shutil.rmtree(draft, ignore_errors=True)


def _point_to(root: Path, version: str) -> None:
    history = []
    with contextlib.suppress(IndexUnavailableError):
        history = read_current(root).history
    history = [version, *(each for each in history if each != version)]
    kept = [each for each in history if (root / "versions" / each).is_dir()][:KEPT_VERSIONS]
    scratch = root / f".{CURRENT_FILE}.new"
    _write_synced(scratch, msgspec.json.encode(Current(current=version, history=kept)))
    scratch.replace(root / CURRENT_FILE)
    # From here on the version is served. Should a crash undo an unsynced swap, the version before
    # it is still among those kept.
    with contextlib.suppress(OSError):
        _sync_folder(root)
    for folder in (root / "versions").iterdir():
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _is_whole(root: Path, version: str) -> bool:
    try:
        _read_files(root / "versions" / version, read_manifest(root, version))
    except IndexUnavailableError:
        return False
    return True


class _Written(msgspec.Struct, frozen=True):
    """What the JSON files of a version hold, a field each."""

    documents: tuple[Document, ...]
    questions: tuple[Question, ...]
    elsewhere: tuple[str, ...]
    vocabulary: tuple[str, ...]
    wording: Wording
    baseline: Baseline


def _read_files(folder: Path, manifest: Manifest) -> tuple[_Written, dict[str, NDArray[Any]]]:
    hints = get_type_hints(_Written)
    if set(manifest.files) != {*(f"{name}.npy" for name in _ARRAYS), *(f"{n}.json" for n in hints)}:
        raise _damaged(folder)
    try:
        for name, digest in manifest.files.items():
            if _sha256(folder / name) != digest:
                raise _damaged(folder / name)
        written = _Written(
            **{
                name: msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=hint)
                for name, hint in hints.items()
            }
        )
    except (OSError, *_UNREADABLE):
        raise _damaged(folder) from None
    arrays = {name: _read_array(folder / f"{name}.npy", dtype) for name, dtype in _ARRAYS.items()}
    return written, arrays


def _read_array(path: Path, dtype: type) -> NDArray[Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception:  # a header made to mislead can make NumPy stumble in any way
        raise _damaged(path) from None
    # np.load opens archives of arrays too, which are none of ours.
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        raise _damaged(path)
    return array


def _check(written: _Written, arrays: dict[str, NDArray[Any]], dimensions: int) -> None:
    """Raise ValueError unless every number points at something that is there.

    Sums in the manifest show accidents; these checks stop an index that was made to mislead.
    """
    if any(array.ndim == 0 for array in arrays.values()):
        raise ValueError("an index with a number in the place of a table")
    documents, questions = written.documents, written.questions
    sentences, passages = arrays["sentences"], arrays["passages"]
    entries = len(arrays["lexical_rows"])
    starts = arrays["lexical_starts"]
    shapes = {
        "sentences": (len(sentences), SENTENCE_COLUMNS),
        "passages": (len(passages), PASSAGE_COLUMNS),
        "lexical_starts": (len(written.vocabulary) + 1,),
        "lexical_rows": (entries,),
        "lexical_weights": (entries,),
        "lexical_idf": (len(written.vocabulary),),
        "passage_vectors": (len(passages), dimensions),
        "sentence_vectors": (len(sentences), dimensions),
        "question_vectors": (len(questions), dimensions),
        "elsewhere_vectors": (len(written.elsewhere), dimensions),
    }
    sound = all(arrays[name].shape == shape for name, shape in shapes.items())
    sound = sound and all(
        bool(np.isfinite(array).all()) for array in arrays.values() if array.dtype.kind == "f"
    )
    sound = sound and all(_has_unit_rows(arrays[f"{kind}_vectors"]) for kind in _ENCODED)
    sound = sound and bool((arrays["lexical_weights"] >= 0).all())
    sound = sound and bool((arrays["lexical_idf"] >= 0).all())
    sound = (
        sound and starts[0] == 0 and starts[-1] == entries and bool((np.diff(starts) >= 0).all())
    )
    sound = sound and _within(arrays["lexical_rows"], 0, len(passages))
    sound = sound and len(questions) > 0 and len(passages) > 0
    sound = sound and all(0 <= each.document < len(documents) for each in questions)
    sound = sound and len({document.id for document in documents}) == len(documents) > 0
    sound = sound and _within(sentences[:, S_DOCUMENT], 0, len(documents))
    sound = sound and _within(passages[:, P_DOCUMENT], 0, len(documents))
    sound = sound and _within(passages[:, P_FIRST], 0, len(sentences))
    sound = sound and _within(passages[:, P_LAST], 1, len(sentences) + 1)
    sound = sound and bool((passages[:, P_FIRST] < passages[:, P_LAST]).all())
    sound = sound and _within(sentences[:, S_ROLE], 0, len(Role))
    if sound:
        lengths = np.array([len(document.text) for document in documents])
        blocks = np.array([len(document.blocks) for document in documents])
        owner, part_of = sentences[:, S_DOCUMENT], passages[:, P_DOCUMENT]
        sound = bool(
            (sentences[:, S_START] >= 0).all()
            and (sentences[:, S_START] < sentences[:, S_END]).all()
            and (sentences[:, S_END] <= lengths[owner]).all()
            and (sentences[:, S_BLOCK] >= 0).all()
            and (sentences[:, S_BLOCK] < blocks[owner]).all()
            and (sentences[:, S_SECTION] >= -1).all()
            and (sentences[:, S_SECTION] < blocks[owner]).all()
            and (passages[:, P_SECTION] >= -1).all()
            and (passages[:, P_SECTION] < blocks[part_of]).all()
            and (owner[passages[:, P_FIRST]] == part_of).all()
            and (owner[passages[:, P_LAST] - 1] == part_of).all()
            and (np.diff(owner) >= 0).all()
        )
    if not sound:
        raise ValueError("an index whose numbers do not fit together")


def _check_wording(wording: Wording) -> None:
    """Raise ValueError unless every word and phrase is one: they are looked for in questions."""
    phrases = [phrase for group in wording.groups for phrase, _ in group]
    if not all(wording.words) or not all(phrases):
        raise ValueError("an empty word")
    if any(phrase != " ".join(words(phrase)) for phrase in phrases):
        raise ValueError("a phrase that is more than its words")


def _has_unit_rows(vectors: NDArray[Any]) -> bool:
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(vectors, axis=1)
    return bool((np.abs(lengths - 1.0) < UNIT_TOLERANCE).all())


def _within(values: NDArray[Any], low: int, high: int) -> bool:
    return bool(((values >= low) & (values < high)).all())


def _damaged(path: Path) -> IndexDamagedError:
    return IndexDamagedError(
        f"{path} is damaged or not Backbot's; run `backbot rebuild-index --full` to write it anew."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        _sync(file.fileno())


def _sync(descriptor: int) -> None:
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
