"""Queries and their clauses as written."""

from dataclasses import dataclass
from typing import TypeAlias

from memgraph_py.cypher.ast.expressions import Expression
from memgraph_py.cypher.ast.patterns import PatternPart


@dataclass(frozen=True, slots=True)
class Match:
    optional: bool
    pattern: tuple[PatternPart, ...]
    where: Expression | None
    offset: int


@dataclass(frozen=True, slots=True)
class Unwind:
    list: Expression
    variable: str
    offset: int


@dataclass(frozen=True, slots=True)
class ProjectionItem:
    """`expression AS alias`; ``text`` is the expression as written, the column's name where there is no alias."""

    expression: Expression
    alias: str | None
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class SortItem:
    expression: Expression
    descending: bool


@dataclass(frozen=True, slots=True)
class Projection:
    """What WITH and RETURN share. ``star``: `*` stands first, then the items."""

    distinct: bool
    star: bool
    items: tuple[ProjectionItem, ...]
    order_by: tuple[SortItem, ...]
    skip: Expression | None
    limit: Expression | None


@dataclass(frozen=True, slots=True)
class With:
    projection: Projection
    where: Expression | None
    offset: int


@dataclass(frozen=True, slots=True)
class Return:
    projection: Projection
    offset: int


@dataclass(frozen=True, slots=True)
class Create:
    pattern: tuple[PatternPart, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class SetPropertyItem:
    """`subject.key = value`."""

    subject: Expression
    key: str
    value: Expression
    offset: int


@dataclass(frozen=True, slots=True)
class SetPropertiesItem:
    """`variable = value`, `variable += value` (``merge``)."""

    variable: str
    value: Expression
    merge: bool
    offset: int


@dataclass(frozen=True, slots=True)
class SetLabelsItem:
    """`variable:A:B`."""

    variable: str
    labels: tuple[str, ...]
    offset: int


SetItem: TypeAlias = SetPropertyItem | SetPropertiesItem | SetLabelsItem


@dataclass(frozen=True, slots=True)
class Set:
    items: tuple[SetItem, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class RemovePropertyItem:
    subject: Expression
    key: str
    offset: int


@dataclass(frozen=True, slots=True)
class RemoveLabelsItem:
    variable: str
    labels: tuple[str, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Remove:
    items: tuple[RemovePropertyItem | RemoveLabelsItem, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Merge:
    pattern: PatternPart
    on_create: tuple[SetItem, ...]
    on_match: tuple[SetItem, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Delete:
    expressions: tuple[Expression, ...]
    detach: bool
    offset: int


@dataclass(frozen=True, slots=True)
class YieldItem:
    column: str
    alias: str | None
    offset: int


@dataclass(frozen=True, slots=True)
class ProcedureCall:
    """`CALL name(arguments) YIELD …`; arguments None when no brackets stand (a standalone call takes parameters by
    name); yields None without YIELD; ``star`` for `YIELD *`."""

    name: str
    arguments: tuple[Expression, ...] | None
    yields: tuple[YieldItem, ...] | None
    star: bool
    where: Expression | None
    offset: int


@dataclass(frozen=True, slots=True)
class TableCall:
    """`SHOW words arguments YIELD …`: the rows of a table command. words: as written, the verb among them; yields None
    without YIELD; ``star`` for `YIELD *`."""

    words: tuple[str, ...]
    arguments: tuple[Expression, ...]
    yields: tuple[YieldItem, ...] | None
    star: bool
    where: Expression | None
    offset: int


@dataclass(frozen=True, slots=True)
class Foreach:
    """`FOREACH (variable IN list | clauses)`."""

    variable: str
    list: Expression
    clauses: "tuple[Clause, ...]"
    offset: int


@dataclass(frozen=True, slots=True)
class InTransactions:
    """`IN TRANSACTIONS OF rows ROWS ON ERROR … REPORT STATUS AS status`. on_error: `FAIL`, `CONTINUE` or `BREAK`."""

    rows: Expression | None
    on_error: str
    status: str | None
    offset: int


@dataclass(frozen=True, slots=True)
class SubqueryCall:
    """`CALL { … }`, `CALL (x) { … }` (``imports``; None: by a leading WITH), `CALL (*) { … }` (``imports_all``)."""

    query: "Query"
    imports: tuple[str, ...] | None
    imports_all: bool
    optional: bool
    transactions: InTransactions | None
    offset: int


@dataclass(frozen=True, slots=True)
class LoadCsv:
    """`LOAD CSV [WITH HEADERS] FROM source AS variable [FIELDTERMINATOR terminator]`; a comma where it is not said."""

    headers: bool
    source: Expression
    variable: str
    terminator: str
    offset: int


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class SingleQuery:
    clauses: tuple[Clause, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Query:
    """One or more single queries joined by UNION; ``union_all[i]`` tells how part i + 1 joins. mode: None, `EXPLAIN`,
    `PROFILE`.
    """

    parts: tuple[SingleQuery, ...]
    union_all: tuple[bool, ...]
    mode: str | None
    offset: int
