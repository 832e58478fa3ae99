"""The plug-in of the TCK's tests: a scenario declares its procedures `test.…` with the rows that they give.

A declared procedure gives those rows of its table whose first cells equal its arguments.
"""

from memgraph_py.functions.registry import PROCEDURES, Procedure, procedure
from memgraph_py.values.comparison import equals

_declared = set()


@procedure(
    "test.declare",
    (
        ("name", "STRING"),
        ("inputs", "LIST<LIST<STRING>>"),
        ("outputs", "LIST<LIST<STRING>>"),
        ("rows", "LIST<LIST<ANY>>"),
    ),
    (),
)
def declare(environment, arguments):
    """Makes a procedure: its name, (name, type) of its arguments and columns, and the rows of its table."""
    name, inputs, outputs, rows = arguments

    def run(environment, arguments):
        for row in rows:
            cells = zip(row[: len(inputs)], arguments, strict=True)
            if all((one is None and other is None) or equals(one, other) for one, other in cells):
                yield row[len(inputs) :]

    fields = (tuple(map(tuple, inputs)), tuple(map(tuple, outputs)))
    PROCEDURES[name] = Procedure(name, *fields, run, "Rows of a table of the TCK.")
    _declared.add(name)
    _forget_plans(environment)
    return ()


@procedure("test.forget", (), ())
def forget(environment, arguments):
    """Removes what was declared."""
    while _declared:
        del PROCEDURES[_declared.pop()]
    _forget_plans(environment)
    return ()


def _forget_plans(environment):
    """Plans hold the columns of the procedures that they call: none is used again under another version."""
    environment.graph.schema.version += 1
