"""Text to tree: drives the LALR(1) tables of ``tables.py`` over the tokens of ``lexer.py``.

The loop is the textbook one with two additions. A token that the state does not accept is tried as its fallback (a
keyword as a name). And the long chains of reductions by which an expression climbs through every level of precedence,
each of which leaves the value as it is, are taken in one step, remembered by (state below, what was made, next token).
"""

import threading
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from operator import sub
from typing import Any, TypeAlias

from memgraph_py.cypher import ast
from memgraph_py.cypher.construction import FAMILIES, Rejected
from memgraph_py.cypher.construction.projections import projection_item
from memgraph_py.cypher.lexer import DEPTH_MAX, INVALID, Tokens, fallbacks, kinds_of, position, tokenise
from memgraph_py.cypher.tables import END, NOTHING, Rule, Tables, load_tables
from memgraph_py.cypher.tree import depth
from memgraph_py.errors import CypherSyntaxError


def parse(text: str) -> ast.Statement:
    """The one statement of a text.

    Raises CypherSyntaxError with the position, what was found, what was expected, and the TCK's detail.
    """
    machine = _machine()
    tokens = tokenise(text, machine.kinds)
    try:
        statement = _run(machine, tokens, text)
    except Rejected as rejected:
        raise CypherSyntaxError(
            rejected.message, hint=rejected.hint, position=position(text, rejected.offset), detail=rejected.detail
        ) from None
    if _may_be_deep(statement, tokens) and (deepest := depth(statement, DEPTH_MAX)) is not None:
        raise CypherSyntaxError(
            f"nested more than {DEPTH_MAX} levels deep", position=position(text, deepest), detail="UnexpectedSyntax"
        )
    return statement


def _may_be_deep(statement: ast.Statement, tokens: Tokens) -> bool:
    """False where the tree cannot have more than DEPTH_MAX levels: a clause has no more of them than it has tokens, and
    above it are the query and its part."""
    if len(tokens.kinds) <= DEPTH_MAX:
        return False
    if not isinstance(statement, ast.Query):
        return True
    begins = [bisect_left(tokens.starts, clause.offset) for part in statement.parts for clause in part.clauses]
    longest: int = max(map(sub, [*begins[1:], len(tokens.starts)], begins))
    return longest > DEPTH_MAX - 2


_Reduction: TypeAlias = tuple[int, int, str, Callable[..., Any] | None, tuple[int, ...]]
"""(how, length, origin, function, layout) of a rule; no function for a list. How its value is made:"""
_ALONE, _TAKEN, _PLAIN, _ARRANGED = range(4)
"""By the function of the one value there is; one of the values as it is; by the function of values in a layout; of
lists and values that are not there, too."""


@dataclass(frozen=True, slots=True)
class _Machine:
    """The tables with what is computed from them. ``settled``: the state behind a reduction, by (state below, origin,
    next token), once all further reductions are done that leave its value as it is."""

    tables: Tables
    kinds: dict[str, str]
    fallback: dict[str, str]
    reductions: list[_Reduction]
    settled: dict[tuple[int, str, str], int]


_lock = threading.Lock()


def _machine() -> _Machine:
    """The machine, made once by the thread that comes first."""
    with _lock:
        return _make_machine()


@cache
def _make_machine() -> _Machine:
    tables = load_tables()
    return _Machine(
        tables, kinds_of(tables.words), fallbacks(tables.words), [_reduction(rule) for rule in tables.rules], {}
    )


def _reduction(rule: Rule) -> _Reduction:
    layout = rule.layout
    if rule.unit:
        return _TAKEN, rule.length, rule.origin, None, layout
    is_plain = all(0 <= item < NOTHING for item in layout)
    if rule.name.startswith("_"):
        return _PLAIN if is_plain else _ARRANGED, rule.length, rule.origin, None, layout
    (function,) = [getattr(family, rule.name) for family in FAMILIES if hasattr(family, rule.name)]
    is_alone = is_plain and rule.length == len(layout) == 1 and function is not projection_item
    return _ALONE if is_alone else _PLAIN if is_plain else _ARRANGED, rule.length, rule.origin, function, layout


def _run(machine: _Machine, tokens: Tokens, text: str) -> ast.Statement:
    """The value of the start rule."""
    actions, reductions, settled = machine.tables.actions, machine.reductions, machine.settled
    kinds, found, begins = tokens.kinds, tokens.values, tokens.starts
    state = machine.tables.start
    states = [state]
    values: list[Any] = []
    starts: list[int] = []
    takes_text: Callable[..., object] = projection_item
    for index, kind in enumerate(kinds):
        while True:
            action = actions[state].get(kind)
            if action is None:
                kind = machine.fallback.get(kind, INVALID)
                action = actions[state].get(kind)
                if action is None:
                    raise _unexpected(machine, states, tokens, index, text)
            if action >= 0:
                break
            how, length, origin, function, layout = reductions[~action]
            if how == _ALONE:
                values[-1] = function(starts[-1], values[-1])  # type: ignore[misc]  # a list is not made so
            else:
                if how == _TAKEN:
                    value = values[layout[0] - length]
                elif how == _PLAIN:
                    value = [values[item - length] for item in layout]
                else:
                    value = _arguments(values, len(values) - length, layout, gathers=function is None)
                if function is not None:
                    if function is takes_text:  # the column's name is as it was written
                        value.append(text[starts[-1] : tokens.ends[index - 1]])
                    value = function(starts[-length], *value)
                if length > 1:
                    del states[1 - length :], values[1 - length :], starts[1 - length :]
                values[-1] = value
            chain = (states[-2], origin, kind)
            behind = settled.get(chain)
            if behind is None:
                behind = settled[chain] = _settle(machine, *chain)
            states[-1] = state = behind
        state = action
        states.append(state)
        values.append(found[index])
        starts.append(begins[index])
    return values[0]  # type: ignore[no-any-return]  # the value of the start rule, which is a statement


def _arguments(values: list[Any], base: int, layout: tuple[int, ...], *, gathers: bool) -> list[Any]:
    """The arguments of a reduction, lists spliced in. A list that grows by one is not copied (``gathers``)."""
    if gathers and layout and layout[0] < 0:
        grown = values[base + ~layout[0]]
        assert isinstance(grown, list)
        arguments: list[Any] = grown
        layout = layout[1:]
    else:
        arguments = []
    for item in layout:
        if item == NOTHING:
            arguments.append(None)
        elif item >= 0:
            arguments.append(values[base + item])
        else:
            spliced = values[base + ~item]
            assert isinstance(spliced, list)
            arguments.extend(spliced)
    return arguments


def _settle(machine: _Machine, below: int, origin: str, kind: str) -> int:
    """The state behind a reduction, and behind all further ones that leave the value on top as it is."""
    state = machine.tables.gotos[below][origin]
    while True:
        action = machine.tables.actions[state].get(kind)
        if action is None or action >= 0:
            return state
        rule = machine.tables.rules[~action]
        if not rule.unit or rule.length != 1:
            return state
        state = machine.tables.gotos[below][rule.origin]


# ------------------------------------------------------------------------------------------------------------- errors


def _unexpected(machine: _Machine, states: list[int], tokens: Tokens, index: int, text: str) -> CypherSyntaxError:
    """The error of a token that cannot stand here."""
    found = tokens.values[index]
    accepted = {kind for kind in machine.tables.actions[states[-1]] if _accepts(machine, states, kind)}
    if isinstance(found, CypherSyntaxError) and (found.detail != "InvalidNumberLiteral" or "INTEGER" in accepted):
        return found
    here = position(text, tokens.starts[index])
    if index and tokens.kinds[index - 1] == ";":
        return CypherSyntaxError(
            "a text can hold only one statement", hint="send them one by one", position=here, detail="UnexpectedSyntax"
        )
    if tokens.kinds[0] == END:
        return CypherSyntaxError("the query is empty", position=here, detail="UnexpectedSyntax")
    if tokens.kinds[index] == END:
        what = "the query ends too early"
    else:
        what = f'unexpected "{_shortened(text[tokens.starts[index] : tokens.ends[index]])}"'
    detail = "InvalidRelationshipPattern" if _in_relationship(tokens, index) else "UnexpectedSyntax"
    return CypherSyntaxError(f"{what}, expected {_in_words(accepted)}", position=here, detail=detail)


def _shortened(written: str) -> str:
    return written if len(written) <= 40 else f"{written[:40]}…"


def _accepts(machine: _Machine, states: list[int], kind: str) -> bool:
    """True when a token of this kind could be shifted: the table lists some that fail after reductions."""
    stack = list(states)
    while True:
        action = machine.tables.actions[stack[-1]].get(kind)
        if action is None:
            return False
        if action >= 0:
            return True
        rule = machine.tables.rules[~action]
        del stack[-rule.length :]
        stack.append(machine.tables.gotos[stack[-1]][rule.origin])


def _in_relationship(tokens: Tokens, index: int) -> bool:
    """True when the innermost bracket that is open before ``index`` is that of a relationship pattern."""
    open_brackets = 0
    for before in range(index - 1, 0, -1):
        kind = tokens.kinds[before]
        if kind in (")", "]", "}"):
            open_brackets += 1
        elif kind in ("(", "[", "{") or kind.endswith("_OPEN"):
            if not open_brackets:
                return kind == "[" and tokens.kinds[before - 1] in ("-", "_DASH")
            open_brackets -= 1
    return False


_EXPRESSION_STARTS = frozenset(
    {
        *("INTEGER", "FLOAT", "STRING", "PARAMETER", "NAME", "NULL", "TRUE", "FALSE", "CASE", "NOT", "REDUCE"),
        *("EXISTS", "COUNT", "COLLECT", "QUANTIFIER", "+", "-", "(", "[", "{"),
        *("_NODE_OPEN", "_COMPREHENSION_OPEN", "_PATTERN_COMPREHENSION_OPEN"),
    }
)
_INFIX = frozenset(
    {
        *("+", "||", "-", "*", "/", "%", "^", "=", "<>", "<", "<=", ">", ">=", "=~", "AND", "OR", "XOR", "IN", "IS"),
        *("STARTS", "ENDS", "CONTAINS", ".", "[", "(", ":", "{"),
    }
)
_CLAUSES = frozenset(
    {
        *("MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CREATE", "MERGE", "SET", "REMOVE", "DETACH", "DELETE"),
        *("CALL", "FOREACH", "UNION", "INSERT", "NODETACH", "LOAD", "FINISH", "USE"),
    }
)
_IN_WORDS = {
    "NAME": "a name",
    "SHORTEST_PATH": "shortestPath",
    "INTEGER": "an integer",
    "STRING": "a string",
    "PARAMETER": "a parameter",
    "_NODE_OPEN": '"("',
    "_BAR": '"|"',
    "$": '"$("',
    "_DASH": '"-"',
    "_ARROW_LEFT": '"<-"',
    "_ARROW_RIGHT": '"->"',
    END: "the end of the query",
}
_EXPECTED_MAX = 12


def _in_words(accepted: set[str]) -> str:
    """What could stand here, for people."""
    rest = set(accepted)
    words: list[str] = []
    if {"INTEGER", "CASE", "NOT"} <= rest:
        words.append("an expression")
        rest -= _EXPRESSION_STARTS
    elif {"AND", "OR", "+"} <= rest:
        words.append("an operator")
        rest -= _INFIX
    if {"MATCH", "RETURN"} <= rest:
        words.append("a clause")
        rest -= _CLAUSES
    words += sorted(_IN_WORDS.get(kind, kind if kind[0].isalpha() else f'"{kind}"') for kind in rest)
    if len(words) > _EXPECTED_MAX:
        words = [*words[:_EXPECTED_MAX], "…"]
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
