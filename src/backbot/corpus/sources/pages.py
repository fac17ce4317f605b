"""What was fetched of a site, kept so that a killed import goes on where it was, and so that what
has not changed is not fetched again."""

import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from backbot.corpus.sources.fetch import Answer, Fetcher
from backbot.errors import WriteError

FILE = ".crawl.sqlite"
# An import that was broken off longer ago than this begins anew.
_STALE_SECONDS = 7 * 24 * 3600
_SCHEMA = """
create table if not exists page (
    url text primary key, run integer not null, status integer not null, final text not null,
    headers blob not null, body blob not null
);
create table if not exists run (
    id integer primary key, site text not null, begun real not null, done integer not null
);
"""


class Pages:
    """The answers of one site, out of the store or fetched.

    `resumed` and `unchanged` count those that were there from this import broken off and those
    that the site says have not changed.
    """

    def __init__(self, folder: Path, site: str, fetcher: Fetcher) -> None:
        self._path = folder / FILE
        self._site = site
        self._fetcher = fetcher
        self._database: sqlite3.Connection | None = None
        self._run = 0
        self.resumed = 0
        self.unchanged = 0

    def get(self, url: str, *, most: int) -> Answer:
        """Return what is at `url`; see `Fetcher.get`."""
        saved, run = self._saved(url)
        if saved is not None and run == self._run:
            self.resumed += 1
            return saved
        asked = {}
        if saved is not None and saved.status == 200:
            if tag := saved.headers.get("etag"):
                asked["if-none-match"] = tag
            if changed := saved.headers.get("last-modified"):
                asked["if-modified-since"] = changed
        answer = self._fetcher.get(url, most=most, headers=asked)
        if answer.status == 304 and saved is not None:
            self.unchanged += 1
            answer = saved
        # What may be better in a minute is not kept.
        if answer.status < 500 and answer.status != 429:
            self._save(url, answer)
        return answer

    def finish(self) -> None:
        """Note that the import has come to its end: the next one asks for everything again."""
        if self._database is not None:
            with _writing(self._path):
                self._database.execute("update run set done = 1 where id = ?", (self._run,))
                self._database.execute(
                    "delete from page where run < ? and url like ?",
                    (self._run - 1, f"{self._site}%"),
                )
                self._database.commit()

    def close(self) -> None:
        """Close the store."""
        if self._database is not None:
            self._database.close()

    def _saved(self, url: str) -> tuple[Answer | None, int]:
        if self._database is None and not self._path.exists():
            return None, 0
        row = (
            self._open()
            .execute("select run, status, final, headers, body from page where url = ?", (url,))
            .fetchone()
        )
        if row is None:
            return None, 0
        run, status, final, headers, body = row
        fields = msgspec.json.decode(headers, type=dict[str, str])
        return Answer(status, final, zlib.decompress(body), fields), run

    def _save(self, url: str, answer: Answer) -> None:
        database = self._open()
        kept = {
            name: value
            for name, value in answer.headers.items()
            if name in ("etag", "last-modified", "content-type", "link", "x-wp-totalpages")
        }
        with _writing(self._path):
            database.execute(
                "insert or replace into page values (?, ?, ?, ?, ?, ?)",
                (
                    url,
                    self._run,
                    answer.status,
                    answer.url,
                    msgspec.json.encode(kept),
                    zlib.compress(answer.content, 3),
                ),
            )
            database.commit()

    def _open(self) -> sqlite3.Connection:
        if self._database is not None:
            return self._database
        with _writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._path)
            try:
                database.executescript(_SCHEMA)
            except sqlite3.DatabaseError:
                # Whatever it is, it is no store of ours; it can be fetched again.
                database.close()
                self._path.unlink(missing_ok=True)
                database = sqlite3.connect(self._path)
                database.executescript(_SCHEMA)
            self._run = _begin(database, self._site)
        self._database = database
        return database


def _begin(database: sqlite3.Connection, site: str) -> int:
    """Return the number of the import that goes on, or of a new one."""
    row = database.execute(
        "select id, begun, done from run where site = ? order by id desc limit 1", (site,)
    ).fetchone()
    if row is not None and not row[2] and time.time() - row[1] < _STALE_SECONDS:
        return int(row[0])
    begun = database.execute(
        "insert into run (site, begun, done) values (?, ?, 0)", (site, time.time())
    )
    database.commit()
    return int(begun.lastrowid or 0)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise WriteError(
            f"{path} cannot be written ({error}); make room or name another folder with --into, "
            "and import again."
        ) from None
