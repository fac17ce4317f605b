"""The index that a server answers from, replaced when a rebuild has published another."""

import logging
import threading
import time
from pathlib import Path

from backbot.chatbot import Chatbot
from backbot.desk.switch import is_closed
from backbot.errors import BackbotError
from backbot.index.layout import CURRENT_FILE, current_version
from backbot.index.store import open_index
from backbot.safety import read_wording

# How often, in seconds, a request looks whether there is another version.
CHECK_EVERY = 2.0
log = logging.getLogger("backbot.server")


class Holder:
    """Gives the chatbot of the current index, and opens a newer version when there is one.

    A request keeps the chatbot that it began with, so no reply mixes two versions. A version that
    cannot be opened is logged and left; the one before it answers on.
    """

    def __init__(self, root: Path, corpus: Path | None = None) -> None:
        """Serve the index in `root`; `corpus` may hold the site's own words for notices."""
        self._root = root
        self._wording = read_wording(corpus)
        self._lock = threading.Lock()
        self._chatbot: Chatbot | None = None
        self._stamp: tuple[int, int] | None = None
        self._next_check = 0.0

    def chatbot(self) -> Chatbot:
        """Return the chatbot to answer with; raises `IndexUnavailableError` if there is none."""
        chatbot = self._chatbot
        if chatbot is not None and time.monotonic() < self._next_check:
            return chatbot
        if chatbot is not None and not self._lock.acquire(blocking=False):
            return chatbot  # another thread is looking; nobody waits for it
        if chatbot is None:
            self._lock.acquire()
        try:
            return self._refresh()
        finally:
            self._next_check = time.monotonic() + CHECK_EVERY
            self._lock.release()

    @property
    def closed(self) -> bool:
        """Whether the owner has taken the chat down."""
        return is_closed(self._root)

    def suggestions(self) -> tuple[str, ...]:
        """Return questions to begin with, none while the chat is down."""
        return () if self.closed else self.chatbot().suggestions()

    def _refresh(self) -> Chatbot:
        stamp = self._read_stamp()
        if self._chatbot is not None and stamp == self._stamp:
            return self._chatbot
        try:
            version = current_version(self._root)
            if self._chatbot is None or version != self._chatbot.index.version:
                fresh = Chatbot(open_index(self._root, version), self._wording)
                # The first question pays for what is worked out late; let it be ours.
                fresh.reply("warm up the muscles of the upper back")
                self._chatbot = fresh
        except Exception as error:
            if self._chatbot is None:
                raise
            # An error that is none of ours is named by its class alone, like everywhere in a log.
            why = str(error) if isinstance(error, BackbotError) else type(error).__name__
            log.warning("Still answering from the index before: %s", why)
        self._stamp = stamp
        return self._chatbot

    def _read_stamp(self) -> tuple[int, int] | None:
        try:
            status = (self._root / CURRENT_FILE).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino
