"""Where an expression stands: the variables it may read, whether it may aggregate, and how its errors are reported."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis.kinds import Kind
from memgraph_py.cypher.lexer import position
from memgraph_py.errors import CypherError, CypherSyntaxError
from memgraph_py.immutable import immutable


class Aggregation(Enum):
    """Whether aggregates may stand here."""

    FORBIDDEN = "forbidden"
    ALLOWED = "allowed"
    INSIDE = "inside"
    """of another aggregate"""


class Nested(Protocol):
    """Patterns and queries inside expressions. ``queries.py`` has the implementation."""

    def pattern_predicate(self, predicate: ast.PatternPredicate, place: "Place") -> None: ...

    def shortest_path(self, pattern: ast.PatternPart, place: "Place") -> None: ...

    def pattern_comprehension(self, comprehension: ast.PatternComprehension, place: "Place") -> Kind: ...

    def subquery(
        self, expression: ast.ExistsSubquery | ast.CountSubquery | ast.CollectSubquery, place: "Place"
    ) -> Kind: ...


@dataclass(slots=True)
class Met:
    """Parts of a query that analysis has met, for those that come after it: they need not look for them. One may stand
    there twice.

    ``properties`` and ``labels``: those that are read. ``literals``: those that stand neither in a projection, or in
    what WHERE repeats of one that groups, nor where their value says how many rows there will be, or whether MERGEs set
    the same; a list of nothing but literals as a whole.
    """

    clauses: list[ast.Clause] = field(default_factory=list)
    patterns: list[ast.PatternPart] = field(default_factory=list)
    properties: list[ast.PropertyAccess] = field(default_factory=list)
    labels: list[ast.LabelPredicate] = field(default_factory=list)
    literals: list[ast.Literal | ast.ListLiteral] = field(default_factory=list)


@dataclass(slots=True)
class Findings:
    """What the analysis of one query gathers."""

    text: str
    nested: Nested
    met: Met = field(default_factory=Met)
    parameters: set[str] = field(default_factory=set)
    writes: bool = False
    aggregates: int = 0
    """How many have been met so far, those of subqueries in expressions left out: they are their own."""
    transactions: bool = False
    """A subquery runs in transactions of its own."""


Scope = dict[str, Kind]
"""Variables in the order in which they were bound."""


@immutable
class Place:
    """``predicate``: a truth value is asked for, so a pattern may stand here."""

    scope: Scope
    findings: Findings
    aggregation: Aggregation = Aggregation.FORBIDDEN
    predicate: bool = False

    def value(self) -> "Place":
        """The place of an operand, where no pattern may stand."""
        return Place(self.scope, self.findings, self.aggregation) if self.predicate else self

    def truth(self) -> "Place":
        """The place of a predicate."""
        return self if self.predicate else Place(self.scope, self.findings, self.aggregation, predicate=True)

    def aggregating(self, aggregation: Aggregation) -> "Place":
        """This place with other rules for aggregates."""
        return Place(self.scope, self.findings, aggregation, self.predicate)

    def with_variables(self, variables: Scope) -> "Place":
        """A place that sees these too; one of the same name is hidden. Aggregates do not reach into such a place."""
        inner = self.aggregation if self.aggregation is Aggregation.INSIDE else Aggregation.FORBIDDEN
        return Place({**self.scope, **variables}, self.findings, inner)

    def error(
        self,
        message: str,
        offset: int,
        detail: str,
        kind: type[CypherError] = CypherSyntaxError,
        *,
        hint: str | None = None,
    ) -> CypherError:
        """The error to raise for what stands at an offset of the text."""
        return kind(message, hint=hint, position=position(self.findings.text, offset), detail=detail)

    def undefined(self, name: str, offset: int) -> CypherError:
        """The error for a variable that is not bound."""
        return self.error(f'variable "{name}" is not defined', offset, "UndefinedVariable")

    def hidden(self, name: str, offset: int) -> CypherError:
        """The same for one that a projection may have hidden, if it was there before."""
        if name not in self.scope:
            return self.undefined(name, offset)
        return self.error(
            f'variable "{name}" is not defined',
            offset,
            "UndefinedVariable",
            hint="behind DISTINCT or an aggregate only the columns are there; make what is needed one of them",
        )
