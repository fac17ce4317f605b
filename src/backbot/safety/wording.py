"""The fixed words of safety notices: shipped with Backbot, changed by a site's own file."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from backbot.errors import CorpusError
from backbot.model import Level, Link, Notice
from backbot.safety.model import LEVELS, Finding
from backbot.safety.signs import read_data

# A site's own wording, in its corpus folder.
FILE = "safety.toml"

# What texts may write for the words of the chosen country.
PLACEHOLDERS = ("{emergency}", "{same_day}", "{crisis_line}", "{crisis_line_start}")
_BRACED = re.compile(r"\{[^{}]*\}")

_Text = Annotated[str, Meta(min_length=1)]
_Href = Annotated[str, Meta(pattern=r"^(?:tel:\+?[0-9]+|https://\S+)$")]


class _Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: _Text
    href: _Href


class Country(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to ring in one country: the words in texts, and what can be pressed."""

    emergency: _Text
    same_day: _Text
    crisis_line: _Text
    emergency_links: tuple[_Link, ...]
    same_day_links: tuple[_Link, ...]
    crisis_links: tuple[_Link, ...]


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The text of a category for each level it is raised to, and the guideline behind it."""

    guideline: _Text
    crisis_immediate: _Text | None = None
    crisis: _Text | None = None
    emergency: _Text | None = None
    urgent: _Text | None = None
    soon: _Text | None = None
    info: _Text | None = None

    def text(self, level: str) -> str | None:
        """Return the text for a level of `LEVELS`, None if the category has none."""
        found: str | None = getattr(self, level, None)
        return found


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All fixed words of safety notices, and the country whose numbers they name."""

    country: _Text
    countries: dict[str, Country]
    titles: dict[str, _Text]
    categories: dict[str, Category]
    declined: dict[str, _Text]

    @property
    def numbers(self) -> Country:
        return self.countries[self.country]


def read_wording(corpus: Path | None = None) -> Wording:
    """Return the shipped wording with what `corpus`/safety.toml puts in its place.

    Raises `CorpusError` that says what does not fit in that file.
    """
    merged: dict[str, Any] = read_data("wording")
    path = corpus / FILE if corpus is not None else None
    if path is None or not path.is_file():
        return msgspec.convert(merged, Wording)
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CorpusError([f"{FILE} cannot be read ({error.strerror})."]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError([f"{FILE} is not valid TOML: {error}."]) from None
    try:
        wording = msgspec.convert(_merged(merged, own), Wording)
    except msgspec.ValidationError as error:
        raise CorpusError([f"{FILE} does not fit: {error}."]) from None
    if wording.country not in wording.countries:
        known = ", ".join(sorted(wording.countries))
        raise CorpusError([f"{FILE} names a country it has no numbers for; known are {known}."])
    if problems := _misfits(wording, merged):
        raise CorpusError(problems)
    return wording


def _misfits(wording: Wording, shipped: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each name or placeholder that no notice would ever use."""
    problems = []
    for table in ("titles", "declined"):
        for name in sorted(set(getattr(wording, table)) - set(shipped[table])):
            known = ", ".join(sorted(shipped[table]))
            problems.append(f"{FILE} has an unknown name {table}.{name}; known are {known}.")
    texts = {f"declined.{name}": text for name, text in wording.declined.items()}
    for name, category in wording.categories.items():
        texts |= {f"categories.{name}.{level}": category.text(level) or "" for level in LEVELS}
    for place, text in texts.items():
        for unknown in sorted(set(_BRACED.findall(text)) - set(PLACEHOLDERS)):
            known = ", ".join(PLACEHOLDERS)
            problems.append(f"{FILE} writes {unknown} in {place}; what can stand there is {known}.")
    return problems


def notice_for(finding: Finding, wording: Wording) -> Notice | None:
    """Return the fixed notice for a finding, None where nothing calls for one."""
    if finding.level == "none":
        return None
    level = finding.level
    text = _text(wording, finding.category, level)
    shown = Level.CRISIS if level == "crisis_immediate" else Level(level)
    numbers = wording.numbers
    said = text
    spoken = (
        numbers.emergency,
        numbers.same_day,
        numbers.crisis_line,
        numbers.crisis_line[:1].upper() + numbers.crisis_line[1:],
    )
    for name, words in zip(PLACEHOLDERS, spoken, strict=True):
        said = said.replace(name, words)
    links = {
        "crisis_immediate": (*numbers.emergency_links, *numbers.crisis_links),
        "crisis": (*numbers.crisis_links, *numbers.emergency_links),
        "emergency": numbers.emergency_links,
        "urgent": (*numbers.same_day_links, *numbers.emergency_links),
    }.get(level, ())
    return Notice(
        level=shown,
        category=finding.category,
        title=wording.titles[level],
        text=said,
        links=tuple(Link(label=link.label, href=link.href) for link in links),
    )


def _text(wording: Wording, name: str, level: str) -> str:
    """Return a category's text for a level, or else its text for the nearest graver one."""
    category = wording.categories[name]
    graver = reversed(LEVELS[: LEVELS.index(level) + 1])
    for each in (*graver, *LEVELS):
        if text := category.text(each):
            return text
    raise KeyError(f"{name} has no text")


def _merged(shipped: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return `shipped` with the tables and values of `own` laid over it."""
    merged = dict(shipped)
    for name, value in own.items():
        below = merged.get(name)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[name] = _merged(below, value)
        else:
            merged[name] = value
    return merged
