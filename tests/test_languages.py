"""One catalogue per language, each with every word; browsers and the server agree on dates."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.datastructures import LanguageAccept

from backbot.phrases import phrase
from backbot.server.folder import web_folder
from backbot.server.languages import catalogue, choose, phrases_in, written_out
from backbot.settings import LANGUAGES

OTHERS = [each for each in LANGUAGES if each != "en"]


def places(words: Any, path: str = "") -> dict[str, str]:
    """Every text of a catalogue by the way to it."""
    if isinstance(words, dict):
        below = list(words.items())
    elif isinstance(words, list):
        below = list(enumerate(words))
    else:
        return {path: words}
    found: dict[str, str] = {}
    for name, each in below:
        found |= places(each, f"{path}/{name}")
    return found


def test_there_is_a_catalogue_for_every_language_that_can_be_set() -> None:
    found = {path.stem for path in (web_folder() / "languages").glob("*.json")}
    assert found == set(LANGUAGES)


@pytest.mark.parametrize("language", OTHERS)
def test_every_catalogue_has_every_word(language: str) -> None:
    english, other = places(catalogue("en")), places(catalogue(language))
    assert set(english) == {path for path in other if not path.startswith("/phrases")}
    assert not [path for path, text in other.items() if not text.strip()]
    for path, text in english.items():
        # The order of a date is the language's own; that of other places in a text is not.
        holes = [sorted(re.findall(r"\{\w+\}", each)) for each in (text, other[path])]
        assert holes[0] == holes[1]


@pytest.mark.parametrize("language", OTHERS)
def test_what_looks_untranslated_is_meant_to_be(language: str) -> None:
    english, other = places(catalogue("en")), places(catalogue(language))
    same = {path for path, text in english.items() if other[path] == text and len(text) > 3}
    allowed = r"/(months/\d+|date|comma|about/numbers/.*|reply/article|page/(error|conversation))"
    assert {path for path in same if not re.fullmatch(allowed, path)} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_every_fixed_phrase_of_the_server_is_translated(language: str) -> None:
    groups = catalogue(language)["phrases"]
    shipped = _shipped_phrases()
    assert {group: set(names) for group, names in groups.items()} == shipped
    translations = phrases_in(language)
    for group, names in shipped.items():
        for name in names:
            # The page shows suggestions differently after a colon.
            colon = phrase(group, name).endswith(":")
            assert translations[phrase(group, name)].endswith(":") is colon


def _shipped_phrases() -> dict[str, set[str]]:
    import tomllib
    from importlib.resources import files

    whole = tomllib.loads((files("backbot") / "phrases.toml").read_text("utf-8"))
    # Safety's words stay as they are, and so does a heading that is not there.
    del whole["caution"]
    del whole["headings"]["lead"]
    return {group: set(names) for group, names in whole.items()}


@pytest.mark.parametrize(
    ("asked", "site", "browser", "chosen"),
    [
        ("de", "fr", "es", "de"),
        (None, "fr", "es", "fr"),
        (None, None, "es-MX,en;q=0.5", "es"),
        (None, None, "pt,fr;q=0.7", "fr"),
        (None, None, "pt", "en"),
        (None, None, "", "en"),
        ("xx", None, "ar", "ar"),
        ("../en", None, "", "en"),
    ],
)
def test_the_address_comes_before_the_setting_and_that_before_the_browser(
    asked: str | None, site: str | None, browser: str, chosen: str
) -> None:
    accepted = [
        (part.partition(";q=")[0], float(part.partition(";q=")[2] or 1))
        for part in browser.split(",")
        if part
    ]
    assert choose(asked, site, LanguageAccept(accepted)) == chosen


@pytest.mark.parametrize("path", ["/", "/ask?q=knots", "/read/none", "/embed"])
def test_every_page_is_in_the_readers_language_and_caches_know(
    client: FlaskClient, path: str
) -> None:
    page = client.get(path, headers={"Accept-Language": "ar-EG,ar;q=0.9"})
    assert '<html lang="ar" dir="rtl"' in page.text
    if page.status_code == 200:
        assert "Accept-Language" in page.headers["Vary"]


def test_dates_are_written_as_browsers_write_them(page: Page) -> None:
    style = "{day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC'}"
    for language in LANGUAGES:
        for month in range(1, 13):
            written = page.evaluate(
                f"([day, name]) => new Date(day).toLocaleDateString(name, {style})",
                [f"2014-{month:02}-02", catalogue(language)["dates"]],
            )
            assert written_out(date(2014, month, 2), language) == written


def test_catalogues_hold_no_markup() -> None:
    for path in Path(web_folder() / "languages").glob("*.json"):
        for text in places(json.loads(path.read_text("utf-8"))).values():
            assert not re.search(r"[<>&\u202a-\u202e\u2066-\u2069]", text)
