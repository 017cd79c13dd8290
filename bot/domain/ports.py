"""The ports whose contract is ours. One contract suite each, run against every adapter. GitHub,
Slack and Redis have no port: their vendors own the wire, and we speak it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from bot.domain.images import Image

Vector = NDArray[np.float32]
# What a call of a hosted service is made within. It raises Unavailable where there must be none.
Guard = Callable[[], AbstractAsyncContextManager[None]]
Shape = TypeVar("Shape", bound=BaseModel)


class Embedder(Protocol):
    """Texts to vectors."""

    @property
    def id(self) -> str:
        """Names model, version and dimensions; stored beside every vector it made."""

    @property
    def dimensions(self) -> int:
        """Floats a vector."""

    @property
    def together(self) -> int:
        """How many texts are worth one call: more at once only keep others waiting."""

    async def embed(self, texts: Sequence[str]) -> Vector:
        """One unit-length row a text: shape ``(len(texts), dimensions)``, float32. An empty text
        gives a row of zeros. Raises Unavailable (safe to retry) or Rejected."""

    async def close(self) -> None:
        """Release connections and threads."""


class VectorIndex(Protocol):
    """Vectors by namespace. ``{project}:{embedder id}``: embedders are never mixed."""

    @property
    def id(self) -> str:
        """Which adapter this is."""

    async def upsert(self, namespace: str, ids: Sequence[str], vectors: Vector) -> None:
        """Store ``vectors[i]`` as ``ids[i]``. May become visible late. Raises Unavailable."""

    async def fetch(self, namespace: str, ids: Sequence[str]) -> dict[str, Vector]:
        """The stored vectors of those ids that are there. Raises Unavailable."""

    async def remove(self, namespace: str, ids: Sequence[str]) -> None:
        """Forget the vectors of those ids. Raises Unavailable."""

    async def drop(self, namespace: str) -> None:
        """Forget the whole namespace."""

    async def close(self) -> None:
        """Release connections and files."""


class Spending(Protocol):
    """What was spent; ``dollars`` is None where nobody knows the price."""

    @property
    def dollars(self) -> float | None:
        """US dollars so far."""


class LanguageModel(Protocol):
    """Structured answers only: untrusted text goes in as data, a validated record comes out."""

    @property
    def id(self) -> str:
        """The model's name; after an answer of one that stood in for another both."""

    @property
    def choices(self) -> int:
        """How many there are of which one answers, each waited for."""

    @property
    def spent(self) -> Spending:
        """Since it was made."""

    @property
    def sees(self) -> bool:
        """Whether each of them is known to take images."""

    async def answer(
        self,
        shape: type[Shape],
        *,
        instructions: str,
        material: str,
        images: Sequence[Image] = (),
        max_output_tokens: int = 2048,
    ) -> Shape:
        """An instance of ``shape``. Raises Unavailable, or Rejected when no valid answer came."""

    async def close(self) -> None:
        """Release connections."""


OnOutput = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a sandbox may use. Seconds of wall time for its whole life, MB of memory and of disk,
    processes with their threads, processor cores, and bytes of output kept of one command."""

    seconds: float = 1800
    memory_mb: int = 2048
    disk_mb: int = 2048
    processes: int = 256
    cpus: float = 2
    output_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended. A timeout kills it and gives exit code 124."""

    command: str
    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    timed_out: bool = False
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """What commands wanted of a network that is closed to them. ``attempts`` are those that the
    kernel refused, 0 where nothing counts them. ``hosts`` are as the output of the commands names
    them: it may name fewer, and what was never tried."""

    attempts: int = 0
    hosts: tuple[str, ...] = ()

    def plus(self, attempts: int, hosts: Iterable[str]) -> Blocked:
        """And what has come since; at most 20 hosts are kept."""
        named = tuple(dict.fromkeys((*self.hosts, *hosts)))[:20]
        return Blocked(self.attempts + attempts, named)


class Sandbox(Protocol):
    """One disposable machine. Paths are relative to its work folder. Holds no credential."""

    @property
    def id(self) -> str:
        """Names it for sweeps and logs."""

    @property
    def blocked(self) -> Blocked:
        """What its commands have wanted of the network since this object was opened."""

    async def run(
        self,
        command: str,
        *,
        timeout: float,
        cwd: str = ".",
        env: Mapping[str, str] | None = None,
        on_output: OnOutput | None = None,
    ) -> Finished:
        """Run a shell command to its end; ``on_output`` sees text as it comes. Being cancelled
        kills the command. Raises Unavailable when the sandbox is gone."""

    async def write(self, path: str, data: bytes) -> None:
        """Write one file, making its folders."""

    async def upload(self, tar: bytes) -> None:
        """Unpack an uncompressed tar into the work folder."""

    async def download(
        self, *, max_bytes: int = 200_000_000, exclude: Collection[str] = ()
    ) -> bytes:
        """The work folder as an uncompressed tar. Raises TooLarge over ``max_bytes``. ``exclude``
        names files and folders (``node_modules``) left out wherever they are."""

    async def reach(self, socket: str) -> str:
        """Lead its further commands to what listens at a socket of this machine, and to nothing
        else: the URL at which they find it. Empty where it has a network of its own."""

    async def keep(self, environment: str) -> Sequence[str]:
        """Keep what its build has installed under a name of hex digits, and end it. Gives what was
        asked of the registries. Raises TooLarge when it is more than may be kept."""

    async def kill(self) -> None:
        """End it and everything in it. Harmless when repeated."""


class Sandboxes(Protocol):
    """Where sandboxes come from."""

    @property
    def id(self) -> str:
        """Which adapter this is."""

    @property
    def isolation(self) -> Literal["machine", "namespaces", "none"]:
        """How far apart a sandbox is from this machine."""

    @property
    def limits(self) -> Mapping[str, str]:
        """Who holds which limit here, for people: ``memory``, ``processes``, ``disk``, ``network``,
        ``namespaces``."""

    @property
    def fetches(self) -> Collection[str]:
        """Kinds of registries that a build reaches beside those of Python and npm: ``go``,
        ``crates``, ``maven``."""

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
        """A fresh sandbox. ``egress`` lists hosts it may reach (none: no network). ``environment``
        names what a build has kept, read-only at ``$VIRTUAL_ENV`` with its ``bin`` first on the
        path. To ``build`` one it is empty and writable, and package registries can be reached and
        nothing else can. The same ``key`` again gives the same sandbox where it still lives, never
        a second one. Raises Unavailable, or ConfigError where this machine can't isolate it."""

    async def keeps(self, environment: str) -> bool:
        """Whether an environment of that name (hex digits) is kept here."""

    async def alive(self) -> Mapping[str, Mapping[str, str]]:
        """Labels of every sandbox of ours that lives, by id; for the sweep."""

    async def kill(self, sandbox_id: str) -> None:
        """End one by id, whoever opened it."""

    async def close(self) -> None:
        """Release connections. Sandboxes are not ended by this."""


@dataclass(frozen=True, slots=True)
class RepairTask:
    """What every agent sees; also written into the sandbox as ``.soulcaster/task.json``. ``root``
    is the checkout's folder in the sandbox. ``failing`` are shell commands that must turn green,
    ``suite`` that of the whole suite. ``test_files`` must not be edited. ``probes``, or "", prints
    what calls give. ``learnt`` is what agents before it tried in their checkouts, ``prompt`` how
    the team wants it."""

    title: str
    plan: str
    evidence: str
    rules: str
    root: str
    failing: tuple[str, ...]
    suite: str
    test_files: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    steering: tuple[str, ...] = ()
    probes: str = ""
    learnt: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """What an agent may spend: steps, seconds of wall time, US dollars."""

    steps: int = 60
    seconds: float = 900
    dollars: float = 1.0


@dataclass(frozen=True, slots=True)
class Differing:
    """A call, and what two states of the code give for it."""

    call: str
    one: str
    other: str


Outcome = Literal["done", "gave up", "limit reached", "broken"]


@dataclass(frozen=True, slots=True)
class Worked:
    """What an agent did. The patch is read from the sandbox, not from here. ``outcome`` says
    whether the agent believes it is done, ``reading`` where another patch of its that holds as well
    does something else."""

    outcome: Outcome
    note: str
    steps: int = 0
    seconds: float = 0
    dollars: float = 0
    reading: Differing | None = None


Tell = Callable[[str], Awaitable[None]]
Heard = Callable[[], Awaitable[Sequence[str]]]


class Agent(Protocol):
    """Edits the checkout in a sandbox until the failing commands are green."""

    @property
    def name(self) -> str:
        """Its name on the roster, without the ``~``."""

    async def work(
        self, task: RepairTask, sandbox: Sandbox, *, budget: Budget, tell: Tell, heard: Heard
    ) -> Worked:
        """Work until done or out of budget. ``tell`` reports progress, ``heard`` gives new
        steering notes. Raises Unavailable when model or sandbox cannot be reached."""
