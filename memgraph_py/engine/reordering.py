"""Reordering: the calls of each plan of a batch together, where the graph comes out the same.

Messages about nodes and about relationships that are mixed in a topic give runs of one or two calls, and a run as one
statement gains little. So calls are put in another order, block by block: those of plans that seek nothing first, as
what they create is what others seek. A call only passes another that it does not meet (`engine/footprints.py`): one
that seeks a node stays behind all that may create it, and before all that may only later. Where two that meet would
pass each other, a new segment begins.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

from memgraph_py.engine.footprints import Footprint, Meeting
from memgraph_py.engine.query_runs import Calls, Group
from memgraph_py.values.types import Value

GROUP_CALLS_MAX = 8
"""Groups that have so many calls each, or more, are well as they are."""
BLOCKS_SHARE = 2
"""Groups must be so many times as many as the blocks that they become."""
PLANS_MAX = 32
"""Of more of them nobody asks which meet: each is compared with each."""
_COMPARED = {str, int, type(None)}
"""Types of values whose equality here is that of an index; NULL is not found, and finds nothing."""


@dataclass(slots=True)
class _Plan:
    """All calls of a plan, with their places in the batch, ascending."""

    calls: Calls
    places: list[int]
    footprint: Footprint


def blocks_of(groups: Sequence[Group]) -> list[Calls] | None:
    """The calls of the groups, all of them vectorised, in the order in which they may run as well; None where they are
    to stay as they are."""
    calls = sum(group.rows for group in groups)
    if len(groups) < 3 or calls >= GROUP_CALLS_MAX * len(groups):
        return None
    plans = _by_plan(groups)
    if len(plans) > PLANS_MAX or len(plans) * BLOCKS_SHARE > len(groups):
        return None
    cuts: list[tuple[int, int]] = []
    for first, later in combinations(plans, 2):
        meetings = first.footprint.meetings(later.footprint)
        if meetings is None:
            return None
        for meeting in meetings:
            passing = _passing(meeting, later, first)
            if passing is None:
                return None
            cuts += passing
    starts = _starts(cuts)
    return None if (len(starts) + 1) * len(plans) * BLOCKS_SHARE > len(groups) else list(_blocks(plans, starts))


def _by_plan(groups: Sequence[Group]) -> list[_Plan]:
    """In the order in which they run within a segment."""
    by_plan: defaultdict[int, list[Group]] = defaultdict(list)
    for group in groups:
        by_plan[id(group.runs[0][1].plan)].append(group)
    plans: list[_Plan] = []
    for same in by_plan.values():
        calls = Calls.of(same)
        places = chain.from_iterable(range(group.begin, group.begin + group.rows) for group in same)
        plans.append(_Plan(calls, [*places], calls.plan.footprint))
    return sorted(plans, key=lambda plan: plan.footprint.seeks)


def _passing(meeting: Meeting, before: _Plan, after: _Plan) -> list[tuple[int, int]] | None:
    """Places of two calls that meet, where the one of ``before`` comes first and the other would run first: for each
    of these the last one of those. None where values cannot be compared."""
    earlier = _values(before, meeting.others, once=meeting.others_once)
    later = _values(after, meeting.column, once=meeting.once)
    if earlier is None or later is None:
        return None
    first = dict(zip(reversed(earlier[0]), reversed(earlier[1]), strict=True))
    first.pop(None, None)
    found = [
        (value, place)
        for value, place, other in zip(*later, map(first.get, later[0]), strict=True)
        if other is not None and other < place
    ]
    if not found:
        return []
    sought = {value for value, _ in found}
    places: defaultdict[Value, list[int]] = defaultdict(list)
    for value, place in zip(*earlier, strict=True):
        if value in sought:
            places[value].append(place)
    return [(places[value][bisect_left(places[value], place) - 1], place) for value, place in found]


def _values(plan: _Plan, column: str, *, once: bool) -> tuple[list[Value], list[int]] | None:
    """The values of a column with the places of their calls, of each the first only where that is asked."""
    values = plan.calls.columns[column]
    if not {*map(type, values)} <= _COMPARED:
        return None
    if not once:
        return values, plan.places
    first = dict(zip(reversed(values), reversed(plan.places), strict=True))
    return [*first], [*first.values()]


def _starts(cuts: Iterable[tuple[int, int]]) -> list[int]:
    """Of segments after the first one, as few as can be: each pair of places is parted."""
    starts: list[int] = []
    for low, high in sorted(cuts, key=lambda cut: cut[1]):
        if not starts or low >= starts[-1]:
            starts.append(high)
    return starts


def _blocks(plans: Sequence[_Plan], starts: Sequence[int]) -> Iterator[Calls]:
    """Segment by segment, in each one plan after another."""
    done = [0] * len(plans)
    for end in (*starts, None):
        for index, plan in enumerate(plans):
            stop = len(plan.places) if end is None else bisect_left(plan.places, end)
            if stop > done[index]:
                yield plan.calls.part(done[index], stop)
            done[index] = stop
