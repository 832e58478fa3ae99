"""CALL and table commands: what is called exists, gets the arguments it takes, and has the columns that are yielded."""

from difflib import get_close_matches

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis.expressions import check, check_predicate
from memgraph_py.cypher.analysis.kinds import ANY, BOOLEAN, FLOAT, INTEGER, MAP, STRING, Kind, is_known
from memgraph_py.cypher.analysis.scopes import Place, Scope
from memgraph_py.cypher.lexer import position
from memgraph_py.errors import CypherSyntaxError, ProcedureNotFound
from memgraph_py.functions.registry import PROCEDURES, TABLES, Procedure

_ACCEPTED: dict[str, frozenset[Kind]] = {
    "BOOLEAN": frozenset({BOOLEAN}),
    "FLOAT": frozenset({FLOAT, INTEGER}),
    "INTEGER": frozenset({INTEGER}),
    "MAP": frozenset({MAP}),
    "NUMBER": frozenset({FLOAT, INTEGER}),
    "STRING": frozenset({STRING}),
}
"""Kinds that a parameter of a type takes; other types take anything here."""


def check_procedure(call: ast.ProcedureCall, place: Place, *, standalone: bool) -> Scope:
    """Check a CALL; binds what it yields. Gives its columns where it is the whole query, else none.

    Raises ProcedureNotFound, or CypherSyntaxError for arguments and columns.
    """
    procedure = PROCEDURES.get(call.name)
    if procedure is None:
        raise place.error(f'there is no procedure "{call.name}"', call.offset, "ProcedureNotFound", ProcedureNotFound)
    _check_arguments(call, procedure, place, standalone=standalone)
    columns = _yielded(call, procedure, place, standalone=standalone)
    for name, kind in columns.items():
        place.scope[name] = kind
    if call.where is not None:
        check_predicate(call.where, place)
    return columns if standalone else {}


def _check_arguments(call: ast.ProcedureCall, procedure: Procedure, place: Place, *, standalone: bool) -> None:
    if call.arguments is None:
        if len(procedure.parameters) > len(procedure.optional) and not standalone:
            raise place.error(
                f'"{call.name}" needs its arguments written here', call.offset, "InvalidArgumentPassingMode"
            )
        place.findings.parameters.update(name for name, _ in required(procedure))
        return
    least, most = len(required(procedure)), len(procedure.parameters)
    if not least <= len(call.arguments) <= most:
        wanted = str(most) if least == most else f"{least} to {most}"
        raise place.error(
            f'"{call.name}" takes {wanted} arguments, not {len(call.arguments)}',
            call.offset,
            "InvalidNumberOfArguments",
        )
    for argument, (name, type_name) in zip(call.arguments, procedure.parameters, strict=False):
        kind = check(argument, place)
        accepted = _ACCEPTED.get(type_name.rstrip("?"))
        if accepted is not None and is_known(kind) and kind not in accepted:
            raise place.error(
                f'"{name}" of "{call.name}" is of type {type_name}, not {kind.name}',
                argument.offset,
                "InvalidArgumentType",
            )


def required(procedure: Procedure) -> tuple[tuple[str, str], ...]:
    """The parameters that have no default."""
    return procedure.parameters[: len(procedure.parameters) - len(procedure.optional)]


def find_table(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """The spelling under which a table command is registered, and the name that its last word is; None for no such
    command."""
    upper = [word.upper() for word in words]
    spelling = " ".join(upper)
    if spelling in TABLES:
        return spelling, ()
    spelling = " ".join([*upper[:-1], "<name>"])
    return (spelling, words[-1:]) if spelling in TABLES else None


def check_table(call: ast.TableCall, place: Place) -> Scope:
    """Check a table command; binds its columns, and gives them. Raises CypherSyntaxError where there is none such."""
    found = find_table(call.words)
    if found is None:
        raise _no_table(call, place)
    table = TABLES[found[0]]
    for argument in call.arguments:
        if not table.parameters:
            raise place.error(f'"{found[0]}" takes no values', argument.offset, "InvalidNumberOfArguments")
        check(argument, place)
    columns = _table_columns(call, table, place)
    place.scope.update(columns)
    if call.where is not None:
        check_predicate(call.where, place)
    return columns


def _table_columns(call: ast.TableCall, table: Procedure, place: Place) -> Scope:
    if call.yields is not None:
        return _named(call.yields, table, " ".join(call.words), place)
    count = len(table.columns) if call.star else table.defaults
    return {name: _kind(type_name) for name, type_name in table.columns[:count]}


def _no_table(call: ast.TableCall, place: Place) -> CypherSyntaxError:
    written = " ".join(call.words)
    similar = get_close_matches(written.upper(), TABLES, n=1, cutoff=0.75)
    return CypherSyntaxError(
        f'there is no command "{written[:200]}"',
        hint=f"did you mean {similar[0]}?" if similar else None,
        position=position(place.findings.text, call.offset),
        detail="UnexpectedSyntax",
    )


def _yielded(call: ast.ProcedureCall, procedure: Procedure, place: Place, *, standalone: bool) -> Scope:
    """What a call binds: what its YIELD names; all columns when it stands alone."""
    given = dict(procedure.columns)
    if call.star and not standalone:
        raise place.error("YIELD * needs a CALL that stands alone", call.offset, "UnexpectedSyntax")
    if call.yields is None:
        return {name: _kind(given[name]) for name in given} if standalone else {}
    return _named(call.yields, procedure, call.name, place)


def _named(yields: tuple[ast.YieldItem, ...], procedure: Procedure, caller: str, place: Place) -> Scope:
    given = dict(procedure.columns)
    columns: Scope = {}
    for item in yields:
        if item.column not in given:
            raise place.error(f'"{caller}" has no column "{item.column}"', item.offset, "UndefinedVariable")
        name = item.alias or item.column
        if name in columns or name in place.scope:
            raise place.error(f'variable "{name}" is already bound', item.offset, "VariableAlreadyBound")
        columns[name] = _kind(given[item.column])
    return columns


def _kind(type_name: str) -> Kind:
    accepted = _ACCEPTED.get(type_name.rstrip("?"), frozenset())
    return next(iter(accepted)) if len(accepted) == 1 else ANY
