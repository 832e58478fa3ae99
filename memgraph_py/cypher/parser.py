"""Text to tree: drives the LALR(1) tables of ``tables.py`` over the tokens of ``lexer.py``.

The loop is the textbook one with two additions. A token that the state does not accept is tried as its fallback (a
keyword as a name). And the long chains of reductions by which an expression climbs through every level of precedence,
each of which leaves the value as it is, are taken in one step, remembered by (state below, state, next token).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

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
    # a tree has no more levels than the text has tokens
    if len(tokens.kinds) > DEPTH_MAX and (deepest := depth(statement, DEPTH_MAX)) is not None:
        raise CypherSyntaxError(
            f"nested more than {DEPTH_MAX} levels deep", position=position(text, deepest), detail="UnexpectedSyntax"
        )
    return statement


@dataclass(frozen=True, slots=True)
class _Machine:
    """The tables with what is computed from them. ``reductions[i]`` is rule i as (length, origin, function, layout,
    plain): no function for a list, ``plain`` when every argument is one value. ``settled`` remembers unit chains."""

    tables: Tables
    kinds: dict[str, str]
    fallback: dict[str, str]
    reductions: list[tuple[int, str, Callable[..., object] | None, tuple[int, ...], bool]]
    settled: dict[tuple[int, int, str], int]


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


def _reduction(rule: Rule) -> tuple[int, str, Callable[..., object] | None, tuple[int, ...], bool]:
    function: Callable[..., object] | None
    if rule.unit:
        function = _only
    elif rule.name.startswith("_"):
        function = None
    else:
        (function,) = [getattr(family, rule.name) for family in FAMILIES if hasattr(family, rule.name)]
    return rule.length, rule.origin, function, rule.layout, all(0 <= item < NOTHING for item in rule.layout)


def _only(start: int, value: object) -> object:
    del start
    return value


def _run(machine: _Machine, tokens: Tokens, text: str) -> ast.Statement:
    """The value of the start rule."""
    actions, gotos = machine.tables.actions, machine.tables.gotos
    reductions, settled, fallback = machine.reductions, machine.settled, machine.fallback
    state = machine.tables.start
    states = [state]
    values: list[object] = []
    starts: list[int] = []
    end = 0
    takes_text: Callable[..., object] = projection_item
    for index, kind in enumerate(tokens.kinds):
        while True:
            action = actions[state].get(kind)
            if action is None:
                kind = fallback.get(kind, INVALID)
                action = actions[state].get(kind)
                if action is None:
                    raise _unexpected(machine, states, tokens, index, text)
            if action >= 0:
                break
            length, origin, function, layout, plain = reductions[~action]
            start = starts[-length]
            if plain:
                base = len(values) - length
                arguments = [values[base + item] for item in layout]
            else:
                arguments = _arguments(values, len(values) - length, layout, gathers=function is None)
            if function is None:
                value: object = arguments
            elif function is takes_text:
                value = function(start, *arguments, text[start:end])  # the column's name
            else:
                value = function(start, *arguments)
            del states[-length:], values[-length:], starts[-length:]
            below = states[-1]
            state = gotos[below][origin]
            chain = (below, state, kind)
            if chain in settled:
                state = settled[chain]
            else:
                state = settled[chain] = _settle(machine, below, state, kind)
            states.append(state)
            values.append(value)
            starts.append(start)
        state = action
        states.append(state)
        values.append(tokens.values[index])
        starts.append(tokens.starts[index])
        end = tokens.ends[index]
    return values[0]  # type: ignore[return-value]  # the value of the start rule, which is a statement


def _arguments(values: list[object], base: int, layout: tuple[int, ...], *, gathers: bool) -> list[object]:
    """The arguments of a reduction, lists spliced in. A list that grows by one is not copied (``gathers``)."""
    if gathers and layout and layout[0] < 0:
        grown = values[base + ~layout[0]]
        assert isinstance(grown, list)
        arguments: list[object] = grown
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


def _settle(machine: _Machine, below: int, state: int, kind: str) -> int:
    """The state after all reductions that leave the value on top as it is."""
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
