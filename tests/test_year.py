"""The simulated year: what was planted stays nowhere, and what is measured is measured rightly."""

import logging
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from planted import plant
from replay import replay, settings
from scoring import leaks, purity, score
from year import topics, year

from backbot.chatbot import Chatbot
from backbot.cli import main
from backbot.index.store import open_index
from backbot.journal.journal import open_journal
from backbot.text.scrub import scrub


def test_the_year_is_drawn_by_its_seed() -> None:
    assert list(year(300, seed=3)) == list(year(300, seed=3))
    assert list(year(300, seed=3)) != list(year(300, seed=4))
    assert len(topics()) == 60
    assert sum(topic.gap for topic in topics()) == 12


def test_the_year_has_everything_in_it() -> None:
    asked = list(year(3000))
    assert {each.topic for each in asked} == {topic.name for topic in topics()} | {None}
    assert 80 < sum(bool(each.planted) for each in asked) < 200
    assert all(word in each.text for each in asked for word in each.planted)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_that_was_planted_is_left_in_a_question(seed: int) -> None:
    left = [
        (word, each.text)
        for each in year(4000, seed=seed)
        for word in each.planted
        if word.casefold() in scrub(each.text).casefold()
    ]
    assert left == []


def test_nothing_that_was_planted_is_left_anywhere(
    tiny_root: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = [each for each in year(2500) if each.planted]
    index = open_index(tiny_root)
    journal = open_journal(settings(tmp_path))
    truth = replay(Chatbot(index), journal, asked)
    found = score(
        journal,
        index,
        {each.reply: each.topic for each in truth},
        {word for each in asked for word in each.planted},
        tmp_path / "journal.sqlite3",
        tiny_root,
    )
    assert (found.replies, found.leaks) == (len(asked), ())
    journal.close()
    monkeypatch.setenv("BACKBOT_JOURNAL", str(tmp_path / "journal.sqlite3"))
    monkeypatch.setenv("BACKBOT_JOURNAL_DAYS", "3650")
    report = tmp_path / "report.html"
    told = [caplog.text]
    for arguments in (
        ("journal", "export"),
        ("insights", "--index", str(tiny_root), "--days", "3000"),
        ("insights", "--index", str(tiny_root), "--days", "3000", "--json"),
        ("insights", "--index", str(tiny_root), "--days", "3000", "--html", str(report)),
    ):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        told.append(result.output)
    told += [path.read_bytes().decode("utf-8", "ignore") for path in tmp_path.glob("*.*")]
    assert len(told) >= 7
    assert leaks({word for each in asked for word in each.planted}, told) == ()


def test_a_leak_would_be_seen() -> None:
    assert leaks({"Okonkwo", "4111"}, ["", "by okonkwo."]) == ("Okonkwo",)


def test_purity_is_the_share_of_the_largest_topic() -> None:
    assert purity(["a", "a", "b", "b"], [0, 0, 0, 1]) == 0.75


def test_planting_names_what_it_planted() -> None:
    import random

    text, planted = plant(random.Random(1), "do knots hurt?")
    assert "do knots hurt?" in text
    assert planted
    assert msgspec.json.encode(planted)
