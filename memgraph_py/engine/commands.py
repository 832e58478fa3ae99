"""Commands: statements that are no queries: indexes and streams. Each gives a Result, carried out when it is pulled."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from memgraph_py.bounds import Bounds, Budget
from memgraph_py.columnar import Batch, Column
from memgraph_py.cypher import ast
from memgraph_py.cypher.schema_options import fault
from memgraph_py.engine.result import Result, Summary
from memgraph_py.engine.schema_commands import change_schema
from memgraph_py.engine.statements import Core
from memgraph_py.engine.stream_control import StreamControl
from memgraph_py.errors import (
    ArgumentError,
    CypherSyntaxError,
    CypherTypeError,
    ForbiddenInTransaction,
    ParameterMissing,
)
from memgraph_py.execution.executor import Counters
from memgraph_py.storage.transaction import Transaction
from memgraph_py.storage.view import GraphView
from memgraph_py.values.types import Value

_LOOK_SECONDS = 0.05
Table = tuple[tuple[str, ...], Callable[[], Iterator[Sequence[Value]]]]
"""Columns, and what carries the command out and gives its rows."""


@dataclass(slots=True)
class CommandContext:
    """transaction: the explicit one the command stands in, or None. bounds: of the command. take_effect: called just
    before a change of the schema takes effect; raises where it must not. may_wait: called once it has, and only waits;
    False when it is to wait no longer."""

    core: Core
    transaction: Transaction | None
    parameters: Mapping[str, Value]
    bounds: Bounds
    take_effect: Callable[[], None]
    may_wait: Callable[[], bool]


def command_result(command: ast.Command, context: CommandContext, view: GraphView) -> Result:
    """The command's result; nothing is done before its first pull. Raises what can be known before."""
    counters = Counters()
    columns, rows = _table(command, context, counters)

    def start(budget: Budget | None) -> Iterator[Batch]:
        records = list(rows())
        if records:
            cells = zip(*records, strict=True)
            yield Batch(
                len(records),
                {name: Column.from_values(list(cell)) for name, cell in zip(columns, cells, strict=True)},
            )

    reads = isinstance(command, ast.TestStream)
    return Result(columns, start, view, Summary("r" if reads else "s", counters), bounded=False)


def takes_effect_at_once(command: ast.Command) -> bool:
    """True where the command cannot be left while it is carried out: those of streams, but the one that only reads."""
    return not isinstance(command, ast.SchemaCommand | ast.TestStream)


def _table(command: ast.Command, context: CommandContext, counters: Counters) -> Table:
    match command:
        case ast.CreateIndex() | ast.DropIndex() | ast.CreateConstraint() | ast.DropConstraint():
            _check_options(command, context)
            return (), partial(_change_schema, command, context, counters)
        case ast.TestStream():
            control = _control(context)
            limit = _positive(command.limit, context, "LIMIT")
            return (
                ("query", "params"),
                lambda: ((tested.query, tested.params) for tested in control.test(command.name, limit)),
            )
        case _:
            return (), _stream_action(command, context)


def _check_options(command: ast.SchemaCommand, context: CommandContext) -> None:
    """Those that a parameter gives. Raises ParameterMissing, CypherTypeError, ArgumentError."""
    if isinstance(command, ast.DropIndex | ast.DropConstraint) or command.options is None:
        return
    options = _value(command.options, context)
    if not isinstance(options, dict):
        raise CypherTypeError(f"OPTIONS takes a map, not {options!r}")
    if options and isinstance(command, ast.CreateConstraint) and command.demand in ("EXISTENCE", "TYPE"):
        raise ArgumentError("only constraints with an index have options")
    wrong = fault(options, "a range index" if isinstance(command, ast.CreateIndex) else "a constraint")
    if wrong is not None:
        _, message, hint = wrong
        raise ArgumentError(message, hint=hint)


def _change_schema(
    command: ast.SchemaCommand, context: CommandContext, counters: Counters
) -> Iterator[Sequence[Value]]:
    store, schema = context.core.store, context.core.store.schema
    commit = partial(store.change_rules, bounds=context.bounds, decide=context.take_effect)
    built = change_schema(command, store, context.transaction, counters, commit)
    while built is not None and context.may_wait() and not schema.wait_populated(built, _LOOK_SECONDS):
        pass
    return iter(())


def _stream_action(command: ast.StreamCommand, context: CommandContext) -> Callable[[], Iterator[Sequence[Value]]]:
    if context.transaction is not None:
        raise ForbiddenInTransaction(
            "Stream clause not allowed in multicommand transactions.",
            hint="use an auto-commit transaction (session.run)",
        )
    control = _control(context)
    action: Callable[[], None]
    check = context.bounds.check
    match command:
        case ast.CreateStream():
            action = _create_stream(command, context, control)
        case ast.DropStream():
            action = partial(control.drop, command.name, check)
        case ast.StartStream():
            limit = _positive(command.limit, context, "LIMIT")
            action = partial(control.start, command.name, limit, check)
        case ast.StopStream():
            action = partial(control.stop, command.name, check)
        case ast.StartAllStreams():
            action = partial(control.start_all, check)
        case ast.StopAllStreams():
            action = partial(control.stop_all, check)
        case ast.TestStream():
            raise AssertionError("answered by the caller")
        case _:
            assert_never(command)

    def rows() -> Iterator[Sequence[Value]]:
        action()
        return iter(())

    return rows


def _create_stream(command: ast.CreateStream, context: CommandContext, control: StreamControl) -> Callable[[], None]:
    uri = _text(command.uri, context, "LOAD DATA KAFKA")
    topic = _text(command.topic, context, "WITH TOPIC")
    transform = _text(command.transform, context, "WITH TRANSFORM")
    interval = _positive(command.batch_interval, context, "BATCH_INTERVAL")
    size = _positive(command.batch_size, context, "BATCH_SIZE")
    return lambda: control.create(
        command.name, uri=uri, topic=topic, transform=transform, batch_interval=interval, batch_size=size
    )


def _control(context: CommandContext) -> StreamControl:
    return context.core.streams()


def _value(item: ast.Literal | ast.Parameter, context: CommandContext) -> Value:
    if isinstance(item, ast.Literal):
        return item.value
    if item.name not in context.parameters:
        raise ParameterMissing.of((item.name,))
    return context.parameters[item.name]


def _text(item: ast.Literal | ast.Parameter, context: CommandContext, clause: str) -> str:
    value = _value(item, context)
    if not isinstance(value, str):
        raise CypherTypeError(f"{clause} takes a string, not {value!r}")
    return value


def _positive(item: ast.Literal | ast.Parameter | None, context: CommandContext, clause: str) -> int | None:
    if item is None:
        return None
    value = _value(item, context)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise CypherSyntaxError(f"{clause} takes a positive integer, not {value!r}")
    return value
