"""Sandboxes on this machine: namespaces by bubblewrap, or nothing for repositories one trusts."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from bot.adapters.sandboxes import cgroups, state
from bot.adapters.sandboxes.environments import Environments
from bot.adapters.sandboxes.isolation import Way, covering, processes_are_counted, toolchain, way
from bot.adapters.sandboxes.machine import LocalSandbox
from bot.adapters.sandboxes.registry import Registries, registries_of
from bot.domain.errors import ConfigError, Unavailable
from bot.domain.ports import Limits, Sandbox

WATCHDOG = "a watchdog, as a backstop"
NOBODY = "nobody"


class LocalSandboxes:
    """``root`` keeps their state, for every process that opens the same folder. ``trusted`` names
    repositories that may run without isolation, ``owner/repo@commit`` one commit of it: the labels
    ``repository`` and ``commit`` say what is to be run. ``tools`` are folders a checkout may use
    read-only, each with a ``bin``; by default our own Python, of whose packages only pytest is
    seen, or with ``our_packages`` all, as where both share one environment. ``environments`` are
    what builds have kept, ``registries`` what a build may reach. ``isolate`` takes one way to do
    it, not the best one here; False behaves as on a machine without bubblewrap, and
    ``groups=False`` as on one whose cgroups we can't write to."""

    id = "local"

    def __init__(
        self,
        root: Path,
        *,
        trusted: frozenset[str] = frozenset(),
        tools: Sequence[Path] | None = None,
        our_packages: bool = False,
        environments: Environments | None = None,
        registries: Registries = MappingProxyType({}),
        isolate: Way | bool = True,
        groups: bool = True,
    ) -> None:
        self._root = root.absolute()
        self._trusted = trusted
        self._tools = toolchain() if tools is None else tuple(tools)
        self._covered = () if our_packages else covering()
        self._isolate, self._groups = isolate, groups
        self._environments = environments or Environments(root / "environments", 10**10)
        self._registries = registries

    @property
    def isolation(self) -> Literal["machine", "namespaces", "none"]:
        """Found by trying, once."""
        return "namespaces" if self._way() else "none"

    @property
    def fetches(self) -> Collection[str]:
        """Those that are named."""
        return self._registries.keys()

    @property
    def limits(self) -> Mapping[str, str]:
        """Found by trying, once."""
        kernel = dict.fromkeys(cgroups.holding(self._parents()), "the kernel (a cgroup)")
        walled = self._way() is not None
        counted = "the kernel (RLIMIT_NPROC)" if processes_are_counted(self._way()) else WATCHDOG
        return {
            "memory": kernel.get("memory", WATCHDOG),
            "processes": kernel.get("pids", counted),
            "disk": f"{WATCHDOG}; one file by the kernel (RLIMIT_FSIZE)",
            "network": "the kernel (a network namespace)" if walled else NOBODY,
            "namespaces": "the kernel (a seccomp filter)" if walled else NOBODY,
        }

    def _way(self) -> Way | None:
        if isinstance(self._isolate, bool):
            return way() if self._isolate else None
        return self._isolate

    def _parents(self) -> Sequence[cgroups.Parent]:
        return cgroups.writable() if self._groups else ()

    async def open(
        self,
        *,
        template: str,
        limits: Limits,
        egress: Sequence[str] = (),
        key: str,
        labels: Mapping[str, str] | None = None,
        environment: str = "",
        build: bool = False,
    ) -> Sandbox:
        """A fresh sandbox; ``template`` has no meaning here. See the port."""
        if egress:
            raise ConfigError(
                f"A local sandbox can't open the network to {', '.join(egress)} alone: "
                "use E2B (E2B_API_KEY), or close egress in .github/soulcaster.yml."
            )
        found = await asyncio.to_thread(self._way)
        what = _code(labels or {})
        if found is None and self._trusted.isdisjoint(what):
            raise ConfigError(
                f"This machine can't isolate the tests of {what[-1] or 'an unnamed repository'}: "
                "install bubblewrap (0.8 or newer), set E2B_API_KEY, or name the repository in "
                "SOULCASTER_TRUSTED_REPOSITORIES."
            )
        if (environment or build) and found is None:
            raise ConfigError("Nothing can be installed where nothing is isolated.")
        wanted = state.State(
            environment=environment,
            build=build,
            key=key,
            labels=dict(labels or {}),
            limits=limits,
            way=found,
            deadline=time.time() + limits.seconds,
        )
        made = await asyncio.to_thread(self._take, state.name_of(key), wanted)
        if build:
            await made.mirror(registries_of(self._registries))
        return made

    async def keeps(self, environment: str) -> bool:
        """By its folder."""
        return await asyncio.to_thread(self._environments.find, environment) is not None

    def _take(self, name: str, wanted: state.State) -> LocalSandbox:
        """The one that lives, or a new one; racers get the same."""
        with state.alone(self._root):
            there = state.load(self._root, name)
            if there is None or there.deadline < time.time():
                state.end(self._root, name)
                there = wanted.model_copy(update={"group": self._group(wanted.limits)})
                state.make(self._root, name, there)
        return LocalSandbox(self._root, name, there, self._tools, self._covered, self._environments)

    def _group(self, limits: Limits) -> tuple[Path, ...]:
        try:
            return cgroups.make(self._parents(), limits)
        except OSError as error:
            raise Unavailable(f"No cgroup could be made for a sandbox: {error}.") from error

    async def alive(self) -> Mapping[str, Mapping[str, str]]:
        """Labels by id. Sandboxes whose time is over are ended on the way."""
        found: dict[str, Mapping[str, str]] = {}
        for name in await asyncio.to_thread(lambda: list(state.names(self._root))):
            there = await asyncio.to_thread(state.load, self._root, name)
            if there is None or there.deadline < time.time():
                await self.kill(name)
            else:
                found[name] = there.labels
        return found

    async def kill(self, sandbox_id: str) -> None:
        await asyncio.to_thread(state.end, self._root, sandbox_id)

    async def close(self) -> None:
        """Nothing is held open."""


def _code(labels: Mapping[str, str]) -> tuple[str, ...]:
    """What runs, by the names it may be trusted by; the most exact one is last."""
    repository, commit = labels.get("repository", ""), labels.get("commit", "")
    return (repository, f"{repository}@{commit}") if commit else (repository,)
