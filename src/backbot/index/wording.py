"""The corpus's own wording: the words it uses, and which of several synonyms it prefers."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

import msgspec

from backbot.corpus.owned import read_owned
from backbot.text.terms import words

SYNONYMS_FILE = "synonyms.toml"


class Wording(msgspec.Struct, frozen=True):
    """`words` counts every word of the corpus. Each of `groups` holds phrases that mean the same,
    with how often the corpus uses them, most often first.
    """

    words: dict[str, int]
    groups: tuple[tuple[tuple[str, int], ...], ...]


class _SynonymFile(msgspec.Struct, forbid_unknown_fields=True):
    groups: list[list[str]] = []


def read_synonyms(corpus: Path) -> list[list[str]]:
    """Return the groups that come along and those of the corpus; raises `CorpusError`."""
    shipped = (files("backbot") / "data" / SYNONYMS_FILE).read_text(encoding="utf-8")
    groups = msgspec.convert(tomllib.loads(shipped), _SynonymFile).groups
    return [*read_own_synonyms(corpus), *groups]


def read_own_synonyms(corpus: Path) -> list[list[str]]:
    """Return the groups of the corpus, none if it has no such file; raises `CorpusError`."""
    advice = 'Write groups = [["couch", "sofa"], ...].'
    return read_owned(corpus / SYNONYMS_FILE, _SynonymFile, advice).groups


def learn_wording(texts: Iterable[str], groups: Sequence[Sequence[str]]) -> Wording:
    """Return the wording of `texts` with the synonym `groups` counted in them."""
    phrases = {tuple(words(phrase)) for group in groups for phrase in group}
    lengths = sorted({len(phrase) for phrase in phrases} - {0, 1})
    counts: Counter[str] = Counter()
    uses: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        said = words(text)
        counts.update(said)
        for length in lengths:
            runs = zip(*(said[offset:] for offset in range(length)), strict=False)
            uses.update(run for run in runs if run in phrases)
    counted = []
    for group in groups:
        members = {" ".join(words(phrase)): 0 for phrase in group if words(phrase)}
        for phrase in members:
            parts = tuple(phrase.split())
            members[phrase] = counts[phrase] if len(parts) == 1 else uses[parts]
        counted.append(tuple(sorted(members.items(), key=lambda member: (-member[1], member[0]))))
    return Wording(dict(sorted(counts.items())), tuple(counted))
