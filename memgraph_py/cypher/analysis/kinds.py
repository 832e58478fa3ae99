"""What is known of a value before the query runs: its kind, and a list's elements' kind.

A kind is a promise: where it is not ``ANY``, the value has it or is NULL. Source: openCypher 9, "Types".
"""

from collections.abc import Iterable
from functools import cache

from memgraph_py.functions.registry import AGGREGATES, FUNCTIONS
from memgraph_py.immutable import immutable


@immutable
class Kind:
    """``element`` is the kind of a list's elements, None for what is no list."""

    name: str
    element: "Kind | None" = None

    @property
    def described(self) -> str:
        """`a node`, `an integer`, as messages have it."""
        return f"{'an' if self.name[0] in 'AEIOU' else 'a'} {self.name.lower()}"


ANY = Kind("ANY")
NULL = Kind("NULL")
BOOLEAN = Kind("BOOLEAN")
INTEGER = Kind("INTEGER")
FLOAT = Kind("FLOAT")
STRING = Kind("STRING")
MAP = Kind("MAP")
NODE = Kind("NODE")
RELATIONSHIP = Kind("RELATIONSHIP")
PATH = Kind("PATH")

SCALARS = frozenset({BOOLEAN, INTEGER, FLOAT, STRING})


def list_of(element: Kind) -> Kind:
    """The kind of a list of these."""
    return Kind("LIST", element)


def is_list(kind: Kind) -> bool:
    """True for a list of anything."""
    return kind.element is not None


def is_known(kind: Kind) -> bool:
    """True when the value is NULL or has this kind."""
    return kind is not ANY and kind is not NULL


def element_of(kind: Kind) -> Kind:
    """The kind of the elements of a value that may be a list."""
    return ANY if kind.element is None else kind.element


def common(kinds: Iterable[Kind]) -> Kind:
    """The kind that all of these have, NULLs left out; NULL where there is none else."""
    found = NULL
    for kind in kinds:
        if kind in (NULL, found):
            continue
        if found is not NULL:
            return ANY
        found = kind
    return found


LIST = list_of(ANY)

_BESIDE_SIGNATURE: dict[str, tuple[frozenset[str], ...]] = {
    "normalize": (),
    "range": (),
    "tointeger": (),
    "tostring": (frozenset({"BOOLEAN", "INTEGER", "FLOAT", "STRING"}),),
}
"""The same for functions that take more, or less, than they tell, or refuse it when they run: `range` in
the TCK, and what is no string `IS NORMALIZED` or not."""


@cache
def taken(function: str) -> tuple[frozenset[str] | None, ...]:
    """Names of the kinds that the arguments of a function may have, by place; None for any, as for
    points: what is none is as good as NULL. Source: its signature."""
    if function in _BESIDE_SIGNATURE:
        return _BESIDE_SIGNATURE[function]
    signature = (FUNCTIONS.get(function) or AGGREGATES[function]).signature
    parameters = signature.partition("(")[2].rpartition(") ::")[0]
    places: list[frozenset[str] | None] = []
    for parameter in parameters.split(", ") if parameters else ():
        types = parameter.rpartition(":: ")[2].removesuffix("...").split(" | ")
        names = {type.partition("<")[0] for type in types}
        if "FLOAT" in names:
            names.add("INTEGER")
        places.append(None if names & {"ANY", "POINT"} else frozenset(names))
    return tuple(places)


RESULTS: dict[str, Kind] = {
    "count": INTEGER,
    "endnode": NODE,
    "id": INTEGER,
    "keys": list_of(STRING),
    "labels": list_of(STRING),
    "length": INTEGER,
    "nodes": list_of(NODE),
    "relationships": list_of(RELATIONSHIP),
    "size": INTEGER,
    "split": list_of(STRING),
    "startnode": NODE,
    "toboolean": BOOLEAN,
    "tofloat": FLOAT,
    "tointeger": INTEGER,
    "tolower": STRING,
    "tostring": STRING,
    "toupper": STRING,
    "type": STRING,
}
"""Functions whose result's kind is known."""
