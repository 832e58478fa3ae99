"""Runs one scenario of the TCK, in process or over Bolt: a ``World`` is where its queries go."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from memgraph_py.config import Limits
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Result
from memgraph_py.errors import CypherError
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.view import GraphView
from memgraph_py.values.comparison import grouping_key
from memgraph_py.values.types import Value
from tests.tck.expected import form, parse
from tests.tck.scenarios import Scenario, Step

STATEMENT_SECONDS = 10.0
SMALL_BATCHES = Limits(batch_rows_min=2, batch_rows_max=3)
"""The scenarios' graphs are small: so they go through operators in more than one batch, as large ones do."""
_ERROR = re.compile(r"an? (\w+) should be raised at (compile time|runtime|any time): (.+)")
_PROCEDURE = re.compile(r"there exists a procedure ([\w.]+)\((.*?)\) :: \((.*?)\) ?:")
EFFECTS = ("nodes", "relationships", "properties", "labels")

State = tuple[Counter, Counter, Counter, Counter]
"""Nodes, relationships, properties (element, key, value) and labels of a graph."""


class Failure(Exception):
    """The error of a query. kinds: the TCK's that it may be, such as `SyntaxError`; phase: when it came; detail: None
    where unknown."""

    def __init__(self, kinds: frozenset[str], phase: str, detail: str | None, text: str) -> None:
        super().__init__(text)
        self.kinds = kinds
        self.phase = phase
        self.detail = detail
        self.text = text


class World(Protocol):
    """An empty graph, and what runs queries on it."""

    def query(self, text: str, parameters: dict[str, Value]) -> tuple[tuple[str, ...], list[list[Value]]]:
        """Columns and rows. Raises Failure."""
        ...

    def mark(self) -> None:
        """Side effects count from here."""
        ...

    def effects(self) -> dict[str, int]:
        """Side effects since the mark: `+nodes`, `-nodes` … that are not 0."""
        ...


class InProcess:
    """A database of its own, without a server."""

    def __init__(self) -> None:
        self._database = Database(GraphStore(), SMALL_BATCHES)
        self._session = self._database.session()
        self._before: GraphView = self._database.store.current

    def query(self, text: str, parameters: dict[str, Value]) -> tuple[tuple[str, ...], list[list[Value]]]:
        """As World."""
        phase = "compile time"
        try:
            result: Result = self._session.run(text, parameters, timeout_seconds=STATEMENT_SECONDS)
            phase = "runtime"
            return result.columns, result.values()
        except CypherError as error:
            raise Failure(frozenset([error.tck_type]), phase, error.detail, error.text()) from error

    def mark(self) -> None:
        """As World."""
        self._before = self._database.store.current

    def effects(self) -> dict[str, int]:
        """As World."""
        after = self._database.store.current
        return {} if after is self._before else changes(_state(self._before), _state(after))

    def close(self) -> None:
        """Let go of the database."""
        self._session.close()
        self._database.store.close()


class Run:
    """What a scenario has done so far."""

    def __init__(self, scenario: Scenario, world: World) -> None:
        self.scenario = scenario
        self.world = world
        self.parameters: dict[str, Value] = {}
        self.columns: tuple[str, ...] = ()
        self.rows: list[list[Value]] = []
        self.error: Failure | None = None

    def set_up(self, query: str) -> None:
        """Run a query of the initial state."""
        self.world.query(query, {})

    def execute(self, query: str) -> None:
        """Run the query, and keep its rows or its error."""
        self.error = None
        try:
            self.columns, self.rows = self.world.query(query, self.parameters)
        except Failure as error:
            self.error = error


def run_scenario(scenario: Scenario, world: World) -> None:
    """Carry out the steps. Raises AssertionError where the outcome is not the expected one."""
    run = Run(scenario, world)
    declared = False
    try:
        for step in scenario.steps:
            if procedure := _PROCEDURE.fullmatch(step.text):
                _declare(world, *procedure.groups(), step.table)
                declared = True
            else:
                _carry_out(run, step)
    finally:
        if declared:
            world.query("CALL test.forget()", {})


def _carry_out(run: Run, step: Step) -> None:
    text = step.text
    if text in ("an empty graph", "any graph"):
        return
    if named := re.fullmatch(r"the (\S+) graph", text):
        _load_graph(run, named.group(1))
    elif text == "having executed:":
        run.set_up(step.block or "")
    elif text == "parameters are:":
        run.parameters = {row[0]: parse(row[1]) for row in step.table}
    elif text == "executing query:":
        run.world.mark()
        run.execute(step.block or "")
    elif text == "executing control query:":
        run.execute(step.block or "")
    elif expected := _ERROR.fullmatch(text):
        _check_error(run, *expected.groups())
    elif text.startswith("the result should be"):
        _check_result(run, step)
    elif text in ("no side effects", "the side effects should be:"):
        _check_effects(run, {row[0]: int(row[1]) for row in step.table})
    else:
        raise AssertionError(f"unknown step: {text}")


def _load_graph(run: Run, name: str) -> None:
    folder = run.scenario.graphs / name
    for script in json.loads((folder / f"{name}.json").read_text())["scripts"]:
        run.set_up((folder / f"{script}.cypher").read_text())


def _check_error(run: Run, kind: str, phase: str, detail: str) -> None:
    error = run.error
    assert error is not None, f"expected {kind} ({detail}), got {len(run.rows)} rows: {run.rows[:3]}"
    found = f"{' or '.join(sorted(error.kinds))} ({error.detail}) at {error.phase}: {error.text}"
    assert kind in error.kinds, f"expected {kind} ({detail}), got {found}"
    assert error.detail is None or detail in ("*", error.detail), f"expected {kind} ({detail}), got {found}"
    assert phase in ("any time", error.phase), f"expected it at {phase}, got {found}"
    _check_effects(run, {})


def _check_result(run: Run, step: Step) -> None:
    if run.error is not None:
        raise run.error
    if step.text == "the result should be empty":
        assert run.rows == [], f"expected no rows, got {run.rows[:3]}"
        return
    any_lists = "ignoring element order for lists" in step.text
    header, *cells = step.table
    assert run.columns == header, f"expected columns {header}, got {run.columns}"
    expected = [tuple(form(parse(cell), lists_in_any_order=any_lists) for cell in row) for row in cells]
    found = [tuple(form(value, lists_in_any_order=any_lists) for value in row) for row in run.rows]
    if "in order" in step.text:
        assert found == expected
    else:
        assert Counter(found) == Counter(expected)


def _check_effects(run: Run, expected: dict[str, int]) -> None:
    assert run.world.effects() == expected


def changes(before: State, after: State) -> dict[str, int]:
    """The side effects that lead from one state to another, as the TCK counts them."""
    found: dict[str, int] = {}
    for name, old, new in zip(EFFECTS, before, after, strict=True):
        found[f"+{name}"] = (new - old).total()
        found[f"-{name}"] = (old - new).total()
    return {name: count for name, count in found.items() if count}


def _state(view: GraphView) -> State:
    nodes, relationships = view.nodes(None), view.relationships(None)
    properties: Counter = Counter()
    for kind, ids, keys, read in (
        ("node", nodes, view.node_keys(nodes), view.node_property),
        ("relationship", relationships, view.relationship_keys(relationships), view.relationship_property),
    ):
        for key in keys.tolist():
            for id, value in zip(ids.tolist(), read(ids, key).to_values(), strict=True):
                if value is not None:
                    properties[kind, id, key, type(value), grouping_key(value)] += 1
    sets = set(view.label_sets(nodes).tolist())
    labels = Counter({label for label_set in sets for label in view.schema.label_set(label_set)})
    return Counter(nodes.tolist()), Counter(relationships.tolist()), properties, labels


def _declare(world: World, name: str, parameters: str, columns: str, table: Sequence[Sequence[str]]) -> None:
    """Tell the test plug-in of the scenario's procedure."""
    rows = [[parse(cell) for cell in row] for row in table[1:]]
    world.query(
        "CALL test.declare($name, $inputs, $outputs, $rows)",
        {"name": name, "inputs": _fields(parameters), "outputs": _fields(columns), "rows": rows},
    )


def _fields(declared: str) -> list[Value]:
    pairs: list[Value] = []
    for field in filter(None, map(str.strip, declared.split(","))):
        name, type = field.split("::")
        pairs.append([name.strip(), type.strip()])
    return pairs
