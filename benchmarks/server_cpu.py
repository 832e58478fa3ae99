"""CPU time and memory of a process, from /proc: nanosecond counters of each thread (Linux).

Wall time on a busy machine says little; what the server's own threads used says what a request costs.
"""

from collections import Counter
from pathlib import Path


def cpu_seconds(process_id: int) -> dict[str, float]:
    """CPU seconds so far by name of thread; threads of one name together. A thread that has ended counts no more."""
    seconds: Counter[str] = Counter()
    for task in Path(f"/proc/{process_id}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
            seconds[name] += int((task / "schedstat").read_text().split()[0]) / 1e9
        except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
            continue
    return dict(seconds)


def cpu_used(before: dict[str, float], after: dict[str, float]) -> float:
    """CPU seconds of all threads between two readings."""
    return sum(seconds - before.get(name, 0.0) for name, seconds in after.items())


def resident_bytes(process_id: int) -> int:
    """Memory that the process holds."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(process_id)
