"""What all checks share: where the server is, and how a difference is told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from neo4j import Driver

Error = TypeVar("Error", bound=Exception)


@dataclass(frozen=True)
class Context:
    """driver: connected to ``uri``. telemetry_uri: the same server, which asks for telemetry there. version: of Bolt,
    the newest that the server knows."""

    driver: Driver
    uri: str
    telemetry_uri: str
    version: str


class Difference(Exception):
    """The server does not do what it must; the text says what it does."""


def expect(found: object, expected: object, what: str = "value") -> None:
    """Raises Difference unless both are equal and of one type."""
    if type(found) is not type(expected) or found != expected:
        raise Difference(f"{what} is {found!r}, expected {expected!r}")


def expect_error(kind: type[Error], action: Callable[[], object]) -> Error:
    """The error of this class that the action raises. Raises Difference where it raises none."""
    try:
        action()
    except kind as error:
        return error
    raise Difference(f"no {kind.__name__}")
