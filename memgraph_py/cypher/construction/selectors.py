"""Path selectors: `ANY SHORTEST (a)-[:R]->+(b)`, `SHORTEST 3 GROUPS ((a)-[r:R]->+(b) WHERE …)`.

Source: Neo4j Cypher manual, "SHORTEST", "ANY".
"""

from dataclasses import replace
from typing import TypeAlias

from memgraph_py.cypher.ast import Expression, PatternPart, Selector
from memgraph_py.cypher.construction.patterns import Chain
from memgraph_py.cypher.construction.rejection import Rejected

_FORMS = "one of `ANY`, `ANY 3`, `ANY SHORTEST`, `ALL SHORTEST`, `SHORTEST 3`, `SHORTEST 3 GROUPS`, `ALL`"
_PATHS, _GROUPS = ("PATH", "PATHS"), ("GROUP", "GROUPS")
_Selected: TypeAlias = Selector | None
"""None: all paths."""


def pattern_part_selected(start: int, variable: str | None, selected: _Selected, chain: Chain) -> PatternPart:
    return PatternPart(variable, chain.nodes, chain.relationships, None, start, selected)


def pattern_part_selected_where(
    start: int, outer: str | None, selected: _Selected, inner: str | None, chain: Chain, predicate: Expression | None
) -> PatternPart:
    if outer is not None and inner is not None:
        raise Rejected("a selected path has one name", start, hint=f"write `{outer} = …` alone")
    if selected is None and predicate is not None:
        raise Rejected("all paths are not selected by a WHERE of their own", start, hint="write it behind the pattern")
    if selected is not None:
        selected = replace(selected, predicate=predicate)
    return pattern_part_selected(start, outer or inner, selected, chain)


def selector(start: int, first: str, second: str | None, count: int | None, *rest: str) -> _Selected:
    """The words between the path's name and its first node."""
    words = [word.upper() for word in (first, second, *rest) if word is not None]
    groups = words[-1] in _GROUPS
    if groups:
        words.pop()
    has_paths = words[-1] in _PATHS
    if has_paths:
        words.pop()
    if count is not None and count < 1:
        raise Rejected("at least 1 path is selected", start, hint=f"write `{' '.join(words)} 1`")
    match words:
        case ["ALL"] if count is None and not groups:
            return None
        case ["ANY"] if not groups:
            return Selector(count or 1, False, None)
        case ["ANY", "SHORTEST"] if count is None and not groups:
            return Selector(1, False, None)
        case ["ALL", "SHORTEST"] if count is None and not groups:
            return Selector(1, True, None)
        case ["SHORTEST"] if groups or count is not None:
            return Selector(count or 1, groups, None)
        case _:
            raise Rejected("there is no such selector of paths", start, hint=_FORMS)
