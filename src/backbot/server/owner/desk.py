"""All pages of the desk, as one blueprint."""

from flask import Response

from backbot.errors import BackbotError
from backbot.server.owner import acting, articles, overview, questions, trial, versions
from backbot.server.owner.door import blueprint
from backbot.server.owner.page import show

__all__ = ["acting", "articles", "blueprint", "overview", "questions", "trial", "versions"]


@blueprint.errorhandler(BackbotError)
def on_error(error: BackbotError) -> Response:
    """Say what went wrong: unlike a reader, the owner can mend it."""
    page = show("problem.html", signed_out=error.code == "forged", message=str(error))
    page.status_code = error.status
    return page
