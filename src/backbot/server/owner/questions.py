"""What readers asked that no article answers, or that was answered badly, and what to do about it."""

from flask import Response, request

from backbot.server.owner.articles import corpus
from backbot.server.owner.door import blueprint
from backbot.server.owner.insight import SPANS, insights, problem, span
from backbot.server.owner.page import show


@blueprint.get("/questions")
def questions() -> Response:
    days = span(request.args.get("days", ""))
    return show(
        "questions.html",
        insights=insights(days),
        problem=problem(),
        documents=corpus().documents,
        days=days,
        spans=SPANS,
    )
