"""What a benchmark tells: figures beside those to reach and those of peers, as a table or as JSON."""

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a benchmark: what was done and what it took.

    reach is the figure to reach, None where there is none; more_is_better says on which side of it to be. peers are
    the figures of others by their name; now_measured are those names of them that took their turns in this very run,
    the rest were measured before on machines of the same kind.
    """

    work: str
    unit: str
    ours: float
    reach: float | None = None
    more_is_better: bool = False
    peers: Mapping[str, float] = field(default_factory=dict)
    now_measured: frozenset[str] = frozenset()

    @property
    def reached(self) -> bool | None:
        """Whether ours is at least as good as the figure to reach; None where there is none."""
        if self.reach is None:
            return None
        return self.ours >= self.reach if self.more_is_better else self.ours <= self.reach


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """--json FILE, which `publish` reads."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures, machine and commit there as well")


def publish(figures: Sequence[Figure], arguments: argparse.Namespace, title: str) -> None:
    """Print the figures as a table, and write them where --json says. Raises OSError when that cannot be done."""
    peers = sorted({name for figure in figures for name in figure.peers})
    table = Table("work", "unit", "this server", "to reach", "", *peers, title=title, title_justify="left")
    for figure in figures:
        mark = {None: "", True: "reached", False: "behind"}[figure.reached]
        others = (_peer_text(figure, name) for name in peers)
        table.add_row(Text(figure.work), figure.unit, number(figure.ours), number(figure.reach), mark, *others)
    Console(width=180).print(table)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(_record(figures, title), indent=2, ensure_ascii=False) + "\n", "utf-8")


def number(value: float | None) -> str:
    """The figure with three digits that mean something; nothing for None."""
    if value is None:
        return ""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.3g}"


def _peer_text(figure: Figure, name: str) -> str:
    if name not in figure.peers:
        return ""
    return number(figure.peers[name]) + (" now" if name in figure.now_measured else "")


def _record(figures: Sequence[Figure], title: str) -> dict[str, Any]:
    return {
        "title": title,
        "command": " ".join(["python", "-m", f"benchmarks.{Path(sys.argv[0]).stem}", *sys.argv[1:]]),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": {"processor": platform.machine(), "python": platform.python_version(), "system": platform.system()},
        "figures": [
            {**asdict(figure), "now_measured": sorted(figure.now_measured), "reached": figure.reached}
            for figure in figures
        ],
    }


def _commit() -> str | None:
    """The commit that was measured, with a mark if the tree differs from it; None outside of a repository."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
