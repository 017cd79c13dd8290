"""Cards as comments and messages: ``say(ctx, project, place, card)``. A card is posted once a place
and edited from then on; asked for again on GitHub it moves below the question. Before it is posted
the intention is written down, so that whoever comes after a crash looks for the card before posting
it again. What a person wrote into it is theirs."""

import asyncio
import hashlib
import json
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card, note
from bot.domain.cards.pausing import with_banner
from bot.domain.cards.views.pull import pull_title
from bot.domain.errors import Quiet, Unavailable
from bot.domain.models import Person, Place, Project
from bot.github import issues
from bot.github.app import PUBLISH
from bot.log import log
from bot.render import marker, render_markdown, words_of
from bot.render.blocks import render_blocks
from bot.say.audience import fit_for, fit_on_github, readers_at
from bot.say.documents import hide_pull
from bot.storage.cards import Standing

HIDDEN = "hidden"
# How long GitHub's lists are given to show what was written.
LAG_SECONDS = 5.0


async def say(
    ctx: Context, project: Project, place: Place, card: Card, *, asked: bool = False
) -> str:
    """Post the card, or edit it where it stands; its comment id or message ts.

    A card that says nothing new is left alone; ``asked`` for by a person, it is made sure that it
    still stands there. In a Slack channel where not everybody may read it, where the app was
    removed, and on GitHub where it is quiet, nothing is said ("").

    Raises Unavailable (try again; nothing is posted twice) or Rejected."""
    if await ctx.projects.find(project.id) is None:
        log.info("not said where the app was removed", project=project.full_name, card=card.key)
        return ""
    card = await paused_or_not(ctx, project, card)
    if place.issue is not None:
        card = await fit_on_github(ctx.github.repo(project), card)
    else:
        readers = await readers_at(ctx, project, place)
        if place.channel and not may_read(readers, card.audience):
            log.info("not said in a channel that is not for it", card=card.key, readers=readers)
            return ""
        card = fit_for(card, readers)
    for _ in range(100):
        async with ctx.leases.hold(f"say:{project.id}:{place.name}:{card.key}") as token:
            if token:
                try:
                    stands = await _say(ctx, project, place, card, asked=asked)
                except Quiet:
                    log.info("not said where it is quiet", project=project.full_name, card=card.key)
                    await ctx.cards.drop(project.id, place.name, card.key)
                    return ""
                if place.issue is None and stands:
                    await ctx.channels.set_about(place.channel, stands, project.id)
                return stands
        await asyncio.sleep(0.1)
    raise Unavailable("Somebody else is writing this card.", retry_after=1)


async def hide(ctx: Context, project: Project) -> None:
    """Take the words off every card on GitHub, and off what was made of private reports: others
    read there now. Goes on where it stopped."""
    repo = ctx.github.repo(project)
    words = "This was said while the repository was private."
    async for place, key, stands in ctx.cards.on_github(project.id):
        if stands.id and stands.checksum != HIDDEN:
            body = render_markdown(note(key, words, audience=Audience.PUBLIC))
            await issues.update_comment(repo, int(stands.id), body)
            hidden = stands.model_copy(update={"checksum": HIDDEN, "words": ""})
            await ctx.cards.put(project.id, place, key, hidden)
    for run in await ctx.runs.all(project.id):
        if run.pull_request and not may_read(project.github_readers, run.audience):
            cluster = await ctx.clusters.get(project.id, run.cluster)
            title = pull_title(cluster, (), proof=run.verdict or run.proof)
            body = render_markdown(note(f"pull:{run.name}", words, audience=Audience.PUBLIC))
            commits = [version.commit for version in await ctx.versions.all(project.id, run)]
            publish = ctx.github.repo(project, PUBLISH)
            await hide_pull(publish, run.pull_request, title, body, commits)


async def whole_or_not(ctx: Context, card: Card) -> Card:
    """The card; it says so where a service that fills it in does not answer now."""
    if away := await ctx.breakers.open("Gemini", "Upstash"):
        names = " and ".join(away)
        words = f"{names} does not answer now: what comes from there may be missing here."
        card = card.model_copy(update={"footer": (*card.footer, " " * bool(card.footer), words)})
    return card


async def paused_or_not(ctx: Context, project: Project, card: Card) -> Card:
    """The card; more than a line, it says what is paused."""
    if not (card.facts or card.sections):
        return card
    return with_banner(card, (await ctx.stories.pauses(project.id)).values(), ctx.now())


async def whisper(
    ctx: Context,
    project: Project | None,
    place: Place,
    person: Person,
    card: Card,
    *,
    readers: Audience,
) -> None:
    """Say it in Slack to one person only: by the address that came with what they said as long as
    that is good, or new. ``readers`` is what may be whispered to them; None is for no project.
    Raises Unavailable or Rejected; twice is harmless."""
    if ctx.slack is None:
        return
    if card.audience is not Audience.PERSON:
        card = fit_for(card, readers)
    message = render_blocks(card, project.id if project else 0)
    good = place.response_url and place.answer_by and ctx.now() < place.answer_by
    if good and await ctx.slack.answer(place.response_url, message):
        return
    await ctx.slack.whisper(place.channel, person.slack_user, message, thread=place.thread)


def in_words(card: Card) -> str:
    """The card as plain text, for the record; nothing of one that is for who asked alone."""
    return "" if card.audience is Audience.PERSON else render_blocks(card).text


async def _say(ctx: Context, project: Project, place: Place, card: Card, *, asked: bool) -> str:
    if place.issue is not None:
        post: _Comment | _Message = _Comment(ctx, project, place, card)
    elif place.channel and ctx.slack is not None:
        post = _Message(ctx, project, place, card)
    else:
        return ""

    async def keep(identity: str, checksum: str = "", words: str = "", **more: Any) -> str:
        stands = Standing(
            id=identity, checksum=checksum, words=words, at=ctx.now().timestamp(), **more
        )
        await ctx.cards.put(project.id, place.name, card.key, stands)
        return identity

    standing = await ctx.cards.get(project.id, place.name, card.key)
    before, found, doubtful = "", None, False
    words: tuple[str, ...] = ("",)
    if standing and standing.id:
        if standing.doubtful:
            await post.clear_twins(standing.id, standing.before)
        same = standing.checksum == post.checksum and not asked
        above = asked and place.comment is not None and int(standing.id) < place.comment
        if post.words and not (same or above):
            # Whoever comes after a crash takes what we were about to write for nobody else's.
            coming = (*standing.coming[-4:], post.words)
            standing = standing.model_copy(update={"coming": coming})
            await ctx.cards.put(project.id, place.name, card.key, standing)
        if same or (not above and await post.edit(standing)):
            return await keep(standing.id, post.checksum, post.words)
        # Deleted, edited by a person, or above: said again below.
        before, words = standing.id, (standing.words, *standing.coming)
    elif standing:
        before, words = standing.before, (standing.words, *standing.coming)
        found = await post.find(before)
        doubtful = True
    if found is None:
        await keep("", words=words[0], coming=words[1:], before=before)
        found = await post.create()
    else:
        await post.edit(Standing(id=found, checksum=""))
    await post.clear(before, *words)
    if doubtful:
        await keep(found, post.checksum, post.words, before=before, doubtful=True)
        await post.clear_twins(found, before)
    return await keep(found, post.checksum, post.words)


async def withdraw(ctx: Context, project: Project, issue: int, key: str, comment: str = "") -> None:
    """Delete our comment of this key, where it stands (as ``comment``, if that is given) and no
    person wrote into it. Raises Unavailable or Rejected."""
    place = Place(issue=issue)
    standing = await ctx.cards.get(project.id, place.name, key)
    if standing and standing.id and comment in ("", standing.id):
        blank = note(key, audience=Audience.PUBLIC)
        await _Comment(ctx, project, place, blank).clear(
            standing.id, standing.words, *standing.coming
        )
        await ctx.cards.drop(project.id, place.name, key)


class _Comment:
    """A card as a comment on an issue or pull request."""

    def __init__(self, ctx: Context, project: Project, place: Place, card: Card) -> None:
        self._ctx = ctx
        self._repo = ctx.github.repo(project)
        self._place = place
        self._issue = place.issue or 0
        self._card = card
        self._body = render_markdown(card)
        self.checksum = hashlib.blake2b(self._body.encode(), digest_size=12).hexdigest()
        self.words = words_of(self._body)

    async def find(self, before: str) -> str | None:
        """The comment that carries our marker, of those after ``before``."""
        found = await self._ours(before)
        return str(found[0]["id"]) if found else None

    async def clear_twins(self, comment: str, before: str) -> None:
        """Delete what else of this card came after ``before`` and nobody edited. Raises Unavailable
        while GitHub's list, which lags behind, does not show even ``comment``."""
        found = await self._ours(before)
        shown = comment in [str(each["id"]) for each in found]
        if not shown and await issues.get_comment(self._repo, int(comment)) is not None:
            raise Unavailable("GitHub's list of comments lags behind.", retry_after=LAG_SECONDS)
        for twin in found:
            if str(twin["id"]) != comment and twin["created_at"] == twin["updated_at"]:
                await issues.delete_comment(self._repo, twin["id"])

    async def _ours(self, before: str) -> list[Any]:
        mark, after = marker(self._card.key), int(before or 0)
        return await issues.find_comments(self._repo, self._issue, mark, after=after)

    async def edit(self, standing: Standing) -> bool:
        """False when somebody deleted it, or wrote words of their own into it."""
        if standing.words:
            body = await issues.get_comment(self._repo, int(standing.id))
            if body is None or words_of(body) not in (standing.words, *standing.coming):
                return False
        return await issues.update_comment(self._repo, int(standing.id), self._body)

    async def create(self) -> str:
        return str(await issues.create_comment(self._repo, self._issue, self._body))

    async def clear(self, comment: str, *words: str) -> None:
        """Delete the comment that said it before; one that a person edited stays, and is known."""
        body = await issues.get_comment(self._repo, int(comment)) if comment else None
        if body is None:
            return
        if not words[0] or words_of(body) in words:
            return await issues.delete_comment(self._repo, int(comment))
        theirs = Standing(id=comment, checksum="", at=self._ctx.now().timestamp())
        key = f"{self._card.key}~{comment}"
        await self._ctx.cards.put(self._repo.project.id, self._place.name, key, theirs)


class _Message:
    """A card as a Slack message. Its metadata names the project and the card."""

    def __init__(self, ctx: Context, project: Project, place: Place, card: Card) -> None:
        if ctx.slack is None:
            raise Unavailable("Slack is not connected.")
        self._slack = ctx.slack
        self._place = place
        self._message = render_blocks(card, project.id)
        self.words = ""
        blocks = json.dumps(self._message.blocks, sort_keys=True)
        self.checksum = hashlib.blake2b(blocks.encode(), digest_size=12).hexdigest()

    async def find(self, before: str) -> str | None:
        """The message that says it is this card."""
        return await self._slack.find(self._place.channel, self._message, thread=self._place.thread)

    async def edit(self, standing: Standing) -> bool:
        """False when somebody deleted it."""
        return await self._slack.edit(self._place.channel, standing.id, self._message)

    async def clear(self, ts: str, *words: str) -> None:
        """It was deleted already."""

    async def clear_twins(self, ts: str, before: str) -> None:
        """Slack shows a message from when it has taken it."""

    async def create(self) -> str:
        return await self._slack.post(self._place.channel, self._message, thread=self._place.thread)
