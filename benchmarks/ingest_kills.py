"""The kills of `python -m benchmarks.ingest --real-kafka --kills N`: prints what happened and the verdict."""

import random
import tempfile
from pathlib import Path

from tests.end_to_end.exactly_once import Report, Run
from tests.end_to_end.kafka_broker import Unavailable, real_broker


def run_kills(messages: int, kills: int, seed: int | None) -> int:
    """Import so many messages under so many kills. Gives 0 when each took effect exactly once, else 1."""
    seed = random.randrange(1 << 32) if seed is None else seed
    print(f"{messages:,} messages, {kills} kills, --seed {seed}", flush=True)
    try:
        with real_broker() as broker, tempfile.TemporaryDirectory(prefix="memgraph-kills-") as folder:
            run = Run(broker, Path(folder), random.Random(seed), lambda line: print(line, flush=True))
            report = run.carry_out(messages, kills)
    except Unavailable as reason:
        raise SystemExit(f"no Apache Kafka: {reason}") from None
    return tell(report)


def tell(report: Report) -> int:
    """Print the report; gives the status."""
    in_checkpoints = f"{report.kills_in_checkpoints} of them while a checkpoint was written"
    print(f"\n{report.server_kills} kills of the server, {in_checkpoints}; {report.broker_kills} of the broker:")
    for act, count in sorted(report.acts.items()):
        print(f"  {count:3} × {act}")
    print(f"the server was back after {_seconds(report.server_restart_seconds)}")
    print(f"the broker was back after {_seconds(report.broker_restart_seconds)}")
    rate = report.messages / report.seconds
    print(f"{report.messages:,} messages in {report.seconds:.0f} s, {rate:,.0f}/s with all that was in the way")
    print(
        f"{report.catch_up_messages:,} messages left after the last kill, caught up in {report.catch_up_seconds:.1f} s"
    )
    if report.wrong:
        print("\n".join(["WRONG:", *report.wrong]))
        return 1
    print("each message took effect exactly once, in order; no process and no thread is left")
    return 0


def _seconds(values: list[float]) -> str:
    if not values:
        return "no kill"
    return f"{min(values):.1f} to {max(values):.1f} s, {sum(values) / len(values):.1f} s on average"
