"""Notifications: what a summary says beside the counts, and what of it the client wants to hear.

Until Bolt 5.4 a summary has notifications; since 5.5 it has the statuses of GQL, of which the first tells how the
statement ended and each other one is a notification.

Source: Bolt specification, "Request message HELLO" and "Summary message SUCCESS"; Neo4j, "Status codes".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from memgraph_py.errors import InvalidRequest
from memgraph_py.values.types import Value

Notification: TypeAlias = "dict[str, Value]"
"""code, title, description, severity, category; position (offset, line, column) where there is one."""

SEVERITIES = {"OFF": 3, "WARNING": 2, "INFORMATION": 1}
CATEGORIES = frozenset(
    ["HINT", "UNRECOGNIZED", "UNSUPPORTED", "PERFORMANCE", "DEPRECATION", "GENERIC", "SECURITY", "TOPOLOGY", "SCHEMA"]
)
SUCCEEDED: Notification = {"gql_status": "00000", "status_description": "note: successful completion"}
OMITTED: Notification = {
    "gql_status": "00001",
    "status_description": "note: successful completion - omitted result",
}
NO_DATA: Notification = {"gql_status": "02000", "status_description": "note: no data"}
"""How a statement ended: with rows, without columns, without rows."""


@dataclass(frozen=True, slots=True)
class NotificationFilter:
    """What a client wants to hear. minimum_severity: one of SEVERITIES, None where it did not say. disabled: categories
    that it does not want, None where it did not say."""

    minimum_severity: str | None = None
    disabled: frozenset[str] | None = None

    def over(self, other: "NotificationFilter") -> "NotificationFilter":
        """This filter, and where it says nothing the other: that of a statement over that of its connection."""
        return NotificationFilter(
            other.minimum_severity if self.minimum_severity is None else self.minimum_severity,
            other.disabled if self.disabled is None else self.disabled,
        )

    def wanted(self, notifications: Sequence[Notification]) -> list[Notification]:
        """Those that pass, in order."""
        least = SEVERITIES[self.minimum_severity or "INFORMATION"]
        disabled = self.disabled or frozenset()
        return [
            notification
            for notification in notifications
            if SEVERITIES[str(notification["severity"])] >= least and notification["category"] not in disabled
        ]


EVERYTHING = NotificationFilter()


def read_filter(extra: dict[str, Value]) -> NotificationFilter:
    """The filter in the metadata of HELLO, BEGIN or RUN. Raises InvalidRequest for what is no severity or category."""
    severity = extra.get("notifications_minimum_severity")
    if severity is not None and (not isinstance(severity, str) or severity not in SEVERITIES):
        raise InvalidRequest(
            "'notifications_minimum_severity' is unknown", hint=f"it is one of {', '.join(SEVERITIES)}"
        )
    given = [extra.get(f"notifications_disabled_{word}") for word in ("classifications", "categories")]
    names = next((names for names in given if names is not None), None)  # renamed in 5.5
    if names is None:
        return EVERYTHING if severity is None else NotificationFilter(severity)
    if not isinstance(names, list):
        raise InvalidRequest("'notifications_disabled_classifications' is not a list")
    disabled = frozenset(name for name in names if isinstance(name, str))
    if len(disabled) != len(set(map(str, names))) or not disabled <= CATEGORIES:
        raise InvalidRequest(
            "'notifications_disabled_classifications' names an unknown one",
            hint=f"they are {', '.join(sorted(CATEGORIES))}",
        )
    return NotificationFilter(severity, disabled)


_GQL_STATUSES = {
    "CartesianProduct": "03N90",
    "UnboundedVariableLengthPattern": "03N91",
    "NoApplicableIndex": "03N93",
    "FeatureDeprecationWarning": "01N00",
    "UnknownLabelWarning": "01N50",
    "UnknownRelationshipTypeWarning": "01N51",
    "UnknownPropertyKeyWarning": "01N52",
}


def status_of(notification: Notification) -> Notification:
    """A notification as a status of GQL."""
    record: dict[str, Value] = {
        "OPERATION": "",
        "OPERATION_CODE": "0",
        "CURRENT_SCHEMA": "/",
        "_severity": notification["severity"],
        "_classification": notification["category"],
    }
    if notification.get("position") is not None:
        record["_position"] = notification["position"]
    warning = notification["severity"] == "WARNING"
    generic = "01N42" if warning else "03N42"
    return {
        "gql_status": _GQL_STATUSES.get(str(notification["code"]).rpartition(".")[2], generic),
        "status_description": ("warn: " if warning else "info: ") + str(notification["description"]),
        "neo4j_code": notification["code"],
        "title": notification["title"],
        "description": notification["description"],
        "diagnostic_record": record,
    }
