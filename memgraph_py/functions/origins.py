"""Where LOAD CSV found a row. Source: Neo4j Cypher manual, "LOAD CSV functions".

The planner reads them from the row (``planner/scope.py``, ``Scope.origins``); what is called here is left for rows that
come from no file: aggregated or distinct ones, those of a subquery that takes in no variable, those before LOAD CSV.
"""

from memgraph_py.columnar import Column
from memgraph_py.functions.registry import Environment, columnar


@columnar("linenumber", 0, signature="linenumber() :: INTEGER")
def line_number(environment: Environment, arguments: list[Column]) -> Column:
    """The number of the record from which LOAD CSV made this row, headers counted; NULL where none did."""
    return Column.nulls(environment.rows)


@columnar("file", 0, signature="file() :: STRING")
def file_name(environment: Environment, arguments: list[Column]) -> Column:
    """The name of the file from which LOAD CSV made this row, without its folders; NULL where none did."""
    return Column.nulls(environment.rows)
