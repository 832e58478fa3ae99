"""Queries and clauses: which clause may stand where, what each may read, and what it binds."""

from collections.abc import Callable, Collection
from typing import assert_never

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis.expressions import check, check_names, check_predicate, check_property
from memgraph_py.cypher.analysis.kinds import (
    ANY,
    BOOLEAN,
    INTEGER,
    MAP,
    NODE,
    NULL,
    RELATIONSHIP,
    STRING,
    Kind,
    element_of,
    is_known,
    is_list,
    list_of,
)
from memgraph_py.cypher.analysis.patterns import (
    bind_create,
    bind_match,
    bind_merge,
    check_predicate_pattern,
    check_shortest_path,
)
from memgraph_py.cypher.analysis.procedures import check_procedure, check_table
from memgraph_py.cypher.analysis.projections import check_aliases, project
from memgraph_py.cypher.analysis.scopes import Findings, Met, Place, Scope
from memgraph_py.cypher.analysis.transactions import check_transactions
from memgraph_py.cypher.lexer import position
from memgraph_py.cypher.surroundings import seeing_all
from memgraph_py.cypher.tree import walk
from memgraph_py.errors import DatabaseNotFound
from memgraph_py.functions.procedures import ALIASES, DATABASE
from memgraph_py.immutable import immutable

_UPDATES = (ast.Create, ast.Merge, ast.Set, ast.Remove, ast.Delete, ast.Foreach)


@immutable
class Analysis:
    """What analysis found. ``columns``: names of the result's columns, () when there is none; ``parameters``: all that
    the query names, those that a standalone CALL without brackets takes by name among them."""

    columns: tuple[str, ...]
    parameters: frozenset[str]
    writes: bool
    in_transactions: bool
    met: Met


def analyse(query: ast.Query, text: str) -> Analysis:
    """Check a query; ``text`` is where its offsets point.

    Raises CypherSyntaxError, CypherTypeError, ProcedureNotFound or DatabaseNotFound, with the position and the TCK's
    detail.
    """
    findings = Findings(text, _Nested())
    place = Place({}, findings)
    columns = _check_query(query, place, ending=_check_ending)
    in_transactions = check_transactions(query, place)
    return Analysis(tuple(columns), frozenset(findings.parameters), findings.writes, in_transactions, findings.met)


# ------------------------------------------------------------------------------------------------------------ queries

_Ending = Callable[[ast.SingleQuery, Place], None]
"""Checks how a single query ends: what is enough depends on where it stands."""


def _check_query(query: ast.Query, place: Place, *, ending: _Ending, importing: bool = False) -> Scope:
    """Check a query that starts from the place's scope; gives its columns. ``importing``: a leading WITH takes
    variables of the place's scope, and nothing else is seen of it."""
    if len(set(query.union_all)) > 1:
        raise place.error(
            "UNION and UNION ALL cannot be mixed in one query", query.parts[2].offset, "InvalidClauseComposition"
        )
    results = []
    for part in query.parts:
        start = _imported(part, place) if importing else Place(dict(place.scope), place.findings)
        results.append(_check_part(part, start, standalone=len(query.parts) == 1))
        ending(part, place)
    first = results[0]
    for part, columns in zip(query.parts[1:], results[1:], strict=True):
        if set(columns) != set(first):
            raise place.error("all parts of a UNION need the same columns", part.offset, "DifferentColumnsInUnion")
    return {name: _either(name, results) for name in first}


def _either(name: str, results: list[Scope]) -> Kind:
    kinds = {columns[name] for columns in results}
    return kinds.pop() if len(kinds) == 1 else ANY


def _imported(part: ast.SingleQuery, place: Place) -> Place:
    """The start of a CALL { WITH x … }: only what its first WITH names, as it is, can be seen by it."""
    first = part.clauses[0]
    if not isinstance(first, ast.With) or first.projection.star:
        return Place(dict(place.scope) if isinstance(first, ast.With) else {}, place.findings)
    names = [item.expression for item in first.projection.items]
    return Place(
        {
            name.name: place.scope[name.name]
            for name in names
            if isinstance(name, ast.Variable) and name.name in place.scope
        },
        place.findings,
    )


def _check_part(part: ast.SingleQuery, place: Place, *, standalone: bool) -> Scope:
    """Check the clauses of a single query; gives its columns."""
    columns: Scope = {}
    if part.use is not None:
        _check_database(part.use, place)
    place.findings.met.clauses += part.clauses
    for index, clause in enumerate(part.clauses):
        if isinstance(clause, (ast.Return, ast.Finish)) and index < len(part.clauses) - 1:
            name = type(clause).__name__.upper()
            raise _misplaced(f"{name} has to be the last clause", part.clauses[index + 1], place)
        if isinstance(clause, ast.Return):
            columns = _check_return(clause, place)
        elif isinstance(clause, ast.ProcedureCall):
            columns = check_procedure(clause, place, standalone=standalone and len(part.clauses) == 1)
        elif isinstance(clause, ast.TableCall):
            columns = check_table(clause, place)
        elif isinstance(clause, ast.With):
            place = _check_with(clause, place)
        else:
            _check_clause(clause, place)
    return columns


def _check_database(use: ast.Use, place: Place) -> None:
    if use.name.lower() not in (DATABASE, *ALIASES):
        message = f"there is no database '{use.name[:100]}'"
        here = position(place.findings.text, use.offset)
        raise DatabaseNotFound(message, hint=f"leave USE out, or name '{DATABASE}'", position=here)


def _check_ending(part: ast.SingleQuery, place: Place) -> None:
    """Raises where a query ends in a clause that has no effect."""
    last = part.clauses[-1]
    if isinstance(part.clauses[0], ast.TableCall):  # what follows YIELD may be WITH's, and gives the columns
        return
    if isinstance(last, ast.Match | ast.Unwind | ast.With | ast.LoadCsv):
        name = "LOAD CSV" if isinstance(last, ast.LoadCsv) else type(last).__name__.upper()
        raise _misplaced(f"a query cannot end with {name}: it needs a RETURN or an update", last, place)


def _check_anything(part: ast.SingleQuery, place: Place) -> None:
    """A subquery of EXISTS and COUNT needs no RETURN."""
    if isinstance(part.clauses[-1], ast.With):
        _check_ending(part, place)


# ------------------------------------------------------------------------------------------------------------ clauses


def _check_clause(
    clause: ast.Match
    | ast.Unwind
    | ast.Create
    | ast.Merge
    | ast.Set
    | ast.Remove
    | ast.Delete
    | ast.Foreach
    | ast.SubqueryCall
    | ast.LoadCsv
    | ast.Finish,
    place: Place,
) -> None:
    """Check a clause that adds to the scope and leaves the rest of it."""
    if isinstance(clause, _UPDATES):
        place.findings.writes = True
    match clause:
        case ast.Match():
            bind_match(clause.pattern, place)
            for hint in clause.hints:
                for name in hint.variables:
                    if name not in place.scope:
                        raise place.undefined(name, hint.offset)
            if clause.where is not None:
                check_predicate(clause.where, place)
        case ast.Unwind():
            kind = check(clause.list, place)
            _bind(clause.variable, element_of(kind) if is_list(kind) else ANY, clause.offset, place)
        case ast.Create():
            bind_create(clause.pattern, place)
        case ast.Merge():
            bind_merge(clause.pattern, place)
            _check_set(clause.on_create + clause.on_match, place)
        case ast.Set():
            _check_set(clause.items, place)
        case ast.Remove():
            for item in clause.items:
                _check_remove(item, place)
        case ast.Delete():
            for expression in clause.expressions:
                _check_deleted(expression, place)
        case ast.Foreach():
            _check_foreach(clause, place)
        case ast.SubqueryCall():
            _check_subquery_call(clause, place)
        case ast.LoadCsv():
            check(clause.source, place)
            _bind(clause.variable, MAP if clause.headers else list_of(STRING), clause.offset, place)
        case ast.Finish():
            pass
        case _:
            assert_never(clause)


def _check_with(clause: ast.With, place: Place) -> Place:
    columns = project(clause.projection, place, clause.where, clause.kept)
    check_aliases(clause.projection, place)
    return Place(columns, place.findings)


def _check_return(clause: ast.Return, place: Place) -> Scope:
    if clause.projection.star and not place.scope:
        raise place.error("RETURN * needs a variable", clause.offset, "NoVariablesInScope")
    return project(clause.projection, place)


def _check_set(items: tuple[ast.SetItem, ...], place: Place) -> None:
    for item in items:
        match item:
            case ast.SetPropertyItem():
                check_property(item, place)
                check(item.value, place)
            case ast.SetPropertyNamedItem():
                _check_named(item.subject, item.key, place)
                check(item.value, place)
            case ast.SetPropertiesItem():
                _check_element(item.variable, item.offset, place)
                kind = check(item.value, place)
                if is_known(kind) and (is_list(kind) or kind.name not in ("MAP", "NODE", "RELATIONSHIP")):
                    raise place.error(
                        f"properties come from a map, not from {kind.described}",
                        item.value.offset,
                        "InvalidArgumentType",
                    )
            case ast.SetLabelsItem():
                _check_labels(item, place)
            case _:
                assert_never(item)


def _check_remove(item: ast.RemoveItem, place: Place) -> None:
    match item:
        case ast.RemovePropertyItem():
            check_property(item, place)
        case ast.RemovePropertyNamedItem():
            _check_named(item.subject, item.key, place)
        case ast.RemoveLabelsItem():
            _check_labels(item, place)
        case _:
            assert_never(item)


def _check_labels(item: ast.SetLabelsItem | ast.RemoveLabelsItem, place: Place) -> None:
    _check_element(item.variable, item.offset, place, labels=True)
    for part in item.named:
        check_names(part.names, place)


def _check_named(subject: ast.Expression, key: ast.Expression, place: Place) -> None:
    """Raises where `subject[key]` cannot be a property of an element."""
    kind, key_kind = check(subject, place), check(key, place)
    if kind not in (ANY, NULL, NODE, RELATIONSHIP):
        raise place.error(f"{kind.described} has no properties to change", subject.offset, "InvalidArgumentType")
    if key_kind not in (ANY, NULL, STRING):
        raise place.error(
            f"a property is named by a string, not by {key_kind.described}", key.offset, "InvalidArgumentType"
        )


def _check_element(name: str, offset: int, place: Place, *, labels: bool = False) -> None:
    """Raises where a variable cannot be an element, or where it is none that has labels."""
    kind = place.scope.get(name)
    if kind is None:
        raise place.undefined(name, offset)
    if kind not in ((ANY, NULL, NODE) if labels else (ANY, NULL, NODE, RELATIONSHIP)):
        what = "labels" if labels else "properties"
        raise place.error(f'"{name}" is {kind.described}, which has no {what}', offset, "InvalidArgumentType")


def _check_deleted(expression: ast.Expression, place: Place) -> None:
    if isinstance(expression, ast.LabelPredicate):
        raise place.error("a label is removed by REMOVE, not deleted", expression.offset, "InvalidDelete")
    kind = check(expression, place)
    if is_known(kind) and kind.name not in ("NODE", "RELATIONSHIP", "PATH"):
        raise place.error(f"{kind.described} cannot be deleted", expression.offset, "InvalidArgumentType")


def _check_foreach(clause: ast.Foreach, place: Place) -> None:
    kind = check(clause.list, place)
    inner = Place({**place.scope, clause.variable: element_of(kind)}, place.findings)
    met = place.findings.met
    before = len(met.clauses)
    met.clauses += clause.clauses
    for update in clause.clauses:
        if not isinstance(update, _UPDATES):
            raise _misplaced("FOREACH holds only updates", update, place)
        _check_clause(update, inner)
    _keep_what_merges_set(met, before)


def _check_subquery_call(clause: ast.SubqueryCall, place: Place) -> None:
    before = len(place.findings.met.clauses)
    if clause.imports is None and not clause.imports_all:
        columns = _check_query(clause.query, place, ending=_check_ending, importing=True)
    else:
        imported = tuple(place.scope) if clause.imports is None else clause.imports
        for name in imported:
            if name not in place.scope:
                raise place.undefined(name, clause.offset)
        inner = Place({name: place.scope[name] for name in imported}, place.findings)
        _check_not_hidden(clause.query, imported, place)
        columns = _check_query(seeing_all(clause.query, imported, always=False), inner, ending=_check_ending)
    _keep_what_merges_set(place.findings.met, before)
    for name, kind in columns.items():
        _bind(name, kind, clause.offset, place)
    place.findings.transactions |= clause.transactions is not None
    if clause.transactions is not None and clause.transactions.status is not None:
        _bind(clause.transactions.status, MAP, clause.offset, place)


def _keep_what_merges_set(met: Met, before: int) -> None:
    """Literals in ON CREATE and ON MATCH stay as they are written where several MERGEs of what is carried out for each
    row, whose clauses were met after those ``before``, may set the same: the planner asks whether they do."""
    merges = [clause for clause in met.clauses[before:] if isinstance(clause, ast.Merge)]
    kept = {
        part.offset
        for merge in merges
        for item in merge.on_create + merge.on_match
        for part in walk(item)
        if isinstance(part, ast.Literal | ast.ListLiteral)
    }
    if kept and len(merges) > 1:
        met.literals[:] = [literal for literal in met.literals if literal.offset not in kept]


def _check_not_hidden(query: ast.Query, outer: Collection[str], place: Place) -> None:
    """Raises where a WITH gives another value the name of what the subquery sees of around."""
    for clause in (clause for part in query.parts for clause in part.clauses):
        for item in clause.projection.items if isinstance(clause, ast.With) else ():
            expression = item.expression
            same_variable = isinstance(expression, ast.Variable) and expression.name == item.alias
            if item.alias in outer and not same_variable:
                raise place.error(
                    f'variable "{item.alias}" is already bound around the subquery',
                    item.offset,
                    "VariableAlreadyBound",
                    hint="give the column another name",
                )


def _bind(name: str, kind: Kind, offset: int, place: Place) -> None:
    if name in place.scope:
        raise place.error(f'variable "{name}" is already bound', offset, "VariableAlreadyBound")
    place.scope[name] = kind


def _misplaced(message: str, clause: ast.Clause, place: Place) -> Exception:
    return place.error(message, clause.offset, "InvalidClauseComposition")


# --------------------------------------------------------------------------- patterns and queries inside expressions


class _Nested:
    """What expressions hold of patterns and queries."""

    def pattern_predicate(self, predicate: ast.PatternPredicate, place: Place) -> None:
        """Check a pattern used as a truth value. Raises where none is asked for."""
        if not place.predicate:
            raise place.error(
                "a pattern cannot be used as a value; use a pattern comprehension, EXISTS or COUNT",
                predicate.offset,
                "UnexpectedSyntax",
            )
        check_predicate_pattern(predicate.pattern, place)

    def shortest_path(self, pattern: ast.PatternPart, place: Place) -> None:
        """Check shortestPath() as an expression."""
        check_shortest_path(pattern, place)

    def pattern_comprehension(self, comprehension: ast.PatternComprehension, place: Place) -> Kind:
        """Check a pattern comprehension; its new variables are its own."""
        inner = place.with_variables({})
        bind_match((comprehension.pattern,), inner)
        if comprehension.predicate is not None:
            check_predicate(comprehension.predicate, inner)
        return list_of(check(comprehension.result, inner))

    def subquery(self, expression: ast.ExistsSubquery | ast.CountSubquery | ast.CollectSubquery, place: Place) -> Kind:
        """Check EXISTS, COUNT and COLLECT; they see what stands around them and change nothing."""
        for node in walk(expression.query):
            if isinstance(node, _UPDATES):
                raise _misplaced("a subquery in an expression cannot write", node, place)
        inner = Place(dict(place.scope), place.findings)
        outside = place.findings.aggregates
        is_list = isinstance(expression, ast.CollectSubquery)
        _check_not_hidden(expression.query, place.scope, place)
        query = seeing_all(expression.query, place.scope)
        columns = _check_query(query, inner, ending=_check_ending if is_list else _check_anything)
        place.findings.aggregates = outside
        if not is_list:
            return BOOLEAN if isinstance(expression, ast.ExistsSubquery) else INTEGER
        if len(columns) != 1:
            raise place.error("COLLECT needs exactly one column", expression.offset, "InvalidClauseComposition")
        return list_of(next(iter(columns.values())))
