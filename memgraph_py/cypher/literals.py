"""Texts that differ in their literals alone: what they share, and which of their literals are parameters.

    MATCH (n:User {id: 42}) WHERE n.age > 18 RETURN n.name LIMIT 10
    MATCH (n:User {id: □i}) WHERE n.age > □i RETURN n.name LIMIT □i      the shape: what is left without the literals
    MATCH (n:User {id: $#0}) WHERE n.age > $#1 RETURN n.name LIMIT 10      what is planned, once for all of them

A literal becomes a parameter where a plan does not depend on its value: in patterns, in WHERE, in SET and in UNWIND.
In RETURN and WITH it stays, as it belongs to the names of columns, to what is grouped, and to LIMIT; so it does where
its value decides how much is computed, as in range(). The shape of a text is found without parsing it.
"""

import re
from bisect import bisect_left

from memgraph_py.cypher import ast
from memgraph_py.immutable import immutable
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


@immutable
class Stand:
    """A parameter that stands for the literal at ``place``, or for a list of ``count`` literals that begins there."""

    place: int
    count: int | None

    @property
    def name(self) -> str:
        """The parameter's name. No text that has a shape can name it."""
        return f"#{self.place}"


@immutable
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


def stands_for(literals: list[ast.Literal | ast.ListLiteral], shape: Shape) -> dict[int, Stand]:
    """The parameters that stand for these of a text of the shape, by the offset of the literal or list."""
    places = {offset: place for place, offset in enumerate(shape.offsets)}
    stands: dict[int, Stand] = {}
    for node in literals:
        items: tuple[ast.Expression, ...] = node.items if isinstance(node, ast.ListLiteral) else (node,)
        found = {item.offset: places[item.offset] for item in items if item.offset in places}
        assert all(
            isinstance(item, ast.Literal) and item.value == _value(shape.written[found[item.offset]])
            for item in items
            if item.offset in found
        ), "shape and parser read a literal alike"
        if isinstance(node, ast.ListLiteral) and len(found) == len(items):
            stands[node.offset] = Stand(found[items[0].offset], len(found))
        else:
            stands.update((offset, Stand(place, None)) for offset, place in found.items())
    return stands


def _value(written: str) -> int | float | str:
    if written[0] in "'\"":
        return written[1:-1]
    return float(written) if "." in written else int(written)
