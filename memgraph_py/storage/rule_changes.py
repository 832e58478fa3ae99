"""Changes of schema rules: which belong together, and which cannot be made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from memgraph_py.bounds import no_check
from memgraph_py.errors import (
    ConstraintExists,
    ConstraintMissing,
    ConstraintNameTaken,
    EquivalentRuleExists,
    ForbiddenInTransaction,
    ForbiddenOnConstraintIndex,
    IndexNameTaken,
    SchemaError,
    SchemaMissing,
)
from memgraph_py.storage.changes import ChangeSet, added
from memgraph_py.storage.constraints import check_graph
from memgraph_py.storage.schema_rules import ConstraintDefinition, IndexDefinition, SchemaDescriptor, SchemaRules

if TYPE_CHECKING:
    from memgraph_py.storage.store import GraphStore


def creation_of(rule: IndexDefinition | ConstraintDefinition) -> ChangeSet:
    """A constraint comes with the index that it owns."""
    changes = ChangeSet()
    add_creation(changes, rule)
    return changes


def add_creation(changes: ChangeSet, rule: IndexDefinition | ConstraintDefinition) -> None:
    """The same, beside other changes."""
    if isinstance(rule, IndexDefinition):
        changes.created_indexes = added(changes.created_indexes, rule)
        return
    changes.created_constraints = added(changes.created_constraints, rule)
    if rule.owns_index:
        changes.created_indexes = added(changes.created_indexes, IndexDefinition(rule.name, rule.on))


def removal_of(rule: IndexDefinition | ConstraintDefinition) -> ChangeSet:
    """A constraint goes with the index that it owns."""
    changes = ChangeSet()
    add_removal(changes, rule)
    return changes


def add_removal(changes: ChangeSet, rule: IndexDefinition | ConstraintDefinition) -> None:
    """The same, beside other changes."""
    if isinstance(rule, ConstraintDefinition):
        changes.dropped_constraints = added(changes.dropped_constraints, rule.name)
        if not rule.owns_index:
            return
    changes.dropped_indexes = added(changes.dropped_indexes, rule.on)


@contextmanager
def prepared_rules(
    store: "GraphStore", changes: ChangeSet, check: Callable[[], None] = no_check
) -> Iterator[Callable[[], None]]:
    """Around a commit: builds the indexes of new constraints and looks at the whole graph while others write. Gives
    what is to be called under the commit lock, before the commit, to look at what came meanwhile.

    check: called again and again; what it raises ends this. Raises ForbiddenInTransaction, SchemaError and its like, or
    ConstraintCreationFailed; leaves no index behind where the commit raises anything.
    """
    if changes.created_constraints and changes.has_data():
        raise ForbiddenInTransaction(
            "a transaction cannot change data and create a constraint", hint="commit the one before the other"
        )
    check_rules(changes, store.tip.rules)
    begun = []
    try:
        for constraint in changes.created_constraints:
            if constraint.owns_index and store.begin_index(constraint.on):
                begun.append(constraint.on)
        if begun:
            store.population.run(store, check)
        seen = store.tip
        for constraint in changes.created_constraints:
            check_graph(seen, constraint, check)

        def confirm() -> None:
            check_rules(changes, store.tip.rules)
            if store.tip.version != seen.version:
                for constraint in changes.created_constraints:
                    check_graph(store.tip, constraint, check)

        yield confirm
    except BaseException:
        for on in begun:
            store.leave_index(on)
        raise


def check_rules(changes: ChangeSet, rules: SchemaRules) -> None:
    """Raises where a rule to be created, or one that is equal to it, is there, or its name; where one to be dropped is
    not; and where an index to be dropped is a constraint's."""
    for on in changes.dropped_indexes:
        owner = owner_of(on, rules)
        if owner is not None and owner.name not in changes.dropped_constraints:
            raise ForbiddenOnConstraintIndex(
                f"the index belongs to the constraint '{owner.name}'",
                hint="drop the constraint: the index goes with it",
            )
        if all(index.on != on for index in rules.indexes):
            raise SchemaMissing("there is no such index", hint="SHOW INDEXES lists them")
    for name in changes.dropped_constraints:
        if all(one.name != name for one in rules.constraints):
            raise ConstraintMissing(f"there is no constraint named '{name}'", hint="SHOW CONSTRAINTS lists them")
    remaining = ChangeSet(
        dropped_indexes=changes.dropped_indexes, dropped_constraints=changes.dropped_constraints
    ).changed_rules(rules)
    for constraint in changes.created_constraints:
        _check_constraint(constraint, remaining)
    owned = {one.name for one in changes.created_constraints}
    for index in changes.created_indexes:
        if index.name not in owned:
            _check_index(index, remaining)


def owner_of(on: SchemaDescriptor, rules: SchemaRules) -> ConstraintDefinition | None:
    """The constraint that the index on the descriptor belongs to, if it does."""
    return next((one for one in rules.constraints if one.owns_index and one.on == on), None)


def _check_index(index: IndexDefinition, rules: SchemaRules) -> None:
    owner = owner_of(index.on, rules)
    if owner is not None:
        raise ConstraintExists(
            f"there is the constraint '{owner.name}' on the same, and so an index already",
            hint="nothing needs to be done: the constraint's index is used like any other",
        )
    for other in rules.indexes:
        if other == index:
            raise EquivalentRuleExists(f"an equivalent index exists already, named '{other.name}'")
        if other.on == index.on:
            raise SchemaError(f"an index on the same exists already, named '{other.name}'")
    _check_name(index.name, rules)


def _check_constraint(constraint: ConstraintDefinition, rules: SchemaRules) -> None:
    for other in rules.constraints:
        if other == constraint:
            raise EquivalentRuleExists(f"an equivalent constraint exists already, named '{other.name}'")
        if other.on == constraint.on and (
            other.kind is constraint.kind or (other.owns_index and constraint.owns_index)
        ):
            raise ConstraintExists(
                f"a constraint on the same exists already, named '{other.name}'", hint="SHOW CONSTRAINTS lists them"
            )
    if constraint.owns_index:
        for index in rules.indexes:
            if index.on == constraint.on:
                raise SchemaError(
                    f"an index on the same exists already, named '{index.name}'",
                    hint="the constraint makes its own index: drop that one first",
                )
    _check_name(constraint.name, rules)


def _check_name(name: str, rules: SchemaRules) -> None:
    if any(one.name == name for one in rules.constraints):
        raise ConstraintNameTaken(f"a constraint named '{name}' exists already", hint="choose another name")
    if any(index.name == name for index in rules.indexes):
        raise IndexNameTaken(f"an index named '{name}' exists already", hint="choose another name")
