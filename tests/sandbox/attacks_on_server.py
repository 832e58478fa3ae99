"""Attacks on what the server gives a script: memory, time, the reply channel, the worker's own code."""

import sys

from memgraph_py.streams.sandbox import Layer
from tests.sandbox.attacks import Attack

LIMITS, DEADLINE, REPLY = Layer.LIMITS, Layer.DEADLINE, Layer.REPLY_CHECKS
LATE = "the script did not answer within 0.4 s and was ended"

MEMORY = [
    Attack("four gigabytes at once", LIMITS, "return len(bytearray(4 << 30))", "MemoryError"),
    Attack("a slow leak", LIMITS, "held = []\nwhile True:\n    held.append(bytearray(1 << 20))", "MemoryError"),
    Attack("a map of memory", LIMITS, "import mmap\nreturn len(mmap.mmap(-1, 4 << 30))", "ENOMEM", "done"),
    Attack("a raw map of memory", LIMITS, "return call(9, 0, 1 << 32, 3, 0x4022, -1, 0)", "ENOMEM", "done"),
    Attack("an array", LIMITS, "import numpy\nreturn numpy.zeros(1 << 30).sum()", "MemoryError"),
    Attack("a text that doubles", LIMITS, "text = 'x'\nwhile True:\n    text += text", "MemoryError"),
    Attack("a compressed bomb", LIMITS,
           "import zlib\nworm = zlib.compressobj(9, zlib.DEFLATED, -15)\n"
           "part = worm.compress(bytes(1 << 24)) + worm.flush(zlib.Z_FULL_FLUSH)\n"
           "return len(zlib.decompress(part * 40 + worm.flush(), -15, 1 << 30))", "MemoryError"),
    Attack("locked memory", Layer.SECCOMP, "return each(lambda: call(149, 0, 4096), lambda: call(151, 3))", "'EPERM'"),
    Attack("open files without end", LIMITS,
           "held = []\nwhile True:\n    held.append(open(os.__file__))\n    assert len(held) < 200", "EMFILE",
           "AssertionError"),
    Attack("recursion in Python", LIMITS, "def f(): f()\nreturn f()", "RecursionError"),
    Attack("recursion in C", LIMITS,
           "sys.setrecursionlimit(1 << 30)\ndef f(_): return list(map(f, [0]))\nreturn f(0)",
           "RecursionError" if sys.version_info >= (3, 12) else "SIGSEGV"),
    Attack("recursion of types", LIMITS, "x = ()\nfor _ in range(1 << 20):\n    x = (x,)\nreturn hash(x)", "SIGSEGV"),
    Attack("a null pointer", LIMITS, "return ctypes.string_at(0)", "SIGSEGV"),
]  # fmt: skip

TIME = [
    Attack("an endless loop", DEADLINE, "while True:\n    pass", LATE),
    Attack("a loop that catches everything", DEADLINE,
           "import signal\nfor number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n"
           "    except (OSError, ValueError): pass\n"
           "while True:\n    try:\n        while True: pass\n    except BaseException: pass", LATE),
    Attack("a loop with signals blocked", DEADLINE,
           "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True:\n    pass", LATE),
    Attack("sleep", DEADLINE, "time.sleep(60)", LATE),
    Attack("an endless loop at the end of an object", DEADLINE,
           "class Clinging:\n    def __del__(self):\n        while True: pass\nClinging()", LATE),
    Attack("a power that takes years, in C", DEADLINE, "return 9 ** 9 ** 9", LATE),
    Attack("a regular expression that takes years, in C", DEADLINE,
           "import re\nreturn re.match('(a+)+$', 'a' * 60 + 'b')", LATE),
    Attack("a digit at a time", DEADLINE, "return len(str(7 ** 10_000_000 % 10 ** 9_000_000)) if "
           "sys.set_int_max_str_digits(0) is None else 0", LATE),
    Attack("stop itself", DEADLINE, "import signal\nsignal.raise_signal(signal.SIGSTOP)", LATE),
    Attack("wait for a lock", DEADLINE, "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
           LATE),
    Attack("read the channel", DEADLINE,
           "for n in range(3, 64):\n    try: os.read(n, 1)\n    except OSError: pass", LATE),
    Attack("a loop while it is loaded", DEADLINE, "while True: pass\ndef stream(batch): return []", LATE),
    Attack("a list without end", LIMITS,
           "class Endless(list):\n    def __iter__(self):\n"
           "        while True: yield ('Q', {'v': 'x' * 1_000_000 + str(id({}))})\n"
           "def stream(batch): return Endless([1])", "MemoryError"),
    Attack("an endless flood of standard error", Layer.OUTPUT_LIMITS,
           "while True:\n    os.write(2, b'x' * 65536)", LATE),
    Attack("an endless print", Layer.OUTPUT_LIMITS, "while True:\n    print('x' * 1000, file=sys.stderr)", LATE),
]  # fmt: skip

CHANNEL = """
import struct
def to_all(data):
    for n in range(3, 64):
        try: os.write(n, data)
        except OSError: pass
def frame(payload):
    return struct.pack('<I', len(payload)) + payload
"""
REPLIES = [
    Attack("a huge length", REPLY,
           CHANNEL + "def stream(batch):\n    to_all(b'\\xff\\xff\\xff\\x7f')\n    time.sleep(60)",
           "take 2147483647 bytes, more than 67108864"),
    Attack("a reply of 100 MB", REPLY, "def stream(batch): return [('Q', {'v': 'x' * 1_000_000})] * 100",
           "more than 67108864"),
    Attack("a million queries and one", REPLY, "def stream(batch): return [('Q', {})] * 1_000_001",
           "more than 1000000 queries for one batch"),
    Attack("an endless reply", REPLY, CHANNEL + "def stream(batch):\n    while True: to_all(b'\\0\\0\\0\\x01' * 16384)",
           "cannot be read"),
    Attack("a byte now and then", DEADLINE,
           CHANNEL + "def stream(batch):\n    to_all(b'\\xff\\0\\0\\0')\n    while True:\n        to_all(b'x')\n"
           "        time.sleep(0.1)", LATE),
    Attack("the reply to another batch", REPLY,
           CHANNEL + "def stream(batch):\n    to_all(frame(b'\\x93\\x07\\xa0\\x90'))\n    time.sleep(60)",
           "the reply belongs to another batch"),
    Attack("a reply before it was asked", REPLY,
           CHANNEL + "to_all(frame(b'\\xa0') + frame(b'\\x93\\x01\\xa0\\x90'))\ndef stream(batch): return []",
           "between two batches"),
    Attack("two replies to one batch", REPLY,
           CHANNEL + "def stream(batch):\n    to_all(frame(b'\\x93\\x01\\xa0\\x90'))\n    return []",
           "batch", batches=2),
    Attack("no reply but noise", REPLY, CHANNEL + "def stream(batch):\n    to_all(frame(os.urandom(4096)))",
           "cannot be read"),
    Attack("an error of 60 MB", REPLY,
           CHANNEL + "def stream(batch):\n    to_all(frame(b'\\x93\\x01\\xdb\\x03\\x93\\x87\\0' + b'E' * 60_000_000 + "
           "b'\\x90'))\n    time.sleep(60)", "EEEE"),
    Attack("a million levels", REPLY,
           "def stream(batch):\n    x = []\n    for _ in range(1_000_000): x = [x]\n    return [('Q', {'v': x})]",
           "nested too deeply"),
    Attack("forged levels", REPLY,
           CHANNEL + "def stream(batch):\n    head = b'\\x93\\x01\\xa0\\x91\\x94\\xa1Q\\x01\\x91\\xa1v\\x91\\x91'\n"
           "    to_all(frame(head + b'\\x91' * 100_000 + b'\\xc0'))\n    time.sleep(60)", "the reply"),
    Attack("a list within itself", REPLY,
           "def stream(batch):\n    x = []\n    x.append(x)\n    return [('Q', {'v': x})]", "nested too deeply"),
    Attack("sixteen million empty maps", REPLY,
           CHANNEL + "def stream(batch):\n    to_all(frame(b'\\x93\\x01\\xa0\\x91\\x94\\xa1Q\\x01\\x91\\xa1v\\x91\\x91"
           "\\xdd\\0\\xff\\xff\\xff' + b'\\x80' * 0xffffff))\n    time.sleep(60)", "bytes of memory"),
]  # fmt: skip

WORKER = "worker = sys.modules['memgraph_py.streams.transform_worker']\n"
OWN_PROCESS = [
    Attack("leave", REPLY, "os._exit(7)", "the script's process ended with status 7"),
    Attack("leave politely", REPLY, "sys.exit(0)", "SystemExit"),
    Attack("abort", REPLY, "os.abort()", "the script's process was ended by SIGABRT"),
    Attack("kill itself", REPLY, "import signal\nsignal.raise_signal(9)", "the script's process was ended by SIGKILL"),
    Attack("close everything", REPLY, "os.closerange(0, 256)\ntime.sleep(60)", "the script"),
    Attack("no checks in the worker", REPLY,
           WORKER + "worker.group = lambda answer, depth: answer\nreturn None", "cannot be read"),
    Attack("another encoder", REPLY,
           WORKER + "def stream(batch):\n    worker._encode = lambda *a: a[3].extend(b'....\\xc1')\n    return []",
           "cannot be read"),
    Attack("another group()", REPLY,
           WORKER + "def stream(batch):\n    worker.group = lambda *a: [('Q', 1, ['v'], [[b'bytes']])]\n    return []",
           "of a type that is not allowed"),
    Attack("another channel", REPLY,
           WORKER + "def stream(batch):\n    worker.Channel.send_framed = lambda *a: os._exit(5)\n    return []",
           "ended with status 5"),
    Attack("the worker's own frames", REPLY,
           "names = sys._getframe(2).f_locals\nnames['channel'].send(b'\\x93\\x63\\xa0\\x90')\ntime.sleep(60)",
           "the reply belongs to another batch"),
    Attack("collected rubbish", REPLY,
           "import gc\nfor thing in gc.get_objects():\n    if type(thing).__name__ == 'Channel':\n"
           "        thing.send(b'\\x01')\ntime.sleep(60)", "cannot be read"),
    Attack("at its exit", REPLY, "import atexit\natexit.register(lambda: time.sleep(60))\nos.kill(0, 0)", "EPERM"),
    Attack("an exception that hides", REPLY,
           "def stream(batch):\n    class E(Exception):\n        def __str__(self): raise SystemExit\n    raise E",
           "E"),
    Attack("a class that lies about itself", REPLY,
           "class Liar(bytes):\n    __class__ = str\ndef stream(batch): return [('Q', {'v': Liar(b'x')})]", "Liar"),
    Attack("a map that changes", REPLY,
           "class Changing(dict):\n    def items(self): return [(1, b'2')]\n    def keys(self): return {1}\n"
           "def stream(batch): return [('Q', {'v': Changing(a=1)})]", "done: {'v': {'a': 1}}"),
    Attack("standard input", REPLY, "return sys.stdin.read()", "done: ''"),
]  # fmt: skip

ATTACKS = MEMORY + TIME + REPLIES + OWN_PROCESS
