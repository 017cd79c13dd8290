"""A command line that isolates: bubblewrap where this machine allows it, limits everywhere.

https://github.com/containers/bubblewrap
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from bot.domain.ports import Limits

WORK, HOME = "/sandbox/work", "/sandbox/home"
FILE_BYTES = 2_000_000_000
OPEN_FILES = 4096
_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_CONFIGURATION = (
    *("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime"),
    *("mime.types", "ssl/certs", "ca-certificates"),
)
_CONFIGURATION_OF_NETWORK = ("resolv.conf", "pki/tls/certs")

Way = Literal["root", "user"]

# Run inside to see whether the walls hold. Writable /proc/sys would be a way out as root.
_PROBE = (
    "test $(id -u) -ne 0 && ! test -w /usr && ! test -w /proc/sys/kernel/core_pattern"
    " && ! test -w /proc/sysrq-trigger && ! test -e /proc/1/root/home"
    " && test $(wc -l < /proc/net/dev) -eq 3"
)


def toolchain() -> tuple[Path, ...]:
    """The Python that runs us, so that a checkout finds an interpreter and pytest."""
    return tuple(dict.fromkeys(Path(folder).resolve() for folder in (sys.prefix, sys.base_prefix)))


@cache
def way() -> Way | None:
    """How this machine isolates, found by trying; None where it can't."""
    if not all(shutil.which(tool) for tool in ("bwrap", "prlimit", "setpriv")):
        return None
    for candidate in ("root", "user") if os.geteuid() == 0 else ("user",):
        walls = [*_walls(candidate, network=False), *_inside(candidate, uid=65534)]
        argv = [*walls, "sh", "-c", _PROBE]
        try:
            done = subprocess.run(argv, capture_output=True, timeout=10, check=False, env={})
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return candidate
    return None


def isolated(
    how: Way,
    here: Path,
    command: Sequence[str],
    *,
    uid: int,
    cwd: str,
    env: Mapping[str, str],
    tools: Sequence[Path],
    network: bool,
) -> list[str]:
    """``command`` between walls: no network, a read-only system, only its own folders writable.

    ``here`` holds the sandbox's ``work``, ``home``, ``tmp`` and ``etc``.
    """
    return [
        *_walls(how, network=network),
        *("--bind", f"{here}/tmp", "/tmp", "--perms", "0755", "--dir", "/sandbox"),  # noqa: S108
        *("--bind", f"{here}/home", HOME, "--bind", f"{here}/work", WORK),
        *_each("--ro-bind", [(f"{here}/etc/{name}", f"/etc/{name}") for name in ETC]),
        *_tools(tools),
        *("--chdir", WORK if cwd == "." else f"{WORK}/{cwd}"),
        *(part for name, value in env.items() for part in ("--setenv", name, value)),
        *_inside(how, uid),
        *command,
    ]


def limited(limits: Limits, timeout: float, *, count_processes: bool) -> list[str]:
    """A prefix that sets what one process may use (prlimit(1)).

    The kernel counts processes by user: only a user of its own can have them counted.
    """
    return [
        "prlimit",
        f"--data={limits.memory_mb * 1024 * 1024}",
        *([f"--nproc={limits.processes}"] if count_processes else []),
        f"--cpu={int(timeout) + 5}",
        f"--fsize={FILE_BYTES}",
        f"--nofile={OPEN_FILES}",
        "--core=0",
        "--",
    ]


ETC: Mapping[str, str] = {
    "passwd": "root:x:0:0::/:/bin/false\nsandbox:x:{uid}:{uid}::" + HOME + ":/bin/bash\n",
    "group": "root:x:0:\nsandbox:x:{uid}:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


def _walls(how: str, *, network: bool) -> Iterator[str]:
    yield shutil.which("bwrap") or "bwrap"
    yield from ("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
    yield from ("--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv")
    if how == "user":
        yield from ("--unshare-user", "--disable-userns", "--cap-drop", "ALL")
        yield from ("--uid", "1000", "--gid", "1000")
    if not network:
        yield "--unshare-net"
    yield from ("--ro-bind", "/usr", "/usr", "--perms", "0755", "--dir", "/etc")
    for name in _SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", os.readlink(path), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    configuration = _CONFIGURATION + (_CONFIGURATION_OF_NETWORK if network else ())
    yield from _each("--ro-bind-try", [(f"/etc/{name}",) * 2 for name in configuration])
    # bubblewrap covers /proc/sys only where access(2) calls it writable, and as root within a
    # user namespace it does not, though its files are
    yield from ("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev")


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
