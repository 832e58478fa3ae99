"""Label expressions, and what they mean: labels that are demanded for sure, types, or a predicate.

Source: Neo4j Cypher manual, "Label expressions".
"""

from memgraph_py.cypher.ast import (
    AnyLabel,
    Expression,
    Infix,
    LabelAnd,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    LabelPredicate,
    LabelsNamed,
    LabelsNamedPredicate,
    Prefix,
)
from memgraph_py.cypher.construction.rejection import Rejected


def label_name(start: int, name: str) -> LabelName:
    del start
    return LabelName(name)


def label_any(start: int) -> AnyLabel:
    del start
    return AnyLabel()


def label_named(start: int, names: Expression) -> LabelsNamed:
    return LabelsNamed(names, False, start)


def label_named_how(start: int, how: str, names: Expression) -> LabelsNamed:
    if how.lower() not in ("all", "any"):
        raise Rejected(
            f'"${how}" is no way to name labels', start, hint="write `$(names)`, `$all(names)` or `$any(names)`"
        )
    return LabelsNamed(names, how.lower() == "any", start)


def label_not(start: int, operand: LabelExpression) -> LabelNot:
    del start
    return LabelNot(operand)


def label_conjunction(start: int, *operands: LabelExpression) -> LabelAnd:
    del start
    return LabelAnd(operands, colons=False)


def label_colons(start: int, *operands: LabelExpression) -> LabelAnd:
    if not all(isinstance(operand, LabelName | LabelsNamed) for operand in operands):
        raise mixed(start)
    return LabelAnd(operands, colons=True)


def label_or(start: int, *operands_and_colons: LabelExpression | str | None) -> LabelOr:
    operands: tuple[LabelExpression, ...] = tuple(
        part for part in operands_and_colons if part is not None and not isinstance(part, str)
    )
    colons = ":" in operands_and_colons
    if colons and not all(isinstance(operand, LabelName | LabelsNamed) for operand in operands):
        raise mixed(start)
    return LabelOr(operands, colons)


def mixed(start: int) -> Rejected:
    """The error of `A:B|C` and its like."""
    return Rejected(
        "colons between labels cannot be mixed with the signs of label expressions",
        start,
        hint="write `A&B` for both labels, `A|B` for one of them",
    )


def demanded_labels(expression: LabelExpression | None) -> tuple[tuple[str, ...], LabelExpression | None]:
    """Labels that a node must have, and what is demanded besides."""
    match expression:
        case None:
            return (), None
        case LabelName(name):
            return (name,), None
        case LabelAnd(operands):
            names = tuple(operand.name for operand in operands if isinstance(operand, LabelName))
            rest = tuple(operand for operand in operands if not isinstance(operand, LabelName))
            if not rest:
                return names, None
            return names, rest[0] if len(rest) == 1 else LabelAnd(rest, colons=False)
        case _:
            return (), expression


def named_labels(expression: LabelExpression | None) -> tuple[LabelsNamed, ...] | None:
    """The parts `$(names)` of what is demanded besides labels; None where there is anything else."""
    match expression:
        case None:
            return ()
        case LabelsNamed():
            return (expression,)
        case LabelAnd(operands):
            found = tuple(operand for operand in operands if isinstance(operand, LabelsNamed))
            return found if len(found) == len(operands) else None
        case _:
            return None


def allowed_types(expression: LabelExpression | None) -> tuple[tuple[str, ...], LabelExpression | None]:
    """Types of which a relationship must have one, or what is demanded of it where that does not say it."""
    match expression:
        case None | AnyLabel():
            return (), None
        case LabelName(name):
            return (name,), None
        case LabelOr(operands) if all(isinstance(operand, LabelName) for operand in operands):
            names = [operand.name for operand in operands if isinstance(operand, LabelName)]
            return tuple(dict.fromkeys(names)), None
        case _:
            return (), expression


def label_test(subject: Expression, expression: LabelExpression, offset: int) -> Expression:
    """The predicate that the subject's labels, or its type, are as demanded."""
    match expression:
        case LabelName(name):
            return LabelPredicate(subject, (name,), offset)
        case AnyLabel():
            return LabelPredicate(subject, (), offset)
        case LabelNot(operand):
            return Prefix("NOT", label_test(subject, operand, offset), offset)
        case LabelsNamed(names, any):
            return LabelsNamedPredicate(subject, names, any, offset)
        case LabelAnd(operands, colons):
            names_alone = all(isinstance(operand, LabelName) for operand in operands)
            if colons and names_alone:
                return LabelPredicate(subject, demanded_labels(expression)[0], offset)
            return _joined("AND", operands, subject, offset)
        case LabelOr(operands):
            return _joined("OR", operands, subject, offset)


def _joined(symbol: str, operands: tuple[LabelExpression, ...], subject: Expression, offset: int) -> Expression:
    if len(operands) == 1:
        return label_test(subject, operands[0], offset)
    middle = len(operands) // 2
    left, right = (_joined(symbol, part, subject, offset) for part in (operands[:middle], operands[middle:]))
    return Infix(symbol, left, right, offset)
