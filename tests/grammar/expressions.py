"""Generated expressions, by kind: an integer, a string, a list …, over the variables that a query has at hand.

They seldom raise errors: which of two errors is met first, and whether at all, is up to the plan. They do not depend on
the order of rows, on time or on chance.
"""

import random
from collections.abc import Callable
from typing import TypeAlias

from tests.grammar.graphs import LABELS, TYPES

Kind: TypeAlias = str
"""A value: `int`, `float`, `bool`, `string`, `ints`, `map`, `date`, `moment`, `duration`, `any`; or an element: `node`,
`relationship`, `path`."""
Scope: TypeAlias = dict[str, Kind]

KEYS = {"int": "x", "float": "f", "bool": "b", "string": "s", "ints": "l", "date": "d", "any": "m"}
LITERALS = {
    "int": ("0", "1", "2", "-1", "3", "7", "null"),
    "float": ("0.5", "-1.25", "2.0", "1e2", "null"),
    "bool": ("true", "false", "null"),
    "string": ("''", "'a'", "'ab'", '"B"', "'a,b'", "'å'", "null"),
    "ints": ("[]", "[1]", "[1, 2, 3]", "[2, null]", "null"),
    "map": ("{}", "{a: 1}", "{a: 2, b: 'x'}", "null"),
    "date": ("date('2020-01-31')", "date('2019-12-30')", "null"),
    "moment": ("localdatetime('2020-02-29T12:30:15.5')", "localdatetime('1969-12-31T23:59:59')", "null"),
    "duration": ("duration('P1M2DT3S')", "duration({days: 3})", "duration('-PT1H')", "null"),
    "any": ("1", "'a'", "true", "2.5", "null", "[1, 2]", "{a: 1}", "date('2020-01-31')", "0.0 / 0.0"),
}
VALUES = ("int", "float", "bool", "string", "ints", "map", "date", "moment", "duration")
COMPARED = ("int", "float", "string", "date", "moment", "bool", "any")


class Expressions:
    """Writes expressions. ``scope`` is what they may name; ``subqueries`` allows patterns in them."""

    def __init__(self, random: random.Random, scope: Scope, *, subqueries: bool = True) -> None:
        self.random = random
        self.scope = scope
        self.subqueries = subqueries
        self._inner = 0

    def of(self, kind: Kind, depth: int) -> str:
        """An expression of the kind, of at most so many levels."""
        if kind in ("node", "relationship", "path"):
            return self.random.choice(self.named(kind))
        if depth <= 0 or self.random.random() < 0.15:
            return self.simple(kind)
        if kind == "any":
            return (
                self.of(self.random.choice((*VALUES, "any")), depth - 1)
                if self.random.random() < 0.5
                else (self.simple(kind))
            )
        if self.random.random() < 0.15:
            return self.choosing(kind, depth - 1)
        maker: Callable[[int], str] = getattr(self, f"_{kind}")
        return maker(depth - 1)

    def named(self, kind: Kind) -> list[str]:
        """The variables of that kind."""
        return [name for name, its in self.scope.items() if its == kind]

    def simple(self, kind: Kind) -> str:
        """A variable, a property or a literal."""
        found = self.named(kind)
        key = KEYS.get(kind)
        if key is not None:
            elements = self.named("node") + self.named("relationship")
            found += [f"{name}.{key}" for name in elements]
            if kind == "int":
                found += [f"{name}.i" for name in self.named("node")] + [
                    f"{name}.w" for name in self.named("relationship")
                ]
        if kind == "map":
            found += [f"properties({name})" for name in self.named("node")]
            found += [f"{name} {{.x, .s, z: {name}.i}}" for name in self.named("node")]
        if found and self.random.random() < 0.7:
            return self.random.choice(found)
        return self.random.choice(LITERALS[kind])

    def choosing(self, kind: Kind, depth: int) -> str:
        """What gives a value of any kind: CASE, coalesce, an element of a list, a value of a map."""
        one, other = self.of(kind, depth), self.of(kind, depth)
        condition = self.of("bool", depth)
        compared = self.random.choice(("int", "string", "any"))
        return self._one_of(
            f"CASE WHEN {condition} THEN {one} ELSE {other} END",
            f"CASE WHEN {condition} THEN {one} END",
            f"CASE {self.of(compared, depth)} WHEN {self.of(compared, depth)} THEN {one} ELSE {other} END",
            f"coalesce({one}, {other})",
            f"head([{one}, {other}])",
            f"last([{one}, {other}])",
            f"[{one}, {other}][{self._one_of('0', '1', '-1', '2')}]",
            f"{{a: {one}, b: {other}}}.{self._one_of('a', 'b', 'c')}",
            f"{{a: {one}, b: {other}}}[{self._one_of(repr('a'), repr('b'))}]",
        )

    def _one_of(self, *texts: str) -> str:
        return self.random.choice(texts)

    def _fresh(self) -> str:
        self._inner += 1
        return f"v{self._inner}"

    def within(self, name: str, kind: Kind, wanted: Kind, depth: int) -> str:
        """An expression that may name one more variable; no subqueries, as they do not see it everywhere."""
        inner = Expressions(self.random, {**self.scope, name: kind}, subqueries=False)
        inner._inner = self._inner + 10
        return inner.of(wanted, depth)

    def _int(self, depth: int) -> str:
        left, right = self.of("int", depth), self.of("int", depth)
        texts = [
            f"({left} {self._one_of('+', '-', '*', '%')} {self._one_of('2', '3', '5', '-3')})",
            f"({left} / {self._one_of('2', '-3', '7')})",
            f"({left} {self._one_of('+', '-')} {right})",
            f"abs({left})",
            f"sign({left})",
            f"-({left})",
            f"size({self.of(self._one_of('ints', 'string'), depth)})",
            f"toInteger({self.of(self._one_of('string', 'int'), depth)})",
            f"{self.of('ints', depth)}[{self._one_of('0', '1', '-1')}]",
            f"head({self.of('ints', depth)})",
            f"({self.of('date', depth)}).{self._one_of('year', 'month', 'day', 'week', 'dayOfWeek', 'quarter')}",
            f"({self.of('moment', depth)}).{self._one_of('hour', 'minute', 'second', 'millisecond')}",
            f"({self.of('duration', depth)}).{self._one_of('days', 'months', 'seconds', 'minutesOfHour')}",
            f"reduce(t = 0, v IN {self.of('ints', depth)} | t + v)",
        ]
        texts += [f"length({name})" for name in self.named("path")]
        if self.subqueries and self.named("node"):
            texts += [f"COUNT {{ {self.pattern()} }}", f"COUNT {{ MATCH {self.pattern()} WHERE z.x = {right} }}"]
            texts += [f"size([{self.pattern()} | z.x])", f"size([{self.pattern()} WHERE z.i > 1 | z])"]
        return self._one_of(*texts)

    def _float(self, depth: int) -> str:
        left, right = self.of("float", depth), self.of("float", depth)
        return self._one_of(
            f"({left} {self._one_of('+', '-', '*', '/')} {right})",
            f"({self.of('int', depth)} {self._one_of('+', '*', '/', '-')} {self._one_of('2.0', '0.5')})",
            f"{self._one_of('floor', 'ceil', 'round', 'abs', 'sqrt', 'toFloat', '-')}({left})",
            f"toFloat({self.of(self._one_of('int', 'string'), depth)})",
            f"({self._one_of('2', '0.5')} ^ {self._one_of('2', '3', '-1')})",
        )

    def _bool(self, depth: int) -> str:
        kind = self._one_of(*COMPARED)
        left, right = self.of(kind, depth), self.of(kind, depth)
        one, other, any_one = self.of("bool", depth), self.of("bool", depth), self.of("any", depth)
        values, name, text = self.of("ints", depth), self._fresh(), self.of("string", depth)
        texts = [
            f"({left} {self._one_of('=', '<>', '<', '>', '<=', '>=')} {right})",
            f"({left} {self._one_of('=', '<', '<>')} {right})",
            f"({self.of('int', depth)} {self._one_of('<', '<=')} {self.of('int', depth)} < {self.of('int', depth)})",
            f"({any_one} {self._one_of('=', '<>')} {self.of('any', depth)})",
            f"({one} {self._one_of('AND', 'OR', 'XOR')} {other})",
            f"({one} {self._one_of('AND', 'OR')} {other})",
            f"(NOT {one})",
            f"({any_one} IS {self._one_of('', 'NOT ')}NULL)",
            f"({self.of('int', depth)} IN {values})",
            f"({left} IN [{right}, {self.of(kind, depth)}])",
            f"({text} {self._one_of('STARTS WITH', 'ENDS WITH', 'CONTAINS')} {self.of('string', depth)})",
            f"({text} =~ {self._one_of(repr('a.*'), repr('[AB]+'), repr('(?i)ab'))})",
            f"{self._one_of('all', 'any', 'none', 'single')}({name} IN {values} WHERE "
            f"{self.within(name, 'int', 'bool', depth)})",
            f"isEmpty({values})",
        ]
        texts += [f"({node}:{self._one_of(*LABELS)})" for node in self.named("node")]
        if self.subqueries and self.named("node"):
            texts += [
                f"EXISTS {{ {self.pattern()} }}",
                f"EXISTS {{ MATCH {self.pattern()} WHERE z.x = {self.of('int', depth)} }}",
            ]
        return self._one_of(*texts)

    def pattern(self, *, end: bool = True) -> str:
        """A path pattern from a node at hand, over one or two relationships, to `z`."""
        left, right = self._one_of("- ->", "- -", "<- -").split()
        types = self._one_of("", f":{self._one_of(*TYPES)}", f":{TYPES[0]}|{TYPES[1]}", "*1..2")
        start = self._one_of(*self.named("node"))
        return f"({start}){left}[{types}]{right}({'z' if end else ''}{self._one_of('', f':{self._one_of(*LABELS)}')})"

    def _string(self, depth: int) -> str:
        text, other = self.of("string", depth), self.of("string", depth)
        texts = [
            f"({text} + {other})",
            f"{self._one_of('toUpper', 'toLower', 'trim', 'reverse', 'ltrim')}({text})",
            f"substring({text}, {self._one_of('0', '1')}{self._one_of('', ', 1', ', 5')})",
            f"{self._one_of('left', 'right')}({text}, {self._one_of('0', '1', '3')})",
            f"replace({text}, 'a', {other})",
            f"split({text}, ',')[0]",
            f"toString({self.of(self._one_of('int', 'bool', 'date', 'string', 'duration', 'moment'), depth)})",
        ]
        texts += [f"type({name})" for name in self.named("relationship")]
        texts += [f"labels({name})[7]" for name in self.named("node")]
        return self._one_of(*texts)

    def _ints(self, depth: int) -> str:
        values, name = self.of("ints", depth), self._fresh()
        return self._one_of(
            f"[{name} IN {values} | {self.within(name, 'int', 'int', depth)}]",
            f"[{name} IN {values} WHERE {self.within(name, 'int', 'bool', depth)}]",
            f"[{name} IN {values} WHERE {self.within(name, 'int', 'bool', depth)} | {name} * 2]",
            f"({values} + {self.of('ints', depth)})",
            f"({values} + {self.of('int', depth)})",
            f"{values}[{self._one_of('0..1', '1..', '..-1', '-2..', '5..7')}]",
            f"{self._one_of('tail', 'reverse')}({values})",
            f"range({self._one_of('0', '1', '3')}, {self._one_of('2', '4')}{self._one_of('', ', 2')})",
            f"[{self.of('int', depth)}, {self.of('int', depth)}]",
        )

    def _map(self, depth: int) -> str:
        return self._one_of(
            f"{{a: {self.of('int', depth)}, b: {self.of('string', depth)}}}",
            f"{{a: {self.of('any', depth)}}}",
            self.simple("map"),
        )

    def _date(self, depth: int) -> str:
        date = self.of("date", depth)
        known = f"coalesce({date}, date('2000-02-29'))"  # in these places NULL is an error to some
        return self._one_of(
            f"({date} {self._one_of('+', '-')} {self._one_of(*LITERALS['duration'])})",
            f"date.truncate({self._one_of(repr('month'), repr('week'), repr('year'))}, {known})",
            f"date({{date: {known}, day: 3}})",
            f"date({self.of('moment', depth)})",
        )

    def _moment(self, depth: int) -> str:
        moment = self.of("moment", depth)
        known = f"coalesce({moment}, localdatetime('2000-02-29T01:02:03'))"
        return self._one_of(
            f"({moment} {self._one_of('+', '-')} {self._one_of(*LITERALS['duration'])})",
            f"localdatetime.truncate({self._one_of(repr('hour'), repr('day'), repr('second'))}, {known})",
            f"localdatetime({{date: coalesce({self.of('date', depth)}, date('2000-02-29')), hour: 5}})",
        )

    def _duration(self, depth: int) -> str:
        one, other = self._one_of(*LITERALS["duration"]), self._one_of(*LITERALS["duration"])
        return self._one_of(
            f"({one} {self._one_of('+', '-')} {other})",
            f"({one} {self._one_of('*', '/')} {self._one_of('2', '3')})",
            f"duration.between({self.of('date', depth)}, {self.of('date', depth)})",
            f"duration.inDays({self.of('date', depth)}, {self.of('moment', depth)})",
        )
