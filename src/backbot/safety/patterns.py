"""The language in which signs are written down, and its matching against a message.

A concept is a named list of patterns. A pattern is a row of steps that stand beside each other:

    chest                a word                        breath*        a word by its beginning
    cold_sweat           words in a row                numb|dead      one or the other
    @chest               whatever concept "chest" is   my?            may be missing
    ..                   up to 3 other words           ...            up to 8 other words
    a & b                both in one sentence, at most 24 words apart, in either order

Small words (my, the, really, a bit ...) may stand between any two steps. No step reaches over the
end of a sentence, and ".." not over a comma.
"""

import bisect
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import NamedTuple, TypeVar, cast

from backbot.safety.tokens import COMMA, SENTENCE_END, Token, Vocabulary

SHORT_GAP = 3
LONG_GAP = 8
APART = 24
FILLERS = frozenset(
    """
    my the a an his her their our your its this these that those is are was am be been being has
    have had feel feels feeling felt really very so quite rather pretty just like bit kind sort of
    also all both im ive it actually still getting gets got become became gone going goes went
    some any too absolutely completely totally suddenly properly even always constantly extremely
    super seriously fucking bloody damn right left upper lower whole entire old little
    """.split()
)
_REFERENCE = re.compile(r"@(\w+)")
# Words of a row that are looked at.
LONGEST = 8
# Matches of one concept that are kept; more of them would say nothing new.
MOST_MATCHES = 24


class Match(NamedTuple):
    """Where a pattern fits: the first token, the one after the last, and which it used (bits)."""

    start: int
    end: int
    used: int


# Matches by the label of what they match: a row of words, or a concept.
Hits = Mapping[int, list[Match]]


class Spotted(NamedTuple):
    """The words of a message that patterns name, and the patterns worth trying because of them."""

    hits: Hits
    tried: frozenset[int]


class _Step(NamedTuple):
    labels: tuple[int, ...]
    gap: int  # how many words that are no fillers may stand before this step
    over_commas: bool


_Row = tuple[_Step, ...]
_Value = TypeVar("_Value")


class _Pattern(NamedTuple):
    concept: int
    rows: tuple[_Row, ...]
    # Each set must have a label that the message holds; once the patterns are indexed by one of
    # their sets, which is met wherever they are tried, the others.
    needs: tuple[frozenset[int], ...]


class _Node:
    """A node of the tree of word rows."""

    __slots__ = ("label", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.label = -1


class PatternError(ValueError):
    """A pattern that cannot be read, with the concept it stands in."""


class Lexicon:
    """Concepts by name; each may build upon others, none upon itself."""

    def __init__(self, concepts: Mapping[str, Sequence[str]], measures: Sequence[str] = ()) -> None:
        """Read the patterns; raises `PatternError`. `measures` names concepts that code finds."""
        self.names: dict[str, int] = {name: at for at, name in enumerate(measures)}
        self.measures = tuple(measures)
        self._root = _Node()
        self._whole: set[str] = set()
        self._beginnings: set[str] = set()
        self._literals: dict[str, int] = {}
        self._count = len(measures)
        self._plan: list[_Pattern] = []
        # Steps and needs come again and again: each is held once.
        self._held: dict[object, object] = {}
        for name in _builders_last(concepts, measures):
            own = self.names.setdefault(name, self._count)
            if own == self._count:
                self._count += 1
            for pattern in concepts[name]:
                for rows in self._read(name, pattern):
                    needs = {self._once(frozenset(step.labels)) for row in rows for step in row}
                    self._plan.append(_Pattern(own, rows, tuple(needs)))
        self.vocabulary = Vocabulary(self._whole, self._beginnings)
        self._lengths = sorted({len(each) for each in self._beginnings})
        self._atoms = lru_cache(maxsize=8192)(self._atoms_of)
        self._sort_needs()
        self._by_concept: dict[int, set[int]] = {}
        self._index_plan()
        self._held.clear()

    def match(
        self,
        found: Sequence[Token],
        spotted: Spotted,
        measured: Mapping[str, list[Match]],
        masked: int = 0,
    ) -> dict[str, list[Match]]:
        """Return each concept's matches by its name; `masked` tokens match none.

        `spotted` is what `spot` finds in `found`.
        """
        if masked:
            spotted = self.spot(found, masked)
        hits = dict(spotted.hits)
        for name, matches in measured.items():
            hits[self.names[name]] = [m for m in matches if not m.used & masked]
        present = set(hits)
        tried = set(spotted.tried)
        tried.update(*(self._by_label.get(self.names[each], ()) for each in measured))
        waiting = sorted(tried)
        # Patterns that become worth trying on the way stand behind the one that makes them so.
        for place, at in enumerate(waiting, start=1):
            pattern = self._plan[at]
            if not _possible(pattern, present):
                continue
            matches = self._fit(pattern.rows, hits, found)
            if matches:
                known = hits.setdefault(pattern.concept, [])
                known.extend(m for m in dict.fromkeys(matches) if m not in known)
                del known[MOST_MATCHES:]
                if pattern.concept not in present:
                    present.add(pattern.concept)
                    # What builds upon a concept stands behind it.
                    for later in self._by_label.get(pattern.concept, ()):
                        if later not in tried:
                            tried.add(later)
                            bisect.insort(waiting, later, lo=place)
        return {self._concepts[at]: each for at, each in hits.items() if at in self._concepts}

    def match_one(self, name: str, found: Sequence[Token], spotted: Spotted) -> list[Match]:
        """Return the matches of one concept that builds upon no other."""
        present = set(spotted.hits)
        matches: list[Match] = []
        for at in sorted(spotted.tried & self._by_concept[self.names[name]]):
            if _possible(self._plan[at], present):
                matches.extend(self._fit(self._plan[at].rows, spotted.hits, found))
        return matches

    def _sort_needs(self) -> None:
        """Put each pattern's needs in an order that soon tells it cannot fit: words of few patterns
        are rarely in a message, "back" and "pain" often."""
        named = Counter(label for pattern in self._plan for need in pattern.needs for label in need)
        self._plan = [
            pattern._replace(
                needs=tuple(
                    sorted(
                        pattern.needs,
                        key=lambda need: (sum(named[label] for label in need), min(need)),
                    )
                )
            )
            for pattern in self._plan
        ]

    def _index_plan(self) -> None:
        """Note for each word row and concept which patterns cannot fit without it: few are tried
        then."""
        literals = frozenset(self._literals.values())
        self._concepts = {at: name for name, at in self.names.items()}
        by_label: dict[int, list[int]] = {}
        for at, pattern in enumerate(self._plan):
            self._by_concept.setdefault(pattern.concept, set()).add(at)
            needed = next((need for need in pattern.needs if need <= literals), pattern.needs[0])
            for label in needed:
                by_label.setdefault(label, []).append(at)
            others = tuple(need for need in pattern.needs if need is not needed)
            self._plan[at] = pattern._replace(needs=others)
        self._by_label = {label: tuple(places) for label, places in by_label.items()}

    def spot(self, found: Sequence[Token], masked: int = 0) -> Spotted:
        """Return where the rows of words that patterns name stand; `masked` tokens are none."""
        atoms = [
            () if masked >> at & 1 else self._atoms(token.text) for at, token in enumerate(found)
        ]
        hits: dict[int, list[Match]] = {}
        for start in range(len(found)):
            nodes = [self._root]
            for end, said in enumerate(atoms[start : start + LONGEST], start=start + 1):
                nodes = [node.next[atom] for node in nodes for atom in said if atom in node.next]
                for node in nodes:
                    if node.label >= 0:
                        used = (1 << end) - (1 << start)
                        hits.setdefault(node.label, []).append(Match(start, end, used))
                # Most words begin no row that goes on.
                nodes = [node for node in nodes if node.next]
                if not nodes:
                    break
        tried = (self._by_label.get(label, ()) for label in hits)
        return Spotted(hits, frozenset().union(*tried))

    def _atoms_of(self, word: str) -> tuple[str, ...]:
        atoms = [word] if word in self._whole else []
        if len(word) > 4 and word.endswith("s") and word[:-1] in self._whole:
            atoms.append(word[:-1])  # "shoulders" and "shoulder's" speak of a shoulder
        for length in self._lengths:
            if length > len(word):
                break
            if word[:length] in self._beginnings:
                atoms.append(word[:length] + "*")
        return tuple(atoms)

    def _fit(self, rows: Sequence[_Row], hits: Hits, found: Sequence[Token]) -> list[Match]:
        kept = self._row(rows[0], hits, found)
        for row in rows[1:]:
            if not kept:
                break
            others = self._row(row, hits, found)
            kept = [
                Match(min(a.start, b.start), max(a.end, b.end), a.used | b.used)
                for a in kept
                for b in others
                if not a.used & b.used and _beside(a, b, found)
            ]
        return kept[:MOST_MATCHES]

    def _row(self, row: _Row, hits: Hits, found: Sequence[Token]) -> list[Match]:
        partial = [m for label in row[0].labels for m in hits.get(label, ())]
        for step in row[1:]:
            nexts = [m for label in step.labels for m in hits.get(label, ())]
            partial = [
                Match(a.start, b.end, a.used | b.used)
                for a in partial
                for b in nexts
                if b.start >= a.end and _reachable(a.end, b.start, step, found)
            ][:MOST_MATCHES]
            if not partial:
                break
        return partial

    def _read(self, name: str, pattern: str) -> Iterator[tuple[_Row, ...]]:
        parts = [self._rows(name, part.split()) for part in pattern.split(" & ")]
        yield from product(*parts)

    def _rows(self, name: str, words: Sequence[str]) -> list[_Row]:
        rows: list[_Row] = [()]
        gap, over_commas = 0, False
        for word in words:
            if word in ("..", "..."):
                gap = SHORT_GAP if word == ".." else LONG_GAP
                over_commas = word == "..."
                continue
            optional = word.endswith("?")
            labels = tuple(
                self._label(name, each) for each in word.removesuffix("?").split("|") if each
            )
            if not labels:
                raise PatternError(f"{name}: {word!r} cannot be read")
            step = self._once(_Step(labels, gap, over_commas))
            longer = [(*row, step) for row in rows]
            rows = rows + longer if optional else longer
            gap, over_commas = 0, False
        rows = [row for row in rows if row]
        if not rows:
            raise PatternError(f"{name}: empty pattern")
        return rows

    def _once(self, value: _Value) -> _Value:
        held = self._held.setdefault(value, value)
        return cast(_Value, held)

    def _label(self, name: str, word: str) -> int:
        if word.startswith("@"):
            return self.names[word[1:]]
        if word not in self._literals:
            node = self._root
            for piece in word.split("_"):
                bare = piece.removesuffix("*")
                if not bare.replace("/", "").isalnum() or (piece != bare and len(bare) < 2):
                    raise PatternError(f"{name}: {word!r} cannot be read")
                (self._beginnings if piece != bare else self._whole).add(bare)
                node = node.next.setdefault(piece, _Node())
            node.label = self._literals[word] = self._count
            self._count += 1
        return self._literals[word]


def _possible(pattern: _Pattern, present: set[int]) -> bool:
    """Tell whether every step of a `pattern` that is tried has a label that is `present`."""
    # A loop, since this is asked hundreds of times a message and any() takes twice as long.
    for need in pattern.needs:  # noqa: SIM110
        if need.isdisjoint(present):
            return False
    return True


def _builders_last(concepts: Mapping[str, Sequence[str]], measures: Sequence[str]) -> list[str]:
    """Return the concepts in an order in which each stands behind all that it builds upon."""
    order: list[str] = []
    state: dict[str, bool] = dict.fromkeys(measures, True)  # False while it is being visited

    def visit(name: str, user: str) -> None:
        if state.get(name):
            return
        if name not in concepts:
            raise PatternError(f"{user}: @{name} is not described anywhere")
        if name in state:
            raise PatternError(f"{user}: @{name} builds upon itself")
        state[name] = False
        for reference in _REFERENCE.findall(" ".join(concepts[name])):
            visit(reference, name)
        state[name] = True
        order.append(name)

    for name in concepts:
        visit(name, name)
    return order


def _reachable(start: int, end: int, step: _Step, found: Sequence[Token]) -> bool:
    left, fillers = step.gap, 4
    for at in range(start, end):
        word = found[at].text
        if word == SENTENCE_END:
            return False
        if word == COMMA:
            if step.over_commas:
                continue
            return False
        if word in FILLERS and fillers:
            fillers -= 1
        elif left:
            left -= 1
        else:
            return False
    return True


def _beside(a: Match, b: Match, found: Sequence[Token]) -> bool:
    start, end = (a.end, b.start) if a.end <= b.start else (b.end, a.start)
    if end - start > APART:
        return False
    return all(found[at].text != SENTENCE_END for at in range(start, end))
