"""LOAD CSV: the lines of a file, as many at a time as a batch has rows."""

import csv
from collections.abc import Iterator

import numpy as np

from memgraph_py.columnar import STRING_LENGTH_MASK, Batch, Column
from memgraph_py.errors import CypherTypeError, ExternalResourceFailed
from memgraph_py.execution.evaluation import evaluate
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.plan.operators import LoadCsv
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import Value

csv.field_size_limit(STRING_LENGTH_MASK)  # of the whole process; a longer text is none here
_LINE_MAX = 4 * STRING_LENGTH_MASK


@executes(LoadCsv)
def load_csv(operator: LoadCsv, context: ExecutionContext) -> Iterator[Batch]:
    """Lines in order. Quotes are doubled within quotes, or stand behind a backslash; lines without a field are left
    out."""
    limits = context.limits
    for batch in context.run(operator.input):
        for row, source in enumerate(evaluate(operator.source, batch, context).to_values()):
            if not isinstance(source, str):
                raise CypherTypeError(f"LOAD CSV takes the URI of a file, not {type_name(source)}")
            size = limits.batch_rows_min
            waiting: list[Value] = []
            for line in _lines(operator, source, context):
                waiting.append(line)
                if len(waiting) == size:
                    yield _widened(operator, batch, row, waiting)
                    context.check()
                    waiting, size = [], min(4 * size, limits.batch_rows_max)
            if waiting:
                yield _widened(operator, batch, row, waiting)


def _widened(operator: LoadCsv, batch: Batch, row: int, lines: list[Value]) -> Batch:
    rows = np.full(len(lines), row, dtype=np.int64)
    return widen(batch, rows, {operator.variable: Column.objects(lines)}, operator.unused)


def _lines(operator: LoadCsv, source: str, context: ExecutionContext) -> Iterator[Value]:
    reader = csv.reader(
        (line.replace('\\"', '""') for line in _text_lines(context.environment.installation.read_file(source))),
        delimiter=operator.terminator,
        strict=True,
    )
    names: list[str] | None = None
    try:
        for fields in reader:
            if not fields:
                continue
            if operator.headers and names is None:
                names = fields
                continue
            values: list[Value] = [field or None for field in fields]
            if names is None:
                yield values
            else:
                values += [None] * (len(names) - len(values))
                yield dict(zip(names, values, strict=False))
    except csv.Error as error:
        raise ExternalResourceFailed(
            f"{source!r} is no CSV: {error} (line {reader.line_num})", hint="look at its quotes and FIELDTERMINATOR"
        ) from error


def _text_lines(pieces: Iterator[str]) -> Iterator[str]:
    """The lines of a text, each with its end. Raises ExternalResourceFailed for one that never ends."""
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        if len(rest) > _LINE_MAX:
            raise ExternalResourceFailed(f"a line has more than {_LINE_MAX} characters", hint="is it a CSV?")
        for line in lines:
            yield f"{line}\n"
    if rest:
        yield rest
