"""The container files name flags, variables, files and ports that there are."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from memgraph_py.cli.main import COMMANDS
from memgraph_py.config import settings_from

REPOSITORY = Path(__file__).resolve().parent.parent
OTHER_VARIABLES = {"MEMGRAPH_KERNEL_CACHE"}


@pytest.fixture(scope="module")
def compose() -> dict[str, dict[str, dict[str, object]]]:
    return yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))


def test_the_server_of_the_composition_starts_as_its_flags_say(compose: dict) -> None:
    service = compose["services"]["memgraph"]
    environment = service["environment"]
    known = settings_from({}, environment)
    assert environment.keys() == {f"MEMGRAPH_{name.upper()}" for name in known.__slots__} & environment.keys()
    assert service["command"] == ["serve"] and "serve" in COMMANDS
    assert (known.bolt_address, known.http_address) == ("0.0.0.0", "0.0.0.0")
    assert f"127.0.0.1:{known.bolt_port}:{known.bolt_port}" in service["ports"]
    assert f"127.0.0.1:{known.http_port}:{known.http_port}" in service["ports"]
    assert f"graph:{known.data_directory}" in service["volumes"]
    assert known.transform_hosts == ("transforms",) and "transforms" in compose["services"]


def test_kafka_has_a_listener_for_each_side(compose: dict) -> None:
    environment = compose["services"]["kafka"]["environment"]
    listeners = dict(part.split("://") for part in environment["KAFKA_LISTENERS"].split(","))
    advertised = dict(part.split("://") for part in environment["KAFKA_ADVERTISED_LISTENERS"].split(","))
    protocols = dict(part.split(":") for part in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert protocols.keys() == listeners.keys() == {*advertised, environment["KAFKA_CONTROLLER_LISTENER_NAMES"]}
    assert environment["KAFKA_INTER_BROKER_LISTENER_NAME"] in advertised
    for name, address in advertised.items():
        assert address.endswith(listeners[name])
    assert advertised["INNER"].startswith("kafka:")
    outer = listeners["OUTER"].removeprefix(":")
    assert compose["services"]["kafka"]["ports"] == [f"127.0.0.1:{outer}:{outer}"]


def test_every_service_tells_its_health_and_is_waited_for(compose: dict) -> None:
    services = compose["services"]
    assert all("healthcheck" in service for service in services.values())
    waited = services["memgraph"]["depends_on"]
    assert {name: entry["condition"] for name, entry in waited.items()} == {
        "kafka": "service_healthy",
        "transforms": "service_healthy",
    }
    named = {volume.partition(":")[0] for service in services.values() for volume in service["volumes"]}
    assert {name for name in named if not name.startswith(".")} == compose["volumes"].keys()
    assert all((REPOSITORY / name).is_dir() for name in named if name.startswith("."))
    assert (REPOSITORY / "examples" / "transform.py").is_file()


def test_the_image_copies_what_is_there_and_runs_without_privileges() -> None:
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    for sources in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        assert all((REPOSITORY / source).exists() for source in sources.split())
    variables = dict(re.findall(r"(MEMGRAPH_[A-Z_]+)=(\S+)", text))
    known = settings_from({}, variables)
    assert (
        variables.keys() - OTHER_VARIABLES
        == {f"MEMGRAPH_{name.upper()}" for name in known.__slots__} & variables.keys()
    )
    assert str(known.data_directory) == "/data"
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE) == ["memgraph"]
    assert text.index("USER memgraph") < text.index("memgraph_py.kernels") < text.index("ENTRYPOINT")
    ports = re.search(r"^EXPOSE (.+)$", text, re.MULTILINE).group(1).split()
    assert ports == [str(known.bolt_port), str(known.http_port)]


def test_ci_runs_the_command_of_the_readme() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    text, readme = script.read_text(encoding="utf-8"), (REPOSITORY / "README.md").read_text(encoding="utf-8")
    install, tests = "python3 -m venv .venv && .venv/bin/pip install", ".venv/bin/pytest"
    assert f"{install} '.[test]' && {tests}" in readme
    assert f"{install} -q '.[test]' &&" in text and tests in text
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0


@pytest.mark.parametrize(("required", "status"), [("", 0), ("kafka", 0), ("kafka,tck", 1)])
def test_what_ci_requires_is_not_skipped(required: str, status: int) -> None:
    environment = {**os.environ, "MEMGRAPH_TESTS_REQUIRE": required, "MEMGRAPH_TCK": "/nowhere"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/tck/test_tck.py"]
    ended = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == status, ended.stdout
    assert ("required by MEMGRAPH_TESTS_REQUIRE and missing: tck" in ended.stdout) == (status == 1)
