"""An index in PostgreSQL: the same replies, from any host, of one version, or a clear 503."""

import contextlib
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from backbot.chatbot import Chatbot
from backbot.cli import main
from backbot.errors import (
    IndexDamagedError,
    IndexUnavailableError,
    ModelError,
    SettingsError,
    UsageError,
    VersionGoneError,
    WriteError,
)
from backbot.evaluation.sets import read_set
from backbot.index.contents import Index
from backbot.index.delivery import delivery
from backbot.index.draft import roll_back
from backbot.index.encoder import Encoder
from backbot.index.layout import current_version
from backbot.index.postgres import strongest as strongest_module
from backbot.index.postgres.address import is_database, reading, shown, writing
from backbot.index.postgres.connections import Connections, Statement
from backbot.index.postgres.strongest import strongest
from backbot.index.postgres.tables import schema_of
from backbot.index.postgres.terms import StoredTerms
from backbot.index.postgres.write import deliver
from backbot.index.reader import IndexReader
from backbot.index.source import Database
from backbot.index.store import open_index
from backbot.model import Kind, Reply
from backbot.rebuild import rebuild_index
from backbot.retrieval.question import prepare
from backbot.server.app import create_app
from backbot.server.holder import Holder
from backbot.settings import Settings
from backbot.text.terms import terms as terms_of
from backbot.tracing import traced
from postgres_server import Server, url_of
from support import TINY, Toy, document, small_bank, write_corpus

SETS = Path(__file__).parents[1] / "bench" / "quality" / "sets"
# Every so many of the sets' questions; bench/postgres.py asks them all.
EVERY = 12
FEET = "Do flat feet cause neck pain?"


def said(reply: Reply) -> dict[str, Any]:
    """All of a reply but what differs each time."""
    fields: dict[str, Any] = msgspec.to_builtins(reply)
    return {name: value for name, value in fields.items() if name not in ("id", "elapsed_ms")}


def opened(url: str, encoder: Encoder, root: Path = Path("nowhere")) -> IndexReader:
    source = Database(url, root)
    return source.open(source.current(), encoder)


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def _running(request: pytest.FixtureRequest) -> None:
    """Each test begins with an empty database on a server that runs."""
    if "primary" not in request.fixturenames:
        return
    server: Server = request.getfixturevalue("primary")
    with psycopg.connect(server.url, autocommit=True) as connection:
        rows = connection.execute(
            "select nspname from pg_namespace where nspname ~ '^backbot'"
        ).fetchall()
        for (schema,) in rows:
            connection.execute(f"drop schema {schema} cascade")


class Site:
    """A tiny site that is built into a folder and brought to a database."""

    def __init__(self, toy: Toy, folder: Path, url: str) -> None:
        self._toy = toy
        self.corpus = write_corpus(folder / "corpus", TINY)
        self.root = folder / "index"
        self.url = url
        self.encoder: Encoder | None = None

    def build(self, **changed: str) -> str:
        """Rebuild with other articles and return the version."""
        write_corpus(self.corpus, {f"articles/{name}.md": text for name, text in changed.items()})
        if not (self.root / "models").exists():
            self._toy.build(self.corpus, self.root)
        with small_bank():
            built = rebuild_index(
                self.corpus, self.root, model=str(self._toy.checkpoint), database=self.url
            )
        return built.version

    def settings(self, url: str | None = None) -> Settings:
        return Settings(
            index=url or self.url,
            index_folder=str(self.root),
            corpus=str(self.corpus),
            journal="off",
        )

    def client(self, url: str | None = None) -> FlaskClient:
        return create_app(self.settings(url)).test_client()

    def holder(self, url: str | None = None) -> Holder:
        return Holder(self.root, self.corpus, Database(url or self.url, self.root))


@pytest.fixture
def site(toy: Toy, tmp_path: Path, primary: Server) -> Site:
    return Site(toy, tmp_path, primary.url)


def ask(client: FlaskClient, message: str = "what are knots?") -> Any:
    return client.post("/api/chat", json={"message": message})


# The same replies


@pytest.mark.parametrize("most_flat", [5000, 50], ids=["every vector", "by HNSW"])
def test_the_quality_sets_get_the_same_replies(
    primary: Server, index: Index, most_flat: int
) -> None:
    deliver(primary.url, index, most_flat=most_flat)
    files = sorted(each for each in SETS.glob("*.jsonl") if "safety" not in each.name)
    asked = {case.messages[-1] for file in files for case in read_set(file)}
    questions = sorted(asked)[::EVERY]
    embedded, stored = Chatbot(index), Chatbot(opened(primary.url, index.encoder))
    same = [said(embedded.reply(each)) == said(stored.reply(each)) for each in questions]
    assert len(same) > 100
    assert sum(same) >= 0.99 * len(same)


def test_what_leads_to_a_reply_is_the_same(primary: Server, index: Index) -> None:
    deliver(primary.url, index)
    stored = opened(primary.url, index.encoder)
    for question in (FEET, "how do i use a tennis ball on a knot"):
        here, there = (traced(each, Chatbot(each).explain(question)[1]) for each in (index, stored))
        assert here == near(there)


def near(found: Any) -> Any:
    """`found` with its figures as near as they are shown: a sum may round the other way."""
    if isinstance(found, dict):
        return {name: near(each) for name, each in found.items()}
    if isinstance(found, list):
        return [near(each) for each in found]
    return pytest.approx(found, abs=1.1e-4) if isinstance(found, float) else found


def test_each_part_of_an_index_is_the_same(primary: Server, index: Index) -> None:
    deliver(primary.url, index)
    stored = opened(primary.url, index.encoder)
    assert stored.counts == index.counts
    assert np.allclose(stored.subject, index.subject)
    one, other = index.read_sentences([5, 3, 9]), stored.read_sentences([5, 3, 9])
    assert one.views == other.views
    assert (one.vectors == other.vectors).all()
    assert (one.tokens == other.tokens).all()
    assert stored.find_document(index.documents[2].id) == index.documents[2]
    assert stored.find_document("no-such-document") is None
    assert list(stored.first_documents(3)) == list(index.documents[:3])
    everything = stored.questions_near(index.subject, 10_000)
    assert len(everything) == len(index.questions)
    assert Chatbot(index).suggestions() == Chatbot(stored).suggestions()


def test_a_documents_own_question_can_be_taken_as_not_named(primary: Server, index: Index) -> None:
    deliver(primary.url, index)
    stored = opened(primary.url, index.encoder)
    text = index.questions[0].text
    query = prepare(index, text)
    here, there = (each.find(query, 20, text) for each in (index, stored))
    assert (here.passages == there.passages).all()
    assert np.allclose(here.asked, there.asked, atol=1e-6)
    assert (here.lexical == there.lexical).all()
    assert (here.article == there.article).all()


def test_pins_and_documents_over_http(site: Site) -> None:
    write_corpus(
        site.corpus,
        {"pins.toml": '[[pin]]\nquestion = "what is a knot?"\ndocument = "flat-feet"\n'},
    )
    site.build()
    client = site.client()
    reply = ask(client, "what is a knot?").get_json()
    assert {each["document"] for each in reply["citations"]} == {"flat-feet"}
    assert client.get("/api/documents/knots").status_code == 200
    assert client.get("/read/knots").status_code == 200
    assert client.get("/api/documents/nothing").status_code == 404
    assert client.get("/readyz").get_json()["index"] == reply["index"]


# The strongest texts, by fewer rows


def test_fewer_rows_prove_the_same_best(
    primary: Server, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(primary.url, index)
    monkeypatch.setattr(strongest_module, "_WEIGHED", 60)
    lexical = index.lexical
    terms = StoredTerms(lexical.vocabulary, lexical.idf, np.diff(lexical.starts), lexical.texts)
    table = f"{schema_of(index.version)}.passage_weights"
    connections = Connections(primary.url)
    saved = 0
    for question in index.questions[::5]:
        counted = {
            lexical.vocabulary[each]: 1.0
            for each in terms_of(question.text)
            if each in lexical.vocabulary
        }
        if not counted:
            continue
        asked: strongest_module.Strongest | None = strongest(table, terms, counted, 10, 40)
        while asked is not None:
            (found,) = connections.read(asked.statement)
            best, asked = asked, asked.unless_proved(found)
        saved += best.unread > 0
        rows = best.rows(found)
        scores = lexical.score(terms_of(question.text))
        wanted = np.sort(scores)[::-1][: len(rows)]
        assert np.allclose(sorted(scores[rows], reverse=True), wanted)
    assert saved > 0
    connections.close()


# Versions


def test_a_newer_version_is_taken_up_whole(site: Site) -> None:
    first = site.build()
    holder = site.holder()
    before = holder.chatbot()
    assert before.index.version == first
    second = site.build(sleep=document("Sleep", "Sleep on your side. It eases the neck."))
    # Who has the version before still reads it.
    assert before.reply("what are knots?").index == first
    holder.catch_up()
    assert holder.chatbot().index.version == second
    assert holder.chatbot().index.find_document("sleep") is not None


def test_a_version_that_is_gone_is_replaced_within_a_reply(site: Site) -> None:
    first = site.build()
    client = site.client()
    assert ask(client).get_json()["index"] == first
    bodies = ["Sleep on your side.", "Sleep on your back."]
    later = [site.build(sleep=document("Sleep", body)) for body in bodies]
    with psycopg.connect(site.url) as connection:
        gone = connection.execute(
            "select count(*) from pg_namespace where nspname = %s", [schema_of(first)]
        ).fetchone()
    assert gone == (0,)
    response = ask(client, "how far should i walk?")
    assert response.status_code == 200
    # On a slow machine the version in between was taken up before, and is there still.
    assert response.get_json()["index"] in later


def test_going_back_needs_no_rebuild(site: Site) -> None:
    first = site.build()
    second = site.build(sleep=document("Sleep", "Sleep on your side."))
    holder = site.holder()
    assert holder.chatbot().index.version == second
    roll_back(site.root, None, delivery(site.root, site.url))
    holder.catch_up()
    assert holder.chatbot().index.version == first == current_version(site.root)


def test_a_version_that_fails_a_check_is_not_brought_there(site: Site) -> None:
    first = site.build()
    write_corpus(site.corpus, {"checks.toml": '[[check]]\nquestion = "knots"\ncites = "gone"\n'})
    assert site.build(sleep=document("Sleep", "Sleep on your side.")) != first
    assert site.holder().chatbot().index.version == first


def test_a_database_that_cannot_be_written_leaves_the_folder_as_it_was(
    site: Site, tmp_path: Path
) -> None:
    first = site.build()
    site.url = f"postgresql://postgres@/postgres?host={tmp_path}"
    with pytest.raises(WriteError, match="no host that can be written answers"):
        site.build(sleep=document("Sleep", "Sleep on your side."))
    assert current_version(site.root) == first


def test_a_rebuild_killed_in_mid_transaction_changes_nothing(site: Site) -> None:
    first = site.build()
    holder = site.holder()
    holder.chatbot()
    write_corpus(site.corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    site._toy.build(site.corpus, site.root)
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from backbot.index.postgres.write import deliver\n"
        "from backbot.index.store import open_index\n"
        "class Slow:\n"
        "    steps = 0\n"
        "    def stage(self, name, total): pass\n"
        "    def advance(self):\n"
        "        self.steps += 1\n"
        "        if self.steps == 5:\n"
        "            print('copied', flush=True)\n"
        "            time.sleep(600)\n"
        "deliver(sys.argv[1], open_index(Path(sys.argv[2])), Slow())\n"
    )
    command = [sys.executable, "-c", script, site.url, str(site.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "copied\n"
        # Half a version is there, and nobody can see it.
        holder.catch_up()
        assert holder.chatbot().reply("what are knots?").index == first
        process.kill()
    holder.catch_up()
    assert holder.chatbot().reply("what are knots?").index == first

    def delivered() -> bool:
        # The server may take a moment to see that the writer is dead.
        with contextlib.suppress(UsageError):
            deliver(site.url, open_index(site.root))
            return True
        return False

    until(delivered)
    holder.catch_up()
    assert holder.chatbot().index.version == current_version(site.root) != first


# Hosts that go, come and lag


def test_a_replica_answers_while_the_primary_is_gone(
    site: Site, primary: Server, replica: Server
) -> None:
    version = site.build()
    caught_up(primary, replica)
    client = site.client(url_of(primary, replica))
    before = ask(client).get_json()
    primary.stop()
    try:
        for _ in range(3):
            response = ask(client, "how far should i walk?")
            assert response.status_code == 200
            assert response.get_json()["index"] == version == before["index"]
        with pytest.raises(WriteError):
            site.build(sleep=document("Sleep", "Sleep on your side."))
    finally:
        primary.start()


def test_a_replica_that_lags_answers_with_the_whole_version_before(
    site: Site, primary: Server, replica: Server
) -> None:
    first = site.build()
    caught_up(primary, replica)
    holder = site.holder(replica.url)
    assert holder.chatbot().index.version == first
    with psycopg.connect(replica.url, autocommit=True) as lagging:
        lagging.execute("select pg_wal_replay_pause()")
        try:
            second = site.build(sleep=document("Sleep", "Sleep on your side."))
            holder.catch_up()
            assert holder.chatbot().reply("what are knots?").index == first
            # One that reads from either never goes back, and never mixes.
            both = site.holder(f"{url_of(primary, replica)}&target_session_attrs=any")
            seen = []
            for _ in range(6):
                chatbot = both.chatbot()
                try:
                    reply = chatbot.reply("what are knots?")
                except VersionGoneError:
                    reply = both.reopen(chatbot).reply("what are knots?")
                seen.append(reply.index)
                both.let_go()
                both.catch_up()
            assert set(seen) <= {first, second}
        finally:
            lagging.execute("select pg_wal_replay_resume()")
    caught_up(primary, replica)

    def up_to_date() -> bool:
        holder.catch_up()
        return holder.chatbot().index.version == second

    until(up_to_date)


def caught_up(primary: Server, replica: Server) -> None:
    with psycopg.connect(primary.url) as here, psycopg.connect(replica.url) as there:
        (wanted,) = here.execute("select pg_current_wal_lsn()::text").fetchone() or ("",)
        sql = "select pg_last_wal_replay_lsn() >= %s::pg_lsn"
        until(lambda: bool((there.execute(sql, [wanted]).fetchone() or (False,))[0]))


def test_without_a_server_there_is_a_clear_503_and_then_an_answer_again(
    site: Site, primary: Server
) -> None:
    site.build()
    client = site.client()
    assert ask(client).status_code == 200
    primary.stop()
    try:
        response = ask(client, "how far should i walk?")
        assert response.status_code == 503
        assert response.headers["Retry-After"]
        assert "cannot be searched right now" in response.get_json()["error"]["message"]
        assert client.get("/readyz").status_code == 503
        # What is said before anything is looked up is said all the same.
        urgent = ask(client, "my legs are numb and I lost control of my bladder").get_json()
        assert urgent["kind"] == Kind.NOTICE_ONLY
    finally:
        primary.start()
    until(lambda: ask(client, "how far should i walk a day?").status_code == 200)


def test_connections_lost_in_mid_query_lead_to_right_replies_or_a_clear_error(
    site: Site, primary: Server
) -> None:
    site.build()
    holder = site.holder()
    chatbot = holder.chatbot()
    questions = ["what are knots?", "how far should i walk?", "do flat feet hurt?"]
    right = {each: said(chatbot.reply(each)) for each in questions}
    done = threading.Event()

    def terminate() -> None:
        with psycopg.connect(primary.url, autocommit=True) as connection:
            while not done.is_set():
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where application_name = 'backbot'"
                )
                done.wait(0.02)

    killer = threading.Thread(target=terminate)
    killer.start()
    answered = 0
    try:
        for question in itertools.islice(itertools.cycle(questions), 60):
            try:
                assert said(chatbot.reply(question)) == right[question]
                answered += 1
            except IndexUnavailableError:
                continue
    finally:
        done.set()
        killer.join()
    assert answered > 0
    assert said(chatbot.reply(questions[0])) == right[questions[0]]


# What a stranger's database may hold


@pytest.mark.parametrize(
    "change",
    [
        "update {schema}.documents set body = 'nonsense'",
        "update {schema}.sentences set ends = ends + 1",
        "update {schema}.sentences set role = 99",
        "update {schema}.sentences set tokens = '\\x00'",
        "update {schema}.sentences set vector = array_fill(0.5, array[32])::vector",
        "update {schema}.passages set last = 2000000",
        "update {schema}.passages set last = first",
        "delete from {schema}.sentences",
        "update {schema}.passage_weights set weight = 'NaN'",
    ],
)
def test_rows_that_do_not_fit_are_refused(site: Site, change: str) -> None:
    version = site.build()
    with psycopg.connect(site.url) as connection:
        connection.execute(change.format(schema=schema_of(version)))
    chatbot = Chatbot(opened(site.url, Encoder(next(site.root.glob("models/*")))))
    titles = ("What are knots?", "How far should I walk a day?", "Do flat feet hurt?")
    with pytest.raises(IndexDamagedError):
        list(map(chatbot.reply, titles))


@pytest.mark.parametrize("name", ["frame", "subject", "lexical_idf", "elsewhere_vectors"])
def test_parts_that_do_not_fit_are_refused(site: Site, name: str) -> None:
    version = site.build()
    with psycopg.connect(site.url) as connection:
        connection.execute(
            f"update {schema_of(version)}.parts set content = '\\x7b22' where name = %s", [name]
        )
    with pytest.raises(IndexDamagedError):
        opened(site.url, Encoder(next(site.root.glob("models/*"))))


def test_the_encoder_must_be_there_and_the_same(site: Site, index: Index, tmp_path: Path) -> None:
    site.build()
    source = Database(site.url, tmp_path / "elsewhere")
    with pytest.raises(ModelError):
        source.open(source.current(), index.encoder)


# Settings


def test_what_names_a_database() -> None:
    assert is_database("postgresql://db/backbot")
    assert is_database("postgres://db/backbot")
    assert not is_database("index")
    settings = Settings(index="postgresql://db/backbot", index_folder="here")
    assert settings.root == Path("here")
    assert Settings(index="there", index_folder="here").root == Path("there")


def test_no_password_is_shown() -> None:
    assert shown("postgresql://me:secret@a,b:5433/articles") == "postgresql://a,b:5433/articles"
    with pytest.raises(SettingsError) as caught:
        reading("postgresql://me:secret@a/articles?nonsense=1")
    assert "secret" not in str(caught.value)


def test_reading_goes_to_standbys_and_writing_to_the_primary() -> None:
    url = "postgresql://a,b/articles"
    assert "target_session_attrs=prefer-standby" in reading(url)
    assert "load_balance_hosts=random" in reading(url)
    assert "target_session_attrs=any" in reading(f"{url}?target_session_attrs=any")
    assert "target_session_attrs=read-write" in writing(f"{url}?target_session_attrs=any")


def test_a_database_without_an_index_says_what_to_do(primary: Server) -> None:
    with pytest.raises(IndexUnavailableError, match="run `backbot rebuild-index`"):
        Database(primary.url, Path("nowhere")).current()


def test_a_statement_that_takes_too_long_is_given_up(
    primary: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbot.index.postgres.connections.STATEMENT_TIMEOUT", 100)
    connections = Connections(primary.url)
    with pytest.raises(IndexUnavailableError, match="QueryCanceled"):
        connections.read(Statement("select pg_sleep(5)::text"))
    connections.close()


# The commands


def test_the_commands_take_a_database(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    version = site.build()
    monkeypatch.setenv("BACKBOT_INDEX_FOLDER", str(site.root))
    monkeypatch.setenv("BACKBOT_JOURNAL", "off")
    run = CliRunner().invoke
    asked = run(main, ["ask", "what are knots?", "--json", "--explain", "--index", site.url])
    assert asked.exit_code == 0
    assert json.loads(asked.stdout)["index"] == version
    where = ["--corpus", str(site.corpus), "--index", site.url]
    doctor = run(main, ["doctor", "--json", *where])
    told = json.loads(doctor.stdout)
    assert told["holding"]["version"] == version
    assert told["holding"]["bytes"] > 0
    assert told["index"].startswith("postgresql://")
    # The database is behind the folder when that was built alone.
    write_corpus(site.corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    site._toy.build(site.corpus, site.root)
    stale = run(main, ["doctor", *where])
    assert stale.exit_code == 1
    assert "serves another version" in " ".join(stale.stdout.split())
    back = run(main, ["rebuild-index", "--rollback", "--json", *where])
    assert json.loads(back.stdout)["version"] == version


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbot.index.postgres.address.find_spec", lambda name: None)
    asked = CliRunner().invoke(main, ["ask", "knots", "--index", "postgresql://db/backbot"])
    assert asked.exit_code == 2
    assert "pip install 'backbot[postgres]'" in asked.stderr
