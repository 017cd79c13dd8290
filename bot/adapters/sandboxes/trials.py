"""What is tried against the limits of a sandbox, by ``doctor`` and by the tests. Each command ends
with exit code 0 only where nothing has stopped it."""

import shlex
from collections.abc import Mapping

from bot.domain.ports import Limits

LIMITS = Limits(seconds=120, memory_mb=128, disk_mb=64, processes=48, cpus=0.5)


def _python(*lines: str) -> str:
    return f"python3 -c {shlex.quote(chr(10).join(lines))}"


_HOLD = "import mmap, os, time; piece = b'x' * (1 << 20)"
# By limit, as ``Sandboxes.limits`` names them, and by what is done.
TRIALS: Mapping[str, Mapping[str, str]] = {
    "memory": {
        "heap": _python(_HOLD, "held = bytearray(400 << 20)", "time.sleep(1)"),
        "many small processes": _python(
            _HOLD,
            "for _ in range(8):",
            "    if not os.fork():",
            "        held = bytearray(60 << 20)",
            "        for at in range(0, len(held), 4096): held[at] = 1",
            "        time.sleep(2)",
            "        os._exit(0)",
            "codes = [os.wait()[1] for _ in range(8)]",
            "raise SystemExit(any(codes))",
        ),
        "memfd": _python(
            _HOLD,
            "file = os.memfd_create('m')",
            "for _ in range(400): os.write(file, piece)",
            "time.sleep(1)",
        ),
        "shared memory that nobody maps": _python(
            _HOLD,
            "held = mmap.mmap(-1, 400 << 20)",
            "for at in range(0, 400 << 20, 1 << 20):",
            "    held[at:at + (1 << 20)] = piece",
            "    held.madvise(mmap.MADV_DONTNEED, at, 1 << 20)",
            "time.sleep(1)",
        ),
        "System V shared memory": _python(
            "import ctypes",
            "c = ctypes.CDLL(None)",
            "segment = c.shmget(0, 400 << 20, 0o1600)",
            "c.shmctl(segment, 0, None)",
            "raise SystemExit(segment < 0)",
        ),
        "/dev/shm": (  # noqa: S108
            "file=$(mktemp -p /dev/shm) && head -c 400000000 /dev/zero > $file; code=$?;"
            " sleep 1; rm -f $file; exit $code"
        ),
        "tmpfs in a user namespace": (
            "mkdir m && unshare --user --map-root-user --mount sh -c "
            "'mount -t tmpfs t m && head -c 400000000 /dev/zero > m/x && sleep 1'"
        ),
    },
    "processes": {
        "200 processes": _python(
            "import os, time",
            "for _ in range(200):",
            "    if not os.fork(): time.sleep(2); os._exit(0)",
            "time.sleep(1)",
        )
    },
    "disk": {
        "one large file": "head -c 200000000 /dev/zero > large && sleep 1",
        "many files": "for i in $(seq 40); do head -c 5000000 /dev/zero > f$i; done",
        "deleted files": _python(
            "import os, time",
            "for number in range(40):",
            "    file = os.open('d', os.O_CREAT | os.O_WRONLY); os.unlink('d')",
            "    os.write(file, bytes(5_000_000))",
            "time.sleep(2)",
        ),
        "empty files": _python("for number in range(18_000): open(f'e{number}', 'x').close()"),
        "folders closed to us": (
            "for i in $(seq 20); do mkdir c$i && head -c 5000000 /dev/zero > c$i/x"
            " && chmod 000 c$i; done"
        ),
    },
    "network": {
        "TCP": _python("import socket", "socket.create_connection(('1.1.1.1', 53), 2)"),
        "a name": _python("import socket", "socket.getaddrinfo('example.com', 80)"),
    },
    "namespaces": {
        "user": "unshare --user true",
        "clone with a namespace": _python(
            "import ctypes, os",
            "pid = ctypes.CDLL(None).syscall(56 if os.uname().machine == 'x86_64' else 220,"
            " 0x10000011, 0, 0, 0, 0)",
            "if pid == 0: os._exit(0)",
            "raise SystemExit(pid < 0)",
        ),
        "the host of a virtual machine": _python("import socket", "socket.socket(socket.AF_VSOCK)"),
    },
}
