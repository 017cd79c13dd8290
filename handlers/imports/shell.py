"""``soulcaster import``: look at a file, show what would come of it, hand it over and follow it."""

import asyncio
import tempfile
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urljoin

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bot.domain.errors import NotFound, Rejected, Unavailable
from bot.domain.imports import Wanted
from bot.domain.models import Draft
from bot.imports import kind_of
from bot.imports.reading import draft_of, preset_of
from bot.settings import Settings
from handlers.begin import begin as opened
from handlers.shell import project_of
from workers.intake.receiving import PIECE, begin, receive, told

SHOWN = 3
_LOOK_SECONDS = 0.5
Tell = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said on the command line; ``wanted`` has only what is not guessed."""

    what: str
    kind: str
    project: str
    wanted: Wanted
    to: str
    token: str


async def run(
    settings: Settings, asked: Asked, console: Console, agreed: Callable[[], bool]
) -> bool:
    """Whether it went well, or was not wanted after all. Raises NotFound for what is no file,
    BadPayload for one that is not of its kind."""
    with ExitStack() as stack:
        file = await _file(asked.what, stack)
        wanted = _looked_at(asked, file, console)
        if not agreed():
            return True
        with Progress(TextColumn("{task.description}"), BarColumn(), console=console) as bar:
            task = bar.add_task("receiving", total=100)

            def tell(stage: str, percent: int) -> None:
                bar.update(task, description=stage, completed=percent)

            name = Path(asked.what).name
            meta = {"filename": name, "kind": asked.kind, "wanted": wanted.model_dump_json()}
            there = upload(asked.to, asked.token, file, meta, tell) if asked.to else None
            one = await (there or _here(settings, asked, file, name, wanted, tell))
    counts = ", ".join(f"{one[k]:,} {k}" for k in ("records", "new", "known", "bad", "passed"))
    console.print(f"Import {one['number']} is {one['state']}: {counts}.", markup=False)
    for line in filter(None, (*one["listed"], one["reason"])):
        console.print(f"  {line}", markup=False)
    return one["state"] in ("quick ready", "complete")


async def _here(
    settings: Settings, asked: Asked, file: BinaryIO, name: str, wanted: Wanted, tell: Tell
) -> dict[str, Any]:
    size = file.seek(0, 2)
    file.seek(0)
    async with opened(settings) as ctx:
        project = await project_of(ctx, asked.project)
        one = await begin(ctx, project, asked.kind, name, wanted, size, by="the operator")
        while one.alive:
            if one.stage == "receiving":
                one = await receive(ctx, project, one, one.done, file.read(PIECE))
            else:
                await asyncio.sleep(_LOOK_SECONDS)
                one = await ctx.file_imports.get(project.id, one.number)
            tell(one.stage or one.state, one.percent)
        return told(one)


async def _file(what: str, stack: ExitStack) -> BinaryIO:
    if not what.startswith(("http://", "https://")):
        try:
            return stack.enter_context(Path(what).open("rb"))  # noqa: ASYNC230 - nothing else runs
        except OSError:
            raise NotFound(f"{what} is no file, no URL and no owner/repo.") from None
    kept = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115
    try:
        async with aiohttp.ClientSession(raise_for_status=True) as http, http.get(what) as answer:
            async for piece in answer.content.iter_chunked(PIECE):
                kept.write(piece)
    except aiohttp.ClientError as error:
        raise Unavailable(f"{what} cannot be fetched: {error}") from error
    return kept


def _looked_at(asked: Asked, file: BinaryIO, console: Console) -> Wanted:
    """What is wanted of it, shown with the first of its reports."""
    kind, now = kind_of(asked.kind), datetime.now(UTC)
    columns = {**kind.columns(file), **asked.wanted.columns}
    wanted = asked.wanted.model_copy(update={"columns": columns})
    if whose := preset_of(columns):
        console.print(f"It looks like an export of {whose}.", markup=False)
    for field, column in columns.items():
        console.print(f"{field:>7} from {column}", markup=False)
    drafts = (draft_of(kind.NAME, 0, r.told, now) for r in kind.rows(file, wanted) if r.told)
    for draft in islice((one for one in drafts if isinstance(one, Draft)), SHOWN):
        who = f" by {draft.author}" * bool(draft.author)
        console.print(f"- {draft.title}  ({draft.occurred_at:%d %b %Y}{who})", markup=False)
    return wanted


_SENT = 4 * 1024 * 1024
_TRIES = 8
_ASK_SECONDS = 1.0


async def upload(
    to: str,
    token: str,
    file: BinaryIO,
    metadata: Mapping[str, str],
    tell: Callable[[str, int], None],
) -> dict[str, Any]:
    """How the import stands when it has been read. Raises Rejected, or Unavailable in the end."""
    size = file.seek(0, 2)
    told = ",".join(f"{key} {b64encode(said.encode()).decode()}" for key, said in metadata.items())
    shown = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    async with aiohttp.ClientSession(headers=shown) as http:
        headers = {"Upload-Length": str(size), "Upload-Metadata": told}
        answer, _ = await _asked(http, "POST", urljoin(to, "/imports"), headers=headers)
        where, offset, failed = urljoin(to, answer["Location"]), 0, 0
        headers = {"Content-Type": "application/offset+octet-stream"}
        while offset < size:
            file.seek(offset)
            here = {**headers, "Upload-Offset": str(offset)}
            try:
                answer, _ = await _asked(http, "PATCH", where, headers=here, data=file.read(_SENT))
                failed = 0
            except Unavailable as error:
                if (failed := failed + 1) == _TRIES:
                    raise
                await asyncio.sleep(error.retry_after or 2**failed / 4)
                answer, _ = await _asked(http, "HEAD", where)
            offset = int(answer["Upload-Offset"])
            tell("receiving", 20 * offset // size)
        while True:
            _, one = await _asked(http, "GET", where)
            tell(one["stage"] or one["state"], one["percent"])
            if one["state"] != "processing":
                return dict(one)
            await asyncio.sleep(_ASK_SECONDS)


async def _asked(http: aiohttp.ClientSession, method: str, url: str, **more: Any) -> Any:
    """Headers and body of the answer. Raises Unavailable where it may be sent again, Rejected."""
    try:
        async with http.request(method, url, **more) as answer:
            if answer.status < 300:
                return answer.headers, await answer.json() if method == "GET" else None
            said = f"The server answers {answer.status}: {(await answer.text())[:300]}"
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(f"The server cannot be reached: {error}") from error
    if answer.status >= 500 or (answer.status in (409, 429) and method != "POST"):
        wait = answer.headers.get("Retry-After", "")
        raise Unavailable(said, retry_after=float(wait) if wait.isdecimal() else None)
    raise Rejected(said, status=answer.status)
