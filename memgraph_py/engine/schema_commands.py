"""CREATE and DROP of indexes and constraints.

Names that are not given are made of what the rule is on, so that the same command makes the same name. Source: Neo4j
Cypher manual, "Syntax" of indexes and constraints; Memgraph's documentation for ON :Label(key) and ON … ASSERT.
"""

from collections.abc import Callable
from concurrent.futures import Future

from memgraph_py.cypher import ast
from memgraph_py.errors import ConstraintMissing, CypherError, RepeatedProperty, SchemaError, SchemaMissing
from memgraph_py.execution.executor import Counters
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.rule_changes import add_creation, add_removal, check_rules, creation_of, removal_of
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import (
    ConstraintDefinition,
    ConstraintKind,
    Entity,
    IndexDefinition,
    SchemaDescriptor,
    SchemaRules,
)
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Transaction

_Rule = IndexDefinition | ConstraintDefinition


def change_schema(
    command: ast.SchemaCommand,
    store: GraphStore,
    transaction: Transaction | None,
    counters: Counters,
    commit: Callable[[ChangeSet], Future[int]],
) -> SchemaDescriptor | None:
    """Carry the command out, or add it to the explicit transaction; gives what the index is on that is being built now.
    commit: carries out what stands in no transaction. Raises what ``rule_changes`` raises, and SchemaMissing or
    ConstraintMissing."""
    match command:
        case ast.CreateIndex(_, None):  # a label always finds its nodes
            return None
        case ast.CreateIndex() | ast.CreateConstraint():
            rule = _rule(command, store.schema)
            if command.if_not_exists and _is_there(rule, _rules(store, transaction)):
                return None
            counters.indexes_added += isinstance(rule, IndexDefinition)
            counters.constraints_added += isinstance(rule, ConstraintDefinition)
            if transaction is None:
                commit(creation_of(rule)).result()
                return rule.on
            check_rules(creation_of(rule), _rules(store, transaction))
            add_creation(transaction.changes, rule)
        case ast.DropIndex() | ast.DropConstraint():
            found = _found(command, store.schema, _rules(store, transaction))
            if found is None:
                return None
            if transaction is None:
                commit(removal_of(found)).result()
            else:
                check_rules(removal_of(found), _rules(store, transaction))
                add_removal(transaction.changes, found)
            counters.indexes_removed += isinstance(found, IndexDefinition)
            counters.constraints_removed += isinstance(found, ConstraintDefinition)
    return None


def _rules(store: GraphStore, transaction: Transaction | None) -> SchemaRules:
    rules = store.schema.rules()
    return rules if transaction is None else transaction.changes.changed_rules(rules)


def _rule(command: ast.CreateIndex | ast.CreateConstraint, schema: Schema) -> _Rule:
    pattern = command.on
    assert pattern is not None, "looked at by the caller"
    for place, key in enumerate(pattern.keys):
        if key in pattern.keys[:place]:
            raise RepeatedProperty(f"the property '{key}' is given twice")
    tokens = schema.labels if pattern.is_node else schema.types
    on = SchemaDescriptor(
        Entity.NODE if pattern.is_node else Entity.RELATIONSHIP,
        tokens.intern(pattern.token),
        tuple(map(schema.keys.intern, pattern.keys)),
    )
    words = "_".join((pattern.token, *pattern.keys))
    if isinstance(command, ast.CreateIndex):
        return IndexDefinition(command.name or f"index_{words}", on)
    kind = ConstraintKind[command.demand]
    name = command.name or f"constraint_{kind.name.lower()}_{words}"
    return ConstraintDefinition(name, kind, on, command.property_type)


def _is_there(rule: _Rule, rules: SchemaRules) -> bool:
    """Whether the rule, or what has its name, stands in the way: IF NOT EXISTS takes both for the same."""
    try:
        check_rules(creation_of(rule), rules)
    except SchemaError:
        return True
    return False


def _found(command: ast.DropIndex | ast.DropConstraint, schema: Schema, rules: SchemaRules) -> _Rule | None:
    """What is to be dropped; None where nothing is there and that is all right."""
    among: tuple[_Rule, ...] = rules.indexes if isinstance(command, ast.DropIndex) else rules.constraints
    for rule in among:
        if command.on is None:
            if rule.name == command.name:
                return rule
        elif described(rule.on, schema) == command.on and _demands(command, rule):
            return rule
    if command.if_exists:
        return None
    missing: type[CypherError] = SchemaMissing if isinstance(command, ast.DropIndex) else ConstraintMissing
    what, plural = ("index", "INDEXES") if isinstance(command, ast.DropIndex) else ("constraint", "CONSTRAINTS")
    where = f'named "{command.name}"' if command.on is None else f'on "{_written(command.on)}"'
    raise missing(f"there is no {what} {where}", hint=f"SHOW {plural} lists them")


def _demands(command: ast.DropIndex | ast.DropConstraint, rule: _Rule) -> bool:
    return isinstance(command, ast.DropIndex) or (
        isinstance(rule, ConstraintDefinition) and rule.kind.name == command.demand
    )


def described(on: SchemaDescriptor, schema: Schema) -> ast.SchemaPattern:
    """The descriptor in names."""
    is_node = on.entity is Entity.NODE
    token = (schema.labels if is_node else schema.types).name(on.token)
    return ast.SchemaPattern(is_node, token, tuple(map(schema.keys.name, on.keys)))


def _written(pattern: ast.SchemaPattern) -> str:
    return f":{pattern.token}({', '.join(pattern.keys)})"
