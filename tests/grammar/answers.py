"""What a query gives, in a form that two ways of answering it can be compared by.

Elements stand for themselves by labels or type and properties, which say in generated graphs which element it is, so
that two graphs that were made apart compare too. Floats are cut to twelve digits, as sums depend on the order of rows.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from memgraph_py.values.types import Node, Path, Relationship, Value


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows, or the error's name. rows: as text, in order where the query orders them, else sorted."""

    rows: tuple[str, ...] | None
    error: str | None = None

    def differs(self, other: "Answer") -> bool:
        """False where both give the same rows, or both any error: which error comes first is up to the plan."""
        return self.rows != other.rows


def answer_of(rows: Iterable[Sequence[Value]], *, ordered: bool = False, lists_in_order: bool = True) -> Answer:
    """The answer with these rows."""
    texts = [", ".join(text_of(value, lists_in_order=lists_in_order) for value in row) for row in rows]
    return Answer(tuple(texts if ordered else sorted(texts)))


def text_of(value: Value, *, lists_in_order: bool = True) -> str:
    """The same text for the same value: 1 and 1.0 differ, all NaNs are one."""
    match value:
        case bool() | None | str() | int():
            return repr(value)
        case float():
            return "NaN" if math.isnan(value) else f"{value:.12g}f"
        case list():
            texts = [text_of(item, lists_in_order=lists_in_order) for item in value]
            return f"[{', '.join(texts if lists_in_order else sorted(texts))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {text_of(value[key])}' for key in sorted(value))}}}"
        case Node(_, labels, properties):
            return f"({':'.join(sorted(labels))} {text_of(dict(properties))})"
        case Relationship(_, type_name, _, _, properties):
            return f"[{type_name} {text_of(dict(properties))}]"
        case Path(nodes, relationships):
            return f"<{', '.join(map(text_of, [*nodes, *relationships]))}>"
        case _:
            return repr(value)
