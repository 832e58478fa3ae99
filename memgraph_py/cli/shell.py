"""`memgraph-py shell`: statements to a server, over the official driver; interactively, from the command line, or from
standard input.

Each statement is a transaction of its own. A statement ends with `;`, which the last one of a command line or of
standard input may go without. The first error ends a run that is not interactive, with status 1.
"""

import argparse
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memgraph_py.cli.tables import CONTROL, format_table, framed

if TYPE_CHECKING:
    from neo4j import ResultSummary, Session
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings

DEFAULT_ADDRESS = "bolt://127.0.0.1:7687"
HISTORY_FILE = ".memgraph_py_history"
PROMPT, CONTINUATION = "memgraph> ", "       -> "
HELP = """\
A statement ends with a semicolon and may go over several lines.
Ctrl-C ends a statement that runs.
  :help   this text
  :quit   leave (or Ctrl-D)"""

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.)*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z)|`[^`]*(?:`|\Z))"""
    r"""|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<end>;)""",
    re.DOTALL,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument(
        "-a", "--address", default=DEFAULT_ADDRESS, help=f"URI of the server (default {DEFAULT_ADDRESS})"
    )
    parser.add_argument("-u", "--user", default="", help="name to log on with")
    parser.add_argument("-p", "--password", default="", help="password to log on with")
    parser.add_argument(
        "statement", nargs="?", help="run this and leave; without it, statements come from the terminal"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run statements; gives the exit status: 0, or 1 after an error."""
    from neo4j import GraphDatabase  # takes a quarter of a second, which help and other commands need not wait for
    from neo4j.exceptions import DriverError, Neo4jError

    logging.getLogger("neo4j").setLevel(logging.CRITICAL)  # what went wrong is told once, by us
    errors = (DriverError, Neo4jError)
    interactive = arguments.statement is None and sys.stdin.isatty()
    address = arguments.address if "://" in arguments.address else f"bolt://{arguments.address}"
    with ExitStack() as ending:

        def connect() -> "Session":
            ending.close()
            driver = GraphDatabase.driver(address, auth=(arguments.user, arguments.password))
            session = driver.session()
            ending.callback(session.close)
            ending.callback(driver.close)  # comes first: a session alone waits for what runs in it, to close
            driver.verify_connectivity()
            return session

        try:
            shell = Shell(connect(), errors)
            if interactive:
                return shell.converse(address, connect)
            pieces = [arguments.statement] if arguments.statement is not None else sys.stdin
            for statement in split_statements(pieces):
                shell.execute(statement)
            return 0
        except errors as error:
            _tell(error)
            return 1
        except ValueError as error:  # the address is none, or the input no UTF-8
            _tell(error)
            return 1


def split_statements(pieces: Iterable[str]) -> Iterator[str]:
    """Statements of a text that comes in pieces of whole lines, each as soon as its `;` is there.

    A `;` in a string, in backticks or in a comment ends nothing. What holds only comments is no statement.
    """
    buffer = ""
    for piece in pieces:
        buffer += piece
        statements, buffer = split_complete(buffer)
        yield from statements
    if not is_blank(buffer):
        yield buffer.strip()


def split_complete(text: str) -> tuple[list[str], str]:
    """Statements that end with `;`, without it, and what is left."""
    statements: list[str] = []
    start = 0
    for token in _TOKEN.finditer(text):
        if token["end"]:
            statement = text[start : token.start()]
            if not is_blank(statement):
                statements.append(statement.strip())
            start = token.end()
    return statements, text[start:]


def is_blank(text: str) -> bool:
    """True for spaces and comments alone."""
    return not _TOKEN.sub(lambda token: "" if token["comment"] else token[0], text).strip()


@dataclass
class Shell:
    """Runs statements in a driver's session. errors: what the driver raises."""

    session: "Session"
    errors: tuple[type[Exception], ...]
    write: Callable[[str], object] = print

    def execute(self, statement: str, *, tells_more: bool = False) -> None:
        """Run one statement and print its rows. tells_more: also what the server has to say of it, how many rows there
        are, what changed, and the time."""
        started = time.perf_counter()
        result = self.session.run(statement)
        columns = result.keys()
        rows = [record.values() for record in result]
        summary = result.consume()
        seconds = time.perf_counter() - started
        if summary.plan is None and columns:
            self.write(format_table(columns, rows))
        for plan in (summary.plan, summary.profile):
            if plan is not None:
                self.write(plan_table(plan))
        if tells_more:
            for notification in notification_lines(summary):
                self.write(notification)
            self.write(closing_line(len(rows), summary, seconds))

    def converse(self, address: str, connect: "Callable[[], Session]") -> int:
        """Prompt for statements until the user leaves. connect: ends the session, and what runs in it, and gives
        another one; Ctrl-C asks for that."""
        prompt = _prompt_session()
        self.write(f"Connected to {address}. Type :help for help.")
        while True:
            try:
                text = prompt.prompt(PROMPT).strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return 0
            if text in (":quit", ":exit", ":q"):
                return 0
            if text.startswith(":"):
                self.write(HELP if text == ":help" else f"there is no command {text}; :help tells what there is")
                continue
            try:
                for statement in split_statements([text]):
                    self.execute(statement, tells_more=True)
            except self.errors as error:
                _tell(error)
            except KeyboardInterrupt:
                self.write("interrupted: the statement was ended")
                self.session = connect()


def notification_lines(summary: "ResultSummary") -> Iterator[str]:
    """`warn: no element has the label … (line 1, column 7)`, in the server's order of importance."""
    for status in summary.gql_status_objects:
        if status.is_notification:
            at = status.position
            place = f" (line {at.line}, column {at.column})" if at is not None else ""
            yield status.status_description.translate(CONTROL) + place


def closing_line(rows: int, summary: "ResultSummary", seconds: float) -> str:
    """`2 rows (0.003 s); nodes created: 2`."""
    count = "no rows" if rows == 0 else "1 row" if rows == 1 else f"{rows} rows"
    line = f"{count} ({seconds:.3f} s)"
    changes = [
        f"{name.replace('_', ' ')}: {number}"
        for name, number in vars(summary.counters).items()
        if isinstance(number, int) and not isinstance(number, bool) and number and not name.startswith("_")
    ]
    return f"{line}; {', '.join(changes)}" if changes else line


def plan_table(plan: dict[str, Any]) -> str:
    """The operators of an EXPLAIN or PROFILE as a tree, a line each, with the rows that were expected; of a PROFILE
    also rows, db hits, milliseconds, and their share in percent."""
    operators = list(_drawn(plan, "", ""))
    header = ["operator", "estimated rows"]
    cells = [[text, f"{part['args']['EstimatedRows']:,.1f}"] for text, part in operators]
    if "rows" in plan:
        header += ["rows", "db hits", "ms", "%"]
        whole = sum(part["time"] for _, part in operators) or 1
        for row, (_, part) in zip(cells, operators, strict=True):
            row += [f"{part['rows']:,}", f"{part['dbHits']:,}"]
            row += [f"{part['time'] / 1e6:,.3f}", f"{100 * part['time'] / whole:.1f}"]
    return framed(header, cells)


def _drawn(plan: dict[str, Any], first: str, rest: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield f"{first}{plan['operatorType']} {plan['args']['Details']}".rstrip(), plan
    below = plan["children"]
    for place, child in enumerate(below):
        last = place == len(below) - 1
        yield from _drawn(child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))


def _tell(error: Exception) -> None:
    # an error of the driver itself, such as a date beyond its calendar, has its text as argument; a server's as message
    alone = error.args[0] if len(error.args) == 1 else None
    message = alone or getattr(error, "message", None) or str(error)
    print(f"Client received exception: {message}", file=sys.stderr)


def _prompt_session() -> "PromptSession[str]":
    from prompt_toolkit import PromptSession
    from prompt_toolkit.lexers import PygmentsLexer
    from pygments.lexers.graph import CypherLexer  # type: ignore[import-untyped]  # pygments says no types

    return PromptSession(
        history=_history(),
        lexer=PygmentsLexer(CypherLexer),
        multiline=True,
        prompt_continuation=lambda width, line, wrapped: CONTINUATION,
        key_bindings=_key_bindings(),
    )


def _history() -> "History":
    """That of the user's home; where it cannot be kept, the user is told, and it holds for this conversation."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    try:
        path = Path.home() / HISTORY_FILE
        path.open("a+b").close()
    except (OSError, RuntimeError) as error:  # no right to write there; no home
        print(f"the history is not kept: {error}", file=sys.stderr)
        return InMemoryHistory()
    return FileHistory(str(path))


def _key_bindings() -> "KeyBindings":
    """Enter sends what is complete, and begins a new line in what is not."""
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    bindings = KeyBindings()

    @bindings.add("enter")
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return bindings


def is_complete(text: str) -> bool:
    """True when Enter sends the text: nothing, a command, or statements that all end with `;`."""
    return text.lstrip().startswith(":") or is_blank(split_complete(text)[1])
