"""PROFILE: what each operator gave, what it read, and how long it took.

A profiled execution has a context of its own kind, which watches every operator's generator, and a graph that counts
what is asked of it. Others pay nothing for it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, cast

import numpy as np

from memgraph_py.columnar import Batch, Column
from memgraph_py.config import Limits
from memgraph_py.execution.executor import RUNNERS, ExecutionContext
from memgraph_py.functions.registry import Environment
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.printing import Measured
from memgraph_py.plan.tree import OPERATOR_TYPES, children, walk
from memgraph_py.storage.view import Expansion, Seek, WritableGraph
from memgraph_py.values.types import Value


@dataclass(slots=True)
class Profile:
    """Measurements by operator. ``inner``: seconds of what the running operator has called; ``running``: its own."""

    measured: dict[int, Measured] = field(default_factory=dict)
    inner: float = 0.0
    running: Measured = field(default_factory=Measured)

    def of(self, operator: Operator) -> Measured:
        """The operator's measurements, those of the subplans inside its expressions among them."""
        own = self.measured.get(id(operator), Measured())
        total = Measured(own.rows, own.hits, own.seconds)
        for child in children(operator):
            if not isinstance(child, OPERATOR_TYPES):
                for part in walk(child):
                    if isinstance(part, OPERATOR_TYPES):
                        inside = self.measured.get(id(part), Measured())
                        total.hits += inside.hits
                        total.seconds += inside.seconds
        return total


class ProfilingContext(ExecutionContext):
    """See the module."""

    __slots__ = ("profile",)

    def __init__(
        self,
        graph: WritableGraph,
        environment: Environment,
        parameters: Mapping[str, Value],
        limits: Limits,
        profile: Profile,
    ) -> None:
        counting = cast(WritableGraph, CountingGraph(graph, profile))  # it answers like the graph
        environment.graph = counting
        super().__init__(counting, environment, parameters, limits)
        self.profile = profile

    def nested(self) -> "ProfilingContext":
        """See ExecutionContext."""
        inner = cast(ProfilingContext, super().nested())  # of its own kind
        inner.profile = self.profile
        return inner

    def within(self, graph: WritableGraph) -> "ProfilingContext":
        """See ExecutionContext."""
        other = cast(ProfilingContext, super().within(graph))  # of its own kind
        other.graph = other.environment.graph = cast(WritableGraph, CountingGraph(graph, self.profile))
        return other

    def run(self, operator: Operator) -> Iterator[Batch]:
        """The operator's rows, watched."""
        profile = self.profile
        own = profile.measured.setdefault(id(operator), Measured())
        source = RUNNERS[type(operator)](operator, self)
        while True:
            outer_inner, outer_running = profile.inner, profile.running
            profile.inner, profile.running = 0.0, own
            begun = perf_counter()
            try:
                batch = next(source, None)
            finally:
                elapsed = perf_counter() - begun
                own.seconds += elapsed - profile.inner
                profile.inner, profile.running = outer_inner + elapsed, outer_running
            if batch is None:
                return
            own.rows += batch.rows
            yield batch


class CountingGraph:
    """A graph that counts a hit for each element, relationship, property value and index entry that it gives, looks for
    or changes, and one for each count that it tells."""

    def __init__(self, graph: WritableGraph, profile: Profile) -> None:
        self._graph = graph
        self._profile = profile

    def __getattr__(self, name: str) -> Any:
        """A method of the graph that counts; ``schema`` and whatever else is no method as it is."""
        found = getattr(self._graph, name)
        if not callable(found):
            return found
        counted = self._counted(found)
        setattr(self, name, counted)
        return counted

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            answer = method(*arguments, **named)
            self._profile.running.hits += _hits(answer)
            return answer

        return call


def _hits(answer: object) -> int:
    match answer:
        case Expansion():
            return len(answer.relationships)
        case Seek():
            return len(answer.ids)
        case np.ndarray() | Column():
            return len(answer)
        case tuple() if answer and isinstance(answer[0], np.ndarray):
            return len(answer[0])
        case _:
            return 1
