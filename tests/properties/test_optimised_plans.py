"""An optimised plan gives the rows of the plan that it was made from, on any graph."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.config import Limits
from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.engine.database import Database
from memgraph_py.execution import execute
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.functions.registry import Environment
from memgraph_py.optimizer import optimise
from memgraph_py.optimizer.pipeline import trace
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.printing import lines
from memgraph_py.plan.verification import verify
from memgraph_py.planner import plan_query
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access, Transaction

NODE_COUNT = st.integers(1, 5)


class Clock:
    """A time that stands still."""

    def now_seconds(self) -> float:
        """Always the same."""
        return 0.0


@st.composite
def graphs(draw: st.DrawFn) -> list[str]:
    """Statements that make a small graph with loops, parallel relationships, two labels and two types."""
    count = draw(NODE_COUNT)
    labels = draw(st.lists(st.sampled_from(["", ":A", ":B", ":A:B"]), min_size=count, max_size=count))
    values = draw(st.lists(st.sampled_from(["1", "2", "null", "date('2020')"]), min_size=count, max_size=count))
    nodes = [
        f"(n{i}{label} {{x: {value}, id: {i}}})" for i, (label, value) in enumerate(zip(labels, values, strict=True))
    ]
    ends = st.tuples(st.integers(0, count - 1), st.sampled_from("RS"), st.integers(0, count - 1))
    relationships = [f"(n{a})-[:{kind} {{w: {a}}}]->(n{b})" for a, kind, b in draw(st.lists(ends, max_size=9))]
    return [f"CREATE {', '.join(nodes + relationships)}"]


@st.composite
def nodes(draw: st.DrawFn, name: str) -> str:
    """A node pattern."""
    label = draw(st.sampled_from(["", "", ":A", ":B", ":A:B"]))
    properties = draw(st.sampled_from(["", "", "", " {x: 1}", " {id: 1}"]))
    return f"({name}{label}{properties})"


@st.composite
def patterns(draw: st.DrawFn, first: str, names: list[str]) -> tuple[str, list[str]]:
    """A path pattern that begins at a node of that name; also the names of its nodes."""
    text = draw(nodes(first))
    bound = [first]
    for name in names[: draw(st.integers(0, 3))]:
        types = draw(st.sampled_from(["", "", ":R", ":S", ":R|S", "*1..2", ":R*0..2", "*2..3"]))
        left, right = draw(st.sampled_from([("-", "->"), ("-", "->"), ("<-", "-"), ("-", "-")]))
        target = draw(st.sampled_from([name, name, name, "", bound[0]]))
        text += f"{left}[{types}]{right}{draw(nodes(target)) if target == name else f'({target})'}"
        if target == name:
            bound.append(name)
    return text, bound


@st.composite
def predicates(draw: st.DrawFn, names: list[str]) -> str:
    """A condition over some of the nodes."""
    one, other = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    return draw(
        st.sampled_from(
            [
                f"{one}.x = 1",
                f"{one}.x = {other}.x",
                f"{one}.x IN [1, date('2020-01-01')] OR {other}:B",
                f"{one}.x >= date('2019') OR {other}.x = 2",
                f"NOT {one}.x > 1",
                f"{one}.id < {other}.id AND {one}:A",
                f"{one}.id = 1 AND {other}.x IS NOT NULL",
                f"({one})-->({other})",
                f"EXISTS {{ MATCH ({one})-[:R]->(z) WHERE z.x = {other}.x }}",
                f"id({one}) = 1",
                f"1 / ({one}.id + 1) >= 0",
            ]
        )
    )


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A reading query."""
    pattern, names = draw(patterns("a", ["b", "c", "d"]))
    parts = [f"MATCH {pattern}"]
    if draw(st.booleans()):
        parts.append(f"WHERE {draw(predicates(names))}")
    match draw(st.sampled_from(["", "", "match", "optional", "with", "limit", "unwind"])):
        case "match" | "optional" as kind:
            more, found = draw(patterns(draw(st.sampled_from(["e", names[0]])), ["f", "g"]))
            parts.append(f"{'OPTIONAL ' if kind == 'optional' else ''}MATCH {more}")
            names = list(dict.fromkeys(names + found))
            if draw(st.booleans()):
                parts.append(f"WHERE {draw(predicates(names))}")
        case "with":
            names = names[: draw(st.integers(1, len(names)))]
            parts.append(f"WITH {', '.join(names)} WHERE {draw(predicates(names))}")
        case "limit":
            parts.append(f"WITH {', '.join(names)} ORDER BY {', '.join(f'{name}.id' for name in names)} LIMIT 3")
            parts.append(f"WITH * WHERE {draw(predicates(names))}")
        case "unwind":
            parts.append(f"UNWIND [1, 2] AS u WITH u, {', '.join(names)} WHERE u = {names[0]}.x")
    name = draw(st.sampled_from(names))
    every = ", ".join(f"{name}.id AS {name}" for name in names)
    parts.append(
        draw(
            st.sampled_from(
                [
                    f"RETURN {every}",
                    f"RETURN DISTINCT {name}.id AS i",
                    f"RETURN count(DISTINCT {name}) AS c",
                    f"RETURN {name}.x AS x, count(*) AS c",
                    f"RETURN {every} ORDER BY {name}.id",
                    f"RETURN max({name}.id) AS m, min({name}.x) AS n",
                    f"RETURN COUNT {{ ({name})-->() }} AS c, size([({name})-->(z) | z.x]) AS s",
                ]
            )
        )
    )
    return " ".join(parts)


def rows(plan: Operator, transaction: Transaction) -> Counter[str]:
    """How often each row is given."""
    context = ExecutionContext(transaction, Environment(transaction, Clock(), lambda: 0.5), {}, Limits())
    return Counter(repr(record) for batch in execute(plan, context) for record in batch.records())


@settings(max_examples=100, deadline=None)
@given(graphs(), st.lists(queries(), min_size=1, max_size=6), st.booleans())
def test_optimised_plans_give_the_same_rows(graph: list[str], texts: list[str], indexed: bool) -> None:
    database = Database(GraphStore(), Limits())
    session = database.session()
    for statement in graph:
        session.run(statement).values()
    if indexed:
        session.run("CREATE INDEX ON :A(x)").values()
        session.run("CREATE INDEX ON :B(id)").values()
    store = database.store
    transaction = store.begin(Access.READ)
    for text in texts:
        query = parse(text)
        assert isinstance(query, ast.Query)
        plan = plan_query(query, analyse(query, text), text)
        expected = rows(plan, transaction)
        optimised = optimise(plan, transaction)
        for name, changed in trace(plan, transaction):
            verify(changed)
            assert rows(changed, transaction) == expected, "\n".join([text, *graph, name, *lines(changed)])
        assert rows(optimised, transaction) == expected
    store.rollback(transaction)
    session.close()
