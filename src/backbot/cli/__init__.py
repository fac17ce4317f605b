"""The command line: one module per command."""

import click

import backbot
from backbot.cli.group import LazyGroup


@click.group(
    cls=LazyGroup,
    modules={
        "ask": "backbot.cli.ask",
        "serve": "backbot.cli.serve",
        "rebuild-index": "backbot.cli.rebuild_index",
        "import": "backbot.cli.import_",
        "refresh": "backbot.cli.refresh",
        "watch": "backbot.cli.watch",
        "evaluate": "backbot.cli.evaluate",
        "verify": "backbot.cli.verify",
        "insights": "backbot.cli.insights",
        "journal": "backbot.cli.journal",
        "owner": "backbot.cli.owner",
        "doctor": "backbot.cli.doctor",
        "pack": "backbot.cli.pack",
        "unpack": "backbot.cli.unpack",
    },
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Settings come from the flags, then from BACKBOT_* variables, then from backbot.toml.",
)
@click.version_option(backbot.__version__, prog_name="backbot")
def main() -> None:
    """Answer readers' questions out of a site's own articles, word for word and with citations."""
