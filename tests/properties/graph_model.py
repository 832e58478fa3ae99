"""A graph as sets and maps, and whether a view agrees with it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from memgraph_py.columnar import Column
from memgraph_py.storage.ordering import RangeBounds
from memgraph_py.storage.schema_rules import on_nodes
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.view import Direction, GraphView
from memgraph_py.values.comparison import equals, less_or_equal

LABELS, TYPES, KEYS = range(3), range(2), range(2)
NO_FLAG = np.zeros(1, dtype=np.int64)
VALUES: list[Any] = [
    None,
    0,
    1,
    7,
    1.0,
    2.5,
    -0.0,
    "",
    "a",
    "ä€😀",
    "longer than eight bytes",
    True,
    False,
    [1, 2],
    [1],
]


@dataclass
class Graph:
    nodes: dict[int, tuple[set[int], dict[int, Any]]] = field(default_factory=dict)
    relationships: dict[int, tuple[int, int, int, dict[int, Any]]] = field(default_factory=dict)
    deleted_nodes: set[int] = field(default_factory=set)
    deleted_relationships: set[int] = field(default_factory=set)


def ids_of(ids: list[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array(ids, dtype=np.int64)


def read(column: Column) -> list[Any]:
    return [(type(value), value) for value in column.to_values()]


def check_view(view: GraphView, graph: Graph, all_nodes: int, all_relationships: int) -> None:
    assert view.nodes(None).tolist() == sorted(graph.nodes)
    assert view.node_count(None) == len(graph.nodes)
    assert view.relationships(None).tolist() == sorted(graph.relationships)
    assert view.relationship_count(None) == len(graph.relationships)
    for label in LABELS:
        expected = sorted(id for id, (labels, _) in graph.nodes.items() if label in labels)
        assert view.nodes(label).tolist() == expected
        assert view.node_count(label) == len(expected)
    for type in TYPES:
        expected = sorted(id for id, relationship in graph.relationships.items() if relationship[2] == type)
        assert view.relationships(type).tolist() == expected
        assert view.relationship_count(type) == len(expected)
    if isinstance(view, Snapshot):
        check_end_counts(view, graph)
    nodes, relationships = ids_of([-1, *range(all_nodes)]), ids_of([-1, *range(all_relationships)])
    assert view.nodes_exist(nodes).tolist() == [id in graph.nodes for id in nodes.tolist()]
    assert view.relationships_exist(relationships).tolist() == [
        id in graph.relationships for id in relationships.tolist()
    ]
    label_sets = view.label_sets(ids_of(sorted(graph.nodes))).tolist()
    assert [set(view.schema.label_set(id)) for id in label_sets] == [graph.nodes[id][0] for id in sorted(graph.nodes)]
    check_relationships(view, graph, nodes.tolist())
    nodes = ids_of([-1, *graph.deleted_nodes, *graph.nodes])  # others cannot be met in this view
    relationships = ids_of([-1, *graph.deleted_relationships, *graph.relationships])
    for key in KEYS:
        got = read(view.node_property(nodes, key))
        expected_values = [graph.nodes[id][1].get(key) if id in graph.nodes else None for id in nodes.tolist()]
        assert got == [(value.__class__, value) for value in expected_values]
        got = read(view.relationship_property(relationships, key))
        expected_values = [
            graph.relationships[id][3].get(key) if id in graph.relationships else None for id in relationships.tolist()
        ]
        assert got == [(value.__class__, value) for value in expected_values]
        having = {id for id, (_, properties) in graph.nodes.items() if key in properties}
        assert not having or key in view.node_keys(ids_of(sorted(having))).tolist()
        having = {id for id, relationship in graph.relationships.items() if key in relationship[3]}
        assert not having or key in view.relationship_keys(ids_of(sorted(having))).tolist()


def check_end_counts(view: GraphView, graph: Graph) -> None:
    for type in TYPES:
        for label in LABELS:
            of_type = [relationship for relationship in graph.relationships.values() if relationship[2] == type]
            starts, ends = (sum(label in graph.nodes[each[side]][0] for each in of_type) for side in (0, 1))
            assert view.end_counts_of(type, label) == (starts, ends)


def matches(graph: Graph, node: int, direction: Direction, types: list[int] | None) -> list[tuple[int, int]]:
    found = []
    for id, (source, target, type, _) in graph.relationships.items():
        if types is not None and type not in types:
            continue
        if source == node and direction != Direction.IN:
            found.append((id, target))
        if target == node and direction != Direction.OUT and not (source == target and direction == Direction.BOTH):
            found.append((id, source))
    return sorted(found)


def check_relationships(view: GraphView, graph: Graph, nodes: list[int]) -> None:
    ids = ids_of(sorted(graph.relationships))
    sources, targets = view.endpoints(ids)
    assert [*zip(sources.tolist(), targets.tolist(), strict=True)] == [
        graph.relationships[id][:2] for id in ids.tolist()
    ]
    assert view.relationship_types(ids).tolist() == [graph.relationships[id][2] for id in ids.tolist()]
    pairs = [(a, b) for a in nodes for b in nodes]
    for direction in Direction:
        for types in (None, [0], [1, 0]):
            wanted = None if types is None else ids_of(types)
            expected = [matches(graph, node, direction, types) for node in nodes]
            expansion = view.expand(ids_of(nodes), direction, wanted)
            rows = expansion.source_rows.tolist()
            assert rows == sorted(rows)
            found: list[list[tuple[int, int]]] = [[] for _ in nodes]
            for row, relationship, target in zip(
                rows, expansion.relationships.tolist(), expansion.targets.tolist(), strict=True
            ):
                found[row].append((relationship, target))
            assert [sorted(pairs_found) for pairs_found in found] == expected
            assert view.degrees(ids_of(nodes), direction, wanted).tolist() == [len(row) for row in expected]
            into = view.expand_into(ids_of([a for a, _ in pairs]), ids_of([b for _, b in pairs]), direction, wanted)
            got = sorted(
                zip(into.source_rows.tolist(), into.relationships.tolist(), into.targets.tolist(), strict=True)
            )
            wanted_rows = [
                (row, relationship, b)
                for row, (a, b) in enumerate(pairs)
                for relationship, other in matches(graph, a, direction, types)
                if other == b
            ]
            assert got == sorted(wanted_rows)
            for node, row in zip(nodes, expected, strict=True):
                ends = {other for _, other in row}
                assert view.path_ends(node, direction, wanted, (1, 1), NO_FLAG).tolist() == sorted(ends)
                if direction is Direction.BOTH:
                    continue
                seconds = [(first, *step) for first, middle in row for step in matches(graph, middle, direction, types)]
                ends |= {other for first, second, other in seconds if first != second}
                assert view.path_ends(node, direction, wanted, (1, 2), NO_FLAG).tolist() == sorted(ends)


def check_seeks(view: GraphView, graph: Graph, indexes: set[tuple[int, int]]) -> None:
    for label, key in indexes:
        seek = view.seek(on_nodes(label, key), [Column.from_values(VALUES)])
        got = sorted(zip(seek.source_rows.tolist(), seek.ids.tolist(), strict=True))
        assert got == sorted(
            (row, id)
            for row, value in enumerate(VALUES)
            for id, (labels, properties) in graph.nodes.items()
            if label in labels and equals(properties.get(key), value) is True
        )
        for row, value in enumerate(VALUES):  # of one kind each
            one = view.seek(on_nodes(label, key), [Column.from_values([value])])
            assert sorted(one.ids.tolist()) == [id for other, id in got if other == row]
    check_ranges(view, graph, indexes)


def check_ranges(view: GraphView, graph: Graph, indexes: set[tuple[int, int]]) -> None:
    """A range gives all that is within, each once for each row, and nothing without the label."""
    for label, key in indexes:
        found = view.seek_range(on_nodes(label, key), RangeBounds(None, None, exists=True, count=1))
        if found is not None:
            labelled = {id: properties for id, (labels, properties) in graph.nodes.items() if label in labels}
            having = {id for id, properties in labelled.items() if properties.get(key) is not None}
            assert having <= set(found.ids.tolist()) <= labelled.keys()
        for lower, upper in ((VALUES, None), (None, VALUES), (VALUES, VALUES[::-1])):
            columns = [None if values is None else Column.from_values(values) for values in (lower, upper)]
            found = view.seek_range(on_nodes(label, key), RangeBounds(columns[0], columns[1]))
            if found is None:
                continue
            got = [*zip(found.source_rows.tolist(), found.ids.tolist(), strict=True)]
            assert len(set(got)) == len(got)
            for row in range(len(VALUES)):
                among = {id for other, id in got if other == row}
                for id, (labels, properties) in graph.nodes.items():
                    value = properties.get(key)
                    within = label in labels
                    if lower is not None:
                        within = within and less_or_equal(lower[row], value) is True
                    if upper is not None:
                        within = within and less_or_equal(value, upper[row]) is True
                    assert id in among or not within
                    assert label in labels or id not in among
