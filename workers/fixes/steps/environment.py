"""The environment in which a project's tests run: built once, apart, and kept by what it needs."""

import asyncio
import hashlib
import platform
import posixpath
import shlex
import sys
from datetime import timedelta

from bot.domain.errors import TooLarge
from bot.domain.fixes.environment import CONSTRAINTS, HAD, Needs, install, needs_of
from bot.domain.fixes.patch import Tree, tar_from_tree
from bot.domain.models import Verdict
from bot.domain.ports import Finished, Limits, Sandbox
from workers.fixes.steps.context import OURS, Ended, RunContext, ran

BUILD_SECONDS = 900.0
_BUILD = Limits(seconds=BUILD_SECONDS + 60, memory_mb=4_096, disk_mb=8_192, processes=512)
# A checkout without history has no tag to take a version from.
_VERSION = "SETUPTOOLS_SCM_PRETEND_VERSION", "PBR_VERSION", "PDM_BUILD_SCM_VERSION"
# A template may not have uv.
_PYTHON = (
    "{ command -v uv || python3 -m pip install --quiet --user uv; } && "
    'uv venv --quiet --seed --allow-existing --python python3 "$VIRTUAL_ENV"'
)
_LOCKED = (
    "uv export --quiet --frozen --all-groups --all-extras --no-hashes --no-emit-workspace "
    f"> {CONSTRAINTS}"
)
# Prints which of its arguments are modules that can't be imported.
_FIND = "import sys, importlib.util as u; print(*(n for n in sys.argv[1:] if not u.find_spec(n)))"
_ABSENT = ("python", "-c", _FIND)
# What builds may stand on: https://docs.astral.sh/uv/concepts/projects/build/
_BUILDERS = '"$VIRTUAL_ENV/builders.txt"'
# Pins of years ago: the runner, its plugins and what it stood on, which have to fit each other.
_RUNS = "python -m pytest -c /dev/null --noconftest --version --version"  # said twice it loads them
_RUNNERS = r"s/^\(pytest[-a-z]*\|py\|pluggy\)==\(.*\)/\1 \2/p"
_OF_RUNNERS = f"uv pip list --format=freeze | sed -n '{_RUNNERS}'"
# How it ends where a module of tests, a conftest or its configuration is not understood.
_COLLECTS, _UNREAD = "python -m pytest --collect-only -q -p no:cacheprovider", (1, 2, 3, 4)
# Of a commit so young what is newest is its own; what is older than this day has few wheels for a
# Python of today.
_RECENT, _EARLIEST = timedelta(days=30), "2023-06-01"
# As uv tells that our mirror could not reach a registry.
_AWAY = "502 Bad Gateway"
# Made beside the checkout, or Node would not find them there. A link to a package of the checkout
# leads there from anywhere.
_NODE = (
    "if [ -d node_modules ]; then for link in $(find node_modules -maxdepth 2 -type l); do "
    'there=$(realpath "$link"); case "$there" in "$PWD"/node_modules/*) ;; '
    '*) ln -sfn "$there" "$link";; esac; done; mv node_modules "$VIRTUAL_ENV/"; fi'
)
# What building made in the checkout, such as a file with the version: it comes with it again.
_MADE = (
    "find . -newer {ours}/begun -type f -not -path './.soulcaster/*' -not -path '*/__pycache__/*' "
    "-not -path './.git/*' -print0 | tar --create --null --files-from=- --file={ours}/made.tar"
)


async def environment_of(context: RunContext, base: Tree) -> None:
    """Have the sandboxes of a run hold what the tests of ``base`` need; built where it is not kept.
    Raises Ended where the project's own commands fail, for they are its word."""
    setup = (await context.config()).fix.setup
    beside = await context.beside()
    fetched = context.sandboxes.fetches
    needs = await asyncio.to_thread(needs_of, base, setup, beside=beside, fetched=fetched)
    if needs.nothing or context.brings_environment:
        await context.set(environment=needs.left_out)
        return
    if context.sandboxes.isolation == "none":
        said = "nothing is installed where nothing is isolated"
        await context.set(environment=(said, *needs.left_out))
        return
    # Of one repository alone: what a build runs is its code, and another's tests must not meet it.
    built_by = (context.labels()["repository"], context.sandboxes.id, context.template)
    given = (
        hashlib.sha256(await asyncio.to_thread(tar_from_tree, beside)).hexdigest() if beside else ""
    )
    name = needs.key(base, *built_by, platform.machine(), sys.version, given)
    if await context.sandboxes.keeps(name):
        await context.log(f"the environment of {needs.sources} is kept: {name}")
    else:
        await context.tell(f"installing what the tests need, as {needs.sources} says")
        name = await _build(context, {**beside, **base}, needs, name)
    context.environment = name
    await context.set(environment=(f"installed as {needs.sources} says", *needs.left_out))


async def _build(context: RunContext, base: Tree, needs: Needs, name: str) -> str:
    """The name it is kept under: one that lacks something is no other run's."""
    made = await context.sandboxes.open(
        template=context.template,
        limits=_BUILD,
        key=f"{context.key()}-environment",
        labels=context.labels(),
        build=True,
    )
    try:
        await made.upload(await asyncio.to_thread(tar_from_tree, base))
        missing = await _Build(context, made, needs).everything()
        if missing:
            name = hashlib.sha256(f"{name} {context.key()}".encode()).hexdigest()[:40]
        fetched = await made.keep(name)
    except TooLarge as error:
        raise Ended(
            Verdict.TESTS_DO_NOT_RUN, f"What the tests need is too large: {error}."
        ) from error
    finally:
        await made.kill()
    for each in missing:
        await context.log(f"not installed: {each}")
    await context.log(f"{len(fetched)} files of the registries: {' '.join(fetched[:200])}")
    return name


class _Build:
    def __init__(self, context: RunContext, sandbox: Sandbox, needs: Needs) -> None:
        self._context, self._sandbox, self._needs = context, sandbox, needs
        pretended = dict.fromkeys(_VERSION, needs.version) if needs.version else {}
        self._env = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_HTTP_RETRIES": "1"}
        self._env |= {**pretended, **needs.variables}
        self._export = 'export UV_CACHE_DIR="$VIRTUAL_ENV/.cache" PATH="$HOME/.local/bin:$PATH"'

    async def everything(self) -> list[str]:
        """All that is needed; what could not be had, a line each."""
        await self._run(f"mkdir -p {OURS} && touch {OURS}/begun && sleep 0.01", cwd=".")
        missing: list[str] = []
        if self._needs.setup:
            await self._as_told()
        undeclared: list[str] = []
        if self._needs.python:
            missing += await self._python()
            undeclared += [*await self._imported(), *await self._collected()]
        if self._needs.node:
            missing += await self._tried(self._needs.node)
        for command in self._needs.others:
            missing += await self._tried(command)
        for command in self._needs.prepare:  # which may wait for a network that is not there
            undeclared += await self._tried(command, cwd=".", most=BUILD_SECONDS / 5)
        if self._needs.node:
            await self._run(_NODE)
        await self._run(_MADE.format(ours=OURS), cwd=".")
        self._env["MISSING"] = "".join(f"{each}\n" for each in (*missing, *undeclared))
        await self._run(f'rm -rf "$VIRTUAL_ENV/.cache"; printf %s "$MISSING" > {OURS}/missing')
        return missing

    async def _as_told(self) -> None:
        await self._run(_PYTHON)
        for command in self._needs.setup:
            done = await self._run(command)
            if done.exit_code:
                raise Ended(
                    Verdict.TESTS_DO_NOT_RUN,
                    f"`{command}` of .github/soulcaster.yml failed: {_why(done)}",
                )

    async def _python(self) -> list[str]:
        """All at once; where that fails one by one, so that one bad line costs itself alone."""
        await self._run(_PYTHON)
        if self._needs.lock:
            pins = "".join(f"{pin}\n" for pin in self._needs.pins)
            where = posixpath.join(self._needs.root, CONSTRAINTS)
            await self._sandbox.write(where, pins.encode())
            if not pins:
                await self._run(_LOCKED)
        whole = await self._run(self._needs.whole)
        if _lacks_what_setuptools_had(whole):
            await self._run(f"echo {shlex.quote(HAD[1])} > {_BUILDERS}")
            self._export += f" UV_BUILD_CONSTRAINT={_BUILDERS}"
            whole = await self._run(self._needs.whole)
        if not whole.exit_code:
            return []
        if _AWAY in whole.stderr:
            return [f"`{self._needs.whole}`: {_why(whole)}"]
        await self._context.tell("not all of it fits together: one by one")
        missing: list[str] = []
        for part in self._needs.parts:
            missing += await self._tried(part)
        return missing

    async def _imported(self) -> list[str]:
        """What tests import comes from wherever the project names it; a line each for the rest."""
        if not self._needs.imports:
            return []
        absent = (await self._run(shlex.join([*_ABSENT, *self._needs.imports]))).stdout.split()
        named = [said for name in absent if (said := self._needs.imports.get(name))]
        if named:
            await self._run(install(list(map(shlex.quote, named))))
        names = ", ".join(name for name in absent if not self._needs.imports.get(name, "-"))
        return [f"`{names}`: tests import that, and no file says what installs it"] * bool(names)

    async def _runner(self) -> list[str]:
        """A pytest too old for this Python, or too new for a plugin, is replaced, with its plugins,
        by 7, which still takes what those of its time hook into, or the newest; a line."""
        if await self._starts():
            return []
        listed = dict(line.split() for line in (await self._run(_OF_RUNNERS)).stdout.splitlines())
        if "pytest" not in listed:
            return []
        upgrade = f"uv pip install --upgrade {shlex.join(listed)}"
        await self._run(f"{upgrade} 'pytest>=7,<8' || {upgrade}")
        await self._starts()
        old = f"`pytest=={listed['pytest']}`"
        return [f"{old}: it does not start with what is here; another one runs"]

    async def _starts(self) -> bool:
        """Whether pytest starts with its plugins; those that ask for what setuptools had get it."""
        if _lacks_what_setuptools_had(done := await self._run(_RUNS)):
            await self._run(install([shlex.quote(HAD[1])]))
            done = await self._run(_RUNS)
        return not done.exit_code

    async def _collected(self) -> list[str]:
        """Where tests can't be collected with what is newest: what its people had on the day of
        the base commit; a line for each thing that is another one than they say."""
        lines, day = await self._runner(), self._context.run.base_day
        recent = (self._context.now() - _RECENT).date().isoformat()
        if not day or day > recent or (await self._run(_COLLECTS)).exit_code not in _UNREAD:
            return lines
        older = f"install --reinstall --exclude-newer {(day := max(day, _EARLIEST))}"
        if (await self._run(self._needs.whole.replace("install", older, 1))).exit_code:
            return lines
        await self._runner()
        return [*lines, f"`what came after {day}`: tests can't be collected with it"]

    async def _tried(self, command: str, cwd: str = "", most: float = BUILD_SECONDS) -> list[str]:
        done = await self._run(command, cwd=cwd, most=most)
        return [f"`{command}`: {_why(done)}"] if done.exit_code else []

    async def _run(self, command: str, *, cwd: str = "", most: float = BUILD_SECONDS) -> Finished:
        done = await self._sandbox.run(
            f"{self._export}; {command}",
            timeout=most,
            cwd=cwd or self._needs.root or ".",
            env=self._env,
        )
        await self._context.log(
            f"$ {command}\n{ran(done).tail[-800:]}\n"
            f"exit code {done.exit_code}, {done.seconds:.1f} s"
        )
        return done


def _lacks_what_setuptools_had(done: Finished) -> bool:
    return f"No module named '{HAD[0]}'" in done.stderr + done.stdout


def _why(done: Finished) -> str:
    """The line of an installer that says what is wrong."""
    lines = [line.strip(" ×╰─▶├│") for line in (done.stdout + "\n" + done.stderr).splitlines()]
    said = [line for line in lines if line]
    if done.timed_out:
        return f"it did not end within {done.seconds:.0f} s"
    return next(
        (line for line in said if "error" in line.lower()), (said or ["it said nothing"])[-1]
    )
