"""What is said, and what CI makes of it, where a language is missing."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients import toolchains
from tests.conftest import REPOSITORY


@pytest.mark.parametrize(
    ("prepare", "missing"),
    [(toolchains.javascript_script, "node"), (toolchains.java_script, "java"), (toolchains.go_script, "go")],
)
def test_a_missing_language_is_named(
    prepare: Callable[[Path], list[str]], missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(toolchains.Unavailable, match=f"^there is no {missing}$"):
        prepare(tmp_path)


def test_a_driver_that_cannot_be_fetched_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fetch(folder: Path) -> None:
        (folder / "half").touch()
        toolchains.run([sys.executable, "-c", "raise SystemExit('no network')"], folder, "pip failed")

    with pytest.raises(toolchains.Unavailable, match=r"^pip failed: no network$"):
        toolchains.fetched("python", "a driver", fetch)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    kept = toolchains.fetched("python", "a driver", lambda folder: (folder / "whole").touch())
    assert [path.name for path in kept.iterdir()] == ["whole"]
    assert toolchains.fetched("python", "a driver", fetch) == kept


@pytest.mark.parametrize(("required", "status"), [("kafka,tck", 0), ("clients", 1)])
def test_a_driver_that_ci_requires_is_not_skipped(required: str, status: int, tmp_path: Path) -> None:
    environment = {**os.environ, "MEMGRAPH_TESTS_REQUIRE": required, "PATH": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/clients/test_drivers.py",
        "-k",
        "go",
    ]
    ended = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=240)
    assert ended.returncode == status, ended.stdout
    assert "there is no go" in ended.stdout
    assert ("required by MEMGRAPH_TESTS_REQUIRE and missing: clients" in ended.stdout) == (status == 1)
