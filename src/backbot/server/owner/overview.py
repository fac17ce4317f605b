"""The first page of the desk: how things stand, and what readers wanted to know."""

from flask import Response, request

from backbot.insights.charts import activity, bars, change_words, spark
from backbot.server.owner.door import blueprint
from backbot.server.owner.insight import SPANS, article_bars, notice_bars, span, tell
from backbot.server.owner.page import show
from backbot.server.owner.versions import held, kept
from backbot.server.served import journal


@blueprint.get("")
def overview() -> Response:
    days = span(request.args.get("days", ""))
    insights, problem = tell(days)
    most, least = article_bars(insights) if insights else ([], [])
    return show(
        "overview.html",
        current=next((each for each in kept() if each.current), None),
        held=held(),
        insights=insights,
        problem=problem,
        health=journal().health(),
        most=most,
        least=least,
        notices=notice_bars(insights) if insights else [],
        days=days,
        spans=SPANS,
        activity=activity,
        bars=bars,
        spark=spark,
        change_words=change_words,
    )
