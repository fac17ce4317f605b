"""A simulated year of readers: what they ask, how they spell it, and what they should not tell.

Written by us, drawn by a seed: topics by popularity, seasons and trends, openings and closings,
typing errors, readers who ask again, advertisements, and personal data that must not stay.
"""

import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from planted import plant

QUESTIONS = 20_000
_OPENINGS = (
    *("",) * 16,
    "hi, ",
    "hello, ",
    "Hello! ",
    "quick question: ",
    "sorry to bother you, ",
    "please tell me, ",
    "i was wondering, ",
    "my mother asks: ",
)
_CLOSINGS = ("?",) * 10 + ("",) * 8 + ("??", " please", " thanks", "? thank you", " pls?", "...")
_SPAM = (
    "buy cheap {watches|pills|followers} at best price {now|today|!!!}",
    "{earn|make} {500|1000|3000} dollars a day from home click {here|this link}",
    "SEO services for your website, {first page|top rank} guaranteed",
    "<script>alert({1|2|3})</script>",
    "{asdf|qwer|zxcv}{jkl|uiop|bnm} {asdfasdf|hjkl|qqq}",
    "{casino|betting|crypto} bonus {free spins|100 percent|sign up} {now|}",
)
_ASIDE = (
    "{hello|hi|hey|thanks|thank you|good morning|ok}",
    "{how much|how many} {ibuprofen|aspirin|tramadol} {can|should} i take",
    "{what is|tell me} {the weather|the capital of france|a joke|the time}",
    "i {can't feel|have no feeling in} my legs and {lost control of my bladder|wet myself}",
    "{crushing|sudden} chest pain and {short of breath|i can't breathe}",
)
_NEIGHBOURS = dict(zip("abcdefghijklmnopqrstuvwxyz", "sbxdwfgjoknxmbiqwedtycqzya", strict=False))
_SLOT = re.compile(r"\{([^{}]*)\}")


class Asked(NamedTuple):
    """One question of the year. `topic` is None for what is none of the topics; `planted` are the
    personal data in it."""

    at: datetime
    text: str
    topic: str | None
    planted: tuple[str, ...] = ()


class Topic(NamedTuple):
    """What readers ask about, and in which patterns. A `gap` has no article."""

    name: str
    patterns: tuple[str, ...]
    gap: bool


@cache
def topics() -> tuple[Topic, ...]:
    """Return the topics of topics.toml."""
    read = tomllib.loads(Path(__file__).with_name("topics.toml").read_text(encoding="utf-8"))
    return tuple(
        Topic(name, tuple(each["ask"]), each.get("gap", False)) for name, each in read.items()
    )


def year(
    count: int = QUESTIONS, *, seed: int = 8, end: datetime | None = None, days: int = 364
) -> Iterator[Asked]:
    """Yield `count` questions of the `days` before `end`, oldest first."""
    draw = random.Random(seed)
    end = end or datetime(2026, 11, 1, tzinfo=UTC)
    shuffled = list(topics())
    draw.shuffle(shuffled)
    # Few topics are asked a lot, many a little: a gentle Zipf. Some grow over the year.
    weights = [1 / (rank + 6) ** 0.7 for rank in range(len(shuffled))]
    grows = {topic.name: draw.choice((-0.6, 0, 0, 0, 0.8)) for topic in shuffled}
    times = sorted(draw.random() for _ in range(count))
    again: Asked | None = None
    for place in times:
        at = _clock(draw, end - timedelta(days=days) + timedelta(days=days * place))
        kind = draw.random()
        if again is not None and kind < 0.06:
            text = again.text if draw.random() < 0.5 else _misspell(draw, again.text)
            kept = tuple(word for word in again.planted if word in text)
            later = again.at + timedelta(minutes=draw.randint(1, 9))
            yield again._replace(at=later, text=text, planted=kept)
            again = None
            continue
        if kind < 0.09:
            asked = Asked(at, expand(draw, draw.choice(_SPAM)), None)
        elif kind < 0.12:
            asked = Asked(at, expand(draw, draw.choice(_ASIDE)), None)
        else:
            now = [
                weight * (1 + grows[topic.name] * (2 * place - 1))
                for topic, weight in zip(shuffled, weights, strict=True)
            ]
            asked = _ask(draw, at, draw.choices(shuffled, now)[0])
        again = asked
        yield asked


def _ask(draw: random.Random, at: datetime, topic: Topic) -> Asked:
    text = expand(draw, draw.choice(topic.patterns))
    if draw.random() < 0.18:
        text = _misspell(draw, text)
    opening = draw.choice(_OPENINGS)
    if draw.random() < 0.3:
        text = text[0].upper() + text[1:]
    text = f"{opening}{text}{draw.choice(_CLOSINGS)}"
    if draw.random() < 0.05:
        text, planted = plant(draw, text)
        return Asked(at, text, topic.name, planted)
    return Asked(at, text, topic.name)


def expand(draw: random.Random, pattern: str) -> str:
    """Return `pattern` with one of its parts for each {a|b}."""
    text = _SLOT.sub(lambda slot: draw.choice(slot.group(1).split("|")), pattern)
    return re.sub(r"\s+([,.?!])", r"\1", re.sub(r"\s+", " ", text)).strip(" ,")


def _misspell(draw: random.Random, text: str) -> str:
    """Return `text` with one or two typing errors in its longer words."""
    words = text.split(" ")
    long: Sequence[int] = [place for place, word in enumerate(words) if len(word) > 4]
    for place in draw.sample(long, min(len(long), draw.choice((1, 1, 2)))):
        word = words[place]
        at = draw.randrange(1, len(word) - 1)
        kind = draw.randrange(4)
        if kind == 0:
            word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        elif kind == 1:
            word = word[:at] + word[at + 1 :]
        elif kind == 2:
            word = word[:at] + word[at] + word[at:]
        else:
            word = word[:at] + _NEIGHBOURS.get(word[at], word[at]) + word[at + 1 :]
        words[place] = word
    return " ".join(words)


def _clock(draw: random.Random, at: datetime) -> datetime:
    """Return that day at an hour when people ask."""
    hour = draw.choices(range(24), [1] * 6 + [3] * 4 + [5] * 8 + [7] * 5 + [3])[0]
    return at.replace(hour=hour, minute=draw.randrange(60), second=draw.randrange(60))
