"""Generated queries over the graphs of ``graphs``: mostly valid, and with one answer, whatever the plan.

LIMIT and SKIP stand only after an ORDER BY under which no two different rows are equal. What a write leaves does not
depend on the order of its rows: the same property is always set to the same value, or to one of the element itself.
"""

import random
from dataclasses import dataclass

from tests.grammar.expressions import KEYS, VALUES, Expressions, Kind, Scope
from tests.grammar.graphs import LABELS, TYPES

ORDERED = ("int", "string", "bool", "ints", "date", "moment")
"""Kinds of which no two different values are equal in order: not floats, which have two zeros."""
GROUPED = ("int", "string", "bool", "date", "ints", "moment")


@dataclass(frozen=True, slots=True)
class GeneratedQuery:
    """ordered: the rows come in one order. lists_in_order: False where elements of a list come in any order."""

    text: str
    writes: bool
    ordered: bool
    lists_in_order: bool


def query(random: random.Random, *, writes: bool = False) -> GeneratedQuery:
    """A query; with ``writes`` one that changes the graph and reads what it changed."""
    writer = _Writer(random)
    if not writes and random.random() < 0.08:
        parts = [writer.branch(random.choice(VALUES)) for _ in range(random.randint(2, 3))]
        return GeneratedQuery(f" UNION{random.choice(('', ' ALL'))} ".join(parts), False, False, True)
    if not writes and random.random() < 0.08:
        return GeneratedQuery(writer.first_in_order(), False, True, True)
    text = writer.whole(writes=writes)
    return GeneratedQuery(text, writes, writer.ordered, writer.lists_in_order)


class _Writer:
    """Writes one query, clause by clause; ``scope`` is what the next clause may name."""

    def __init__(self, random: random.Random) -> None:
        self.random = random
        self.scope: Scope = {}
        self.ordered = False
        self.lists_in_order = True
        self._names = 0

    def whole(self, *, writes: bool) -> str:
        clauses = [self.match()]
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 3))):
            clauses.append(self.clause())
        if writes:
            clauses.append(self.write())
        clauses.append(self.returned())
        return " ".join(clauses)

    def first_in_order(self) -> str:
        """Values of one property in their order: those that are equal are the same."""
        hop = self.random.choice(("", "", f"-[:{self.random.choice(TYPES)}]-()"))
        self.scope = {"n0": "node"}
        where = f" WHERE {self.condition()}" if self.random.random() < 0.5 else ""
        key, order = self.random.choice("xfsdmi"), self.random.choice(("", " DESC"))
        matched = f"MATCH (n0:{self.random.choice(LABELS)}){hop}{where}"
        return f"{matched} RETURN n0.{key} AS o0 ORDER BY n0.{key}{order} {self._cut()}"

    def branch(self, kind: Kind) -> str:
        """One part of a UNION: a column of one kind."""
        self.scope = {}
        matched = self.match()
        return f"{matched} RETURN {self.expression(kind, 1)} AS o"

    def clause(self) -> str:
        choices = [self.match, self.match, self.unwind, self.projection, self.aggregation, self.call, self.limited]
        return self.random.choice(choices)()

    # --- reading ---

    def match(self) -> str:
        optional = "OPTIONAL " if self.random.random() < 0.25 else ""
        count = self.random.choice((1, 1, 1, 2))
        known = dict(self.scope)
        patterns = []
        for _ in range(count):
            patterns.append(self.pattern())
        text = f"{optional}MATCH {', '.join(patterns)}"
        if self.random.random() < 0.1:
            return f"{text}, {self._apart()}"
        if self.random.random() < 0.6:
            text += f" WHERE {self.condition()}"
        assert known.keys() <= self.scope.keys()
        return text

    def _apart(self) -> str:
        """A part of its own, and the equality that connects it, perhaps with more of a condition."""
        known = self._named("node")
        self._names += 1
        node, kind = f"n{self._names}", self.random.choice(("int", "float", "string", "any"))
        self.scope[node] = "node"
        value = f"{self.random.choice(known)}.{KEYS[kind]}" if known else self.expression(kind, 1)
        more = f" AND {self.condition()}" if self.random.random() < 0.4 else ""
        hop = self.random.choice(("", f"-[:{self.random.choice(TYPES)}]->()"))
        return f"({node}:{self.random.choice(LABELS)}){hop} WHERE {node}.{KEYS[kind]} = {value}{more}"

    def condition(self) -> str:
        """A predicate of one to three parts, of forms that rules look for, and of any other."""
        parts = [self._condition() for _ in range(self.random.choice((1, 1, 1, 2)))]
        return f" {self.random.choice(('AND', 'AND', 'OR'))} ".join(parts)

    def _condition(self) -> str:
        nodes, relationships = self._named("node"), self._named("relationship")
        if relationships and self.random.random() < 0.15:
            kind, sign = self.random.choice(("int", "string")), self.random.choice(("=", "=", ">="))
            return f"{self.random.choice(relationships)}.{KEYS[kind]} {sign} {self.expression(kind, 0)}"
        if not nodes or self.random.random() < 0.4:
            return self.expression("bool", 2)
        if self.random.random() < 0.1:
            negation = self.random.choice(("", "NOT "))
            return f"{negation}{Expressions(self.random, self.scope).pattern(end=False)}"
        if self.random.random() < 0.12:
            ends = ("y", f"z:{self.random.choice(LABELS)}")
            hops = "".join(f"-[:{self.random.choice(TYPES)}]-({end})" for end in ends)
            asked = f"{{ ({self.random.choice(nodes)}){hops} WHERE z.i = {self.random.randint(0, 3)} }}"
            return self.random.choice((f"EXISTS {asked}", f"NOT EXISTS {asked}", f"COUNT {asked} > 1"))
        if len(nodes) > 1 and self.random.random() < 0.2:
            (one, other), keys = self.random.sample(nodes, 2), [*KEYS.values(), "i", "i"]
            return f"{one}.{self.random.choice(keys)} = {other}.{self.random.choice(keys)}"
        if self.random.random() < 0.12:
            return f"{self.random.choice(nodes)}.{self.random.choice(('x', 's', 'f', 'd', 'm'))} IS NOT NULL"
        if self.random.random() < 0.15:
            node = self.random.choice(nodes)
            more = self.random.choice((f"{node}.x >= 1", f"{node}.i < 3", f"{node}.s STARTS WITH 'a'", f"{node}.x = 1"))
            first = self.random.choice(("x = 1", "s = 'a'", "x = 2", "s = 'ab'"))
            return f"{node}.{first} AND {more}"
        kind = self.random.choice(("int", "float", "string", "date", "any", "bool"))
        node, sign = self.random.choice(nodes), self.random.choice(("=", "=", "<", ">=", "<>"))
        key = self.random.choice((KEYS[kind], "i")) if kind == "int" else KEYS[kind]
        if self.random.random() < 0.2:
            return f"{node}.{key} IN [{self.expression(kind, 0)}, {self.expression(kind, 0)}]"
        if kind == "string" and self.random.random() < 0.4:
            return f"{node}.{key} STARTS WITH {self.expression(kind, 0)}"
        return f"{node}.{key} {sign} {self.expression(kind, 1)}"

    def pattern(self) -> str:
        """A path pattern; its new variables are in scope after it."""
        named = self.random.random() < 0.1
        found: Scope = {}
        text = self._node(found)
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 3))):
            left, right = self.random.choice((("-", "->"), ("-", "->"), ("<-", "-"), ("-", "-")))
            text += f"{left}[{self._relationship(found)}]{right}{self._node(found)}"
        if named:
            name = self._fresh("p")
            text, found[name] = f"{name} = {text}", "path"
        self.scope |= found
        return text

    def _node(self, found: Scope) -> str:
        known = [*self._named("node"), *(name for name, kind in found.items() if kind == "node")]
        if known and self.random.random() < 0.3:
            return f"({self.random.choice(known)})"
        name = "" if self.random.random() < 0.2 else self._fresh("n")
        if name:
            found[name] = "node"
        label = self.random.choice(("", "", "", ":A", ":B", ":A&B", ":C", ":%", ":A|B", ":!B"))
        inline = self.random.choice((*[""] * 15, " {x: 1}", " {i: 1}", " {s: 'a'}"))
        return f"({name}{label}{inline})"

    def _relationship(self, found: Scope) -> str:
        one = self.random.choice(TYPES)
        types = self.random.choice(("", "", f":{one}", f":{one}|{self.random.choice(TYPES)}"))
        if self.random.random() < 0.2:
            return f"{types}*{self.random.choice(('1..2', '0..2', '2', '..2', '2..3'))}"
        name = "" if self.random.random() < 0.5 else self._fresh("r")
        if name:
            found[name] = "relationship"
        return f"{name}{types}{self.random.choice((*[''] * 12, ' {x: 1}'))}"

    def unwind(self) -> str:
        name = self._fresh("u")
        kind = self.random.choice(("ints", "any"))
        if kind == "ints":
            text = self.expression("ints", 1)
            self.scope[name] = "int"
        else:
            text = f"[{self.expression('any', 0)}, {self.expression('any', 1)}, null]"
            self.scope[name] = "any"
        return f"UNWIND {text} AS {name}"

    def projection(self) -> str:
        """WITH, of some variables and new values; perhaps DISTINCT, perhaps with a condition."""
        kept = self._kept()
        added: Scope = {}
        items = list(kept)
        distinct = self.random.random() < 0.3
        for _ in range(self.random.randint(0, 2)):
            kind, name = self.random.choice(GROUPED if distinct else VALUES), self._fresh("e")
            items.append(f"{self.expression(kind, 2)} AS {name}")
            added[name] = kind
        self.scope = {**kept, **added}
        if not items:
            items.append("1 AS one")
            self.scope["one"] = "int"
        if distinct and any(kind in ("any", "float", "map") for kind in self.scope.values()):
            distinct = False
        text = f"WITH {'DISTINCT ' if distinct else ''}{', '.join(items)}"
        return f"{text} WHERE {self.condition()}" if self.random.random() < 0.4 else text

    def aggregation(self) -> str:
        kept = {name: kind for name, kind in self._kept().items() if kind in (*GROUPED, "node", "relationship")}
        items, added = list(kept), dict[str, Kind]()
        for _ in range(self.random.randint(1, 2)):
            name = self._fresh("c")
            text, added[name] = self._aggregate()
            items.append(f"{text} AS {name}")
        self.scope = {**kept, **added}
        return f"WITH {', '.join(items)}"

    def _aggregate(self) -> tuple[str, Kind]:
        distinct = self.random.choice(("", "", "DISTINCT "))
        choice = self.random.randrange(6)
        if choice == 0:
            return "count(*)", "int"
        if choice == 1:
            return f"count({distinct}{self.expression(self.random.choice(GROUPED), 1)})", "int"
        if choice == 2:
            return f"sum({distinct}{self.expression('int', 1)})", "int"
        if choice == 3:
            return f"avg({self.expression('int', 1)})", "float"
        if choice == 4:
            return f"size(collect({distinct}{self.expression(self.random.choice(GROUPED), 1)}))", "int"
        kind = self.random.choice(GROUPED)
        return f"{self.random.choice(('min', 'max'))}({self.expression(kind, 1)})", kind

    def call(self) -> str:
        """A subquery with its own view of some variables."""
        nodes, name = self._named("node"), self._fresh("q")
        if not nodes or self.random.random() < 0.15:
            self.scope[name] = "int"
            label, type = self.random.choice(LABELS), self.random.choice(TYPES)
            counted = self.random.choice(("(z)", f"(z:{label})", "()-[z]->()", f"(y)<-[z:{type}]-()", "()-[z]-()"))
            return f"CALL {{ MATCH {counted} RETURN count(z) AS {name} }}"
        node = self.random.choice(nodes)
        other = f"MATCH ({node})-[:{self.random.choice(TYPES)}]-(z)"
        every = f"MATCH ({node})--(z) WHERE z.x >= {node}.x OR z.i > 2"
        self.scope[name] = kind = self.random.choice(("int", "int", "node"))
        if kind == "node":
            inner = self.random.choice(
                (f"{every} RETURN z AS {name}", f"{other} RETURN z AS {name} ORDER BY z.i DESC LIMIT 2")
            )
            return f"CALL {{ WITH {node} {inner} }}"
        inner = self.random.choice(
            (
                f"WITH {node} {other} RETURN count(z) AS {name}",
                f"WITH {node} {every} RETURN sum(z.i) AS {name}",
                f"WITH {node} {other} RETURN z.i AS {name} UNION WITH {node} {every} RETURN z.i AS {name}",
                f"WITH {node} RETURN {node}.i + 1 AS {name}",
                f"WITH {node} UNWIND range(1, coalesce({node}.i, 1) % 3) AS k RETURN k AS {name}",
            )
        )
        return f"CALL {{ {inner} }}"

    def limited(self) -> str:
        """WITH … ORDER BY everything, and some of the rows; a plain WITH where that is not an order of all rows."""
        if not self._is_ordered(self.scope):
            return self.projection()
        return f"WITH * {self._order(self.scope)} {self._cut()}"

    def _is_ordered(self, scope: Scope) -> bool:
        return bool(scope) and all(kind in (*ORDERED, "node", "relationship") for kind in scope.values())

    def _order(self, scope: Scope) -> str:
        suffixes = {"node": ".i", "relationship": ".w"}
        keys = [f"{name}{suffixes.get(kind, '')}{self.random.choice(('', ' DESC'))}" for name, kind in scope.items()]
        self.random.shuffle(keys)
        return f"ORDER BY {', '.join(keys)}"

    def _cut(self) -> str:
        return self.random.choice(("LIMIT 3", "SKIP 1 LIMIT 2", "SKIP 2", "LIMIT 1", "LIMIT 0", "LIMIT 100"))

    # --- writing ---

    def write(self) -> str:
        """One or two writing clauses that leave the same graph in any order of the rows."""
        nodes, relationships = self._named("node"), self._named("relationship")
        forms = [
            f"CREATE (w:{self.random.choice(LABELS)} {{x: {self.expression('int', 1)}, new: 1}})",
            f"MERGE (w:New {{k: coalesce({Expressions(self.random, self.scope, subqueries=False).of('int', 1)}, 0)}}) "
            "ON CREATE SET w.c = 1 ON MATCH SET w.c = w.c + 1",
            f"FOREACH (k IN {self.expression('ints', 1)} | CREATE (:New {{k: k}}))",
        ]
        for node in nodes[:3]:
            forms += [
                f"SET {node}.x = {self.random.choice(('5', 'null', f'{node}.i * 2'))}",
                f"SET {node}:{self.random.choice(LABELS)}, {node}.s = 'set'",
                f"SET {node} += {{x: 7, b: null}}",
                f"SET {node} = {{i: {node}.i, only: true}}",
                f"REMOVE {node}.x, {node}:{self.random.choice(LABELS)}",
                f"CREATE ({node})-[:{self.random.choice(TYPES)} {{w: 99}}]->(:New {{i: {node}.i}})",
                f"MERGE ({node})-[:{self.random.choice(TYPES)}]->(v:New)",
                f"MERGE ({node})-[v:{self.random.choice(TYPES)}]-({self.random.choice(nodes)})",
                f"FOREACH (k IN [1, 2] | SET {node}.x = 3)",
                f"DETACH DELETE {node}",
            ]
        forms += [f"DELETE {name}" for name in relationships]
        forms += [f"SET {name}.x = 8" for name in relationships]
        text = self.random.choice(forms)
        deletes = "DELETE" in text
        if " v:New" in text or "(v:" in text or "[v:" in text or "MERGE (w" in text:
            self.scope = {name: kind for name, kind in self.scope.items() if name not in ("v", "w")}
        if deletes:  # what is deleted cannot be read any more
            self.scope = {}
            return f"{text} WITH count(*) AS gone MATCH (n0)"
        rows = "count(*) AS rows"
        nodes = nodes[:1]
        self.scope = {"rows": "int", "n0": "node"}
        return f"{text} WITH {rows} MATCH (n0)"

    # --- what comes back ---

    def returned(self) -> str:
        """RETURN of all, of some, of groups; the rows perhaps in order."""
        if self.random.random() < 0.3:
            return f"{self.aggregation()} RETURN *"
        items, kinds = [], dict[str, Kind]()
        distinct = self.random.random() < 0.15
        for number in range(self.random.randint(1, 3)):
            kind = self.random.choice(GROUPED if distinct else (*VALUES, "node", "relationship", "path", "any", "list"))
            if kind in ("node", "relationship", "path") and not self._named(kind):
                kind = "int"
            kinds[f"o{number}"] = kind
            items.append(f"{self._listed() if kind == 'list' else self.expression(kind, 2)} AS o{number}")
        text = f"RETURN {'DISTINCT ' if distinct else ''}{', '.join(items)}"
        if self._is_ordered(kinds) and self.random.random() < 0.6:
            self.ordered = True
            text += f" {self._order(kinds)}"
            if self.random.random() < 0.6:
                text += f" {self._cut()}"
        return text

    def _listed(self) -> str:
        """A list whose elements come in any order."""
        nodes = self._named("node")
        if not nodes:
            return self.expression("ints", 2)
        self.lists_in_order = False
        pattern = Expressions(self.random, self.scope).pattern()
        hops = f"({self.random.choice(nodes)})-[:{self.random.choice(TYPES)}]-(y)-[:{self.random.choice(TYPES)}]-(z)"
        forms = (
            f"[{pattern} | z.i]",
            f"[{pattern} WHERE z.x > 0 | z]",
            f"COLLECT {{ MATCH {pattern} RETURN z.i }}",
            f"COLLECT {{ MATCH {hops} RETURN DISTINCT z.x }}",
            f"COLLECT {{ MATCH {hops} WHERE y.x > 0 RETURN z.i ORDER BY z.i DESC, y.i }}",
            f"COUNT {{ MATCH {hops} RETURN DISTINCT y, z.x }}",
        )
        return self.random.choice(forms)

    def expression(self, kind: Kind, depth: int) -> str:
        return Expressions(self.random, self.scope).of(kind, depth)

    def _named(self, kind: Kind) -> list[str]:
        return [name for name, its in self.scope.items() if its == kind]

    def _kept(self) -> Scope:
        return {name: kind for name, kind in self.scope.items() if self.random.random() < 0.8}

    def _fresh(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"
