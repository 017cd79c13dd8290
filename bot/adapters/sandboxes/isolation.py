"""A command line that isolates: bubblewrap where this machine allows it, limits everywhere.
https://github.com/containers/bubblewrap"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

from bot.adapters.sandboxes import seccomp
from bot.domain.ports import Limits

WORK, HOME = "/sandbox/work", "/sandbox/home"
# Above the checkout, so that Node finds what is installed there.
ENVIRONMENT, WAY_OUT = "/sandbox/environment", "/sandbox/way-out"
OPEN_FILES = 4096
SHARED_MEMORY = 64 * 1024 * 1024  # /dev/shm, as Docker has it
_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_CONFIGURATION = (
    *("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime"),
    *("mime.types", "ssl/certs", "ssl/openssl.cnf", "ca-certificates"),
    # of Maven without the settings, which may hold passwords
    *("maven/m2.conf", "maven/logging"),
)

Way = Literal["root", "user"]

# Run inside to see whether the walls hold. Writable /proc/sys would be a way out as root.
_PROBE = (
    "test $(id -u) -ne 0 && ! test -w /usr && ! test -w /proc/sys/kernel/core_pattern"
    " && ! test -w /proc/sysrq-trigger && ! test -e /proc/1/root/home && ! test -w /dev"
    " && test $(wc -l < /proc/net/dev) -eq 3 && ! unshare --user true 2>/dev/null"
    " && grep -q '^Seccomp:.2$' /proc/self/status"
)


def toolchain() -> tuple[Path, ...]:
    """The Python that runs us, so that a checkout finds an interpreter and pytest."""
    return tuple(dict.fromkeys(Path(folder).resolve() for folder in (sys.prefix, sys.base_prefix)))


@cache
def covering() -> tuple[str, ...]:
    """Options of bubblewrap, to follow the toolchain: of our packages only a fresh pytest is seen.
    A checkout's tests neither lean on what we happen to have installed nor load its plugins."""
    site = Path(sysconfig.get_path("purelib")).resolve()
    if not site.is_dir():
        return ()
    seen = [str(site / name) for name in sorted(_files("pytest", "pip", "setuptools"))]
    hidden = ("--perms", "0755", "--tmpfs", str(site))
    shown = _each("--ro-bind-try", [(path, path) for path in seen])
    return (*hidden, *shown, "--remount-ro", str(site))


def _files(*names: str) -> set[str]:
    """What distributions and all they need have in the folder of packages itself."""
    found: set[str] = set()
    left, known = [*names], set(names)
    while left:
        try:
            package = distribution(left.pop())
        except PackageNotFoundError:
            continue  # needed on another system, or not brought along
        found |= {path.parts[0] for path in package.files or ()} - {"..", "__pycache__"}
        needs = [need for need in package.requires or () if "extra ==" not in need]
        new = {need[0] for each in needs if (need := re.match(r"[\w.-]+", each))} - known
        known |= new
        left += new
    return found


def way() -> Way | None:
    """How this machine isolates; None where it can't."""
    return next(iter(ways()), None)


@cache
def ways() -> tuple[Way, ...]:
    """The ways in which this machine can isolate, found by trying, the better one first."""
    tools = ("bwrap", "prlimit", "setpriv", "unshare", "grep")
    if not seccomp.supported() or not all(shutil.which(tool) for tool in tools):
        return ()
    candidates: tuple[Way, ...] = ("root", "user") if os.geteuid() == 0 else ("user",)
    return tuple(candidate for candidate in candidates if _holds(candidate))


def _holds(candidate: Way) -> bool:
    with closed_calls() as calls:
        walls = [*_walls(candidate, calls), *_inside(candidate, uid=65534)]
        try:
            done = subprocess.run(
                [*walls, "sh", "-c", _PROBE],
                capture_output=True,
                timeout=10,
                check=False,
                env={},
                pass_fds=[calls],
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0


@contextmanager
def closed_calls() -> Iterator[int]:
    """The filter of system calls as a file descriptor, to be read once."""
    with tempfile.TemporaryFile() as file:
        file.write(seccomp.program())
        file.seek(0)
        yield file.fileno()


def processes_are_counted(how: Way | None) -> bool:
    """Whether ``RLIMIT_NPROC`` counts what runs in one sandbox, and nothing else. The kernel counts
    by user, and since 5.14 by user within each user namespace."""
    release = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    return how == "root" or (how == "user" and os.geteuid() != 0 and release >= (5, 14))


def isolated(
    how: Way,
    here: Path,
    command: Sequence[str],
    *,
    uid: int,
    cwd: str,
    env: Mapping[str, str],
    tools: Sequence[Path],
    calls: int,
    more: Sequence[str] = (),
    covered: Sequence[str] = (),
) -> list[str]:
    """``command`` between walls: no network, a read-only system, only its own folders writable.
    ``here`` holds the sandbox's ``work``, ``home``, ``tmp`` and ``etc``. ``calls`` is of
    ``closed_calls``; ``more`` are options of bubblewrap, ``covered`` those that follow the
    tools."""
    return [
        *_walls(how, calls),
        *("--bind", f"{here}/tmp", "/tmp", "--perms", "0755", "--dir", "/sandbox"),  # noqa: S108
        *more,
        *("--bind", f"{here}/home", HOME, "--bind", f"{here}/work", WORK),
        *_each("--ro-bind", [(f"{here}/etc/{name}", f"/etc/{name}") for name in ETC]),
        *_tools(tools),
        *covered,
        *("--remount-ro", "/"),
        *("--chdir", WORK if cwd == "." else f"{WORK}/{cwd}"),
        *(part for name, value in env.items() for part in ("--setenv", name, value)),
        *_inside(how, uid),
        *command,
    ]


def limited(limits: Limits, timeout: float, *, count_processes: bool) -> list[str]:
    """A prefix that sets what one process may use (prlimit(1))."""
    return [
        "prlimit",
        f"--data={limits.memory_mb * 1024 * 1024}",
        *([f"--nproc={limits.processes}"] if count_processes else []),
        f"--cpu={int(timeout) + 5}",
        f"--fsize={limits.disk_mb * 1024 * 1024}",
        f"--nofile={OPEN_FILES}",
        "--core=0",
        "--",
    ]


def unprivileged() -> list[str]:
    """A prefix for a command without walls: no capability, so that root's are not passed on. Who
    has none can't read the environment of who has one, though both are root (PTRACE_MODE_READ of
    ptrace(2)). It ends with us, and nothing it runs gains anything."""
    mine = ("--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
    return ["setpriv", "--pdeathsig=KILL", "--no-new-privs", *mine, "--"]


def reader(how: Way | None) -> list[str]:
    """A prefix for a command of ours that reads everything of a sandbox. What runs as ourselves can
    close a folder to us; in a user namespace we may look all the same."""
    if how != "user":
        return []
    bwrap = shutil.which("bwrap") or "bwrap"
    privileged = ("--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "CAP_DAC_READ_SEARCH")
    return [bwrap, *privileged, "--die-with-parent", "--ro-bind", "/", "/", "--"]


ETC: Mapping[str, str] = {
    "passwd": "root:x:0:0::/:/bin/false\nsandbox:x:{uid}:{uid}::" + HOME + ":/bin/bash\n",
    "group": "root:x:0:\nsandbox:x:{uid}:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    # An address without a route (RFC 5737): a look-up fails at once, and the kernel counts it.
    "resolv.conf": "nameserver 192.0.2.1\noptions attempts:1\n",
}


@cache
def _configuration() -> tuple[str, ...]:
    """What of ``/etc`` is seen."""
    # Debian's Java has its own there; who may manage it from afar is nobody's business here
    java = [str(path) for path in Path("/etc").glob("java-*-openjdk/[!m]*")]
    return (*(f"/etc/{name}" for name in _CONFIGURATION), *java)


def _walls(how: str, calls: int) -> Iterator[str]:
    yield shutil.which("bwrap") or "bwrap"
    yield from ("--seccomp", str(calls))
    yield from ("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
    yield from ("--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv")
    if how == "user":
        yield from ("--unshare-user", "--disable-userns", "--cap-drop", "ALL")
        yield from ("--uid", "1000", "--gid", "1000")
    yield "--unshare-net"
    yield from ("--ro-bind", "/usr", "/usr")
    configuration = _configuration()
    for folder in ("/etc", *dict.fromkeys(map(os.path.dirname, configuration))):
        yield from ("--perms", "0755", "--dir", folder)
    for name in _SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", os.readlink(path), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    yield from _each("--ro-bind-try", [(path, path) for path in configuration])
    # bubblewrap covers /proc/sys only where access(2) calls it writable, and as root within a
    # user namespace it does not, though its files are
    yield from ("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev")
    yield from ("--size", str(SHARED_MEMORY), "--perms", "1777", "--tmpfs", "/dev/shm")  # noqa: S108
    yield from ("--remount-ro", "/dev")


def _inside(how: str, uid: int) -> Iterator[str]:
    """Started as root, the command becomes a user nobody else is."""
    yield "--"
    if how == "root":
        yield from ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
        yield from ("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")


def _each(option: str, pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    for source, target in pairs:
        yield from (option, source, target)


def _tools(tools: Sequence[Path]) -> Iterator[str]:
    """Read-only, at their own paths; parents are made so that any user may walk to them."""
    made: set[Path] = set()
    for tool in tools:
        if tool.is_relative_to("/usr"):
            continue
        for parent in reversed(tool.parents):
            if parent not in made and parent != Path("/"):
                made.add(parent)
                yield from ("--perms", "0755", "--dir", str(parent))
        yield from ("--ro-bind", str(tool), str(tool))
