"""CALL { … } IN TRANSACTIONS: where it may stand, and what else may not stand beside it."""

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis.expressions import check
from memgraph_py.cypher.analysis.kinds import ANY, INTEGER, NULL
from memgraph_py.cypher.analysis.scopes import Place
from memgraph_py.cypher.tree import walk

_UPDATES = (ast.Create, ast.Merge, ast.Set, ast.Remove, ast.Delete, ast.Foreach)


def check_transactions(query: ast.Query, place: Place) -> bool:
    """True where a subquery of the query runs in transactions of its own. Raises what is wrong with it."""
    if not place.findings.transactions:
        return False
    own = [node for node in walk(query) if isinstance(node, ast.SubqueryCall) and node.transactions is not None]
    at_top = query.parts[0].clauses if len(query.parts) == 1 else ()
    for call in own:
        if not any(call is clause for clause in at_top):
            raise place.error(
                "IN TRANSACTIONS cannot stand in a UNION or inside another subquery",
                call.offset,
                "InvalidClauseComposition",
            )
        assert call.transactions is not None, "just asked"
        _check_options(call.transactions, place)
    for clause in at_top:
        if isinstance(clause, ast.SubqueryCall) and clause.transactions is not None:
            continue
        for node in walk(clause):
            if isinstance(node, _UPDATES):
                raise place.error(
                    "a query with IN TRANSACTIONS writes in that subquery only",
                    node.offset,
                    "InvalidClauseComposition",
                )
    return True


def _check_options(options: ast.InTransactions, place: Place) -> None:
    if options.rows is not None:
        kind = check(options.rows, Place({}, place.findings))
        if kind not in (INTEGER, ANY) or kind is NULL:
            raise place.error("OF … ROWS takes a positive integer", options.offset, "InvalidArgumentType")
        if isinstance(options.rows, ast.Literal) and options.rows.value == 0:
            raise place.error("OF … ROWS takes a positive integer, not 0", options.offset, "InvalidArgumentType")
    if options.status is not None and options.on_error == "FAIL":
        raise place.error(
            "REPORT STATUS needs ON ERROR CONTINUE or ON ERROR BREAK: otherwise an error ends the query",
            options.offset,
            "InvalidClauseComposition",
        )
