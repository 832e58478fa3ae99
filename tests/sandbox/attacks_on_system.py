"""Attacks by system calls: processes, sockets, signals, the kernel, the sandbox itself. Numbers of x86_64."""

from memgraph_py.streams.sandbox import Layer
from tests.sandbox.attacks import Attack

SECCOMP = Layer.SECCOMP

PROCESSES = [
    Attack("fork", SECCOMP, "return each(os.fork, lambda: call(57), lambda: call(58), lambda: call(56, 17, 0))",
           "'EPERM'"),
    Attack("fork bomb", SECCOMP, "while True:\n    os.fork()", "EPERM"),
    Attack("fork by the newer call", SECCOMP, "return call(435, b'\\0' * 88, 88)", "ENOSYS"),
    Attack("threads", SECCOMP, "import threading\nthreading.Thread(target=print).start()", "can't start new thread"),
    Attack("threads of the C library", SECCOMP,
           "ident = ctypes.c_ulong()\nfunction = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(lambda _: 0)\n"
           "code = libc.pthread_create(ctypes.byref(ident), None, function, None)\nraise OSError(code, '')", "EPERM"),
    Attack("a pool of processes", SECCOMP,
           "import concurrent.futures\nwith concurrent.futures.ProcessPoolExecutor(1) as pool:\n"
           "    return pool.submit(print).result()", "EPERM"),
    Attack("exec", SECCOMP,
           "return each(lambda: os.execv('/bin/true', ['true']), lambda: call(322, -100, b'/bin/true', 0, 0, 0))",
           "'EPERM'"),
    Attack("spawn", SECCOMP, "return os.posix_spawn('/bin/true', ['true'], {})", "EPERM", "EAGAIN"),
    Attack("a shell", SECCOMP, "import subprocess\nreturn subprocess.run(['/bin/sh', '-c', 'id'])", "EPERM", "EAGAIN"),
    Attack("system()", SECCOMP, "status = os.system('true')\nassert status == 0, status", "AssertionError",
           "AssertionError"),
    Attack("an open pipe to a program", SECCOMP, "return os.popen('id').read()", "EPERM", "EAGAIN"),
]  # fmt: skip

SOCKETS = [
    Attack("sockets of every family", SECCOMP,
           "import socket\nkinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW)\n"
           "return each(*[lambda f=f, k=k: socket.socket(f, k) for f in range(46) for k in kinds])", "'EPERM'"),
    Attack("connect to the server's own ports", SECCOMP,
           "import socket\nreturn socket.create_connection(('127.0.0.1', 7687), 1)", "EPERM", "EACCES"),
    Attack("ask for a name", SECCOMP,
           "import socket\nreturn socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
           "EPERM", "ENETUNREACH"),
    Attack("unix sockets", SECCOMP,
           "import socket\nreturn each(lambda: socket.socket(socket.AF_UNIX).connect('\\0abstract'), "
           "lambda: socket.socketpair())", "'EPERM'", "done"),
    Attack("talk to the kernel", SECCOMP, "import socket\nreturn socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
           "EPERM", "done"),
    Attack("the channel as a socket", SECCOMP,
           "held = [n for n in range(3, 64) if each(lambda: os.fstat(n)) == 'done']\n"
           "return each(*[lambda n=n, c=c: call(c, n, b'\\0' * 64, 0, 0, 0, 0) for n in held\n"
           "              for c in (42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 54, 55, 288, 299, 307)])",
           "'EPERM'"),
]  # fmt: skip

SIGNALS = [
    Attack("kill the parent", SECCOMP, "return os.kill(parent, 9)", "EPERM"),
    Attack("kill everything", SECCOMP, "return os.kill(-1, 9)", "EPERM"),
    Attack("kill groups", SECCOMP, "return each(lambda: os.kill(0, 9), lambda: os.killpg(parent, 9))", "'EPERM'"),
    Attack("is the parent there?", SECCOMP, "return os.kill(parent, 0)", "EPERM", "EPERM"),
    Attack("signal threads of others", SECCOMP, "return each(lambda: call(200, parent, 9), "
           "lambda: call(234, parent, parent, 9), lambda: call(297, parent, parent, 9, b'\\0' * 128))", "'EPERM'"),
    Attack("signal by descriptor", SECCOMP, "return each(lambda: os.pidfd_open(parent), "
           "lambda: call(424, 0, 9, 0, 0), lambda: call(129, parent, 9, b'\\0' * 128))", "'EPERM'"),
    Attack("timers and alarms", SECCOMP,
           "import signal\nreturn each(lambda: signal.setitimer(signal.ITIMER_REAL, 9), lambda: call(37, 9), "
           "lambda: call(222, 0, 0, b'\\0' * 8))", "'EPERM'"),
]  # fmt: skip

KILLED_CALLS = {
    "ptrace": (101, "16, parent, 0, 0"),
    "process_vm_readv": (310, "parent, 0, 0, 0, 0, 0"),
    "process_vm_writev": (311, "parent, 0, 0, 0, 0, 0"),
    "pidfd_getfd": (438, "0, 0, 0"),
    "io_uring_setup": (425, "8, b'\\0' * 120"),
    "io_uring_enter": (426, "0, 1, 0, 0, 0, 0"),
    "io_uring_register": (427, "0, 0, 0, 0"),
    "userfaultfd": (323, "0"),
    "bpf": (321, "0, b'\\0' * 64, 64"),
    "perf_event_open": (298, "b'\\0' * 128, 0, -1, -1, 0"),
    "init_module": (175, "0, 0, 0"),
    "finit_module": (313, "0, 0, 0"),
    "kexec_load": (246, "0, 0, 0, 0"),
}
KERNEL = [
    Attack(name, SECCOMP, f"return call({number}, {arguments})", "SIGSYS")
    for name, (number, arguments) in KILLED_CALLS.items()
] + [
    Attack("the x32 table", SECCOMP, "return call(0x40000000 + 39)", "SIGSYS"),
    Attack("the table of 32 bits", SECCOMP,
           "import mmap\ncode = mmap.mmap(-1, 4096, prot=7)\ncode.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\n"
           "return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()", "SIGSYS"),
    Attack("machine code of its own, forking", SECCOMP,
           "import mmap\ncode = mmap.mmap(-1, 4096, prot=7)\n"
           "code.write(b'\\xb8\\x39\\0\\0\\0\\x0f\\x05\\xc3')\n"
           "got = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()\n"
           "raise OSError(-got, '')", "EPERM"),
    Attack("mount and unmount", SECCOMP, "return each(lambda: call(165, b'none', b'/tmp', b'tmpfs', 0, 0), "
           "lambda: call(166, b'/proc', 2), lambda: call(428, -100, b'/', 0), lambda: call(430, b'tmpfs', 0), "
           "lambda: call(429, 0, b'', -100, b'/', 0))", "'EPERM'", "EPERM"),
    Attack("another root", SECCOMP, "return each(lambda: os.chroot('/tmp'), lambda: call(155, b'/', b'/'))",
           "'EPERM'", "'EPERM'"),
    Attack("namespaces", SECCOMP, "return each(lambda: call(272, 0x10000000), lambda: call(272, 0x20000), "
           "lambda: call(308, 0, 0))", "'EPERM'"),
    Attack("become somebody else", SECCOMP,
           "return each(*[lambda c=c: call(c, 0, 0, 0) for c in (105, 106, 113, 114, 116, 117, 119, 122, 123, 126)])",
           "'EPERM'"),
    Attack("loosen itself by prctl", SECCOMP,
           "return each(*[lambda o=o: call(157, o, 1, 0, 0, 0) for o in (1, 4, 8, 10, 15, 22, 23, 24, 28, 35, 36, 38, "
           "47, 52, 53, 0x59616d61)])", "'EPERM'"),
    Attack("another filter", SECCOMP, "return each(lambda: call(317, 1, 0, 0), lambda: call(317, 3, 0, b'\\0' * 8))",
           "'EPERM'", "EFAULT"),
    Attack("another Landlock domain", SECCOMP, "return each(lambda: call(444, 0, 0, 1), lambda: call(446, 0, 0))",
           "'EPERM'", "done"),
    Attack("raise limits", SECCOMP,
           "import resource\nreturn each(*[lambda l=l: resource.setrlimit(l, (-1, -1)) for l in range(16)], "
           "*[lambda l=l: resource.prlimit(parent, l, (1, 1)) for l in range(16)])", "ValueError"),
    Attack("raise limits by a raw call", SECCOMP,
           "new = (ctypes.c_uint64 * 2)(2**63, 2**63)\n"
           "return each(lambda: call(302, 0, 9, new, 0), lambda: call(160, 9, new))", "'EPERM'", "'EPERM'"),
    Attack("priority and processors", SECCOMP,
           "return each(lambda: os.nice(-5), lambda: os.sched_setaffinity(0, {0}), lambda: call(144, 0, 1, b'\\x01'), "
           "lambda: call(251, 1, 0, 0))", "'EPERM'"),
    Attack("keys", SECCOMP, "return each(lambda: call(248, b'user', b'x', b'y', 1, -3), "
           "lambda: call(249, b'user', b'x', 0, 0), lambda: call(250, 0, -3, 0))", "'EPERM'"),
    Attack("shared memory and queues", SECCOMP, "return each(lambda: call(29, 0, 4096, 0o1600), "
           "lambda: call(64, 0, 1, 0o1600), lambda: call(68, 0, 0o1600), lambda: call(240, b'x', 0o100, 0o600, 0))",
           "'EPERM'"),
    Attack("type into the terminal", SECCOMP,
           "import fcntl\nreturn each(*[lambda n=n: fcntl.ioctl(n, 0x5412, b'x') for n in range(3)])", "'EPERM'",
           "ENOTTY"),
    Attack("direct its descriptors' signals", SECCOMP, "import fcntl\n"
           "return each(*[lambda c=c: fcntl.fcntl(0, c, parent) for c in (4, 8, 10, 1024, 1026, 1033)])", "'EPERM'"),
    Attack("the machine's clock and names", SECCOMP, "return each(lambda: call(227, 0, b'\\0' * 16), "
           "lambda: call(164, b'\\0' * 16, 0), lambda: call(170, b'x', 1), lambda: call(171, b'x', 1))", "'EPERM'"),
    Attack("turn the machine off", SECCOMP,
           "return each(lambda: call(169, 0, 0, 0, 0), lambda: call(320, 0, 0, 0, 0, 0), "
           "lambda: call(167, b'x', 0), lambda: call(163, b'x'), lambda: call(179, 0, b'x', 0, 0))", "'EPERM'"),
    Attack("ports of the processor", SECCOMP, "return each(lambda: call(172, 3), lambda: call(173, 0, 9, 1), "
           "lambda: call(154, 1, b'', 0), lambda: call(135, 0x40000))", "'EPERM'"),
]  # fmt: skip

ATTACKS = PROCESSES + SOCKETS + SIGNALS + KERNEL
