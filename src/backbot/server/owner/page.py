"""Making a page of the desk: what all of them show."""

import datetime
from pathlib import Path

from flask import Response, current_app, make_response, render_template, request, url_for

from backbot.desk.acts import Desk
from backbot.desk.model import Recorded
from backbot.desk.switch import is_closed
from backbot.errors import BackbotError
from backbot.index.layout import current_version
from backbot.settings import Settings

# What a page says after a press that left no act behind.
SAID = {
    "off": "The chat is off. Readers see a friendly notice; safety notices and articles stay up.",
    "on": "The chat is on again.",
    "back": "That version answers from now on. The next rebuild goes by the corpus again.",
    "released": "The version that was held back answers from now on.",
    "discarded": "The version that was held back is gone.",
}
PAGES = (
    ("owner.overview", "Overview"),
    ("owner.questions", "Questions"),
    ("owner.trial", "Try"),
    ("owner.articles", "Articles"),
    ("owner.changes", "Changes"),
    ("owner.versions", "Index"),
)


def show(template: str, *, signed_out: bool = False, **values: object) -> Response:
    """Return a page of the desk made from `owner/template`."""
    if not signed_out:
        values |= _around()
    return make_response(render_template(f"owner/{template}", signed_out=signed_out, **values))


def _around() -> dict[str, object]:
    settings: Settings = current_app.extensions["backbot.settings"]
    acts = Desk(Path(settings.corpus)).recorded()
    done = next((each for each in acts if each.act.id == request.args.get("done")), None)
    undone = next((each for each in acts if each.act.id == request.args.get("undone")), None)
    return {
        "pages": PAGES,
        "off": is_closed(settings.root),
        "done": done if done and done.undone is None else None,
        "undone": undone,
        "said": SAID.get(request.args.get("said", "")),
        "waiting": waiting(acts, settings.root),
        "here": request.full_path.rstrip("?")
        if request.method == "GET"
        else url_for(request.endpoint or "owner.overview", **(request.view_args or {})),
    }


def waiting(acts: tuple[Recorded, ...], root: Path) -> tuple[Recorded, ...]:
    """Return the acts, and undone ones, that the current index does not know of yet."""
    try:
        folder = root / "versions" / current_version(root)
        built = datetime.datetime.fromtimestamp(folder.stat().st_mtime, tz=datetime.UTC)
    except (BackbotError, OSError):
        return tuple(each for each in acts if each.undone is None)
    return tuple(each for each in acts if _stood(each, built) != (each.undone is None))


def _stood(each: Recorded, when: datetime.datetime) -> bool:
    return each.act.at <= when and (each.undone is None or each.undone > when)
