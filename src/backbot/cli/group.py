"""The group of commands: loads a command's module when it is needed, and ends every run tidily."""

import contextlib
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import IO, Any

import click
from click.exceptions import Exit

from backbot.errors import BackbotError, CorpusError
from backbot.text.clean import clean

# What a shell reports for a program that Ctrl-C (SIGINT) or a closed pipe (SIGPIPE) has ended.
INTERRUPTED = 130
PIPE_CLOSED = 141


class LazyGroup(click.Group):
    """Commands by name, each the `command` of a module that is imported when it is used.

    A `BackbotError` ends as its sentence on stderr and its exit code, Ctrl-C and a closed pipe
    end without a word.
    """

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._modules = dict(modules)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = self._modules.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        # Where a terminal or a file cannot hold a character, a question mark will do.
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        try:
            return super().invoke(ctx)
        except BackbotError as error:
            _report(error)
            raise Exit(error.exit_code) from None
        except KeyboardInterrupt:
            raise Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _silence(sys.stdout)
            raise Exit(PIPE_CLOSED) from None


def _report(error: BackbotError) -> None:
    """Say what went wrong on stderr; several broken files of a corpus have a line each."""
    problems: Sequence[str] = (str(error),)
    if isinstance(error, CorpusError) and len(error.problems) > 1:
        click.echo(f"Error: {len(error.problems)} problems in the corpus:", err=True)
        problems = error.problems
    for problem in problems:
        # An error may name a file or a key of the corpus, which must not steer the terminal.
        lead = "Error:" if len(problems) == 1 else " "
        click.echo(f"{lead} {clean(problem)}", err=True)


def _silence(stream: IO[str]) -> None:
    """Send what is still to come nowhere, so that closing the stream at the end fails no more."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
