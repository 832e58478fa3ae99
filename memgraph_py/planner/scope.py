"""Scope: what the planner knows at one place of a query, and the two planners of subqueries that expressions need."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from itertools import count
from typing import Protocol

from memgraph_py.cypher import ast
from memgraph_py.cypher.lexer import position
from memgraph_py.errors import CypherSyntaxError
from memgraph_py.immutable import immutable
from memgraph_py.plan.expressions import Expression
from memgraph_py.plan.names import own
from memgraph_py.plan.operators import Argument, Operator, ParameterRows, Union, Unit
from memgraph_py.plan.tree import changed, over
from memgraph_py.plan.variables import NONE, columns, holds_nothing, read_variables


class Subplans(Protocol):
    """Plans for what stands inside an expression and is itself a match or a query. ``planner.Planner`` is the one."""

    def matches(
        self, pattern: ast.PatternPart, predicate: ast.Expression | None, start: Operator, scope: "Scope"
    ) -> tuple[Operator, "Scope"]: ...

    def query(self, query: ast.Query, start: Operator, scope: "Scope") -> tuple[Operator, "Scope"]: ...


@immutable
class Scope:
    """Names that the query can write here, in order of their introduction, and the source of names that it cannot."""

    variables: tuple[str, ...]
    subplans: Subplans
    text: str
    literals: Mapping[int, str]
    """By the offset of a literal or a list of them, the parameter that stands for it."""
    counter: Iterator[int] = field(default_factory=count)
    origins: tuple[tuple[str, str], ...] = ()
    """Functions that tell where LOAD CSV found a row, each with the variable that holds it, which no query can name."""

    plain: frozenset[str] = NONE
    """Variables that hold nothing of the graph, such as the rows of a list that is a parameter."""

    def bind(self, *names: str, plain: frozenset[str] = NONE) -> "Scope":
        """This scope and these names, of which some are ``plain``."""
        new = tuple(dict.fromkeys(name for name in names if name not in self.variables))
        if not new:
            return self
        return changed(self, variables=self.variables + new, plain=self.plain.difference(new) | plain)

    def plain_of(self, values: Mapping[str, Expression]) -> frozenset[str]:
        """The names to which expressions give nothing of the graph."""
        return frozenset(name for name, value in values.items() if holds_nothing(value, self.plain))

    def only(self, names: tuple[str, ...], plain: frozenset[str] = NONE) -> "Scope":
        """A scope of exactly these names, for rows that no file is known of."""
        return changed(self, variables=names, origins=(), plain=plain.intersection(names))

    def loaded(self, origins: tuple[tuple[str, str], ...]) -> "Scope":
        """This scope, for rows with these origins alone."""
        return changed(self, variables=self.named() + tuple(name for _, name in origins), origins=origins)

    def named(self) -> tuple[str, ...]:
        """The variables that a query can name."""
        hidden = [name for _, name in self.origins]
        return tuple(name for name in self.variables if name not in hidden) if hidden else self.variables

    def not_supported(self, what: str, offset: int, hint: str | None = None) -> CypherSyntaxError:
        """The error for what analysis accepts and no operator can do yet."""
        return CypherSyntaxError(f"{what} is not supported yet", hint=hint, position=position(self.text, offset))

    def fresh(self) -> str:
        """A name that no user can write, unique in the query."""
        return own(str(next(self.counter)))


def narrowed(subplan: Operator, outer: tuple[str, ...]) -> Operator:
    """The subplan with an Argument of those outer variables alone that it reads."""
    read: set[str] = set()
    _collect_read(subplan, read)
    return with_leaf(subplan, Argument(tuple(name for name in outer if name in read)))


def _collect_read(plan: Operator, read: set[str]) -> None:
    while not isinstance(plan, (Unit, Argument, ParameterRows)):
        if isinstance(plan, Union):
            _collect_read(plan.left, read)
            read.update(columns(plan.right))
            plan = plan.right
            continue
        read.update(read_variables(plan))
        plan = plan.input


def with_leaf(plan: Operator, leaf: Operator) -> Operator:
    """The plan over another leaf in the place of its Arguments."""
    if isinstance(plan, Argument):
        return leaf
    if isinstance(plan, (Unit, ParameterRows)):
        return plan
    if isinstance(plan, Union):
        return Union(with_leaf(plan.left, leaf), with_leaf(plan.right, leaf))
    return over(plan, with_leaf(plan.input, leaf))
