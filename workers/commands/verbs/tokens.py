"""``token``: who may use the API."""

from __future__ import annotations

from typing import Annotated, Literal

from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Line, Paragraph, Section
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.errors import NotFound
from bot.storage.tokens import Scope
from workers.commands.call import Answer, Call


class ManageTokens(Command):
    """Make a token for the API, list what there are, or revoke one.

    It reads what the team reads, and with --scope=write does what you may do, each time with the
    rights that you have then. It is shown once, in the shell or to you alone in Slack.
    """

    verb = "token"
    level = Level.L4
    examples = ("token list", "token new --scope=write", "token revoke 3f9a2c1b")
    asker_when = ("new",)

    what: Annotated[Literal["list", "new", "revoke"], WORD] = "list"
    name: Annotated[str, WORD] = ""
    scope: Scope = "read"


async def run_token(call: Call, command: ManageTokens) -> Answer:
    """Tokens of this project."""
    ctx, project = call.ctx, call.project.id
    if command.what == "new":
        by = call.person.model_copy(update={"slack_user": "", "slack_team": ""})
        made = await ctx.tokens.new(project, command.scope, by, call.said.id, ctx.now())
        how = ("Send it as ", Code("Authorization: Bearer TOKEN"), "; what there is: /docs")
        told = (Paragraph("Token (shown once): ", Code(made)), Paragraph(*how))
        card = Card(
            key="token",
            audience=Audience.PERSON,
            title=(f"This token may {command.scope} in ", Code(call.project.full_name)),
            tone="succeeded",
            sections=(Section(*told),),
        )
        return Answer(card)
    if command.what == "revoke":
        if not await ctx.tokens.revoke(project, command.name):
            raise NotFound(f"There is no token {command.name!r} here: say token list.")
        return call.done("token", f"{command.name} opens nothing any more.")
    lines: list[Line] = []
    for one in await ctx.tokens.all(project):
        who = "the operator" if one.by.operator else one.by.name
        used = f"last used {one.used_at:%d %b %H:%M} UTC" if one.used_at else "never used"
        lines.append((Code(one.id), f": {one.scope}, made by {who} on {one.made_at:%d %b}, {used}"))
    nothing: Line = ("There is none: ", Code("token new --scope=read"))
    title = ("Tokens of ", Code(call.project.full_name))
    return call.answer("token", *title, sections=(Section(Bullets(*lines or [nothing])),))
