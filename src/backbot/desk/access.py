"""Who may sit at the owner's desk: a token, made on the command line, and sessions.

All of it stands in one file beside the index that only its owner may read, so that every worker
and every process agrees: the token's hash, the hash of each session's cookie, and the wrong tokens
of the last minutes, by a keyed hash of where they came from. No token, cookie or address is kept.
"""

import contextlib
import datetime
import fcntl
import hashlib
import hmac
import math
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from werkzeug.security import check_password_hash, generate_password_hash

from backbot.errors import UsageError
from backbot.index.draft import writing

FILE = "owner.json"
# After so many seconds without a press, and after so many in all, a session is over.
IDLE = 30 * 60
LONGEST = 12 * 60 * 60
# How often, in seconds, it is written down that a session is in use.
_SEEN_EVERY = 60
# In this time, in seconds, so many wrong tokens may come from one address, and from all together.
WINDOW = 15 * 60
FROM_ONE = 5
FROM_ALL = 50
# The token has 192 bits, so that it cannot be guessed however fast the hash; this one takes some
# 40 ms and 16 MB.
_METHOD = "scrypt:16384:8:1"


class NotLetInError(UsageError):
    """The token is wrong, or too many were; `retry_after` seconds must pass, 0 for none."""

    status = 403
    code = "not_let_in"

    def __init__(self, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _Session(msgspec.Struct):
    key: str
    since: float
    seen: float


class _Miss(msgspec.Struct, frozen=True):
    at: float
    who: str


class _State(msgspec.Struct):
    token: str | None = None
    made: datetime.datetime | None = None
    pepper: str = ""
    sessions: list[_Session] = []
    misses: list[_Miss] = []


class Access:
    """The token and the sessions of the desk of the index in `root`."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._clock = clock

    def make_token(self) -> str:
        """Return a new token; the one before it and all sessions are worth nothing from now on."""
        token = secrets.token_urlsafe(24)
        with self._changing() as state:
            state.token = generate_password_hash(token, method=_METHOD)
            state.made = datetime.datetime.now(tz=datetime.UTC).replace(microsecond=0)
            state.pepper = secrets.token_hex(16)
            state.sessions, state.misses = [], []
        return token

    def has_token(self) -> bool:
        """Tell whether a token was made."""
        return self._read().token is not None

    def sign_in(self, token: str, address: str) -> str:
        """Return the cookie of a new session; raises `NotLetInError`.

        A wrong token counts against the `address` it came from; while there are too many, none is
        even looked at.
        """
        with self._changing() as state:
            now = self._clock()
            who = hmac.new(state.pepper.encode(), address.encode(), hashlib.sha256).hexdigest()[:16]
            state.misses = [each for each in state.misses if each.at > now - WINDOW]
            mine = [each for each in state.misses if each.who == who]
            for misses, most in ((mine, FROM_ONE), (state.misses, FROM_ALL)):
                if len(misses) >= most:
                    wait = math.ceil(misses[-most].at + WINDOW - now)
                    minutes = -(-wait // 60)
                    raise NotLetInError(
                        f"Too many wrong tokens. Try again in {minutes} "
                        f"minute{'s' if minutes > 1 else ''}.",
                        wait,
                    )
            if state.token is None or not check_password_hash(state.token, token.strip()[:200]):
                state.misses.append(_Miss(now, who))
                raise NotLetInError("That is not the token. `backbot owner token` makes a new one.")
            cookie = secrets.token_urlsafe(32)
            state.misses = [each for each in state.misses if each.who != who]
            state.sessions = [each for each in state.sessions if _lives(each, now)]
            state.sessions.append(_Session(_key(cookie), now, now))
        return cookie

    def is_signed_in(self, cookie: str) -> bool:
        """Tell whether `cookie` belongs to a session that is not over, and note that it is used."""
        now = self._clock()
        found = _find(self._read(), cookie, now)
        if found is None:
            return False
        if now - found.seen > _SEEN_EVERY:
            with self._changing() as state:
                if (session := _find(state, cookie, now)) is None:
                    return False
                session.seen = now
        return True

    def sign_out(self, cookie: str) -> None:
        """End the session of `cookie`, wherever that cookie is by now."""
        with self._changing() as state:
            state.sessions = [each for each in state.sessions if each.key != _key(cookie)]

    def sign_out_everywhere(self) -> int:
        """End every session, and return how many there were."""
        with self._changing() as state:
            now = self._clock()
            ended = sum(_lives(each, now) for each in state.sessions)
            state.sessions = []
        return ended

    def _read(self) -> _State:
        try:
            return msgspec.json.decode((self._root / FILE).read_bytes(), type=_State)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            # In doubt nobody is let in.
            return _State()

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_State]:
        """Give what the file holds, alone, and write it when the block ends, by an error too."""
        with writing(self._root), (self._root / ".owner.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self._read()
            before = msgspec.json.encode(state)
            try:
                yield state
            finally:
                after = msgspec.json.encode(state)
                if after != before:
                    self._write(after)

    def _write(self, content: bytes) -> None:
        scratch = self._root / f".{FILE}.{secrets.token_hex(4)}"
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            scratch.replace(self._root / FILE)
        finally:
            scratch.unlink(missing_ok=True)


def _find(state: _State, cookie: str, now: float) -> _Session | None:
    key = _key(cookie)
    return next((each for each in state.sessions if each.key == key and _lives(each, now)), None)


def _lives(session: _Session, now: float) -> bool:
    return now - session.seen <= IDLE and now - session.since <= LONGEST


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()
