"""`python host.py`: a process that has what a server has (secrets in its environment, a data folder, a log, open files)
and runs transform scripts as a server does. It reads requests from its standard input, JSON on each line, and answers
on its standard output; it ends with its input.

``{"source", "batches", "off", "limits"}`` →
``{"answers": [[query, parameters], …], "fault", "status", "missing", "facts"}``
``{"census": true}`` → what of the process could leak.
"""

import json
import logging
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from memgraph_py.config import Limits
from memgraph_py.errors import TransformError
from memgraph_py.streams import transform, transform_worker
from memgraph_py.streams.transform import Script, TransformStarter

WITHOUT = (
    "import sys; sys.path += sys.argv[3:]; sys.path.insert(0, sys.argv[1])\n"
    "from memgraph_py.streams import sandbox, transform_worker\n"
    "sandbox.STEPS = tuple(step for step in sandbox.STEPS if step[0].value not in {off!r})\n"
    "transform_worker.main()"
)
FACTS = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Threads")
SECRET = "only-the-server-knows"


class Host:
    """A folder with secrets, and children."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "data").mkdir()
        (folder / "data" / "graph.log").write_text(SECRET)
        (folder / "server.log").write_text(SECRET)
        logging.basicConfig(filename=folder / "scripts.log", level="INFO", format="%(message)s")
        self.descriptor = (folder / "data" / "graph.log").open("rb")

    def run(self, request: dict[str, object]) -> dict[str, object]:
        """What came of the script."""
        limits = Limits(**{"transform_batch_seconds": 1.0, **request.get("limits", {})})  # type: ignore[dict-item]
        off = request.get("off") or []
        transform.BOOTSTRAP = WITHOUT.format(off=off) if off else transform_worker.BOOTSTRAP
        answer: dict[str, object] = {"answers": [], "fault": None, "status": None, "missing": None, "facts": None}
        starter = TransformStarter(limits, allow_unsandboxed=bool(request.get("allow_unsandboxed")))
        source = str(request["source"]).replace("FOLDER", str(self.folder))
        child = None
        try:
            child = starter.start(Script(source, "script.py", "attack"))
            answer["missing"] = child.missing_layers
            answer["facts"] = facts(child.process_id)
            for batch in request.get("batches", [["1"]]):  # type: ignore[attr-defined]
                for run in child.apply([message.encode() for message in batch]):
                    for row in range(run.rows):
                        parameters = {name: values[row] for name, values in run.parameters.items()}
                        answer["answers"].append([run.query, parameters])  # type: ignore[attr-defined]
        except TransformError as error:
            answer["fault"] = error.text()
        finally:
            if child is not None:
                child.close()
                answer["status"] = child.status
            starter.close()
        return answer


def facts(process_id: int) -> dict[str, str]:
    """What the kernel says of a process."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines) if name in FACTS}


def census() -> dict[str, object]:
    """Threads, descriptors, children, resident memory in MiB, and files in the folders that scripts might write to."""
    children = [
        child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()
    ]
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "threads": threading.active_count(),
        "descriptors": sorted(os.listdir("/proc/self/fd"))[:-1],  # the last one is this listing
        "children": children,
        "mebibytes": pages * os.sysconf("SC_PAGE_SIZE") >> 20,
        "time": time.monotonic(),
    }


def main() -> None:
    """Serve until the end of the input."""
    with tempfile.TemporaryDirectory(prefix="sandbox-host-") as name:
        host = Host(Path(name))
        print(json.dumps({"folder": name, "process": os.getpid()}), flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            print(json.dumps(census() if "census" in request else host.run(request)), flush=True)
        logging.shutdown()


if __name__ == "__main__":
    main()
