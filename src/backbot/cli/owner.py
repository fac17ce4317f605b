"""`backbot owner`: what the pages of /owner do, in the terminal."""

from pathlib import Path

import click

from backbot.cli.options import corpus_option, index_option
from backbot.settings import Settings, read_settings

_NEXT = "It takes effect with the next `backbot rebuild-index`."


@click.group("owner", short_help="Let yourself into /owner, and act on the corpus.")
def command() -> None:
    """Let yourself into the pages of /owner, switch the chat off and on, and act on the corpus.

    Each act writes plain files in the corpus folder, takes effect with the next rebuild, and can be
    undone.
    """


@command.command()
@index_option
def token(index: str | None) -> None:
    """Make a token to sign in at /owner with; the one before it is worth nothing from now on."""
    from backbot.cli.serve import address
    from backbot.desk.access import Access

    settings = _settings(index=index)
    made = Access(settings.root).make_token()
    # The token alone on stdout, for a password manager at the end of a pipe.
    where = address(settings.host, settings.port).rstrip("/") + "/owner"
    click.echo(f"Sign in at {where} with this token. It is shown only now:", err=True)
    click.echo(made)


@command.command("sign-out")
@index_option
def sign_out(index: str | None) -> None:
    """End every session of /owner, on every device."""
    from backbot.desk.access import Access

    ended = Access(_settings(index=index).root).sign_out_everywhere()
    click.echo(f"Done: {ended} session{'' if ended == 1 else 's'} ended.")


@command.command()
@index_option
def off(index: str | None) -> None:
    """Take the chat down to a friendly notice; safety notices and articles stay up."""
    from backbot.desk.switch import close

    close(_settings(index=index).root)
    click.echo("The chat is off. `backbot owner on` brings it back.")


@command.command()
@index_option
def on(index: str | None) -> None:
    """Let the chat answer again."""
    from backbot.desk.switch import reopen

    reopen(_settings(index=index).root)
    click.echo("The chat is on.")


@command.command()
@click.argument("document")
@click.argument("question")
@corpus_option
def accept(document: str, question: str, corpus: str | None) -> None:
    """Let DOCUMENT be found by QUESTION: readers ask it like this."""
    from backbot.desk.acts import Desk

    _done(Desk(_corpus(corpus)).accept_question(document, question).what)


@command.command()
@click.argument("question")
@click.argument("document")
@click.option("--words", metavar="TEXT", help="The very words of the document to quote.")
@corpus_option
def pin(question: str, document: str, words: str | None, corpus: str | None) -> None:
    """Answer QUESTION out of DOCUMENT, whatever else would answer it."""
    from backbot.desk.acts import Desk

    _done(Desk(_corpus(corpus)).pin(question, document, words).what)


@command.command()
@click.argument("question")
@click.option("--cites", metavar="DOCUMENT", help="The document that must be cited.")
@click.option(
    "--never-cites", metavar="DOCUMENT", multiple=True, help="A document that must not be cited."
)
@click.option("--no-answer", is_flag=True, help="It must get no answer.")
@corpus_option
def check(
    question: str,
    cites: str | None,
    never_cites: tuple[str, ...],
    no_answer: bool,
    corpus: str | None,
) -> None:
    """Make a check of a wrong answer: no new index is taken until QUESTION is answered right."""
    from backbot.desk.acts import Desk

    desk = Desk(_corpus(corpus))
    act = desk.check(question, cites=cites, never_cites=never_cites, no_answer=no_answer)
    _done(act.what)


@command.command()
@click.argument("document")
@corpus_option
def hide(document: str, corpus: str | None) -> None:
    """Leave DOCUMENT out of the index."""
    from backbot.desk.acts import Desk

    _done(Desk(_corpus(corpus)).hide(document).what)


@command.command()
@click.argument("document")
@corpus_option
def show(document: str, corpus: str | None) -> None:
    """Take a hidden DOCUMENT into the index."""
    from backbot.desk.acts import Desk

    _done(Desk(_corpus(corpus)).show(document).what)


@command.command()
@click.argument("words", nargs=-1, required=True)
@corpus_option
def synonym(words: tuple[str, ...], corpus: str | None) -> None:
    """Take WORDS, two or more, for the same thing."""
    from backbot.desk.acts import Desk

    _done(Desk(_corpus(corpus)).add_synonym(words).what)


@command.command()
@click.argument("title")
@click.option("--asked", metavar="QUESTION", multiple=True, help="What readers asked.")
@corpus_option
def draft(title: str, asked: tuple[str, ...], corpus: str | None) -> None:
    """Start an article that is missing, with the readers' questions in it."""
    from backbot.desk.acts import Desk

    folder = _corpus(corpus)
    act = Desk(folder).start_draft(title, asked)
    click.echo(f"Done: {folder / act.file}. Write it, then move it to {folder / 'articles'}/.")


@command.command()
@corpus_option
def acts(corpus: str | None) -> None:
    """List what was done, the newest first, with the name by which each can be undone."""
    from backbot.cli.terminal import Terminal
    from backbot.desk.acts import Desk

    terminal = Terminal()
    recorded = Desk(_corpus(corpus)).recorded()
    if not recorded:
        terminal.say("Nothing was done yet.")
    for each in recorded:
        undone = "  (undone)" if each.undone else ""
        terminal.say_whole(f"{each.act.id}  {each.act.at:%Y-%m-%d %H:%M}  {each.act.what}{undone}")


@command.command()
@click.argument("act", required=False)
@corpus_option
def undo(act: str | None, corpus: str | None) -> None:
    """Take out again what ACT added, or what was added last, and nothing else."""
    from backbot.desk.acts import Desk

    _done(f"taken back that {Desk(_corpus(corpus)).undo(act).what}")


@command.command()
@index_option
def release(index: str | None) -> None:
    """Let the version that is held back answer from now on."""
    from backbot.index.delivery import delivery
    from backbot.index.draft import release as release_held

    settings = _settings(index=index)
    version = release_held(settings.root, delivery(settings.root, settings.index))
    click.echo(f"Done: version {version} answers now.")


@command.command()
@index_option
def discard(index: str | None) -> None:
    """Take the version that is held back away."""
    from backbot.index.draft import discard as discard_held

    click.echo(f"Done: version {discard_held(_settings(index=index).root)} is gone.")


@command.command(hidden=True)
@click.option("--hold", is_flag=True)
@click.option("--model")
@corpus_option
@index_option
def rebuild(hold: bool, model: str | None, corpus: str | None, index: str | None) -> None:
    """Rebuild, and write down for /owner how far it is."""
    from backbot.cli.rebuild_index import current
    from backbot.desk.status import StatusFile
    from backbot.errors import BackbotError

    settings = read_settings({"corpus": corpus, "index": index, "model": model})
    root = settings.root
    status = StatusFile(root, current(root))
    try:
        from backbot.rebuild import rebuild_index

        status.finish(
            rebuild_index(
                Path(settings.corpus),
                root,
                model=settings.model,
                hold=hold,
                progress=status,
                database=settings.index,
            )
        )
    except BackbotError as error:
        status.fail(str(error))
        raise
    except ModuleNotFoundError as error:
        status.fail(f"Building an index needs {error.name}; run `pip install 'backbot[build]'`.")
        raise
    except BaseException as error:
        status.fail(f"The rebuild broke off ({type(error).__name__}); the index is as it was.")
        raise


def _settings(*, index: str | None) -> Settings:
    return read_settings({"index": index})


def _corpus(corpus: str | None) -> Path:
    return Path(read_settings({"corpus": corpus}).corpus)


def _done(what: str) -> None:
    from backbot.cli.terminal import Terminal

    Terminal().say(f"Done: {what}. {_NEXT}")
