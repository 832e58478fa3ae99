"""The rules of ARCHITECTURE.md that a machine can check."""

import ast
import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

import memgraph_py

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = Path(memgraph_py.__file__).resolve().parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
IDS = [str(path.relative_to(PACKAGE)) for path in MODULES]

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
PARAMETERS_MAX = 6
CATCH_ALL_ALLOWED = {
    "server/bolt_client.py",
    "server/workers.py",
    "streams/consumer.py",
    "cli/shell.py",
    "server/plugins.py",
    "streams/transform_worker.py",
}
"""Where any error may be caught: the three edges at which one client, stream or statement must not take down the rest,
the threads that hand an error on to the first of these, plug-ins, whose errors get their names, and the child that runs
a user's script, which may raise
anything."""
DOCUMENTED_AS_A_WHOLE = ("cypher/ast", "cypher/construction")
"""Modules whose many small parts have the names of grammar rules, and are described by those."""
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc"}

Function = ast.FunctionDef | ast.AsyncFunctionDef
every_module = pytest.mark.parametrize("path", MODULES, ids=IDS)


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[Function]:
    """All functions of a module, methods and inner ones included."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def place(path: Path, node: ast.AST) -> str:
    """Where to look."""
    return f"{path.relative_to(REPOSITORY)}:{node.lineno}"


@every_module
def test_a_file_can_be_read_at_a_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES_MAX


@every_module
def test_functions_are_short_and_take_few_parameters(path: Path) -> None:
    long, wide = [], []
    for function in functions(path):
        first = function.body[1].lineno if _is_kernel(function) else function.lineno
        if function.end_lineno - first + 1 > FUNCTION_LINES_MAX:
            long.append(f"{place(path, function)} {function.name}")
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        own = [argument for argument in named if argument.arg not in ("self", "cls")]
        if len(own) > PARAMETERS_MAX and not _is_kernel(function):
            wide.append(f"{place(path, function)} {function.name}")
    assert long == []
    assert wide == []


@every_module
def test_a_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree(path))


@every_module
def test_public_functions_and_classes_say_what_they_are(path: Path) -> None:
    if path.relative_to(PACKAGE).as_posix().startswith(DOCUMENTED_AS_A_WHOLE):
        return
    undocumented = [
        f"{place(path, node)} {node.name}"
        for node in tree(path).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert undocumented == []


@every_module
def test_errors_are_caught_where_their_cause_is_known(path: Path) -> None:
    if path.relative_to(PACKAGE).as_posix() in CATCH_ALL_ALLOWED:
        return
    caught = [
        place(path, node)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _raises_again(node)
    ]
    assert caught == []


@every_module
def test_numba_is_named_by_kernels_alone(path: Path) -> None:
    if path.relative_to(PACKAGE).parts[0] == "kernels":
        return
    imported = {
        name
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert not {name for name in imported if name.split(".")[0] == "numba"}


@every_module
def test_names_of_modules_say_something(path: Path) -> None:
    assert not FORBIDDEN_NAMES & {*path.relative_to(PACKAGE).with_suffix("").parts}


@every_module
def test_nothing_is_left_to_do(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [word for word in ("TODO", "FIXME", "XXX") if word in text] == []


def test_every_operator_has_a_runner() -> None:
    import_all("memgraph_py.execution")
    from memgraph_py.execution.executor import RUNNERS
    from memgraph_py.plan.operators import Operator

    operators = set(get_args(Operator))
    assert operators
    assert operators - RUNNERS.keys() == set()
    assert RUNNERS.keys() - operators == set()


def test_every_registered_function_has_a_doc() -> None:
    import_all("memgraph_py.functions")
    from memgraph_py.functions import registry

    registered = [
        entry
        for table in vars(registry).values()
        if isinstance(table, dict) and table
        for entry in table.values()
        if isinstance(entry, (registry.Function, registry.AggregateFunction, registry.Procedure))
    ]
    assert len(registered) > 50
    assert [entry.name for entry in registered if not entry.doc.strip()] == []


def test_every_function_tells_its_signature() -> None:
    from memgraph_py.functions.procedures import listed_functions

    import_all("memgraph_py.functions")
    wrong = []
    for function in listed_functions():
        shown = re.fullmatch(r"([\w.]+)\((.*)\) :: [A-Z].*", function.signature)
        if shown is None or shown[1].lower() != function.name:
            wrong.append(function.name)
            continue
        arguments = shown[2].split(", ") if shown[2] else []
        needed = sum(" = " not in argument for argument in arguments)
        most = None if shown[2].endswith("...") else len(arguments)
        if (needed, most) != (function.arguments_min, function.arguments_max) and function.name != "count":
            wrong.append(f"{function.name}: {function.signature}")
    assert wrong == []


def test_every_request_has_a_row() -> None:
    from memgraph_py.bolt.connection import TRANSITIONS
    from memgraph_py.bolt.messages import Request

    handled = {kind for row in TRANSITIONS.values() for kind in row}
    assert set(get_args(Request)) == handled


@pytest.mark.parametrize(
    "name",
    ["haversin", "isnan", "btrim", "cot", "isempty", "ltrim", "char_length", "elementid", "randomuuid"],
)
def test_a_scalar_function_touches_one_file(name: str) -> None:
    import_all("memgraph_py.functions")
    from memgraph_py.functions.registry import FUNCTIONS

    assert name in FUNCTIONS
    naming = [path for path in MODULES if name in {text.lower() for text in _strings(path)}]
    assert [path.relative_to(PACKAGE).parts[0] for path in naming] == ["functions"]


def test_a_clause_touches_four_modules() -> None:
    """Its dataclass, its construction, its analysis, its plan; beside them its rule in the grammar."""
    from memgraph_py.cypher.ast import Clause

    stages = {"cypher/ast/clauses.py", "cypher/construction", "cypher/analysis/queries.py", "planner/planner.py"}
    plain = {"Unwind", "LoadCsv", "Finish"}
    """Those that no other stage has a special word for."""
    named = {clause.__name__ for clause in get_args(Clause)}
    assert plain <= named
    for name in named:
        places = {path.relative_to(PACKAGE).as_posix() for path in MODULES if name in _clauses_named(path)}
        touched = {"cypher/construction" if place.startswith("cypher/construction/") else place for place in places}
        assert stages <= touched, name
        if name in plain:
            assert len(places) == 4, (name, places)


def test_an_operator_touches_two_modules() -> None:
    """Its dataclass and its runner, in the plan and in execution; the planner or a rule then makes use of it."""
    from memgraph_py.plan.operators import Operator

    looked_at = {"Argument", "Expand", "ExpandInto", "ScanRelationships", "Drain"}
    """What other runners look for in a plan of their own."""
    for operator in get_args(Operator):
        places = [
            path.relative_to(PACKAGE).as_posix()
            for path in MODULES
            if path.relative_to(PACKAGE).parts[0] in ("plan", "execution") and operator.__name__ in _names(path)
        ]
        home = f"{operator.__module__.removeprefix('memgraph_py.').replace('.', '/')}.py"
        assert home in places
        runners = [
            place for place in places if place not in (home, "plan/operators.py")
        ]  # where all are named together
        if operator.__name__ not in looked_at:
            assert len(runners) == 1, (operator.__name__, places)


def test_every_module_can_be_imported() -> None:
    import_all("memgraph_py")


def test_the_layers_are_kept() -> None:
    command = shutil.which("lint-imports", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")
    if command is None:
        pytest.skip("import-linter is not installed: pip install '.[lint]'")
    ended = subprocess.run([command], cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout


def import_all(package: str) -> None:
    """Import every module of a package."""
    path = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(path, f"{package}."):
        if not module.name.endswith(("__main__", "transform_worker")):
            importlib.import_module(module.name)


def _strings(path: Path) -> set[str]:
    """All texts that stand in a module."""
    return {
        node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _names(path: Path) -> set[str]:
    """All names that a module uses, and the classes that it makes."""
    nodes = list(ast.walk(tree(path)))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    return used | {node.name for node in nodes if isinstance(node, ast.ClassDef)}


def _clauses_named(path: Path) -> set[str]:
    """What a module names of the syntax tree: operators of a plan have some of the same names."""
    folder = path.relative_to(PACKAGE).parts[0]
    if folder == "cypher":
        own = _names(path)
    elif folder in ("planner", "engine"):
        own = set()
    else:
        return set()
    qualified = {
        node.attr
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ast"
    }
    return own | qualified


def _is_kernel(function: Function) -> bool:
    """A kernel takes arrays one by one, as compiled code has no objects to hold them; its lines count from its body."""
    names = [decorator.func if isinstance(decorator, ast.Call) else decorator for decorator in function.decorator_list]
    return any(isinstance(name, ast.Name) and name.id == "kernel" for name in names)


def _catches_all(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    kinds = [caught] if not isinstance(caught, ast.Tuple) else caught.elts
    return caught is None or any(isinstance(k, ast.Name) and k.id in ("Exception", "BaseException") for k in kinds)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
