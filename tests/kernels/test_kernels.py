"""The kernel decorator."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import numpy as np
import memgraph_py.kernels as kernels

seen = []
kernels.on_compile(seen.append)

@kernels.kernel("uint64(uint64[::1])")
def product(values):
    result = np.uint64(1)
    for value in values:
        result = result * value
    return result

assert seen == ["product"], seen
print(product(np.array([1 << 40, 1 << 40], dtype=np.uint64)), kernels.is_compiled())
try:
    product(np.array([1.0]))
except TypeError:
    print("refused")
"""

LATER = """
import numpy as np
import memgraph_py.kernels as kernels

seen = []
kernels.on_compile(seen.append)
kernels.let_compiling_wait()

@kernels.kernel("int64(int64)")
def one_more(value):
    return value + 1

@kernels.kernel("int64(int64)")
def two_more(value):
    return one_more(one_more(value))

@kernels.kernel("int64(int64[::1])")
def total(values):
    result = np.int64(0)
    for value in values:
        result += two_more(value)
    return result

values = np.array([1, 2], dtype=np.int64)
print(len(seen), kernels.are_pending(), total(values))
kernels.compile_pending()
kernels.wait_while_loading()
print(",".join(seen), kernels.are_pending(), total(values), sum(total.call.stats.cache_hits.values()))

@kernels.kernel("int64(int64)")
def three_more(value):
    return value + 3

print(three_more(1), hasattr(three_more, "signatures"))
"""

AWAITED = """
import threading
import numpy as np
import memgraph_py.kernels as kernels

seen = []
kernels.on_compile(seen.append)
kernels.let_compiling_wait()
at_first, go_on = threading.Event(), threading.Event()

@kernels.kernel("int64(int64)")
def first(value):
    return value

@kernels.kernel("int64(int64)")
def one_more(value):
    return value + 1

@kernels.kernel("int64(int64)")
def unasked(value):
    return value

@kernels.kernel("int64(int64[::1])")
def total(values):
    result = np.int64(0)
    for value in values:
        result += one_more(value)
    return result

def hold(name):
    if name == "first":
        at_first.set()
        go_on.wait()

kernels.on_compile(hold)
compiling = threading.Thread(target=kernels.compile_pending)
compiling.start()
at_first.wait()
few, many = np.zeros(4, dtype=np.int64), np.zeros(1 << 15, dtype=np.int64)
told = []
asking = threading.Thread(target=lambda: told.extend((total(few), seen[-1], total(many), seen[-1])))
asking.start()
while not kernels._waiting.wanted:
    pass
print(total(many[:100]), total(many))
go_on.set()
asking.join()
print(*told)
compiling.join()
print(",".join(seen))
"""


def run_program(tmp_path: Path, text: str = PROGRAM, **environment: str) -> list[str]:
    program = tmp_path / "program.py"
    program.write_text(text)
    root = str(Path(__file__).parents[2])
    result = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, "PYTHONPATH": root, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == ""
    return result.stdout.split()


def test_a_kernel_is_cached_in_the_stated_folder_and_refuses_other_types(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run_program(tmp_path, MEMGRAPH_KERNEL_CACHE=str(cache), NUMBA_DISABLE_JIT="0") == ["0", "True", "refused"]
    assert list(cache.rglob("*.nbi"))


def test_kernels_that_may_wait_run_as_they_stand_until_they_are_compiled_or_loaded(tmp_path: Path) -> None:
    environment = {"MEMGRAPH_KERNEL_CACHE": str(tmp_path / "cache"), "NUMBA_DISABLE_JIT": "0"}
    for loaded in ("0", "1"):
        told = run_program(tmp_path, LATER, **environment)
        assert told == ["0", "True", "7", "one_more,two_more,total", "False", "7", loaded, "4", "True"]


def test_a_thread_with_much_data_waits_for_its_kernel_which_is_compiled_next(tmp_path: Path) -> None:
    environment = {"MEMGRAPH_KERNEL_CACHE": str(tmp_path / "cache"), "NUMBA_DISABLE_JIT": "0"}
    told = run_program(tmp_path, AWAITED, **environment)
    assert told[:2] == ["100", str(1 << 15)]  # the main thread does not wait
    assert told[2:5] == ["4", "first", str(1 << 15)] and told[5] in ("total", "unasked")
    assert told[6] == "first,one_more,total,unasked"


def test_without_the_compiler_the_plain_function_wraps_on_overflow(tmp_path: Path) -> None:
    assert run_program(tmp_path, NUMBA_DISABLE_JIT="1")[:2] == ["0", "False"]


def test_where_no_cache_can_be_written_kernels_work_and_a_warning_says_what_to_set() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "MEMGRAPH_KERNEL_CACHE"}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],  # a program without a file has no folder beside it
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[2]), "NUMBA_DISABLE_JIT": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ["0", "True", "refused"]
    assert result.stderr.count("set MEMGRAPH_KERNEL_CACHE") == 1
