"""``help link unlink whoami``: what anybody may say, of a project or of none."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from typing_extensions import override

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Fact, Line, Paragraph, Section, coded, note
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.commands.grammar import nearest
from bot.domain.commands.rights import NEEDED, level_of
from bot.domain.commands.usage import example, explanation, summary, usage
from bot.domain.errors import NotAllowed, NotFound, NotUnderstood, QuotaExceeded
from bot.domain.models import Person
from bot.storage.accounts import CODE_SECONDS, Account
from workers.commands.call import Answer, Call
from workers.commands.permission import NOT_OURS, at_home, linked, new_code, role_of


class Help(Command, verb="help", aliases=("h",), tells_nothing=True, examples=("help", "help fix")):
    """The commands you can use here, or one of them: usage, who can, cost and examples."""

    about: Annotated[str, WORD] = ""


# What stands in no group is only in the help of one command.
GROUPS: Mapping[str, str] = {
    "Look": "status clusters ask memory profile why similar summarize history quota",
    "Tell": "feedback remember forget dup not-dup merge split move recluster undo",
    "Decide": "severity assign unassign snooze unsnooze ignore resolve reopen track untrack",
    "Repair": "example plan fix steer stop retry logs revise versions diff revert agent files",
    "Set up": "config digest notify channel source token key backtest pause resume",
    "Data": "import export erase",
    "Mend": "doctor replay",
    "You": "whoami link unlink help",
}


async def run_help(call: Call, command: Help) -> Answer:
    """Generated from the commands themselves, with what there is in this project."""
    from workers.commands.verbs import ROSTER

    worst, _ = await call.ctx.overview.page(call.project.id, "open", most=1)
    there = {"C-12": f"C-{worst[0]}"} if worst else {}
    there["acme/api"] = call.project.full_name
    level = level_of(call.role)
    return Answer(help_card(command, ROSTER, level, there, readers=call.readers))


def help_card(
    command: Help,
    roster: Sequence[type[Command]],
    level: Level,
    there: Mapping[str, str] = {},
    *,
    readers: Audience,
) -> Card:
    """The verbs of a roster for somebody of this level, or one. Raises NotUnderstood. ``there``:
    what stands in the examples, and what it is called in this project."""
    if not command.about:
        return _all(roster, level, there, readers)
    name = command.about.lower()
    found = next((c for c in roster if name in (c.verb, *c.aliases)), None)
    if found is None:
        near = nearest(name, [c.verb for c in roster])
        hint = f"Did you mean {near}?" if near else "What I know: /soulcaster help"
        raise NotUnderstood(f'I don\'t know "{command.about[:40]}". {hint}')
    return _one(found, level, there)


def _as_there(words: str, there: Mapping[str, str]) -> str:
    for name, own in there.items():
        words = re.sub(rf"(?<![\w/]){re.escape(name)}(?!\w)", own, words)
    return words


def _all(
    roster: Sequence[type[Command]], level: Level, there: Mapping[str, str], readers: Audience
) -> Card:
    mine = {c.verb: c for c in roster if c.level <= level}
    others = [c.verb for c in roster if c.level > level]
    groups = []
    for title, verbs in GROUPS.items():
        known = [mine[verb] for verb in verbs.split() if verb in mine]
        lines = ((Code(_as_there(example(c), there)), f" {summary(c)}") for c in known)
        groups += [Section(Bullets(*lines), title=title)] if known else []
    repository = there.get("acme/api", "owner/repo")
    return Card(
        key="help",
        audience=readers,
        title=("What you can say", *((" in ", Code(repository)) if there else ())),
        sections=tuple(groups),
        footer=(
            *(("With a higher role also: ", Code(" ".join(others)), ". ") if others else ()),
            "More about one: ",
            Code("/soulcaster help fix"),
            ". From another channel or repository: ",
            Code(_as_there(f"{repository} status C-12", there)),
        ),
    )


def _one(command: type[Command], level: Level, there: Mapping[str, str]) -> Card:
    can = "yes" if level >= command.level else "no"
    examples: tuple[Line, ...] = tuple(
        (Code(f"/soulcaster {_as_there(each, there)}"),) for each in command.examples
    )
    more = explanation(command)
    return Card(
        key=f"help:{command.verb}",
        audience=Audience.PUBLIC,
        title=(Code(command.verb), f": {summary(command)}"),
        facts=(
            Fact("Usage", Code(usage(command))),
            Fact("Needs", f"{NEEDED[command.level]} (you: {can})"),
            *((Fact("Cost", command.cost),) if command.cost else ()),
            *((Fact("Short", ", ".join(command.aliases)),) if command.aliases else ()),
        ),
        sections=(
            *((Section(Paragraph(*coded(more.replace("``", "`")))),) if more else ()),
            Section(Bullets(*examples), title="Examples"),
        ),
    )


TRIES = 5


class Link(Command, verb="link", tells_nothing=True, examples=("link", "link K7QX9M2P4RTW")):
    """Say in Slack which GitHub account is yours: you get a code, and say that on GitHub.

    The code is good for ten minutes, once, in any issue of a repository that the app is on."""

    code: Annotated[str, WORD] = ""

    @property
    @override
    def answers_asker(self) -> bool:
        return not self.code


class Unlink(Command, verb="unlink", tells_nothing=True, examples=("unlink",)):
    """Forget which GitHub account is yours; on GitHub, whichever Slack accounts are."""


async def run_link(call: Call, command: Link) -> Answer:
    """A code in Slack; on GitHub, what a code makes of who said it."""
    if call.place.issue is None:
        return Answer(await code_card(call.ctx, call.said.person, command))
    ctx, person = call.ctx, call.person
    if not person.user_id:
        raise NotAllowed("GitHub does not say who you are here: say it in an issue yourself.")
    await _count(ctx, f"github/{person.user_id}")
    proved = await ctx.accounts.take_code(command.code.upper())
    if proved is None:
        raise NotFound("That code is not good, or no longer: say link in Slack for another one.")
    account = Account(
        login=person.login, user_id=person.user_id, installation=call.project.installation
    )
    await ctx.accounts.link(proved, account)
    return call.done(
        f"link:{person.login}",
        *coded(
            f"Slack user `{proved.slack_user}` of workspace `{proved.slack_team}` now acts as "
            f"`@{person.login}`. Is that not you? Say `/soulcaster unlink`"
        ),
    )


async def run_unlink(call: Call, command: Unlink) -> Answer:
    """The Slack person's link; on GitHub, all of that account's."""
    if call.place.issue is None:
        return Answer(await unlinked_card(call.ctx, call.said.person))
    removed = await call.ctx.accounts.unlink_all(call.person.user_id or 0)
    return call.done(
        f"unlink:{call.person.login}",
        f"{removed} Slack accounts were linked to ",
        Code(f"@{call.person.login}"),
        "; none is now." if removed else ".",
    )


async def code_card(ctx: Context, person: Person, command: Link) -> Card:
    """A new code, for the Slack person alone. Raises NotAllowed or QuotaExceeded."""
    if command.code:
        raise NotUnderstood("Say that on GitHub, in an issue: there it proves who you are.")
    if not person.slack_user:
        raise NotAllowed("link is for people in Slack: here you are the operator.")
    if not await at_home(ctx, person):
        raise NotAllowed(NOT_OURS)
    await _count(ctx, f"{person.slack_team}/{person.slack_user}")
    code = await new_code(ctx, person)
    known = await linked(ctx, person)
    now = f"You are @{known.login} here now. " if known.login else ""
    return Card(
        key="link",
        audience=Audience.PERSON,
        title=("Link your GitHub account",),
        sections=(
            Section(
                Paragraph(
                    now,
                    "As yourself, in any issue of a repository that I am installed on, comment ",
                    Code(f"/soulcaster link {code}"),
                    f" within {CODE_SECONDS // 60} minutes. It works once. Say no code "
                    "that somebody else gave you.",
                )
            ),
        ),
    )


async def unlinked_card(ctx: Context, person: Person) -> Card:
    """The Slack person is linked to nobody any more, or only by the operator."""
    removed = await ctx.accounts.unlink(person)
    known = await linked(ctx, person)
    words = "You are linked to no GitHub account any more." if removed else "You were not linked."
    if known.login:
        words = f"The operator's SOULCASTER_LINKS says that you are @{known.login}: ask them."
    return note("unlink", words, audience=Audience.PERSON, tone="succeeded")


async def _count(ctx: Context, who: str) -> None:
    """Raises QuotaExceeded."""
    if await ctx.accounts.tried(who) > TRIES:
        raise QuotaExceeded(f"That was tried {TRIES} times within the hour: wait until it is over.")


class Whoami(Command, verb="whoami", tells_nothing=True, examples=("whoami",)):
    """Your GitHub login, role and level here."""


async def run_whoami(call: Call, command: Whoami) -> Answer:
    """The role is asked for now, not remembered."""
    person = call.person
    role = await role_of(call.ctx, call.project, person, fresh=True)
    return call.answer(
        f"whoami:{person.login or 'shell'}",
        "You are ",
        Code(person.login or "the operator of this shell"),
        facts=(
            Fact("Role", f"{role} on {call.project.full_name}"),
            Fact("Level", level_of(role).name),
        ),
    )
