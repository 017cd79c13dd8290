"""Ask who reported a bug, once, for what the repository's own form requires and they left out."""

import base64
import re
from datetime import timedelta
from urllib.parse import quote

from bot.context import Context
from bot.domain.cards.language import in_language
from bot.domain.cards.views.cluster import missing_card
from bot.domain.commands.command import Level
from bot.domain.commands.rights import level_of
from bot.domain.errors import ConfigError, Rejected
from bot.domain.models import Person, Project
from bot.domain.text.forms import Form, lacking, read_form
from bot.github import people
from bot.github.app import READ
from bot.github.wire import unless_refused
from bot.log import log
from bot.repo_config import MAX_BYTES, read_yaml
from bot.say import say, withdraw
from bot.storage.items import ASKED
from workers.clusters.holding import held_until
from workers.clusters.suggestions import place_of

FOLDER, FORM, MOST = ".github/ISSUE_TEMPLATE", re.compile(r"(?!config\.).+\.ya?ml"), 20
NEW = timedelta(days=1)


async def ask_missing(ctx: Context, project_id: int, number: int, answered: int = 0) -> None:
    """On a new issue of somebody who may not write here; the question goes once it is there, or its
    author has ``answered``. Nothing is said while posts are paused, nor later."""
    project, item = await ctx.projects.find(project_id), await ctx.items.get(project_id, number)
    place = place_of(item)
    if project is None or place is None or place.issue is None or item.gone:
        return
    if await ctx.items.noted(project_id, [(number, ASKED)]):
        if answered or not lacking(await _forms(ctx, project), item.body):
            await withdraw(ctx, project, place.issue, f"missing:{item.name}")
        return
    old = item.history or ctx.now() - item.created_at > NEW
    if answered or old or await ctx.items.standing(project_id, number) != "open":
        return
    config = await ctx.configs.known(project)
    if not config.ask_missing or await held_until(ctx, project, "S1") is not None:
        return
    left = lacking(await _forms(ctx, project), item.body)
    # Another app may have written it in anybody's name; members know what they do.
    writer = Person(login=item.author, user_id=item.author_id)
    if not left or item.author_id is None:
        return
    if level_of(await people.role(ctx.github.repo(project), writer)) >= Level.L3:
        return
    card = missing_card(item, left, readers=project.github_readers)
    try:
        await say(ctx, project, place, in_language(card, config.language))
    except Rejected as error:
        log.info("could not ask for what is missing", item=item.name, why=str(error))
    await ctx.items.note(project_id, number, ASKED)


async def _forms(ctx: Context, project: Project) -> list[Form]:
    """What the default branch has; a file that is wrong asks for nothing."""
    repo, found = ctx.github.repo(project, READ), list[Form]()
    files = await unless_refused(repo.get(f"/contents/{FOLDER}"), 404) or []
    for file in [f for f in files if FORM.fullmatch(f["name"]) and f["size"] <= MAX_BYTES][:MOST]:
        try:
            told = await repo.get(f"/contents/{quote(file['path'])}")
            data = read_yaml(base64.b64decode(told["content"]), file["path"])[1]
            found.append(read_form(file["name"], data))
        except (ConfigError, Rejected) as error:
            log.info("an issue form is not read", project=project.full_name, why=str(error))
    return found
