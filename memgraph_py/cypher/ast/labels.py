"""Label expressions as written: `A|B&!C`, `%`. Of a relationship the names are types."""

from typing import TypeAlias

from memgraph_py.immutable import immutable


@immutable
class LabelName:
    name: str


@immutable
class AnyLabel:
    """`%`: at least one label; every relationship has a type."""


@immutable
class LabelNot:
    operand: "LabelExpression"


@immutable
class LabelAnd:
    """`A&B`, or `A:B` where ``colons``."""

    operands: "tuple[LabelExpression, ...]"
    colons: bool


@immutable
class LabelOr:
    """`A|B`, or `A|:B` where ``colons``."""

    operands: "tuple[LabelExpression, ...]"
    colons: bool


LabelExpression: TypeAlias = LabelName | AnyLabel | LabelNot | LabelAnd | LabelOr
