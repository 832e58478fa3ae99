"""The image and CI: what they name is there."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from memgraph_py.config import settings_from

REPOSITORY = Path(__file__).resolve().parent.parent
OTHER_VARIABLES = {"MEMGRAPH_KERNEL_CACHE"}


def test_the_image_copies_what_is_there_and_runs_without_privileges() -> None:
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    not_ignored = set((REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split())
    for sources in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        assert all((REPOSITORY / source).exists() for source in sources.split())
        assert {f"!{source.removeprefix('./')}" for source in sources.split()} <= not_ignored
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
