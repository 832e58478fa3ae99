"""Runs one scenario of the TCK in process, on a database of its own."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from memgraph_py.config import Limits
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Result
from memgraph_py.errors import CypherError
from memgraph_py.functions.registry import PROCEDURES, Environment, procedure
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.view import GraphView
from memgraph_py.values.comparison import equals, grouping_key
from memgraph_py.values.types import Value
from tests.tck.expected import form, parse
from tests.tck.scenarios import Scenario, Step

STATEMENT_SECONDS = 10.0
SMALL_BATCHES = Limits(batch_rows_min=2, batch_rows_max=3)
"""The scenarios' graphs are small: so they go through operators in more than one batch, as large ones do."""
_ERROR = re.compile(r"an? (\w+) should be raised at (compile time|runtime|any time): (.+)")
_PROCEDURE = re.compile(r"there exists a procedure ([\w.]+)\((.*?)\) :: \((.*?)\) ?:")
EFFECTS = ("nodes", "relationships", "properties", "labels")


class Run:
    """What a scenario has done so far."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.database = Database(GraphStore(), SMALL_BATCHES)
        self.session = self.database.session()
        self.parameters: dict[str, Value] = {}
        self.before: GraphView = self.database.store.current
        self.columns: tuple[str, ...] = ()
        self.rows: list[list[Value]] = []
        self.error: CypherError | None = None
        self.phase = ""

    def set_up(self, query: str) -> None:
        """Run a query of the initial state."""
        self.session.run(query).values()

    def execute(self, query: str) -> None:
        """Run the query, and keep its rows or its error, with the phase in which it came."""
        self.error = None
        try:
            self.phase = "compile time"
            result: Result = self.session.run(query, self.parameters, timeout_seconds=STATEMENT_SECONDS)
            self.columns = result.columns
            self.phase = "runtime"
            self.rows = result.values()
        except CypherError as error:
            self.error = error

    def close(self) -> None:
        """Let go of the database."""
        self.session.close()
        self.database.store.close()


def run_scenario(scenario: Scenario) -> None:
    """Carry out the steps. Raises AssertionError where the outcome is not the expected one."""
    with _procedures(scenario):
        run = Run(scenario)
        try:
            for step in scenario.steps:
                _carry_out(run, step)
        finally:
            run.close()


def _carry_out(run: Run, step: Step) -> None:
    text = step.text
    if text in ("an empty graph", "any graph") or text.startswith("there exists a procedure"):
        return
    if named := re.fullmatch(r"the (\S+) graph", text):
        _load_graph(run, named.group(1))
    elif text == "having executed:":
        run.set_up(step.block or "")
    elif text == "parameters are:":
        run.parameters = {row[0]: parse(row[1]) for row in step.table}
    elif text == "executing query:":
        run.before = run.database.store.current
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
    found = f"{error.tck_type} ({error.detail}) at {run.phase}: {error.text()}"
    assert error.tck_type == kind, f"expected {kind} ({detail}), got {found}"
    assert detail in ("*", error.detail), f"expected {kind} ({detail}), got {found}"
    assert phase in ("any time", run.phase), f"expected it at {phase}, got {found}"
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
    after = run.database.store.current
    found: dict[str, int] = {}
    if after is not run.before:
        for name, old, new in zip(EFFECTS, _state(run.before), _state(after), strict=True):
            found[f"+{name}"] = (new - old).total()
            found[f"-{name}"] = (old - new).total()
    assert {name: count for name, count in found.items() if count} == expected


def _state(view: GraphView) -> tuple[Counter, Counter, Counter, Counter]:
    """Nodes, relationships, properties (element, key, value) and labels that the view has."""
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


@contextmanager
def _procedures(scenario: Scenario) -> Iterator[None]:
    """Has the scenario's procedures in the registry meanwhile."""
    names: list[str] = []
    try:
        for step in scenario.steps:
            if declared := _PROCEDURE.fullmatch(step.text):
                names.append(_register(*declared.groups(), step.table))
        yield
    finally:
        for name in names:
            del PROCEDURES[name]


def _register(name: str, parameters: str, columns: str, table: Sequence[Sequence[str]]) -> str:
    """As a plug-in would, a procedure that gives those rows of the table whose first cells equal its arguments."""
    inputs, outputs = _fields(parameters), _fields(columns)
    rows = [[parse(cell) for cell in row] for row in table[1:]]

    def run(environment: Environment, arguments: list[Value]) -> list[list[Value]]:
        """Rows of a table of the TCK."""
        return [
            row[len(inputs) :]
            for row in rows
            if all(
                (one is None and other is None) or equals(one, other)
                for one, other in zip(row[: len(inputs)], arguments, strict=True)
            )
        ]

    procedure(name, inputs, outputs)(run)
    return name


def _fields(declared: str) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for field in filter(None, map(str.strip, declared.split(","))):
        name, type = field.split("::")
        pairs.append((name.strip(), type.strip()))
    return tuple(pairs)
