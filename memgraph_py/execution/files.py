"""LOAD CSV: the records of a file as columns, as many at a time as a batch has rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import STRING_LENGTH_MASK, Batch, Column, Kind
from memgraph_py.errors import CypherTypeError, ExternalResourceFailed
from memgraph_py.execution.evaluation import evaluate
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.kernels.csv_records import (
    BAD_QUOTE,
    BAD_RETURN,
    LONG_FIELD,
    OPEN_QUOTE,
    field_columns,
    split_records,
)
from memgraph_py.plan.operators import LoadCsv
from memgraph_py.record_column import RecordColumn
from memgraph_py.values.naming import type_name

_FEED = b"\n"
_RECORD_BYTES_MAX = 4 * STRING_LENGTH_MASK
_REASONS = {
    OPEN_QUOTE: "a quote is not closed",
    BAD_QUOTE: "after a closing quote stands neither FIELDTERMINATOR nor the line's end",
    BAD_RETURN: "a carriage return stands without a line feed, outside of quotes",
    LONG_FIELD: f"a field has more than {STRING_LENGTH_MASK} bytes",
}


@executes(LoadCsv)
def load_csv(operator: LoadCsv, context: ExecutionContext) -> Iterator[Batch]:
    """Records in order. Quotes are doubled within quotes, or stand behind a backslash; lines without a character are
    left out."""
    limits = context.limits
    for batch in context.run(operator.input):
        for row, source in enumerate(evaluate(operator.source, batch, context).to_values()):
            if not isinstance(source, str):
                raise CypherTypeError(f"LOAD CSV takes the URI of a file, not {type_name(source)}")
            size, number = limits.batch_rows_min, 1
            file = Column.from_values([PurePosixPath(unquote(urlsplit(source).path)).name])
            names: list[str] | None = None
            for block in _blocks(operator, source, context):
                start = 0
                if operator.headers and names is None:
                    names, start, number = block.names(), 1, 2
                while start < block.records:
                    stop = min(start + size, block.records)
                    rows = np.full(stop - start, row, dtype=np.int64)
                    read: dict[str, Column] = {operator.variable: block.columns(start, stop, names)}
                    if operator.number not in operator.unused:
                        read[operator.number] = Column(Kind.INT, np.arange(number, number + len(rows)))
                    if operator.file not in operator.unused:
                        read[operator.file] = file.take(np.zeros(len(rows), dtype=np.int64))
                    number += len(rows)
                    yield widen(batch, rows, read, operator.unused)
                    context.check()
                    start, size = stop, min(4 * size, limits.batch_rows_max)


@dataclass(frozen=True, slots=True)
class _Block:
    """Records: handles of their fields in ``data``, and where each record's fields end. At least one."""

    data: NDArray[np.uint8]
    fields: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def records(self) -> int:
        return len(self.ends)

    def names(self) -> list[str]:
        """The texts of the first record."""
        column = Column(Kind.STRING, self.fields[: int(self.ends[0])], None, self.data)
        return [str(name) for name in column.to_values()]

    def columns(self, start: int, stop: int, names: list[str] | None) -> RecordColumn:
        """Records as maps by these names, or as lists; a field that is empty or not there is NULL."""
        lengths = np.diff(self.ends[start:stop], prepend=self.ends[start - 1] if start else 0)
        width = int(lengths.max()) if names is None else len(names)
        handles = field_columns(self.fields, self.ends, start, stop, width)
        columns = [self._column(handles[field]) for field in range(width)]
        if names is None:
            return RecordColumn(columns, stop - start, lengths)
        return RecordColumn(dict(zip(names, columns, strict=True)), stop - start)

    def _column(self, handles: NDArray[np.int64]) -> Column:
        valid = handles & STRING_LENGTH_MASK > 0
        return Column(Kind.STRING, handles, None if valid.all() else valid, self.data)


def _blocks(operator: LoadCsv, source: str, context: ExecutionContext) -> Iterator[_Block]:
    """The file in blocks of whole records. Raises ExternalResourceFailed behind them for what is no CSV."""
    cut = operator.terminator.encode()
    terminator = np.frombuffer(cut, dtype=np.uint8).copy()
    pending, pieces, line = b"", list[bytes](), 1
    for piece in chain(context.environment.installation.read_file(source, context.check), (None,)):
        is_last = piece is None
        if piece is not None:
            pieces.append(piece.encode())
            if sum(map(len, pieces)) < len(pending):  # a long record is looked at again when it has twice the length
                continue
        text = b"".join((pending, *pieces))
        size = len(text)
        data = np.empty(2 * size, dtype=np.uint8)
        data[:size] = np.frombuffer(text, dtype=np.uint8)
        ends = np.empty(text.count(_FEED) + 1, dtype=np.int64)
        fields = np.empty(text.count(cut) + len(ends), dtype=np.int64)
        records, taken, wrong, place = split_records(data, size, is_last, terminator, fields, ends)
        if records:
            yield _Block(data, fields[: int(ends[records - 1])], ends[:records])
        if wrong:
            raise ExternalResourceFailed(
                f"{source!r} is no CSV: {_REASONS[wrong]} (line {line + text.count(_FEED, 0, place)})",
                hint="look at its quotes and FIELDTERMINATOR",
            )
        line += text.count(_FEED, 0, taken)
        pending, pieces = text[taken:], []
        if len(pending) > _RECORD_BYTES_MAX:
            raise ExternalResourceFailed(f"a record has more than {_RECORD_BYTES_MAX} bytes", hint="is it a CSV?")
