"""Neo4j 5.26 as a process, with the jars of Maven Central: what our answers are compared with."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.maven import Unavailable, jars

NEO4J_VERSION = "5.26.30"
ARTIFACTS = (("org.neo4j.test", "neo4j-harness", NEO4J_VERSION),)
SOURCE = Path(__file__).parent / "Neo4jServer.java"
OPENED = ("java.base/java.nio", "java.base/java.lang", "java.base/sun.nio.ch")
"""What Neo4j reaches into."""
JAVA = (
    *(f"--add-opens={package}=ALL-UNNAMED" for package in OPENED),
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Duser.timezone=UTC",
    "-Xmx1g",
    "-XX:+UseSerialGC",
)


@contextmanager
def neo4j_server() -> Iterator[str]:
    """A server for the time of the block: its Bolt address. Raises Unavailable."""
    folder_of_jars = jars(f"neo4j-{NEO4J_VERSION}", ARTIFACTS)
    compiler = shutil.which("javac")
    if compiler is None:
        raise Unavailable("no javac")
    with tempfile.TemporaryDirectory(prefix="neo4j-") as folder, Path(folder, "log").open("w+") as log:
        class_path = f"{folder}:{folder_of_jars}/*"
        made = subprocess.run(
            [compiler, "-cp", class_path, "-d", folder, str(SOURCE)], capture_output=True, text=True, timeout=300
        )
        if made.returncode != 0:
            raise Unavailable(f"the starter of Neo4j cannot be compiled: {made.stderr[-500:]}")
        process = subprocess.Popen(
            ["java", *JAVA, "-cp", class_path, "Neo4jServer", f"{folder}/data"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            address = next((line.strip() for line in process.stdout if line.startswith("bolt://")), None)
            if address is None:
                log.seek(0)
                raise Unavailable(f"Neo4j does not start: {log.read()[-500:]}")
            yield address
        finally:
            process.kill()  # its data are thrown away
            process.wait()
            process.stdin.close()
            process.stdout.close()
