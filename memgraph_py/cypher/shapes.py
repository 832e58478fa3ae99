"""Texts that differ in literals, white space and comments alone: what they share, and which literals are parameters.

    MATCH (n:User {id: 42})  WHERE n.age > 18 RETURN n.name LIMIT 10 // request 17
    MATCH (n:User {id: □i})  WHERE n.age > □i RETURN n.name LIMIT □i // request 17    the shape: without the literals
    MATCH (n:User {id: □i}) WHERE n.age > □i RETURN n.name LIMIT □i                   the same, evenly spaced
    MATCH (n:User {id: $#0})  WHERE n.age > $#1 RETURN n.name LIMIT 10 // request 17    what is planned, once for all

A literal becomes a parameter where a plan does not depend on its value: in patterns, in WHERE, in SET and in UNWIND.
In RETURN and WITH it stays, as it belongs to the names of columns, to what is grouped, and to LIMIT, and with it in
what WHERE repeats of what is grouped; so it does where its value decides how much is computed, as in range(). The shape
of a text is found without parsing it. Literals alone are looked for first, as texts made by one line of a program
mostly differ in these: blanks are three times as many.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

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

_BLANK = r"(?:\s|//[^\r\n]*|/\*.*?\*/)"
_BLANKS = re.compile(
    rf"""
    [\s'"`/]
    (?: (?<=\s)(?:(?<=[^ ])|(?=\s|//|/\*)){_BLANK}*()
      | (?<=/)(?:/[^\r\n]*|\*.*?\*/){_BLANK}*()
      | (?<=')[^'\\]*(?:\\.[^'\\]*)*(?:'|\\?\Z)
      | (?<=")[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)
      | (?<=`)[^`]*(?:`|\Z)
      | (?<=/)\*.*\Z
    )
    """,
    re.VERBOSE | re.DOTALL,
)
"""White space and comments, marked by an empty group, where they are not one blank; what does not end as in
``_LITERAL``."""
_COMMENT = re.compile(r"""//[^\r\n]*|/\*.*?\*/|'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"|`[^`]*`""", re.DOTALL)
"""Comments, and what may look as if it held one."""
_ANY_BLANK = re.compile(r"\s|/[/*]")
_LITERAL_MARK, _BLANK_MARK = 2, 1
"""How many characters stand in a key for what was left out."""


@immutable
class Stand:
    """A parameter that stands for the literal at ``place``, or for a list of ``count`` literals that begins there."""

    place: int
    count: int | None

    @property
    def name(self) -> str:
        """The parameter's name. No text that has a shape can name it."""
        return f"#{self.place}"


@dataclass(slots=True)
class Shape:
    """A text without its literals: ``key``, with a mark for the kind of each; where they stood, and as they were
    written."""

    key: str
    offsets: tuple[int, ...]
    written: tuple[str, ...]
    _spaced: str | None = None
    """The second of all keys, once someone has asked for it."""

    def values(self, stands: tuple[Stand, ...]) -> dict[str, Value]:
        """The values of these parameters, by name."""
        values: dict[str, Value] = {}
        for stand in stands:
            if stand.count is None:
                values[stand.name] = _value(self.written[stand.place])
            else:
                values[stand.name] = [_value(item) for item in self.written[stand.place : stand.place + stand.count]]
        return values

    def all_keys(self) -> Iterator[str]:
        """The key; then the same with one blank for all white space and comments between two tokens, which begins like
        no text and no other key."""
        yield self.key
        if self._spaced is None:
            padded, pieces, end = self._padded(), ["\0"], 0
            for start, stop in _blanks(padded):
                pieces += (padded[end:start], " ")
                end = stop
            pieces.append(padded[end:])
            self._spaced = "".join(pieces)
        yield self._spaced

    def places(self, offsets: Iterable[int], other: "Shape") -> list[int]:
        """Where in this text stands what stands at these offsets of a text that has one of its keys, neither in a
        literal nor in a comment."""
        if self.key == other.key:
            return [self._place(offset, other) for offset in offsets]
        places = _inward(offsets, other._literals(), _LITERAL_MARK)
        spaced = _inward((place + 1 for place in places), _blanks(other._padded()), _BLANK_MARK)
        places = [place - 1 for place in _outward(spaced, _blanks(self._padded()), _BLANK_MARK)]
        return _outward(places, self._literals(), _LITERAL_MARK)

    def _place(self, offset: int, other: "Shape") -> int:
        """The same where the keys are: as far behind the last literal as there."""
        before = bisect_left(other.offsets, offset) - 1
        if before < 0:
            return offset
        here, there = (shape.offsets[before] + len(shape.written[before]) for shape in (self, other))
        return offset + here - there

    def _padded(self) -> str:
        """The key between two blanks, so that white space stands before and behind all tokens of any text."""
        return f" {self.key} "

    def _literals(self) -> list[tuple[int, int]]:
        return [(start, start + len(written)) for start, written in zip(self.offsets, self.written, strict=True)]

    def others(self, stands: tuple[Stand, ...]) -> tuple[str, ...]:
        """The literals that no parameter stands for, as they are written."""
        taken = {stand.place + place for stand in stands for place in range(stand.count or 1)}
        return tuple(literal for place, literal in enumerate(self.written) if place not in taken)


def has_blanks(text: str) -> bool:
    """True where white space or a comment may stand in it."""
    return _ANY_BLANK.search(text) is not None


def without_comments(text: str) -> str:
    """A text that was parsed, with blanks instead of comments and strings: all else stands where it stood."""
    return _COMMENT.sub(lambda match: match.group() if match.group()[0] == "`" else " " * len(match.group()), text)


def shape_of(text: str) -> Shape | None:
    """What a text shares with those that differ in literals alone; None where it has marks of ours."""
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


def _blanks(key: str) -> list[tuple[int, int]]:
    """Start and end of all white space and comments that are not one blank."""
    return [match.span() for match in _BLANKS.finditer(key) if match.lastindex is not None]


def _inward(offsets: Iterable[int], cuts: list[tuple[int, int]], mark: int) -> list[int]:
    """Where these offsets of a text are once each of the cuts is left out but for a mark."""
    starts, gone = [start for start, _ in cuts], _gone(cuts, mark)
    return [offset - gone[bisect_left(starts, offset)] for offset in offsets]


def _outward(places: Iterable[int], cuts: list[tuple[int, int]], mark: int) -> list[int]:
    """The offsets of which ``_inward`` makes these places."""
    gone = _gone(cuts, mark)
    starts = [start - before for (start, _), before in zip(cuts, gone, strict=False)]
    return [place + gone[bisect_left(starts, place)] for place in places]


def _gone(cuts: list[tuple[int, int]], mark: int) -> list[int]:
    """How many characters less there are behind the first cuts: behind none, behind one, …"""
    return [*accumulate((end - start - mark for start, end in cuts), initial=0)]
