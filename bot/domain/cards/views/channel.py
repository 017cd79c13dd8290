"""What is said in a Slack channel about whose it is. Before it is a project's, whoever is there
reads it: a private repository is not named."""

from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Action, Bullets, Card, Code, Line, Paragraph, Section
from bot.domain.models import Project
from bot.domain.rooms import Standing

BIND = Action("Confirm", "channel bind", style="primary")
RELEASE = Action("Release", "channel release")


def channel_card(project: Project, how: Standing, by: str, *, readers: Audience) -> Card:
    """The one card of a project in a channel: asked for, confirmed, or given up. ``by`` is who said
    so, and ``readers`` who reads there now."""
    named = not project.private or may_read(readers, project.github_readers)
    name: Line = (Code(project.full_name),) if named else ("A private repository",)
    match how:
        case "bound":
            title: Line = (*name, " is spoken of here")
            words: Line = ("As ", Code(by), " said. Its digests come here, and who is here reads.")
            if readers is not Audience.TEAM:
                words = (*words, " Other companies read here, too: nothing private is posted.")
            actions: tuple[Action, ...] = (RELEASE,)
        case "released":
            title = (*name, " is no longer spoken of here")
            words = ("As ", Code(by), " said.")
            actions = (BIND,)
        case _:
            title = (*name, " asks to be spoken of here")
            words = (
                "Its digests would come here, for everybody in this channel. Somebody with "
                "maintain on it decides.",
            )
            actions = (BIND, Action("Which one?", "channel show"))
    return Card(
        key=f"channel:{project.id}",
        audience=Audience.TEAM if project.private and named else Audience.PUBLIC,
        title=title,
        sections=(Section(Paragraph(*words)),),
        actions=actions,
    )


def channels_card(
    project: Project,
    standings: dict[str, Standing],
    waits: dict[str, str],
    here: str,
    *,
    readers: Audience,
) -> Card:
    """Every channel the project is spoken of in, or wants to be, with what it waits for where
    it does; ``here`` is this one."""
    lines: tuple[Line, ...] = tuple(
        (Code(channel), f" {waits.get(channel) or how}{' (here)' if channel == here else ''}")
        for channel, how in sorted(standings.items())
    )
    return Card(
        key="channels",
        audience=readers,
        title=("Slack channels of ", Code(project.full_name)),
        sections=(Section(Bullets(*lines or (("None yet.",),))),),
        actions=(RELEASE if standings.get(here) == "bound" else BIND,) if here else (),
    )
