"""Replies that were made already: the same message, history and index give the same reply.

They are kept in this process's memory alone, for one version of the index, up to a number of bytes;
the one that was asked for longest ago goes first. A reply that was made while looking for warning
signs failed is never kept: the next try may see the sign.
"""

import hashlib
import secrets
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from backbot.chatbot import Chatbot
from backbot.model import MAX_HISTORY, Reply, Turn
from backbot.text.clean import clean

# What an entry costs beyond its reply's JSON: key, links, objects.
_OVERHEAD = 1024
# A reply's objects take about this many times the bytes of its JSON.
_OBJECTS = 2


class Cache:
    """Replies by (index version, message, history), up to about `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        # Each chatbot answers from one version; whose replies these are, without keeping it alive.
        self._chatbot: weakref.ref[Chatbot] | None = None
        self._replies: OrderedDict[bytes, tuple[Reply, int]] = OrderedDict()
        self._bytes = 0

    def get(self, chatbot: Chatbot, message: str, history: Sequence[Turn]) -> Reply | None:
        """Return the reply as if it had just been made, with an ID of its own."""
        started = time.perf_counter()
        key = key_of(message, history)
        with self._lock:
            if not self._is_of(chatbot) or key not in self._replies:
                return None
            self._replies.move_to_end(key)
            reply, _ = self._replies[key]
        elapsed = round((time.perf_counter() - started) * 1000, 2)
        return msgspec.structs.replace(reply, id=secrets.token_urlsafe(9), elapsed_ms=elapsed)

    def put(self, chatbot: Chatbot, message: str, history: Sequence[Turn], reply: Reply) -> None:
        """Keep `reply`, which `chatbot` gave; replies of another version of the index go."""
        if is_makeshift(reply):
            return
        size = _OBJECTS * len(msgspec.json.encode(reply)) + _OVERHEAD
        if size > self._limit:
            return
        key = key_of(message, history)
        with self._lock:
            if not self._is_of(chatbot):
                self._replies.clear()
                self._bytes = 0
                self._chatbot = weakref.ref(chatbot)
            if key in self._replies:
                return
            self._replies[key] = reply, size
            self._bytes += size
            while self._bytes > self._limit:
                _, (_, freed) = self._replies.popitem(last=False)
                self._bytes -= freed

    def _is_of(self, chatbot: Chatbot) -> bool:
        return self._chatbot is not None and self._chatbot() is chatbot


def key_of(message: str, history: Sequence[Turn]) -> bytes:
    """Return a digest of all that a reply depends on beside the index."""
    asked = (clean(message), tuple(history[-MAX_HISTORY:]))
    return hashlib.blake2b(msgspec.json.encode(asked), digest_size=16).digest()


def is_makeshift(reply: Reply) -> bool:
    """Tell whether looking for warning signs failed when `reply` was made."""
    return reply.notice is not None and reply.notice.category == "standing_caution"
