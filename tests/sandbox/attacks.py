"""What an attack is, and the script that carries it out.

``stopped`` is what the script, or the server, sees of the layer that stops it: Landlock answers EACCES, seccomp EPERM,
ENOSYS or SIGSYS, each other layer in its own words. ``without`` is what happens when that one layer is left out: the
attack succeeds (``done``), or the next layer stops it. It is empty where an attack that succeeds would hurt the machine
that runs the tests, or where the layer cannot be left out.
"""

from dataclasses import dataclass

from memgraph_py.streams.sandbox import Layer


@dataclass(frozen=True, slots=True)
class Attack:
    """body: of ``attack(batch)``, indented by nothing; or, when it defines ``stream`` itself, the whole script."""

    name: str
    layer: Layer
    body: str
    stopped: str
    without: str = ""
    batches: int = 1

    @property
    def seconds(self) -> float:
        """How long it may take: little where it is the time that stops it, else so long that time does not."""
        return 0.4 if self.layer in (Layer.DEADLINE, Layer.OUTPUT_LIMITS) else 30.0

    @property
    def source(self) -> str:
        """The script."""
        if "def stream(" in self.body:
            return f"{PRELUDE}\n{self.body}\n"
        lines = "\n".join(f"    {line}" for line in self.body.splitlines())
        return f"{PRELUDE}\ndef attack(batch):\n{lines}\n{STREAM}"


PRELUDE = '''
import ctypes, errno, json, os, sys, time

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
parent = os.getppid()

def call(number, *arguments):
    """A raw system call."""
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), 'call %d' % number)
    return result

def each(*attempts):
    """What stopped them: names of errors, or done."""
    found = set()
    for attempt in attempts:
        try:
            attempt()
            found.add('done')
        except OSError as error:
            found.add(errno.errorcode[error.errno])
        except BaseException as error:
            found.add(type(error).__name__)
    return ' '.join(sorted(found))

def read(path, count=64):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, count)
    finally:
        os.close(descriptor)
'''

STREAM = """
def stream(batch):
    try:
        return [('done', {'text': repr(attack(batch))[:300]})]
    except BaseException as error:
        name = errno.errorcode.get(getattr(error, 'errno', None) or 0, type(error).__name__)
        return [('stopped', {'text': name + ': ' + str(error)[:300]})]
"""


def outcome(answer: dict[str, object]) -> str:
    """`done: …`, or what stopped it, from a host's answer."""
    if answer["fault"] is not None:
        return str(answer["fault"]).partition("\n")[2]
    answers = answer["answers"]
    assert isinstance(answers, list)
    if not answers:
        return "done: nothing returned"
    query, parameters = answers[0]
    return str(parameters["text"]) if query == "stopped" else f"done: {parameters.get('text', parameters)}"
