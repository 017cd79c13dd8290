"""``key token``: a project's own keys of language models, and who may use the API."""

from typing import Annotated, Literal

from bot.adapters.choose_model import VENDORS
from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Choice, Code, Line, Paragraph, Section
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.errors import NotFound
from bot.storage.own_keys import OwnKey
from bot.storage.tokens import Scope
from workers.commands.call import Ambiguous, Answer, Call


class ManageKeys(Command, verb="key", level=Level.L4):
    """Give this project a language-model key of its own, list those it has, or remove one.

    ``set`` asks for it in a form in Slack, or in the shell; never type one into a message. It is
    sealed and used for this project alone: any model of that vendor may then be named in its file.
    """

    examples = ("key list", "key set openai", "key remove openai")
    asker_when = ("set",)

    what: Annotated[Literal["list", "set", "remove"], WORD] = "list"
    service: Annotated[Literal["gemini", "openai", "anthropic"] | None, WORD] = None
    given: str = ""


async def run_key(call: Call, command: ManageKeys) -> Answer:
    """What it shows of a key is who gave it and when."""
    ctx, project, service = call.ctx, call.project, command.service
    if command.what == "list":
        return await _list(call)
    if service is None:
        sentences = [f"key {command.what} {vendor}" for vendor in VENDORS]
        choices = tuple(Choice(Code(sentence), sentence=sentence) for sentence in sentences)
        raise Ambiguous("Whose key?", choices)
    if command.what == "remove":
        if not await ctx.own_keys.remove(project.id, service):
            raise NotFound(f"This project has no key of {service}: key list shows those it has.")
        return call.done("keys", Code(service), ": its key is forgotten.")
    key = await ctx.vault.handed_over(command.given)
    if not key:
        raise Ambiguous(
            f"A key of {service} is asked for in a form, in Slack or in the shell, and never typed "
            "here: if you just did, make a new one there. A form is good for ten minutes.",
            (Choice("Give", sentence=f"{project.full_name} key set {service}"),),
        )
    own = OwnKey(key=key, by=call.person.name, at=ctx.now())
    await ctx.own_keys.put(project.id, service, own)
    done = ": its key is kept, sealed, and used for this project alone from now on."
    return call.done("keys", Code(service), done)


async def _list(call: Call) -> Answer:
    ctx, ours = call.ctx, call.ctx.settings_for_adapters
    own = await ctx.own_keys.all(call.project.id)
    lines: list[Line] = []
    for vendor, (label, _) in VENDORS.items():
        said = "none"
        if vendor in own:
            given = own[vendor]
            said = "of this project, and no key of the vault opens it: give it again"
            if given.at:
                said = f"of this project, given by {given.by}, {given.at:%d %b %Y}"
        elif ours.of(vendor).key:
            lent = ctx.settings.soulcaster_lend_keys
            said = "lent by this server" if lent else "none; this server lends none"
        lines.append((f"{label} (", Code(vendor), f"): {said}"))
    if unasked := await ctx.models.unreachable(call.project.id):
        names = ", ".join(unasked)
        lines.append((f"Named in the file, and not asked before there is a key: {names}",))
    project = Code(call.project.full_name)
    section = Section(Bullets(*lines))
    return call.answer("keys", "Keys of language models of ", project, sections=(section,))


class ManageTokens(Command, verb="token", level=Level.L4):
    """Make a token for the API, list what there are, or revoke one.

    It reads what the team reads, and with --scope=write does what you may do, each time with the
    rights that you have then. It is shown once, in the shell or to you alone in Slack."""

    examples = ("token list", "token new --scope=write", "token revoke 3f9a2c1b")
    asker_when = ("new",)

    what: Annotated[Literal["list", "new", "revoke"], WORD] = "list"
    name: Annotated[str, WORD] = ""
    scope: Scope = "read"


async def run_token(call: Call, command: ManageTokens) -> Answer:
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
