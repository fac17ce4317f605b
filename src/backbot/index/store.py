"""Opening an index: only if every byte is as written and every number fits."""

import hashlib
import mmap
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import numpy as np
from numpy.typing import NDArray

from backbot.errors import IndexDamagedError, IndexUnavailableError
from backbot.index.cells import Cells
from backbot.index.contents import Index, Known
from backbot.index.cutting import cuts_of, cutting_digest
from backbot.index.dense import Dense
from backbot.index.encoder import Encoder, ModelCard
from backbot.index.layout import (
    ARRAYS,
    CELL_ARRAYS,
    ENCODED,
    UNREADABLE,
    Manifest,
    Written,
    current_version,
    damaged,
    read_manifest,
)
from backbot.index.lexical import Lexical
from backbot.index.soundness import check


def open_index(root: Path, version: str | None = None, *, encoder: Encoder | None = None) -> Index:
    """Open a version of the index in `root`, the current one if none is named.

    An `encoder` that is open already is used if it is the version's own.
    Raises `IndexUnavailableError` and its kin with a sentence that says what to do: nothing there,
    damaged, foreign, outdated, or its encoder missing or changed.
    """
    version = version or current_version(root)
    manifest = read_manifest(root, version)
    folder = root / "versions" / version
    written, arrays = _read_files(folder, manifest)
    if encoder is None or encoder.card.digest != manifest.model_digest:
        encoder = Encoder(root / "models" / manifest.model)
    if encoder.card.digest != manifest.model_digest:
        raise IndexDamagedError(
            f"The index in {root} was built with another sentence encoder than the one beside it; "
            "run `backbot rebuild-index --full`."
        )
    try:
        check(written, arrays, encoder.card)
    except ValueError:
        raise damaged(folder) from None
    lexical = _lexical("lexical", written.vocabulary, arrays, len(arrays["passages"]))
    document_lexical = _lexical(
        "document", written.document_vocabulary, arrays, len(written.documents)
    )
    if document_lexical.vocabulary == lexical.vocabulary:
        # The same words in the same places: one table of them will do.
        document_lexical = document_lexical._replace(vocabulary=lexical.vocabulary)
    index = Index(
        version=version,
        documents=written.documents,
        sentences=arrays["sentences"],
        passages=arrays["passages"],
        questions=written.questions,
        elsewhere=written.elsewhere,
        wording=written.wording,
        lexical=lexical,
        document_lexical=document_lexical,
        dense=_dense("passage", arrays, manifest),
        sentence_vectors=arrays["sentence_vectors"],
        asked=_dense("question", arrays, manifest),
        away=Dense(arrays["elsewhere_vectors"]),
        token_starts=arrays["token_starts"],
        token_vectors=arrays["token_vectors"],
        encoder=encoder,
        baseline=written.baseline,
        pins=written.pins,
    )
    _unread(arrays)
    return index


def _lexical(
    name: str, vocabulary: tuple[str, ...], arrays: dict[str, NDArray[Any]], texts: int
) -> Lexical:
    return Lexical(
        {term: number for number, term in enumerate(vocabulary)},
        arrays[f"{name}_starts"],
        arrays[f"{name}_rows"],
        arrays[f"{name}_weights"],
        arrays[f"{name}_idf"],
        texts,
    )


def _dense(kind: str, arrays: dict[str, NDArray[Any]], manifest: Manifest) -> Dense:
    cells = None
    if f"{kind}_centres" in arrays:
        cells = Cells(
            arrays[f"{kind}_centres"],
            arrays[f"{kind}_cell_starts"],
            arrays[f"{kind}_cell_order"],
            max(1, int(manifest.settings.get(f"{kind}_cells_read", 1))),
            float(manifest.settings.get(f"{kind}_recall", 0.0)),
        )
    return Dense(arrays[f"{kind}_vectors"], cells)


def read_known(root: Path, card: ModelCard) -> Known:
    """Return what the current version knows of each text, by the key of the text, and how its
    documents are cut if that was done by this very code.

    An index that cannot be read has nothing to give: what is in doubt is made anew.
    """
    known = Known.nothing()
    try:
        version = current_version(root)
        manifest = read_manifest(root, version)
        if manifest.model_digest != card.digest:
            return known
        written, arrays = _read_files(root / "versions" / version, manifest)
        check(written, arrays, card)
    except (IndexUnavailableError, ValueError):
        return known
    for kind in ENCODED:
        keys, rows = arrays[f"{kind}_keys"], arrays[f"{kind}_vectors"]
        if keys.ndim == 2 and len(keys) == len(rows):
            known.vectors.update((key.tobytes(), row) for key, row in zip(keys, rows, strict=True))
    spans = pairwise(arrays["token_starts"].tolist())
    for key, (first, last) in zip(arrays["sentence_keys"], spans, strict=False):
        known.tokens[key.tobytes()] = arrays["token_vectors"][first:last]
    if manifest.settings.get("cutting") == cutting_digest():
        known.cuts.update(cuts_of(written.documents, arrays["sentences"], arrays["passages"]))
    return known


def is_whole(root: Path, version: str) -> bool:
    try:
        _read_files(root / "versions" / version, read_manifest(root, version))
    except IndexUnavailableError:
        return False
    return True


def _read_files(folder: Path, manifest: Manifest) -> tuple[Written, dict[str, NDArray[Any]]]:
    hints = get_type_hints(Written)
    dtypes = ARRAYS | {
        name: dtype for name, dtype in CELL_ARRAYS.items() if f"{name}.npy" in manifest.files
    }
    if set(manifest.files) != {*(f"{name}.npy" for name in dtypes), *(f"{n}.json" for n in hints)}:
        raise damaged(folder)
    try:
        for name, digest in manifest.files.items():
            if _sha256(folder / name) != digest:
                raise damaged(folder / name)
        written = Written(
            **{
                name: msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=hint)
                for name, hint in hints.items()
            }
        )
    except (OSError, *UNREADABLE):
        raise damaged(folder) from None
    arrays = {name: _read_array(folder / f"{name}.npy", dtype) for name, dtype in dtypes.items()}
    return written, arrays


def _read_array(path: Path, dtype: type) -> NDArray[Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception:  # a header made to mislead can make NumPy stumble in any way
        raise damaged(path) from None
    # np.load opens archives of arrays too, which are none of ours.
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        raise damaged(path)
    # The same mapped memory, without what np.memmap adds to every look at it.
    return np.asarray(array)


def _unread(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Let go of what checking has read: from now on only the pages that are used are held."""
    for array in arrays.values():
        mapped = array.base
        # NumPy keeps the mapping where it may not be asked for it; an empty array has none.
        memory = getattr(mapped, "_mmap", None)
        if isinstance(memory, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            memory.madvise(mmap.MADV_DONTNEED)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
