"""Queries and clauses: what each clause may read and binds."""

from dataclasses import dataclass

from memgraph_py.cypher import ast
from memgraph_py.cypher.tree import walk

_WRITES = (ast.Create, ast.Merge, ast.Set, ast.Remove, ast.Delete, ast.Foreach)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What analysis found. ``columns``: names of the result's columns, () when there is no RETURN."""

    columns: tuple[str, ...]
    parameters: frozenset[str]
    writes: bool


def analyse(query: ast.Query, text: str) -> Analysis:
    """The columns, parameters and kind of a query. ``text`` is where its offsets point."""
    del text
    parameters = frozenset(node.name for node in walk(query) if isinstance(node, ast.Parameter))
    writes = any(isinstance(node, _WRITES) for node in walk(query))
    return Analysis(_columns(query.parts[0]), parameters, writes)


def _columns(part: ast.SingleQuery) -> tuple[str, ...]:
    visible: list[str] = []
    for clause in part.clauses:
        bound: list[str | None] = []
        match clause:
            case ast.Match() | ast.Create():
                for pattern in clause.pattern:
                    bound += _pattern_variables(pattern)
            case ast.Merge():
                bound += _pattern_variables(clause.pattern)
            case ast.Unwind():
                bound.append(clause.variable)
            case ast.ProcedureCall():
                bound += [item.alias or item.column for item in clause.yields or ()]
            case ast.SubqueryCall():
                bound += _columns(clause.query.parts[0])
            case ast.With() | ast.Return():
                names = [item.alias or item.text for item in clause.projection.items]
                visible = [*visible, *names] if clause.projection.star else names
                if isinstance(clause, ast.Return):
                    return tuple(visible)
            case _:
                pass
        visible += [name for name in dict.fromkeys(bound) if name is not None and name not in visible]
    return ()


def _pattern_variables(pattern: ast.PatternPart) -> list[str | None]:
    variables = [pattern.variable]
    for index, node in enumerate(pattern.nodes):
        variables.append(node.variable)
        if index < len(pattern.relationships):
            variables.append(pattern.relationships[index].variable)
    return variables
