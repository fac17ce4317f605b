"""The words of pages and scripts in every language: one catalogue each in `web/languages`.

Articles stay in the language they were written in; what Backbot says of its own is translated.
"""

import datetime
import json
from functools import cache
from typing import Any

from flask import current_app, g, request
from werkzeug.datastructures import LanguageAccept

from backbot.phrases import phrase
from backbot.server.folder import web_folder
from backbot.settings import LANGUAGES

# Articles, their titles and questions, and safety notices: retrieval reads English alone.
CORPUS_LANGUAGE = "en"

Catalogue = dict[str, Any]


@cache
def catalogue(language: str) -> Catalogue:
    """Return every word of `language`, which is one of `LANGUAGES`."""
    path = web_folder() / "languages" / f"{language}.json"
    words: Catalogue = json.loads(path.read_text(encoding="utf-8"))
    return words


def choose(asked: str | None, site: str | None, browser: LanguageAccept) -> str:
    """Return the language to speak: the address's, else the site's setting, else the browser's."""
    for name in (asked, site):
        if name in LANGUAGES:
            return name
    # The browser's come best first; "es-MX" is content with "es".
    wanted = (name.partition("-")[0].lower() for name, quality in browser if quality)
    return next((name for name in wanted if name in LANGUAGES), CORPUS_LANGUAGE)


def spoken() -> str:
    """Return the language of the page that is being made."""
    if "language" not in g:
        site = current_app.extensions["backbot.settings"].language
        g.language = choose(request.args.get("lang"), site, request.accept_languages)
    language: str = g.language
    return language


def translated(text: str) -> str:
    """Return a fixed phrase in the language of the page; what it lacks stays as it is."""
    return phrases_in(spoken()).get(text, text)


def language_of(text: str) -> str | None:
    """Return the language that `translated(text)` has to be marked with, None for the page's."""
    language = spoken()
    known = language == CORPUS_LANGUAGE or text in phrases_in(language)
    return None if known else CORPUS_LANGUAGE


@cache
def phrases_in(language: str) -> dict[str, str]:
    """Return the translations of the fixed phrases, each under its English words."""
    groups = catalogue(language).get("phrases", {})
    pairs = [(group, name) for group, names in groups.items() for name in names]
    return {phrase(group, name): groups[group][name] for group, name in pairs}


def for_scripts(language: str) -> Catalogue:
    """Return what the scripts of a page say."""
    words = catalogue(language)
    kept = {name: words[name] for name in ("dates", "reply", "chat")}
    note = phrase("truncated", "note"), phrase("disclaimer", "text")
    phrases = phrases_in(language)
    return kept | {
        "language": language,
        "phrases": phrases,
        "truncated": phrases.get(note[0], note[0]),
        "disclaimer": phrases.get(note[1], note[1]),
    }


def long_date(date: str) -> str:
    """Write the ISO date "2014-03-01" out in the language of the page."""
    day = datetime.date.fromisoformat(date)
    return written_out(day, spoken())


def written_out(day: datetime.date, language: str) -> str:
    """Write a date out in `language`, as browsers do it: "1 March 2014"."""
    words = catalogue(language)
    written: str = words["date"]
    return written.format(day=day.day, month=words["months"][day.month - 1], year=day.year)
