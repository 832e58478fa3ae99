"""Estimates of rows, and that rules use them; on counts alone, without a graph."""

import pytest

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.optimizer import Statistics, largest_rows, optimise
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.printing import lines
from memgraph_py.planner import plan_query
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import IndexDefinition, SchemaDescriptor, SchemaRules, on_nodes
from memgraph_py.storage.view import Direction, GraphView


class Counts:
    """A view of which only the numbers are known."""

    def __init__(self, labels: dict[str, int], types: dict[str, int], indexes: list[tuple[str, str]]) -> None:
        self.schema = Schema()
        self._labels = {self.schema.labels.intern(name): count for name, count in labels.items()}
        self._types = {self.schema.types.intern(name): count for name, count in types.items()}
        ids = [(self.schema.labels.intern(label), self.schema.keys.intern(key)) for label, key in indexes]
        definitions = [IndexDefinition(f"{label}_{key}", on_nodes(label, key)) for label, key in ids]
        self.schema.set_rules(SchemaRules(tuple(definitions)))

    def node_count(self, label: int | None) -> int:
        """Of a label, or of all."""
        return sum(self._labels.values()) if label is None else self._labels.get(label, 0)

    def relationship_count(self, type: int | None) -> int:
        """Of a type, or of all."""
        return sum(self._types.values()) if type is None else self._types.get(type, 0)

    def end_counts_of(self, type: int, label: int) -> tuple[int, int]:
        """As if each label had its share of the ends."""
        count = self.relationship_count(type) * self.node_count(label) // self.node_count(None)
        return count, count

    def labels_at_ends(self, type: int, direction: Direction) -> frozenset[int]:
        """As if nodes of any label could be there."""
        return frozenset()

    def entry_count(self, on: SchemaDescriptor) -> int:
        """As if each node had all properties."""
        return self.node_count(on.token)

    def per_value(self, on: SchemaDescriptor) -> float:
        """As if values were unique."""
        return 1.0


@pytest.fixture
def view() -> GraphView:
    labels = {"User": 100_000, "Post": 1_000, "Tag": 10}
    return Counts(labels, {"KNOWS": 1_000_000, "LIKES": 50_000, "HAS": 3_000}, [("User", "id")])  # type: ignore[return-value]  # counts are all that is asked


def optimised(text: str, view: GraphView) -> Operator:
    """The optimised plan."""
    query = parse(text)
    assert isinstance(query, ast.Query)
    return optimise(plan_query(query, analyse(query, text), text), Statistics(view))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("RETURN 1", 1),
        ("MATCH (n:User {id: $id}) RETURN n", 1),
        ("MATCH (n:User) WHERE n.id IN $ids RETURN n", 10),
        ("MATCH (n:User) RETURN n.name", 100_000),
        ("MATCH (n) RETURN count(n)", 1),
        ("MATCH (n) RETURN count(n.name)", 101_010),
        ("UNWIND range(1, 5000) AS x RETURN x", 5_000),
        ("CREATE (:User)", 1),
        ("MATCH (n:User {id: 1}) CREATE (n)-[:KNOWS]->(:User)", 1),
    ],
)
def test_the_largest_number_of_rows(view: GraphView, text: str, rows: float) -> None:
    assert largest_rows(optimised(text, view), Statistics(view)) == pytest.approx(rows)


def test_expansions_multiply(view: GraphView) -> None:
    one = largest_rows(optimised("MATCH (n:User {id: 1})-[:KNOWS]->(m) RETURN m", view), Statistics(view))
    two = largest_rows(optimised("MATCH (n:User {id: 1})-[:KNOWS]->()-[:KNOWS]->(m) RETURN m", view), Statistics(view))
    assert one == pytest.approx(9.9, abs=0.1)
    assert two == pytest.approx(one * one, rel=1e-3)
    assert largest_rows(optimised("MATCH (n:User {id: 1})-[:KNOWS*]->(m) RETURN m", view), Statistics(view)) > 1_000


@pytest.mark.parametrize(
    ("text", "leaf"),
    [
        ("MATCH (u:User)-[:LIKES]->(p:Post) RETURN u, p", "LabelScan p:Post"),
        ("MATCH (u:User)-[:LIKES]->(p:Post)-[:HAS]->(t:Tag) RETURN u, t", "LabelScan t:Tag"),
        ("MATCH (p:Post)<-[:LIKES]-(u:User {id: $id}) RETURN p", "IndexSeek u:User(id = $id)"),
        ("MATCH (p:Post)<-[:LIKES]-(u) WHERE id(u) = $id RETURN p", "NodeById id(u) = $id"),
        ("MATCH (u:User:Tag) RETURN u", "LabelScan u:Tag"),
        ("MATCH (u:User)-[:KNOWS]->(v:User) WHERE v.id = 1 RETURN u", "IndexSeek v:User(id = 1)"),
        ("MATCH (u:User)-[:KNOWS*1..2]->(v:User {id: 1}) RETURN u", "IndexSeek v:User(id = 1)"),
    ],
)
def test_a_pattern_starts_where_fewest_rows_are_expected(view: GraphView, text: str, leaf: str) -> None:
    drawn = [line.lstrip("│├└─ ") for line in lines(optimised(text, view))]
    assert drawn[-2:] == [leaf, "Unit"]


def test_a_plan_made_on_an_empty_graph_seeks() -> None:
    empty: GraphView = Counts({}, {}, [("User", "id")])  # type: ignore[assignment]  # counts are all that is asked
    drawn = lines(optimised("MATCH (a:User {id: 1})-[:KNOWS]->(b:User {id: 2}) RETURN a", empty))
    assert any("IndexSeek a:User(id = 1)" in line for line in drawn)
