"""PROFILE runs the query and tells what each operator did; EXPLAIN runs nothing."""

from typing import Any

import pytest

from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.storage.store import GraphStore


@pytest.fixture
def session() -> Session:
    session = Database(GraphStore()).session()
    session.run("UNWIND range(1, 100) AS id CREATE (:User {id: id})-[:KNOWS]->(:City {id: id})").values()
    return session


def profiled(session: Session, text: str) -> tuple[list[list[Any]], list[dict[str, Any]]]:
    """Rows, and the operators from the root down the first inputs."""
    result = session.run(text)
    rows = result.values()
    profile: Any = result.summary().profile
    assert profile is not None and result.summary().plan is None
    operators = [profile]
    while operators[-1]["children"]:
        operators.append(operators[-1]["children"][0])
    return rows, operators


def test_rows_hits_and_time_by_operator(session: Session) -> None:
    rows, operators = profiled(session, "PROFILE MATCH (u:User)-[:KNOWS]->(c) WHERE u.id > 40 RETURN count(c)")
    assert rows == [[60]]
    by_name = {operator["operatorType"]: operator for operator in operators}
    assert {name: operator["rows"] for name, operator in by_name.items()} == {
        "Aggregate": 1,
        "Expand": 60,
        "Filter": 60,
        "LabelScan": 100,
        "Unit": 1,
    }
    assert by_name["LabelScan"]["dbHits"] == by_name["Filter"]["dbHits"] == 100
    assert by_name["Expand"]["dbHits"] >= 60 and by_name["Aggregate"]["dbHits"] == 0
    for operator in operators:
        arguments = operator["args"]
        assert (arguments["Rows"], arguments["DbHits"]) == (operator["rows"], operator["dbHits"])
        assert 0 <= operator["time"] < 60e9 and arguments["EstimatedRows"] >= 0
    assert operators[0]["args"]["string-representation"].startswith("Aggregate count(c)\n└─ ")


def test_subplans_in_expressions_count_for_their_operator(session: Session) -> None:
    _, operators = profiled(session, "PROFILE MATCH (u:User) WHERE EXISTS { (u)-->(:City) } RETURN u.id")
    assert [operator["operatorType"] for operator in operators[:2]] == ["Project", "Filter"]
    assert operators[1]["rows"] == 100 and operators[1]["dbHits"] >= 100


@pytest.mark.parametrize("explicit", [False, True])
def test_what_is_written_is_written(session: Session, explicit: bool) -> None:
    if explicit:
        session.begin()
    _, operators = profiled(session, "PROFILE MATCH (u:User {id: 7}) SET u.seen = true")
    assert [operator["operatorType"] for operator in operators[:2]] == ["Drain", "Set"]
    assert operators[1]["dbHits"] > 0
    if explicit:
        session.commit().result()
    assert session.run("MATCH (u:User) WHERE u.seen RETURN u.id").values() == [[7]]
    _, operators = profiled(session, "PROFILE UNWIND [1, 2] AS x CALL (x) { CREATE (:Z) } IN TRANSACTIONS OF 1 ROW")
    assert (
        operators[1]["operatorType"] == "InTransactions" and operators[1]["children"][1]["children"][0]["dbHits"] == 2
    )
    assert session.run("MATCH (z:Z) RETURN count(z)").values() == [[2]]


def test_explain_runs_nothing(session: Session) -> None:
    result = session.run("EXPLAIN CREATE (n:New) RETURN n")
    assert result.values() == [] and result.columns == ("n",)
    plan: Any = result.summary().plan
    assert plan["operatorType"] == "Create" and plan["args"]["EstimatedRows"] == 1.0 and "rows" not in plan
    assert session.run("MATCH (n:New) RETURN count(n)").values() == [[0]]
