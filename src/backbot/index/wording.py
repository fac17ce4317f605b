"""The corpus's own wording: the words it uses, and which of several synonyms it prefers."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

import msgspec

from backbot.corpus.owned import read_owned
from backbot.text.terms import whole_words, words

SYNONYMS_FILE = "synonyms.toml"
# "GPS" is not two GPs: with an S, a word as short as this is often another one.
LONGEST_SHORT = 3


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
    members = [sorted({" ".join(words(phrase)) for phrase in group} - {""}) for group in groups]
    forms = {phrase: _forms(phrase) for phrases in members for phrase in phrases}
    phrases = {tuple(form.split()) for each in forms.values() for form in each}
    lengths = sorted({len(phrase) for phrase in phrases} - {1})
    counts: Counter[str] = Counter()
    uses: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        said = words(text)
        counts.update(said)
        for length in lengths:
            runs = zip(*(said[offset:] for offset in range(length)), strict=False)
            uses.update(run for run in runs if run in phrases)
    uses.update({(word,): count for word, count in counts.items()})
    counted = []
    for group in members:
        used = {
            phrase: sum(uses[tuple(form.split())] for form in forms[phrase]) for phrase in group
        }
        counted.append(tuple(sorted(used.items(), key=lambda member: (-member[1], member[0]))))
    return Wording(dict(sorted(counts.items())), tuple(counted))


def _forms(phrase: str) -> tuple[str, ...]:
    """Return `phrase` and its plural, which a corpus may use alone ("headaches")."""
    plural = len(phrase) > LONGEST_SHORT and not phrase.endswith("s")
    return (phrase, f"{phrase}s") if plural else (phrase,)


def spellings(wording: Wording) -> dict[str, tuple[str, ...]]:
    """Return the corpus's words by their first letter."""
    by_letter: dict[str, list[str]] = {}
    for word in wording.words:
        by_letter.setdefault(word[0], []).append(word)
    return {letter: tuple(found) for letter, found in by_letter.items()}


def used_groups(
    wording: Wording,
) -> tuple[tuple[frozenset[str], tuple[tuple[str, int], ...]], ...]:
    """Return the groups of phrases that the corpus uses any of, each after their first words.

    Where none of these stands in a question, the group has nothing to do with it.
    """
    groups = [each for each in wording.groups if any(count for _, count in each)]
    return tuple(
        (frozenset().union(*(_openings(phrase) for phrase, _ in group)), group) for group in groups
    )


def _openings(phrase: str) -> frozenset[str]:
    """Return the words of a question that `phrase` or its plural may begin with."""
    first, *rest = phrase.split()
    return whole_words(first if rest else f"{first} {first}s")
