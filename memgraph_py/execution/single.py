"""Plans of at most one row, composed once into functions on Python values.

A batch of one row costs each operator some microseconds: columns are made, and read, of one value. Where each operator
of a plan has a second form, a step from one row to the next, and each expression has one too, the plan is carried out
step by step and finds and writes what the batches would. It knows when it does not: where a seek finds several nodes,
or a value is none of the simple kinds, it raises SeveralRows; then nothing was given, what was written is undone, and
the batches are asked. An operator's step stands beside its runner.

    Project n.age                      -> {"n.age": 37}
    └─ Set n.age = n.age + 1           the transaction has a property written
       └─ IndexSeek n:Person(id = $id) -> {"n": NodeReference(7)}; None for no row
          └─ Unit                      {}

Reads run on a snapshot, or a transaction as it stands. What writes goes through a transaction, as everything does that
writes: an explicit one, or one on the newest version under the store's commit lock (``GraphStore.commit_at_tip``).
There functions are called with columns of one row, and what else has no form of its own is evaluated as of a batch.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from memgraph_py.columnar import STRING_LENGTH_MASK, Batch
from memgraph_py.errors import CypherError
from memgraph_py.execution.evaluation import EVALUATORS
from memgraph_py.execution.executor import Counters, ExecutionContext
from memgraph_py.functions.registry import FUNCTIONS, Function
from memgraph_py.plan.expressions import (
    HOLDS_PLAN,
    TAKES_LONG,
    Call,
    Constant,
    Expression,
    HasLabels,
    Literal,
    Parameter,
    Property,
    Variable,
)
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.tree import walk
from memgraph_py.plan.variables import free_variables, marks
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.single import SingleView, property_of, single_column, single_id
from memgraph_py.storage.transaction import Transaction
from memgraph_py.values.temporal_parts import TEMPORALS
from memgraph_py.values.types import NodeReference, Point, RelationshipReference, Value

__all__ = [
    "SIMPLE",
    "Composition",
    "Parameters",
    "Row",
    "SeveralRows",
    "SingleRow",
    "SingleStep",
    "SingleValue",
    "SingleWrite",
    "Writing",
    "carried_on",
    "composes",
    "element_of",
    "single_row",
    "single_write",
]

Row: TypeAlias = dict[str, Value]
Parameters: TypeAlias = Mapping[str, Value]
SingleRow: TypeAlias = Callable[[SingleView, Parameters], Row | None]
"""Of a plan that reads: gives the row by its variables, or None. Raises SeveralRows."""
SingleStep: TypeAlias = Callable[[Row, SingleView, Parameters, "Writing | None"], Row | None]
"""From the row of an operator's input to its own, which may be the same one; None for no row."""
SingleValue: TypeAlias = Callable[[Row, SingleView, Parameters, "Writing | None"], Value]
OperatorType = TypeVar("OperatorType")
Composer: TypeAlias = Callable[[OperatorType, "Composition"], Sequence[SingleStep] | None]

SIMPLE = frozenset((int, str, float, bool, type(None), Point, *TEMPORALS))
"""What such a row may hold beside nodes and relationships; anything else has parts that the batches look at."""
TEXT_CHARACTERS_MAX = STRING_LENGTH_MASK // 4
"""A longer text may be too long for a column."""
_PLAIN = frozenset((Call, Constant, HasLabels, Literal, Parameter, Property, Variable))

_COMPOSERS: dict[type, Callable[[Any, "Composition"], Sequence[SingleStep] | None]] = {}


class SeveralRows(Exception):
    """There may be more than one row, or a value that is not simple: run the plan over batches."""


class Writing:
    """One execution that writes: what it counts; ``hold`` what the transaction holds of it, in bytes."""

    __slots__ = ("_context", "_form", "_new_context", "_parameters", "counters", "graph", "held", "row")

    def __init__(
        self, form: "SingleWrite", parameters: Parameters, new_context: Callable[[Transaction], ExecutionContext]
    ) -> None:
        """new_context: of the execution, for what is evaluated as of a batch."""
        self._form = form
        self._parameters = parameters
        self._new_context = new_context
        self._context: ExecutionContext | None = None
        self.counters = Counters()
        self.held = 0
        self.row: Row | None = None
        """What it gives, by names; None for no row."""

    def run(self, transaction: Transaction) -> None:
        """Writes into the transaction. Raises SeveralRows, also where the batches would raise an error: they tell it;
        what was written until then is the caller's to undo."""
        self.graph = transaction
        form, parameters = self._form, self._parameters
        row: Row = {}
        try:
            for step in form.steps:  # as ``carried_on``, without another call
                if (next := step(row, transaction, parameters, self)) is None:
                    return
                row = next
        except CypherError as error:
            raise SeveralRows from error
        if form.has_columns:
            self.row = row

    def context(self) -> ExecutionContext:
        """For evaluators over batches."""
        context = self._context
        if context is None:
            context = self._context = self._new_context(self.graph)
        return context


class SingleWrite:
    """The second form of a whole plan that writes. has_columns: it gives its row."""

    __slots__ = ("has_columns", "steps")

    def __init__(self, steps: tuple[SingleStep, ...], *, has_columns: bool) -> None:
        self.steps = steps
        self.has_columns = has_columns


class Composition:
    """What is known while the steps of a plan are made, from its leaf on.

    is_write: they run with a Writing. deletes: an operator so far does, so that nothing may be read any more.
    """

    __slots__ = ("deletes", "is_write", "schema")

    def __init__(self, schema: Schema, *, is_write: bool) -> None:
        self.schema = schema
        self.is_write = is_write
        self.deletes = False

    def steps(self, plan: Operator) -> tuple[SingleStep, ...] | None:
        """From the leaf's row on; None where an operator has no such form, or stands above one that deletes."""
        operators = [plan]
        while (input := getattr(operators[-1], "input", None)) is not None:
            operators.append(input)
        steps: list[SingleStep] = []
        for operator in reversed(operators):
            composer = _COMPOSERS.get(type(operator))
            made = None if composer is None else composer(operator, self)
            if made is None:
                return None
            steps += made
        return tuple(steps)

    def value(self, expression: Expression) -> SingleValue | None:
        """The function that evaluates the expression, or None where it has no such form."""
        if self.deletes:
            return None
        match expression:
            case Literal(value):
                return (lambda row, view, parameters, writing: value) if type(value) in SIMPLE else None
            case Parameter(name):
                return _parameter(name)
            case Variable(name):
                return lambda row, view, parameters, writing: row[name]
            case Property(Variable(name), key):
                return _property(name, key, self.schema)
            case _ if not self.is_write or not _is_plain(expression):
                return None
            case Call(name, arguments):
                values = self.values(arguments)
                return None if values is None else _called(FUNCTIONS[name], values)
            case _:
                return _evaluated(expression)

    def stored(self, expression: Expression) -> SingleValue | None:
        """As ``value``, of what is to be stored, which is looked at there."""
        if isinstance(expression, Parameter):
            name = expression.name
            return lambda row, view, parameters, writing: parameters[name]
        return self.value(expression)

    def values(self, expressions: Sequence[Expression], *, stored: bool = False) -> list[SingleValue] | None:
        """Those of all of them, or None. stored: as ``stored`` has them."""
        values = [value for value in map(self.stored if stored else self.value, expressions) if value is not None]
        return values if len(values) == len(expressions) else None


def single_row(plan: Operator, schema: Schema) -> SingleRow | None:
    """The function that runs a plan that reads, or None where it has no such form. It holds for as long as
    ``schema.version`` stays what it is."""
    steps = Composition(schema, is_write=False).steps(plan)
    if steps is None:
        return None

    def run(view: SingleView, parameters: Parameters) -> Row | None:
        row: Row = {}
        for step in steps:  # as ``carried_on``, without another call
            if (next := step(row, view, parameters, None)) is None:
                return None
            row = next
        return row

    return run


def single_write(plan: Operator, columns: Sequence[str], schema: Schema) -> SingleWrite | None:
    """The form of a plan that writes and gives these columns, or None; as ``single_row``."""
    composition = Composition(schema, is_write=True)
    steps = composition.steps(plan)
    if steps is None or (composition.deletes and columns):
        return None
    return SingleWrite(steps, has_columns=bool(columns))


def carried_on(
    row: Row, steps: Sequence[SingleStep], view: SingleView, parameters: Parameters, writing: Writing | None
) -> Row | None:
    """What the steps make of the row."""
    for step in steps:
        if (next := step(row, view, parameters, writing)) is None:
            return None
        row = next
    return row


def composes(kind: type[OperatorType]) -> Callable[[Composer[OperatorType]], Composer[OperatorType]]:
    """Register how an operator's steps are made: none where it gives its input's row; None where it has none."""

    def register(composer: Composer[OperatorType]) -> Composer[OperatorType]:
        _COMPOSERS[kind] = composer
        return composer

    return register


def element_of(row: Row, variable: str) -> NodeReference | RelationshipReference:
    """The node or relationship. Raises SeveralRows where the variable holds something else."""
    subject = row[variable]
    if type(subject) is NodeReference or type(subject) is RelationshipReference:
        return subject
    raise SeveralRows


def _parameter(name: str) -> SingleValue:
    def value(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Value:
        given = parameters[name]
        return given if type(given) is int else _simple(given)

    return value


def _simple(given: Value) -> Value:
    if type(given) not in SIMPLE or (type(given) is str and len(given) > TEXT_CHARACTERS_MAX):
        raise SeveralRows
    return given


def _property(name: str, key: str, schema: Schema) -> SingleValue:
    find = schema.keys.find

    def value(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Value:
        subject, id = row[name], find(key)
        if type(subject) is NodeReference:
            if id is None:
                return None
            found = property_of(view, subject.id, id)
        elif type(subject) is RelationshipReference:
            found = None if id is None else view.relationship_property(single_id(subject.id), id).value(0)
        else:
            raise SeveralRows
        if type(found) in SIMPLE:
            return found
        raise SeveralRows

    return value


def _is_plain(expression: Expression) -> bool:
    """True where a row of the expression takes microseconds: it may be evaluated under the commit lock."""
    if marks(expression) & (TAKES_LONG | HOLDS_PLAN):
        return False
    for node in walk(expression):
        if type(node) not in _PLAIN:
            return False
        if isinstance(node, Call) and not ((function := FUNCTIONS.get(node.name)) and function.built_in):
            return False
    return True


def _called(function: Function, arguments: Sequence[SingleValue]) -> SingleValue:
    """Of a batch of one row, without the batch."""
    apply = function.apply

    def value(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Value:
        assert writing is not None, "calls are of plans that write"
        environment = writing.context().environment
        columns = [single_column(argument(row, view, parameters, writing)) for argument in arguments]
        environment.rows = 1
        return apply(environment, columns).value(0)

    return value


def _evaluated(expression: Expression) -> SingleValue:
    names = sorted(free_variables(expression))
    read = sorted({node.name for node in walk(expression) if isinstance(node, Parameter)})
    evaluator = EVALUATORS[type(expression)]

    def value(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Value:
        assert writing is not None, "expressions without a form of their own are of plans that write"
        for name in read:
            _simple(parameters[name])
        batch = Batch(1, {name: single_column(row[name]) for name in names})
        return evaluator(expression, batch, writing.context()).value(0)

    return value
