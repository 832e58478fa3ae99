"""The scenarios of the openCypher TCK: where they lie or come from, read from feature files with outlines expanded."""

import os
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

REPOSITORY = Path(__file__).resolve().parents[2]
BESIDE_THE_REPOSITORY = REPOSITORY.parent / "shared" / "tck" / "features"
VERSION = "1.0.0-M23"
"""Of `org.opencypher:tck`: the newest release."""
FETCH_SECONDS = 120.0


@dataclass(frozen=True)
class Step:
    """A line of a scenario: its text, the block of text below it, and the cells of the table below it."""

    text: str
    block: str | None
    table: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Scenario:
    """id: `feature path :: scenario name :: example number`, stable over runs; graphs: where named graphs lie."""

    id: str
    steps: tuple[Step, ...]
    graphs: Path


class Missing(Exception):
    """The TCK is not here, and why."""


def locate(option: str | None) -> Path:
    """The folder of feature files: as told, by MEMGRAPH_TCK, beside the repository, or fetched once by Maven into the
    user's cache folder. Raises Missing."""
    told = option or os.environ.get("MEMGRAPH_TCK")
    folder = Path(told) if told else BESIDE_THE_REPOSITORY
    if folder.is_dir():
        return folder.resolve()
    if told:
        raise Missing(f"the openCypher TCK is not in {told}: --tck PATH or MEMGRAPH_TCK tells where its features are")
    return _fetched() / "features"


def _fetched() -> Path:
    """What the TCK's jar holds: `features` and `graphs`."""
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "memgraph-py" / "tests" / f"tck-{VERSION}"
    )
    if cache.is_dir():
        return cache
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing(
            "the openCypher TCK is not here: MEMGRAPH_TCK names no folder, and there is no mvn to fetch it with"
        )
    cache.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.parent) as name:
        folder = Path(name)
        (folder / "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>memgraph-py</groupId><artifactId>tck-for-tests</artifactId><version>1</version>"
            "<dependencies><dependency><groupId>org.opencypher</groupId><artifactId>tck</artifactId>"
            f"<version>{VERSION}</version><exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId>"
            "</exclusion></exclusions></dependency></dependencies></project>"
        )
        command = [maven, "--batch-mode", "--quiet", "dependency:copy-dependencies", "-DoutputDirectory=jars"]
        try:
            ended = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise Missing("the openCypher TCK is not here, and Maven took too long to fetch it") from None
        if ended.returncode != 0:
            raise Missing(f"the openCypher TCK is not here, and Maven could not fetch it: {ended.stdout[-500:]}")
        (jar,) = (folder / "jars").glob("tck-*.jar")
        with zipfile.ZipFile(jar) as archive:
            archive.extractall(folder / "all")
        try:
            (folder / "all").rename(cache)
        except OSError:  # another run was first
            if not cache.is_dir():
                raise
    return cache


def read_all(folder: Path) -> list[Scenario]:
    """All scenarios, by path, in the order of the files."""
    parser, compiler = Parser(), Compiler()
    scenarios: list[Scenario] = []
    for path in sorted(folder.rglob("*.feature")):
        scenarios.extend(_read(path, folder, parser, compiler))
    return scenarios


def _read(path: Path, folder: Path, parser: Parser, compiler: Compiler) -> list[Scenario]:
    document = parser.parse(path.read_text(encoding="utf-8"))
    document["uri"] = str(path)
    names = {
        child["scenario"]["id"]: child["scenario"]["name"]
        for child in document["feature"]["children"]
        if "scenario" in child
    }
    feature = path.relative_to(folder).as_posix()
    examples: dict[str, int] = {}
    scenarios: list[Scenario] = []
    for pickle in compiler.compile(document):
        source = pickle["astNodeIds"][0]
        number = examples.get(source, 0)
        examples[source] = number + 1
        id = f"{feature} :: {' '.join(names[source].split())} :: {number}"
        scenarios.append(Scenario(id, tuple(map(_step, pickle["steps"])), folder.parent / "graphs"))
    return scenarios


def _step(step: dict) -> Step:
    argument = step.get("argument") or {}
    block = argument["docString"]["content"] if "docString" in argument else None
    rows = argument["dataTable"]["rows"] if "dataTable" in argument else []
    table = tuple(tuple(cell["value"] for cell in row["cells"]) for row in rows)
    return Step(step["text"], block, table)
