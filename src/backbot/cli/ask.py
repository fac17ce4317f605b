"""`backbot ask`: one question, one reply."""

from pathlib import Path

import click

from backbot.cli.options import index_option, json_option


@click.command(short_help="Answer one question.")
@click.argument("question", nargs=-1, required=True)
@json_option
@click.option("--explain", is_flag=True, help="Show what every stage found, with its scores.")
@index_option
def command(question: tuple[str, ...], as_json: bool, explain: bool, index: str | None) -> None:
    """Answer QUESTION with sentences from the articles, each with its source.

    Says so where the articles don't cover it. Quotation marks around QUESTION are only needed
    where the shell would read its signs, such as ? or '.
    """
    from backbot.chatbot import Chatbot
    from backbot.cli.explain import print_trace
    from backbot.cli.serve import address
    from backbot.cli.show_reply import print_reply
    from backbot.cli.terminal import Terminal, print_json
    from backbot.index.source import open_current
    from backbot.safety import read_wording
    from backbot.settings import read_settings
    from backbot.tracing import trace_fields

    settings = read_settings({"index": index})
    opened = open_current(settings)
    chatbot = Chatbot(opened, read_wording(Path(settings.corpus)))
    reply, trace = chatbot.explain(" ".join(question))
    if as_json:
        print_json(trace_fields(opened, reply, trace) if explain else reply)
        return
    terminal = Terminal()
    print_reply(terminal, reply, site=address(settings.host, settings.port))
    if explain:
        print_trace(terminal, opened, reply, trace)
