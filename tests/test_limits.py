"""Limits: how often, how many at once, how large; each refusal kind and quick, none loses a
question."""

import contextlib
import multiprocessing
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from backbot.errors import BusyError, SettingsError
from backbot.server import counters as counters_module
from backbot.server.admission import Admission
from backbot.server.answers import Answers
from backbot.server.app import create_app
from backbot.server.counters import SharedCounters
from backbot.server.languages import catalogue
from backbot.server.limits import Limits, default_limit, visitor_of
from backbot.settings import LANGUAGES, Settings, read_settings

SECRET = "my-secret-ailment"


@pytest.fixture
def limited(tiny_root: Path) -> FlaskClient:
    """A server behind one proxy that lets a visitor ask three times a minute."""
    settings = Settings(index=str(tiny_root), rate_limit="3/minute", trusted_proxies=1)
    return create_app(settings).test_client()


def ask(client: FlaskClient, visitor: str = "192.0.2.1") -> tuple[int, str | None, str]:
    response = client.post(
        "/api/chat", json={"message": SECRET}, headers={"X-Forwarded-For": visitor}
    )
    code = (response.json or {}).get("error", {}).get("code", "")
    return response.status_code, response.headers.get("Retry-After"), code


# How often


def test_a_visitor_who_asks_too_often_is_told_when_to_come_back(limited: FlaskClient) -> None:
    assert [ask(limited)[0] for _ in range(3)] == [200] * 3
    status, after, code = ask(limited)
    assert (status, code) == (429, "too_many_requests")
    assert after is not None
    assert 1 <= int(after) <= 60


def test_others_are_not_held_up(limited: FlaskClient) -> None:
    for _ in range(4):
        ask(limited)
    assert ask(limited, "192.0.2.2")[0] == 200
    # What a visitor writes into the header himself stands before what the proxy adds.
    assert ask(limited, "10.0.0.1, 192.0.2.1")[0] == 429


def test_a_household_s_ipv6_addresses_are_one_visitor(limited: FlaskClient) -> None:
    assert [ask(limited, f"2001:db8::{each}")[0] for each in range(1, 5)] == [200, 200, 200, 429]
    assert ask(limited, "2001:db8:0:1::1")[0] == 200


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("a, b", "unknown"),
    ],
)
def test_who_an_address_stands_for(address: str, visitor: str) -> None:
    assert visitor_of(address) == visitor


def test_the_page_without_scripts_keeps_the_question(limited: FlaskClient) -> None:
    headers = {"X-Forwarded-For": "192.0.2.1", "Accept-Language": "de"}
    for _ in range(3):
        assert limited.post("/ask", data={"q": SECRET}, headers=headers).status_code == 200
    response = limited.post("/ask", data={"q": SECRET}, headers=headers)
    assert response.status_code == 429
    assert response.headers["Retry-After"]
    assert f">{SECRET}</textarea>" in response.text
    assert "Notruf" in response.text


def test_pages_articles_and_health_are_not_limited(limited: FlaskClient) -> None:
    for _ in range(4):
        ask(limited)
    headers = {"X-Forwarded-For": "192.0.2.1"}
    for path in ("/", "/api/suggestions", "/readyz", "/read/knots", "/embed"):
        assert limited.get(path, headers=headers).status_code == 200


def test_judgements_are_counted_apart(limited: FlaskClient) -> None:
    headers = {"X-Forwarded-For": "192.0.2.1"}
    body = {"reply": "a", "helpful": True}
    said = [limited.post("/api/feedback", json=body, headers=headers) for _ in range(4)]
    assert [each.status_code for each in said] == [204, 204, 204, 429]
    assert ask(limited)[0] == 200


def test_nobody_is_believed_who_they_are_where_no_proxy_is_trusted(tiny_root: Path) -> None:
    settings = Settings(index=str(tiny_root), rate_limit="3/minute")
    client = create_app(settings).test_client()
    assert [ask(client, f"192.0.2.{each}")[0] for each in range(4)] == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        (Settings(), "off"),
        (Settings(host="::1"), "off"),
        (Settings(host="0.0.0.0"), "60/minute"),
        (Settings(trusted_proxies=1), "60/minute"),
    ],
)
def test_where_none_is_set_visitors_are_limited_if_they_can_be_told_apart(
    settings: Settings, limit: str
) -> None:
    assert default_limit(settings) == limit


def test_off_is_off(tiny_root: Path) -> None:
    settings = Settings(index=str(tiny_root), rate_limit="off", trusted_proxies=1)
    client = create_app(settings).test_client()
    assert {ask(client)[0] for _ in range(70)} == {200}


def test_two_limits_hold_together(tiny_root: Path) -> None:
    settings = Settings(index=str(tiny_root), rate_limit="2/second; 3/hour", trusted_proxies=1)
    client = create_app(settings).test_client()
    statuses = [ask(client)[0] for _ in range(3)]
    time.sleep(1.05)
    statuses += [ask(client)[0] for _ in range(2)]
    assert 429 in statuses
    assert ask(client)[1] is not None


@pytest.mark.parametrize("limit", ["30/minute", "30 per minute", "5/second; 200/hour", "1/2 day"])
def test_limits_are_read(limit: str, tmp_path: Path) -> None:
    settings = read_settings(environ={"BACKBOT_RATE_LIMIT": limit}, folder=tmp_path)
    Limits(settings)


@pytest.mark.parametrize("limit", ["30", "minute", "-1/minute", "0/minute", "30/fortnight", "on"])
def test_what_is_no_limit_is_refused(limit: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="such as 30/minute"):
        read_settings(environ={"BACKBOT_RATE_LIMIT": limit}, folder=tmp_path)


# The counters


def test_workers_share_one_count() -> None:
    counters = SharedCounters()
    context = multiprocessing.get_context("fork")

    def count() -> None:
        for _ in range(100):
            counters.incr("somebody", 60)
        os._exit(0)

    workers = [context.Process(target=count) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counters.get("somebody") == 400


def test_a_window_ends_and_a_clock_that_jumps_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counters = SharedCounters()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert [counters.incr("a", 60) for _ in range(3)] == [1, 2, 3]
    wall = time.time()
    monkeypatch.setattr(time, "time", lambda: wall - 86400)
    assert counters.get("a") == 3
    assert counters.get_expiry("a") == pytest.approx(wall - 86400 + 60)
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert counters.get("a") == 0
    assert counters.incr("a", 60) == 1
    counters.clear("a")
    assert counters.get("a") == 0
    counters.incr("a", 60)
    counters.reset()
    assert counters.get("a") == 0


def test_a_flood_of_addresses_fits_into_the_same_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters_module, "_ROWS", 64)
    counters = SharedCounters()
    for number in range(2000):
        counters.incr(f"flood {number}", 60)
    assert counters.incr("after the flood", 60) == 1
    assert counters.incr("after the flood", 60) == 2


def test_the_memory_does_not_tell_who_called() -> None:
    counters = SharedCounters()
    counters.incr("192.0.2.77", 60)
    assert b"192.0.2.77" not in counters._table[:]


class Gone(Storage):
    """A Redis that does not answer."""

    STORAGE_SCHEME = None
    base_exceptions = (OSError,)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise StorageError(OSError())

    def get(self, key: str) -> int:
        raise StorageError(OSError())

    def get_expiry(self, key: str) -> float:
        raise StorageError(OSError())

    def check(self) -> bool:
        return False

    def reset(self) -> None:
        return None

    def clear(self, key: str) -> None:
        return None


def test_readers_are_limited_and_answered_while_the_store_is_gone(
    limited: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    limits: Limits = limited.application.extensions["backbot.limits"]
    limits._common = FixedWindowRateLimiter(Gone())
    assert [ask(limited)[0] for _ in range(4)] == [200, 200, 200, 429]
    assert caplog.text.count("The rate limit's store does not answer") == 1


def test_a_redis_without_its_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "redis", None)
    settings = Settings(rate_limit="3/minute", rate_limit_store="redis://127.0.0.1:1/0")
    with pytest.raises(SettingsError, match=r"backbot\[redis\]"):
        Limits(settings)


def test_the_item_that_limits_counts_by_is_the_packages_own() -> None:
    limiter = FixedWindowRateLimiter(SharedCounters())
    item = RateLimitItemPerMinute(2)
    assert [limiter.hit(item, "a") for _ in range(3)] == [True, True, False]


# How many at once


@pytest.fixture
def full() -> Iterator[Admission]:
    """One is answered and one waits: there is no room."""
    admission = Admission(1, 1, patience=0.3)
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with admission.turn():
            inside.set()
            leave.wait(10)

    def wait() -> None:
        with contextlib.suppress(BusyError), admission.turn():
            pass

    threads = [threading.Thread(target=stay), threading.Thread(target=wait)]
    threads[0].start()
    inside.wait(10)
    threads[1].start()
    while admission._room._value:
        time.sleep(0.005)
    yield admission
    leave.set()
    for thread in threads:
        thread.join()


def test_who_finds_no_room_is_told_at_once(full: Admission) -> None:
    started = time.monotonic()
    with pytest.raises(BusyError), full.turn():
        pass
    assert time.monotonic() - started < 0.25


def test_places_are_given_back(full: Admission) -> None:
    free = Admission(1, 0)
    for _ in range(3):
        with free.turn():
            pass
    with pytest.raises(ZeroDivisionError), free.turn():
        raise ZeroDivisionError
    with free.turn():
        pass


def test_a_busy_server_says_so_in_the_form_of_the_visitor(tiny_root: Path) -> None:
    app = create_app(Settings(index=str(tiny_root), queue=0, threads=1))
    answers: Answers = app.extensions["backbot.answers"]
    client = app.test_client()
    with answers._admission.turn():
        response = client.post("/api/chat", json={"message": SECRET})
        page = client.post("/ask", data={"q": SECRET})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert response.json
    assert response.json["error"]["code"] == "busy"
    assert SECRET not in response.text
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert f">{SECRET}</textarea>" in page.text
    assert client.post("/api/chat", json={"message": SECRET}).status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_are_kind_in_every_language(language: str) -> None:
    words = catalogue(language)
    for code, in_chat in (("too_many_requests", "tooMany"), ("busy", "noAnswerNow")):
        assert words["errors"][code] == words["chat"][in_chat]


# A real Redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is not installed (apt-get install redis-server)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0", process
    process.terminate()
    process.wait(30)


def test_several_hosts_count_in_one_redis_and_alone_when_it_is_gone(
    tiny_root: Path, redis: tuple[str, subprocess.Popen[bytes]]
) -> None:
    address, process = redis
    settings = Settings(
        index=str(tiny_root), rate_limit="3/minute", trusted_proxies=1, rate_limit_store=address
    )
    hosts = [create_app(settings).test_client() for _ in range(2)]
    assert [ask(hosts[each % 2])[0] for each in range(4)] == [200, 200, 200, 429]
    process.terminate()
    process.wait(30)
    assert [ask(hosts[0])[0] for _ in range(4)] == [200, 200, 200, 429]
