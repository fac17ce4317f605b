"""What is counted and written down: enough for the owner, and nothing of any reader."""

import json
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client import values
from prometheus_client.parser import text_string_to_metric_families

from backbot.server import metrics as metrics_module
from backbot.server import watchdog as watchdog_module
from backbot.server.app import create_app
from backbot.server.holder import Holder
from backbot.server.logs import JsonLines, TextLines, set_up_logs
from backbot.server.metrics import exposition, metrics, share_between_workers, take_place
from backbot.server.watchdog import Watchdog, resident_bytes
from backbot.settings import Settings

SECRET = "my-secret-ailment"
TOKEN = "a-token-of-the-owner"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    metrics.cache_clear()
    yield
    metrics.cache_clear()


@pytest.fixture
def client(tiny_root: Path) -> FlaskClient:
    return create_app(Settings(index=str(tiny_root))).test_client()


def read(client: FlaskClient, **headers: str) -> dict[tuple[str, ...], float]:
    """Return each sample of /metrics, by its name and the values of its labels."""
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_replies_notices_and_errors_are_counted(client: FlaskClient) -> None:
    for message in ("hello", "hello", "I have crushing chest pain and my left arm is numb"):
        client.post("/api/chat", json={"message": message})
    client.post("/api/chat", json={"message": ""})
    client.post("/api/feedback", json={"reply": "a", "helpful": False, "reason": "wrong"})
    client.get(f"/{SECRET}")
    found = read(client)
    assert found["backbot_replies_total", "smalltalk"] == 2
    assert found["backbot_replies_total", "notice_only"] == 1
    assert found["backbot_replies_total", "answer"] == 0
    assert found["backbot_notices_total", "emergency"] == 1
    assert found["backbot_cache_total", "hit"] == 1
    assert found["backbot_errors_total", "bad_field"] == 1
    assert found["backbot_errors_total", "not_found"] == 1
    assert found["backbot_feedback_total", "false", "wrong"] == 1
    assert found["backbot_requests_total", "api.chat", "POST", "200"] == 3
    assert found["backbot_requests_total", "none", "GET", "404"] == 1
    assert found["backbot_request_seconds_count", "api.chat"] == 4
    assert found["backbot_stage_seconds_count", "reply"] == 2
    assert found["backbot_index_documents",] == 3


def test_the_index_that_is_answered_from_is_told(client: FlaskClient) -> None:
    ready = client.get("/readyz").json
    assert ready
    assert read(client)["backbot_index_info", ready["index"]] == 1


def test_failures_of_the_safety_check_are_counted_and_never_kept(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = {"message": "I have crushing chest pain and my left arm is numb"}
    with monkeypatch.context() as patch:
        patch.setattr("backbot.safety.Recogniser.assess", lambda *a, **k: 1 / 0)
        for _ in range(2):
            reply = client.post("/api/chat", json=message).json
            assert reply
            assert reply["notice"]["category"] == "standing_caution"
    reply = client.post("/api/chat", json=message).json
    assert reply
    assert reply["kind"] == "notice_only"
    found = read(client)
    assert found["backbot_safety_failures_total",] == 2
    assert found["backbot_cache_total", "hit"] == 0
    assert sum(value for key, value in found.items() if key[0] == "backbot_notices_total") == 1


def test_no_label_holds_what_a_stranger_sends(client: FlaskClient) -> None:
    client.open(f"/{SECRET}", method="GET")
    client.open("/", method=SECRET.upper())
    client.get(f"/read/{SECRET}")
    client.get(f"/api/documents/{SECRET}?{SECRET}")
    client.post("/api/chat", json={"message": SECRET})
    client.post("/api/feedback", json={"reply": SECRET, "helpful": False, "reason": SECRET})
    assert SECRET not in client.get("/metrics").text.lower()


def test_only_this_machine_may_read_them_without_a_token(tiny_root: Path) -> None:
    app = create_app(Settings(index=str(tiny_root)))
    for address in ("127.0.0.1", "::1", "127.8.0.1"):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        assert client.get("/metrics").status_code == 200
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            response = client.get("/metrics", headers={header: "127.0.0.1"})
            assert response.status_code == 403
            assert response.json
            assert response.json["error"]["code"] == "forbidden"
    for address in ("192.0.2.1", "2001:db8::1", ""):
        client.environ_base["REMOTE_ADDR"] = address
        assert client.get("/metrics").status_code == 403


def test_behind_a_proxy_the_visitor_s_own_address_counts(tiny_root: Path) -> None:
    client = create_app(Settings(index=str(tiny_root), trusted_proxies=1)).test_client()
    for visitor in ("192.0.2.1", "127.0.0.1"):
        response = client.get("/metrics", headers={"X-Forwarded-For": visitor})
        assert response.status_code == 403


def test_with_a_token_it_alone_counts(tiny_root: Path) -> None:
    client = create_app(Settings(index=str(tiny_root), metrics_token=TOKEN)).test_client()
    assert client.get("/metrics").status_code == 403
    for wrong in (f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ", "Bearer ü"):
        assert client.get("/metrics", headers={"Authorization": wrong}).status_code == 403
    client.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert read(client, Authorization=f"Bearer {TOKEN}")


# Several workers


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(metrics_module.FOLDER_VARIABLE, "")
    alone = values.ValueClass
    share_between_workers(tmp_path)
    yield tmp_path
    values.ValueClass = alone
    take_place(-1)


def count_in_worker(place: int, times: int) -> None:
    """Fork, stand at `place`, and count."""
    worker = os.fork()
    if worker == 0:
        take_place(place)
        for _ in range(times):
            metrics().replies.labels("answer").inc()
            metrics().memory.set(1000)
        os._exit(0)
    os.waitpid(worker, 0)


def test_the_numbers_of_all_workers_are_added_up(shared: Path, tmp_path: Path) -> None:
    metrics()
    count_in_worker(0, 2)
    count_in_worker(1, 3)
    # The next one at a place goes on where the one before it ended, in the same files.
    files = sorted(shared.glob("*.db"))
    count_in_worker(1, 4)
    assert sorted(shared.glob("*.db")) == files
    text = exposition(Holder(tmp_path)).decode()
    assert 'backbot_replies_total{kind="answer"} 9.0' in text
    assert 'backbot_worker_memory_bytes{pid="1"} 1000.0' in text


# The watchdog


def test_a_request_that_hangs_ends_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []
    watchdog = Watchdog(0.0, end_now=lambda: ended.append("now"))
    watchdog.look()
    assert ended == []
    with watchdog.request():
        watchdog.look()
    assert ended == ["now"]
    watchdog.look()
    assert ended == ["now"]
    assert "replacing the worker" in caplog.text


def test_a_request_in_time_ends_nothing() -> None:
    ended: list[str] = []
    watchdog = Watchdog(60.0, end_now=lambda: ended.append("now"))
    with watchdog.request(), watchdog.request():
        watchdog.look()
    assert ended == []


def test_a_worker_that_grows_is_ended_politely_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    watchdog = Watchdog(60.0, 1_000_000, end_politely=lambda: ended.append("politely"))
    monkeypatch.setattr(watchdog_module, "resident_bytes", lambda: 999_999)
    watchdog.look()
    assert ended == []
    monkeypatch.setattr(watchdog_module, "resident_bytes", lambda: 1_000_001)
    watchdog.look()
    watchdog.look()
    assert ended == ["politely"]


def test_memory_is_measured() -> None:
    assert 10_000_000 < resident_bytes() < 10**11


# Logs


@pytest.fixture
def _as_before() -> Iterator[None]:
    names = ("backbot", "gunicorn.error", "py.warnings")
    logs = [logging.getLogger(name) for name in names]
    kept = [(log.handlers, log.propagate, log.level) for log in logs]
    yield
    logging.captureWarnings(capture=False)
    for log, (handlers, propagate, level) in zip(logs, kept, strict=True):
        log.handlers, log.propagate = handlers, propagate
        log.setLevel(level)


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_request_s_line_names_no_address_and_no_words(
    tiny_root: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    settings = Settings(index=str(tiny_root), log_format=form, log_level="info")
    set_up_logs(settings)
    client = create_app(settings).test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.77"
    client.post("/api/chat", json={"message": SECRET}, headers={"User-Agent": SECRET})
    client.get(f"/{SECRET}?q={SECRET}")
    client.post("/ask", data={"q": SECRET})
    written = capsys.readouterr().err
    assert "192.0.2.77" not in written
    assert SECRET not in written
    assert "POST api.chat 200" in written
    if form == "json":
        lines = [json.loads(line) for line in written.splitlines()]
        first = next(line for line in lines if line.get("endpoint") == "api.chat")
        assert (first["level"], first["status"]) == ("info", 200)
        assert first["ms"] >= 0


@pytest.mark.usefixtures("_as_before")
def test_without_asking_for_it_no_request_is_written(
    tiny_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(index=str(tiny_root))
    set_up_logs(settings)
    create_app(settings).test_client().get("/")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("formatter", [JsonLines(), TextLines()])
def test_of_an_exception_only_its_class_is_written(formatter: logging.Formatter) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("a", logging.ERROR, "", 1, "It broke.", (), info)
    record.stack_info = SECRET
    written = formatter.format(record)
    assert "ValueError" in written
    assert SECRET not in written


def test_counting_is_safe_for_threads() -> None:
    def count() -> None:
        for _ in range(500):
            metrics().replies.labels("answer").inc()

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metrics().registry.get_sample_value("backbot_replies_total", {"kind": "answer"}) == 4000


def test_counters_are_made_before_the_watchdog_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    looked = threading.Event()

    def watch(_: Watchdog) -> None:
        order.append("looks")
        looked.set()

    monkeypatch.setattr(watchdog_module, "metrics", lambda: order.append("made"))
    monkeypatch.setattr(Watchdog, "_watch", watch)
    Watchdog(60.0).start()
    assert looked.wait(10)
    assert order == ["made", "looks"]
