"""``key``: a project's own keys of the vendors of language models."""

from __future__ import annotations

from typing import Annotated, Literal

from bot.adapters.choose_model import VENDORS
from bot.domain.cards.card import Bullets, Choice, Code, Line, Section
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.errors import NotFound
from bot.storage.own_keys import OwnKey
from workers.commands.call import Ambiguous, Answer, Call


class ManageKeys(Command):
    """Give this project a language-model key of its own, list those it has, or remove one.

    ``set`` asks for it in a form in Slack, or in the shell; never type one into a message. It is
    sealed and used for this project alone: any model of that vendor may then be named in its file.
    """

    verb = "key"
    level = Level.L4
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
