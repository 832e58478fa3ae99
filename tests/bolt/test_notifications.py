"""Which notifications a client hears, and how they are told since 5.5."""

import pytest

from memgraph_py.bolt.notifications import EVERYTHING, Notification, NotificationFilter, status_of

WARNING: Notification = {
    "code": "Neo.ClientNotification.Statement.FeatureDeprecationWarning",
    "title": "This feature is deprecated.",
    "description": "use something else",
    "severity": "WARNING",
    "category": "DEPRECATION",
    "position": {"offset": 1, "line": 1, "column": 2},
}
HINT: Notification = {
    "code": "Neo.ClientNotification.Statement.CartesianProduct",
    "title": "A cartesian product.",
    "description": "connect the patterns",
    "severity": "INFORMATION",
    "category": "PERFORMANCE",
}


@pytest.mark.parametrize(
    ("filter", "heard"),
    [
        (EVERYTHING, [WARNING, HINT]),
        (NotificationFilter("INFORMATION"), [WARNING, HINT]),
        (NotificationFilter("WARNING"), [WARNING]),
        (NotificationFilter("OFF"), []),
        (NotificationFilter(None, frozenset({"DEPRECATION"})), [HINT]),
        (NotificationFilter("WARNING", frozenset({"DEPRECATION"})), []),
        (NotificationFilter("INFORMATION", frozenset()), [WARNING, HINT]),
    ],
)
def test_a_filter(filter: NotificationFilter, heard: list[Notification]) -> None:
    assert filter.wanted([WARNING, HINT]) == heard


def test_a_statements_filter_stands_over_that_of_its_connection() -> None:
    connection = NotificationFilter("OFF", frozenset({"HINT"}))
    assert EVERYTHING.over(connection) == connection
    assert NotificationFilter("WARNING").over(connection) == NotificationFilter("WARNING", frozenset({"HINT"}))
    assert NotificationFilter(None, frozenset()).over(connection) == NotificationFilter("OFF", frozenset())


def test_a_notification_as_a_status() -> None:
    status = status_of(WARNING)
    assert status["gql_status"] == "01N00"
    assert status["status_description"] == "warn: use something else"
    assert status["neo4j_code"] == WARNING["code"]
    assert status["diagnostic_record"] == {
        "OPERATION": "",
        "OPERATION_CODE": "0",
        "CURRENT_SCHEMA": "/",
        "_severity": "WARNING",
        "_classification": "DEPRECATION",
        "_position": {"offset": 1, "line": 1, "column": 2},
    }
    assert status_of(HINT)["gql_status"] == "03N90"
    assert "_position" not in str(status_of(HINT))
