"""Commands that give a table: the call, and what follows it, as clauses."""

from memgraph_py.cypher.ast import (
    Clause,
    Expression,
    Projection,
    Return,
    SingleQuery,
    SortItem,
    TableCall,
    With,
    YieldItem,
)
from memgraph_py.immutable import immutable


@immutable
class _Columns:
    """items None: all of them."""

    items: tuple[YieldItem, ...] | None


@immutable
class _Tail:
    """where: of a command without YIELD."""

    columns: _Columns | None
    where: Expression | None
    clauses: tuple[Clause, ...]


def show(
    start: int, words: tuple[str, ...], arguments: tuple[Expression, ...] | None, tail: _Tail | None
) -> SingleQuery:
    return _call(start, ("SHOW", *words), arguments or (), tail)


def terminate(
    start: int, words: tuple[str, ...], arguments: tuple[Expression, ...] | None, tail: _Tail | None
) -> SingleQuery:
    return _call(start, ("TERMINATE", *words), arguments or (), tail)


def show_stream(start: int, name: str, tail: _Tail | None) -> SingleQuery:
    return _call(start, ("SHOW", "STREAM", name), (), tail)


def _call(start: int, words: tuple[str, ...], arguments: tuple[Expression, ...], tail: _Tail | None) -> SingleQuery:
    tail = tail or _Tail(None, None, ())
    yields = None if tail.columns is None else tail.columns.items
    star = tail.columns is not None and yields is None
    return SingleQuery((TableCall(words, arguments, yields, star, tail.where, start), *tail.clauses), start)


def table_words(start: int, *words: str) -> tuple[str, ...]:
    del start
    return words


def table_arguments(start: int, *arguments: Expression) -> tuple[Expression, ...]:
    del start
    return arguments


def table_where(start: int, where: Expression) -> _Tail:
    del start
    return _Tail(None, where, ())


def table_yield(
    start: int,
    columns: _Columns,
    order: tuple[SortItem, ...] | None,
    *rest: Expression | Return | None,
) -> _Tail:
    """The rest: SKIP, LIMIT, WHERE and RETURN."""
    skip, limit, where, returned = rest
    assert not isinstance(skip, Return) and not isinstance(limit, Return) and not isinstance(where, Return)
    clauses: list[Clause] = []
    if order or skip is not None or limit is not None or where is not None:
        clauses.append(With(Projection(False, True, (), order or (), skip, limit), where, start))
    if isinstance(returned, Return):
        clauses.append(returned)
    return _Tail(columns, None, tuple(clauses))


def table_columns(start: int, *items: YieldItem) -> _Columns:
    del start
    return _Columns(items)


def table_columns_all(start: int) -> _Columns:
    del start
    return _Columns(None)
