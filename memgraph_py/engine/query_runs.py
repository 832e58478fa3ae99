"""Runs of queries: what a transform gives for a batch, and what of it shares a plan."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from memgraph_py.columnar import Batch, Column
from memgraph_py.engine.statements import PreparedQuery
from memgraph_py.engine.vectorise import Vectorised
from memgraph_py.plan.names import of_parameter
from memgraph_py.values.types import Value


@dataclass(frozen=True, slots=True)
class QueryRun:
    """``rows`` successive calls of one query text; parameter k of call i is ``parameters[k][i]``."""

    query: str
    rows: int
    parameters: dict[str, list[Value]]


@dataclass(frozen=True, slots=True)
class Group:
    """Successive runs of one plan, whose texts may differ, or one run. begin: calls of the batch before it; rows: its
    own."""

    runs: list[tuple[QueryRun, PreparedQuery]]
    begin: int
    rows: int

    @property
    def vectorised(self) -> Vectorised | None:
        """The plan over many calls at once, where there is one."""
        return self.runs[0][1].vectorised


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of a vectorised plan. columns: (rows) values of each parameter, and of each literal that is one, by the
    names of its ``ParameterRows``."""

    plan: Vectorised
    rows: int
    columns: dict[str, list[Value]]

    @staticmethod
    def of(groups: Sequence[Group]) -> "Calls":
        """All of them, which share a plan."""
        runs = [run for group in groups for run in group.runs]
        first = runs[0][1]
        assert first.vectorised is not None, "asked before"
        columns: dict[str, list[Value]] = {}
        for name in first.parameters:
            values = [run.parameters[name] for run, _ in runs]
            columns[of_parameter(name)] = values[0] if len(runs) == 1 else [*chain.from_iterable(values)]
        for name in first.literals:
            literals = [[prepared.literals[name]] * run.rows for run, prepared in runs]
            columns[of_parameter(name)] = [*chain.from_iterable(literals)]
        return Calls(first.vectorised, sum(group.rows for group in groups), columns)

    def part(self, start: int, end: int) -> "Calls":
        """Those from start up to end."""
        if end - start == self.rows:
            return self
        return Calls(self.plan, end - start, {name: values[start:end] for name, values in self.columns.items()})

    def batch(self) -> Batch:
        """For its ``ParameterRows``."""
        return Batch(self.rows, {name: Column.from_values(values) for name, values in self.columns.items()})


def groups_of(queries: Iterable[tuple[QueryRun, PreparedQuery]]) -> Iterator[Group]:
    """Successive runs of one plan that can be run as one; those of others each by itself."""
    runs: list[tuple[QueryRun, PreparedQuery]] = []
    begin = rows = 0
    for run, prepared in queries:
        if runs and (prepared.vectorised is None or prepared.plan is not runs[-1][1].plan):
            yield Group(runs, begin, rows)
            begin, rows, runs = begin + rows, 0, []
        runs.append((run, prepared))
        rows += run.rows
    if runs:
        yield Group(runs, begin, rows)
