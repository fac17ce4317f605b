"""One file of an index's current version and all that a server needs beside it.

A gzip-compressed tar of plain files whose first member, `backbot-pack.json`, names each of the
others with its size and sha256, in the order in which they follow. The same index gives the same
bytes. `unpack` trusts nothing in it.
"""

import gzip
import hashlib
import tarfile
from pathlib import Path
from typing import BinaryIO, get_type_hints

import msgspec

from backbot.errors import IndexDamagedError
from backbot.index.draft import writing
from backbot.index.encoder import MODEL_FILES, file_sha256
from backbot.index.layout import (
    ARRAYS,
    CORPUS_FOLDER,
    MANIFEST_FILE,
    Written,
    current_version,
    read_manifest,
)

# Rises whenever a pack is written in another way.
FORMAT = 2
LIST_FILE = "backbot-pack.json"
# The site's own words for notices: the one file of a corpus that a server reads.
WORDING_FILE = f"{CORPUS_FOLDER}/safety.toml"
PIECE = 1024 * 1024


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a pack."""

    name: str
    bytes: int
    sha256: str


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What `backbot-pack.json` says."""

    format: int
    version: str
    model: str
    files: tuple[Packed, ...]


def names_of(version: str, model: str) -> tuple[str, ...]:
    """Return the files that every pack of a version holds, by their places below the index."""
    files = [MANIFEST_FILE, *(f"{name}.npy" for name in ARRAYS)]
    files += [f"{name}.json" for name in get_type_hints(Written)]
    names = [f"versions/{version}/{name}" for name in sorted(files)]
    names += [f"models/{model}/{name}" for name in sorted(MODEL_FILES)]
    return tuple(names)


def pack(root: Path, corpus: Path, target: Path) -> tuple[Contents, str]:
    """Write the current version of the index in `root`, and the words for notices in `corpus`, to
    the file `target`, whole or not at all; return what it holds and its sha256.

    Raises `IndexUnavailableError` and its kin for an index that cannot be served, `WriteError`.
    """
    version = current_version(root)
    manifest = read_manifest(root, version)
    places = {name: root / name for name in names_of(version, manifest.model)}
    own_words = corpus / Path(WORDING_FILE).name
    if own_words.is_file():
        places[WORDING_FILE] = own_words
    files = []
    for name, path in places.items():
        if not path.is_file():
            raise _changed(path)
        files.append(Packed(name=name, bytes=path.stat().st_size, sha256=file_sha256(path)))
    contents = Contents(format=FORMAT, version=version, model=manifest.model, files=tuple(files))
    with writing(target.parent, spared="No pack was written."):
        scratch = target.with_name(f".{target.name}.new")
        try:
            with scratch.open("wb") as file:
                _write(file, contents, places)
            scratch.replace(target)
        finally:
            scratch.unlink(missing_ok=True)
    return contents, file_sha256(target)


def _write(file: BinaryIO, contents: Contents, places: dict[str, Path]) -> None:
    with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
        listed = msgspec.json.encode(contents, order="deterministic")
        _begin(packed, LIST_FILE, len(listed))
        packed.write(listed + _padding(len(listed)))
        for each in contents.files:
            _begin(packed, each.name, each.bytes)
            seen = hashlib.sha256()
            size = 0
            with places[each.name].open("rb") as source:
                while piece := source.read(PIECE):
                    packed.write(piece)
                    seen.update(piece)
                    size += len(piece)
            if (size, seen.hexdigest()) != (each.bytes, each.sha256):
                raise _changed(places[each.name])
            packed.write(_padding(size))
        packed.write(bytes(2 * tarfile.BLOCKSIZE))


def _begin(packed: gzip.GzipFile, name: str, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    packed.write(member.tobuf(tarfile.USTAR_FORMAT))


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _changed(path: Path) -> IndexDamagedError:
    return IndexDamagedError(f"{path} was changed or taken away while it was read; try again.")
