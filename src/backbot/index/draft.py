"""Writing an index: whole or not at all, under a lock, and only then pointed to."""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from backbot.errors import IndexUnavailableError, UsageError, WriteError
from backbot.index.contents import Index
from backbot.index.layout import (
    ARRAYS,
    CELL_ARRAYS,
    CURRENT_FILE,
    FORMAT,
    KEPT_VERSIONS,
    MANIFEST_FILE,
    Current,
    Manifest,
    read_current,
)
from backbot.index.lexical import Lexical
from backbot.index.store import is_whole, open_index
from backbot.index.views import Baseline

DRAFT = ".draft-"


class Draft:
    """A version being written. Nothing of it can be opened before `publish`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, str] = {}
        (root / "versions").mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=DRAFT, dir=root / "versions"))
        self._folder.chmod(0o755)

    def contents(
        self, index: Index, keys: Mapping[str, NDArray[np.uint8]], baseline: Baseline
    ) -> None:
        """Write everything that `index` holds, the keys of its vectors, and its baseline."""
        self._json("documents", index.documents)
        self._json("questions", index.questions)
        self._json("elsewhere", index.elsewhere)
        self._json("vocabulary", tuple(index.lexical.vocabulary))
        self._json("document_vocabulary", tuple(index.document_lexical.vocabulary))
        self._json("wording", index.wording)
        self._json("baseline", baseline)
        self._json("pins", index.pins)
        arrays: dict[str, NDArray[Any]] = {
            "sentences": index.sentences,
            "passages": index.passages,
            **_columns("lexical", index.lexical),
            **_columns("document", index.document_lexical),
            "passage_vectors": index.dense.vectors,
            "sentence_vectors": index.sentence_vectors,
            "question_vectors": index.question_vectors,
            "elsewhere_vectors": index.elsewhere_vectors,
            "token_starts": index.token_starts,
            "token_vectors": index.token_vectors,
        }
        arrays.update((f"{kind}_keys", rows) for kind, rows in keys.items())
        for kind, dense in (("passage", index.dense), ("question", index.asked)):
            if dense.cells is not None:
                arrays[f"{kind}_centres"] = dense.cells.centres
                arrays[f"{kind}_cell_starts"] = dense.cells.starts
                arrays[f"{kind}_cell_order"] = dense.cells.order
        for name, array in arrays.items():
            self._array(name, array)

    def _json(self, name: str, value: Any) -> None:
        self._write(f"{name}.json", msgspec.json.encode(value, order="deterministic"))

    def _array(self, name: str, value: NDArray[Any]) -> None:
        target = np.ascontiguousarray(value, dtype=(ARRAYS | CELL_ARRAYS)[name])
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
        prove: Callable[[str], bool] = lambda version: True,
        deliver: Callable[[str], None] = lambda version: None,
    ) -> str:
        """Make the draft the current version and return its name; old versions beyond five go.

        When it is whole on the disk, `prove` gets its name; unless that says yes, the current one
        stays and the draft is held back beside it (see `release`), until the next one comes.
        `deliver` then brings it to where else it is served from; if that fails, nothing changes.
        """
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
        if not is_whole(self._root, manifest.version):
            # A broken version of that name makes way; a whole one may be in use, and stays.
            shutil.rmtree(target, ignore_errors=True)
            self._folder.rename(target)
            _sync_folder(target.parent)
        known = _history(self._root)
        try:
            proved = prove(manifest.version)
            if proved:
                deliver(manifest.version)
        except BaseException:
            if manifest.version not in known:
                shutil.rmtree(target, ignore_errors=True)
            raise
        if proved:
            point_to(self._root, manifest.version)
        elif known:
            _hold(self._root, manifest.version)
        else:
            shutil.rmtree(target, ignore_errors=True)
        return manifest.version

    def _write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        _write_synced(path, content)
        self._files[name] = hashlib.sha256(content).hexdigest()


def _columns(name: str, lexical: Lexical) -> dict[str, NDArray[Any]]:
    return {
        f"{name}_starts": lexical.starts,
        f"{name}_rows": lexical.rows,
        f"{name}_weights": lexical.weights,
        f"{name}_idf": lexical.idf,
    }


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
    with writing(root), locked(root):
        clear_drafts(root)
        try:
            yield Draft(root)
        finally:
            clear_drafts(root)


@contextlib.contextmanager
def writing(root: Path, *, spared: str = "The index is as it was before.") -> Iterator[None]:
    """Turn the operating system's refusals while writing below `root` into a `WriteError`, which
    says at its end what has come to no harm."""
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
        raise WriteError(f"Could not write to {root}: {reason} and try again. {spared}") from error


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Keep others from writing to the index in `root`; raises `UsageError` while somebody does."""
    with (root / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"Another rebuild of {root} is running; wait until it is done and try again."
            ) from None
        yield


def clear_drafts(root: Path) -> None:
    """Take away what was being written when it was broken off; under the lock."""
    for draft in (root / "versions").glob(f"{DRAFT}*"):
        shutil.rmtree(draft, ignore_errors=True)


def roll_back(
    root: Path,
    version: str | None = None,
    deliver: Callable[[str], None] = lambda version: None,
) -> str:
    """Make an older version the current one and return its name: `version`, or the one before.

    Versions that are newer stay, so that it can be undone. `deliver` as in `Draft.publish`.
    Raises `UsageError` where there is no such version, and as `drafting` does.
    """
    with writing(root), locked(root):
        current = read_current(root)
        kept = [each for each in current.history if (root / "versions" / each).is_dir()]
        place = kept.index(current.current) if current.current in kept else -1
        wanted = version or next(iter(kept[place + 1 :]), None)
        if wanted is None:
            raise UsageError(f"There is no older version in {root} to go back to.")
        if wanted not in kept:
            raise UsageError(f"There is no version {wanted} in {root}; kept are {', '.join(kept)}.")
        # A version that cannot be opened must not be served; the error says so.
        open_index(root, wanted)
        deliver(wanted)
        _swap(root, Current(current=wanted, history=kept, held=current.held))
        return wanted


def release(root: Path, deliver: Callable[[str], None] = lambda version: None) -> str:
    """Let the version that is held back answer from now on, and return its name.

    `deliver` as in `Draft.publish`.
    Raises `UsageError` where none is held back, and as `roll_back` does.
    """
    with writing(root), locked(root):
        held = _held(root)
        open_index(root, held)
        deliver(held)
        point_to(root, held)
        return held


def discard(root: Path) -> str:
    """Take the version that is held back away again, and return its name; raises as `release`."""
    with writing(root), locked(root):
        held = _held(root)
        current = read_current(root)
        _swap(root, Current(current=current.current, history=current.history))
        _clear_versions(root, current.history)
        return held


def _held(root: Path) -> str:
    held = read_current(root).held
    if held is None or not (root / "versions" / held).is_dir():
        raise UsageError(f"No version in {root} is held back.")
    return held


def _hold(root: Path, version: str) -> None:
    current = read_current(root)
    held = None if version == current.current else version
    _swap(root, Current(current=current.current, history=current.history, held=held))
    _clear_versions(root, [*current.history, version])


def _history(root: Path) -> list[str]:
    with contextlib.suppress(IndexUnavailableError):
        return read_current(root).history
    return []


def _swap(root: Path, current: Current) -> None:
    scratch = root / f".{CURRENT_FILE}.new"
    _write_synced(scratch, msgspec.json.encode(current))
    scratch.replace(root / CURRENT_FILE)
    # From here on the version is served. Should a crash undo an unsynced swap, the version before
    # it is still among those kept.
    with contextlib.suppress(OSError):
        _sync_folder(root)


def point_to(root: Path, version: str) -> None:
    """Let `version` be served from here on; versions beyond the last five go. Under the lock."""
    history = [version, *(each for each in _history(root) if each != version)]
    kept = [each for each in history if (root / "versions" / each).is_dir()][:KEPT_VERSIONS]
    # The folder's time tells from when on the corpus, as it was, answered.
    os.utime(root / "versions" / version)
    _swap(root, Current(current=version, history=kept))
    _clear_versions(root, kept)


def _clear_versions(root: Path, kept: Collection[str]) -> None:
    for folder in (root / "versions").iterdir():
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


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
