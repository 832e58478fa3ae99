"""Queries and their clauses as written."""

from typing import TypeAlias

from memgraph_py.cypher.ast.expressions import Expression
from memgraph_py.cypher.ast.labels import LabelsNamed
from memgraph_py.cypher.ast.patterns import PatternPart
from memgraph_py.immutable import immutable


@immutable
class Hint:
    """`USING INDEX n:Label(key)`, `USING SCAN n:Label`, `USING JOIN ON a, b`: how the writer would find these
    variables. Plans are chosen by cost, so the client is told that nobody follows it."""

    variables: tuple[str, ...]
    offset: int


@immutable
class Match:
    optional: bool
    pattern: tuple[PatternPart, ...]
    where: Expression | None
    offset: int
    hints: tuple[Hint, ...] = ()


@immutable
class Unwind:
    list: Expression
    variable: str
    offset: int


@immutable
class ProjectionItem:
    """`expression AS alias`; ``text`` is the expression as written, the column's name where there is no alias."""

    expression: Expression
    alias: str | None
    text: str
    offset: int


@immutable
class SortItem:
    expression: Expression
    descending: bool


@immutable
class Projection:
    """What WITH and RETURN share. ``star``: `*` stands first, then the items."""

    distinct: bool
    star: bool
    items: tuple[ProjectionItem, ...]
    order_by: tuple[SortItem, ...]
    skip: Expression | None
    limit: Expression | None


@immutable
class With:
    """``kept``: variables that are seen behind it though it groups, as those that a subquery takes in."""

    projection: Projection
    where: Expression | None
    offset: int
    kept: tuple[str, ...] = ()


@immutable
class Return:
    projection: Projection
    offset: int


@immutable
class Create:
    pattern: tuple[PatternPart, ...]
    offset: int


@immutable
class SetPropertyItem:
    """`subject.key = value`."""

    subject: Expression
    key: str
    value: Expression
    offset: int


@immutable
class SetPropertiesItem:
    """`variable = value`, `variable += value` (``merge``)."""

    variable: str
    value: Expression
    merge: bool
    offset: int


@immutable
class SetPropertyNamedItem:
    """`subject[key] = value`."""

    subject: Expression
    key: Expression
    value: Expression
    offset: int


@immutable
class SetLabelsItem:
    """`variable:A:B`; ``named``: those as `$(names)`."""

    variable: str
    labels: tuple[str, ...]
    offset: int
    named: tuple[LabelsNamed, ...] = ()


SetItem: TypeAlias = SetPropertyItem | SetPropertyNamedItem | SetPropertiesItem | SetLabelsItem


@immutable
class Set:
    items: tuple[SetItem, ...]
    offset: int


@immutable
class RemovePropertyItem:
    subject: Expression
    key: str
    offset: int


@immutable
class RemovePropertyNamedItem:
    """`subject[key]`."""

    subject: Expression
    key: Expression
    offset: int


@immutable
class RemoveLabelsItem:
    """As SetLabelsItem."""

    variable: str
    labels: tuple[str, ...]
    offset: int
    named: tuple[LabelsNamed, ...] = ()


RemoveItem: TypeAlias = RemovePropertyItem | RemovePropertyNamedItem | RemoveLabelsItem


@immutable
class Remove:
    items: tuple[RemoveItem, ...]
    offset: int


@immutable
class Merge:
    pattern: PatternPart
    on_create: tuple[SetItem, ...]
    on_match: tuple[SetItem, ...]
    offset: int


@immutable
class Delete:
    expressions: tuple[Expression, ...]
    detach: bool
    offset: int


@immutable
class YieldItem:
    column: str
    alias: str | None
    offset: int


@immutable
class ProcedureCall:
    """`CALL name(arguments) YIELD …`; arguments None when no brackets stand (a standalone call takes parameters by
    name); yields None without YIELD; ``star`` for `YIELD *`."""

    name: str
    arguments: tuple[Expression, ...] | None
    yields: tuple[YieldItem, ...] | None
    star: bool
    where: Expression | None
    offset: int


@immutable
class TableCall:
    """`SHOW words arguments YIELD …`: the rows of a table command. words: as written, the verb among them; yields None
    without YIELD; ``star`` for `YIELD *`."""

    words: tuple[str, ...]
    arguments: tuple[Expression, ...]
    yields: tuple[YieldItem, ...] | None
    star: bool
    where: Expression | None
    offset: int


@immutable
class Foreach:
    """`FOREACH (variable IN list | clauses)`."""

    variable: str
    list: Expression
    clauses: "tuple[Clause, ...]"
    offset: int


@immutable
class InTransactions:
    """`IN TRANSACTIONS OF rows ROWS ON ERROR … REPORT STATUS AS status`. on_error: `FAIL`, `CONTINUE` or `BREAK`."""

    rows: Expression | None
    on_error: str
    status: str | None
    offset: int


@immutable
class SubqueryCall:
    """`CALL { … }`, `CALL (x) { … }` (``imports``; None: by a leading WITH), `CALL (*) { … }` (``imports_all``)."""

    query: "Query"
    imports: tuple[str, ...] | None
    imports_all: bool
    optional: bool
    transactions: InTransactions | None
    offset: int


@immutable
class LoadCsv:
    """`LOAD CSV [WITH HEADERS] FROM source AS variable [FIELDTERMINATOR terminator]`; a comma where it is not said."""

    headers: bool
    source: Expression
    variable: str
    terminator: str
    offset: int


@immutable
class Finish:
    """`FINISH`: the query runs to its end and gives nothing."""

    offset: int


Clause: TypeAlias = (
    Match
    | Unwind
    | With
    | Return
    | Create
    | Set
    | Remove
    | Merge
    | Delete
    | ProcedureCall
    | Foreach
    | SubqueryCall
    | LoadCsv
    | Finish
    | TableCall
)


@immutable
class Use:
    """`USE database`."""

    name: str
    offset: int


@immutable
class SingleQuery:
    clauses: tuple[Clause, ...]
    offset: int
    use: Use | None = None


@immutable
class Query:
    """One or more single queries joined by UNION; ``union_all[i]`` tells how part i + 1 joins. mode: None, `EXPLAIN`,
    `PROFILE`. memory_bytes_max: what QUERY MEMORY LIMIT says, else None.
    """

    parts: tuple[SingleQuery, ...]
    union_all: tuple[bool, ...]
    mode: str | None
    offset: int
    memory_bytes_max: int | None = None
