"""The system calls that no sandbox needs, closed: a seccomp filter, assembled here. A filter is a
program of classic BPF that the kernel runs before each system call:
https://docs.kernel.org/userspace-api/seccomp_filter.html. Bubblewrap takes it as bytes (``--seccomp
FD``). Each rule below is a block that ends in a verdict, so that reading from top to bottom is all
there is to it. The numbers of the calls are the kernel's own, of
``arch/x86/entry/syscalls/syscall_64.tbl`` and ``include/uapi/asm-generic/unistd.h``."""

import errno
import platform
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# struct seccomp_data of <linux/seccomp.h>: what a filter may look at, by offset.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
# <linux/bpf_common.h>: load a word, jump where equal, greater or equal, a bit is set; return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32 = 0x40000000  # the third ABI of x86_64 numbers the same calls anew from here

# CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET; NEWTIME can't be asked of clone(2).
_NAMESPACES = 0x7E020000
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
# Databases lock their folder with a segment of a few bytes; 4,096 segments of a page are 16 MB.
_SHARED_MEMORY = 4096


@dataclass(frozen=True, slots=True)
class _Architecture:
    """``audit`` names it in <linux/audit.h>; ``calls`` are the numbers of system calls."""

    audit: int
    calls: Mapping[str, int]


# Calls by what closing them closes, with their numbers on x86_64 and aarch64.
_MOUNTS = {
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
}
_SPACES = {"unshare": (272, 97), "setns": (308, 268)}
_KERNEL = {
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
}
_HIDDEN_MEMORY = {"memfd_create": (319, 279), "memfd_secret": (447, 447), "msgget": (68, 186)}
_WATCHED = {"clone": (56, 220), "clone3": (435, 435), "socket": (41, 198), "shmget": (29, 194)}
_NUMBERS = {**_MOUNTS, **_SPACES, **_KERNEL, **_HIDDEN_MEMORY, **_WATCHED}

ARCHITECTURES: Mapping[str, _Architecture] = {
    "x86_64": _Architecture(0xC000003E, {name: both[0] for name, both in _NUMBERS.items()}),
    "aarch64": _Architecture(0xC00000B7, {name: both[1] for name, both in _NUMBERS.items()}),
}

# struct sock_filter of <linux/filter.h>: opcode, jump if true, jump if false, operand.
Instruction = tuple[int, int, int, int]


def supported() -> bool:
    """Whether there is a filter for this machine's processor."""
    return platform.machine() in ARCHITECTURES


def program(machine: str = "") -> bytes:
    """The filter as the kernel takes it, for ``machine``: ``x86_64``, ``aarch64``; empty: this one.
    Raises KeyError for any other processor."""
    architecture = ARCHITECTURES[machine or platform.machine()]
    return b"".join(struct.pack("<HBBI", *each) for each in _instructions(architecture))


def _instructions(architecture: _Architecture) -> Iterator[Instruction]:
    calls = architecture.calls
    yield (_LOAD, 0, 0, _ARCHITECTURE)
    yield (_EQUAL, 1, 0, architecture.audit)
    yield (_RETURN, 0, 0, _KILL)  # 32-bit code has calls of other numbers
    yield (_LOAD, 0, 0, _NUMBER)
    yield (_AT_LEAST, 0, 1, _X32)
    yield _refuse(errno.ENOSYS)
    for name in (*_MOUNTS, *_SPACES, *_KERNEL):
        yield from _rule(calls[name], [_refuse(errno.EPERM)])
    # As on a kernel that has no such call: libraries then take the older way.
    for name in (*_HIDDEN_MEMORY, "clone3"):
        yield from _rule(calls[name], [_refuse(errno.ENOSYS)])
    yield from _rule(calls["clone"], _unless_any(_NAMESPACES))
    yield from _rule(calls["socket"], _only((_UNIX, _INET, _INET6, _NETLINK)))
    yield from _rule(calls["shmget"], _at_most(_SHARED_MEMORY))
    yield (_RETURN, 0, 0, _ALLOW)


def _refuse(number: int) -> Instruction:
    return (_RETURN, 0, 0, _ERRNO | number)


def _rule(call: int, body: Sequence[Instruction]) -> Iterator[Instruction]:
    """``body`` for one call; it ends in a verdict, so the number stays loaded for the next rule."""
    yield (_EQUAL, 0, len(body), call)
    yield from body


def _argument(index: int, *, high: bool = False) -> Instruction:
    """Load half of an argument; the machines above are little-endian."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * index + (4 if high else 0))


def _unless_any(bits: int) -> list[Instruction]:
    """Refused with any of ``bits`` in the first argument."""
    return [_argument(0), (_ANY_BIT, 0, 1, bits), _refuse(errno.EPERM), (_RETURN, 0, 0, _ALLOW)]


def _only(values: Sequence[int]) -> list[Instruction]:
    """Allowed with one of ``values`` as the first argument, an int."""
    last = len(values)
    jumps = [(_EQUAL, last - index, 0, value) for index, value in enumerate(values)]
    return [_argument(0), *jumps, _refuse(errno.EAFNOSUPPORT), (_RETURN, 0, 0, _ALLOW)]


def _at_most(size: int) -> list[Instruction]:
    """Allowed with a second argument, of 64 bits, up to ``size``."""
    return [
        _argument(1, high=True),
        (_EQUAL, 0, 2, 0),
        _argument(1),
        (_AT_LEAST, 0, 1, size + 1),
        _refuse(errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
