"""English words, to tell a word from a slip: symspellpy's list of 82,765, kept as its bytes."""

import bisect
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import numpy as np


class _Words:
    """Sorted words in one run of bytes: as a tuple of texts they would take eight megabytes."""

    def __init__(self, words: list[str]) -> None:
        encoded = [word.encode() for word in sorted(words)]
        self._bytes = b"".join(encoded)
        lengths = np.array([0, *map(len, encoded)], dtype=np.uint32)
        # Looked at number by number, which a view of memory does three times as quickly.
        self._starts = lengths.cumsum(dtype=np.uint32).data

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, place: int) -> bytes:
        return self._bytes[self._starts[place] : self._starts[place + 1]]

    def place(self, word: bytes) -> int:
        """Return where `word` stands, or would stand."""
        return bisect.bisect_left(self, word)


def is_english(word: str, *, bare: bool = False) -> bool:
    """Tell whether a folded word stands in the dictionary; `bare` words lack their apostrophes."""
    words, encoded = _words(), word.encode()
    at = words.place(encoded)
    return (at < len(words) and words[at] == encoded) or (bare and word in _bare_forms())


def with_apostrophe(word: str) -> str | None:
    """Return "don't" for "dont", None for a folded word that is no such form."""
    return _bare_forms().get(word)


def beginning_with(beginning: str) -> Iterator[str]:
    """Yield the words of the dictionary that begin with `beginning`, in order."""
    words, encoded = _words(), beginning.encode()
    at = words.place(encoded)
    while at < len(words) and words[at].startswith(encoded):
        yield words[at].decode()
        at += 1


@cache
def _words() -> _Words:
    return _Words(_listed())


@cache
def _bare_forms() -> dict[str, str]:
    return {word.replace("'", ""): word for word in _listed() if "'" in word}


def _listed() -> list[str]:
    file = files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    return [line.split()[0] for line in lines if line.strip()]
