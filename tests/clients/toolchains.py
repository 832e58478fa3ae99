"""How the script of each language is made ready: its driver fetched into the user's cache folder, the sources copied
and compiled in a folder of the test.

Nothing is written into the repository, so lock files and their addresses never get there. A fetched driver is kept
under a name that tells what was asked for; Go keeps its modules itself.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

FETCH_SECONDS = 240.0
HERE = Path(__file__).parent
JAVA_ARTIFACTS = {"org.neo4j.driver:neo4j-java-driver": "[6.2,7)"}
JAVA_LEAST = 17
JAVASCRIPT_PACKAGE = "neo4j-driver@>=5.28"
JAVASCRIPT_LEAST = 18
GO_MODULE, GO_VERSION = "github.com/neo4j/neo4j-go-driver/v5", "v5.28.4"
"""Go takes the least version that is asked for. This one compiles with Go 1.18 and newer."""


class Unavailable(Exception):
    """The script cannot be run here; the text is the reason."""


def python_script(requirement: str, script: str = "main.py") -> list[str]:
    """The command for a driver of its own virtual environment, without the script's arguments. Raises Unavailable."""

    def fetch(folder: Path) -> None:
        run([sys.executable, "-m", "venv", str(folder)], folder, "python has no venv")
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, requirement], folder, f"pip could not fetch {requirement}")

    folder = fetched("python", f"{requirement} {sys.version}", fetch)
    return [str(folder / "bin" / "python"), str(HERE / "python" / script)]


def javascript_script(work: Path) -> list[str]:
    """The command for Node; work is a folder of the test. Raises Unavailable."""
    node, npm = tool("node"), tool("npm")
    told = run([node, "--version"], work, "node does not tell its version").stdout
    if int(told.removeprefix("v").partition(".")[0]) < JAVASCRIPT_LEAST:
        raise Unavailable(f"node is {told.strip()}, older than {JAVASCRIPT_LEAST}")

    def fetch(folder: Path) -> None:
        (folder / "package.json").write_text('{"private": true}\n')
        command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", JAVASCRIPT_PACKAGE]
        run(command, folder, f"npm could not fetch {JAVASCRIPT_PACKAGE}")

    folder = fetched("javascript", JAVASCRIPT_PACKAGE, fetch)
    shutil.copytree(HERE / "javascript", work / "javascript")
    (work / "javascript" / "node_modules").symlink_to(folder / "node_modules")
    return [node, str(work / "javascript" / "main.mjs")]


def java_script(work: Path) -> list[str]:
    """The command for Java; work is a folder of the test. Raises Unavailable."""
    java, javac, maven = tool("java"), tool("javac"), tool("mvn")
    told = run([java, "-version"], work, "java does not tell its version").stderr
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found.group(1)) < JAVA_LEAST:
        raise Unavailable(f"java is older than {JAVA_LEAST}: {told.strip()}")

    def fetch(folder: Path) -> None:
        dependencies = "".join(
            "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>".format(
                *name.split(":"), version
            )
            for name, version in JAVA_ARTIFACTS.items()
        )
        (folder / "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>memgraph-py</groupId><artifactId>driver-for-tests</artifactId><version>1</version>"
            f"<dependencies>{dependencies}</dependencies></project>"
        )
        command = [maven, "--batch-mode", "--quiet", "dependency:copy-dependencies", "-DoutputDirectory=libs"]
        run(command, folder, f"mvn could not fetch {JAVA_ARTIFACTS}")

    libraries = fetched("java", str(JAVA_ARTIFACTS), fetch) / "libs"
    sources = [str(path) for path in sorted((HERE / "java").glob("*.java"))]
    classes = work / "classes"
    compiled = [javac, "-encoding", "UTF-8", "-cp", f"{libraries}/*", "-d", str(classes), *sources]
    run(compiled, work, "javac did not compile the script", unavailable=False)
    return [java, "-XX:TieredStopAtLevel=1", "-cp", f"{classes}:{libraries}/*", "Main"]


def go_script(work: Path) -> list[str]:
    """The command for the compiled script; work is a folder of the test. Raises Unavailable."""
    go = tool("go")
    folder = work / "go"
    shutil.copytree(HERE / "go", folder)
    (folder / "go.mod").write_text(f"module checks\n\ngo 1.18\n\nrequire {GO_MODULE} {GO_VERSION}\n")
    run([go, "mod", "tidy"], folder, f"go could not fetch {GO_MODULE}")
    run([go, "build", "-o", "checks", "."], folder, "go did not compile the script", unavailable=False)
    return [str(folder / "checks")]


def fetched(language: str, wanted: str, fetch: Callable[[Path], None]) -> Path:
    """The cached folder with what is wanted; ``fetch`` fills a new one, which is kept only when it ends well."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "memgraph-py" / "tests" / "clients"
    folder = cache / f"{language}-{hashlib.sha256(wanted.encode()).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as made:
        new = Path(made, "new")
        new.mkdir()
        fetch(new)
        with contextlib.suppress(OSError):  # another run was first
            new.rename(folder)
    return folder


def tool(name: str) -> str:
    """The path of a program. Raises Unavailable."""
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"there is no {name}")
    return found


def run(
    command: list[str], folder: Path, problem: str, *, unavailable: bool = True
) -> "subprocess.CompletedProcess[str]":
    """A command that must end well; else raises Unavailable, or AssertionError where our own source is at fault."""
    try:
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{problem}: no end within {FETCH_SECONDS:g} s") from None
    if ended.returncode != 0:
        text = f"{problem}: {(ended.stderr or ended.stdout).strip()[-2_000:]}"
        raise Unavailable(text) if unavailable else AssertionError(text)
    return ended
