"""Attacks on files: reading, listing, writing, by every road there is."""

from memgraph_py.streams.sandbox import Layer
from tests.sandbox.attacks import Attack

LANDLOCK, SECCOMP = Layer.LANDLOCK, Layer.SECCOMP

READING = [
    Attack("read the users", LANDLOCK, "return read('/etc/passwd')", "EACCES", "done: b'root:"),
    Attack("read the passwords", LANDLOCK, "return read('/etc/shadow')", "EACCES", "EACCES"),
    Attack("read the parent's environment", LANDLOCK, "return read(f'/proc/{parent}/environ')", "EACCES", "EACCES"),
    Attack("read the parent's command line", LANDLOCK, "return read(f'/proc/{parent}/cmdline')", "EACCES", "done: b'"),
    Attack("read the parent's memory", LANDLOCK, "return read(f'/proc/{parent}/mem')", "EACCES", "EACCES"),
    Attack("read the parent's map", LANDLOCK, "return read(f'/proc/{parent}/maps')", "EACCES", "EACCES"),
    Attack("open the parent's descriptors", LANDLOCK, "return [read(f'/proc/{parent}/fd/{n}') for n in range(9)]",
           "EACCES", "EACCES"),
    Attack("list the parent's descriptors", LANDLOCK, "return os.listdir(f'/proc/{parent}/fd')", "EACCES", "EACCES"),
    Attack("follow the parent's links", LANDLOCK,
           "return each(*[lambda n=n: os.readlink(f'/proc/{parent}/{n}') for n in ('exe', 'cwd', 'root', 'fd/0')])",
           "'EACCES'", "'EACCES'"),
    Attack("read its own environment", LANDLOCK, "return read('/proc/self/environ')", "EACCES", "EACCES"),
    Attack("read its own memory", LANDLOCK, "return read('/proc/self/mem')", "EACCES", "EACCES"),
    Attack("read its own map", LANDLOCK, "return read('/proc/self/maps')", "EACCES", "done"),
    Attack("list its own descriptors", LANDLOCK, "return os.listdir('/proc/self/fd')", "EACCES", "done"),
    Attack("list the processes", LANDLOCK, "return os.listdir('/proc')", "EACCES", "done: ["),
    Attack("read what other processes run", LANDLOCK, "return read('/proc/1/cmdline')", "EACCES", "done"),
    Attack("read the network's state", LANDLOCK, "return read('/proc/net/tcp'), read('/proc/self/net/unix')",
           "EACCES", "done"),
    Attack("read the kernel's state", LANDLOCK,
           "return each(*[lambda p=p: read(p) for p in ('/proc/kallsyms', '/proc/version', '/sys/kernel/notes')])",
           "'EACCES'", "done"),
    Attack("list the root", LANDLOCK, "return os.listdir('/')", "EACCES", "done: ["),
    Attack("list homes", LANDLOCK, "return each(lambda: os.listdir('/home'), lambda: os.listdir('/root'))",
           "'EACCES'", "done"),
    Attack("walk the file system", LANDLOCK,
           "import glob\nfound = glob.glob('/*/*', recursive=True)\nassert not found, found\nreturn read('/etc')",
           "EACCES", "AssertionError"),
    Attack("list the shared memory", LANDLOCK, "return os.listdir('/dev/shm')", "EACCES", "done: ["),
    Attack("read the data folder", LANDLOCK, "return read('FOLDER/data/graph.log')", "EACCES", "EACCES"),
    Attack("list the data folder", LANDLOCK, "return os.listdir('FOLDER/data')", "EACCES", "EACCES"),
    Attack("read the server's log", LANDLOCK, "return read('FOLDER/server.log')", "EACCES", "EACCES"),
    Attack("read devices", LANDLOCK,
           "return each(*[lambda p=p: read(p) for p in ('/dev/zero', '/dev/full')])", "'EACCES'", "done"),
    Attack("open by path only, then again", LANDLOCK,
           "fd = os.open('/etc/passwd', os.O_PATH)\nreturn read(f'/proc/self/fd/{fd}')", "EACCES", "done: b'root:"),
    Attack("open relative to a folder it may read", LANDLOCK,
           "fd = os.open(os.path.dirname(os.__file__), os.O_RDONLY)\n"
           "return os.open('../' * 30 + 'etc/passwd', os.O_RDONLY, dir_fd=fd)", "EACCES", "done"),
]  # fmt: skip

WRITING = [
    Attack(f"write to {name}", SECCOMP, f"return open('{path}', 'w').write('x')", "EPERM", without)
    for name, path, without in (
        ("the temporary folder", "/tmp/sandbox-attack", "EACCES"),
        ("the shared memory", "/dev/shm/sandbox-attack", "EACCES"),
        ("the working folder", "sandbox-attack", "EACCES"),
        ("the data folder", "FOLDER/data/graph.log", "EACCES"),
        ("the server's log", "FOLDER/server.log", "EACCES"),
        ("its own memory", "/proc/self/mem", "EACCES"),
        ("its own out-of-memory score", "/proc/self/oom_score_adj", "EACCES"),
        ("a device", "/dev/null", "EACCES"),
    )
] + [
    Attack("append to the standard library", SECCOMP, "return open(os.__file__, 'a')", "EPERM", "EACCES"),
    Attack("put a module beside NumPy", SECCOMP,
           "return each(*[lambda p=p: open(p + '/evil.py', 'x') for p in sys.path])", "'EPERM'", "'EACCES"),
    Attack("make a file without a name", SECCOMP, "return os.open('/tmp', os.O_TMPFILE | os.O_RDWR)",
           "EPERM", "EACCES"),
    Attack("open for reading and writing", SECCOMP,
           "return each(*[lambda f=f: os.open(os.__file__, f) for f in (os.O_RDWR, os.O_TRUNC, os.O_CREAT, "
           "os.O_APPEND, os.O_WRONLY | os.O_EXCL)])", "'EPERM'", "EACCES"),
    Attack("open by the newer call", SECCOMP, "return call(437, -100, b'/etc/passwd', b'\\0' * 24, 24)", "ENOSYS",
           "EACCES"),
    Attack("make folders", SECCOMP, "return os.mkdir('/tmp/sandbox-attack')", "EPERM", "EACCES"),
    Attack("delete", SECCOMP,
           "return each(lambda: os.unlink('FOLDER/server.log'), lambda: os.rmdir('FOLDER/data'), "
           "lambda: os.unlink(os.__file__))", "'EPERM'", "'EACCES'"),
    Attack("move and link", SECCOMP,
           "return each(lambda: os.rename('FOLDER/data', '/tmp/sandbox-attack'), "
           "lambda: os.link(os.__file__, '/tmp/sandbox-attack'), "
           "lambda: os.symlink('/etc/passwd', '/tmp/sandbox-attack'))", "'EPERM'", "EACCES"),
    Attack("change rights and owners", SECCOMP,
           "return each(lambda: os.chmod(os.__file__, 0o777), lambda: os.chown(os.__file__, 65534, 65534), "
           "lambda: os.utime(os.__file__), lambda: os.setxattr(os.__file__, 'user.x', b'1'))", "'EPERM'"),
    Attack("truncate", SECCOMP, "return os.truncate('FOLDER/server.log', 0)", "EPERM", "EACCES"),
    Attack("make pipes with names and devices", SECCOMP,
           "return each(lambda: os.mkfifo('/tmp/sandbox-attack'), "
           "lambda: os.mknod('/tmp/sandbox-attack', 0o20666, os.makedev(1, 1)))", "'EPERM'", "EACCES"),
    Attack("files in memory", SECCOMP, "return each(lambda: os.memfd_create('x'), lambda: call(447, 0))", "'EPERM'",
           "done"),
    Attack("leave the working folder", SECCOMP, "return each(lambda: os.chdir('/tmp'), lambda: os.fchdir(0))",
           "'EPERM'", "done"),
    Attack("files by handle", SECCOMP,
           "return each(lambda: call(303, -100, b'/etc/passwd', b'\\x80' + b'\\0' * 135, b'\\0' * 8, 0), "
           "lambda: call(304, -100, b'\\0' * 128, 0))", "'EPERM'"),
    Attack("watch files", SECCOMP, "return each(lambda: call(300, 0, 0), lambda: call(294, 0))", "'EPERM'", "done"),
    Attack("read what its descriptors do not name", SECCOMP,
           "return each(lambda: call(40, 2, 0, 0, 9), lambda: call(275, 0, 0, 2, 0, 9, 0), lambda: os.dup2(0, 9))",
           "'EPERM'"),
]  # fmt: skip

ATTACKS = READING + WRITING
