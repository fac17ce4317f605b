"""The journal on SQLite and on PostgreSQL: what is kept, what is not, and what is taken out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sqlalchemy import create_engine, inspect, text

from backbot.errors import JournalError, SettingsError
from backbot.journal.address import address_of, shown
from backbot.journal.journal import Journal, Meaning, open_journal
from backbot.journal.model import Entry, Mode, Reason
from backbot.journal.schema import HEAD, MIGRATIONS, bring_up_to_date
from backbot.journal.store import Store
from backbot.journal.tables import metadata
from backbot.journal.vectors import pack, unpack
from backbot.model import Kind, Level
from backbot.settings import Settings

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def entry(reply: str = "a", **fields: Any) -> Entry:
    """Return an entry of an answer; `fields` change it."""
    given: dict[str, Any] = {"at": NOON, "kind": Kind.ANSWER, "index": "v1"} | fields
    return Entry(reply=reply, **given)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty journal may lie."""
    if request.param == "sqlite":
        yield str(tmp_path / "kept" / "journal.sqlite3")
        return
    url = request.getfixturevalue("postgres_url")
    yield url
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for table in inspect(connection).get_table_names():
            connection.execute(text(f"DROP TABLE {table}"))
    engine.dispose()


@pytest.fixture
def journal(place: str) -> Iterator[Journal]:
    kept = open_journal(Settings(journal=place, journal_days=3650))
    yield kept
    kept.close()


def test_what_is_recorded_can_be_read(journal: Journal) -> None:
    full = entry(
        cited=("knots", "flat-feet"),
        confidence=0.75,
        notice=Level.SOON,
        category="numbness",
        question="do knots hurt?",
        suggested=("How far should I walk?",),
    )
    journal.record(full)
    assert journal.flush()
    assert list(journal.entries()) == [full]
    assert (journal.health().written, journal.health().lost) == (1, 0)


def test_entries_come_oldest_first_and_by_time(journal: Journal) -> None:
    for number in (2, 0, 1):
        journal.record(entry(f"r{number}", at=NOON + timedelta(days=number)))
    journal.flush()
    assert [each.reply for each in journal.entries()] == ["r0", "r1", "r2"]
    day = timedelta(days=1)
    assert [each.reply for each in journal.entries(NOON + day, NOON + 2 * day)] == ["r1"]


def test_a_judgement_finds_its_reply_whichever_comes_first(journal: Journal) -> None:
    journal.judge("a", False, Reason.WRONG, "Ask me: jane.roe@example.org")
    journal.record(entry("a"))
    journal.record(entry("b"))
    journal.judge("b", False, Reason.UNSAFE)
    journal.judge("b", True)
    journal.flush()
    first, second = journal.entries()
    assert (first.helpful, first.reason) == (False, Reason.WRONG)
    assert first.note == "Ask me: […]"
    assert (second.helpful, second.reason, second.note) == (True, None, None)


def test_a_reply_that_is_recorded_twice_stays_as_it_was(journal: Journal) -> None:
    journal.record(entry("a", question="first"))
    journal.record(entry("a", question="second"))
    journal.flush()
    assert [each.question for each in journal.entries()] == ["first"]


def test_personal_data_is_gone_before_anything_is_written(journal: Journal) -> None:
    journal.record(entry(question="I'm Sarah Jones, 07700 900123, do knots hurt?"))
    journal.flush()
    (kept,) = journal.entries()
    assert kept.question == "I'm […], do knots hurt?"


def test_words_of_a_crisis_are_never_kept(journal: Journal) -> None:
    journal.record(
        entry(kind=Kind.NOTICE_ONLY, notice=Level.CRISIS, category="crisis", question="I ...")
    )
    journal.flush()
    (kept,) = journal.entries()
    assert (kept.question, kept.notice) == (None, Level.CRISIS)


def test_counts_keep_no_word_and_no_vector(place: str) -> None:
    journal = open_journal(Settings(journal=place, journal_mode="counts", journal_days=3650))
    meaning = Meaning(encoder="e", encode=lambda text: np.ones(4, np.float32))
    journal.record(entry(question="do knots hurt?"), meaning)
    journal.judge("a", False, Reason.OTHER, "a note")
    journal.flush()
    (line,) = journal.lines()
    assert (line.entry.question, line.entry.note, line.vector) == (None, None, None)
    assert line.entry.reason is Reason.OTHER
    journal.close()


def test_what_was_kept_by_reply_is_forgotten(journal: Journal) -> None:
    for name in "abc":
        journal.record(entry(name))
        journal.judge(name, True)
    journal.flush()
    assert journal.forget(["a", "c", "never"]) == 2
    assert [each.reply for each in journal.entries()] == ["b"]
    assert journal.forget(["a"]) == 0


def test_what_holds_certain_words_is_forgotten(journal: Journal) -> None:
    journal.record(entry("a", question="is it Scheuermann’s disease?"))
    journal.record(entry("b", question="do knots hurt?"))
    journal.judge("b", False, Reason.OTHER, "I told of my SCHEUERMANN'S before")
    journal.record(entry("c", question="100% of knots"))
    journal.flush()
    assert journal.forget(words="scheuermann's") == 2
    assert journal.forget(words="%") == 1
    assert list(journal.entries()) == []


def test_nothing_of_what_was_forgotten_stays_in_the_files(tmp_path: Path) -> None:
    journal = open_journal(Settings(journal=str(tmp_path / "j"), journal_days=3650))
    for number in range(200):
        journal.record(entry(f"r{number}", question=f"a zanzibarian question {number}"))
    journal.flush()
    assert journal.forget(words="zanzibarian") == 200
    journal.close()
    assert not any(b"zanzibarian" in path.read_bytes() for path in tmp_path.iterdir())


def test_what_is_too_old_is_taken_out(place: str) -> None:
    journal = open_journal(Settings(journal=place, journal_days=30))
    now = datetime.now(UTC).replace(microsecond=0)
    journal.record(entry("old", at=now - timedelta(days=31)))
    journal.record(entry("new", at=now - timedelta(days=29)))
    journal.judge("old", True)
    journal.flush()
    assert journal.prune() == 1
    assert [each.reply for each in journal.entries()] == ["new"]
    assert journal.prune() == 0
    journal.close()


def test_the_server_prunes_by_itself(place: str) -> None:
    old = open_journal(Settings(journal=place, journal_days=3650))
    old.record(entry("old", at=datetime.now(UTC) - timedelta(days=31)))
    old.flush()
    old.close()
    journal = open_journal(Settings(journal=place, journal_days=30))
    journal.record(entry("new", at=datetime.now(UTC)))
    journal.flush()
    journal.close()
    assert [each.reply for each in journal.entries()] == ["new"]
    journal.close()


def test_vectors_are_kept_beside_questions(journal: Journal) -> None:
    made: list[str] = []

    def encode(words: str) -> Any:
        made.append(words)
        return np.array([0.6, 0.0, -0.8], np.float32)

    at_hand = np.array([0.0, 1.0, 0.0], np.float32)
    meaning = Meaning(encoder="e", encode=encode, vector=at_hand)
    journal.record(entry("a", question="do knots hurt?"), meaning)
    journal.record(entry("b", question="my name is Jane, do knots hurt?"), meaning)
    journal.record(entry("c", kind=Kind.SMALLTALK, question="hello"), meaning)
    journal.flush()
    first, second, third = journal.lines()
    assert made == ["my name is […], do knots hurt?"]
    assert first.vector is not None
    assert second.vector is not None
    assert unpack([first.vector, second.vector], 3) == pytest.approx(
        np.array([[0, 1, 0], [0.6, 0, -0.8]]), abs=0.01
    )
    assert (first.encoder, third.vector) == ("e", None)


def test_a_packed_vector_points_where_it_did() -> None:
    rows = np.random.default_rng(1).standard_normal((50, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    again = unpack([pack(row) for row in rows], 384)
    assert (rows * again).sum(axis=1).min() > 0.9995


def test_off_keeps_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    journal = open_journal(Settings(journal="off"))
    journal.record(entry())
    journal.judge("a", True)
    assert journal.flush()
    assert journal.health().mode is Mode.OFF
    with pytest.raises(JournalError, match="No journal is kept"):
        next(journal.entries())
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_mode_off_writes_nothing_but_lets_read_what_is_there(tmp_path: Path) -> None:
    place = str(tmp_path / "j")
    before = open_journal(Settings(journal=place, journal_days=3650))
    before.record(entry("a"))
    before.close()
    journal = open_journal(Settings(journal=place, journal_mode="off", journal_days=3650))
    journal.record(entry("b"))
    journal.flush()
    assert [each.reply for each in journal.entries()] == ["a"]
    journal.close()


def test_a_journal_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    journal = open_journal(Settings(journal=str(tmp_path / "none.sqlite3")))
    with pytest.raises(JournalError, match=r"no journal at .*none\.sqlite3 yet"):
        journal.forget(["a"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "setting", ["mysql://u:secret@host/db", "postgresql://u:secret@host", "x://", "sqlite://"]
)
def test_a_place_that_is_none_is_refused_without_its_password(setting: str) -> None:
    with pytest.raises(SettingsError, match="must be a path, `off`, or the URL") as caught:
        open_journal(Settings(journal=setting))
    assert "secret" not in str(caught.value)


def test_a_password_is_never_shown() -> None:
    address = address_of(Settings(journal="postgres://owner:secret@host/site"))
    assert shown(address) == "postgresql://owner:***@host/site"


def test_the_default_lies_beside_the_index() -> None:
    assert shown(address_of(Settings(index="site/index"))) == "site/journal.sqlite3"


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    journal = open_journal(Settings(journal=str(tmp_path / "j")))
    journal.record(entry())
    journal.flush()
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    journal.close()


def test_no_table_has_a_place_for_who_asked() -> None:
    columns = {column.name for table in metadata.tables.values() for column in table.columns}
    assert not columns & {"ip", "address", "agent", "session", "user", "cookie", "fingerprint"}
    assert set(Entry.__struct_fields__) - {"index"} <= columns


def test_the_steps_lead_to_the_tables_that_are_used(place: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    store = Store(address_of(Settings(journal=place)))
    with store.open().connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]


def test_tables_of_a_newer_version_are_left_alone(place: str) -> None:
    store = Store(address_of(Settings(journal=place)))
    with store.open().execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(JournalError, match="newer Backbot"):
        bring_up_to_date(store.open())
    store.close()


def test_an_entry_survives_json() -> None:
    kept = entry(question="q", reason=Reason.OTHER, helpful=False)
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Entry) == kept


def test_an_entry_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        entry(at=datetime(2026, 1, 1))
