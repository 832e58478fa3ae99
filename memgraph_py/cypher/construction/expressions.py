"""Expressions."""

from memgraph_py.cypher.ast import (
    Case,
    ComparisonChain,
    Expression,
    FunctionCall,
    Infix,
    LabelExpression,
    ListComprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    MapProjection,
    NullCheck,
    Parameter,
    Prefix,
    PropertyAccess,
    Quantifier,
    Reduce,
    Slice,
    Subscript,
    TypePredicate,
    Variable,
)
from memgraph_py.cypher.construction.labels import label_test
from memgraph_py.cypher.construction.rejection import Rejected
from memgraph_py.values.types import Value
from memgraph_py.values.value_types import Alternative

INTEGER_MIN = -(2**63)
_NOWHERE = -1
"""The offset of a literal that is not written as one."""
_NORMAL_FORMS = frozenset(("NFC", "NFD", "NFKC", "NFKD"))


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


def concatenate(start: int, left: Expression, right: Expression) -> Infix:
    return Infix("||", left, right, start)


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


def is_normalized(start: int, operand: Expression, form: str | None) -> Case:
    """NULL of what is no string."""
    is_text = TypePredicate(operand, (Alternative("STRING", nullable=False),), False, start)
    named = Literal(_normal_form(start, form), _NOWHERE)
    normalized = FunctionCall("normalize", (operand, named), False, False, start)
    return Case(None, (is_text,), (Infix("=", operand, normalized, start),), None, start)


def is_not_normalized(start: int, operand: Expression, form: str | None) -> Prefix:
    return Prefix("NOT", is_normalized(start, operand, form), start)


def _normal_form(start: int, form: str | None) -> str:
    if form is None:
        return "NFC"
    if form.upper() not in _NORMAL_FORMS:
        raise Rejected(f'there is no normal form "{form}"', start, hint="NFC, NFD, NFKC or NFKD")
    return form.upper()


def negative(start: int, operand: Expression) -> Literal | Prefix:
    """A negated number is a literal too."""
    if isinstance(operand, Literal) and type(operand.value) in (int, float):
        if operand.value == INTEGER_MIN:
            raise Rejected("the integer does not fit 64 bits", start, detail="IntegerOverflow")
        return Literal(-operand.value, start)  # type: ignore[operator]  # a number
    return Prefix("-", operand, start)


def least_integer(start: int, written: object) -> Literal:
    del written
    return Literal(INTEGER_MIN, start)


def positive(start: int, operand: Expression) -> Prefix:
    return Prefix("+", operand, start)


def label_predicate(start: int, subject: Expression, labels: LabelExpression) -> Expression:
    return label_test(subject, labels, start)


def property_access(start: int, subject: Expression, key: str) -> PropertyAccess:
    return PropertyAccess(subject, key, start)


def subscript(start: int, subject: Expression, index: Expression) -> Subscript:
    return Subscript(subject, index, start)


def slice_(start: int, subject: Expression, first: Expression | None, stop: Expression | None) -> Slice:
    return Slice(subject, first, stop, start)


def function_call(start: int, called: Expression, distinct: str | None, *arguments: Expression) -> FunctionCall:
    name = _function_name(called)
    match arguments:
        case (text, Variable(form)) if form.upper() in _NORMAL_FORMS and name.lower() == "normalize":
            arguments = (text, Literal(form.upper(), _NOWHERE))  # `normalize(text, NFD)`: a word
    return FunctionCall(name, arguments, distinct is not None, False, start)


def function_call_star(start: int, called: Expression) -> FunctionCall:
    return FunctionCall(_function_name(called), (), False, True, start)


def trim_side(
    start: int, called: Expression, side: str, characters: Expression | None, source: Expression
) -> FunctionCall:
    """`trim(LEADING 'x' FROM text)`."""
    if not (isinstance(called, Variable) and called.name.lower() == "trim"):
        raise Rejected("FROM stands among the arguments of trim() alone", start)
    arguments = (source,) if characters is None else (source, characters)
    return FunctionCall(f"{_TRIM_SIDES[side.upper()]}trim", arguments, False, False, start)


def trim_both(start: int, called: Expression, characters: Expression, source: Expression) -> FunctionCall:
    return trim_side(start, called, "BOTH", characters, source)


_TRIM_SIDES = {"BOTH": "b", "LEADING": "l", "TRAILING": "r"}
"""What the functions of one side have before `trim`."""


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


def infinity(start: int) -> Literal:
    return Literal(float("inf"), start)


def not_a_number(start: int) -> Literal:
    return Literal(float("nan"), start)


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


def quantifier(start: int, kind: str, name: str, source: Expression, predicate: Expression | None) -> Quantifier:
    return Quantifier(kind.lower(), name, source, predicate, start)


def reduce(
    start: int, accumulator: str, initial: Expression, name: str, source: Expression, step: Expression
) -> Reduce:
    return Reduce(accumulator, initial, name, source, step, start)
