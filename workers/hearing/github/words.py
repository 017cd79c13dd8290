"""Commands in a text on GitHub: of who wrote them there; in our own cards, of who ticks a box."""

from collections.abc import Sequence

from bot.context import Context
from bot.domain.cards.card import Bullets, Card, Code, Section
from bot.domain.commands.authorship import Said, Written, said_in
from bot.domain.commands.grammar import parse
from bot.domain.commands.mention import called
from bot.domain.errors import NotUnderstood, Rejected
from bot.domain.models import Place
from bot.log import logged
from bot.render.marker import ticked
from bot.say import say
from bot.storage.budget import Priority, at
from workers.commands import hear
from workers.commands.hear import as_answer
from workers.commands.permission import role_of
from workers.commands.verbs import ROSTER
from workers.hearing.github.payloads import Comment, Issue, Payload, Review

_LONGEST = 200  # characters of a line that is quoted back


async def take(
    ctx: Context,
    payload: Payload,
    written: Issue | Comment | Review,
    place: Place,
    origin: str,
    *,
    answers: bool = False,
) -> None:
    """Hear what the sender says by themselves; what only looks so is quoted back. ``origin`` names
    the text, the same at every redelivery. A new text that holds no command ``answers`` an
    interview that its author holds there."""
    app = ctx.settings.github_app_id
    slug = await ctx.github.slug() if "@" in (written.body or "") else ""
    said = said_by(payload, written, app, slug)
    if written.is_of(app):
        # A box may be ticked again and again.
        origin = f"tick:{origin}:{written.updated_at.isoformat()}"
    person, when = payload.sender.person, written.updated_at
    lines = said.own
    by_hand = payload.is_author(written) and written.performed_via_github_app is None
    new = payload.action == "created" and by_hand
    if answers and new and not (lines or said.unsaid):
        where = payload.project.id, person, written.body or "", place.name
        lines = tuple(await as_answer(ctx, *where))
    await hear.lines(ctx, payload.project, lines, person, place, origin, said_at=when)
    await _quote_back(ctx, payload, said.unsaid, place)


def said_by(payload: Payload, written: Issue | Comment | Review, app: int, slug: str = "") -> Said:
    """The commands that the event adds; ``app`` and ``slug`` are our own at GitHub."""
    edited = payload.action == "edited"
    if payload.sender.person.is_bot or (edited and payload.changes.body is None):
        return Said()
    if written.is_of(app):
        return Said(own=tuple(ticked(payload.body_before, written.body or "")))
    return said_in(
        Written(
            sender=payload.sender.person,
            author=written.user.person if written.user else None,
            body=called(written.body or "", slug),
            before=called(payload.body_before, slug) if edited else "",
            relayed=written.performed_via_github_app is not None,
            moved=payload.changes.old_issue is not None,
        )
    )


async def _quote_back(ctx: Context, payload: Payload, lines: Sequence[str], place: Place) -> None:
    """Say it where somebody may have meant it; one card a place, however often."""
    meant = [line for line in lines if _understood(line)]
    if not meant:
        return
    project, sender = payload.project, payload.sender.person
    if await role_of(ctx, project, sender) == "none":
        return
    card = Card(
        key="unsaid",
        audience=project.github_readers,
        title=("Not done: it counts only from who wrote it",),
        tone="refused",
        sections=(Section(Bullets(*((Code(line[:_LONGEST]),) for line in meant))),),
        footer=(
            "A command counts for who wrote it, by themselves and in this place: not in a text "
            "that was moved here, that another app sent, or that somebody else edited.",
        ),
    )
    with logged("could not quote back", Rejected, place=place.name), at(Priority.ANSWER):
        await say(ctx, project, place, card)


def _understood(line: str) -> bool:
    try:
        parse(line, ROSTER)
    except NotUnderstood:
        return False
    return True
