"""The index that a server answers from, replaced when a rebuild has published another."""

import logging
import os
import threading
import time
import weakref
from pathlib import Path

from backbot.chatbot import Chatbot
from backbot.desk.switch import is_closed
from backbot.errors import BackbotError
from backbot.index.encoder import Encoder
from backbot.index.reader import IndexReader
from backbot.index.source import Folder, Source
from backbot.safety import read_wording
from backbot.server.memory import give_back

# How often, in seconds, to look whether there is another version.
CHECK_EVERY = 1.0
log = logging.getLogger("backbot.server")


class Holder:
    """Gives the chatbot of the current index, and opens a newer version when there is one.

    A request keeps the chatbot that it began with, so no reply mixes two versions. A thread of its
    own looks for a newer version, opens and warms it; no request waits for that. A version that
    cannot be opened is logged and left; the one before it answers on.
    """

    def __init__(
        self, root: Path, corpus: Path | None = None, source: Source | None = None
    ) -> None:
        """Serve the index in `root`, or that of `source`, whose files lie there; `corpus` may hold
        the site's own words for notices."""
        self._root = root
        self._source = source or Folder(root)
        self._corpus = corpus
        # Words that do not fit are said at the start, not at the first notice.
        read_wording(corpus)
        self._lock = threading.Lock()
        self._chatbot: Chatbot | None = None
        self._stamp: object = None
        self._told = ""
        self._watched_in: int | None = None

    def chatbot(self) -> Chatbot:
        """Return the chatbot to answer with; raises `IndexUnavailableError` if there is none."""
        chatbot = self._chatbot or self.open()
        # Threads do not come along when a worker is forked.
        if self._watched_in != os.getpid():
            self.watch()
        return chatbot

    def open(self) -> Chatbot:
        """Open the current version if none is open yet, and return its chatbot."""
        with self._lock:
            if self._chatbot is None:
                stamp = self._source.stamp()
                self._chatbot = self._make(self._source.current(), None)
                self._stamp = stamp
                give_back()
            return self._chatbot

    @property
    def closed(self) -> bool:
        """Whether the owner has taken the chat down."""
        return is_closed(self._root)

    def suggestions(self) -> tuple[str, ...]:
        """Return questions to begin with, none while the chat is down."""
        return () if self.closed else self.chatbot().suggestions()

    def served_index(self) -> IndexReader | None:
        """Return the index that is answered from right now, without opening any."""
        return self._chatbot.index if self._chatbot is not None else None

    def watch(self) -> None:
        """Look for newer versions from here on, in this process, as long as this holder lives."""
        with self._lock:
            if self._watched_in == os.getpid():
                return
            self._watched_in = os.getpid()
        watcher = threading.Thread(target=_keep_up, args=(weakref.ref(self),), daemon=True)
        watcher.name = "backbot-reload"
        watcher.start()

    def catch_up(self) -> None:
        """Take up the current version if it is another one than before; never raises."""
        stamp = self._source.stamp()
        before = self._chatbot
        if before is None or stamp == self._stamp:
            return
        try:
            version = self._source.current()
            if version != before.index.version:
                self._chatbot = self._make(version, before.index.encoder)
            else:
                # The same articles, perhaps with other words for notices.
                self._chatbot = Chatbot(before.index, read_wording(self._corpus))
            self._told = ""
        except Exception as error:
            # An error that is none of ours is named by its class alone, like everywhere in a log.
            why = str(error) if isinstance(error, BackbotError) else type(error).__name__
            if why != self._told:
                log.warning("Still answering from the index before: %s", why)
            if self._source.remote:
                # The host that was asked may lag behind the one that told of the version.
                self._told = why
                return
        self._stamp = stamp
        give_back()

    def reopen(self, gone: Chatbot) -> Chatbot:
        """Return the chatbot of what is served now, in place of one whose version is `gone`.

        Raises `IndexUnavailableError` where there is none.
        """
        with self._lock:
            if self._chatbot is gone:
                self._source.doubt()
                version = self._source.current()
                self._chatbot = self._make(version, gone.index.encoder)
                self._stamp = self._source.stamp()
            return self._chatbot or gone

    def let_go(self) -> None:
        """Hold no connection any more, before this process is forked."""
        self._source.close()

    def _make(self, version: str, encoder: Encoder | None) -> Chatbot:
        index = self._source.open(version, encoder)
        chatbot = Chatbot(index, read_wording(self._corpus))
        # The first question pays for what is worked out late; let it be ours.
        chatbot.reply("warm up the muscles of the upper back")
        return chatbot


def _keep_up(reference: "weakref.ref[Holder]") -> None:
    while (holder := reference()) is not None:
        holder.catch_up()
        del holder
        time.sleep(CHECK_EVERY)
