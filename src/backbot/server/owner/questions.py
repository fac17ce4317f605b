"""What readers asked and did not find, or got a bad answer to, and what to do about it."""

from flask import Response, request

from backbot.insights.charts import change_words, spark
from backbot.insights.words import reason_name
from backbot.server.owner.articles import corpus
from backbot.server.owner.door import blueprint
from backbot.server.owner.insight import SPANS, span, tell
from backbot.server.owner.page import show


@blueprint.get("/questions")
def questions() -> Response:
    days = span(request.args.get("days", ""))
    insights, problem = tell(days)
    return show(
        "questions.html",
        insights=insights,
        problem=problem,
        documents=corpus().documents,
        days=days,
        spans=SPANS,
        spark=spark,
        change_words=change_words,
        reason_name=reason_name,
    )
