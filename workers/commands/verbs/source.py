"""``source``: where alerts and feedback come in."""

from __future__ import annotations

from typing import Annotated, Literal

from typing_extensions import override

from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Line, Paragraph, Section
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.errors import NotFound, NotUnderstood
from bot.sources import SOURCES
from bot.storage.vault import Hook
from workers.commands.call import Answer, Call


class ManageSources(Command):
    """List the doors for alerts and feedback, open one, or change its secret.

    A secret is shown once, in the shell or to you alone in Slack; never on GitHub.
    """

    verb = "source"
    level = Level.L4
    examples = ("source list", "source add sentry", "source rotate sentry", "source remove sentry")

    what: Annotated[Literal["list", "add", "rotate", "remove"], WORD] = "list"
    name: Annotated[str, WORD] = ""

    @property
    @override
    def answers_asker(self) -> bool:
        return self.what in ("add", "rotate")


async def run(call: Call, command: ManageSources) -> Answer:
    """Doors of this project. Obeyed again, it shows the door that it opened."""
    ctx, project = call.ctx, call.project
    hooks = await ctx.vault.hooks(project.id)
    if command.what == "list":
        weak = await ctx.vault.weak_hooks()
        lines: tuple[Line, ...] = tuple(_line(hook, weak=hook.id in weak) for hook in hooks)
        nothing: tuple[Line, ...] = (("No door is open: ", Code("source add sentry")),)
        return call.answer(
            "sources",
            "Sources of ",
            Code(project.full_name),
            sections=(Section(Bullets(*lines or nothing)),),
        )
    if command.name not in SOURCES:
        raise NotUnderstood(f"Which source? There are: {', '.join(sorted(SOURCES))}.")
    opened = next((hook for hook in hooks if hook.command == call.said.id), None)
    mine = [hook for hook in hooks if hook.source == command.name and hook is not opened]
    if command.what == "remove" and not mine:
        raise NotFound(f"{command.name} has no door here: nothing to remove.")
    if command.what in ("remove", "rotate"):
        for hook in mine:
            await ctx.vault.close_hook(hook.id)
    if command.what == "remove":
        return call.answer("sources", f"{command.name} is closed.", tone="succeeded")
    made = opened or await ctx.vault.open_hook(project.id, command.name, command=call.said.id)
    base = ctx.settings.soulcaster_public_url.rstrip("/") or "https://YOUR-SERVER"
    return Answer(
        Card(
            key=f"source:{made.id}",
            audience=Audience.PERSON,
            title=(f"{SOURCES[command.name].LABEL} may knock here:",),
            tone="succeeded",
            sections=(
                Section(
                    Paragraph("URL: ", Code(f"{base}{_path(made)}")),
                    Paragraph("Secret (shown once): ", Code(made.secret)),
                    Paragraph(
                        "Sign with it where the sender can, else send it as ",
                        Code("Authorization: Bearer SECRET"),
                        *_in_url(command.name),
                        ".",
                    ),
                ),
            ),
        )
    )


def _line(hook: Hook, *, weak: bool) -> Line:
    label = SOURCES[hook.source].LABEL if hook.source in SOURCES else hook.source
    if not hook.secret:
        return (
            *(f"{label}: ", Code(_path(hook)), ", unreadable: sealed with a key that is not in "),
            *("SOULCASTER_VAULT_KEYS here. Add it, or say ", Code(f"source rotate {hook.source}")),
            ".",
        )
    if not weak:
        return (f"{label}: ", Code(_path(hook)))
    return (
        *(f"{label}: ", Code(_path(hook)), ", weak: its secret comes in the URL. Have it sent "),
        *("in a header, then say ", Code(f"source rotate {hook.source}"), "."),
    )


def _in_url(source: str) -> Line:
    if not SOURCES[source].SECRET_IN_URL:
        return ()
    return (" or, if it can set no header, as ", Code("?secret=SECRET"), " (weak: it is logged)")


def _path(hook: Hook) -> str:
    return f"/hooks/{hook.source}/{hook.id}"
