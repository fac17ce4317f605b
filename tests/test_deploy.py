"""What stands in deploy/: nginx and Caddy in front of a real server, where they are installed, and
the list of what is installed."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
DEPLOY = PROJECT / "deploy"
QUESTION = {"message": "What are knots?"}
SECRET = "my-secret-ailment"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def backbot(tiny_root: Path, tmp_path: Path) -> Iterator[int]:
    """A server that trusts one proxy and lets a visitor ask five times a minute."""
    port = free_port()
    settings = {"index": str(tiny_root), "port": port, "trusted_proxies": 1}
    code = (
        "import msgspec, sys; from backbot.server.serve import serve\n"
        "from backbot.settings import Settings\n"
        f"serve(msgspec.convert({settings | {'rate_limit': '5/minute'}!r}, Settings))"
    )
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=log, stderr=log)
    wait_for(port)
    yield port
    process.terminate()
    process.wait(30)


def wait_for(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    pytest.fail("Nothing listens.")


def certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=ask.example.org", "-keyout", folder / "key", "-out", folder / "pem"),
        ],
        check=True,
        capture_output=True,
    )


def call(
    port: int, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, str], str]:
    """Ask over TLS, by the name that the snippets are written for."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    raw = socket.create_connection(("127.0.0.1", port), 20)
    connection = http.client.HTTPConnection("ask.example.org", timeout=20)
    connection.sock = context.wrap_socket(raw, server_hostname="ask.example.org")
    try:
        data = json.dumps(body).encode() if body is not None else None
        sent = {"Content-Type": "application/json"} if data else {}
        connection.request(method, path, data, sent | headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode()
    finally:
        connection.close()


@pytest.fixture
def nginx(backbot: int, tmp_path: Path) -> Iterator[int]:
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None or shutil.which("openssl") is None:
        pytest.skip("nginx is not installed (apt-get install nginx-light openssl)")
    certificate(tmp_path)
    plain, port = free_port(), free_port()
    snippet = (DEPLOY / "nginx.conf").read_text()
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("listen [::]:80;", ""),
        ("listen [::]:443 ssl http2;", ""),
        ("127.0.0.1:8000", f"127.0.0.1:{backbot}"),
        ("/etc/ssl/ask.example.org.pem", str(tmp_path / "pem")),
        ("/etc/ssl/ask.example.org.key", str(tmp_path / "key")),
        ("/var/log/nginx/backbot.log", str(tmp_path / "nginx.log")),
    ):
        assert old in snippet
        snippet = snippet.replace(old, new)
    paths = "".join(
        f"{name}_temp_path {tmp_path / name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path / 'pid'};\nerror_log {tmp_path / 'error'} warn;\n"
        f"events {{}}\nhttp {{\n{paths}\n{snippet}\n}}\n"
    )
    process = subprocess.Popen(
        [program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"],
        stderr=subprocess.DEVNULL,
    )
    wait_for(port)
    yield port
    process.send_signal(signal.SIGQUIT)
    process.wait(30)


@pytest.fixture
def caddy(backbot: int, tmp_path: Path) -> Iterator[int]:
    program = shutil.which("caddy")
    if program is None or shutil.which("openssl") is None:
        pytest.skip("Caddy is not installed (apt-get install caddy openssl)")
    certificate(tmp_path)
    port = free_port()
    snippet = (DEPLOY / "Caddyfile").read_text()
    for old, new in (
        ("{\n\tservers {", "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {"),
        (
            "ask.example.org {\n",
            f"https://ask.example.org:{port} {{\n\ttls {tmp_path / 'pem'} {tmp_path / 'key'}\n",
        ),
        ("127.0.0.1:8000", f"127.0.0.1:{backbot}"),
    ):
        assert old in snippet
        snippet = snippet.replace(old, new, 1)
    (tmp_path / "Caddyfile").write_text(snippet)
    process = subprocess.Popen(
        [program, "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")],
        stderr=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
    )
    wait_for(port)
    yield port
    process.terminate()
    process.wait(30)


def assert_serves(port: int) -> None:
    """A proxy hands on what it should, and nothing else."""
    status, headers, said = call(port, "GET", "/readyz")
    assert (status, json.loads(said)["status"]) == (200, "ready")
    # HTTPS is known of behind the proxy.
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert call(port, "GET", "/metrics")[0] == 404
    assert "https://ask.example.org/widget.js" in call(port, "GET", "/demo")[2]
    # A visitor cannot pass for another one by a header of his own.
    statuses = [
        call(port, "POST", "/api/chat", QUESTION, **{"X-Forwarded-For": f"192.0.2.{each}"})[0]
        for each in range(6)
    ]
    assert statuses == [200] * 5 + [429]
    status, headers, said = call(port, "POST", "/api/chat", QUESTION)
    assert (status, json.loads(said)["error"]["code"]) == (429, "too_many_requests")
    assert int(headers["Retry-After"]) > 0
    assert call(port, "POST", "/api/chat", {"message": "x" * 400_000})[0] == 413


def test_nginx_serves_it(nginx: int, tmp_path: Path) -> None:
    assert_serves(nginx)
    call(nginx, "GET", f"/ask?q={SECRET}")
    for name in ("nginx.log", "error"):
        assert SECRET not in (tmp_path / name).read_text()


def test_half_open_connections_to_nginx_starve_nobody(nginx: int) -> None:
    opened = [socket.create_connection(("127.0.0.1", nginx), 5) for _ in range(200)]
    assert call(nginx, "GET", "/readyz")[0] == 200
    for connection in opened:
        connection.close()


def test_caddy_serves_it(caddy: int) -> None:
    assert_serves(caddy)


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)
def test_the_unit_is_shut_tight() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", str(DEPLOY / "backbot.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    level = re.search(r"exposure level for backbot.service: ([\d.]+)", done.stdout)
    assert level is not None, done.stderr
    assert float(level.group(1)) < 1.5


# What is installed


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: Path) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([\w.]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {normal(name): version for name, version in found}


def test_what_is_deployed_is_what_is_tested() -> None:
    deployed, tested = pins(DEPLOY / "requirements.txt"), pins(PROJECT / "constraints.txt")
    for name in deployed.keys() & tested.keys():
        assert deployed[name] == tested[name]
    # Of other systems than those that are tested on.
    assert deployed.keys() - tested.keys() <= {"colorama", "httpx2-jsfetch"}


def test_every_package_that_serving_needs_is_listed_with_its_digests() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {normal(re.split(r"[<>=\[;~ ]", each)[0]) for each in project["dependencies"]}
    listed = (DEPLOY / "requirements.txt").read_text(encoding="utf-8")
    assert wanted <= pins(DEPLOY / "requirements.txt").keys()
    entries = re.split(r"\n(?=[a-z])", listed)[1:]
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "torch" not in pins(DEPLOY / "requirements.txt")
