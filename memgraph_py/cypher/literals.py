"""Texts that differ in their literals alone: what they share, and a query whose literals are parameters.

    MATCH (n:User {id: 42}) WHERE n.age > 18 RETURN n.name LIMIT 10
    MATCH (n:User {id: □i}) WHERE n.age > □i RETURN n.name LIMIT □i      the shape: what is left without the literals
    MATCH (n:User {id: $#0}) WHERE n.age > $#1 RETURN n.name LIMIT 10      what is planned, once for all of them

A literal becomes a parameter where a plan does not depend on its value: in patterns, in WHERE, in SET and in UNWIND.
In RETURN and WITH it stays, as it belongs to the names of columns, to what is grouped, and to LIMIT; so it does where
its value decides how much is computed (``_VALUES_MATTER``). The shape of a text is found without parsing it.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

from memgraph_py.cypher import ast
from memgraph_py.cypher.tree import rewrite_children
from memgraph_py.values.types import Value

_LITERAL = re.compile(
    r"""
    ['"0-9`/]
    (?: (?<=[0-9])(?<![\w.$].)(?<![eE][+-].)[0-9]{0,17}(?:\.[0-9]{1,18})?(?![\w.])()
      | (?<=')[^'\\]*(?:'()|(?:\\.[^'\\]*)*(?:'|\\?\Z))
      | (?<=")[^"\\]*(?:"()|(?:\\.[^"\\]*)*(?:"|\\?\Z))
      | (?<=`)[^`]*(?:`|\Z)
      | (?<=/)(?:/[^\r\n]*|\*.*?(?:\*/|\Z))
    )
    """,
    re.VERBOSE | re.DOTALL,
)
"""Numbers of many digits or with an exponent, and strings with an escape, belong to the shape. What does not end is
taken to the end: to look for it again and again would be slow. One class of characters, which all of these begin with,
stands first: where there is none of them ``re`` passes by without trying anything. An empty group marks what is
a literal that can be left out."""

_VALUES_MATTER = frozenset(("range",))
"""Functions whose literal arguments say how many rows there will be."""


_WITHOUT_LITERALS = frozenset((ast.Variable, ast.Parameter, ast.Projection))


@dataclass(frozen=True, slots=True)
class Stand:
    """A parameter that stands for the literal at ``place``, or for a list of ``count`` literals that begins there."""

    place: int
    count: int | None

    @property
    def name(self) -> str:
        """The parameter's name. No text that has a shape can name it."""
        return f"#{self.place}"


@dataclass(frozen=True, slots=True)
class Shape:
    """A text without its literals: ``key``, with a mark for the kind of each; where they stood, and as they were
    written."""

    key: str
    offsets: tuple[int, ...]
    written: tuple[str, ...]

    def values(self, stands: tuple[Stand, ...]) -> dict[str, Value]:
        """The values of these parameters, by name."""
        values: dict[str, Value] = {}
        for stand in stands:
            if stand.count is None:
                values[stand.name] = _value(self.written[stand.place])
            else:
                values[stand.name] = [_value(item) for item in self.written[stand.place : stand.place + stand.count]]
        return values

    def place_of(self, offset: int, other: "Shape") -> int:
        """Where in this text stands what stands at the offset in a text of the same shape."""
        before = bisect_left(other.offsets, offset)
        if before == 0:
            return offset
        ends = [shape.offsets[before - 1] + len(shape.written[before - 1]) for shape in (self, other)]
        return offset + ends[0] - ends[1]

    def others(self, stands: tuple[Stand, ...]) -> tuple[str, ...]:
        """The literals that no parameter stands for, as they are written."""
        taken = {stand.place + place for stand in stands for place in range(stand.count or 1)}
        return tuple(literal for place, literal in enumerate(self.written) if place not in taken)


def shape_of(text: str) -> Shape | None:
    """What a text shares with those that differ in literals alone; None where nothing can be left out of it."""
    if "$`" in text or "\0" in text:  # names of parameters as ours, marks as ours
        return None
    pieces: list[str] = []
    offsets: list[int] = []
    written: list[str] = []
    end = 0
    for match in _LITERAL.finditer(text):
        if match.lastindex is None:
            continue
        literal = match.group()
        kind = "s" if literal[0] in "'\"" else "f" if "." in literal else "i"
        pieces += (text[end : match.start()], "\0", kind)
        offsets.append(match.start())
        written.append(literal)
        end = match.end()
    if not offsets:
        return None
    pieces.append(text[end:])
    return Shape("".join(pieces), tuple(offsets), tuple(written))


def parameterised(query: ast.Query, shape: Shape) -> tuple[ast.Query, tuple[Stand, ...]]:
    """The query with parameters in place of literals, and which they are; ``query`` was parsed from a text of the
    shape."""
    places = {offset: place for place, offset in enumerate(shape.offsets)}
    stands: list[Stand] = []

    def place_of(node: object) -> int | None:
        """Of a literal that is left out of the shape."""
        if not isinstance(node, ast.Literal) or node.value is None or node.value is True or node.value is False:
            return None
        place = places.get(node.offset)
        assert place is None or node.value == _value(shape.written[place]), "shape and parser read a literal alike"
        return place

    def visit(node: Any) -> Any:
        if node.__class__ in _WITHOUT_LITERALS:
            return node
        match node:
            case ast.Literal():
                place = place_of(node)
                if place is None:
                    return node
                stands.append(Stand(place, None))
            case ast.ListLiteral(items) if items and None not in (found := [*map(place_of, items)]):
                stands.append(Stand(found[0], len(found)))  # type: ignore[arg-type]  # just asked
            case ast.FunctionCall(name) if name.lower() in _VALUES_MATTER:
                return node
            case _:
                return rewrite_children(node, visit)
        return ast.Parameter(stands[-1].name, node.offset)

    return visit(query), tuple(stands)


def _value(written: str) -> int | float | str:
    if written[0] in "'\"":
        return written[1:-1]
    return float(written) if "." in written else int(written)
