"""Files out of a folder or a ZIP archive, without following links or being led elsewhere."""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

from backbot.corpus.sources import Omission
from backbot.errors import SourceError

MAX_FILES = 20_000
MAX_UNPACKED_BYTES = 2 * 1024 * 1024 * 1024
# What text packs to; a bomb packs a thousand times better than any text.
_MAX_RATIO = 200
_SMALL = 1024 * 1024
_PIECE = 1 << 20


def walk(root: Path) -> tuple[list[Path], list[Omission]]:
    """Return the regular files below `root` in order, and what was passed over: links and such.

    Raises `SourceError` where there are more than 20,000.
    """
    files: list[Path] = []
    skipped: list[Omission] = []
    for folder, names, found in os.walk(root, followlinks=False):
        names.sort()
        here = Path(folder)
        for name in [each for each in names if (here / each).is_symlink()]:
            skipped.append(
                Omission(None, _shown(root, here / name), "a link, which is not followed")
            )
        names[:] = [name for name in names if not name.startswith(".") and name != "__MACOSX"]
        for name in sorted(found):
            path = here / name
            if name.startswith("."):
                continue
            try:
                mode = path.lstat().st_mode
            except OSError:
                continue
            if stat.S_ISREG(mode):
                files.append(path)
            else:
                what = "a link, which is not followed" if stat.S_ISLNK(mode) else "no regular file"
                skipped.append(Omission(None, _shown(root, path), what))
        if len(files) > MAX_FILES:
            raise SourceError(f"{root} has more than {MAX_FILES:,} files; name a folder in it.")
    return files, skipped


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Give a folder with the files of the ZIP archive at `path`, for as long as it is needed.

    Raises `SourceError` for an archive that is damaged, encrypted, names a place outside of
    itself, holds a link, or unpacks to more than any export does.
    """
    with TemporaryDirectory(prefix="backbot-") as name:
        root = Path(name)
        try:
            with zipfile.ZipFile(path) as archive:
                _unpack(archive, root, path)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno:
                raise SourceError(f"{path} cannot be unpacked ({error.strerror}).") from None
            raise SourceError(f"{path} is not a ZIP archive that can be read.") from None
        yield root


def _unpack(archive: zipfile.ZipFile, root: Path, path: Path) -> None:
    members = [each for each in archive.infolist() if not each.is_dir()]
    if len(members) > MAX_FILES:
        raise SourceError(f"{path} has more than {MAX_FILES:,} files, which no export needs.")
    left = MAX_UNPACKED_BYTES
    for number, member in enumerate(members):
        pure = PurePosixPath(member.filename.replace("\\", "/"))
        if pure.is_absolute() or ".." in pure.parts or ":" in (pure.parts or ("",))[0]:
            raise SourceError(
                f"{path} names a file outside of itself, which can be a trap; it was not read."
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise SourceError(f"{path} holds a link, which can be a trap; it was not read.")
        if member.flag_bits & 1:
            raise SourceError(f"{path} is protected by a password; unpack it yourself first.")
        if member.file_size > max(_SMALL, member.compress_size * _MAX_RATIO):
            raise _bomb(path)
        # Whatever a member is called, it gets a name that any disk takes.
        target = root / f"{number:05}{pure.suffix[:12].casefold() if pure.suffix.isascii() else ''}"
        with archive.open(member) as source, target.open("xb") as file:
            left = _copy(source, file, left, path)


def _copy(source: IO[bytes], file: IO[bytes], left: int, path: Path) -> int:
    while piece := source.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise _bomb(path)
        file.write(piece)
    return left


def _bomb(path: Path) -> SourceError:
    return SourceError(f"{path} unpacks to more than any export does; it was not read.")


def _shown(root: Path, path: Path) -> str:
    return os.fsencode(path.relative_to(root)).decode("utf-8", "replace")
