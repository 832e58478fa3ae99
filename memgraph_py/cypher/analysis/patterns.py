"""Patterns: which variables they bind, which they take from before, and what CREATE and MERGE demand of them."""

from collections.abc import Iterator

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis.expressions import check, check_names, check_predicate
from memgraph_py.cypher.analysis.kinds import (
    ANY,
    NODE,
    NULL,
    PATH,
    RELATIONSHIP,
    Kind,
    is_list,
    list_of,
)
from memgraph_py.cypher.analysis.scopes import Place
from memgraph_py.cypher.construction.labels import named_labels
from memgraph_py.cypher.lexer import position
from memgraph_py.cypher.tree import walk
from memgraph_py.errors import LimitExceeded
from memgraph_py.storage.view import Direction

RELATIONSHIPS = list_of(RELATIONSHIP)
SHORTEST = {"shortestpath": "shortestPath", "allshortestpaths": "allShortestPaths"}
"""Names as they are shown."""

MATCHED_RELATIONSHIPS_MAX = 1_000
"""Each has to differ from each other one, so a plan for ten thousand would take half a minute to make."""


def bind_match(parts: tuple[ast.PatternPart, ...], place: Place) -> None:
    """Bind the variables of a MATCH into the place's scope, then check what stands in its elements."""
    if sum(len(part.relationships) for part in parts) > MATCHED_RELATIONSHIPS_MAX:
        raise LimitExceeded(
            f"a MATCH has at most {MATCHED_RELATIONSHIPS_MAX} relationships",
            hint="match parts of the pattern one after another",
            position=position(place.findings.text, parts[0].offset),
        )
    seen: set[str] = set()
    place.findings.met.patterns += parts
    for part in parts:
        if part.selector is not None:
            _check_selected(part, parts, place)
        for element in elements(part):
            _bind_element(element, seen, place)
        bind_path(part, place)
        _check_shortest(part, place)
    for part in parts:
        if part.selector is not None and part.selector.predicate is not None:
            check_predicate(part.selector.predicate, place)
        for element in elements(part):
            if isinstance(element.properties, ast.Parameter):
                raise _parameter_map(element.properties, "MATCH", place)
            check_details(element, place)


def bind_path(part: ast.PatternPart, place: Place) -> None:
    """Bind the variable of a path, which has to be new."""
    if part.variable is None:
        return
    if part.variable in place.scope:
        raise _already_bound(part.variable, part.offset, place)
    place.scope[part.variable] = PATH


def elements(part: ast.PatternPart) -> Iterator[ast.NodePattern | ast.RelationshipPattern]:
    """Nodes and relationships of a part, as written."""
    yield part.nodes[0]
    for relationship, node in zip(part.relationships, part.nodes[1:], strict=True):
        yield relationship
        yield node


def check_details(element: ast.NodePattern | ast.RelationshipPattern, place: Place) -> None:
    """Check the properties and the predicate that stand in a pattern's element."""
    if element.properties is not None:
        check(element.properties, place.value())
    if element.predicate is not None:
        is_repeated = isinstance(element, ast.RelationshipPattern) and element.variable_length
        one = {element.variable or "": RELATIONSHIP} if is_repeated else {}  # the predicate is of each
        check_predicate(element.predicate, Place({**place.scope, **one}, place.findings))
    demanded = element.label_expression if isinstance(element, ast.NodePattern) else element.type_expression
    if demanded is not None:
        for part in walk(demanded):
            if isinstance(part, ast.LabelsNamed):
                check_names(part.names, place)
    if isinstance(element, ast.RelationshipPattern) and element.search is not None:
        search = element.search
        if search.predicate is not None:
            inner = {**place.scope, search.relationship: RELATIONSHIP, search.node: NODE}
            check_predicate(search.predicate, Place(inner, place.findings))


def _bind_element(element: ast.NodePattern | ast.RelationshipPattern, seen: set[str], place: Place) -> None:
    """Bind a variable, or check that the one it names has the right kind. ``seen``: relationships of this clause."""
    name = element.variable
    if name is None:
        return
    kind = _kind(element)
    known = place.scope.get(name)
    if isinstance(element, ast.RelationshipPattern):
        if name in seen and known == kind:
            raise place.error(
                f'relationship "{name}" stands twice in one pattern', element.offset, "RelationshipUniquenessViolation"
            )
        seen.add(name)
    if known is None:
        place.scope[name] = kind
    elif not _fits(known, kind):
        raise _conflict(name, known, kind, element.offset, place)


def _kind(element: ast.NodePattern | ast.RelationshipPattern) -> Kind:
    if isinstance(element, ast.NodePattern):
        return NODE
    return RELATIONSHIPS if element.variable_length else RELATIONSHIP


def _fits(known: Kind, kind: Kind) -> bool:
    """True when a variable of the first kind may stand where a pattern needs the second."""
    if known in (kind, ANY, NULL):
        return True
    return is_list(kind) and is_list(known) and known.element in (ANY, NULL, RELATIONSHIP)


def _check_shortest(part: ast.PatternPart, place: Place) -> None:
    if part.function is None:
        return
    name = SHORTEST[part.function]
    if len(part.relationships) != 1:
        raise place.error(f"{name}() needs exactly one relationship", part.offset, "UnexpectedSyntax")
    (relationship,) = part.relationships
    if relationship.minimum not in (None, 0, 1):
        raise place.error(f"{name}() takes a minimal length of 0 or 1", relationship.offset, "UnexpectedSyntax")
    if relationship.search is not None or (relationship.variable is not None and not relationship.variable_length):
        raise place.error(
            f"{name}() needs a relationship of variable length, such as `-[r:KNOWS*]->`",
            relationship.offset,
            "UnexpectedSyntax",
        )


def _check_selected(part: ast.PatternPart, parts: tuple[ast.PatternPart, ...], place: Place) -> None:
    if len(parts) > 1:
        raise place.error(
            "a pattern whose paths are selected stands alone in its MATCH",
            part.offset,
            "UnexpectedSyntax",
            hint="match the others by a MATCH of their own",
        )
    repeated = [one for one in part.relationships if one.variable_length and one.search is None]
    if len(part.relationships) != 1 or not repeated:
        raise place.error(
            "paths can be selected between two nodes with one repeated relationship between them",
            part.offset,
            "UnexpectedSyntax",
            hint="write `ANY SHORTEST (a)-[:R]->+(b)`",
        )
    name = repeated[0].variable
    if name is not None and name in place.scope:
        raise _already_bound(name, repeated[0].offset, place)


def check_shortest_path(part: ast.PatternPart, place: Place) -> None:
    """Check shortestPath() as an expression: its nodes are bound, and it binds nothing."""
    for node in part.nodes:
        if node.variable is None:
            raise place.error(
                f"{SHORTEST[part.function or '']}() in an expression needs nodes that are bound",
                node.offset,
                "UnexpectedSyntax",
            )
        if node.variable not in place.scope:
            raise place.undefined(node.variable, node.offset)
    bind_match((part,), Place(dict(place.scope), place.findings))


# ------------------------------------------------------------------------------------------- patterns in expressions


def check_predicate_pattern(part: ast.PatternPart, place: Place) -> None:
    """Check a pattern used as a predicate: it binds nothing, so all its variables have to be there."""
    for element in elements(part):
        if element.variable is not None and element.variable not in place.scope:
            raise place.undefined(element.variable, element.offset)
    bind_match((part,), Place(dict(place.scope), place.findings))


# ---------------------------------------------------------------------------------------------------- CREATE and MERGE


def bind_create(parts: tuple[ast.PatternPart, ...], place: Place) -> None:
    """Bind the variables of a CREATE. Properties see what was bound before their part of the pattern."""
    place.findings.met.patterns += parts
    for part in parts:
        for element in elements(part):
            _check_new_details(element, place, "CREATE")
        _bind_new(part, place, "CREATE")


def bind_merge(part: ast.PatternPart, place: Place) -> None:
    """Bind the variables of a MERGE. Properties see what was bound before it."""
    place.findings.met.patterns.append(part)
    for element in elements(part):
        if isinstance(element.properties, ast.Parameter):
            raise _parameter_map(element.properties, "MERGE", place)
        _check_new_details(element, place, "MERGE")
    _bind_new(part, place, "MERGE")


def _check_new_details(element: ast.NodePattern | ast.RelationshipPattern, place: Place, clause: str) -> None:
    if isinstance(element, ast.NodePattern):
        named = named_labels(element.label_expression)
        if named is None or any(part.any for part in named):
            raise place.error(
                f"{clause} takes no label expression other than `A&B`", element.offset, "UnexpectedSyntax"
            )
    if element.predicate is not None:
        raise place.error(f"{clause} takes no WHERE in its pattern", element.offset, "UnexpectedSyntax")
    check_details(element, place)


def _bind_new(part: ast.PatternPart, place: Place, clause: str) -> None:
    if part.function is not None:
        raise place.error(f"{clause} cannot make a {SHORTEST[part.function]}()", part.offset, "UnexpectedSyntax")
    if part.selector is not None:
        raise place.error(
            f"{clause} cannot select paths", part.offset, "UnexpectedSyntax", hint="ANY, ALL and SHORTEST are for MATCH"
        )
    for element in elements(part):
        if isinstance(element, ast.NodePattern):
            _bind_new_node(element, place, alone=not part.relationships)
        else:
            _bind_new_relationship(element, place, clause)
    bind_path(part, place)


def _bind_new_node(node: ast.NodePattern, place: Place, *, alone: bool) -> None:
    """A node that is bound may stand in a new relationship, and nothing more can be said of it there."""
    if node.variable is None:
        return
    known = place.scope.get(node.variable)
    if known is None:
        place.scope[node.variable] = NODE
    elif not _fits(known, NODE):
        raise _conflict(node.variable, known, NODE, node.offset, place)
    elif alone or node.labels or node.label_expression is not None or node.properties is not None:
        raise _already_bound(node.variable, node.offset, place)


def _bind_new_relationship(relationship: ast.RelationshipPattern, place: Place, clause: str) -> None:
    offset = relationship.offset
    if relationship.variable is not None and relationship.variable in place.scope:
        raise _already_bound(relationship.variable, offset, place)
    if relationship.variable_length:
        raise place.error(f"{clause} cannot make a relationship of variable length", offset, "CreatingVarLength")
    named = named_labels(relationship.type_expression) or ()
    if len(relationship.types) + len(named) != 1 or any(part.any for part in named):
        raise place.error(f"a relationship to {clause} needs exactly one type", offset, "NoSingleRelationshipType")
    if clause == "CREATE" and relationship.direction is Direction.BOTH:
        raise place.error("a relationship to CREATE needs a direction", offset, "RequiresDirectedRelationship")
    if relationship.variable is not None:
        place.scope[relationship.variable] = RELATIONSHIP


# ------------------------------------------------------------------------------------------------------------- errors


def _already_bound(name: str, offset: int, place: Place) -> Exception:
    return place.error(f'variable "{name}" is already bound', offset, "VariableAlreadyBound")


def _conflict(name: str, known: Kind, kind: Kind, offset: int, place: Place) -> Exception:
    return place.error(
        f'variable "{name}" is {known.described}, and {kind.described} is needed',
        offset,
        "VariableTypeConflict",
    )


def _parameter_map(parameter: ast.Parameter, clause: str, place: Place) -> Exception:
    return place.error(f"{clause} takes no parameter as a map of properties", parameter.offset, "InvalidParameterUse")
