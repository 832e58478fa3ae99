"""Graph patterns as written."""

from memgraph_py.cypher.ast.expressions import Expression, MapLiteral, Parameter
from memgraph_py.cypher.ast.labels import LabelExpression
from memgraph_py.immutable import immutable
from memgraph_py.storage.view import Direction


@immutable
class NodePattern:
    """`(variable:A:B {…} WHERE …)`; ``variable`` None when not written; properties: MapLiteral or Parameter.
    ``labels`` are all demanded; ``label_expression`` is what is demanded besides."""

    variable: str | None
    labels: tuple[str, ...]
    properties: "MapLiteral | Parameter | None"
    predicate: Expression | None
    offset: int
    label_expression: LabelExpression | None = None


@immutable
class BreadthFirst:
    """`*BFS … (relationship, node | predicate)`: a shortest way to each node, along what meets the predicate, if there
    is one. Source: Memgraph documentation, "Breadth-first search"."""

    relationship: str
    node: str
    predicate: Expression | None


@immutable
class RelationshipPattern:
    """`-[variable:A|B *minimum..maximum {…} WHERE …]->`. ``variable_length`` True where a `*` stands or the whole is
    repeated, `->{1,3}`: then the predicate is of each. minimum and maximum None where not written (1, unbounded).
    direction: OUT `-->`, IN `<--`, BOTH `--` and `<-->`. ``types``: one of them, or any where there is none;
    ``type_expression``: what is demanded where that does not say it."""

    variable: str | None
    types: tuple[str, ...]
    direction: Direction
    variable_length: bool
    minimum: int | None
    maximum: int | None
    properties: "MapLiteral | Parameter | None"
    predicate: Expression | None
    offset: int
    type_expression: LabelExpression | None = None
    search: BreadthFirst | None = None


@immutable
class Selector:
    """`ANY SHORTEST`, `SHORTEST 3 GROUPS`: of the paths between two nodes the ``count`` shortest, or, where ``groups``,
    all those of the ``count`` least lengths. predicate: what is demanded of each before, `((a)-[r]->+(b) WHERE …)`.
    Source: Neo4j Cypher manual, "SHORTEST", "ANY"."""

    count: int
    groups: bool
    predicate: Expression | None


@immutable
class PatternPart:
    """`variable = (a)-[r]->(b)…`: nodes one more than relationships. function: None, `shortestpath`,
    `allshortestpaths`. selector: None for all paths."""

    variable: str | None
    nodes: tuple[NodePattern, ...]
    relationships: tuple[RelationshipPattern, ...]
    function: str | None
    offset: int
    selector: Selector | None = None
