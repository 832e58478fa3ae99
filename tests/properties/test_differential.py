"""The same query on the same graph gives the same rows, however it is run.

The measure is the plan as the planner made it, without any rule, on a committed graph without indexes, in batches of
the usual size. A query that errs there may do anything elsewhere, as rules may leave out what erred, and LIMIT may end
before it; one that does not err there errs nowhere.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.config import Limits
from memgraph_py.optimizer import answer_once, growth, meetings, order_by_index, read_once
from memgraph_py.optimizer.pipeline import RULES, Rule
from tests.grammar.worlds import Case, World, answers, case, cases

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def check(given: Case, world: World, rules: tuple[Rule, ...], what: str) -> int:
    """How many queries give rows; fails with the first that gives other rows in that world with these rules."""
    plain = World(given.graph)
    answered = 0
    for query in given.queries:
        expected = plain.answer(query, ())
        if expected.error is not None:
            continue
        answered += 1
        found = world.answer(query, rules)
        assert found == expected, f"{what}\n{given.graph}\n{query.text}"
    plain.close()
    world.close()
    return answered


chances = st.randoms(use_true_random=False)


@settings(max_examples=40)
@given(chances)
def test_rows_are_the_same_with_all_rules_and_with_each_off(chance: random.Random) -> None:
    """Shrinks to a small query."""
    made = case(chance, 2)
    for left_out in (None, *RULES):
        rules = tuple(rule for rule in RULES if rule is not left_out)
        name = "all rules" if left_out is None else f"without {left_out.__name__}"
        check(made, World(made.graph, indexed=True), rules, name)


@pytest.mark.parametrize("left_out", [None, *RULES], ids=lambda rule: rule.__name__ if rule else "none")
def test_rows_are_the_same_without_a_rule(left_out: Rule | None, generated_cases: int) -> None:
    rules = tuple(rule for rule in RULES if rule is not left_out)
    total = answered = 0
    for made in cases(0, generated_cases):
        answered += check(made, World(made.graph, indexed=True), rules, "indexed")
        total += len(made.queries)
    assert answered > total * 0.9, "too many queries err: the generator is to be mended"


def test_rows_are_the_same_where_joins_cost_nothing(generated_cases: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs so small are never worth a join of two sides that meet, a subquery that is answered for all nodes, rows in
    the order of an index, or a property that is kept."""
    for module in (growth, meetings):
        monkeypatch.setattr(module, "JOIN_ROWS", -1e12)
    monkeypatch.setattr(answer_once, "ONCE_ROWS", 0.0)
    monkeypatch.setattr(order_by_index, "ELEMENTS_MIN", 0.0)
    monkeypatch.setattr(order_by_index, "IN_ORDER_ROWS", 0.0)
    monkeypatch.setattr(read_once, "ROWS_MIN", 0.0)
    for made in cases(4_000_000, 2 * generated_cases):
        check(made, World(made.graph, indexed=True), RULES, "joined")


@pytest.mark.parametrize(("smallest", "largest"), [(1, 1), (1, 2), (16, 16)])
def test_rows_are_the_same_in_batches_of_any_size(smallest: int, largest: int, generated_cases: int) -> None:
    limits = Limits(batch_rows_min=smallest, batch_rows_max=largest)
    for made in cases(1_000_000, generated_cases):
        check(made, World(made.graph, limits=limits), RULES, f"batches of {smallest} to {largest}")


@pytest.mark.parametrize("indexed", [False, True])
def test_rows_are_the_same_in_the_transaction_that_made_the_graph(indexed: bool, generated_cases: int) -> None:
    for made in cases(2_000_000, generated_cases):
        check(made, World(made.graph, indexed=indexed, uncommitted=True), RULES, f"uncommitted, indexed: {indexed}")


def test_rows_are_the_same_where_kernels_are_interpreted(generated_cases: int) -> None:
    """The kernels as Python runs them, in a process of its own."""
    first, count = 3_000_000, generated_cases
    ended = subprocess.run(
        [sys.executable, "-m", "tests.grammar.worlds", str(first), str(count)],
        cwd=REPOSITORY,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert ended.returncode == 0, ended.stderr
    interpreted = json.loads(ended.stdout)
    queries = [(made.graph, query.text) for made in cases(first, count) for query in made.queries]
    compiled = json.loads(json.dumps(answers(first, count)))
    for (graph, text), found, expected in zip(queries, interpreted, compiled, strict=True):
        assert found == expected, f"{graph}\n{text}"


@pytest.fixture
def generated_cases(request: pytest.FixtureRequest) -> int:
    """How many graphs, each with ten queries: with --endurance two hundred times as many."""
    return 4_000 if request.config.getoption("--endurance") else 20
