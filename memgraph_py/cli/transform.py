"""`memgraph-py transform test script.py messages.txt`: what a transform script makes of messages, with no server.

The script runs in the same confined child process as in a stream; what it writes to standard error is printed there.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memgraph_py.config import Limits
from memgraph_py.errors import StartupError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what it takes."""
    parser.add_argument("action", choices=["test"], help="run the script and print its queries")
    parser.add_argument("script", type=Path, metavar="SCRIPT", help="a file with a function stream(batch)")
    parser.add_argument(
        "messages", type=Path, metavar="MESSAGES", help="a file with a message on each line; - is stdin"
    )
    parser.add_argument("--batch-size", type=int, default=10, metavar="COUNT", help="messages of one batch, default 10")
    parser.add_argument(
        "--allow-unsandboxed-transforms",
        action="store_true",
        help="run the script also where this system cannot confine it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a query and its parameters as JSON, one a line. Raises TransformError."""
    from memgraph_py.streams.transform import Script, TransformStarter  # only now: `--help` needs none of it

    if arguments.batch_size < 1:
        raise StartupError(
            f"invalid value '{arguments.batch_size}' for --batch-size", hint="it takes a positive number"
        )
    text = _read(arguments.script).decode("utf-8", "replace")
    messages = (sys.stdin.buffer.read() if str(arguments.messages) == "-" else _read(arguments.messages)).splitlines()
    with _printed_output():
        starter = TransformStarter(Limits(), allow_unsandboxed=arguments.allow_unsandboxed_transforms)
        try:
            transform = starter.start(Script(text, str(arguments.script)))
            try:
                for start in range(0, len(messages), arguments.batch_size):
                    for queries in transform.apply(messages[start : start + arguments.batch_size]):
                        for row in range(queries.rows):
                            parameters = {name: values[row] for name, values in queries.parameters.items()}
                            print(f"{json.dumps(queries.query)} {json.dumps(parameters)}")
            finally:
                transform.close()
        finally:
            starter.close()
    return 0


class _Printer(logging.Handler):
    """Prints what a server would log."""

    def emit(self, record: logging.LogRecord) -> None:
        line = getattr(record, "line", None)
        print(f"{record.getMessage()}: {vars(record).get('lines')} lines" if line is None else line, file=sys.stderr)


@contextmanager
def _printed_output() -> Iterator[None]:
    log = logging.getLogger("memgraph_py.streams.script_log")
    printer, level = _Printer(), log.level
    log.addHandler(printer)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(printer)
        log.setLevel(level)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StartupError(f"cannot read '{path}': {error.strerror}") from error
