"""What depends on parameters alone is computed once for a query."""

from dataclasses import replace

import pytest

from memgraph_py.columnar import Column
from memgraph_py.engine.database import Database
from memgraph_py.engine.statements import PreparedQuery
from memgraph_py.functions.registry import FUNCTIONS, Environment
from memgraph_py.plan.expressions import Constant
from memgraph_py.plan.printing import expression_text
from memgraph_py.plan.tree import walk
from memgraph_py.storage.store import GraphStore

pytestmark = pytest.mark.quick


def constants(text: str) -> list[str]:
    database = Database(GraphStore())
    prepared = database.core.statements.prepare(text, database.store.current)
    assert isinstance(prepared, PreparedQuery)
    return [expression_text(node) for node in walk(prepared.plan) if isinstance(node, Constant)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MATCH (u:User) WHERE u.born < date($text) RETURN u", ["date($text)"]),
        ("MATCH (u) WHERE u.id IN [x IN $list WHERE x > 1] RETURN u", ["[x IN $list WHERE x > $`#0`]"]),
        ("MATCH (u) WHERE u.x = $a + u.y * ($b - 1) RETURN u", ["$b - $`#0`"]),
        ("MATCH (u) WHERE u.x = $a RETURN u", []),
        ("CREATE (:User {id: $id, next: $id + $step})", ["$id + $step"]),
        ("MATCH (u) SET u += {x: $id % $n}", ["$id % $n"]),
        ("UNWIND range(1, 10) AS x RETURN x + rand() > $id AS above", []),
        ("MATCH (u) WHERE COUNT { (u)-->() } > toInteger($a) RETURN u", ["tointeger($a)"]),
    ],
)
def test_the_outermost_of_parameters_alone(text: str, expected: list[str]) -> None:
    assert [found.replace("$#0", "$`#0`") for found in constants(text)] == expected


def test_they_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    function, rows = FUNCTIONS["date"], list[int]()

    def counted(environment: Environment, columns: list[Column]) -> Column:
        rows.append(len(columns[0]))
        return function.apply(environment, columns)

    monkeypatch.setitem(FUNCTIONS, "date", replace(function, apply=counted))
    session = Database(GraphStore()).session()
    session.run("UNWIND range(1, 5000) AS id CREATE (:User {id: id, born: $day})", {"day": None}).values()
    query = "MATCH (u:User) WHERE u.born < date($text) OR u.id <= 3 RETURN count(*)"
    assert session.run(query, {"text": "2020-01-01"}).values() == [[3]]
    assert rows == [1]
    assert session.run(query, {"text": "2021-01-01"}).values() == [[3]]
    assert rows == [1, 1]
