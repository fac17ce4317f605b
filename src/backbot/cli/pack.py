"""`backbot pack`: an index in one file, to be served elsewhere."""

from pathlib import Path

import click

from backbot.cli.options import corpus_option, json_option


@click.command(short_help="Put an index into one file, to serve it elsewhere.")
@click.argument("index", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@corpus_option
@json_option
def command(index: Path, file: Path, corpus: str | None, as_json: bool) -> None:
    """Put the current version of INDEX, and what a server needs beside it, into FILE.

    The file holds the articles' texts, the sentence encoder and your own words for safety notices.
    `backbot unpack` takes it in on the machine that serves.
    """
    from backbot.cli.terminal import Terminal, print_json
    from backbot.index.pack import pack
    from backbot.safety import read_wording
    from backbot.settings import read_settings

    settings = read_settings({"corpus": corpus})
    # Words that do not fit would only be found out on the other machine.
    read_wording(Path(settings.corpus))
    contents, sha256 = pack(index, Path(settings.corpus), file)
    if as_json:
        print_json(
            {
                "version": contents.version,
                "files": len(contents.files),
                "bytes": file.stat().st_size,
                "sha256": sha256,
            }
        )
        return
    megabytes = file.stat().st_size / 1_000_000
    terminal = Terminal()
    terminal.say(f"{file} holds version {contents.version} ({megabytes:.1f} MB).")
    terminal.say(f"Its sha256 is {sha256}.")
    terminal.say(f"Take it in with: backbot unpack {file.name} --into index --sha256 {sha256}")
