"""Where Neo4j 5.26 answers otherwise than we do, and why ours stays as it is."""

import re
from dataclasses import dataclass

from tests.differences.asking import Reply

ERROR = r"Neo\.[\s\S]*"
ROWS = r"(?!Neo\.)[\s\S]*"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Regular expressions over what was asked (an expression of the tables or a query), over the names of the values,
    and over both answers, as text."""

    asked: str
    reason: str
    names: str = r".*"
    neo4j: str = r"[\s\S]*"
    ours: str = r"[\s\S]*"

    def holds(self, asked: str, names: str, neo4j: Reply, ours: Reply) -> bool:
        """True when it explains this difference."""
        texts = (asked, names, str(neo4j), str(ours))
        patterns = (self.asked, self.names, self.neo4j, self.ours)
        return all(re.fullmatch(pattern, text) for pattern, text in zip(patterns, texts, strict=True))


EXPRESSIONS = (
    Explanation(
        r"a IN b|a\[b\.\.\]|a\[\.\.b\]|a\[\.\.1\]|.*\[x IN a .*|tail\(a\)",
        "Neo4j takes a single value for a list of it; openCypher has a type error",
        neo4j=ROWS,
        ours=ERROR,
    ),
    Explanation(
        r"a (AND|OR|XOR) b|NOT a|NOT\(a\)|CASE WHEN a THEN .*|any\(x IN \[a, b\] WHERE x\)",
        "Neo4j takes lists, and in places maps and other values, for booleans; openCypher has a type error",
        neo4j=ROWS,
        ours=ERROR,
    ),
    Explanation(r"\+a", "Neo4j leaves out a sign `+` before anything; a sign is for numbers", neo4j=ROWS, ours=ERROR),
    Explanation(
        r"a / b",
        "Neo4j refuses the integer 0 below NULL and below floats; NULL gives NULL, and floats follow IEEE 754",
        names=r"(null|NaN|-?infinite|-?\d+\.\d+), 0",
        neo4j=ERROR,
        ours=ROWS,
    ),
    Explanation(
        r"a [*/] b",
        "Neo4j multiplies a duration with what is no number; we refuse it",
        names=r".*(NaN|infinite).*",
        neo4j=r".*Duration.*",
        ours=r".*a finite number[\s\S]*",
    ),
    Explanation(r"a \^ b", "1 to any power is 1, as in IEEE 754", names=r"1(\.0)?, .*", neo4j="NaN", ours="1f"),
    Explanation(r"a (<|<=|>|>=) b", "Neo4j has -0.0 below 0; they are equal", names=r"0(\.0)?, -0\.0|-0\.0, 0(\.0)?"),
    Explanation(
        r"a (<|<=|>|>=) b|a < b < 3",
        "Neo4j compares maps, elements and what is equal of any kind; in openCypher that has no order, and gives NULL",
        neo4j="True|False",
        ours="None",
    ),
    Explanation(
        r"\[a, 1\] < \[b, 2\]",
        "NaN beside a number is not less and not greater, so the answer is false; Neo4j has NULL in a list alone",
        names=".*NaN.*",
        neo4j="None",
        ours="False",
    ),
    Explanation(
        r"a =~ b",
        "Neo4j refuses a pattern that is no string; NULL, as with STARTS WITH",
        neo4j=ERROR,
        ours="None",
    ),
    Explanation(r"-a|round\(a\)", "the sign of a zero, as IEEE 754 has it", names=r"-?0\.0", ours="-0f"),
    Explanation(r"a\.\w+|a \{\.a\}", "a point has no such part: NULL, as in a map", names="point|place", neo4j=ERROR),
    Explanation(
        r"exists\(.*\)|distance\(.*\)|rels\(.*\)|lines\(.*\)",
        "a function of openCypher 9 or of Memgraph that Neo4j 5 has no more",
        neo4j=r".*SyntaxError.*[\s\S]*",
    ),
    Explanation(
        r"(sinh|cosh|tanh|coth)\(a\)", "a function of later versions of Neo4j", neo4j=r".*Unknown function[\s\S]*"
    ),
    Explanation(
        r"normalize\(a, b\)", "Neo4j has the form as a word; we have it as a value too", neo4j=r".*normal form[\s\S]*"
    ),
    Explanation(
        r".*\.truncate\(.*\)|datetime\.fromepoch.*|range\(.*\)(\[\.\.3\])?",
        "NULL in gives NULL out; Neo4j refuses NULL in these functions alone",
        names=".*null.*",
        neo4j=ERROR,
        ours="None",
    ),
    Explanation(
        r"(date|time|datetime|localtime|localdatetime)\(a\)",
        "NULL in a map gives NULL before its keys are looked at",
        names=r"\{a: null\}",
        neo4j=ERROR,
        ours="None",
    ),
    Explanation(
        r"datetime\.fromepoch\(a, b\)",
        "nanoseconds may be negative, as those of a duration",
        neo4j=r".*Invalid nanosecond[\s\S]*",
    ),
    Explanation(
        r"tointeger(ornull)?\(a\)",
        "spaces around a number do not matter; to Neo4j they do beside a fraction",
        names="' 2.5 '",
        neo4j="None",
        ours="2",
    ),
    Explanation(r"duration\(a\)", "a duration of a duration is that", names="duration", neo4j=ERROR),
    Explanation(
        r"(range|substring|left|right|round)\(.*\)(\[\.\.3\])?",
        "Neo4j cuts a float where an integer is asked for; we refuse it",
        names=r".*(2\.5|NaN).*",
        neo4j=ROWS,
        ours=r".*expects INTEGER, got FLOAT.*",
    ),
    Explanation(
        r"(left|right|substring|split)\(.*\)",
        "Neo4j does not look at the other arguments beside an empty string",
        names=r"''.*",
        neo4j=r"''|\[''\]",
        ours=ERROR,
    ),
    Explanation(
        r"(atan2|round)\(.*\)",
        "Neo4j does not look at the other arguments beside NULL; we refuse what is no number",
        names=".*null.*",
        neo4j="None",
        ours=ERROR,
    ),
    Explanation(
        r"point\.distance\(.*\)", "Neo4j has NULL for what is no point; we refuse it", neo4j="None", ours=ERROR
    ),
    Explanation(
        r"point\(a\)",
        "Neo4j has NULL for a map with NULL in it, even for keys that it does not know",
        names=r"\{a: null\}",
    ),
    Explanation(r"abs\(a\)", "2^63 is no integer of 64 bits; Neo4j wraps", names="least", ours=".*overflow[\\s\\S]*"),
    Explanation(
        r"tointeger(ornull)?\(a\)",
        "what is not finite is no integer; Neo4j has that of Java",
        names="NaN|-?infinite|' NaN '",
        ours="None",
    ),
    Explanation(
        r"stdevp\(a\)|stDevP\(a\)",
        "the deviation of what is not finite is not known; Neo4j has 0",
        names="NaN|-?infinite",
        ours="NaN",
    ),
)

QUERIES = (
    Explanation(
        r"[\s\S]*range\((\d+), \d+, \d+\)[\s\S]*",
        "Neo4j gives the start of a range whose end lies less than a step before it; the range is empty",
        neo4j=ROWS,
        ours=ROWS,
    ),
    Explanation(
        r".*reverse\(.*",
        "Neo4j does not know an empty list for a list where it was stored as a property",
        neo4j=r".*Invalid input for function 'reverse\(\)': Expected a string or a list[\s\S]*",
    ),
    Explanation(
        r".*\[(v\d+) IN \[\] .*\[\1 IN .*",
        "Neo4j has NULL for a comprehension over an empty list where another one names its variable so, too",
        neo4j=ROWS,
        ours=ROWS,
    ),
)
