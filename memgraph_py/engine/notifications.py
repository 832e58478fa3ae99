"""What a client is told of a query beside its answer: patterns that are large, names that are not there, old spellings,
indexes that would help. Found when a text is prepared.

Codes, titles and severities: Neo4j, "Notifications".
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import Met
from memgraph_py.cypher.lexer import position
from memgraph_py.cypher.shapes import without_comments
from memgraph_py.cypher.tree import walk
from memgraph_py.immutable import immutable
from memgraph_py.optimizer import missing_indexes
from memgraph_py.plan.operators import Operator
from memgraph_py.storage.schema import Names
from memgraph_py.storage.view import GraphView
from memgraph_py.values.types import Value

SEEK_WORTH_ROWS = 1_000
"""A scan of fewer nodes needs no index."""


@immutable
class Notification:
    """offset, line, column: of its place in the text, as ``cypher.lexer.position`` has them; offset None where it has
    none. ``unknown``: the sort of a name that is not there (`labels`, `types`, `keys`) and the name, else None."""

    code: str
    title: str
    severity: str
    category: str
    description: str
    offset: int | None
    unknown: tuple[str, str] | None = None
    line: int = 0
    column: int = 0

    def at(self, offset: int, text: str) -> "Notification":
        """The same at that place of the text."""
        place = position(text, offset)
        return replace(self, offset=offset, line=place.line, column=place.column)

    def as_map(self) -> dict[str, Value]:
        """As Bolt sends it."""
        told: dict[str, Value] = {
            "code": f"Neo.ClientNotification.{self.code}",
            "title": self.title,
            "description": self.description,
            "severity": self.severity,
            "category": self.category,
        }
        if self.offset is not None:
            told["position"] = {"offset": self.offset, "line": self.line, "column": self.column}
        return told


_UNKNOWN = {
    "labels": ("UnknownLabelWarning", "label"),
    "types": ("UnknownRelationshipTypeWarning", "relationship type"),
    "keys": ("UnknownPropertyKeyWarning", "property key"),
}


def find_notifications(met: Met, operators: list[Operator], view: GraphView, text: str) -> tuple[Notification, ...]:
    """All of them, in the order of the text. ``met``: the parts of the query; ``operators``: those of its plan."""
    told = dict.fromkeys((*_large_patterns(met), *_hints(met), *_old_spellings(met), *_unknown_names(met, view, text)))
    found = sorted(told, key=lambda one: one.offset or 0)
    placed = (one if one.offset is None else one.at(one.offset, text) for one in found)
    return (*placed, *_missing_indexes(operators, view))


def still_told(notifications: tuple[Notification, ...], view: GraphView) -> tuple[Notification, ...]:
    """Those that hold for the view: a name that came to be meanwhile is not unknown any more."""
    if all(one.unknown is None for one in notifications):
        return notifications
    return tuple(
        one for one in notifications if one.unknown is None or _names(one.unknown[0], view).find(one.unknown[1]) is None
    )


def _large_patterns(met: Met) -> Iterator[Notification]:
    for clause in met.clauses:
        if isinstance(clause, ast.Match) and len(clause.pattern) > 1 and _is_disconnected(clause.pattern):
            yield Notification(
                "Statement.CartesianProduct",
                "This query builds a cartesian product between disconnected patterns.",
                "INFORMATION",
                "PERFORMANCE",
                "patterns of one MATCH that share no variable give every combination of their matches; connect them"
                " by a relationship or by a variable, where that is meant",
                clause.offset,
            )
    for pattern in met.patterns:
        if pattern.function is None and pattern.selector is None:
            for relationship in pattern.relationships:
                if relationship.variable_length and relationship.maximum is None and relationship.search is None:
                    yield Notification(
                        "Statement.UnboundedVariableLengthPattern",
                        "The provided pattern is unbounded, consider adding an upper limit to the number of node hops.",
                        "INFORMATION",
                        "PERFORMANCE",
                        "a relationship of variable length without an upper limit may have very many paths; write one,"
                        " such as `*..5`",
                        relationship.offset,
                    )


def _is_disconnected(parts: tuple[ast.PatternPart, ...]) -> bool:
    """True where the parts fall into groups without a common variable."""
    groups: list[set[str]] = []
    for part in parts:
        written = [node.variable for node in part.nodes] + [
            relationship.variable for relationship in part.relationships
        ]
        names = {name for name in written if name is not None}
        touching = [group for group in groups if group & names]
        if not names or not touching:
            groups.append(names)
            continue
        merged = names.union(*touching)
        groups = [*(group for group in groups if group not in touching), merged]
    return len(groups) > 1


def _hints(met: Met) -> Iterator[Notification]:
    for clause in met.clauses:
        if isinstance(clause, ast.Match):
            for hint in clause.hints:
                yield Notification(
                    "Statement.HintUnfulfillableWarning",
                    "The hint was not followed.",
                    "INFORMATION",
                    "HINT",
                    "plans are chosen by cost, and no hint changes them; leave `USING …` out",
                    hint.offset,
                )


def _old_spellings(met: Met) -> Iterator[Notification]:
    for clause in met.clauses:
        if isinstance(clause, ast.SubqueryCall) and clause.imports is None and not clause.imports_all:
            first = clause.query.parts[0].clauses[0]
            if isinstance(first, ast.With):
                yield Notification(
                    "Statement.FeatureDeprecationWarning",
                    "This feature is deprecated and will be removed in future versions.",
                    "WARNING",
                    "DEPRECATION",
                    "a subquery that takes its variables by a WITH is an old spelling; write `CALL (x) { … }`",
                    clause.offset,
                )


def _unknown_names(met: Met, view: GraphView, text: str) -> Iterator[Notification]:
    """Of what is read; what the query itself makes is not unknown."""
    made: set[tuple[str, str]] = set()
    read: dict[tuple[str, str], int] = {}
    for clause in met.clauses:
        if isinstance(clause, (ast.Create, ast.Merge, ast.Set)):
            made.update(found for part in walk(clause) for found, _ in _names_in(part))
    nodes = [node for pattern in met.patterns for node in pattern.nodes]
    relationships = [relationship for pattern in met.patterns for relationship in pattern.relationships]
    for element in (*nodes, *relationships):
        for found, offset in _names_in(element):
            read.setdefault(found, offset)
    elements: dict[str | None, str] = {node.variable: "labels" for node in nodes}
    elements.update((relationship.variable, "types") for relationship in relationships)
    for access in met.properties:
        if isinstance(access.subject, ast.Variable) and access.subject.name in elements:
            read.setdefault(("keys", access.key), access.offset)
    for test in met.labels:
        if isinstance(test.subject, ast.Variable) and test.subject.name in elements:
            read.update(((elements[test.subject.name], label), test.offset) for label in test.labels)
    names = {sort: _names(sort, view) for sort in _UNKNOWN}
    unknown = [found for found in read.items() if found[0] not in made and names[found[0][0]].find(found[0][1]) is None]
    plain = without_comments(text) if unknown else text
    for (sort, name), offset in unknown:
        code, what = _UNKNOWN[sort]
        yield Notification(
            f"Statement.{code}",
            f"The provided {what} is not in the database.",
            "WARNING",
            "UNRECOGNIZED",
            f"no element has the {what} `{name}`: look at its spelling",
            _place(plain, name, offset),
            (sort, name),
        )


def _place(text: str, name: str, offset: int) -> int:
    """Where the name of a label, type or key stands, from the offset of the part of the query that has it on: behind
    what introduces such a name, so that a variable of the same name is none; the offset itself where it is escaped."""
    place = text.find(name, offset)
    while place >= 0:
        start = place - (text[place - 1] == "`")
        before = start - 1
        while text[before] == "(" or text[before].isspace():
            before -= 1
        is_introduced = text[before] in _INTRODUCING or _IS.match(text[max(before - 2, 0) : before + 1])
        if is_introduced and not _WORD.match(text, place + len(name)):
            return start
        place = text.find(name, place + 1)
    return offset


_INTRODUCING = ":|&!.{,"
_IS = re.compile(r"(?i)\W?IS\Z")
_WORD = re.compile(r"\w")


_Name: TypeAlias = tuple[tuple[str, str], int]
"""The sort and text of a name, and an offset near which it stands."""


def _names_in(part: Any) -> list[_Name]:
    """Names of labels, types and property keys that stand right in a part of the tree, with its offset."""
    match part:
        case ast.NodePattern():
            return _names_of("labels", part.labels, part.label_expression, part)
        case ast.RelationshipPattern():
            return _names_of("types", part.types, part.type_expression, part)
        case ast.SetPropertyItem():
            return [(("keys", part.key), part.offset)]
        case ast.SetLabelsItem():
            return [(("labels", name), part.offset) for name in part.labels]
        case ast.SetPropertiesItem(_, ast.MapLiteral() as properties):
            return [(("keys", key), part.offset) for key in properties.keys]
        case _:
            return []


def _names_of(
    sort: str,
    names: tuple[str, ...],
    demanded: ast.LabelExpression | None,
    element: ast.NodePattern | ast.RelationshipPattern,
) -> list[_Name]:
    found = [((sort, name), element.offset) for name in names]
    if demanded is not None:
        found += [((sort, node.name), element.offset) for node in walk(demanded) if isinstance(node, ast.LabelName)]
    if isinstance(element.properties, ast.MapLiteral):
        found += [(("keys", key), element.offset) for key in element.properties.keys]
    return found


def _names(sort: str, view: GraphView) -> Names:
    schema = view.schema
    return {"labels": schema.labels, "types": schema.types, "keys": schema.keys}[sort]


def _missing_indexes(operators: list[Operator], view: GraphView) -> Iterator[Notification]:
    for label, key in missing_indexes(operators):
        id = view.schema.labels.find(label)
        if id is not None and view.node_count(id) > SEEK_WORTH_ROWS:
            yield Notification(
                "Statement.NoApplicableIndex",
                "Adding a schema index may speed up this query.",
                "INFORMATION",
                "PERFORMANCE",
                f"all nodes with the label are looked at; `CREATE INDEX FOR (n:{label}) ON (n.{key})` would find them",
                None,
            )
