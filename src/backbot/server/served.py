"""What the app that serves a request holds."""

from flask import current_app

from backbot.journal.journal import Journal
from backbot.server.holder import Holder


def holder() -> Holder:
    """Return the holder of the app that serves this request."""
    held: Holder = current_app.extensions["backbot"]
    return held


def journal() -> Journal:
    """Return the journal of the app that serves this request."""
    kept: Journal = current_app.extensions["backbot.journal"]
    return kept
