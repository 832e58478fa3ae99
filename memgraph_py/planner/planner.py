"""From checked syntax to a plan: a fold over clauses, (plan, scope), clause → (plan, scope).

The plan is straightforward, not good: the optimiser chooses indexes and orders. What is decided here is meaning:
bindings, uniqueness, order of effects (``isolation``).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import Analysis
from memgraph_py.cypher.analysis.procedures import find_table
from memgraph_py.cypher.surroundings import seeing_all
from memgraph_py.functions.registry import PROCEDURES, TABLES
from memgraph_py.plan.expressions import Expression, Literal, Parameter, Variable
from memgraph_py.plan.operators import (
    Apply,
    Argument,
    Distinct,
    Drain,
    Eager,
    Filter,
    InTransactions,
    LoadCsv,
    Operator,
    Optional,
    ProcedureCall,
    Project,
    Union,
    Unit,
    Unwind,
)
from memgraph_py.plan.variables import columns
from memgraph_py.planner.apart import apart
from memgraph_py.planner.isolation import isolate
from memgraph_py.planner.patterns import match_pattern, pattern_graph
from memgraph_py.planner.projections import project
from memgraph_py.planner.scope import Scope, narrowed, with_leaf
from memgraph_py.planner.translate import conjuncts, translate
from memgraph_py.planner.updates import create, delete, merge, remove_items, set_items

ROWS_OF_TRANSACTION = 1_000
"""Of IN TRANSACTIONS where it is not said; as in Neo4j."""


def plan_query(
    query: ast.Query, analysis: Analysis, text: str, literals: Mapping[int, str] = MappingProxyType({})
) -> Operator:
    """The plan, not yet optimised. Its columns are ``analysis.columns`` in order; without any it ends in Drain.

    ``text`` is where the offsets point. ``literals``: by their offset, names of parameters that stand for some of them.
    Raises CypherSyntaxError for what is accepted and not supported yet.
    """
    planner = Planner()
    scope = Scope((), planner, text, literals)
    operator, scope = planner.query(query, Unit(), scope)
    if not analysis.columns:
        return isolate(Drain(operator)) if analysis.writes else Drain(operator)
    names = scope.variables if set(scope.variables) != set(analysis.columns) else analysis.columns
    if columns(operator) != analysis.columns:
        operator = Project(operator, analysis.columns, tuple(map(Variable, names)))
    return isolate(operator) if analysis.writes else operator


class Planner:
    """The clause planner; also plans what stands inside expressions."""

    def matches(
        self, pattern: ast.PatternPart, predicate: ast.Expression | None, start: Operator, scope: Scope
    ) -> tuple[Operator, Scope]:
        """The start's rows with each match of one pattern."""
        return match_pattern(pattern_graph((pattern,), scope), predicate, start, scope)

    def query(self, query: ast.Query, start: Operator, scope: Scope) -> tuple[Operator, Scope]:
        """The query's rows over the start's; the scope is exactly its columns."""
        operator, result = self._single(query.parts[0], start, scope)
        if len(query.parts) > 1 and _only_changes(query.parts[0]):
            operator = Drain(operator)
            for part in query.parts[1:]:
                operator = Union(operator, Drain(self._single(part, start, scope)[0]))
            return operator, scope.only(())
        if len(query.parts) > 1:
            operator = _exactly(operator, result.variables)  # a Union has the columns of its left side
        for part in query.parts[1:]:
            right, _ = self._single(part, start, scope)
            operator = Union(operator, _exactly(right, result.variables))
        if not all(query.union_all):
            operator = Distinct(operator, result.variables)
        return operator, result

    def _single(self, query: ast.SingleQuery, operator: Operator, scope: Scope) -> tuple[Operator, Scope]:
        standalone = len(query.clauses) == 1
        for clause in query.clauses:
            if standalone and isinstance(clause, ast.ProcedureCall):
                return self._procedure(clause, operator, scope, standalone=True)
            if isinstance(operator, InTransactions) and not isinstance(clause, ast.Return | ast.Finish):
                operator = Eager(operator)  # all of them are over before the next clause reads
            operator, scope = self._clause(clause, operator, scope)
        return operator, scope

    def _clause(self, clause: ast.Clause, operator: Operator, scope: Scope) -> tuple[Operator, Scope]:
        match clause:
            case ast.Match():
                return self._match(clause, operator, scope)
            case ast.Unwind(elements, variable):
                values = translate(elements, scope)
                inner = scope.bind(variable, plain=scope.plain_of({variable: values}))
                return Unwind(operator, values, variable), inner
            case ast.With(projection, where, _, kept):
                return project(projection, where, operator, scope, kept, scope.origins)
            case ast.Return(projection):
                return project(projection, None, operator, scope)
            case ast.Create():
                return create(clause, operator, scope)
            case ast.Merge():
                return merge(clause, operator, scope)
            case ast.Set():
                return set_items(clause, operator, scope), scope
            case ast.Remove():
                return remove_items(clause, operator, scope), scope
            case ast.Delete():
                return delete(clause, operator, scope), scope
            case ast.ProcedureCall():
                return self._procedure(clause, operator, scope, standalone=False)
            case ast.TableCall():
                return self._table(clause, operator, scope)
            case ast.Foreach():
                return self._foreach(clause, operator, scope), scope
            case ast.SubqueryCall():
                return self._subquery(clause, operator, scope)
            case ast.LoadCsv(headers, source, variable, terminator):
                number, file = scope.fresh(), scope.fresh()
                load = LoadCsv(operator, translate(source, scope), variable, headers, terminator, number, file)
                inner = scope.bind(variable, plain=frozenset((variable,)))
                return load, inner.loaded((("linenumber", number), ("file", file)))
            case ast.Finish():
                return Drain(operator), scope.only(())
            case _:
                assert_never(clause)

    def _match(self, clause: ast.Match, operator: Operator, scope: Scope) -> tuple[Operator, Scope]:
        graph = pattern_graph(clause.pattern, scope)
        if not clause.optional:
            return match_pattern(graph, clause.where, operator, scope)
        subplan, inner = match_pattern(graph, clause.where, Argument(scope.variables), scope)
        new = inner.variables[len(scope.variables) :]
        return Optional(operator, narrowed(subplan, scope.variables), new), inner

    def _procedure(
        self, clause: ast.ProcedureCall, operator: Operator, scope: Scope, *, standalone: bool
    ) -> tuple[Operator, Scope]:
        """A call; a standalone one gives all columns, and may take its arguments from parameters of their names."""
        procedure = PROCEDURES[clause.name]
        arguments: tuple[Expression, ...]
        if clause.arguments is None:
            given_count = len(procedure.parameters) - len(procedure.optional)
            arguments = tuple(Parameter(name) for name, _ in procedure.parameters[:given_count])
        else:
            arguments = tuple(translate(argument, scope) for argument in clause.arguments)
        missing = len(procedure.parameters) - len(arguments)
        arguments += tuple(map(Literal, procedure.optional[len(procedure.optional) - missing :]))
        given = tuple(name for name, _ in procedure.columns)
        if clause.yields is not None:
            yields = tuple(item.column for item in clause.yields)
            variables = tuple(item.alias or item.column for item in clause.yields)
        elif standalone or clause.star:
            yields = variables = given
        else:
            yields = variables = ()
        call = ProcedureCall(operator, clause.name, arguments, yields, variables, void=not given)
        return self._called(call, clause.where, scope)

    def _table(self, clause: ast.TableCall, operator: Operator, scope: Scope) -> tuple[Operator, Scope]:
        """A table command: a call that gives the columns it is asked for."""
        found = find_table(clause.words)
        assert found is not None, "analysis has found it"
        spelling, names = found
        table = TABLES[spelling]
        arguments: list[Expression] = [Literal(spelling), *map(Literal, names)]
        arguments.extend(translate(argument, scope) for argument in clause.arguments)
        given = tuple(name for name, _ in table.columns)
        yields = variables = given if clause.star else given[: table.defaults]
        if clause.yields is not None:
            yields = tuple(item.column for item in clause.yields)
            variables = tuple(item.alias or item.column for item in clause.yields)
        return self._called(ProcedureCall(operator, spelling, tuple(arguments), yields, variables), clause.where, scope)

    def _called(self, call: ProcedureCall, where: ast.Expression | None, scope: Scope) -> tuple[Operator, Scope]:
        inner = scope.bind(*call.variables)
        result: Operator = call
        if where is not None:
            for part in conjuncts(where):
                result = Filter(result, translate(part, inner))
        return result, inner

    def _foreach(self, clause: ast.Foreach, operator: Operator, scope: Scope) -> Operator:
        """The rows stay as they are, the updates run for each element: an Optional whose subplan gives no row."""
        elements = translate(clause.list, scope)
        inner = visible = scope.bind(clause.variable, plain=scope.plain_of({clause.variable: elements}))
        updates: Operator = Argument(visible.variables)
        for update in clause.clauses:
            updates, inner = self._clause(update, updates, inner)
        subplan: Operator = Unwind(Argument(scope.variables), elements, clause.variable)
        subplan = with_leaf(apart(Drain(updates), visible), subplan)
        return Optional(operator, narrowed(apart(subplan, scope), scope.variables), ())

    def _subquery(self, clause: ast.SubqueryCall, operator: Operator, scope: Scope) -> tuple[Operator, Scope]:
        if clause.imports_all:
            visible = scope
        elif clause.imports is not None:
            visible = scope.only(clause.imports, scope.plain).loaded(scope.origins if clause.imports else ())
        elif isinstance(clause.query.parts[0].clauses[0], ast.With):
            visible = scope
        else:
            visible = scope.only(())
        takes = clause.imports_all or clause.imports is not None
        query = seeing_all(clause.query, visible.named(), always=False) if takes else clause.query
        subplan, inner = self.query(query, Argument(visible.variables), visible)
        gives_rows = isinstance(clause.query.parts[-1].clauses[-1], ast.Return)
        subplan = apart(subplan if gives_rows else Drain(subplan), visible)
        subplan = narrowed(subplan, visible.variables)
        bound = inner.variables if gives_rows else ()
        if clause.transactions is not None:
            return _in_transactions(clause.transactions, operator, subplan, bound, scope)
        if not gives_rows or clause.optional:
            return Optional(operator, subplan, bound), scope.bind(*bound)
        return Apply(operator, subplan), scope.bind(*bound)


def _exactly(operator: Operator, variables: tuple[str, ...]) -> Operator:
    """The operator with these columns alone, in this order."""
    if columns(operator) == variables:
        return operator
    return Project(operator, variables, tuple(map(Variable, variables)))


def _only_changes(query: ast.SingleQuery) -> bool:
    """True of a part of a UNION that gives no row."""
    return not isinstance(query.clauses[-1], ast.Return | ast.ProcedureCall | ast.TableCall)


def _in_transactions(
    options: ast.InTransactions, operator: Operator, subplan: Operator, bound: tuple[str, ...], scope: Scope
) -> tuple[Operator, Scope]:
    rows = Literal(ROWS_OF_TRANSACTION) if options.rows is None else translate(options.rows, scope)
    status = () if options.status is None else (options.status,)
    result = InTransactions(operator, subplan, bound, rows, options.on_error, status)
    return result, scope.bind(*bound, *status)
