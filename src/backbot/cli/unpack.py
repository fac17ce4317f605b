"""`backbot unpack`: taking in an index that was built elsewhere."""

from pathlib import Path

import click

from backbot.cli.options import json_option


@click.command(short_help="Take in an index that `backbot pack` has put into a file.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--into",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The index folder; a server of it takes the new version up by itself.",
)
@click.option("--sha256", metavar="HEX", help="What `backbot pack` said of the file.")
@json_option
def command(file: Path, into: Path, sha256: str | None, as_json: bool) -> None:
    """Check FILE, and let the index in it answer from now on, at once or not at all."""
    from backbot.cli.terminal import Terminal, print_json
    from backbot.index.unpack import unpack

    contents = unpack(file, into, sha256)
    if as_json:
        print_json({"version": contents.version, "files": len(contents.files)})
        return
    Terminal().say(f"{into} answers from version {contents.version} from now on.")
