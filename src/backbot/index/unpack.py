"""Taking a pack in: proved in a folder that nobody opens, and swapped in at once or not at all.

A pack may come from anywhere. Its members are read by what its list says, and the list must name
exactly the files of an index: nothing else can be in it, no path, no link, no device. No more is
read than the list says, and the list may not promise more than the file could honestly hold or the
disk has room for.
"""

import gzip
import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import BinaryIO

import msgspec

from backbot.errors import BackbotError, IndexOutdatedError, PackError, WriteError
from backbot.index.draft import DRAFT, clear_drafts, locked, point_to, writing
from backbot.index.encoder import file_sha256
from backbot.index.layout import UNREADABLE, is_name
from backbot.index.pack import FORMAT, LIST_FILE, PIECE, WORDING_FILE, Contents, Packed, names_of
from backbot.index.store import is_whole, open_index

MAX_LIST_BYTES = 256 * 1024
# The files of an index shrink to a third at best; what promises more is made to fill the disk.
MAX_RATIO = 25
MAX_WORDING_BYTES = 256 * 1024


def unpack(file: Path, root: Path, sha256: str | None = None) -> Contents:
    """Make the version in the pack `file` the current one of the index in `root`; return what the
    pack holds. `sha256` is what `pack` said of it.

    Raises `PackError` for a file that is no sound pack, `IndexOutdatedError` for one of another
    version of Backbot, `WriteError`, and `UsageError` while somebody else writes to the index. The
    index is then as it was before.
    """
    if not file.is_file():
        raise PackError(f"There is no file {file}.")
    if sha256 is not None and file_sha256(file) != sha256.lower():
        raise PackError(f"{file} does not have that sha256; copy it once more.")
    with writing(root), locked(root):
        clear_drafts(root)
        (root / "versions").mkdir(exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=DRAFT, dir=root / "versions"))
        try:
            contents = _extract(file, staging)
            _prove(file, staging, contents)
            _install(staging, root, contents)
        finally:
            clear_drafts(root)
    return contents


def _extract(file: Path, staging: Path) -> Contents:
    """Write the files of a pack below `staging`, each checked on the way."""
    try:
        with file.open("rb") as raw, gzip.GzipFile(fileobj=raw, mode="rb") as packed:
            contents = _read_list(packed, file)
            _check_room(contents, file, staging)
            for each in contents.files:
                _read_header(packed, each.name, each.bytes)
                _copy(packed, each, staging / each.name)
            if any(packed.read(2 * tarfile.BLOCKSIZE)):
                raise _Unsound("it holds more than its list says")
    except (_Unsound, gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError) as error:
        why = f": {error}" if isinstance(error, _Unsound) else ""
        raise PackError(
            f"{file} is damaged or no pack of Backbot{why}. Copy it once more."
        ) from None
    return contents


class _Unsound(Exception):  # noqa: N818 - it never leaves this module
    """What is wrong with a pack."""


def _read_list(packed: gzip.GzipFile, file: Path) -> Contents:
    size = _read_header(packed, LIST_FILE)
    if size > MAX_LIST_BYTES:
        raise _Unsound("its list is too long")
    try:
        contents = msgspec.json.decode(_exactly(packed, size), type=Contents)
    except UNREADABLE:
        raise _Unsound("its list cannot be read") from None
    _skip_padding(packed, size)
    if contents.format != FORMAT:
        raise PackError(f"{file} was packed by another version of Backbot; pack it with this one.")
    if not (is_name(contents.version) and is_name(contents.model)):
        raise _Unsound("its list names no version")
    named = [each.name for each in contents.files]
    wanted = list(names_of(contents.version, contents.model))
    if named not in (wanted, [*wanted, WORDING_FILE]):
        raise _Unsound("its list names other files than those of an index")
    return contents


def _check_room(contents: Contents, file: Path, staging: Path) -> None:
    sizes = [each.bytes for each in contents.files]
    if min(sizes) < 0 or sum(sizes) > MAX_RATIO * file.stat().st_size:
        raise _Unsound("its list promises more than it can hold")
    if contents.files[-1].name == WORDING_FILE and sizes[-1] > MAX_WORDING_BYTES:
        raise _Unsound("its words for notices are too long")
    if sum(sizes) > shutil.disk_usage(staging).free:
        raise WriteError(
            f"There is no room for {sum(sizes) // 1_000_000 + 1} MB on the disk; make some."
        )


def _read_header(packed: gzip.GzipFile, name: str, size: int | None = None) -> int:
    """Read the header of the next member, which must be the plain file `name`."""
    header = _exactly(packed, tarfile.BLOCKSIZE)
    member = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
    if member.type != tarfile.REGTYPE or member.name != name or member.linkname:
        raise _Unsound("its members are not those of its list")
    if member.size < 0 or (size is not None and member.size != size):
        raise _Unsound("a member has another size than its list says")
    return member.size


def _copy(packed: gzip.GzipFile, each: Packed, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    seen = hashlib.sha256()
    left = each.bytes
    with target.open("xb") as file:
        while left:
            piece = _exactly(packed, min(left, PIECE))
            seen.update(piece)
            file.write(piece)
            left -= len(piece)
        _sync(file)
    if seen.hexdigest() != each.sha256:
        raise _Unsound("a member is not what its list says")
    _skip_padding(packed, each.bytes)


def _exactly(packed: gzip.GzipFile, size: int) -> bytes:
    read = packed.read(size)
    if len(read) != size:
        raise EOFError
    return read


def _skip_padding(packed: gzip.GzipFile, size: int) -> None:
    _exactly(packed, -size % tarfile.BLOCKSIZE)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _prove(file: Path, staging: Path, contents: Contents) -> None:
    """Open the index and the words for notices as a server would."""
    try:
        open_index(staging, contents.version)
    except BackbotError as error:
        if isinstance(error, IndexOutdatedError):
            raise PackError(
                f"{file} holds an index of another version of Backbot; build and pack it with the "
                "version that serves it."
            ) from None
        raise PackError(f"{file} holds an index that cannot be opened; pack it again.") from None


def _install(staging: Path, root: Path, contents: Contents) -> None:
    model = root / "models" / contents.model
    new_model = staging / "models" / contents.model
    if not _same_files(model, new_model):
        model.parent.mkdir(exist_ok=True)
        if model.exists():
            model.rename(staging / "old-model")
        new_model.rename(model)
    if not is_whole(root, contents.version):
        version = root / "versions" / contents.version
        shutil.rmtree(version, ignore_errors=True)
        (staging / "versions" / contents.version).rename(version)
    words = root / WORDING_FILE
    if (staging / WORDING_FILE).exists():
        words.parent.mkdir(exist_ok=True)
        (staging / WORDING_FILE).replace(words)
    else:
        words.unlink(missing_ok=True)
    point_to(root, contents.version)


def _same_files(old: Path, new: Path) -> bool:
    return all(file_sha256(old / each.name) == file_sha256(each) for each in new.iterdir())
