"""Insights as one HTML file to mail: it loads nothing and runs nothing."""

from collections.abc import Sequence

from markupsafe import Markup

from backbot.insights.charts import Bar, activity, bars, change_words, spark
from backbot.insights.model import MIN_ASKERS, Group, Insights
from backbot.insights.words import notice_name, reason_name
from backbot.model import Kind

_ROWS = 20
_FEW = 10


def report(insights: Insights, styles: str) -> str:
    """Return the report as a whole page; `styles` is CSS."""
    since, until = insights.since.date().isoformat(), insights.until.date().isoformat()
    parts = [_head(insights)]
    if insights.replies:
        parts += [
            activity("Replies", insights.per_day),
            _groups(
                "No article answers",
                "Each of these could be an article. Where some got an answer, no article has the "
                "word that they turn on.",
                insights.unanswered[:_ROWS],
            ),
            _groups(
                "About something else",
                "Without an answer, and without anything to do with the articles.",
                insights.elsewhere[:_FEW],
            ),
            _groups("Asked most", "Answered or not, by meaning.", insights.asked_most[:_FEW]),
            _groups(
                "Answered, but not surely",
                "An answer was shown whose confidence is low: an article may tell it too briefly.",
                insights.low_confidence[:_FEW],
            ),
            _articles(insights),
            _unhelpful(insights),
            _notices(insights),
        ]
    parts.append(
        Markup(
            "<footer><p>Nobody’s name, address or network is kept, so readers are estimated: "
            "the same words within an hour count once. Questions are shown from {} readers on, "
            "with personal data taken out.</p></footer>"
        ).format(MIN_ASKERS)
    )
    return str(
        Markup(
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="robots" content="noindex">'
            "<title>What readers asked, {since} to {until}</title><style>{styles}</style></head>"
            "<body><main>{parts}</main></body></html>\n"
        ).format(
            since=since,
            until=until,
            styles=Markup(styles.replace("</", "<\\/")),  # noqa: S704 - our own
            parts=Markup("\n").join(parts),
        )
    )


def _head(insights: Insights) -> Markup:
    since, until = insights.since.date(), insights.until.date()
    kinds = insights.kinds
    figures = (
        ("replies", insights.replies),
        ("answered", kinds.get(Kind.ANSWER, 0)),
        ("without an answer", kinds.get(Kind.NO_ANSWER, 0)),
        ("safety notices alone", kinds.get(Kind.NOTICE_ONLY, 0)),
        ("judged helpful", insights.helpful),
        ("judged unhelpful", insights.not_helpful),
    )
    told = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, f"{count:,}")
        for name, count in figures
    )
    note = Markup("")
    if not insights.replies:
        note = Markup("<p>The journal holds nothing of that time.</p>")
    elif not insights.words_kept:
        note = Markup("<p>The journal keeps no words, so questions cannot be grouped.</p>")
    return Markup(
        '<h1>What readers asked</h1><p class="span">{} to {}</p><dl class="figures">{}</dl>{}'
    ).format(since.isoformat(), until.isoformat(), told, note)


def _section(title: str, lead: str, body: Markup) -> Markup:
    return Markup("<section><h2>{}</h2>{}{}</section>").format(
        title, Markup("<p>{}</p>").format(lead) if lead else "", body
    )


def _groups(title: str, lead: str, groups: Sequence[Group]) -> Markup:
    if not groups:
        return _section(title, "Nothing.", Markup(""))
    rows = Markup("").join(
        Markup(
            '<tr><th scope="row">{}{}{}</th><td class="chart-number">{}</td><td>{}</td><td>{}</td>'
            "</tr>"
        ).format(
            group.label,
            _beside(group),
            _quotes(group.examples[:3]),
            f"{group.askers:,}",
            spark(group.weeks),
            change_words(group.change),
        )
        for group in groups
    )
    return _section(
        title,
        lead,
        Markup(
            '<div class="chart-scroll wide"><table class="groups"><thead><tr>'
            '<th scope="col">About</th><th scope="col">Readers</th><th scope="col">By week</th>'
            '<th scope="col">Last four weeks</th></tr></thead><tbody>{}</tbody></table></div>'
        ).format(rows),
    )


def _beside(group: Group) -> Markup:
    """Say how many got an answer all the same, where that is not all of them."""
    if not 0 < group.answered < group.size:
        return Markup("")
    return Markup(' <span class="chart-note">({} of {} replies were answers)</span>').format(
        f"{group.answered:,}", f"{group.size:,}"
    )


def _quotes(texts: Sequence[str]) -> Markup:
    if not texts:
        return Markup("")
    listed = Markup("").join(Markup("<li>“{}”</li>").format(text) for text in texts)
    return Markup('<ul class="quotes">{}</ul>').format(listed)


def _articles(insights: Insights) -> Markup:
    ranked = insights.articles
    if not ranked:
        return Markup("")
    rows = [Bar(each.title, each.cited, _judged(each.helpful, each.unhelpful)) for each in ranked]
    body = bars("Articles that answer most", "Article", "Replies", rows[:_FEW])
    if least := rows[: _FEW - 1 : -1][:_FEW]:
        body += bars("Articles that answer least", "Article", "Replies", least)
    return _section("Articles", "", body)


def _judged(helpful: int, unhelpful: int) -> str:
    return f"({helpful} of {helpful + unhelpful} helped)" if helpful + unhelpful else ""


def _unhelpful(insights: Insights) -> Markup:
    if not insights.unhelpful:
        return Markup("")
    reasons = [Bar(reason_name(name), count) for name, count in insights.reasons.items()]
    body = bars("Why replies did not help", "Reason", "Replies", reasons)
    for each in insights.unhelpful[:_FEW]:
        why = ", ".join(f"{reason_name(name)} {count}" for name, count in each.reasons.items())
        body += Markup("<h3>{} ({})</h3><p>{}</p>{}{}").format(
            each.title,
            each.count,
            why or "No reason given.",
            _quotes(each.examples[:3]),
            Markup('<p class="told">Readers’ notes</p>') + _quotes(each.notes[:5])
            if each.notes
            else "",
        )
    return _section("Marked unhelpful", "", body)


def _notices(insights: Insights) -> Markup:
    if not insights.notices:
        return Markup("")
    rows = [
        Bar(f"{notice_name(each.category)} ({each.level})", each.count) for each in insights.notices
    ]
    return _section("Safety notices", "", bars("Notices shown", "Notice", "Times", rows))
