"""Ask the language model in the background: a few at a time, each within its time. A model that
hangs or fails keeps nobody else waiting: it has few seats, whatever the projects, and what could
not be asked goes to the end of its list."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.context import Context
from bot.domain.errors import Rejected, Unavailable
from bot.domain.images import Image
from bot.domain.ports import LanguageModel, Shape
from bot.domain.secrets import redact
from bot.jobs import CLAIM
from bot.log import log
from bot.storage.answers import Kind

SLOTS = 3
PATIENCE = timedelta(hours=2)  # with one question, while the model cannot be reached
ROUND_SECONDS = 300.0

AskAbout = Callable[[Context, int, int], Awaitable[None]]
PutOff = Callable[[Context, int, int, str], Awaitable[None]]


async def ask_waiting(
    ctx: Context, project: int, kind: Kind, *, ask_about: AskAbout, put_off: PutOff
) -> bool:
    """Ask about what waits, the longest waiting first; False when a round did not suffice. When the
    model cannot be reached, ``put_off`` is told so for everything that waits, and Unavailable is
    raised so that the job is run again."""
    until = _now() + ROUND_SECONDS
    async with _slot(ctx):
        while waiting := await ctx.answers.waiting(project, kind, 1):
            (what,) = waiting
            try:
                await ask_about(ctx, project, what.number)
            except Unavailable as error:
                await ctx.answers.want(project, kind, what.number, ctx.now().timestamp())
                for each in await ctx.answers.waiting(project, kind):
                    await put_off(ctx, project, each.number, str(error))
                raise
            await ctx.answers.settle(project, kind, what)
            if _now() > until:
                return False
    return True


async def ask(
    ctx: Context,
    model: LanguageModel,
    shape: type[Shape],
    *,
    instructions: str,
    material: str,
    images: Sequence[Image] = (),
) -> Shape:
    """The model's answer, within SOULCASTER_MODEL_SECONDS each. Raises Unavailable or Rejected."""
    seconds = ctx.settings.soulcaster_model_seconds * model.choices
    try:
        async with asyncio.timeout(seconds):
            return await model.answer(
                shape, instructions=instructions, material=material, images=images
            )
    except TimeoutError as error:
        raise Unavailable(f"{model.id} did not answer within {seconds:g} s.") from error


async def drafted(
    ctx: Context,
    model: LanguageModel,
    shape: type[Shape],
    *,
    instructions: str,
    material: Callable[[Sequence[str]], str],
    mistakes: Callable[[Shape], Sequence[str]],
    images: Sequence[Image] = (),
) -> tuple[Shape | None, str]:
    """What the model makes of the material, told once what is wrong with it; else None, and why.
    ``material`` takes what was wrong with the last answer."""
    wrong: Sequence[str] = ()
    try:
        for _ in range(2):
            told = redact(material(wrong))
            found = await ask(
                ctx, model, shape, instructions=instructions, material=told, images=images
            )
            if not (wrong := mistakes(found)):
                return found, ""
    except (Unavailable, Rejected) as error:
        log.warning("the language model did not answer", model=model.id, why=str(error))
        return None, f"{model.id} did not answer"
    log.warning("an answer was refused", model=model.id, why=wrong[:5])
    return None, f"{model.id} gave no answer that holds"


async def put(ctx: Context, project: int, kind: Kind, about: int, answer: str) -> None:
    """Store an answer as the job in hand. Raises LeaseLost when somebody else has taken over."""
    claim = CLAIM.get()
    await ctx.answers.put(project, kind, about, answer, lease=claim.lease, token=claim.token)


def patient(ctx: Context, since: datetime | None) -> bool:
    """Whether to ask again, the model having been away ``since`` then."""
    return since is None or ctx.now() - since < PATIENCE


def today(ctx: Context) -> str:
    """``2026-11-21``, in UTC."""
    return f"{ctx.now():%Y-%m-%d}"


@asynccontextmanager
async def _slot(ctx: Context) -> AsyncIterator[None]:
    for number in range(SLOTS):
        async with ctx.leases.hold(f"model:{number}") as token:
            if token:
                yield
                return
    raise Unavailable("Others are asking the language model.", retry_after=2)


def _now() -> float:
    return asyncio.get_running_loop().time()
