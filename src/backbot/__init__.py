"""Backbot answers readers' questions out of a site's own articles, word for word.

from pathlib import Path
from backbot import Chatbot, open_index

reply = Chatbot(open_index(Path("index"))).reply("do flat feet cause neck pain?")
"""

import os

# Before NumPy is imported: its matrices here are small, and a second thread of its own would fight
# the other workers for the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"

from backbot.chatbot import Chatbot as Chatbot
from backbot.errors import BackbotError as BackbotError
from backbot.index.store import open_index as open_index
from backbot.model import Reply as Reply
