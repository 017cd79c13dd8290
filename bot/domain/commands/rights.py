"""Who may: a person's role as GitHub tells it, what it allows, and through which doors."""

from collections.abc import Mapping
from typing import Any, Literal

from bot.domain.commands.command import Command, Level
from bot.domain.errors import NotAllowed
from bot.domain.models import Place
from bot.domain.rooms import Asker

Role = Literal["none", "read", "triage", "write", "maintain", "admin", "operator"]

# Rights from the highest on, as ``user.permissions`` names them, and the role of each.
_RIGHTS: tuple[tuple[str, Role], ...] = (
    ("admin", "admin"),
    ("maintain", "maintain"),
    ("push", "write"),
    ("triage", "triage"),
    ("pull", "read"),
)
# The older field knows no triage and no maintain: it tells less, never more.
_LEGACY: Mapping[str, Role] = {"admin": "admin", "write": "write", "read": "read"}
_LEVELS: Mapping[Role, Level] = {
    "none": Level.L0,
    "read": Level.L0,
    "triage": Level.L2,
    "write": Level.L3,
    "maintain": Level.L4,
    "admin": Level.L4,
    "operator": Level.L5,
}
NEEDED: Mapping[Level, Role] = {
    Level.L0: "read",
    Level.L1: "triage",
    Level.L2: "triage",
    Level.L3: "write",
    Level.L4: "maintain",
}
# Roles that may push.
WRITERS: frozenset[Role] = frozenset({"write", "maintain", "admin"})
# The role of whoever sits at this server's shell.
OPERATOR: Role = "operator"
HOW_TO_LINK = (
    "I answer people whose Slack account is linked to their GitHub account: say /soulcaster link."
)
NOTHING_TO_READ = "There is no repository here that you can read."


def role_in(answer: Mapping[str, Any] | None, user_id: int | None = None) -> Role:
    """The role that GitHub's answer gives, "none" where it is about another than ``user_id``.

    ``role_name`` may be an organization's own word and is not read: a custom role counts by what
    it may do, in ``user.permissions``.
    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    """
    if answer is None:
        return "none"
    user = answer.get("user") or {}
    if user_id is not None and user.get("id") != user_id:
        return "none"
    rights = user.get("permissions") or {}
    held = next((role for right, role in _RIGHTS if rights.get(right) is True), None)
    return held or _LEGACY.get(str(answer.get("permission")), "none")


def level_of(role: Role) -> Level:
    """The level a role reaches."""
    return _LEVELS[role]


def allows(role: Role, command: Command, *, own: bool = False) -> bool:
    """Whether somebody with this role may give the command. ``own``: what it is about is their own,
    which is enough where a command asks for that. Who can't read the place may only ask for what
    says nothing of it."""
    if role == "none":
        return command.tells_nothing
    return own or level_of(role) >= command.needs


def require_door(command: Command, place: Place, asker: Asker) -> None:
    """Before anything is done: raises NotAllowed, with what would do instead, where the answer
    would be read by others than who may. In Slack nobody is told anything of a project that they
    cannot read."""
    if place.issue is not None and command.answers_asker:
        raise NotAllowed(
            f"The answer to {command.verb} is for you alone, and everybody reads it here: say it "
            "in Slack, where only you will see it, or in the shell."
        )
    if place.channel and not command.tells_nothing and not asker.reads:
        raise NotAllowed(NOTHING_TO_READ if asker.linked else HOW_TO_LINK)
