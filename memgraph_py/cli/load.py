"""The messages of the demo: nodes, then edges between them, in the form that examples/transform.py reads."""

import argparse
import random
from dataclasses import dataclass

MESSAGES_MIN = 5
MESSAGES_MAX = 1_000_000
EDGE_SHARE = 10
"""One edge message for so many node messages."""
SEED = 2018


@dataclass(frozen=True, slots=True)
class Load:
    """The messages: ``nodes`` of one id each, then one edge for each pair of ids."""

    nodes: int
    edges: list[tuple[int, int]]

    def values(self) -> list[bytes]:
        """All messages, in order."""
        nodes = [b"%d" % id for id in range(self.nodes)]
        return nodes + [b"%d %d" % edge for edge in self.edges]


def make_load(nodes: int) -> Load:
    """The load of so many node messages: the same one each time."""
    numbers = random.Random(SEED)
    edges = [(numbers.randrange(nodes), numbers.randrange(nodes)) for _ in range(nodes // EDGE_SHARE)]
    return Load(nodes, edges)


def add_messages_flag(parser: argparse.ArgumentParser, default: int) -> None:
    """Declare `--messages`."""
    parser.add_argument(
        "--messages",
        type=_message_count,
        default=default,
        metavar="N",
        help=f"node messages; a tenth of it edges (default {default:,})",
    )


def _message_count(text: str) -> int:
    count = int(text) if text.isdecimal() else 0
    if not MESSAGES_MIN <= count <= MESSAGES_MAX:
        raise argparse.ArgumentTypeError(f"takes an integer from {MESSAGES_MIN} to {MESSAGES_MAX:,}, not {text!r}")
    return count
