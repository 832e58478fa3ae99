"""CPU time and memory of a process, from /proc: nanosecond counters of each thread (Linux).

Wall time on a busy machine says little; what the server's own threads used says what a request costs.
"""

import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

IDLE_LOOK_SECONDS = 0.5
IDLE_SHARE = 0.05
IDLE_SECONDS_MAX = 120.0


def cpu_seconds(process_id: int) -> dict[str, float]:
    """CPU seconds so far by thread: the first one is `event loop`, others by their name and, where that is the
    program's, their number; threads of one name together. A thread that has ended counts no more."""
    seconds: Counter[str] = Counter()
    for task in Path(f"/proc/{process_id}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
            if task.name == str(process_id):
                name = "event loop"
            elif name.startswith("python"):
                name = f"thread {task.name}"
            seconds[name] += int((task / "schedstat").read_text().split()[0]) / 1e9
        except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
            continue
    return dict(seconds)


def child_cpu_seconds(process_id: int) -> float:
    """CPU seconds so far of the process's children that are alive."""
    children: list[str] = []
    for task in Path(f"/proc/{process_id}/task").iterdir():
        children += (task / "children").read_text().split()
    return sum(sum(cpu_seconds(int(child)).values()) for child in children)


def cpu_used(before: dict[str, float], after: dict[str, float]) -> float:
    """CPU seconds of all threads between two readings."""
    return sum(seconds - before.get(name, 0.0) for name, seconds in after.items())


def waiting_seconds(process_id: int) -> float:
    """Seconds so far in which threads of the process that are alive were ready and had no core."""
    nanoseconds = 0
    for task in Path(f"/proc/{process_id}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended while we looked
            nanoseconds += int((task / "schedstat").read_text().split()[1])
    return nanoseconds / 1e9


def process_seconds(process_id: int) -> float:
    """CPU seconds of the process so far, of threads that have ended too; in hundredths."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(process_id: int) -> int:
    """Memory that the process holds."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(process_id)


def wait_until_idle(process_id: int) -> None:
    """What was left to be done, as kernels to be loaded or a checkpoint to be written, is no part of what follows."""
    deadline = time.monotonic() + IDLE_SECONDS_MAX
    before = -IDLE_SECONDS_MAX
    while time.monotonic() < deadline:
        now = process_seconds(process_id)
        if 0.0 <= now - before < IDLE_SHARE * IDLE_LOOK_SECONDS:
            return
        before = now
        time.sleep(IDLE_LOOK_SECONDS)
    raise SystemExit("the server does not come to rest")
