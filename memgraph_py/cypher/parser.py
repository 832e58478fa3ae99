"""Text to tree: drives the LALR(1) tables of ``tables.py`` over the tokens of ``lexer.py``.

The loop is the textbook one with two additions. A token that the state does not accept is tried as its fallback (a
keyword as a name). And the long chains of reductions by which an expression climbs through every level of precedence,
each of which leaves the value as it is, are taken in one step, remembered by (state below, what was made, next token).
"""

import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter, sub
from sys import intern
from typing import Any, TypeAlias

from memgraph_py.cypher import ast
from memgraph_py.cypher.advice import advice
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


_Reduction: TypeAlias = tuple[int, int, str, Callable[..., Any] | None, Any]
"""(how, cut, origin, function, picked) of a rule: what stands behind the entry of its first value is cut off, from this
place on, counted from the stack's end; nothing where it is 0. How its value is made, and what is picked for it:"""
_ALONE, _PLAIN, _SPLICED, _WRITTEN, _TAKEN, _LISTED, _GROWN, _REFUSED = range(8)
"""By the function of the offset and the one value there is; of what is picked from the stack, the offset first; of
values with lists spliced in, by the rule's layout; of what is picked and the text as written. One of the values as it
is; a list of what is picked; the list that comes first, with one more. ``_REFUSED``: no rule, the token cannot stand
here."""

_ENTRY = 3
"""The stack holds for each value its offset, itself, and the state behind it. At the bottom the value is None, which is
what optional parts are that were not written."""


@dataclass(frozen=True, slots=True)
class _Machine:
    """The tables with what is computed from them: ``reductions`` of the rules, and one for no rule, which ``refused``
    stands for among the actions. ``settled[state][origin][kind]``: above this state and before this token, the state
    behind a reduction to the origin, once all further ones are done that leave its value as it is, and its action."""

    tables: Tables
    kinds: dict[str, str]
    fallback: dict[str, str]
    reductions: list[_Reduction]
    refused: int
    settled: list[dict[str, dict[str, tuple[int, int]]]]


_lock = threading.Lock()


def _machine() -> _Machine:
    """The machine, made once by the thread that comes first."""
    with _lock:
        return _make_machine()


@cache
def _make_machine() -> _Machine:
    tables = load_tables()
    reductions: list[_Reduction] = [*map(_reduction, tables.rules), (_REFUSED, 0, "", None, None)]
    settled: list[dict[str, dict[str, tuple[int, int]]]] = [{} for _ in tables.actions]
    return _Machine(tables, kinds_of(tables.words), fallbacks(tables.words), reductions, -len(reductions), settled)


def _reduction(rule: Rule) -> _Reduction:
    layout, base, origin = rule.layout, -_ENTRY * rule.length, intern(rule.origin)
    cut = base + _ENTRY
    places = [1 if item == NOTHING else base + _ENTRY * item + 1 for item in layout]
    if rule.unit:
        return _TAKEN, cut, origin, None, places[0]
    if not rule.name.startswith("_"):
        (function,) = [getattr(family, rule.name) for family in FAMILIES if hasattr(family, rule.name)]
        if min(layout, default=0) < 0:
            return _SPLICED, cut, origin, function, layout
        if function is projection_item:
            return _WRITTEN, cut, origin, function, _picks([base, *places])
        if layout == (0,) and rule.length == 1:
            return _ALONE, cut, origin, function, None
        return _PLAIN, cut, origin, function, _picks([base, *places])
    if layout and min(layout) >= 0:
        return _LISTED, cut, origin, None, _picks(places)
    if len(layout) == 2 and layout[0] == ~0 and 0 <= layout[1] < NOTHING:
        return _GROWN, cut, origin, None, places[1]
    return _SPLICED, cut, origin, None, layout


def _picks(places: list[int]) -> Callable[[list[Any]], Sequence[Any]]:
    """What gives the parts of the stack at these places."""
    if len(places) == 1:  # it would give the part alone
        return itemgetter(slice(places[0], places[0] + 1 or None))
    return itemgetter(*places)


def _run(machine: _Machine, tokens: Tokens, text: str) -> ast.Statement:
    """The value of the start rule."""
    actions, reductions = machine.tables.actions, machine.reductions
    settled, refused = machine.settled, machine.refused
    state = machine.tables.start
    stack: list[Any] = [0, None, state]
    function: Callable[..., Any]
    for kind, found, start in zip(tokens.kinds, tokens.values, tokens.starts, strict=True):
        action = actions[state].get(kind, refused)
        while action < 0:
            how, cut, origin, function, picked = reductions[~action]  # type: ignore[assignment]  # of a list it is not called
            if how == _ALONE:
                stack[-2] = function(stack[-3], stack[-2])
            else:
                if how == _PLAIN:
                    value = function(*picked(stack))
                elif how == _TAKEN:
                    value = stack[picked]
                elif how == _GROWN:
                    value = stack[cut - 2]
                    value.append(stack[picked])
                elif how == _LISTED:
                    value = [*picked(stack)]
                elif how == _SPLICED:
                    value = _spliced(stack, len(stack) + cut - 2, picked)
                    if function is not None:
                        value = function(stack[cut - 3], *value)
                elif how == _WRITTEN:
                    value = function(*picked(stack), text[stack[cut - 3] : _end_before(tokens, start)])
                else:
                    kind = machine.fallback.get(kind, INVALID)
                    action = actions[state].get(kind, refused)
                    if action == refused:
                        raise _unexpected(machine, stack[2::_ENTRY], tokens, tokens.starts.index(start), text)
                    continue
                if cut:
                    del stack[cut:]
                stack[-2] = value
            try:
                state, action = settled[stack[-4]][origin][kind]
            except KeyError:
                state, action = _settle(machine, stack[-4], origin, kind)
            stack[-1] = state
        state = action
        stack += (start, found, state)
    return stack[_ENTRY + 1]  # type: ignore[no-any-return]  # the value of the start rule, which is a statement


def _end_before(tokens: Tokens, start: int) -> int:
    """Where the token ends that stands before the one that starts there."""
    return tokens.ends[bisect_left(tokens.starts, start) - 1]


def _spliced(stack: list[Any], first: int, layout: tuple[int, ...]) -> list[Any]:
    """The values of a rule, lists spliced in; the first of them stands at ``first``."""
    values: list[Any] = []
    for item in layout:
        if item == NOTHING:
            values.append(None)
        elif item >= 0:
            values.append(stack[first + _ENTRY * item])
        else:
            values += stack[first + _ENTRY * ~item]
    return values


def _settle(machine: _Machine, below: int, origin: str, kind: str) -> tuple[int, int]:
    """What ``settled`` has there, from now on."""
    actions, gotos = machine.tables.actions, machine.tables.gotos[below]
    state, further = gotos[origin], origin
    while True:
        action = actions[state].get(kind, machine.refused)
        how, cut, further, *_ = machine.reductions[~action] if action < 0 else (None, 0, origin)
        if how != _TAKEN or cut:
            machine.settled[below].setdefault(origin, {})[kind] = state, action
            return state, action
        state = gotos[further]


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
    return CypherSyntaxError(
        f"{what}, expected {in_words(accepted)}", hint=advice(tokens, index, accepted), position=here, detail=detail
    )


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
        *("INTEGER", "LEAST_INTEGER", "FLOAT", "STRING", "PARAMETER", "NAME", "NULL", "TRUE", "FALSE", "CASE", "NOT"),
        *(
            "INF",
            "INFINITY",
            "NAN",
            "REDUCE",
            "EXISTS",
            "COUNT",
            "COLLECT",
            "QUANTIFIER",
            "SHORTEST_PATH",
            "+",
            "-",
            "(",
            "[",
            "{",
        ),
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
    "QUANTIFIER": "a quantifier",
    "INTEGER": "an integer",
    "LEAST_INTEGER": "an integer",
    "FLOAT": "a float",
    "STRING": "a string",
    "PARAMETER": "a parameter",
    "_NODE_OPEN": '"("',
    "_COMPREHENSION_OPEN": '"["',
    "_PATTERN_COMPREHENSION_OPEN": '"["',
    "_BAR": '"|"',
    "$": '"$("',
    "_DASH": '"-"',
    "_ARROW_LEFT": '"<-"',
    "_ARROW_RIGHT": '"->"',
    END: "the end of the query",
}
"""The kinds that are no word and no sign of the grammar."""
_EXPECTED_MAX = 12


def in_words(accepted: set[str], words_max: int = _EXPECTED_MAX) -> str:
    """What could stand here, for people: of more than so many words the first."""
    rest = set(accepted)
    words: list[str] = []
    if {"INTEGER", "CASE"} <= rest:  # NOT is no start behind an operator
        words.append("an expression")
        rest -= _EXPRESSION_STARTS
    elif {"+", "/"} <= rest:
        words.append("an operator")
        rest -= _INFIX
    if {"MATCH", "RETURN"} <= rest:
        words.append("a clause")
        rest -= _CLAUSES
    words += sorted({_IN_WORDS.get(kind, kind if kind[0].isalpha() else f'"{kind}"') for kind in rest})
    if len(words) > words_max:
        words = [*words[:words_max], "…"]
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
