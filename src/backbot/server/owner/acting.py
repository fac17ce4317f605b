"""The presses that act on the corpus; each leads back to the page that it was made on."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, redirect, request

from backbot.desk.acts import Desk
from backbot.desk.model import Act, ActKind
from backbot.errors import RequestError
from backbot.server.owner.door import blueprint, own_path, settings
from backbot.server.owner.page import show


def desk() -> Desk:
    """Return the corpus as its owner acts on it."""
    return Desk(Path(settings().corpus))


@blueprint.post("/act/<kind>")
def act(kind: str) -> Response:
    if kind not in _ACTS:
        raise RequestError("There is no such act.", status=404, code="not_found")
    done = _ACTS[ActKind(kind)](desk())
    return back(done=done.id)


@blueprint.post("/undo/<identifier>")
def undo(identifier: str) -> Response:
    return back(undone=desk().undo(identifier).id)


@blueprint.get("/changes")
def changes() -> Response:
    return show("changes.html", acts=desk().recorded())


def back(**said: str) -> Response:
    """Return the way back to the page that a form was on, with what it is to say."""
    parts = urlsplit(own_path(request.form.get("back", "")))
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in _SAYING]
    query = urlencode([*kept, *said.items()])
    fragment = request.form.get("at", "")
    place = f"#{fragment}" if fragment.replace("-", "").isalnum() else ""
    return redirect(f"{parts.path}?{query}{place}", 303)  # type: ignore[return-value]


_SAYING = ("done", "undone", "said")


def _field(name: str) -> str:
    return request.form.get(name, "").strip()


def _check(desk: Desk) -> Act:
    document = _field("document")
    match _field("wrong"):
        case "other":
            return desk.check(_field("question"), cites=document)
        case "none":
            return desk.check(_field("question"), no_answer=True)
        case _:
            never = [each for each in request.form.getlist("cited") if each]
            return desk.check(_field("question"), never_cites=never)


_ACTS: dict[str, Callable[[Desk], Act]] = {
    ActKind.QUESTION: lambda desk: desk.accept_question(_field("document"), _field("question")),
    ActKind.PIN: lambda desk: desk.pin(
        _field("question"), _field("document"), _field("words") or None
    ),
    ActKind.CHECK: _check,
    ActKind.HIDE: lambda desk: desk.hide(_field("document")),
    ActKind.SHOW: lambda desk: desk.show(_field("document")),
    ActKind.SYNONYM: lambda desk: desk.add_synonym(_field("words").split(",")),
    ActKind.DRAFT: lambda desk: desk.start_draft(_field("title"), request.form.getlist("question")),
}
