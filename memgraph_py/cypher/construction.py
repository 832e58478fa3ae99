"""One function per grammar rule: makes the node of the tree.

The parser calls it by the name of the rule, or of its alias after `->`, with the offset where the rule's text begins and
what its parts gave; an optional part that was not written gives None.
"""

from dataclasses import dataclass
from typing import TypeAlias

from memgraph_py.cypher.ast import (
    Case,
    Clause,
    CollectSubquery,
    ComparisonChain,
    CountSubquery,
    Create,
    CreateIndex,
    CreateStream,
    Delete,
    DropIndex,
    DropStream,
    ExistsSubquery,
    Expression,
    Foreach,
    FunctionCall,
    Infix,
    LabelPredicate,
    ListComprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    MapProjection,
    Match,
    Merge,
    NodePattern,
    NullCheck,
    Parameter,
    PatternComprehension,
    PatternPart,
    PatternPredicate,
    Prefix,
    ProcedureCall,
    Projection,
    ProjectionItem,
    PropertyAccess,
    Quantifier,
    Query,
    Reduce,
    RelationshipPattern,
    Remove,
    RemoveLabelsItem,
    RemovePropertyItem,
    Return,
    Set,
    SetItem,
    SetLabelsItem,
    SetPropertiesItem,
    SetPropertyItem,
    ShowIndexes,
    ShowStream,
    ShowStreams,
    SingleQuery,
    Slice,
    SortItem,
    StartAllStreams,
    StartStream,
    StopAllStreams,
    StopStream,
    SubqueryCall,
    Subscript,
    TestStream,
    Unwind,
    Variable,
    With,
    YieldItem,
)
from memgraph_py.storage.view import Direction
from memgraph_py.values.types import Value

Properties: TypeAlias = MapLiteral | Parameter
"""Of a pattern's element."""


class Rejected(Exception):
    """What the grammar lets pass and is no Cypher; the parser makes a CypherSyntaxError of it."""

    def __init__(self, message: str, offset: int, *, hint: str | None = None, detail: str = "UnexpectedSyntax") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint
        self.detail = detail


# ------------------------------------------------------------------------------------------------------------ clauses


@dataclass(frozen=True, slots=True)
class _UnionTail:
    all: bool
    query: SingleQuery


def query(start: int, mode: str | None, body: Query | SingleQuery) -> Query:
    whole = _whole(body)
    return Query(whole.parts, whole.union_all, mode and mode.upper(), start)


def union(start: int, first: SingleQuery, *tails: _UnionTail) -> Query:
    return Query((first, *(tail.query for tail in tails)), tuple(tail.all for tail in tails), None, start)


def union_tail(start: int, all_rows: str | None, part: SingleQuery) -> _UnionTail:
    del start
    return _UnionTail(all_rows is not None, part)


def single_query(start: int, *clauses: Clause) -> SingleQuery:
    return SingleQuery(clauses, start)


def _whole(body: Query | SingleQuery) -> Query:
    """A query of one part comes as that part."""
    return body if isinstance(body, Query) else Query((body,), (), None, body.offset)


def match(start: int, optional: str | None, parts: tuple[PatternPart, ...], where: Expression | None) -> Match:
    return Match(optional is not None, parts, where, start)


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


def set_labels(start: int, variable: str, names: tuple[str, ...]) -> SetLabelsItem:
    return SetLabelsItem(variable, names, start)


def remove(start: int, *items: RemovePropertyItem | RemoveLabelsItem) -> Remove:
    return Remove(items, start)


def remove_property(start: int, subject: Expression, key: str) -> RemovePropertyItem:
    return RemovePropertyItem(subject, key, start)


def remove_labels(start: int, variable: str, names: tuple[str, ...]) -> RemoveLabelsItem:
    return RemoveLabelsItem(variable, names, start)


def delete(start: int, detach: str | None, *expressions: Expression) -> Delete:
    return Delete(expressions, detach is not None, start)


def foreach(start: int, variable: str, list_: Expression, *clauses: Clause) -> Foreach:
    return Foreach(variable, list_, clauses, start)


@dataclass(frozen=True, slots=True)
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


def subquery_call(start: int, body: Query | SingleQuery) -> SubqueryCall:
    return SubqueryCall(_whole(body), None, start)


def subquery_call_importing(start: int, *names_and_body: str | Query | SingleQuery) -> SubqueryCall:
    """The last is the query."""
    *names, body = names_and_body
    assert not isinstance(body, str)
    return SubqueryCall(_whole(body), tuple(str(name) for name in names), start)


@dataclass(frozen=True, slots=True)
class _Items:
    star: bool
    items: tuple[ProjectionItem, ...]


def projection(
    start: int,
    distinct: str | None,
    items: _Items,
    order: tuple[SortItem, ...] | None,
    skip: Expression | None,
    limit: Expression | None,
) -> Projection:
    del start
    return Projection(distinct is not None, items.star, items.items, order or (), skip, limit)


def projection_items(start: int, *items: ProjectionItem) -> _Items:
    del start
    return _Items(False, items)


def projection_all(start: int, *items: ProjectionItem) -> _Items:
    del start
    return _Items(True, items)


def projection_item(start: int, expression: Expression, text: str) -> ProjectionItem:
    """``text`` comes from the parser: the expression as written."""
    return ProjectionItem(expression, None, text, start)


def projection_item_alias(start: int, expression: Expression, alias: str) -> ProjectionItem:
    return ProjectionItem(expression, alias, alias, start)


def order_by(start: int, *items: SortItem) -> tuple[SortItem, ...]:
    del start
    return items


def sort_item(start: int, expression: Expression) -> SortItem:
    del start
    return SortItem(expression, False)


def sort_item_descending(start: int, expression: Expression) -> SortItem:
    del start
    return SortItem(expression, True)


# ----------------------------------------------------------------------------------------------------------- patterns


@dataclass(frozen=True, slots=True)
class _Chain:
    nodes: tuple[NodePattern, ...]
    relationships: tuple[RelationshipPattern, ...]


@dataclass(frozen=True, slots=True)
class _Length:
    minimum: int | None
    maximum: int | None


@dataclass(frozen=True, slots=True)
class _Detail:
    """What stands between the brackets of a relationship pattern."""

    variable: str | None = None
    types: tuple[str, ...] = ()
    length: _Length | None = None
    properties: Properties | None = None
    predicate: Expression | None = None


def pattern(start: int, *parts: PatternPart) -> tuple[PatternPart, ...]:
    del start
    return parts


def pattern_part(start: int, variable: str | None, chain: _Chain) -> PatternPart:
    return PatternPart(variable, chain.nodes, chain.relationships, None, start)


def pattern_part_shortest(start: int, variable: str | None, function: str, chain: _Chain) -> PatternPart:
    return PatternPart(variable, chain.nodes, chain.relationships, function.lower(), start)


def pattern_chain(start: int, *elements: NodePattern | RelationshipPattern) -> _Chain:
    del start
    return _Chain(elements[::2], elements[1::2])  # type: ignore[arg-type]  # the grammar: they alternate


def node(start: int, variable: str | None, names: tuple[str, ...] | None, properties: Properties | None) -> NodePattern:
    return NodePattern(variable, names or (), properties, None, start)


def node_where(
    start: int,
    variable: str | None,
    names: tuple[str, ...],
    properties: Properties | None,
    predicate: Expression,
) -> NodePattern:
    return NodePattern(variable, names, properties, predicate, start)


def node_name_where(start: int, variable: str, properties: Properties | None, predicate: Expression) -> NodePattern:
    return NodePattern(variable, (), properties, predicate, start)


def labels(start: int, *names: str) -> tuple[str, ...]:
    del start
    return names


def relationship_out(start: int, detail: _Detail | None) -> RelationshipPattern:
    return _relationship(start, detail, Direction.OUT)


def relationship_in(start: int, detail: _Detail | None) -> RelationshipPattern:
    return _relationship(start, detail, Direction.IN)


def relationship_both(start: int, detail: _Detail | None) -> RelationshipPattern:
    return _relationship(start, detail, Direction.BOTH)


def _relationship(start: int, detail: _Detail | None, direction: Direction) -> RelationshipPattern:
    if detail is None:
        return RelationshipPattern(None, (), direction, False, None, None, None, None, start)
    length = detail.length
    return RelationshipPattern(
        detail.variable,
        detail.types,
        direction,
        length is not None,
        None if length is None else length.minimum,
        None if length is None else length.maximum,
        detail.properties,
        detail.predicate,
        start,
    )


def relationship_detail(
    start: int,
    variable: str | None,
    names: tuple[str, ...] | None,
    length: _Length | None,
    properties: Properties | None,
    predicate: Expression | None,
) -> _Detail:
    del start
    return _Detail(variable, names or (), length, properties, predicate)


def types(start: int, *names: str) -> tuple[str, ...]:
    del start
    return names


def length_any(start: int) -> _Length:
    del start
    return _Length(None, None)


def length_exact(start: int, count: int) -> _Length:
    del start
    return _Length(count, count)


def length_range(start: int, minimum: int | None, maximum: int | None) -> _Length:
    del start
    return _Length(minimum, maximum)


# -------------------------------------------------------------------------------------------------------- expressions


def disjunction(start: int, *operands: Expression) -> Expression:
    return _balanced("OR", operands)


def exclusive_disjunction(start: int, *operands: Expression) -> Expression:
    return _balanced("XOR", operands)


def conjunction(start: int, *operands: Expression) -> Expression:
    return _balanced("AND", operands)


def _balanced(symbol: str, operands: tuple[Expression, ...]) -> Expression:
    """These are associative: a thousand operands become a tree of ten levels."""
    if len(operands) == 1:
        return operands[0]
    middle = (len(operands) + 1) // 2
    left = _balanced(symbol, operands[:middle])
    return Infix(symbol, left, _balanced(symbol, operands[middle:]), left.offset)


def not_(start: int, operand: Expression) -> Prefix:
    return Prefix("NOT", operand, start)


def comparison(start: int, *operands_and_symbols: Expression | str) -> Infix | ComparisonChain:
    operands: tuple[Expression, ...] = operands_and_symbols[::2]  # type: ignore[assignment]  # they alternate
    symbols: tuple[str, ...] = operands_and_symbols[1::2]  # type: ignore[assignment]  # they alternate
    if len(symbols) == 1:
        return Infix(symbols[0], operands[0], operands[1], start)
    return ComparisonChain(operands, symbols, start)


def starts_with(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("STARTS WITH", left, right, start)


def ends_with(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("ENDS WITH", left, right, start)


def contains(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("CONTAINS", left, right, start)


def matches(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("=~", left, right, start)


def in_(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("IN", left, right, start)


def is_null(start: int, operand: Expression) -> NullCheck:
    return NullCheck(operand, False, start)


def is_not_null(start: int, operand: Expression) -> NullCheck:
    return NullCheck(operand, True, start)


def add(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("+", left, right, start)


def subtract(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("-", left, right, start)


def multiply(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("*", left, right, start)


def divide(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("/", left, right, start)


def modulo(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("%", left, right, start)


def raise_to(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("^", left, right, start)


def negative(start: int, operand: Expression) -> Literal | Prefix:
    """A negated number is a literal, so that the least 64-bit integer can be written."""
    if isinstance(operand, Literal) and type(operand.value) in (int, float):
        return Literal(-operand.value, start)  # type: ignore[operator]  # a number
    return Prefix("-", operand, start)


def positive(start: int, operand: Expression) -> Prefix:
    return Prefix("+", operand, start)


def label_predicate(start: int, subject: Expression, names: tuple[str, ...]) -> LabelPredicate:
    return LabelPredicate(subject, names, start)


def property_access(start: int, subject: Expression, key: str) -> PropertyAccess:
    return PropertyAccess(subject, key, start)


def subscript(start: int, subject: Expression, index: Expression) -> Subscript:
    return Subscript(subject, index, start)


def slice_(start: int, subject: Expression, first: Expression | None, stop: Expression | None) -> Slice:
    return Slice(subject, first, stop, start)


def function_call(start: int, called: Expression, distinct: str | None, *arguments: Expression) -> FunctionCall:
    return FunctionCall(_function_name(called), arguments, distinct is not None, False, start)


def function_call_star(start: int, called: Expression) -> FunctionCall:
    return FunctionCall(_function_name(called), (), False, True, start)


def _function_name(called: Expression) -> str:
    """`a.b.c` of `a.b.c(…)`, which reads like a property until its bracket."""
    names: list[str] = []
    while isinstance(called, PropertyAccess):
        names.append(called.key)
        called = called.subject
    if not isinstance(called, Variable):
        raise Rejected("only a name can be called like a function", called.offset)
    names.append(called.name)
    return ".".join(reversed(names))


def literal(start: int, value: Value) -> Literal:
    return Literal(value, start)


def null(start: int) -> Literal:
    return Literal(None, start)


def true(start: int) -> Literal:
    return Literal(True, start)


def false(start: int) -> Literal:
    return Literal(False, start)


def parameter(start: int, name: str) -> Parameter:
    return Parameter(name, start)


def variable(start: int, name: str) -> Variable:
    return Variable(name, start)


def list_(start: int, *items: Expression) -> ListLiteral:
    return ListLiteral(items, start)


def map_(start: int, *entries: tuple[str, Expression]) -> MapLiteral:
    return MapLiteral(tuple(key for key, _ in entries), tuple(value for _, value in entries), start)


def map_entry(start: int, key: str, value: Expression) -> tuple[str, Expression]:
    del start
    return key, value


def list_comprehension(
    start: int, name: str, source: Expression, predicate: Expression | None, result: Expression | None
) -> ListComprehension:
    return ListComprehension(name, source, predicate, result, start)


def pattern_comprehension(
    start: int, name: str | None, chain: _Chain, predicate: Expression | None, result: Expression
) -> PatternComprehension:
    part = PatternPart(name, chain.nodes, chain.relationships, None, start)
    return PatternComprehension(part, predicate, result, start)


def pattern_predicate(start: int, *elements: NodePattern | RelationshipPattern) -> PatternPredicate:
    chain = pattern_chain(start, *elements)
    return PatternPredicate(PatternPart(None, chain.nodes, chain.relationships, None, start), start)


def map_projection(start: int, subject: Variable, *projected: tuple[str, Expression | None] | None) -> MapProjection:
    """A part is (key, expression), (key, None) for `.key`, None for `.*`."""
    entries = [entry for entry in projected if entry is not None]
    values = tuple(PropertyAccess(subject, key, subject.offset) if value is None else value for key, value in entries)
    return MapProjection(subject, None in projected, tuple(key for key, _ in entries), values, start)


def projected_property(start: int, key: str) -> tuple[str, None]:
    del start
    return key, None


def projected_all(start: int) -> None:
    del start


def projected_variable(start: int, name: str) -> tuple[str, Expression]:
    return name, Variable(name, start)


def projected_value(start: int, key: str, value: Expression) -> tuple[str, Expression]:
    del start
    return key, value


@dataclass(frozen=True, slots=True)
class _When:
    condition: Expression
    result: Expression


def case(start: int, subject: Expression | None, *rest: _When | Expression | None) -> Case:
    """The last is the ELSE."""
    *branches, otherwise = rest
    whens = [branch for branch in branches if isinstance(branch, _When)]
    assert not isinstance(otherwise, _When)
    return Case(subject, tuple(w.condition for w in whens), tuple(w.result for w in whens), otherwise, start)


def when(start: int, condition: Expression, result: Expression) -> _When:
    del start
    return _When(condition, result)


def quantifier(start: int, kind: str, name: str, source: Expression, predicate: Expression | None) -> Quantifier:
    return Quantifier(kind.lower(), name, source, predicate, start)


def reduce(
    start: int, accumulator: str, initial: Expression, name: str, source: Expression, step: Expression
) -> Reduce:
    return Reduce(accumulator, initial, name, source, step, start)


def exists_subquery(start: int, body: Query | SingleQuery) -> ExistsSubquery:
    return ExistsSubquery(_whole(body), start)


def count_subquery(start: int, body: Query | SingleQuery) -> CountSubquery:
    return CountSubquery(_whole(body), start)


def collect_subquery(start: int, body: Query | SingleQuery) -> CollectSubquery:
    return CollectSubquery(_whole(body), start)


def pattern_query(start: int, parts: tuple[PatternPart, ...], where: Expression | None) -> SingleQuery:
    return SingleQuery((Match(False, parts, where, start),), start)


# ----------------------------------------------------------------------------------------------------------- commands


def create_index_on(start: int, label: str, *keys: str) -> CreateIndex:
    return CreateIndex(None, label, keys, False, start)


def create_index(start: int, name: str | None, named: str, label: str, *keys: tuple[str, str]) -> CreateIndex:
    return CreateIndex(name, label, _index_keys(start, named, keys), False, start)


def create_index_if_absent(start: int, name: str | None, named: str, label: str, *keys: tuple[str, str]) -> CreateIndex:
    return CreateIndex(name, label, _index_keys(start, named, keys), True, start)


def index_key(start: int, named: str, key: str) -> tuple[str, str]:
    del start
    return named, key


def _index_keys(start: int, named: str, keys: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    for subject, _ in keys:
        if subject != named:
            raise Rejected(f'the index is on "{named}", not on "{subject}"', start, detail="UndefinedVariable")
    return tuple(key for _, key in keys)


def drop_index_on(start: int, label: str, *keys: str) -> DropIndex:
    return DropIndex(None, label, keys, False, start)


def drop_index_named(start: int, name: str) -> DropIndex:
    return DropIndex(name, None, (), False, start)


def drop_index_if_present(start: int, name: str) -> DropIndex:
    return DropIndex(name, None, (), True, start)


def show_indexes(start: int) -> ShowIndexes:
    return ShowIndexes(start)


StreamValue: TypeAlias = Literal | Parameter
"""Of a stream clause."""


@dataclass(frozen=True, slots=True)
class _Option:
    name: str
    value: StreamValue
    offset: int


def create_stream(
    start: int, name: str, uri: StreamValue, topic: StreamValue, transform: StreamValue, *options: _Option
) -> CreateStream:
    given: dict[str, StreamValue] = {}
    for option in options:
        if option.name in given:
            raise Rejected(f"{option.name} is given twice", option.offset)
        given[option.name] = option.value
    return CreateStream(name, uri, topic, transform, given.get("BATCH_INTERVAL"), given.get("BATCH_SIZE"), start)


def batch_interval(start: int, value: StreamValue) -> _Option:
    return _Option("BATCH_INTERVAL", value, start)


def batch_size(start: int, value: StreamValue) -> _Option:
    return _Option("BATCH_SIZE", value, start)


def drop_stream(start: int, name: str) -> DropStream:
    return DropStream(name, start)


def start_stream(start: int, name: str, limit: StreamValue | None) -> StartStream:
    return StartStream(name, limit, start)


def start_all_streams(start: int) -> StartAllStreams:
    return StartAllStreams(start)


def stop_stream(start: int, name: str) -> StopStream:
    return StopStream(name, start)


def stop_all_streams(start: int) -> StopAllStreams:
    return StopAllStreams(start)


def test_stream(start: int, name: str, limit: StreamValue | None) -> TestStream:
    return TestStream(name, limit, start)


def show_streams(start: int) -> ShowStreams:
    return ShowStreams(start)


def show_stream(start: int, name: str) -> ShowStream:
    return ShowStream(name, start)


def stream_name(start: int, name: str) -> str:
    del start
    return name


def reserved_stream_name(start: int) -> str:
    raise Rejected('"ALL" is no stream name', start, hint="write `ALL` in backticks")
