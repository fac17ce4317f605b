"""What the journal tells, for the pages of the desk."""

from backbot.insights.model import Insights

# Days that a report can go back.
SPANS = (7, 28, 90, 365)


def span(asked: str) -> int:
    """Return the days to look back on: what was `asked` for if it can be, else four weeks."""
    return int(asked) if asked.isascii() and asked.isdigit() and int(asked) in SPANS else 28


def insights(days: int) -> Insights | None:
    """Return what the last `days` days tell, None where there is no journal to read."""
    return None


def problem() -> str | None:
    """Return why there is nothing to tell."""
    return None
