"""`memgraph-py serve | shell | demo | produce | transform`: imports the module of the command alone, so help is fast.

A command's module has ``add_arguments(parser)`` and ``run(arguments) -> int``, which gives the exit status.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from memgraph_py import __version__
from memgraph_py.errors import CypherError, StartupError

COMMANDS = {
    "serve": "run the database server",
    "shell": "query a server, interactively or from the command line",
    "demo": "watch Kafka messages become a graph, with no other service",
    "produce": "send the demo's messages to a Kafka broker",
    "transform": "test a transform script on messages, without a server",
}


class Command(Protocol):
    """What the module of a command has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its flags."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Carry it out; gives the exit status."""
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the command line; gives the exit status: 0, 1 after an error, 2 for a wrong command line."""
    open_standard_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] not in COMMANDS:
        _outer_parser().parse_args(words or ["--help"])
        return 0
    command = cast(Command, importlib.import_module(f"memgraph_py.cli.{words[0]}"))  # each has the two functions
    parser = argparse.ArgumentParser(prog=f"memgraph-py {words[0]}", description=COMMANDS[words[0]].capitalize() + ".")
    command.add_arguments(parser)
    try:
        status = command.run(parser.parse_args(words[1:]))
        sys.stdout.flush()
        return status
    except StartupError as error:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"memgraph-py: {error.message}{hint}", file=sys.stderr)
        return 1
    except CypherError as error:
        print(f"memgraph-py: {error.text()}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has left; what Python would write at its end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # as a shell has it of a program that SIGPIPE ended
    except KeyboardInterrupt:
        return 130


def open_standard_streams() -> None:
    """Open the null device in place of an input or output that the process was started without: the first file or
    socket would else get its number, and with it what others write there (libuv ends the process at closing one)."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            lowest_free = os.open(os.devnull, os.O_RDWR)
            assert lowest_free == number, "those below are open"
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115  # for good


def _outer_parser() -> argparse.ArgumentParser:
    commands = "\n".join(f"  {name:<11}{purpose}" for name, purpose in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="memgraph-py",
        usage="memgraph-py [-h] [--version] command …",
        description="An in-memory graph database server: Bolt, openCypher and Kafka.",
        epilog=f"commands:\n{commands}\n\n`memgraph-py command --help` tells more about each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"memgraph-py {__version__}")
    parser.add_argument("command", choices=list(COMMANDS), help=argparse.SUPPRESS)
    return parser
