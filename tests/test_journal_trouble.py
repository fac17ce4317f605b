"""A journal in trouble: readers are answered all the same, and what is lost is counted and said."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from backbot.journal import writer as writer_module
from backbot.journal.journal import Journal, open_journal
from backbot.journal.model import Entry
from backbot.journal.store import Store
from backbot.journal.troubles import SENTENCES, name_of, sentence
from backbot.journal.writer import Writer
from backbot.model import Kind
from backbot.server.app import create_app
from backbot.settings import Settings

QUESTION = {"message": "How do I ease a knot?"}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "FIRST_WAIT", 0.01)
    monkeypatch.setattr("backbot.journal.store.PATIENCE", 0.05)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "journal.sqlite3"


@pytest.fixture
def client(tiny_root: Path, place: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(index=str(tiny_root), journal=str(place)))
    yield app.test_client()
    app.extensions["backbot.journal"].close()


def journal_of(client: FlaskClient) -> Journal:
    journal: Journal = client.application.extensions["backbot.journal"]
    return journal


def ask(client: FlaskClient) -> None:
    """Ask, and hold the reply to be what it always is."""
    response = client.post("/api/chat", json=QUESTION)
    assert response.status_code == 200
    assert response.json is not None
    assert response.json["kind"] == "answer"


def told(client: FlaskClient) -> tuple[int, int, str | None]:
    """Return what the server says of its journal once it is done with what it has."""
    assert journal_of(client).flush(10)
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json is not None
    journal = response.json["journal"]
    return journal["written"], journal["lost"], journal["why"]


def test_replies_and_judgements_are_written(client: FlaskClient) -> None:
    reply = client.post("/api/chat", json=QUESTION).json
    assert reply is not None
    client.post("/api/feedback", json={"reply": reply["id"], "helpful": False, "reason": "wrong"})
    client.get("/ask?q=How+do+I+ease+a+knot")
    assert told(client) == (3, 0, None)
    # Times are whole seconds: which of two replies of one second comes first is nobody's promise.
    first, second = sorted(journal_of(client).entries(), key=lambda each: each.reply != reply["id"])
    assert (first.reply, first.kind, first.question) == (reply["id"], "answer", QUESTION["message"])
    assert first.cited[0] == "knots"
    assert (first.helpful, first.reason) == (False, "wrong")
    assert second.question == "How do I ease a knot"


def test_a_refused_message_is_not_written(client: FlaskClient) -> None:
    assert client.post("/api/chat", json={"message": " "}).status_code == 400
    assert told(client) == (0, 0, None)


def test_locked(client: FlaskClient, place: Path) -> None:
    ask(client)
    assert told(client) == (1, 0, None)
    other = sqlite3.connect(place)
    other.execute("BEGIN IMMEDIATE")
    ask(client)
    assert told(client) == (1, 1, "locked")
    other.rollback()
    other.close()
    ask(client)
    assert told(client) == (2, 1, "locked")
    # Once it can be written again, it says itself what it lacks.
    (loss,) = journal_of(client).losses()
    assert (loss.lines, loss.why) == (1, "locked")


def test_locked_for_a_moment_loses_nothing(client: FlaskClient, place: Path) -> None:
    ask(client)
    told(client)
    other = sqlite3.connect(place, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.05, other.rollback).start()
    ask(client)
    assert told(client) == (2, 0, None)
    other.close()


@pytest.mark.parametrize(
    ("pragma", "why"), [("max_page_count=1", "full"), ("query_only=ON", "read_only")]
)
def test_full_and_read_only(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, pragma: str, why: str
) -> None:
    ask(client)
    told(client)
    # The same errors of SQLite that a full disk and a read-only file bring, to root too.
    journal_of(client).close()
    plain = Store.open

    def hindered(store: Store) -> Engine:
        engine = plain(store)
        if not event.contains(engine, "checkout", hinder):
            event.listen(engine, "checkout", hinder)
        return engine

    def hinder(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    monkeypatch.setattr(Store, "open", hindered)
    for _ in range(60):
        ask(client)
    written, lost, said = told(client)
    assert written + lost == 61
    assert lost > 0
    assert said == why


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to anything")
def test_read_only_folder(client: FlaskClient, place: Path) -> None:
    place.parent.mkdir(mode=0o500)
    ask(client)
    assert told(client) == (0, 1, "read_only")


def test_gone(client: FlaskClient, place: Path) -> None:
    ask(client)
    told(client)
    for path in place.parent.iterdir():
        path.unlink()
    place.parent.rmdir()
    place.parent.write_text("a file where the folder was")
    ask(client)
    assert told(client) == (1, 1, "gone")
    place.parent.unlink()
    ask(client)
    assert told(client) == (2, 1, "gone")
    assert len(list(journal_of(client).entries())) == 1


def test_taken_away_while_it_is_open_begins_anew(client: FlaskClient, place: Path) -> None:
    ask(client)
    told(client)
    for path in place.parent.iterdir():
        path.unlink()
    ask(client)
    assert told(client) == (2, 0, None)
    assert len(list(journal_of(client).entries())) == 1


def test_damaged(client: FlaskClient, place: Path) -> None:
    place.parent.mkdir()
    place.write_bytes(b"this is no database, whatever its name says" * 50)
    ask(client)
    assert told(client) == (0, 1, "damaged")
    assert place.read_bytes().startswith(b"this is no database")


def test_an_unreachable_server(tiny_root: Path) -> None:
    url = "postgresql://nobody:secret@127.0.0.1:1/none"
    app = create_app(Settings(index=str(tiny_root), journal=url))
    client = app.test_client()
    ask(client)
    assert told(client) == (0, 1, "unreachable")
    app.extensions["backbot.journal"].close()


def test_a_flood_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "QUEUE_LENGTH", 5)
    hold = threading.Event()
    monkeypatch.setattr(Store, "write", lambda self, lines: hold.wait(10))
    journal = open_journal(Settings(journal=str(tmp_path / "j")))
    for number in range(300):
        journal.record(_entry(str(number)))
    assert journal.health().why == "too_slow"
    hold.set()
    journal.flush(10)
    health = journal.health()
    assert health.written + health.lost == 300
    journal.close()


def test_what_cannot_be_made_ready_is_lost_alone(tmp_path: Path) -> None:
    journal = open_journal(Settings(journal=str(tmp_path / "j")))
    journal.record(None)  # type: ignore[arg-type]
    journal.record(_entry("a"))
    journal.flush()
    health = journal.health()
    assert (health.written, health.lost, health.why) == (1, 1, "AttributeError")
    journal.close()


def test_troubles_are_logged_without_a_word_of_a_reader(
    client: FlaskClient, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place.parent.mkdir()
    place.write_bytes(b"no database" * 100)
    ask(client)
    told(client)
    assert "damaged" in caplog.text
    assert "knot" not in caplog.text


def test_a_process_that_is_killed_leaves_a_whole_journal(tmp_path: Path) -> None:
    place = tmp_path / "j"
    code = (
        "import sys, itertools\n"
        "from datetime import UTC, datetime\n"
        "from backbot.journal.journal import open_journal\n"
        "from backbot.journal.model import Entry\n"
        "from backbot.settings import Settings\n"
        "journal = open_journal(Settings(journal=sys.argv[1]))\n"
        "for number in itertools.count():\n"
        "    journal.record(Entry(reply=str(number), at=datetime.now(UTC), kind='answer' and "
        "__import__('backbot.model').model.Kind.ANSWER, index='v', question='why ' * 50))\n"
        "    journal.flush() if number % 20 == 0 else None\n"
        "    print(number, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(place)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) > 200:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    journal = open_journal(Settings(journal=str(place)))
    numbers = sorted(int(entry.reply) for entry in journal.entries())
    # Whole batches, in order: what was flushed is there, and nothing is there by halves.
    assert numbers[:181] == list(range(181))
    assert numbers == list(range(len(numbers)))
    journal.record(_entry("after"))
    assert journal.flush(10)
    assert journal.health().written == 1
    journal.close()


def test_each_process_that_a_server_forks_writes_by_itself(tmp_path: Path) -> None:
    journal = open_journal(Settings(journal=str(tmp_path / "j")))
    assert journal.prepare() is None
    children = []
    for number in range(3):
        child = os.fork()
        if child == 0:
            journal.record(_entry(f"child {number}"))
            os._exit(0 if journal.flush(10) and journal.health().written == 1 else 1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    assert len(list(journal.entries())) == 3
    journal.close()


def test_a_process_that_ends_writes_what_waits(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from backbot.journal.journal import open_journal\n"
        "from backbot.journal.model import Entry\n"
        "from backbot.model import Kind\n"
        "from backbot.settings import Settings\n"
        "journal = open_journal(Settings(journal=sys.argv[1]))\n"
        "for number in range(500):\n"
        "    journal.record(Entry(reply=str(number), at=datetime.now(UTC), kind=Kind.ANSWER, "
        "index='v'))\n"
    )
    place = tmp_path / "j"
    subprocess.run([sys.executable, "-c", code, str(place)], check=True, timeout=60)
    journal = open_journal(Settings(journal=str(place)))
    assert len(list(journal.entries())) == 500
    journal.close()


def test_closing_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()
    monkeypatch.setattr(Store, "write", lambda self, lines: hold.wait(10))
    journal = open_journal(Settings(journal=str(tmp_path / "j")))
    journal.record(_entry("a"))
    started = time.monotonic()
    assert isinstance(journal._writer, Writer)
    journal._writer.close(timeout=0.1)
    assert time.monotonic() - started < 5
    hold.set()


def test_every_trouble_has_its_sentence() -> None:
    assert name_of(OSError(28, "No space left on device")) == "full"
    assert name_of(PermissionError(13, "Permission denied")) == "read_only"
    assert name_of(ValueError("a reader's words")) == "ValueError"
    assert sentence("ValueError") == "of an unexpected ValueError"
    assert all(words == sentence(name) for name, words in SENTENCES.items())


def _entry(reply: str) -> Entry:
    return Entry(reply=reply, at=datetime.now(UTC), kind=Kind.ANSWER, index="v")
