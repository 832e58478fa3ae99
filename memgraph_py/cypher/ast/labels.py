"""Label expressions as written: `A|B&!C`, `%`. Of a relationship the names are types."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class LabelName:
    name: str


@dataclass(frozen=True, slots=True)
class AnyLabel:
    """`%`: at least one label; every relationship has a type."""


@dataclass(frozen=True, slots=True)
class LabelNot:
    operand: "LabelExpression"


@dataclass(frozen=True, slots=True)
class LabelAnd:
    """`A&B`, or `A:B` where ``colons``."""

    operands: "tuple[LabelExpression, ...]"
    colons: bool


@dataclass(frozen=True, slots=True)
class LabelOr:
    """`A|B`, or `A|:B` where ``colons``."""

    operands: "tuple[LabelExpression, ...]"
    colons: bool


LabelExpression: TypeAlias = LabelName | AnyLabel | LabelNot | LabelAnd | LabelOr
