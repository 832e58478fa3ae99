"""Values as the TCK writes them in tables, and one form for written and computed values that can be compared.

The form is hashable and keeps types apart: `1` and `1.0` differ, and an element is what a table shows of it, without
its id. A temporal value is written as its ISO text in quotes, so it has a string's form.
Source: openCypher TCK, "Format of the expected results".
"""

import math
import re
from collections import Counter
from typing import TypeAlias

from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_text import text_of
from memgraph_py.values.types import Node, Path, Relationship, Value

Form: TypeAlias = tuple

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NAME = re.compile(r"[^\s:,{}()\[\]|]+")
_WORDS = {
    "null": None,
    "true": True,
    "false": False,
    "NaN": math.nan,
    "Inf": math.inf,
    "-Inf": -math.inf,
}


def form(value: Value, *, lists_in_any_order: bool = False) -> Form:
    """The comparable form of a computed value, or of a parsed one."""

    def inner(item: Value) -> Form:
        return form(item, lists_in_any_order=lists_in_any_order)

    def properties(items: dict[str, Value]) -> frozenset:
        return frozenset((key, inner(item)) for key, item in items.items())

    match value:
        case bool() | str() | bytes() | None:
            return (type(value).__name__, value)
        case int():
            return ("integer", value)
        case float():
            return ("float", "NaN" if math.isnan(value) else value)
        case list():
            items = [inner(item) for item in value]
            return ("list", frozenset(Counter(items).items()) if lists_in_any_order else tuple(items))
        case dict():
            return ("map", properties(value))
        case Node():
            return ("node", frozenset(value.labels), properties(value.properties))
        case Relationship():
            return ("relationship", value.type, properties(value.properties))
        case Path():
            hops = [
                (inner(relationship), relationship.start_id == node.id)
                for node, relationship in zip(value.nodes, value.relationships, strict=False)
            ]
            return ("path", tuple(map(inner, value.nodes)), tuple(hops))
        case Date() | LocalTime() | Time() | LocalDateTime() | DateTime() | Duration():
            return ("str", _as_in_tables(text_of(value)))
        case _:
            raise AssertionError(f"no value of a result: {value!r}")


_NO_SECONDS = re.compile(r"((?:T|^)\d\d:\d\d):00(?![\d.])")
_FRACTION = re.compile(r"(?<=:\d\d\.)\d+")


def _as_in_tables(text: str) -> str:
    """The TCK writes times as java.time does: without seconds that are zero, fractions in groups of three digits."""
    text = _NO_SECONDS.sub(r"\1", text)
    return _FRACTION.sub(lambda digits: digits[0].ljust(-(-len(digits[0]) // 3) * 3, "0"), text)


def parse(text: str) -> Value:
    """The value that a cell of a table spells."""
    reader = _Reader(text.strip())
    value = reader.value()
    assert reader.position == len(reader.text), f"cannot read the expected value {text!r}"
    return value


class _Reader:
    """A recursive descent over one cell."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._next_id = 0

    def value(self) -> Value:
        self._spaces()
        rest = self.text[self.position :]
        if rest.startswith("'"):
            return self._string()
        if rest.startswith(("(", "<(")):
            return self._path() if rest.startswith("<") else self._node()
        if rest.startswith("[:"):
            return self._relationship()
        if rest.startswith("["):
            return self._list()
        if rest.startswith("{"):
            return self._map()
        for word, value in _WORDS.items():
            if rest.startswith(word):
                self.position += len(word)
                return value
        match = _NUMBER.match(rest)
        assert match, f"cannot read the expected value {self.text!r} at {self.position}"
        self.position += match.end()
        number = match.group()
        return int(number) if re.fullmatch(r"[+-]?\d+", number) else float(number)

    def _spaces(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def _accept(self, token: str) -> bool:
        self._spaces()
        if self.text.startswith(token, self.position):
            self.position += len(token)
            return True
        return False

    def _expect(self, token: str) -> None:
        assert self._accept(token), f"expected {token!r} in {self.text!r} at {self.position}"

    def _string(self) -> str:
        self._expect("'")
        characters: list[str] = []
        while (character := self.text[self.position]) != "'":
            if character == "\\" and self.text[self.position + 1] in "'\\":
                self.position += 1
                character = self.text[self.position]
            characters.append(character)
            self.position += 1
        self.position += 1
        return "".join(characters)

    def _name(self) -> str:
        self._spaces()
        if self._accept("`"):
            end = self.text.index("`", self.position)
            name = self.text[self.position : end]
            self.position = end + 1
            return name
        match = _NAME.match(self.text, self.position)
        assert match, f"expected a name in {self.text!r} at {self.position}"
        self.position = match.end()
        return match.group()

    def _list(self) -> list[Value]:
        self._expect("[")
        items: list[Value] = []
        while not self._accept("]"):
            items.append(self.value())
            self._accept(",")
        return items

    def _map(self) -> dict[str, Value]:
        self._expect("{")
        items: dict[str, Value] = {}
        while not self._accept("}"):
            key = self._name()
            self._expect(":")
            items[key] = self.value()
            self._accept(",")
        return items

    def _properties(self) -> dict[str, Value]:
        self._spaces()
        return self._map() if self.text.startswith("{", self.position) else {}

    def _node(self) -> Node:
        self._expect("(")
        labels: list[str] = []
        while self._accept(":"):
            labels.append(self._name())
        properties = self._properties()
        self._expect(")")
        self._next_id += 1
        return Node(self._next_id, tuple(labels), properties)

    def _relationship(self) -> Relationship:
        self._expect("[:")
        type = self._name()
        properties = self._properties()
        self._expect("]")
        return Relationship(0, type, 0, 0, properties)

    def _path(self) -> Path:
        self._expect("<")
        nodes, relationships = [self._node()], []
        while not self._accept(">"):
            backwards = self._accept("<-")
            if not backwards:
                self._expect("-")
            relationship = self._relationship()
            self._expect("-" if backwards else "->")
            nodes.append(self._node())
            start, end = (nodes[-1], nodes[-2]) if backwards else (nodes[-2], nodes[-1])
            relationship.start_id, relationship.end_id = start.id, end.id
            relationships.append(relationship)
        return Path(tuple(nodes), tuple(relationships))
