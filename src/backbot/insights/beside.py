"""Questions that got an answer although no article has the word that they turn on.

A chatbot that quotes articles will now and then answer "does cycling hurt my back?" with sentences
on back pain. One such reply looks like any other; a year of them shows: readers keep using a word,
they use it to ask the same thing, and no article has it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from backbot.index.contents import Index
from backbot.insights.labels import Usage, terms_of
from backbot.insights.model import MIN_ASKERS
from backbot.insights.variants import Variant, askers
from backbot.text.terms import stem, words

# A word belongs to a group if at least this share of the questions with it stands in there; the
# rest of the words ("please", "wonder") stand everywhere.
BELONGS = 0.5
# A group turns on words that no article has if at least this share of its questions has one. On the
# simulated year that is 0.38 at most for what articles answer, and 0.45 to 1 for what none does.
TURNS_ON = 0.6


def beside(groups: Iterable[Sequence[Variant]], usage: Usage, index: Index) -> frozenset[str]:
    """Return the keys of the variants in `groups` that turn on words which no article has."""
    known = _known(index)
    found: set[str] = set()
    for group in groups:
        size = sum(len(each.entries) for each in group)
        counts: Counter[str] = Counter()
        for each in group:
            counts.update(dict.fromkeys(terms_of(each.text), len(each.entries)))
        foreign = {
            term
            for term, count in counts.items()
            if term not in known
            and count >= MIN_ASKERS
            and count >= BELONGS * usage.questions[term]
        }
        turning = [each for each in group if foreign & terms_of(each.text).keys()]
        share = sum(len(each.entries) for each in turning) / size
        if share >= TURNS_ON and askers(group) >= MIN_ASKERS:
            found.update(each.key for each in turning)
    return frozenset(found)


def _known(index: Index) -> frozenset[str]:
    """Return the terms that the corpus uses, and those of its words' synonyms."""
    wording = index.wording
    used = set(map(stem, wording.words))
    for group in wording.groups:
        if any(count for _, count in group):
            used.update(stem(word) for phrase, _ in group for word in words(phrase))
    return frozenset(used)
