"""The seccomp filter, run by an interpreter of classic BPF for both processors it is made for."""

from __future__ import annotations

import errno
import struct

import pytest

from bot.adapters.sandboxes.seccomp import ARCHITECTURES, program

ALLOW, KILL = 0x7FFF0000, 0x80000000
NAMESPACES = {
    "mount": 0x20000,
    "cgroup": 0x2000000,
    "uts": 0x4000000,
    "ipc": 0x8000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
A_THREAD = 0x3D0F00  # what pthread_create asks of clone(2)
A_FORK = 0x1200011


def verdict(machine: str, call: int, *arguments: int, audit: int = 0) -> int:
    """What the kernel would do with a call: the value that the filter returns."""
    data = struct.pack("<IIQ", call, audit or ARCHITECTURES[machine].audit, 0)
    data += struct.pack("<6Q", *arguments, *([0] * (6 - len(arguments))))
    code = list(struct.iter_unpack("<HBBI", program(machine)))
    at, loaded = 0, 0
    while True:
        operation, yes, no, operand = code[at]
        at += 1
        match operation:
            case 0x20:
                (loaded,) = struct.unpack_from("<I", data, operand)
            case 0x06:
                return operand
            case 0x15:
                at += yes if loaded == operand else no
            case 0x35:
                at += yes if loaded >= operand else no
            case 0x45:
                at += yes if loaded & operand else no
            case _:
                raise AssertionError(f"no instruction of ours: {operation:#x}")


def refused(number: int) -> int:
    return 0x50000 | number


@pytest.fixture(params=ARCHITECTURES)
def machine(request: pytest.FixtureRequest) -> str:
    return request.param


def test_the_kernel_takes_programs_of_this_length(machine: str) -> None:
    assert 0 < len(program(machine)) // 8 < 256  # a jump reaches 255 far; the kernel takes 4,096


def test_what_no_test_needs_is_refused(machine: str) -> None:
    calls = ARCHITECTURES[machine].calls
    gone = {"memfd_create", "memfd_secret", "msgget", "clone3"}
    by_argument = {"clone", "socket", "shmget"}
    for name in calls.keys() - by_argument:
        expected = errno.ENOSYS if name in gone else errno.EPERM
        assert verdict(machine, calls[name]) == refused(expected), name


def test_everything_else_is_allowed(machine: str) -> None:
    closed = set(ARCHITECTURES[machine].calls.values())
    for call in set(range(480)) - closed:
        assert verdict(machine, call) == ALLOW, call


def test_clone_makes_threads_and_processes_but_no_namespace(machine: str) -> None:
    clone = ARCHITECTURES[machine].calls["clone"]
    assert verdict(machine, clone, A_THREAD) == ALLOW
    assert verdict(machine, clone, A_FORK) == ALLOW
    for name, flag in NAMESPACES.items():
        assert verdict(machine, clone, flag | 17) == refused(errno.EPERM), name


def test_sockets_of_the_network_namespace_only(machine: str) -> None:
    call = ARCHITECTURES[machine].calls["socket"]
    assert {family for family in range(50) if verdict(machine, call, family) == ALLOW} == {
        *(1, 2, 10, 16)
    }
    # AF_VSOCK reaches the host of a virtual machine, whatever the namespace
    assert verdict(machine, call, 40) == refused(errno.EAFNOSUPPORT)


def test_shared_memory_of_a_page(machine: str) -> None:
    call = ARCHITECTURES[machine].calls["shmget"]
    for size, allowed in ((56, True), (4096, True), (4097, False), (1 << 32, False)):
        assert (verdict(machine, call, 0, size) == ALLOW) is allowed, size


def test_calls_by_other_numbers(machine: str) -> None:
    assert verdict(machine, 20, audit=0x40000003) == KILL  # i386
    if machine == "x86_64":
        mount = ARCHITECTURES[machine].calls["mount"]
        assert verdict(machine, 0x40000000 | mount) == refused(errno.ENOSYS)  # x32
