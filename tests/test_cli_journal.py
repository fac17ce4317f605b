"""`backbot journal` and `backbot insights` as the owner runs them."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backbot.cli import main
from backbot.insights.model import Insights
from backbot.journal.journal import open_journal
from backbot.journal.model import Entry, Reason
from backbot.model import Kind, Level
from backbot.settings import Settings

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal with a few weeks of questions, which the commands find."""
    path = tmp_path / "journal.sqlite3"
    monkeypatch.setenv("BACKBOT_JOURNAL", str(path))
    monkeypatch.setenv("COLUMNS", "80")
    journal = open_journal(Settings(journal=str(path)))
    for number in range(12):
        asked = ("is a firm mattress good", "which mattress is best", "old mattress?")
        journal.record(
            Entry(
                reply=f"m{number}",
                at=NOW - timedelta(days=3 * number + 1),
                kind=Kind.NO_ANSWER,
                index="v",
                confidence=0.1,
                question=asked[number % 3],
            )
        )
    journal.record(
        Entry(
            reply="k",
            at=NOW - timedelta(days=2),
            kind=Kind.ANSWER,
            index="v",
            cited=("knots",),
            confidence=0.9,
            question="\x1b[31mknots\x1b[0m",
        )
    )
    journal.judge("k", False, Reason.WRONG, "not for \u202eme")
    journal.record(
        Entry(
            reply="n",
            at=NOW - timedelta(days=2),
            kind=Kind.NOTICE_ONLY,
            index="v",
            notice=Level.EMERGENCY,
            category="cauda_equina",
            question="numb",
        )
    )
    journal.record(Entry(reply="old", at=NOW - timedelta(days=200), kind=Kind.ANSWER, index="v"))
    assert journal.flush(10)
    journal.close()
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def test_export_prints_json_lines(place: Path) -> None:
    result = run("journal", "export")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 15
    assert lines[-1]["reply"] == "m0"
    assert {"reply", "at", "kind", "cited", "question", "helpful", "reason"} <= set(lines[0])


def test_forget_takes_out_by_id_and_by_words(place: Path) -> None:
    assert run("journal", "forget", "k").stdout == "1 entry forgotten.\n"
    assert run("journal", "forget", "--words", "FIRM mattress").stdout == "4 entries forgotten.\n"
    again = run("journal", "forget", "k")
    assert again.exit_code == 1
    assert "Nothing in the journal fits" in again.stderr
    assert len(run("journal", "export").stdout.splitlines()) == 10


@pytest.mark.parametrize("arguments", [(), ("--words", " ")])
def test_forget_needs_to_know_what(place: Path, arguments: tuple[str, ...]) -> None:
    result = run("journal", "forget", *arguments)
    assert result.exit_code == 2
    assert "Say what to forget" in result.stderr
    assert len(run("journal", "export").stdout.splitlines()) == 15


def test_prune_takes_out_what_is_too_old(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBOT_JOURNAL_DAYS", "20")
    result = run("journal", "prune")
    assert result.exit_code == 0
    assert re.fullmatch(r"\d entries older than 20 days taken out\.\n", result.stdout)
    kept = [json.loads(line) for line in run("journal", "export").stdout.splitlines()]
    assert {each["reply"] for each in kept} >= {"m0", "k", "n"}
    assert "m11" not in {each["reply"] for each in kept}


def test_insights_tell_what_to_do_first(place: Path, tiny_root: Path) -> None:
    result = run("insights", "--index", tiny_root)
    assert result.exit_code == 0
    told = result.stdout
    assert told.index("No article answers") < told.index("Asked most") < told.index("Safety")
    assert "mattress" in told
    assert "What Are Knots?" in told
    assert "wrong 1" in told
    assert "cauda equina (emergency)" in told
    assert re.search("[█▁▇]", told)
    # Nothing that a reader typed steers the terminal.
    assert not re.search(r"[\x1b\u202e]", told)


def test_insights_look_back_as_far_as_is_said(place: Path, tiny_root: Path) -> None:
    result = run("insights", "--index", tiny_root, "--days", "10", "--json")
    found = json.loads(result.stdout)
    assert found["kinds"] == {"no_answer": 3, "answer": 1, "notice_only": 1}
    assert set(Insights.__struct_fields__) == set(found)


def test_insights_without_an_index_say_so_and_go_on(place: Path, tmp_path: Path) -> None:
    result = run("insights", "--index", tmp_path / "none")
    assert result.exit_code == 0
    assert "Without an index" in result.stderr
    assert "Safety notices" in result.stdout


def test_the_report_is_one_file_that_loads_and_runs_nothing(
    place: Path, tiny_root: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    assert run("insights", "--index", tiny_root, "--html", report).exit_code == 0
    page = report.read_text(encoding="utf-8")
    assert "mattress" in page
    assert not re.search(r"<script|<link|<img|<iframe|src=|url\(|@import|https?://", page)
    assert not re.search(r"\son\w+=", page)
    assert report.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--json", "--html", "x.html"), "Choose one of --json and --html."),
        (("--html", "/nowhere/at/all.html"), "cannot be written: no such file"),
    ],
)
def test_wrong_use_is_said(
    place: Path, tiny_root: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    result = run("insights", "--index", tiny_root, *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.parametrize("command", ["insights", "journal"])
def test_a_journal_that_is_not_there_is_said(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_root: Path
) -> None:
    arguments = {"insights": ("--index", tiny_root), "journal": ("export",)}[command]
    for setting, sentence in (("off", "No journal is kept"), ("none.sqlite3", "no journal at")):
        monkeypatch.setenv("BACKBOT_JOURNAL", setting)
        monkeypatch.chdir(tmp_path)
        result = run(command, *arguments)
        assert result.exit_code == 2
        assert sentence in result.stderr


def test_doctor_tells_of_the_journal(
    place: Path, tiny_corpus: Path, tiny_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("doctor", "--corpus", tiny_corpus, "--index", tiny_root)
    told = " ".join(run(*arguments).stdout.split())
    assert "15 replies. It keeps questions without personal data, for 365 days." in told
    place.write_bytes(b"no database" * 100)
    for path in place.parent.glob("journal.sqlite3-*"):
        path.unlink()
    told = " ".join(run(*arguments).stdout.split())
    assert "cannot be read or changed: it is damaged." in told
    monkeypatch.setenv("BACKBOT_JOURNAL", "off")
    assert "Nothing is kept of what readers ask" in run(*arguments).stdout
