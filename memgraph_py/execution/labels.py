"""Labels and types as predicates, and names that are known when a query runs: `n:A`, `n:$(names)`."""

from collections.abc import Iterator

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind, Mask, Rows
from memgraph_py.errors import CypherTypeError, SemanticError
from memgraph_py.execution.evaluation import check_nodes, evaluate, evaluates, node_ids, relationship_ids, truth
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.execution.grouping import group_rows
from memgraph_py.plan.expressions import HasLabels, HasLabelsNamed
from memgraph_py.storage.view import NodeIds, RelationshipIds
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import NodeReference, RelationshipReference, Value


@evaluates(HasLabels)
def _has_labels(expression: HasLabels, batch: Batch, context: ExecutionContext) -> Column:
    subject = evaluate(expression.subject, batch, context)
    return _labelled(subject, expression.labels, context)


@evaluates(HasLabelsNamed)
def _has_labels_named(expression: HasLabelsNamed, batch: Batch, context: ExecutionContext) -> Column:
    subject = evaluate(expression.subject, batch, context)
    answers = np.zeros(batch.rows, dtype=np.bool_)
    there = np.ones(batch.rows, dtype=np.bool_)
    for names, rows in names_by_rows(evaluate(expression.names, batch, context), context):
        part = subject.take(rows)
        if not names:  # all of no labels, or one of none
            answers[rows] = not expression.any
            there[rows] = part.validity()
            continue
        for found in [(name,) for name in names] if expression.any else [names]:
            column = _labelled(part, found, context)
            answers[rows] |= truth(column)
            there[rows] = column.validity()
    return Column(Kind.BOOL, answers, None if there.all() else there)


def names_by_rows(column: Column, context: ExecutionContext) -> Iterator[tuple[tuple[str, ...], Rows]]:
    """The names that the rows hold, a string or a list of strings each, and the rows that hold them. Raises
    SemanticError where one is NULL or empty, CypherTypeError where one is no string."""
    if not len(column):
        return
    groups, first = group_rows([column], len(column), context.bounds)
    order = np.argsort(groups, kind="stable")
    ends = np.searchsorted(groups[order], np.arange(1, len(first) + 1))
    begin = 0
    for row, end in zip(first.tolist(), ends.tolist(), strict=True):
        value = column.value(row)
        names = value if isinstance(value, list) else [value]
        yield tuple(dict.fromkeys(checked_name(name) for name in names)), order[begin:end]
        begin = end


def checked_name(value: Value) -> str:
    """The name of a label, type or property. Raises SemanticError for NULL and "", CypherTypeError for other values."""
    if value is None or value == "":
        shown = "NULL" if value is None else "an empty string"
        raise SemanticError(f"{shown} cannot name a label, type or property", detail="InvalidTokenName")
    if not isinstance(value, str):
        raise CypherTypeError(
            f"a label, type or property is named by a STRING, not by {type_name(value)}", detail="InvalidArgumentType"
        )
    return value


def _labelled(subject: Column, labels: tuple[str, ...], context: ExecutionContext) -> Column:
    """Whether the elements have all these labels, or any at all where there are none; NULL for NULL."""
    if subject.kind is Kind.NODE:
        return Column(Kind.BOOL, _labels_there(node_ids(subject), labels, context), subject.valid)
    if subject.kind is Kind.RELATIONSHIP:
        return Column(Kind.BOOL, _types_there(relationship_ids(subject), labels, context), subject.valid)
    answers: list[Value] = []
    for value in subject.to_values():
        if value is None:
            answers.append(None)
        elif isinstance(value, NodeReference):
            answers.append(bool(_labels_there(np.array((value.id,)), labels, context)[0]))
        elif isinstance(value, RelationshipReference):
            answers.append(bool(_types_there(np.array((value.id,)), labels, context)[0]))
        else:
            raise CypherTypeError(
                f"expected a node or relationship, got {type_name(value)}", detail="InvalidArgumentType"
            )
    return Column.from_values(answers)


def _labels_there(nodes: NodeIds, labels: tuple[str, ...], context: ExecutionContext) -> Mask:
    if context.counters.nodes_deleted:
        check_nodes(nodes, context)
    graph = context.graph
    mask: Mask | None = None
    for name in labels:
        label = graph.schema.labels.find(name)
        if label is None:
            return np.zeros(len(nodes), dtype=np.bool_)
        there = graph.has_label(nodes, label)
        mask = there if mask is None else mask & there
    if mask is None:
        mask = np.zeros(len(nodes), dtype=np.bool_)
        mask[nodes >= 0] = graph.label_sets(nodes[nodes >= 0]) != 0  # the empty set
    return mask


def _types_there(relationships: RelationshipIds, types: tuple[str, ...], context: ExecutionContext) -> Mask:
    if not types:
        return relationships >= 0
    mask = np.zeros(len(relationships), dtype=np.bool_)
    if len(set(types)) != 1:
        return mask
    type = context.graph.schema.types.find(types[0])
    there = relationships >= 0
    if type is not None and there.any():
        mask[there] = context.graph.relationship_types(relationships[there]) == type
    return mask
