"""docker-compose.yml: what it says agrees with the program; and, where Docker answers, it does what its head says."""

import argparse
import re
import runpy
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from memgraph_py.cli import produce
from memgraph_py.cli.embedded_broker import EmbeddedBroker
from memgraph_py.cli.load import make_load
from memgraph_py.cli.main import COMMANDS
from memgraph_py.config import settings_from
from memgraph_py.cypher.ast import CreateStream
from memgraph_py.cypher.parser import parse
from memgraph_py.server.app import EmbeddedServer
from tests.end_to_end import kafka_broker

REPOSITORY = Path(__file__).resolve().parent.parent
TEXT = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
KAFKA_TOOLS, KAFKA_DATA = "/opt/kafka/bin/", "/var/lib/kafka/data"
"""In the image apache/kafka; its user may write to the second."""
BUILD_SECONDS, IMPORT_SECONDS = 1_500.0, 120.0


def statements() -> list[str]:
    """Those that the head of the file gives to the shell."""
    head = TEXT[: TEXT.index("\n\n")]
    lines = [line[5:] for line in head.splitlines() if line.startswith("#     ")]
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]


def stream() -> CreateStream:
    """The stream of the head."""
    (found,) = [parsed for parsed in map(parse, statements()) if isinstance(parsed, CreateStream)]
    return found


def literal(expression: object) -> str:
    """The text of a literal."""
    value = expression.value  # type: ignore[attr-defined]  # a Literal
    assert isinstance(value, str)
    return value


def health(service: str, *replacements: tuple[str, str]) -> int:
    """The status of the service's health check, in Python, with some of its text replaced."""
    kind, python, flag, text = SERVICES[service]["healthcheck"]["test"]
    assert (kind, python, flag) == ("CMD", "python", "-c")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return subprocess.run([sys.executable, "-c", text], capture_output=True, timeout=60, check=False).returncode


def test_the_server_starts_as_its_flags_say() -> None:
    service = SERVICES["memgraph"]
    environment = service["environment"]
    known = settings_from({}, environment)
    assert environment.keys() == {f"MEMGRAPH_{name.upper()}" for name in known.__slots__} & environment.keys()
    assert service["command"] == ["serve"] and "serve" in COMMANDS
    assert (known.bolt_address, known.http_address) == ("0.0.0.0", "0.0.0.0")
    assert f"127.0.0.1:{known.bolt_port}:{known.bolt_port}" in service["ports"]
    assert f"127.0.0.1:{known.http_port}:{known.http_port}" in service["ports"]
    assert f"graph:{known.data_directory}" in service["volumes"]
    assert known.transform_hosts == ("transforms",)
    for address in (f"bolt://127.0.0.1:{known.bolt_port}", f"http://127.0.0.1:{known.http_port}"):
        assert address in TEXT


def test_kafka_has_a_listener_for_each_side_and_keeps_its_messages() -> None:
    service = SERVICES["kafka"]
    environment = service["environment"]
    listeners = dict(part.split("://") for part in environment["KAFKA_LISTENERS"].split(","))
    advertised = dict(part.split("://") for part in environment["KAFKA_ADVERTISED_LISTENERS"].split(","))
    protocols = dict(part.split(":") for part in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert protocols.keys() == listeners.keys() == {*advertised, environment["KAFKA_CONTROLLER_LISTENER_NAMES"]}
    assert environment["KAFKA_INTER_BROKER_LISTENER_NAME"] in advertised
    for name, address in advertised.items():
        assert address.endswith(listeners[name])
    assert advertised["INNER"] == f"kafka{listeners['INNER']}"
    voter = f"{environment['KAFKA_NODE_ID']}@localhost{listeners['CONTROLLER']}"
    assert environment["KAFKA_CONTROLLER_QUORUM_VOTERS"] == voter
    outer = listeners["OUTER"].removeprefix(":")
    assert service["ports"] == [f"127.0.0.1:{outer}:{outer}"]
    assert f"Kafka at 127.0.0.1:{outer}." in TEXT
    assert environment["KAFKA_LOG_DIRS"] == KAFKA_DATA and service["volumes"] == [f"messages:{KAFKA_DATA}"]
    script = f"{KAFKA_TOOLS}kafka-broker-api-versions.sh"
    assert service["healthcheck"]["test"] == ["CMD", script, "--bootstrap-server", advertised["INNER"]]


def test_the_producer_sends_what_the_stream_of_the_head_reads() -> None:
    name, *words = SERVICES["producer"]["command"]
    assert name == "produce" and name in COMMANDS
    parser = argparse.ArgumentParser()
    produce.add_arguments(parser)
    arguments = parser.parse_args(words)
    assert arguments.stay  # else the service would end, and `up --wait` fail
    made = stream()
    assert literal(made.uri) == arguments.broker
    assert f"INNER://{arguments.broker}" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert literal(made.topic) == arguments.topic
    uri = urllib.parse.urlsplit(literal(made.transform))
    transforms = SERVICES[uri.hostname or ""]
    assert uri.hostname in SERVICES["memgraph"]["environment"]["MEMGRAPH_TRANSFORM_HOSTS"].split(",")
    *_, port, flag, folder = transforms["command"]
    assert (str(uri.port), flag, transforms["volumes"]) == (port, "--directory", [f"./examples:{folder}:ro"])
    script = runpy.run_path(str(REPOSITORY / "examples" / uri.path.lstrip("/")))
    load = make_load(arguments.messages)
    queries = script["stream"](load.values())
    assert len(queries) == load.nodes + len(load.edges)
    assert queries[0] == ("CREATE (:Node {id: $id})", {"id": "0"})
    assert "CREATE INDEX ON :Node(id)" in statements()
    assert f"START STREAM {made.name}" in statements()


def test_every_service_tells_its_health_and_is_waited_for() -> None:
    assert all("healthcheck" in service for service in SERVICES.values())
    waits = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    assert waits == {
        "memgraph": {name: {"condition": "service_healthy"} for name in ("kafka", "transforms")},
        "producer": {"kafka": {"condition": "service_healthy"}},
        "kafka": {},
        "transforms": {},
    }
    named = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert {name for name in named if not name.startswith(".")} == yaml.safe_load(TEXT)["volumes"].keys()
    assert all((REPOSITORY / name).is_dir() for name in named if name.startswith("."))
    images = {name: service["image"] for name, service in SERVICES.items()}
    assert images["kafka"] == kafka_broker.IMAGE
    assert images["memgraph"] == images["producer"] == "memgraph-py"
    assert {name for name, service in SERVICES.items() if service.get("build") == "."} == {"memgraph", "producer"}
    python = re.search(r"^FROM (\S+)$", (REPOSITORY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert python is not None and python[1] == images["transforms"]  # so that both have the `python` of the checks


def test_the_servers_health_check_asks_the_server(server: EmbeddedServer) -> None:
    port = urllib.parse.urlsplit(server.http_uri).port
    assert health("memgraph", ("7474", str(port))) == 0
    server.stop()
    assert health("memgraph", ("7474", str(port))) != 0


def test_the_producers_health_check_looks_for_the_topic() -> None:
    with EmbeddedBroker() as broker:
        assert health("producer", ("kafka:9092", broker.address)) == 1
        broker.produce("numbers", [b"1"])
        assert health("producer", ("kafka:9092", broker.address)) == 0


def test_the_transforms_server_serves_the_script() -> None:
    python, *words = SERVICES["transforms"]["command"]
    assert python == "python"
    words = [{"8000": "0", "/transforms": str(REPOSITORY / "examples")}.get(word, word) for word in words]
    process = subprocess.Popen(
        [sys.executable, "-u", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        port = re.search(r"port (\d+)", process.stdout.readline())
        assert port is not None
        assert health("transforms", (":8000", f":{port[1]}")) == 0
        assert health("transforms", (":8000/transform.py", f":{port[1]}/none.py")) != 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# --- with Docker ---


@pytest.fixture
def composition(tmp_path: Path) -> Iterator[list[str]]:
    """The words before a command of `docker compose`: everything runs and is healthy. Nothing of it is left."""
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("there is no docker")
    for words, reason in ((["info"], "no Docker answers"), (["compose", "version"], "docker has no compose")):
        if subprocess.run([docker, *words], capture_output=True, timeout=60, check=False).returncode != 0:
            pytest.skip(reason)
    override = tmp_path / "override.yml"  # the ports may be taken
    override.write_text("services: {memgraph: {ports: !reset []}, kafka: {ports: !reset []}}\n")
    files = ["-f", str(REPOSITORY / "docker-compose.yml"), "-f", str(override)]
    compose = [docker, "compose", "-p", f"memgraph-py-{tmp_path.name.lower()}", *files]
    try:
        done(compose, "up", "--build", "--wait", "--wait-timeout", "300", seconds=BUILD_SECONDS)
        yield compose
    finally:
        subprocess.run([*compose, "down", "--volumes", "--timeout", "15"], capture_output=True, timeout=120, check=True)


def done(compose: list[str], *words: str, seconds: float = 60.0) -> str:
    """What the command prints; it must end well."""
    ended = subprocess.run([*compose, *words], capture_output=True, text=True, timeout=seconds, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.slow
@pytest.mark.timeout(BUILD_SECONDS + IMPORT_SECONDS + 300)
def test_the_composition_turns_the_producers_messages_into_a_graph(composition: list[str]) -> None:
    def ask(statement: str) -> str:
        return done(composition, "exec", "-T", "memgraph", "memgraph-py", "shell", statement)

    index, create, start, count, show = statements()
    for statement in (index, create, start):
        ask(statement)
    counts: list[int] = []
    deadline = time.monotonic() + IMPORT_SECONDS
    while len(counts) < 2 or counts[-1] <= counts[0]:
        assert time.monotonic() < deadline, ask(show)
        found = re.findall(r"\d+", ask(f"{count} AS nodes"))
        counts += [int(found[0])] if found and int(found[0]) else []
    print(counts, ask(show))
    assert "running" in ask("SHOW STREAMS")
