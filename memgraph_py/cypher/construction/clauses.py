"""Queries and clauses."""

from typing import TypeAlias

from memgraph_py.cypher.ast import (
    Clause,
    CollectSubquery,
    CountSubquery,
    Create,
    Delete,
    ExistsSubquery,
    Expression,
    Finish,
    Foreach,
    Hint,
    InTransactions,
    LabelsNamed,
    LoadCsv,
    Match,
    Merge,
    PatternPart,
    ProcedureCall,
    Projection,
    Query,
    Remove,
    RemoveItem,
    RemoveLabelsItem,
    RemovePropertyItem,
    RemovePropertyNamedItem,
    Return,
    Set,
    SetItem,
    SetLabelsItem,
    SetPropertiesItem,
    SetPropertyItem,
    SetPropertyNamedItem,
    SingleQuery,
    SortItem,
    SubqueryCall,
    Unwind,
    Use,
    With,
    YieldItem,
)
from memgraph_py.cypher.construction.rejection import Rejected
from memgraph_py.immutable import immutable

_Labels: TypeAlias = "tuple[str | LabelsNamed, ...]"
"""Of SET and REMOVE: names as written, or named when it runs."""


@immutable
class _UnionTail:
    all: bool
    query: SingleQuery


def query(start: int, mode: str | None, body: Query | SingleQuery, memory_bytes_max: int | None = None) -> Query:
    whole = _whole(body)
    return Query(whole.parts, whole.union_all, mode and mode.upper(), start, memory_bytes_max)


def memory_limit(start: int, count: int, unit: str) -> int:
    """In bytes."""
    del start
    return count << (10 if unit.upper() == "KB" else 20)


def memory_unlimited(start: int) -> None:
    """The server's limit, which no client can lift."""
    del start


def union(start: int, first: SingleQuery, *tails: _UnionTail) -> Query:
    return Query((first, *(tail.query for tail in tails)), tuple(tail.all for tail in tails), None, start)


def union_tail(start: int, all_rows: str | None, part: SingleQuery) -> _UnionTail:
    del start
    return _UnionTail(all_rows is not None and all_rows.upper() == "ALL", part)


_Written: TypeAlias = "Clause | tuple[Clause, With]"
"""A clause, or one with its ORDER BY, SKIP and LIMIT."""


def single_query(start: int, database: Use | None, *clauses: _Written) -> SingleQuery:
    return SingleQuery(_clauses(clauses), start, database)


def use(start: int, name: str) -> Use:
    return Use(name, start)


def ordered(start: int, clause: Clause, order: With) -> tuple[Clause, With]:
    del start
    return clause, order


def order(start: int, items: tuple[SortItem, ...], skip: Expression | None, limit: Expression | None) -> With:
    """`MATCH … ORDER BY … LIMIT …`: as if `WITH *` stood before it."""
    return With(Projection(False, True, (), items, skip, limit), None, start)


def order_skip(start: int, skip: Expression, limit: Expression | None) -> With:
    return order(start, (), skip, limit)


def order_limit(start: int, limit: Expression) -> With:
    return order(start, (), None, limit)


def _clauses(written: tuple[_Written, ...]) -> tuple[Clause, ...]:
    found: list[Clause] = []
    for clause in written:
        if isinstance(clause, tuple):
            found.extend(clause)
        else:
            found.append(clause)
    return tuple(found)


def _whole(body: Query | SingleQuery) -> Query:
    """A query of one part comes as that part."""
    return body if isinstance(body, Query) else Query((body,), (), None, body.offset)


def match(start: int, optional: str | None, parts: tuple[PatternPart, ...], *rest: Hint | Expression | None) -> Match:
    """The rest: hints, and WHERE."""
    *hints, where = rest
    return Match(optional is not None, parts, where, start, tuple(hints))  # type: ignore[arg-type]  # the grammar: in this order


def hint_index(start: int, kind: str | None, how: str | None, variable: str, label: str, *keys: str) -> Hint:
    if kind is not None and kind.upper() not in ("RANGE", "TEXT", "POINT"):
        raise Rejected(f'"{kind}" is no type of index', start, hint="write `USING INDEX n:Label(key)`")
    if how is not None and how.upper() != "SEEK":
        raise Rejected(f'unexpected "{how}", expected SEEK', start)
    return Hint((variable,), start)


def hint_scan(start: int, variable: str, label: str) -> Hint:
    del label
    return Hint((variable,), start)


def hint_join(start: int, *variables: str) -> Hint:
    return Hint(variables, start)


def unwind(start: int, list_: Expression, variable: str) -> Unwind:
    return Unwind(list_, variable, start)


def with_(start: int, projected: Projection, where: Expression | None) -> With:
    return With(projected, where, start)


def return_(start: int, projected: Projection) -> Return:
    return Return(projected, start)


def create(start: int, parts: tuple[PatternPart, ...]) -> Create:
    return Create(parts, start)


def merge(start: int, part: PatternPart, *actions: tuple[bool, tuple[SetItem, ...]]) -> Merge:
    on_create = tuple(item for created, items in actions if created for item in items)
    on_match = tuple(item for created, items in actions if not created for item in items)
    return Merge(part, on_create, on_match, start)


def on_create(start: int, items: tuple[SetItem, ...]) -> tuple[bool, tuple[SetItem, ...]]:
    del start
    return True, items


def on_match(start: int, items: tuple[SetItem, ...]) -> tuple[bool, tuple[SetItem, ...]]:
    del start
    return False, items


def set_(start: int, items: tuple[SetItem, ...]) -> Set:
    return Set(items, start)


def set_items(start: int, *items: SetItem) -> tuple[SetItem, ...]:
    del start
    return items


def set_property(start: int, subject: Expression, key: str, value: Expression) -> SetPropertyItem:
    return SetPropertyItem(subject, key, value, start)


def set_properties(start: int, variable: str, value: Expression) -> SetPropertiesItem:
    return SetPropertiesItem(variable, value, False, start)


def set_properties_merge(start: int, variable: str, value: Expression) -> SetPropertiesItem:
    return SetPropertiesItem(variable, value, True, start)


def set_property_named(start: int, subject: Expression, key: Expression, value: Expression) -> SetPropertyNamedItem:
    return SetPropertyNamedItem(subject, key, value, start)


def set_labels(start: int, variable: str, labels: _Labels) -> SetLabelsItem:
    return SetLabelsItem(variable, _names(labels), start, _named(labels))


def remove(start: int, *items: RemoveItem) -> Remove:
    return Remove(items, start)


def remove_property_named(start: int, subject: Expression, key: Expression) -> RemovePropertyNamedItem:
    return RemovePropertyNamedItem(subject, key, start)


def remove_property(start: int, subject: Expression, key: str) -> RemovePropertyItem:
    return RemovePropertyItem(subject, key, start)


def remove_labels(start: int, variable: str, labels: _Labels) -> RemoveLabelsItem:
    return RemoveLabelsItem(variable, _names(labels), start, _named(labels))


def _names(labels: _Labels) -> tuple[str, ...]:
    return tuple(label for label in labels if isinstance(label, str))


def _named(labels: _Labels) -> tuple[LabelsNamed, ...]:
    return tuple(label for label in labels if not isinstance(label, str))


def delete(start: int, detach: str | None, *expressions: Expression) -> Delete:
    return Delete(expressions, detach is not None, start)


def delete_nodetach(start: int, *expressions: Expression) -> Delete:
    return Delete(expressions, False, start)


def foreach(start: int, variable: str, list_: Expression, *clauses: _Written) -> Foreach:
    return Foreach(variable, list_, _clauses(clauses), start)


@immutable
class _Yield:
    items: tuple[YieldItem, ...] | None
    where: Expression | None


def procedure_call(
    start: int, name: str, arguments: tuple[Expression, ...] | None, yielded: _Yield | None
) -> ProcedureCall:
    if yielded is None:
        return ProcedureCall(name, arguments, None, False, None, start)
    return ProcedureCall(name, arguments, yielded.items, yielded.items is None, yielded.where, start)


def procedure_name(start: int, *names: str) -> str:
    del start
    return ".".join(names)


def call_arguments(start: int, *arguments: Expression) -> tuple[Expression, ...]:
    del start
    return arguments


def yield_(start: int, *items: YieldItem | Expression | None) -> _Yield:
    """The last is the predicate."""
    del start
    *columns, where = items
    return _Yield(tuple(item for item in columns if isinstance(item, YieldItem)), where)  # type: ignore[arg-type]  # the grammar: only the last is an expression


def yield_all(start: int, where: Expression | None) -> _Yield:
    del start
    return _Yield(None, where)


def yield_item(start: int, column: str, alias: str | None) -> YieldItem:
    return YieldItem(column, alias, start)


def subquery_call(
    start: int,
    optional: str | None,
    imported: tuple[str, ...] | None,
    body: Query | SingleQuery,
    transactions: InTransactions | None,
) -> SubqueryCall:
    everything = imported is _EVERYTHING
    names = None if everything else imported
    return SubqueryCall(_whole(body), names, everything, optional is not None, transactions, start)


_EVERYTHING = ("*",)
"""`CALL (*)`; this very object, as a name may be written like it."""


def imports(start: int, *names: str) -> tuple[str, ...]:
    del start
    return names


def imports_all(start: int) -> tuple[str, ...]:
    del start
    return _EVERYTHING


def in_transactions(start: int, concurrency: int | None, *options: tuple[str, Expression | str]) -> InTransactions:
    """Each option once, in any order. ``concurrency`` is how many may run at a time, and one is."""
    del concurrency
    given = dict(options)
    if len(given) < len(options):
        raise Rejected("an option of IN TRANSACTIONS stands there twice", start)
    rows, status = given.get("rows"), given.get("status")
    assert not isinstance(rows, str) and (status is None or isinstance(status, str))
    return InTransactions(rows, str(given.get("on error", "FAIL")), status, start)


def concurrency(start: int, count: int | None) -> int:
    """0 where the server may choose."""
    if count == 0:
        raise Rejected("CONCURRENT TRANSACTIONS begin at 1", start)
    return count or 0


def of_rows(start: int, count: Expression) -> tuple[str, Expression]:
    del start
    return "rows", count


def on_error(start: int, reaction: str) -> tuple[str, str]:
    del start
    return "on error", reaction.upper()


def report_status(start: int, name: str) -> tuple[str, str]:
    del start
    return "status", name


def load_csv(start: int, headers: bool | None, source: Expression, variable: str, terminator: str | None) -> LoadCsv:
    if terminator is not None and (len(terminator) != 1 or terminator in '"\r\n'):
        raise Rejected("FIELDTERMINATOR takes one character, no quote and no line break", start)
    return LoadCsv(headers is not None, source, variable, terminator or ",", start)


def with_headers(start: int) -> bool:
    del start
    return True


def finish(start: int) -> Finish:
    return Finish(start)


def exists_subquery(start: int, body: Query | SingleQuery) -> ExistsSubquery:
    return ExistsSubquery(_whole(body), start)


def count_subquery(start: int, body: Query | SingleQuery) -> CountSubquery:
    return CountSubquery(_whole(body), start)


def collect_subquery(start: int, body: Query | SingleQuery) -> CollectSubquery:
    return CollectSubquery(_whole(body), start)


def pattern_query(start: int, parts: tuple[PatternPart, ...], where: Expression | None) -> SingleQuery:
    return SingleQuery((Match(False, parts, where, start),), start)
