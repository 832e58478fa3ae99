"""Label expressions as written: `A|B&!C`, `%`. Of a relationship the names are types."""

from typing import TYPE_CHECKING, TypeAlias

from memgraph_py.immutable import immutable

if TYPE_CHECKING:  # expressions hold labels
    from memgraph_py.cypher.ast.expressions import Expression


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


@immutable
class LabelsNamed:
    """`$(names)`, `$all(names)`, and `$any(names)` where ``any``: a string or a list of strings, known when it runs."""

    names: "Expression"
    any: bool
    offset: int


LabelExpression: TypeAlias = LabelName | AnyLabel | LabelNot | LabelAnd | LabelOr | LabelsNamed
