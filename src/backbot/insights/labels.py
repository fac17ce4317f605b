"""What a group of questions is called, and which of them are shown."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from backbot.insights.model import MIN_ASKERS
from backbot.insights.variants import Variant
from backbot.text.private import GAP
from backbot.text.terms import STOP_WORDS, stem, words

EXAMPLES = 5
LABEL_WORDS = 4
# A word that this share of a group's questions uses is part of what it is about.
_COMMON = 0.3
_LONGEST_EXAMPLE = 160
# Two questions that share this much of their terms are not both shown.
_ALIKE = 0.6
_NO_WORDS = "questions in no common words"
# What people say around a question; no group is about that.
_COURTESY = frozenset(
    stem(word)
    for word in """
    please pls plz thanks thank thx cheers sorry bother wonder wondering quick question questions
    ask asks asking hi hello hey dear guys advance appreciate
    """.split()
)


class Usage:
    """How many questions of a journal use a term, and how it is spelled most often."""

    def __init__(self, all_variants: Sequence[Variant]) -> None:
        self.total = sum(len(variant.entries) for variant in all_variants)
        self.questions: Counter[str] = Counter()
        self._spelled: dict[str, Counter[str]] = {}
        for variant in all_variants:
            count = len(variant.entries)
            for term, word in terms_of(variant.text).items():
                self.questions[term] += count
                self._spelled.setdefault(term, Counter())[word] += count

    def spelling(self, term: str) -> str:
        """Return the word by which `term` is written most often."""
        spelled = self._spelled[term]
        return min(spelled, key=lambda word: (-spelled[word], word))


def label(group: Sequence[Variant], usage: Usage) -> str:
    """Return up to four words that the group's questions share and others do not.

    The words stand in the order in which the most typical question has them. A word that fewer
    than three questions of the whole journal use is never part of a label: it could be somebody's.
    """
    size = sum(len(variant.entries) for variant in group)
    shared: Counter[str] = Counter()
    for variant in group:
        for term in terms_of(variant.text):
            shared[term] += len(variant.entries)
    weighed = {
        term: count / size * math.log(1 + usage.total / usage.questions[term])
        for term, count in shared.items()
        if usage.questions[term] >= MIN_ASKERS and term not in _COURTESY
    }
    ranked = sorted(weighed, key=lambda term: (-weighed[term], term))
    chosen = [term for term in ranked if shared[term] >= _COMMON * size][:LABEL_WORDS]
    chosen = chosen or ranked[:2]
    if not chosen:
        return _NO_WORDS
    places = _places(group, chosen)
    chosen.sort(key=lambda term: (places.get(term, math.inf), ranked.index(term)))
    return " ".join(usage.spelling(term) for term in chosen)


def examples(group: Sequence[Variant]) -> tuple[str, ...]:
    """Return different questions of a group whose variants stand most typical first."""
    short = [each for each in group if len(each.text) <= _LONGEST_EXAMPLE]
    whole = [each for each in short if GAP not in each.text]
    chosen: list[Variant] = []
    for each in (*whole, *short):
        if len(chosen) == EXAMPLES:
            break
        if not any(_alike(each, other) for other in chosen):
            chosen.append(each)
    return tuple(each.text for each in chosen)


def _alike(one: Variant, other: Variant) -> bool:
    """Tell whether two questions differ in hardly any term."""
    ours, theirs = terms_of(one.text).keys(), terms_of(other.text).keys()
    return len(ours & theirs) >= _ALIKE * len(ours | theirs)


def slug(text: str) -> str:
    """Return `text` as a corpus file's name: small ASCII letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "question"


def _places(group: Sequence[Variant], chosen: Sequence[str]) -> Mapping[str, int]:
    """Return where the chosen terms stand in the question that has most of them."""
    best: dict[str, int] = {}
    for variant in group:
        order = list(terms_of(variant.text))
        here = {term: order.index(term) for term in chosen if term in order}
        if len(here) > len(best):
            best = here
    return best


def terms_of(text: str) -> dict[str, str]:
    """Return the distinct terms of a text, in order, and the word that each was written by."""
    found: dict[str, str] = {}
    for word in words(text.replace(GAP, " ")):
        if word not in STOP_WORDS and not word.isdigit():
            found.setdefault(stem(word), word)
    return found
