"""Which signs a single message tells: matched, then weighed by how they are meant."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec

from backbot.safety.measures import MEASURES, measure
from backbot.safety.patterns import Lexicon, Match
from backbot.safety.scope import CUES, Scope, read_scope
from backbot.safety.tokens import SENTENCE_END, Token, tokens

# The files of data/safety that hold concepts, each building upon those before it.
CONCEPT_FILES = ("lexicon", "crisis", "scope", "declined", "composed")


# Words in which a reader who told of an animal comes back to people.
_OF_READER = frozenset("i im ive id ill my me we our us".split())


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Signs that together raise a category to a level."""

    category: str
    level: str
    needs: tuple[tuple[str, ...], ...]
    unless: tuple[str, ...] = ()


class Knowledge(NamedTuple):
    """All that the data files say about signs."""

    lexicon: Lexicon
    shorthand: Mapping[str, str]
    rules: tuple[Rule, ...]
    timeless: frozenset[str]
    never_general: frozenset[str]
    symptoms: frozenset[str]
    circumstances: frozenset[str]
    wanted: tuple[str, ...]  # the concepts that rules ask for
    telling: frozenset[str]  # these, and the others that a reading of a message tells of
    anchors: frozenset[str]  # those that are signs by themselves
    rules_by_sign: Mapping[str, tuple[int, ...]]  # the places of the rules that ask for a sign


class Reading(NamedTuple):
    """One message: its words, every match by concept, the signs that stand, and why others do not.

    `signs` holds what is told as present. `told` also holds what is denied, past or asked in
    general.
    """

    words: tuple[Token, ...]
    signs: Mapping[str, tuple[Match, ...]]
    told: Mapping[str, tuple[Match, ...]]
    asks: bool
    scope: Scope
    masked: int

    @property
    def anchored(self) -> bool:
        """Tell whether any sign is named at all, though it be denied, past or asked in general."""
        return not knowledge().anchors.isdisjoint(self.told)

    @property
    def guarded(self) -> bool:
        """Tell whether the message speaks of the past, of a passing moment, or in figures."""
        scope = self.scope
        return bool(scope.past or scope.resolved or self.masked or "brief" in self.signs)

    def quote(self, match: Match) -> str:
        """Return the reader's own words of a match."""
        used = [token for at, token in enumerate(self.words) if match.used >> at & 1]
        return " ".join(dict.fromkeys(token.written for token in used))

    def sentences(self) -> list[str]:
        """Return the reader's own words, sentence by sentence, without the marks between them."""
        found: list[list[str]] = [[]]
        for word in self.words:
            if word.text == SENTENCE_END:
                found.append([])
            else:
                found[-1].append(word.written)
        return [" ".join(sentence) for sentence in found if sentence]

    def written(self, start: int, end: int) -> str:
        """Return the reader's own words from one token to another."""
        return " ".join(dict.fromkeys(token.written for token in self.words[start:end]))


def read_data(name: str) -> dict[str, Any]:
    """Return one file of data/safety."""
    file = files("backbot") / "data" / "safety" / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def knowledge() -> Knowledge:
    """Return the shipped concepts and rules; raises `ValueError` if a rule names no sign."""
    concepts: dict[str, list[str]] = {}
    shorthand: dict[str, str] = {}
    for name in CONCEPT_FILES:
        data = read_data(name)
        shorthand |= data.get("shorthand", {})
        for concept, text in data["concepts"].items():
            concepts.setdefault(concept, []).extend(_patterns(text))
    lexicon = Lexicon(concepts, MEASURES)
    raw = read_data("rules")
    rules = tuple(
        Rule(
            each["category"],
            each["level"],
            tuple(tuple(need.split("|")) for need in each["needs"]),
            tuple(each.get("unless", ())),
        )
        for each in raw["rule"]
    )
    wanted = {sign for rule in rules for need in rule.needs for sign in need}
    wanted |= {sign for rule in rules for sign in rule.unless}
    wanted |= set(raw["symptoms"])
    by_sign: dict[str, list[int]] = {}
    for at, rule in enumerate(rules):
        for sign in {sign for need in rule.needs for sign in need}:
            by_sign.setdefault(sign, []).append(at)
    unknown = (wanted | set(raw["timeless"]) | set(CUES)) - set(lexicon.names)
    if unknown:
        raise ValueError(f"signs that no file describes: {sorted(unknown)}")
    return Knowledge(
        lexicon,
        shorthand,
        rules,
        frozenset(raw["timeless"]),
        frozenset(raw["never_general"]),
        frozenset(raw["symptoms"]),
        frozenset(raw["circumstances"]),
        tuple(sorted(wanted)),
        frozenset({*wanted, *DECLINED, "serious_topic", "dealt_with"}),
        frozenset(raw["symptoms"]) | (wanted - set(raw["circumstances"])),
        {sign: tuple(places) for sign, places in by_sign.items()},
    )


def _patterns(text: str) -> list[str]:
    pieces = (piece.strip() for line in text.splitlines() for piece in line.split(";"))
    return [piece for piece in pieces if piece]


def read_message(text: str) -> Reading:
    """Return what one message tells."""
    known = knowledge()
    lexicon = known.lexicon
    words = tokens(text, lexicon.vocabulary, known.shorthand)
    measured = measure(words)
    spotted = lexicon.spot(words)
    mask = 0
    for match in lexicon.match_one("mask", words, spotted):
        mask |= match.used
    named = lexicon.match(words, spotted, measured, mask)
    cues = {name: named.get(name, []) for name in CUES}
    cues["negates"] = _without(cues["negates"], named.get("not_denying", ()))
    cues["negates"] = [cue for cue in cues["negates"] if not _spoken_for(cue, named, known.wanted)]
    cues["past"] = _without(cues["past"], named.get("past_not", ()))
    scope = read_scope(words, cues)
    others = 0
    if "other_history" in named and "other_now" not in named:
        for match in named["other_history"]:
            others |= match.used
    others |= _of_animals(words, named)
    blocked = scope.past | scope.resolved
    told = {name: tuple(matches) for name, matches in named.items() if name in known.telling}
    if asked := lexicon.match_one("ask_have_disc", words, spotted):
        told["ask_have"] = (*told.get("ask_have", ()), *asked)
    signs = {}
    for name, matches in told.items():
        away = others
        if name not in known.timeless:
            away |= blocked
        if name not in known.never_general or cues["generally"]:
            away |= scope.general
        kept = tuple(m for m in matches if not m.used & away and not scope.denied(m))
        if kept:
            signs[name] = kept
    return Reading(tuple(words), signs, told, scope.asks or bool(scope.general), scope, mask)


DECLINED = (
    "without_med", "without_one", "ask_dose", "ask_take", "ask_stop", "ask_verb", "repeat_after",
    "ask_have", "have_not", "named_cause", "condition", "diagnosis",
    "scan", "scan_ask",
)  # fmt: skip


def _of_animals(words: Sequence[Token], named: Mapping[str, list[Match]]) -> int:
    """Return the tokens that tell of an animal: from its name to where the reader comes back."""
    told = 0
    for match in _without(named.get("animal", []), named.get("animal_not", ())):
        end = match.end
        while end < len(words) and words[end].text not in (SENTENCE_END, *_OF_READER):
            end += 1
        told |= ((1 << end) - 1) ^ ((1 << match.start) - 1)
    return told


def _spoken_for(cue: Match, named: Mapping[str, list[Match]], wanted: Sequence[str]) -> bool:
    """Tell whether a sign itself begins with the cue: "dont go when pressed" denies no more."""
    after = cue.used << 1
    return any(
        match.used & cue.used == cue.used and match.used & after & ~cue.used
        for name in wanted
        for match in named.get(name, ())
        if match.start <= cue.start < match.end
    )


def _without(cues: Sequence[Match], others: Sequence[Match]) -> list[Match]:
    taken = 0
    for other in others:
        taken |= other.used
    return [cue for cue in cues if not cue.used & taken]
