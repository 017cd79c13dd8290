"""Sandboxes at E2B: a machine each. https://e2b.dev/docs · Deadlines are our own, since the SDK
does not enforce its: ``timeout -k`` ends the command over there, ``asyncio.timeout`` the waiting
for it here."""

import asyncio
import contextlib
import hashlib
import math
import re
import time
import uuid
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from functools import partial
from json import JSONDecodeError
from types import MappingProxyType
from typing import Any, Literal

from e2b import ALL_TRAFFIC, AsyncSandbox, SandboxQuery
from e2b.exceptions import (
    AuthenticationException,
    FileNotFoundException,
    InvalidArgumentException,
    NotFoundException,
    RateLimitException,
    SandboxException,
    SandboxNotFoundException,
    ServiceBusyException,
)
from e2b.exceptions import TimeoutException as SandboxTimeout
from httpx import TransportError

from bot.adapters.sandboxes.contents import GONE
from bot.adapters.sandboxes.e2b_machine import E2BSandbox, Kept
from bot.adapters.sandboxes.environments import Environments
from bot.adapters.sandboxes.registry import Registries, hosts_of, registries_of
from bot.domain.errors import NotFound, Rejected, Unavailable
from bot.domain.ports import Guard, Limits, Sandbox

OURS = "soulcaster"
KEY = "soulcaster-key"
CONTROL_SECONDS = 60.0
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class E2BSandboxes:
    """``api_url`` and ``sandbox_url`` point at another control plane and another envd.
    ``environments`` are what builds have kept, here, ``registries`` what a build may reach.
    ``grace`` is how many seconds an answer may be late after a command's own deadline. Machines are
    opened, listed and ended within ``guard``."""

    id = "e2b"
    isolation: Literal["machine", "namespaces", "none"] = "machine"

    def __init__(
        self,
        api_key: str,
        environments: Environments,
        *,
        registries: Registries = MappingProxyType({}),
        api_url: str | None = None,
        sandbox_url: str | None = None,
        grace: float = 10,
        guard: Guard = contextlib.nullcontext,
    ) -> None:
        self._environments, self._registries = environments, registries
        self._grace, self._guard = grace, guard
        self._options: dict[str, Any] = {"api_key": api_key, "debug": False}
        if api_url:
            self._options["api_url"] = api_url
        if sandbox_url:
            self._options["sandbox_url"] = sandbox_url

    @property
    def limits(self) -> Mapping[str, str]:
        """A machine has what its template gives it."""
        names = ("memory", "processes", "disk", "network", "namespaces")
        return dict.fromkeys(names, "E2B (a machine of its own)")

    @property
    def fetches(self) -> Collection[str]:
        """None: a machine reaches registries by itself, and keeps what its template has."""
        return ()

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
        """A fresh machine from ``template``, or the one that lives under ``key``. Everything
        outward is denied but ``egress``, or the hosts of the registries for a build. The machine
        ends itself when its time is over."""
        if build:
            egress = await hosts_of(registries_of(self._registries))
        digest = hashlib.sha256(key.encode()).hexdigest()[:32]
        create = partial(self._create, template, limits, egress, {**(labels or {}), KEY: digest})
        machine = await self._living(digest) or await create(digest)
        if not await self._runs(machine):
            # the idempotency key answers with a machine that has ended meanwhile
            machine = await create(f"{digest}-{uuid.uuid4().hex}")
        kept = Kept(self._environments, environment, build=build)
        sandbox = E2BSandbox(machine, limits, errors, grace=self._grace, kept=kept)
        try:
            await sandbox.prepare()
        except BaseException:
            await asyncio.shield(asyncio.ensure_future(sandbox.kill()))
            raise
        return sandbox

    async def keeps(self, environment: str) -> bool:
        """By its archive, on this machine's disk."""
        return await asyncio.to_thread(self._environments.find, environment) is not None

    async def alive(self) -> Mapping[str, Mapping[str, str]]:
        """Every machine that carries our mark, whoever opened it."""
        return {
            info.sandbox_id: {
                name: value for name, value in info.metadata.items() if name not in (OURS, KEY)
            }
            async for info in self._listed({OURS: "yes"})
        }

    async def kill(self, sandbox_id: str) -> None:
        if not _ID.fullmatch(sandbox_id):
            return  # it would become part of a URL
        async with self._guard(), errors(CONTROL_SECONDS):
            with contextlib.suppress(SandboxNotFoundException, NotFoundException):
                await AsyncSandbox.kill(sandbox_id, **self._options)

    async def close(self) -> None:
        """The SDK keeps its connections itself."""

    async def _create(
        self,
        template: str,
        limits: Limits,
        egress: Sequence[str],
        labels: Mapping[str, str],
        idempotency_key: str,
    ) -> AsyncSandbox:
        network: dict[str, Any] = {"deny_out": [ALL_TRAFFIC], "allow_public_traffic": False}
        if egress:
            network["allow_out"] = list(egress)
        async with self._guard(), errors(CONTROL_SECONDS):
            return await AsyncSandbox.create(
                template=template or None,
                timeout=math.ceil(limits.seconds),
                metadata={**labels, OURS: "yes"},
                allow_internet_access=bool(egress),
                network=network,  # type: ignore[arg-type]
                lifecycle={"on_timeout": "kill"},
                idempotency_key=idempotency_key,
                **self._options,
            )

    async def _living(self, digest: str) -> AsyncSandbox | None:
        async for info in self._listed({OURS: "yes", KEY: digest}):
            left = info.end_at.timestamp() - time.time()
            if left > 0:
                async with self._guard(), errors(CONTROL_SECONDS):
                    with contextlib.suppress(SandboxNotFoundException):
                        found: AsyncSandbox = await AsyncSandbox.connect(
                            info.sandbox_id, timeout=math.ceil(left), **self._options
                        )
                        return found
        return None

    async def _runs(self, machine: AsyncSandbox) -> bool:
        async with self._guard(), errors(CONTROL_SECONDS):
            return await machine.is_running()

    async def _listed(self, metadata: dict[str, str]) -> AsyncIterator[Any]:
        pages = AsyncSandbox.list(query=SandboxQuery(metadata=metadata), **self._options)
        while pages.has_next:
            async with self._guard(), errors(CONTROL_SECONDS):
                page = await pages.next_items()
            for info in page:
                yield info


@contextlib.asynccontextmanager
async def errors(seconds: float) -> AsyncIterator[None]:
    """At most ``seconds`` for what is within; the SDK's errors become ours."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except FileNotFoundException as error:
        raise NotFound(f"There is no such file in the sandbox: {error}") from error
    except AuthenticationException as error:
        raise Rejected("E2B does not accept E2B_API_KEY.", status=401) from error
    except RateLimitException as error:
        raise Unavailable("E2B asks us to slow down.", retry_after=10) from error
    except (SandboxTimeout, SandboxNotFoundException, NotFoundException) as error:
        raise Unavailable(GONE) from error
    except ServiceBusyException as error:
        raise Unavailable(f"E2B is busy: {error}") from error
    except InvalidArgumentException as error:
        raise Rejected(f"E2B refused: {error}", status=400) from error
    except SandboxException as error:
        if error.status_code is None or error.status_code >= 500:
            raise Unavailable(f"E2B failed: {error}") from error
        raise Rejected(f"E2B refused: {error}", status=error.status_code) from error
    except (TimeoutError, TransportError, OSError, JSONDecodeError) as error:
        raise Unavailable(f"E2B did not answer: {error or 'too slow'}") from error
