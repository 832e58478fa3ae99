"""Jars for tests, fetched once by Maven into the user's cache folder."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

JAVA_OLDEST = 17
FETCH_SECONDS = 600.0
Artifact: TypeAlias = tuple[str, str, str]
"""Group, name, version."""


class Unavailable(Exception):
    """What a test needs cannot be had here; the text is the reason."""


def jars(name: str, artifacts: Sequence[Artifact]) -> Path:
    """The folder with the jars of these artifacts and of all that they need. Raises Unavailable.

    name: of the folder in the cache; with the version in it, as what is there is not looked at again.
    """
    check_java()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "memgraph-py" / "tests"
    folder = cache / name
    if not folder.is_dir():
        _fetch(folder, artifacts)
    return folder


def check_java() -> None:
    """Raises Unavailable where there is no Java that is new enough."""
    java = shutil.which("java")
    if java is None:
        raise Unavailable("no java")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found.group(1)) < JAVA_OLDEST:
        raise Unavailable(f"java is older than {JAVA_OLDEST}")


def _fetch(folder: Path, artifacts: Sequence[Artifact]) -> None:
    """Let Maven put the jars there: all of them or none."""
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable(f"no mvn to fetch {folder.name} with")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        dependencies = "".join(
            f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
            for group, name, version in artifacts
        )
        Path(work, "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>memgraph-py</groupId><artifactId>for-tests</artifactId><version>1</version>"
            f"<dependencies>{dependencies}</dependencies></project>"
        )
        command = [maven, "--batch-mode", "--quiet", "dependency:copy-dependencies"]
        command += ["-DoutputDirectory=libs", "-DincludeScope=runtime"]
        fetched = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
        if fetched.returncode != 0:
            raise Unavailable(f"Maven could not fetch {folder.name}: {fetched.stdout[-500:]}")
        with contextlib.suppress(FileExistsError, OSError):  # another run was first
            Path(work, "libs").rename(folder)
