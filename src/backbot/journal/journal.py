"""The journal as the rest of Backbot knows it: write a line, read lines, take lines out."""

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from backbot.errors import JournalError
from backbot.journal.address import OFF, address_of, shown
from backbot.journal.model import Entry, Health, Mode, Reason
from backbot.journal.store import Judgement, Line, Loss, Store
from backbot.journal.troubles import name_of, sentence
from backbot.journal.vectors import Vectors, pack
from backbot.journal.writer import Writer
from backbot.model import Kind, Level
from backbot.settings import Settings
from backbot.text.scrub import scrub

# Kinds of reply that were asked something an article could answer.
ASKING = (Kind.ANSWER, Kind.NO_ANSWER, Kind.DECLINED)


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """How to tell what a question means: the encoder's name, its `encode`, and the vector of the
    question as it was asked, if that is at hand."""

    encoder: str
    encode: Callable[[str], Vectors]
    vector: Vectors | None = None


class Journal:
    """What was asked and what came of it.

    `record` and `judge` are for servers: they hand over, never wait and never raise. All else is
    for the owner, and raises `JournalError` with a sentence.
    """

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet; raises `SettingsError` if `settings` name no place for it."""
        off = settings.journal == OFF
        self.mode = Mode.OFF if off else Mode(settings.journal_mode)
        self.keep = timedelta(days=settings.journal_days)
        self._store = None if off else Store(address_of(settings))
        self._writer = None
        if self._store is not None and self.mode is not Mode.OFF:
            # Its own connection, since a thread of its own uses it.
            self._writer = Writer(Store(self._store.address), self.keep)

    @property
    def place(self) -> str:
        """Where it lies, without a password."""
        return OFF if self._store is None else shown(self._store.address)

    @property
    def path(self) -> Path | None:
        """The file that it is, None for a server or none at all."""
        return self._store.path if self._store is not None else None

    def prepare(self) -> str | None:
        """Bring the tables up to date before servers fork; return what stands in the way."""
        if self._writer is None or self._store is None:
            return None
        try:
            self._store.open()
        except Exception as error:
            return name_of(error)
        finally:
            self._store.close()
        return None

    def record(self, entry: Entry, meaning: Meaning | None = None) -> None:
        """Keep `entry`, its personal data taken out; its words only in mode `text`."""
        if self._writer is not None:
            words = self.mode is Mode.TEXT
            self._writer.put(lambda: _line(entry, meaning, words=words))

    def judge(
        self, reply: str, helpful: bool, reason: Reason | None = None, note: str | None = None
    ) -> None:
        """Keep what a reader said of `reply`; a second judgement replaces the first."""
        if self._writer is not None:
            at = datetime.now(UTC)
            kept = note if self.mode is Mode.TEXT else None
            self._writer.put(
                lambda: Judgement(
                    reply,
                    at,
                    helpful,
                    None if helpful else reason,
                    scrub(kept) or None if kept else None,
                )
            )

    def flush(self, timeout: float = 3.0) -> bool:
        """Wait until all that was handed over is written or lost; tell whether it is."""
        return self._writer is None or self._writer.flush(timeout)

    def close(self) -> None:
        """Write what waits, and let go of the database."""
        if self._writer is not None:
            self._writer.close()
        if self._store is not None:
            self._store.close()

    def health(self) -> Health:
        """Return how this process fares with it."""
        writer = self._writer
        if writer is None:
            return Health(mode=Mode.OFF, place=self.place)
        return Health(
            mode=self.mode,
            place=self.place,
            written=writer.written,
            lost=writer.lost,
            why=writer.why,
        )

    def entries(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Entry]:
        """Yield the entries from `since` up to `until` (not included), oldest first."""
        return (line.entry for line in self.lines(since, until))

    def lines(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Line]:
        """Yield entries like `entries`, with their questions' vectors."""
        store = self._for_owner()
        try:
            yield from store.read(since, until)
        except (SQLAlchemyError, OSError) as error:
            raise self._trouble(error) from None

    def forget(self, replies: Collection[str] = (), words: str | None = None) -> int:
        """Take out the lines of `replies`, and all whose question or note holds `words`; return
        how many that were."""
        try:
            return self._for_owner().forget(replies, words)
        except (SQLAlchemyError, OSError) as error:
            raise self._trouble(error) from None

    def prune(self, now: datetime | None = None) -> int:
        """Take out what is older than the setting `journal_days`; return how many replies."""
        try:
            return self._for_owner().prune((now or datetime.now(UTC)) - self.keep)
        except (SQLAlchemyError, OSError) as error:
            raise self._trouble(error) from None

    def keep_vectors(self, vectors: Mapping[str, bytes], encoder: str) -> None:
        """Keep packed vectors by `encoder` of replies; a journal that cannot is as good as before,
        only slower to read."""
        with contextlib.suppress(SQLAlchemyError, OSError):
            self._for_owner().keep_vectors(vectors, encoder)

    def count(self) -> int:
        """Return how many replies are kept."""
        try:
            return self._for_owner().count()
        except (SQLAlchemyError, OSError) as error:
            raise self._trouble(error) from None

    def losses(self) -> tuple[Loss, ...]:
        """Return what servers could not write, newest first."""
        try:
            return self._for_owner().lost()
        except (SQLAlchemyError, OSError) as error:
            raise self._trouble(error) from None

    def _for_owner(self) -> Store:
        """Return the store, if there is anything in it."""
        if self._store is None:
            raise JournalError(
                "No journal is kept; name a place for one by BACKBOT_JOURNAL, and start the server."
            )
        if self._store.path is not None and not self._store.path.is_file():
            raise JournalError(
                f"There is no journal at {self.place} yet; `backbot serve` begins it with the "
                "first reply, or name another by BACKBOT_JOURNAL."
            )
        return self._store

    def _trouble(self, error: BaseException) -> JournalError:
        return JournalError(
            f"The journal at {self.place} cannot be read or changed: "
            f"{sentence(name_of(error))}; mend that, and try again."
        )


def open_journal(settings: Settings) -> Journal:
    """Return the journal that `settings` name; nothing is opened before it is needed."""
    return Journal(settings)


def _line(entry: Entry, meaning: Meaning | None, *, words: bool) -> Line:
    """Return what is kept of `entry`."""
    question = entry.question
    if not words or question is None or entry.notice is Level.CRISIS:
        # Whoever wants to die tells it to nobody but the page: its words are not kept.
        return Line(msgspec.structs.replace(entry, question=None, note=None))
    kept = scrub(question)
    note = scrub(entry.note) if entry.note else None
    line = Line(msgspec.structs.replace(entry, question=kept, note=note))
    if meaning is None or not kept or entry.kind not in ASKING:
        return line
    vector = meaning.vector if kept == question else None
    if vector is None:
        vector = meaning.encode(kept)
    return line._replace(vector=pack(vector), encoder=meaning.encoder)
