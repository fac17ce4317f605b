"""The first page of the desk: how things stand, and what readers wanted to know."""

from flask import Response, request

from backbot.server.owner.door import blueprint
from backbot.server.owner.insight import SPANS, insights, problem, span
from backbot.server.owner.page import show
from backbot.server.owner.versions import held, kept


@blueprint.get("")
def overview() -> Response:
    days = span(request.args.get("days", ""))
    found = insights(days)
    return show(
        "overview.html",
        current=next((each for each in kept() if each.current), None),
        held=held(),
        insights=found,
        problem=problem(),
        days=days,
        spans=SPANS,
    )
