"""One server, one browser, and pages in it that complain of nothing.

Every test ends with two checks of its own: the page asked no other host for anything, and no
script complained.
"""

import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from backbot.server.app import create_app
from backbot.settings import Settings
from browsing import PHONE, Host, New

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def app(index_root: Path) -> Flask:
    return create_app(Settings(index=str(index_root)))


class Server:
    """`backbot serve` in a process of its own, which can go away and come back."""

    def __init__(self, index: Path, *allowed: str, **more: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        given = {"index": str(index), "port": port, "allowed_origins": allowed} | more
        settings = f"Settings(**{given!r})"
        self._start = (
            "from backbot.server.serve import serve; from backbot.settings import Settings; "
            f"serve({settings})"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", self._start])
        for _ in range(300):
            assert self._process.poll() is None, "The server did not start; it says why above."
            try:
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail("The server was not ready after half a minute.")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def server(index_root: Path, host: Host) -> Iterator[Server]:
    server = Server(index_root, host.origin, host.neighbour)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def site(server: Server) -> str:
    """The address of a running server."""
    return server.address


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """Another site, on another port and under other names, that shows what a test puts there."""
    shown = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = shown.files.get(self.path, ("text/plain", ""))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            if shown.policy:
                self.send_header("Content-Security-Policy", shown.policy)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        shown.port = listener.server_port
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        yield shown
        listener.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail(
            "These tests need the browser Chromium, and none is on the PATH; "
            "on Debian or Ubuntu get it with `apt-get install chromium`."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What scripts complained of; a test that expects a complaint takes it out."""
    return []


@pytest.fixture
def new(browser: Browser, site: str, host: Host, complaints: list[str]) -> Iterator[New]:
    """Opens a page in a browser of its own, set up as the arguments say."""
    contexts: list[BrowserContext] = []
    elsewhere: list[str] = []
    known = (site, "http://127.0.0.1:", host.origin, host.stranger, "about:", "chrome-error:")

    def note(message: ConsoleMessage) -> None:
        # Chromium notes a failed request by itself; what the page makes of it is up to each test.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_page(**settings: Any) -> Page:
        settings = {"viewport": PHONE, "reduced_motion": "reduce", "base_url": site} | settings
        context = browser.new_context(**settings)
        context.set_default_timeout(5_000)
        context.on("console", note)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        context.on(
            "request",
            lambda request: (
                None if request.url.startswith(known) else elsewhere.append(request.url)
            ),
        )
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert elsewhere == []
    assert complaints == []


@pytest.fixture
def page(new: New) -> Page:
    """The start page on a phone's screen, with a keyboard and a mouse at hand."""
    page = new()
    page.goto("/")
    return page
