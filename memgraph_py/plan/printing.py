"""Plans as text, for EXPLAIN and tests, and as the map that Bolt clients draw.

Project p.name
└─ Filter p.age > 18
   └─ LabelScan p:Person
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from memgraph_py.plan import operators
from memgraph_py.plan.expressions import (
    Call,
    Case,
    Collect,
    CollectOnce,
    Constant,
    Count,
    CountOnce,
    Exists,
    ExistsOnce,
    Expression,
    HasLabels,
    HasLabelsNamed,
    HasType,
    ListComprehension,
    ListOf,
    Literal,
    MapOf,
    MapProjection,
    Parameter,
    PathOf,
    Property,
    Quantifier,
    Reduce,
    Variable,
)
from memgraph_py.plan.names import is_own, shown
from memgraph_py.plan.operators import NodeSpec, Operator, RelationshipSpec, SetItem
from memgraph_py.plan.tree import inputs
from memgraph_py.plan.variables import columns
from memgraph_py.storage.schema_rules import Entity
from memgraph_py.storage.view import Direction
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_text import text_of
from memgraph_py.values.types import Value
from memgraph_py.values.value_types import type_text

PRECEDENCE = {
    "OR": 1,
    "XOR": 2,
    "AND": 3,
    "=": 5,
    "<>": 5,
    "<": 5,
    "<=": 5,
    ">": 5,
    ">=": 5,
    "IN": 5,
    "STARTS WITH": 5,
    "ENDS WITH": 5,
    "CONTAINS": 5,
    "=~": 5,
    "+": 6,
    "||": 6,
    "-": 6,
    "*": 7,
    "/": 7,
    "%": 7,
    "^": 8,
}
"""How tightly a symbol between two arguments binds; a function call binds tightest."""
NOT_PRECEDENCE = 4
CALL_PRECEDENCE = 10


def lines(plan: Operator) -> list[str]:
    """The plan as a tree, root first, one operator a line."""
    drawn = [shown(line(plan))]
    below = inputs(plan)
    for place, child in enumerate(below):
        last = place == len(below) - 1
        first, *rest = lines(child)
        drawn.append(f"{'└─' if last else '├─'} {first}")
        drawn += [f"{'   ' if last else '│  '}{text}" for text in rest]
    return drawn


@dataclass(slots=True)
class Measured:
    """What PROFILE tells of an operator: rows that it gave, db hits, its own time."""

    rows: int = 0
    hits: int = 0
    seconds: float = 0.0


def describe(
    plan: Operator, estimate: Callable[[Operator], float], measured: Callable[[Operator], Measured] | None = None
) -> dict[str, Value]:
    """The plan as a map of Bolt's summary: operatorType, args, identifiers, children, and of PROFILE also rows, dbHits
    and time (nanoseconds).

    ``estimate`` gives an operator's expected rows, ``measured`` what came of it.
    """
    arguments: dict[str, Value] = {"Details": shown(details(plan)), "EstimatedRows": float(estimate(plan))}
    found: dict[str, Value] = {
        "operatorType": type(plan).__name__,
        "args": arguments,
        "identifiers": [name for name in columns(plan) if not is_own(name)],
        "children": [describe(child, estimate, measured) for child in inputs(plan)],
    }
    if measured is not None:
        own = measured(plan)
        nanoseconds = int(own.seconds * 1e9)
        arguments |= {"Rows": own.rows, "DbHits": own.hits, "Time": nanoseconds}
        found |= {"rows": own.rows, "dbHits": own.hits, "time": nanoseconds}
        found |= {"pageCacheHits": 0, "pageCacheMisses": 0, "pageCacheHitRatio": 0.0}
    return found


def describe_whole(
    plan: Operator, estimate: Callable[[Operator], float], measured: Callable[[Operator], Measured] | None = None
) -> dict[str, Value]:
    """The same, with what concerns the whole plan in the args of its root."""
    found = describe(plan, estimate, measured)
    arguments = found["args"]
    assert isinstance(arguments, dict), "as made above"
    arguments |= {"planner": "COST", "runtime": "VECTORISED", "version": "5"}
    arguments["string-representation"] = "\n".join(lines(plan))
    return found


def line(operator: Operator) -> str:
    """The operator's name and what it is about."""
    text = details(operator)
    return f"{type(operator).__name__} {text}" if text else type(operator).__name__


def details(operator: Operator) -> str:
    """What an operator is about, such as `p:Person(id = $id)`; empty where its name says all."""
    match operator:
        case operators.Eager():
            return _rows_at_once(operator)
        case operators.Unit() | operators.Drain() | operators.Union() | operators.Apply():
            return ""
        case operators.Argument(names) | operators.ParameterRows(names):
            return ", ".join(names)
        case operators.AllNodes(_, variable):
            return variable
        case operators.LabelScan(_, variable, label):
            return f"{variable}:{label}"
        case operators.IndexSeek() | operators.IndexRangeSeek() | operators.IndexOrder() | operators.NodeById():
            return _seek(operator)
        case operators.NodeCount() | operators.RelationshipCount():
            return _count(operator)
        case operators.PathCount(_, _, source, hops):
            return f"({source}){''.join(map(_hop, hops))}"
        case operators.Expand() | operators.ExpandInto() | operators.ScanRelationships():
            return _relationship(operator, f"{operator.relationship}{_types(operator.types)}")
        case operators.VariableExpand() | operators.ShortestPaths():
            return _paths(operator)
        case operators.Frontier():
            return _relationship(operator, f"{_types(operator.types)}*{operator.minimum}..{operator.maximum}")
        case operators.HashJoin():
            equal = zip(operator.keys, operator.right_keys, strict=True)
            return ", ".join(expression_text(Call("=", sides)) for sides in equal)
        case operators.Filter(_, predicate):
            return expression_text(predicate)
        case operators.LoadCsv(_, source, variable):
            return f"{expression_text(source)} AS {variable}"
        case operators.InTransactions():
            return f"OF {expression_text(operator.rows)} ROWS ON ERROR {operator.on_error}"
        case operators.UniqueRelationships() | operators.Distinct() | operators.Optional():
            return ", ".join(operator.variables)
        case operators.Project() | operators.Extend():
            return _named(operator.names, operator.expressions)
        case operators.Aggregate():
            keys = _named(operator.key_names, operator.keys)
            aggregates = _named(operator.aggregate_names, operator.aggregates)
            return f"{aggregates} BY {keys}" if keys and aggregates else aggregates or keys
        case operators.Sort():
            return _order(operator.keys, operator.descending)
        case operators.Top():
            skipped = "" if operator.skipped is None else f" AFTER {expression_text(operator.skipped)}"
            return f"{expression_text(operator.count)}{skipped} BY {_order(operator.keys, operator.descending)}"
        case operators.Skip() | operators.Limit():
            return expression_text(operator.count)
        case operators.Unwind():
            return f"{expression_text(operator.list)} AS {operator.variable}"
        case operators.ProcedureCall():
            call = f"{operator.name}({_list(operator.arguments)})"
            pairs = zip(operator.yields, operator.variables, strict=True)
            yields = ", ".join(given if given == name else f"{given} AS {name}" for given, name in pairs)
            return f"{call} YIELD {yields}" if yields else call
        case operators.Create() | operators.Merge() | operators.Set() | operators.Remove() | operators.Delete():
            return _update(operator)
        case _:
            assert_never(operator)


def _update(
    operator: operators.Create | operators.Merge | operators.Set | operators.Remove | operators.Delete,
) -> str:
    match operator:
        case operators.Create():
            return ", ".join([*map(_node, operator.nodes), *map(_created, operator.relationships)])
        case operators.Merge():
            return _merge(operator)
        case operators.Set():
            return ", ".join(map(_item, operator.items))
        case operators.Remove():
            return ", ".join(map(_removed, operator.items))
        case operators.Delete():
            return ("DETACH " if operator.detach else "") + _list(operator.expressions)
        case _:
            assert_never(operator)


def _merge(operator: operators.Merge) -> str:
    text = ", ".join([*map(_node, operator.nodes), *map(_created, operator.relationships)])
    created = f" ON CREATE {', '.join(map(_item, operator.on_create))}" if operator.on_create else ""
    matched = f" ON MATCH {', '.join(map(_item, operator.on_match))}" if operator.on_match else ""
    return text + created + matched


def expression_text(expression: Expression) -> str:
    """An expression much as it would be written; subqueries as `EXISTS { … }`."""
    return _text(expression)[0]


def _text(expression: Expression) -> tuple[str, int]:
    """Text, and how tightly its outermost symbol binds."""
    match expression:
        case Literal(value):
            return value_text(value), CALL_PRECEDENCE
        case Parameter(name):
            return f"${name}", CALL_PRECEDENCE
        case Variable(name):
            return name, CALL_PRECEDENCE
        case Property(subject, key):
            return f"{_inside(subject, CALL_PRECEDENCE)}.{key}", CALL_PRECEDENCE
        case HasType(subject, type):
            return f"{_inside(subject, 6)} IS :: {type_text(type)}", 5
        case HasLabels(subject, labels):
            return f"{_inside(subject, CALL_PRECEDENCE)}:{':'.join(labels) or '%'}", CALL_PRECEDENCE
        case HasLabelsNamed(subject, names, any):
            named = f"$any({expression_text(names)})" if any else f"$({expression_text(names)})"
            return f"{_inside(subject, CALL_PRECEDENCE)}:{named}", CALL_PRECEDENCE
        case Call():
            return _call(expression)
        case ListOf(items):
            return f"[{_list(items)}]", CALL_PRECEDENCE
        case MapOf(keys, values):
            return f"{{{_pairs(keys, values)}}}", CALL_PRECEDENCE
        case MapProjection(subject, all_properties, keys, values):
            inner = ", ".join(filter(None, (".*" if all_properties else "", _pairs(keys, values))))
            return f"{expression_text(subject)}{{{inner}}}", CALL_PRECEDENCE
        case Case(conditions, results, otherwise):
            pairs = zip(conditions, results, strict=True)
            branches = "".join(f" WHEN {expression_text(when)} THEN {expression_text(then)}" for when, then in pairs)
            return f"CASE{branches} ELSE {expression_text(otherwise)} END", CALL_PRECEDENCE
        case ListComprehension() | Quantifier() | Reduce():
            return _binding(expression), CALL_PRECEDENCE
        case PathOf(variables):
            return f"path({', '.join(variables)})", CALL_PRECEDENCE
        case ExistsOnce(plan, str() as name):
            return f"{name} IN {{ {_inline(plan)} }}", PRECEDENCE["IN"]
        case Exists(plan) | ExistsOnce(plan):
            return f"EXISTS {{ {_inline(plan)} }}", CALL_PRECEDENCE
        case CountOnce(plan, str() as name) | CollectOnce(plan, str() as name):
            sort = "COUNT" if isinstance(expression, CountOnce) else "COLLECT"
            return f"{sort} OF {name} IN {{ {_inline(plan)} }}", CALL_PRECEDENCE
        case Collect(plan) | CollectOnce(plan):
            return f"COLLECT {{ {_inline(plan)} }}", CALL_PRECEDENCE
        case Count(plan) | CountOnce(plan):
            return f"COUNT {{ {_inline(plan)} }}", CALL_PRECEDENCE
        case Constant(inner):
            return _text(inner)
        case _:
            assert_never(expression)


def _inside(expression: Expression, precedence: int) -> str:
    text, own = _text(expression)
    return f"({text})" if own < precedence else text


def _call(call: Call) -> tuple[str, int]:
    arguments = call.arguments
    match call.name:
        case "NOT":
            return f"NOT {_inside(arguments[0], NOT_PRECEDENCE)}", NOT_PRECEDENCE
        case "unary-" | "unary+":
            return f"{call.name[-1]}{_inside(arguments[0], 9)}", 9
        case "IS NULL" | "IS NOT NULL":
            return f"{_inside(arguments[0], 6)} {call.name}", 5
        case "[]":
            return f"{_inside(arguments[0], CALL_PRECEDENCE)}[{expression_text(arguments[1])}]", CALL_PRECEDENCE
        case "[..]":
            subject, start, stop = arguments
            inner = f"{expression_text(start)}..{expression_text(stop)}"
            return f"{_inside(subject, CALL_PRECEDENCE)}[{inner}]", CALL_PRECEDENCE
        case name if name in PRECEDENCE and len(arguments) == 2:
            own = PRECEDENCE[name]
            return f"{_inside(arguments[0], own)} {name} {_inside(arguments[1], own + 1)}", own
        case "count" if not arguments:
            return "count(*)", CALL_PRECEDENCE
        case name:
            return f"{name}({'DISTINCT ' if call.distinct else ''}{_list(arguments)})", CALL_PRECEDENCE


def _binding(expression: ListComprehension | Quantifier | Reduce) -> str:
    match expression:
        case ListComprehension(variable, elements, predicate, result):
            where = "" if predicate is None else f" WHERE {expression_text(predicate)}"
            mapped = "" if result is None else f" | {expression_text(result)}"
            return f"[{variable} IN {expression_text(elements)}{where}{mapped}]"
        case Quantifier(kind, variable, elements, predicate):
            return f"{kind}({variable} IN {expression_text(elements)} WHERE {expression_text(predicate)})"
        case Reduce(accumulator, initial, variable, elements, step):
            start = f"{accumulator} = {expression_text(initial)}"
            return f"reduce({start}, {variable} IN {expression_text(elements)} | {expression_text(step)})"
        case _:
            assert_never(expression)


def value_text(value: Value) -> str:
    """A value as Cypher writes it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        case list():
            return f"[{', '.join(map(value_text, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {value_text(item)}' for key, item in value.items())}}}"
        case Date() | LocalTime() | Time() | LocalDateTime() | DateTime() | Duration():
            return f"{type(value).__name__.lower()}('{text_of(value)}')"
        case _:
            return str(value)


def _list(expressions: tuple[Expression, ...]) -> str:
    return ", ".join(map(expression_text, expressions))


def _pairs(keys: tuple[str, ...], values: tuple[Expression, ...]) -> str:
    return ", ".join(f"{key}: {expression_text(value)}" for key, value in zip(keys, values, strict=True))


def _named(names: tuple[str, ...], expressions: tuple[Expression, ...]) -> str:
    texts = map(expression_text, expressions)
    return ", ".join(text if text == name else f"{text} AS {name}" for name, text in zip(names, texts, strict=True))


def _order(keys: tuple[Expression, ...], descending: tuple[bool, ...]) -> str:
    pairs = zip(keys, descending, strict=True)
    return ", ".join(f"{expression_text(key)}{' DESC' if down else ''}" for key, down in pairs)


def _types(types: tuple[str, ...]) -> str:
    return f":{'|'.join(types)}" if types else ""


def _rows_at_once(operator: operators.Eager) -> str:
    properties = [f".{one}" for one in dict.fromkeys(operator.properties)] or [""]
    different = [*map(expression_text, operator.keys)]
    different += [f"{name}{one}" for name in operator.elements for one in properties]
    apart = f" where no node is {' and '.join(operator.labels)}" if operator.labels else ""
    return f"different {', '.join(different)}{apart}" if different else "row by row" * operator.singly


def _seek(
    operator: operators.IndexSeek | operators.IndexRangeSeek | operators.IndexOrder | operators.NodeById,
) -> str:
    if isinstance(operator, operators.NodeById):
        return f"id({operator.variable}) {'IN' if operator.many else '='} {expression_text(operator.value)}"
    if isinstance(operator, operators.IndexSeek):
        sign = "IN" if operator.many else "="
        pairs = zip(operator.keys, operator.values, strict=True)
        parts = [f"{key} {sign} {expression_text(value)}" for key, value in pairs]
    elif isinstance(operator, operators.IndexOrder):
        bounds = (("STARTS WITH" if operator.is_prefix else ">=", operator.lower), ("<=", operator.upper))
        parts = [f"{operator.key} {sign} {expression_text(bound)}" for sign, bound in bounds if bound is not None]
        parts = [" AND ".join(parts or [operator.key]) + (" DESC" if operator.descending else " ASC")]
    else:
        bounds = (("STARTS WITH" if operator.is_prefix else ">=", operator.lower), ("<=", operator.upper))
        pairs = zip(operator.keys, operator.values, strict=False)
        parts = [f"{key} = {expression_text(value)}" for key, value in pairs]
        next = operator.keys[len(parts)] if len(parts) < len(operator.keys) else ""
        parts += [f"{next} {sign} {expression_text(bound)}" for sign, bound in bounds if bound is not None]
        if operator.exists:
            parts.append(f"{next} IS NOT NULL")
    element = f"{operator.variable}:{operator.token}({', '.join(parts)})"
    return element if operator.entity is Entity.NODE else f"[{element}]"


def _count(operator: operators.NodeCount | operators.RelationshipCount) -> str:
    if isinstance(operator, operators.RelationshipCount):
        return f"()-[{_types(operator.types)}]->() AS {operator.variable}"
    label = "" if operator.label is None else f":{operator.label}"
    property = "" if operator.key is None else f" WITH {operator.key}"
    return f"({label}){property} AS {operator.variable}"


def _relationship(
    operator: operators.Expand
    | operators.ExpandInto
    | operators.VariableExpand
    | operators.ShortestPaths
    | operators.Frontier
    | operators.ScanRelationships,
    inner: str,
) -> str:
    left = "<-" if operator.direction is Direction.IN else "-"
    right = "->" if operator.direction is Direction.OUT else "-"
    return f"({operator.source}){left}[{inner}]{right}({operator.target})"


def _paths(operator: operators.VariableExpand | operators.ShortestPaths) -> str:
    length = f"*{operator.minimum}..{'' if operator.maximum is None else operator.maximum}"
    inner = f"{operator.relationships}{_types(operator.types)}{length}"
    if isinstance(operator, operators.VariableExpand):
        properties = "" if operator.properties is None else f" {expression_text(operator.properties)}"
        return _relationship(operator, inner + properties)
    how = "all shortest" if operator.every else "shortest"
    if operator.count > 1:
        how = f"shortest {operator.count}{' groups' if operator.every else ''}"
    where = "" if operator.predicate is None else f" WHERE {expression_text(operator.predicate)}"
    return f"{how} {_relationship(operator, inner)}{where}"


def _hop(hop: operators.Hop) -> str:
    left = "<" if hop.direction is Direction.IN else ""
    right = ">" if hop.direction is Direction.OUT else ""
    condition = "" if hop.predicate is None else f" WHERE {expression_text(hop.predicate)}"
    return f"{left}-[{_types(hop.types)}]-{right}({hop.node}{condition})"


def _inline(plan: Operator) -> str:
    """The operators of a subplan in one line, the leaf left out."""
    steps: list[str] = []
    while below := inputs(plan):
        steps.append(line(plan))
        plan = below[0]
    return " ← ".join(steps)


def _node(node: NodeSpec) -> str:
    labels = "".join(f":{label}" for label in node.labels)
    properties = "" if node.properties is None else f" {expression_text(node.properties)}"
    return f"({node.variable}{labels}{properties})"


def _created(relationship: RelationshipSpec) -> str:
    properties = "" if relationship.properties is None else f" {expression_text(relationship.properties)}"
    named = relationship.type_named
    type = relationship.type if named is None else f"$({expression_text(named)})"
    inner = f"{relationship.variable}:{type}{properties}"
    return f"({relationship.source})-[{inner}]->({relationship.target})"


def _item(item: SetItem) -> str:
    match item:
        case operators.SetProperty(subject, key, value):
            return f"{expression_text(Property(subject, key))} = {expression_text(value)}"
        case operators.SetPropertyNamed(subject, key, value):
            return f"{expression_text(Call('[]', (subject, key)))} = {expression_text(value)}"
        case operators.SetProperties(variable, value, merge):
            return f"{variable} {'+=' if merge else '='} {expression_text(value)}"
        case operators.SetLabels(variable, labels):
            return f"{variable}:{':'.join(labels)}"
        case operators.SetLabelsNamed(variable, names):
            return f"{variable}:$({expression_text(names)})"
        case _:
            assert_never(item)


def _removed(item: operators.RemoveItem) -> str:
    match item:
        case operators.RemoveProperty(subject, key):
            return expression_text(Property(subject, key))
        case operators.RemovePropertyNamed(subject, key):
            return expression_text(Call("[]", (subject, key)))
        case operators.RemoveLabels(variable, labels):
            return f"{variable}:{':'.join(labels)}"
        case operators.RemoveLabelsNamed(variable, names):
            return f"{variable}:$({expression_text(names)})"
        case _:
            assert_never(item)
