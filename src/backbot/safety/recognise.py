"""The recogniser: what a conversation tells of warning signs, and how grave it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from backbot.index.encoder import Encoder, Vectors
from backbot.model import Level, Turn
from backbot.safety.likeness import (
    BRIEF,
    LEANS_CRISIS,
    LONG,
    RAISES,
    RAISES_BY_WORDS,
    RAISES_CRISIS,
    RAISES_GUARDED,
    RAISES_LONG,
    SEEMS,
    SEEMS_CRISIS,
    SURE_BY_WORDS,
    SURE_EMERGENCY,
    TOLD_APART,
    TOLD_APART_CRISIS,
    WITHHOLDS,
    WITHHOLDS_BRIEF,
    WITHHOLDS_CRISIS,
    WORTH_A_LOOK,
    open_model,
)
from backbot.safety.model import CRISES, LASTING, LEVELS, Finding
from backbot.safety.patterns import Match
from backbot.safety.signs import Knowledge, Reading, Rule, knowledge, read_message
from backbot.text.clean import clean, squeeze

# How many earlier turns are read for signs that add to one another.
EARLIER_READ = 6
# How many earlier turns lend their signs to the message.
EARLIER_JOINED = 3
_TRIGGERS = 6
# So many sentences that meet a rule are looked at by themselves: each costs a call of the encoder.
_LOOKED_AT_APART = 4
# The category of what is like an emergency, and not like enough to be called one.
UNNAMED = "unnamed_sign"
_MANY = 9
# Levels of a rule that the message as a whole may still raise.
_OPEN = ("urgent", "soon")


class Recogniser:
    """Finds listed warning signs, crises, and requests for doses or diagnoses.

    Holds no state of any conversation: threads may share it.
    """

    def __init__(self, encoder: Encoder | None = None) -> None:
        """Read the shipped signs; with an `encoder`, also know messages by their likeness."""
        self._known = knowledge()
        self._encoder = encoder
        self._likeness = open_model(encoder)

    def assess(
        self,
        message: str,
        earlier: Sequence[Turn] = (),
        vector: Callable[[], Vectors] | None = None,
    ) -> Finding:
        """Return what `message` tells after `earlier` turns, oldest first.

        An emergency, an urgent sign or a crisis of an earlier turn lasts until a turn says that
        it was dealt with. `vector` gives the message's own unit vector, shape (dimensions,), and
        is called only where the words alone leave it open.
        """
        state: Finding | None = None
        readings: list[Reading] = []
        for turn in earlier[-EARLIER_READ:]:
            reading = read_message(turn.message)
            # What was noticed then need not be looked at again.
            asked = None if turn.notice else self._asking_for(turn.message)
            found = self._judge(reading, readings, asked, earlier=True)
            state = _carry(state, found, reading, turn.notice)
            readings.append(reading)
        reading = read_message(message)
        found = self._judge(reading, readings, vector or self._asking_for(message))
        lasting = _carry(state, found, reading, None)
        if lasting is None or found.rank <= lasting.rank:
            return found
        return Finding(
            level=lasting.level,
            category=lasting.category,
            triggers=lasting.triggers,
            reasons=(*lasting.reasons, "told in an earlier turn and not dealt with since"),
            declined=found.declined,
            lasting=True,
        )

    def _asking_for(self, message: str) -> Callable[[], Vectors] | None:
        """Return how to ask for the vector of `message`, None if there is no encoder."""
        encoder = self._encoder
        return None if encoder is None else lambda: encoder.encode(squeeze(clean(message)))

    def _judge(
        self,
        reading: Reading,
        before: Sequence[Reading],
        vector: Callable[[], Vectors] | None,
        *,
        earlier: bool = False,
    ) -> Finding:
        declined = _declined(reading)
        crisis, met = self._met(reading, before)
        if crisis is not None and not self._coincidence(crisis, reading, vector):
            return msgspec.structs.replace(crisis.finding, declined=declined)
        if met is not None and self._coincidence(met, reading, vector):
            met = None
        if met is None or met.finding.level in _OPEN:
            alike = self._alike(reading, vector, earlier=earlier)
            if alike is not None and (met is None or alike.rank < met.finding.rank):
                return msgspec.structs.replace(alike, declined=declined)
        if met is not None:
            return msgspec.structs.replace(met.finding, declined=declined)
        if reading.asks and "serious_topic" in reading.told and "dealt_with" not in reading.signs:
            topic = reading.quote(reading.told["serious_topic"][0])
            return Finding(
                level="info",
                category="general_question",
                triggers=(topic,),
                reasons=(f"asks in general about “{topic}”",),
                declined=declined,
            )
        return Finding(declined=declined)

    def _met(
        self, reading: Reading, before: Sequence[Reading]
    ) -> "tuple[_Met | None, _Met | None]":
        """Return what the gravest rule finds that is met: of those for crises, and of the rest."""
        best: dict[bool, Finding] = {}
        signs: dict[bool, set[str]] = {True: set(), False: set()}
        all_alone = {True: True, False: True}
        joined = () if "dealt_with" in reading.signs else before[-EARLIER_JOINED:]
        for rule, evidence, alone in _raised(self._known, reading, joined):
            crisis = rule.level in CRISES
            signs[crisis] |= evidence.keys()
            all_alone[crisis] = all_alone[crisis] and alone
            if crisis not in best or LEVELS.index(rule.level) < best[crisis].rank:
                best[crisis] = Finding(
                    level=rule.level,
                    category=rule.category,
                    triggers=tuple(dict.fromkeys(evidence.values()))[:_TRIGGERS],
                    reasons=tuple(f"{sign}: “{words}”" for sign, words in evidence.items()),
                )
        met = {
            crisis: _Met(found, len(signs[crisis]) if all_alone[crisis] else _MANY)
            for crisis, found in best.items()
        }
        return met.get(True), met.get(False)

    def _coincidence(
        self, met: "_Met", reading: Reading, vector: Callable[[], Vectors] | None
    ) -> bool:
        """Tell whether a message that meets a rule is as a whole nothing like one with a sign.

        Without a vector, or in words that the examples never used, the rule always stands.
        """
        crisis = met.finding.level in CRISES
        bodily = WITHHOLDS_BRIEF if len(reading.words) <= BRIEF else WITHHOLDS
        least = (WITHHOLDS_CRISIS if crisis else bodily).get(met.signs)
        if least is None or vector is None or not self._likeness.knows(reading.words):
            return False
        alone = self._likeness.by_words(reading.words)
        if (alone.crisis if crisis else alone.chance) >= SURE_BY_WORDS:
            return False
        look = self._likeness.by_both(reading.words, vector())
        unlikely = look.chance < least or (crisis and look.crisis < SEEMS_CRISIS)
        return unlikely and not self._told_apart(reading, crisis=crisis)

    def _told_apart(self, reading: Reading, *, crisis: bool) -> bool:
        """Tell whether one sentence among others surely tells a sign, or a crisis.

        "I fainted. Which chair?": what a reader asks next takes nothing back.
        """
        sentences = dict.fromkeys(reading.sentences())
        if len(sentences) == 1:
            return False
        met = (
            (text, sentence)
            for text, sentence in ((text, read_message(text)) for text in sentences)
            if self._met(sentence, ())[0 if crisis else 1] is not None
        )
        for text, sentence in islice(met, _LOOKED_AT_APART):
            if vector := self._asking_for(text):
                look = self._likeness.by_both(sentence.words, vector())
                if look.crisis >= TOLD_APART_CRISIS if crisis else look.chance >= TOLD_APART:
                    return True
        return False

    def _alike(
        self, reading: Reading, vector: Callable[[], Vectors] | None, *, earlier: bool
    ) -> Finding | None:
        """Return what the message as a whole is like, None if it is not like enough.

        An earlier turn costs a vector of its own, so its words have to make it worth a look.
        """
        model = self._likeness
        if "dealt_with" in reading.signs or "repeat_after" in reading.told:
            return None
        if not model.knows(reading.words):
            return None
        if earlier:
            alone = model.by_words(reading.words)
            if max(alone.chance, alone.crisis) < WORTH_A_LOOK:
                return None
        if vector is not None:
            look = model.by_both(reading.words, vector())
            least = RAISES_GUARDED if reading.guarded else RAISES
            least = RAISES_LONG if len(reading.words) >= LONG else least
        elif self._encoder is not None or reading.guarded or reading.scope.negations:
            return None
        else:
            look, least = model.by_words(reading.words), RAISES_BY_WORDS
        sure = RAISES_GUARDED if reading.guarded else RAISES_CRISIS
        crisis = look.crisis >= sure and look.chance >= SEEMS
        if not crisis:
            # Talk of quite other things is near to nothing in the bank: its likeness means little.
            if look.chance < least or not reading.anchored:
                return None
            crisis = look.crisis >= LEANS_CRISIS
        nearest = model.nearest(look, crisis=crisis)
        places = nearest.telling[:_TRIGGERS]
        telling = tuple(dict.fromkeys(reading.written(start, end) for start, end in places))
        if not telling:
            return None  # nothing that could be shown as the reason
        unsure = look.chance < SURE_EMERGENCY and len(reading.words) < LONG
        emergency = nearest.level == "emergency" and unsure
        kind, chance = ("a crisis", look.crisis) if crisis else ("warning signs", look.chance)
        return Finding(
            level="urgent" if emergency else nearest.level,
            category=UNNAMED if emergency else nearest.category,
            triggers=telling,
            reasons=(
                f"as a whole like messages with {kind} ({chance:.0%})",
                *(f"telling words: “{each}”" for each in telling),
            ),
        )


class _Met(NamedTuple):
    """What the gravest rule finds, and how many different signs meet any rule.

    Signs of an earlier turn count as many: the likeness of this turn says nothing about them.
    """

    finding: Finding
    signs: int


def _raised(
    known: Knowledge, now: Reading, before: Sequence[Reading]
) -> Iterator[tuple[Rule, dict[str, str], bool]]:
    """Yield each rule that is met, the words that met it, and whether this turn alone met it.

    This turn must add to it.
    """
    told = now.signs.keys() - known.circumstances
    for at in sorted({at for sign in told for at in known.rules_by_sign.get(sign, ())}):
        rule = known.rules[at]
        if any(sign in now.signs for sign in rule.unless):
            continue
        evidence: dict[str, str] = {}
        spoken: dict[int, int] = {}
        new, alone = False, True
        for need in rule.needs:
            sign, reading, match = _first(need, now, before, spoken)
            if reading is None or match is None:
                break
            spoken[id(reading)] = spoken.get(id(reading), 0) | match.used
            evidence[sign] = reading.quote(match)
            new = new or (reading is now and sign not in known.circumstances)
            alone = alone and reading is now
        else:
            if new:
                yield rule, evidence, alone


def _first(
    need: Sequence[str], now: Reading, before: Sequence[Reading], spoken: Mapping[int, int]
) -> tuple[str, Reading | None, Match | None]:
    """Return the first sign of `need` that stands in words no other sign of the rule has used."""
    for reading in (now, *reversed(before)):
        taken = spoken.get(id(reading), 0)
        for sign in need:
            fresh = [match for match in reading.signs.get(sign, ()) if match.used & ~taken]
            if fresh:
                return sign, reading, _shortest(fresh)
    return "", None, None


def _shortest(matches: Sequence[Match]) -> Match:
    return min(matches, key=lambda match: (match.used.bit_count(), match.end - match.start))


def _carry(
    state: Finding | None, found: Finding, reading: Reading, noticed: Level | None
) -> Finding | None:
    """Return the lasting finding after a turn, None if there is none or it was dealt with."""
    if found.level in LASTING and (state is None or found.rank <= state.rank):
        return found
    if "dealt_with" in reading.signs and found.level not in LASTING:
        return None
    if state is None and noticed is not None and noticed.value in LASTING:
        return Finding(level=noticed.value, category="earlier", reasons=("noticed earlier",))
    return state


def _declined(reading: Reading) -> str:
    signs = dict(reading.told)
    if "without_one" not in signs:
        without = _used(signs.get("without_med", ()))
        for name in ("ask_stop", "ask_take", "ask_dose"):
            kept = tuple(match for match in signs.pop(name, ()) if not match.used & without)
            if kept:
                signs[name] = kept
    if "ask_stop" in signs and "ask_verb" in signs:
        return "stopping"
    if "ask_dose" in signs or "ask_take" in signs:
        return "dose"
    if "scan_ask" in signs:
        return "scan"
    named = 0 if "condition" in signs else _used(signs.get("named_cause", ()))
    asked = any(match.used & ~named for match in signs.get("ask_have", ()))
    if asked and "have_not" not in signs:
        return "diagnosis"
    return ""


def _used(matches: Sequence[Match]) -> int:
    """Return the tokens of all matches, as bits."""
    used = 0
    for match in matches:
        used |= match.used
    return used
