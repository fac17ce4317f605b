"""Keeping an index fresh: the signed webhook, `backbot refresh` and `backbot watch`."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from backbot.cli import main, watch
from backbot.index.layout import current_version
from backbot.server import hooks
from backbot.server.app import create_app
from backbot.settings import Settings
from support import Toy, document, small_bank, write_corpus

SECRET = "a secret of some length"


def client(root: Path, **more: Any) -> FlaskClient:
    settings = Settings(index=str(root), corpus="corpus", hook_secret=SECRET, **more)
    return create_app(settings).test_client()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were begun, instead of beginning them."""
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: commands.append(command))
    return commands


def headers(body: bytes = b"{}", secret: str = SECRET, late: int = 0) -> dict[str, str]:
    stamp = str(int(time.time()) - late)
    return {"X-Backbot-Timestamp": stamp, "X-Backbot-Signature": hooks.sign(secret, body, stamp)}


def test_a_signed_call_begins_a_refresh(tmp_path: Path, begun: list[list[str]]) -> None:
    site = client(tmp_path, source="https://backs.example")
    response = site.post("/owner/hooks/rebuild", data=b"{}", headers=headers())
    assert (response.status_code, response.json) == (202, {"status": "accepted"})
    (command,) = begun
    assert command[1:5] == ["-m", "backbot", "refresh", "--wanted"]
    assert command[-2:] == ["--source", "https://backs.example"]
    assert (tmp_path / hooks.WANTED_FILE).exists()


@pytest.mark.parametrize(
    "given",
    [
        lambda: {},
        lambda: headers(secret="another secret of some length"),
        lambda: headers(late=hooks.WINDOW + 60),
        lambda: headers(late=-hooks.WINDOW - 60),
        lambda: headers(body=b"{other}"),
        lambda: headers() | {"X-Backbot-Timestamp": "now"},
        lambda: headers() | {"X-Backbot-Signature": "sha256=é"},
        lambda: headers() | {"X-Backbot-Signature": ""},
    ],
)
def test_calls_that_are_not_signed(
    given: Callable[[], dict[str, str]], tmp_path: Path, begun: list[list[str]]
) -> None:
    response = client(tmp_path).post("/owner/hooks/rebuild", data=b"{}", headers=given())
    assert response.status_code == 401
    assert response.json is not None
    assert response.json["error"]["code"] == "bad_signature"
    assert begun == []


def test_without_a_secret_there_is_no_such_address(tmp_path: Path, begun: list[list[str]]) -> None:
    site = create_app(Settings(index=str(tmp_path))).test_client()
    assert site.post("/owner/hooks/rebuild", data=b"{}", headers=headers()).status_code == 404
    assert client(tmp_path).get("/owner/hooks/rebuild").status_code == 405
    assert begun == []


def refresh(toy: Toy, corpus: Path, root: Path, *more: str) -> int:
    arguments = ["refresh", "--corpus", str(corpus), "--index", str(root), *more]
    with small_bank():
        result = CliRunner().invoke(main, arguments, env={"BACKBOT_MODEL": str(toy.checkpoint)})
    return result.exit_code


def test_a_refresh_imports_and_rebuilds(toy: Toy, tiny_corpus: Path, tmp_path: Path) -> None:
    root = tmp_path / "index"
    before = toy.build(tiny_corpus, root).version
    table = tmp_path / "a.csv"
    table.write_text("question,answer\nWhy rest?,It lets the muscle settle.\n", "utf-8")
    assert refresh(toy, tiny_corpus, root, "--source", str(table)) == 0
    after = current_version(root)
    assert after != before
    assert (tiny_corpus / "questions" / "why-rest.md").exists()
    # Nobody asked, so there is nothing to do.
    (tiny_corpus / "questions" / "why-rest.md").unlink()
    assert refresh(toy, tiny_corpus, root, "--wanted") == 0
    assert current_version(root) == after
    (root / hooks.WANTED_FILE).touch()
    assert refresh(toy, tiny_corpus, root, "--wanted") == 0
    assert current_version(root) == before
    assert not (root / hooks.WANTED_FILE).exists()


def test_watching_rebuilds_what_changed_and_outlives_broken_files(
    toy: Toy, tiny_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "index"
    toy.build(tiny_corpus, root)
    seen: list[str] = []

    def changes(*_: Any, **__: Any) -> Any:
        seen.append(current_version(root))
        write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
        yield {(1, "articles/sleep.md")}
        seen.append(current_version(root))
        (tiny_corpus / "articles" / "bad.md").write_text("no front matter", "utf-8")
        yield {(1, "articles/bad.md")}
        seen.append(current_version(root))

    monkeypatch.setattr("watchfiles.watch", changes)
    arguments = ["watch", "--corpus", str(tiny_corpus), "--index", str(root)]
    with small_bank():
        result = CliRunner().invoke(main, arguments, env={"BACKBOT_MODEL": str(toy.checkpoint)})
    assert result.exit_code == 0, result.output
    assert "bad.md has no front matter" in result.stderr
    assert seen[0] != seen[1] == seen[2]


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("/c/articles/a.md", True),
        ("/c/checks.toml", True),
        ("/c/articles/.a.1234.tmp", False),
        ("/c/.import-x/1.md", False),
        ("/c/.imported.json", False),
        ("/c/articles/a.md~", False),
    ],
)
def test_files_that_are_watched(path: str, counts: bool) -> None:
    from watchfiles import Change

    assert watch.is_of_corpus(Change.modified, path) is counts
