"""Subqueries in expressions: what stands around EXISTS, COUNT and COLLECT is seen in them all along, also behind a WITH
that does not name it. Source: Neo4j Cypher manual, "EXISTS subqueries", on variables of the outer scope.

    EXISTS { MATCH (a) WITH a WHERE a.x MATCH (a)-->(n) }      n is that of around: as if it read WITH a, n
"""

from collections.abc import Collection
from dataclasses import replace

from memgraph_py.cypher import ast
from memgraph_py.cypher.tree import walk


def seeing_all(query: ast.Query, outer: Collection[str]) -> ast.Query:
    """The query of an expression, in which each WITH hands on those of the outer variables that are used behind it."""
    if not any(isinstance(clause, ast.With) for part in query.parts for clause in part.clauses):
        return query
    return replace(query, parts=tuple(replace(part, clauses=_handed_on(part.clauses, outer)) for part in query.parts))


def _handed_on(clauses: tuple[ast.Clause, ...], outer: Collection[str]) -> tuple[ast.Clause, ...]:
    result: list[ast.Clause] = []
    used: set[str] = set()
    for clause in reversed(clauses):
        if isinstance(clause, ast.With) and not clause.projection.star:
            projection = clause.projection
            named = {item.alias or item.text for item in projection.items}
            more = tuple(
                ast.ProjectionItem(ast.Variable(name, clause.offset), None, name, clause.offset)
                for name in sorted(used.intersection(outer) - named)
            )
            clause = replace(clause, projection=replace(projection, items=projection.items + more))
        used |= _names(clause)
        result.append(clause)
    return tuple(result[::-1])


def _names(clause: ast.Clause) -> set[str]:
    """Names that stand in a clause."""
    names: set[str] = set()
    for node in walk(clause):
        match node:
            case ast.Variable(name):
                names.add(name)
            case ast.NodePattern() | ast.RelationshipPattern():
                names.add(node.variable or "")
            case ast.SubqueryCall():
                names.update(node.imports or ())
            case _:
                pass
    return names
