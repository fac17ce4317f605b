"""Reading the TOML files that an owner keeps in the corpus folder: checks, pins, synonyms."""

import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from backbot.errors import CorpusError

Shape = TypeVar("Shape")


def read_owned(path: Path, shape: type[Shape], advice: str) -> Shape:
    """Return what the file at `path` holds as a `shape`, an empty one where there is no file.

    Raises `CorpusError` with the reason and `advice`, which says how the file is written.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), shape)
    except FileNotFoundError:
        return shape()
    except OSError as error:
        raise CorpusError([f"{path.name} cannot be read ({error.strerror})."]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise CorpusError([f"{path.name} does not fit: {error}. {advice}"]) from None
