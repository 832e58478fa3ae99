"""The scenarios of the openCypher TCK, read from its feature files with outlines expanded."""

import os
from dataclasses import dataclass
from pathlib import Path

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

REPOSITORY = Path(__file__).resolve().parents[2]
BESIDE_THE_REPOSITORY = REPOSITORY.parent / "shared" / "tck" / "features"


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


def locate(option: str | None) -> Path | None:
    """The folder of feature files: as told, by MEMGRAPH_TCK, or beside the repository; None where there is none."""
    told = option or os.environ.get("MEMGRAPH_TCK")
    folder = Path(told) if told else BESIDE_THE_REPOSITORY
    return folder.resolve() if folder.is_dir() else None


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
