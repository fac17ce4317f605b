"""`backbot serve`: the chat page and the API."""

import webbrowser

import click

from backbot.cli.options import index_option


@click.command(short_help="Serve the chat page and the API.")
@click.option("--host", help="The address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="The port to listen on.  [default: 8000]")
@click.option("--workers", type=int, help="How many processes answer.  [default: 1]")
@index_option
@click.option("--open", "opens", is_flag=True, help="Open the chat in a browser.")
def command(
    host: str | None, port: int | None, workers: int | None, index: str | None, *, opens: bool
) -> None:
    """Serve the chat page and the API until Ctrl-C.

    A rebuilt index is taken up without a restart.
    """
    from backbot.server.serve import serve
    from backbot.settings import read_settings

    flags = {"host": host, "port": port, "workers": workers, "index": index}
    settings = read_settings(flags)

    def announce() -> None:
        where = address(settings.host, settings.port)
        click.echo(f"Backbot answers at {where} (Ctrl-C stops it).")
        if opens:
            webbrowser.open(where)

    serve(settings, announce=announce)


def address(host: str, port: int) -> str:
    """Return the address to open in a browser on this machine."""
    # "Every address of this machine" is nothing that a browser can open.
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    name = f"[{name}]" if ":" in name and not name.startswith("[") else name
    return f"http://{name}:{port}/"
