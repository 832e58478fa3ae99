"""`CYPHER 5 runtime = slotted …`: what clients of Neo4j put before a statement.

The options steer Neo4j's own machinery, so they are checked and change nothing here. Source: Neo4j Cypher manual,
"Query options".
"""

from typing import TypeAlias

from memgraph_py.cypher.ast import Statement
from memgraph_py.cypher.construction.rejection import Rejected

_VERSIONS = (5,)
_CHOICES = {
    "connectComponentsPlanner": ("greedy", "idp"),
    "eagerAnalyzer": ("ir", "lp"),
    "expressionEngine": ("compiled", "default", "interpreted"),
    "inferSchemaParts": ("most_selective_label", "off"),
    "interpretedPipesFallback": ("all", "default", "disabled", "whitelisted_plans_only"),
    "labelInference": ("disabled", "enabled"),
    "operatorEngine": ("compiled", "default", "interpreted"),
    "parallelRuntimeSupport": ("all", "disabled"),
    "planner": ("cost", "dp", "idp"),
    "replan": ("default", "force", "skip"),
    "runtime": ("interpreted", "legacy", "parallel", "pipelined", "slotted"),
    "statefulShortestPlanningMode": ("all_if_possible", "cardinality_heuristic", "into_only"),
    "updateStrategy": ("default", "eager"),
}
_NAMES = {name.lower(): name for name in _CHOICES}

_Option: TypeAlias = tuple[str, int]
"""A name in lower case, and its offset."""


def with_options(start: int, *options_and_command: _Option | Statement) -> Statement:
    """The command alone; each option stands there once."""
    del start
    *options, command = options_and_command
    seen: set[str] = set()
    for option in options:
        assert isinstance(option, tuple)
        name, offset = option
        if name in seen:
            raise Rejected(f"the option {_NAMES.get(name, name)} is given twice", offset)
        seen.add(name)
    assert not isinstance(command, tuple)
    return command


def language_version(start: int, version: float) -> _Option:
    if version not in _VERSIONS:
        raise Rejected(f"there is no Cypher version {version} here", start, hint="write `CYPHER 5`, or leave it out")
    return "version", start


def cypher_option(start: int, name: str, value: str) -> _Option:
    known = _NAMES.get(name.lower())
    if known is None:
        raise Rejected(f'there is no option "{name}"', start, hint=f"one of {', '.join(_CHOICES)}")
    if value.lower() not in _CHOICES[known]:
        raise Rejected(f'{known} cannot be "{value}"', start, hint=f"one of {', '.join(_CHOICES[known])}")
    return name.lower(), start
