"""The fixed words of notices: short, never a diagnosis, and an owner's to change."""

import re
from pathlib import Path

import pytest

from backbot.errors import CorpusError
from backbot.model import Level
from backbot.safety import Finding, notice_for, read_wording
from backbot.safety.model import LEVELS
from backbot.safety.signs import knowledge

WORDING = read_wording()
RAISED = sorted({(rule.category, rule.level) for rule in knowledge().rules})
TOLD = [
    (name, level)
    for name, category in WORDING.categories.items()
    for level in LEVELS
    if category.text(level)
]
MOST_WORDS = 60


def said(category: str, level: str) -> str:
    notice = notice_for(Finding(level=level, category=category), WORDING)
    assert notice is not None
    return notice.text


@pytest.mark.parametrize(("category", "level"), RAISED)
def test_every_category_has_a_text_at_each_level_and_a_guideline(category: str, level: str) -> None:
    assert WORDING.categories[category].text(level)
    assert WORDING.categories[category].guideline


@pytest.mark.parametrize(("category", "level"), TOLD)
def test_a_text_is_short_whole_and_no_diagnosis(category: str, level: str) -> None:
    text = said(category, level)
    assert len(text.split()) <= MOST_WORDS
    assert "{" not in text
    assert not re.search(
        r"\byou have\b|\bprobably\b|\bnot your (?!fault)|\bscore\b", text.casefold()
    )
    assert not re.search(r"\d+\s?(?:mg|ml|tablets?|pills?)\b", text.casefold())


@pytest.mark.parametrize(("category", "level"), [each for each in TOLD if "crisis" in each[1]])
def test_a_crisis_text_names_no_method_does_not_argue_and_says_nobody_watches(
    category: str, level: str
) -> None:
    text = said(category, level).casefold()
    assert not re.search(r"\bbut\b|\brope\b|\bknife\b|\bcut\b|\bjump\b|\bpills?\b|\bbridge\b", text)
    assert "nobody watches" in text


def test_emergency_comes_first_in_a_present_crisis_and_the_crisis_line_in_another() -> None:
    now = notice_for(Finding(level="crisis_immediate", category="suicide_intent"), WORDING)
    other = notice_for(Finding(level="crisis", category="suicide_passive"), WORDING)
    assert now is not None
    assert other is not None
    assert now.level is other.level is Level.CRISIS
    assert now.links[0].href.startswith("tel:")
    assert other.links[0].href == "https://findahelpline.com"


def test_links_are_phone_numbers_or_secure_pages() -> None:
    for country in WORDING.countries.values():
        for link in (*country.emergency_links, *country.same_day_links, *country.crisis_links):
            assert re.fullmatch(r"tel:\+?\d+|https://\S+", link.href)


def test_nothing_found_says_nothing() -> None:
    assert notice_for(Finding(), WORDING) is None


def test_a_level_without_a_text_of_its_own_borrows_one() -> None:
    assert said("stroke", "urgent") == said("stroke", "emergency")


def test_what_is_declined_has_its_words() -> None:
    assert set(WORDING.declined) == {"dose", "stopping", "diagnosis", "scan"}


def test_a_site_changes_country_numbers_and_words(tmp_path: Path) -> None:
    (tmp_path / "safety.toml").write_text(
        'country = "uk"\n[categories.dvt]\nurgent = "Ring us: {same_day}."\n'
        '[countries.uk]\nsame_day = "the surgery"\n',
        encoding="utf-8",
    )
    wording = read_wording(tmp_path)
    notice = notice_for(Finding(level="urgent", category="dvt"), wording)
    assert notice is not None
    assert notice.text == "Ring us: the surgery."
    assert [link.href for link in notice.links] == ["tel:111", "tel:999"]
    assert wording.categories["stroke"] == WORDING.categories["stroke"]


def test_a_site_without_a_file_of_its_own_has_the_shipped_words(tmp_path: Path) -> None:
    assert read_wording(tmp_path) == WORDING


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ('country = "atlantis"\n', "country"),
        ("country = \n", "TOML"),
        ("colour = 1\n", "does not fit"),
        (
            '[countries.uk]\nemergency_links = [{label = "x", href = "javascript:1"}]\n',
            "does not fit",
        ),
        ('[categories.dvt]\nurgent = "Ring {emergncy}."\n', "emergncy.* in categories.dvt.urgent"),
        ('[titles]\nurgnt = "Today"\n', "unknown name titles.urgnt"),
        ('[declined]\ndoses = "Ask."\n', "unknown name declined.doses"),
        ('[categories.backache]\nurgent = "x"\n', "does not fit"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_a_sentence(
    tmp_path: Path, content: str, hint: str
) -> None:
    (tmp_path / "safety.toml").write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=hint):
        read_wording(tmp_path)
