"""Subqueries: what stands around EXISTS, COUNT and COLLECT, and what `CALL (x) { … }` takes in, is seen in them all
along, also behind a WITH that does not name it. Source: Neo4j Cypher manual, "EXISTS subqueries" and "CALL
subqueries", on variables of the outer scope.

    EXISTS { MATCH (a) WITH a WHERE a.x MATCH (a)-->(n) }   n is that of around: as if it read WITH a, n
    CALL (x) { … RETURN DISTINCT a ORDER BY x - a }         as if it read WITH DISTINCT a, x ORDER BY x - a RETURN a
"""

from collections.abc import Collection
from dataclasses import replace

from memgraph_py.cypher import ast
from memgraph_py.cypher.tree import name_of, walk
from memgraph_py.functions.registry import AGGREGATES


def seeing_all(query: ast.Query, outer: Collection[str], *, always: bool = True) -> ast.Query:
    """The subquery, in which each WITH hands on those of the outer variables that are used in or behind it: as columns,
    or, where it aggregates everything and not ``always``, kept beside them."""
    parts = []
    for part in query.parts:
        clauses = _sorted_before(part.clauses, outer)
        if any(isinstance(clause, ast.With) for clause in clauses):
            part = replace(part, clauses=_handed_on(clauses, outer, always))
        parts.append(part)
    return replace(query, parts=tuple(parts))


def _sorted_before(clauses: tuple[ast.Clause, ...], outer: Collection[str]) -> tuple[ast.Clause, ...]:
    """The clauses, with a WITH before a RETURN that groups or removes duplicates and is in an order of what stands
    around."""
    *before, last = clauses
    if not isinstance(last, ast.Return) or last.projection.star:
        return clauses
    projection, offset = last.projection, last.offset
    names = [name_of(item) for item in projection.items]
    if set(outer).difference(names).isdisjoint(set[str]().union(*map(_names, projection.order_by))):
        return clauses
    if not projection.distinct and not any(_counts(item) for item in projection.items):
        return clauses
    named = tuple(replace(item, alias=name) for item, name in zip(projection.items, names, strict=True))
    columns = tuple(
        ast.ProjectionItem(ast.Variable(name, item.offset), name, name, item.offset)
        for item, name in zip(named, names, strict=True)
    )
    return (
        *before,
        ast.With(replace(projection, items=named), None, offset),
        ast.Return(ast.Projection(False, False, columns, (), None, None), offset),
    )


def _handed_on(clauses: tuple[ast.Clause, ...], outer: Collection[str], always: bool) -> tuple[ast.Clause, ...]:
    result: list[ast.Clause] = []
    used: set[str] = set()
    for clause in reversed(clauses):
        if isinstance(clause, ast.With) and not clause.projection.star:
            projection = clause.projection
            own = _names(clause.where).union(*map(_names, projection.order_by))
            named = {name_of(item) for item in projection.items}
            more = sorted((used | own).intersection(outer) - named)
            if always or not _counts_all(clause):
                items = tuple(
                    ast.ProjectionItem(ast.Variable(name, clause.offset), None, name, clause.offset) for name in more
                )
                clause = replace(clause, projection=replace(projection, items=projection.items + items))
            else:
                clause = replace(clause, kept=tuple(more))
        used |= _names(clause)
        result.append(clause)
    return tuple(result[::-1])


def _counts_all(clause: ast.With) -> bool:
    """True where every column is an aggregate: one row, of which a column beside them would make none where nothing is
    counted. Source: Neo4j 5, which lets it for EXISTS, COUNT and COLLECT, and not for CALL."""
    return all(map(_counts, clause.projection.items))


def _counts(item: ast.ProjectionItem) -> bool:
    """True for a column with an aggregate."""
    return any(isinstance(node, ast.FunctionCall) and node.name.lower() in AGGREGATES for node in walk(item.expression))


def _names(part: object) -> set[str]:
    """Names that stand in a clause or in what it is made of."""
    names: set[str] = set()
    for node in walk(part):
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
