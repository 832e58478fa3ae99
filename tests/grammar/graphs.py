"""Generated graphs, as statements: several labels and types, loops, parallel relationships, properties of all kinds.

Every node has a number of its own in ``i``, every relationship in ``w``: what is ordered by them is ordered wholly.
``x`` is an integer, ``f`` a float (NaN, infinite), ``s`` a string, ``b`` a truth value, ``d`` a date, ``l`` a list,
``m`` anything. All but ``i`` and ``w`` may be missing. No two values of ``m`` are equal and of different kinds.
"""

import random

LABELS = ("A", "B", "C")
TYPES = ("R", "S", "T")
PROPERTIES = {
    "x": ("0", "1", "2", "3", "-7"),
    "f": ("0.5", "1.25", "-3.75", "1e3", "0.0 / 0.0", "1.0 / 0.0"),
    "s": ("''", "'a'", "'ab'", "'Ba'", "'1'", "'å'"),
    "b": ("true", "false"),
    "d": ("date('2020-01-31')", "date('2020-02-29')", "date('1969-12-31')"),
    "l": ("[]", "[1]", "[1, 2]", "[3, 2, 1]"),
    "m": ("1", "'a'", "true", "2.5", "[1, 2]", "date('2020-01-31')", "'ab'", "duration('P1D')", "-4"),
}


def graph_statement(random: random.Random, nodes_max: int = 6, relationships_max: int = 10) -> str:
    """A statement that makes a graph."""
    count = random.randint(1, nodes_max)
    parts = []
    for number in range(count):
        labels = "".join(f":{label}" for label in LABELS if random.random() < 0.45)
        parts.append(f"(n{number}{labels} {{{_properties(random, 'i', number)}}})")
    for number in range(random.randint(0, relationships_max)):
        start, end = random.randrange(count), random.randrange(count)
        parts.append(f"(n{start})-[:{random.choice(TYPES)} {{{_properties(random, 'w', number)}}}]->(n{end})")
    return f"CREATE {', '.join(parts)}"


def _properties(random: random.Random, key: str, number: int) -> str:
    pairs = [f"{key}: {number}"]
    pairs += [f"{name}: {random.choice(texts)}" for name, texts in PROPERTIES.items() if random.random() < 0.6]
    return ", ".join(pairs)


INDEXES = (
    "CREATE INDEX ON :A(x)",
    "CREATE INDEX ON :B(i)",
    "CREATE INDEX ON :A(m)",
    "CREATE INDEX ON :B(s)",
    "CREATE INDEX ON :C(f)",
    "CREATE INDEX ON :A(d)",
    "CREATE INDEX ON :B(x, s)",
    "CREATE INDEX ON :C(s, i, x)",
    "CREATE INDEX FOR ()-[r:R]-() ON (r.x)",
    "CREATE INDEX FOR ()-[r:T]-() ON (r.x, r.w)",
    "CREATE INDEX FOR ()-[r:S]-() ON (r.s)",
)
