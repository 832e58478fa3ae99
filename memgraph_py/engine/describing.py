"""What a summary tells of a statement before it runs, and the plans that EXPLAIN and PROFILE show."""

from memgraph_py.engine.notifications import still_told
from memgraph_py.engine.result import Result, Summary
from memgraph_py.engine.statements import PreparedQuery
from memgraph_py.execution.profiling import Profile
from memgraph_py.optimizer.cost import estimate_output
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.printing import describe_whole
from memgraph_py.storage.view import GraphView
from memgraph_py.values.types import Value


def summary_of(prepared: PreparedQuery, view: GraphView) -> Summary:
    """Of the statement on the view, with nothing counted yet."""
    summary = Summary("r" if not prepared.writes else "rw" if prepared.columns else "w")
    if prepared.notifications:
        summary.notifications = still_told(prepared.notifications, view)
    return summary


def explained(prepared: PreparedQuery, view: GraphView) -> Result:
    """The plan in the summary, and no rows."""
    described = describe_whole(prepared.plan, lambda operator: estimate_output(operator, Statistics(view)))
    summary = summary_of(prepared, view)
    summary.plan = described
    return Result(prepared.columns, lambda budget: iter(()), view, summary, bounded=True)


def profile_of(prepared: PreparedQuery) -> Profile | None:
    """Where what each operator does is counted; None where nobody asks."""
    return Profile() if prepared.mode == "PROFILE" else None


def profiled(prepared: PreparedQuery, view: GraphView, profile: Profile | None) -> dict[str, Value] | None:
    """The plan with what was counted."""
    if profile is None:
        return None
    return describe_whole(prepared.plan, lambda operator: estimate_output(operator, Statistics(view)), profile.of)
