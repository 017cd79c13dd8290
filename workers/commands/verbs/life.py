"""``resolve reopen ignore snooze unsnooze severity assign unassign track untrack``: the life of a
cluster."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from rapidfuzz import process

from bot.domain.cards.card import Choice, Code, Fact, Inline, Link
from bot.domain.cards.views.cluster import cluster_actions, count
from bot.domain.commands.command import TEXT, WORD, After, Command, Level
from bot.domain.commands.grammar import sentence
from bot.domain.commands.references import ClusterRef, Duration, IssueRef, UserRef
from bot.domain.errors import NotUnderstood
from bot.domain.models import Cluster, ClusterState, Person
from bot.github import people
from bot.jobs import enqueue
from workers import jobs
from workers.clusters.views import refresh_soon
from workers.commands.call import Ambiguous, Answer, Call
from workers.commands.permission import MOST_NAMED, linked, those_with
from workers.digests import following


class _OfCluster(Command, level=Level.L2):
    """A command about the cluster that is named, or that the place is about."""

    about: Annotated[ClusterRef | None, WORD] = None


class Resolve(_OfCluster, verb="resolve", aliases=("fixed",)):
    """Say that a problem is gone; seen again, it comes back as a regression."""

    examples = ("resolve C-12", "resolve C-12 --fixed-in=#45")

    fixed_in: IssueRef | None = None


class Reopen(_OfCluster, verb="reopen", examples=("reopen C-12",)):
    """Take a resolved, ignored or snoozed problem up again."""


class Ignore(_OfCluster, verb="ignore", examples=("ignore C-12 --reason=third-party",)):
    """Say nothing about a problem any more; it is still counted and can be reopened."""

    reason: Literal["expected", "third-party", "spam", "test"] = "expected"


class Snooze(_OfCluster, verb="snooze", examples=("snooze C-12 3d", "snooze C-12 until 50 events")):
    """Say nothing about a problem for a while, or until it is seen N more times."""

    span: Annotated[Duration | None, WORD] = None
    until: Annotated[int | None, After("until", unit="events")] = None


class Unsnooze(_OfCluster, verb="unsnooze", examples=("unsnooze C-12",)):
    """End a snooze."""


class Severity(_OfCluster, verb="severity", aliases=("sev",)):
    """Set how bad a problem is, S1 (worst) to S4; it holds until you change it."""

    examples = ("severity C-12 S1 -- checkout is down",)

    grade: Annotated[Literal["S1", "S2", "S3", "S4"], WORD]
    reason: Annotated[str, TEXT] = ""


class Assign(_OfCluster, verb="assign", examples=("assign C-12 @ana",)):
    """Name who looks after a problem."""

    owner: Annotated[UserRef, WORD]


class Unassign(_OfCluster, verb="unassign", examples=("unassign C-12",)):
    """Nobody looks after it any more."""


class Track(_OfCluster, verb="track", examples=("track C-12", "track C-12 #9")):
    """Keep an issue up to date about a problem: a new one, or a part of one you name.

    What people write around that part stays. Whoever closes the issue, or takes the part out, is
    obeyed."""

    issue: Annotated[IssueRef | None, WORD] = None


class Untrack(_OfCluster, verb="untrack", examples=("untrack C-12",)):
    """Take our part out of a problem's tracking issue; the rest of the issue stays."""


async def run_resolve(call: Call, command: Resolve) -> Answer:
    cluster = await call.cluster(command.about)
    pull = command.fixed_in.number if command.fixed_in else cluster.pull_request
    seen = (await call.view(cluster)).tally.total
    return await _changed(
        call, command, state=ClusterState.RESOLVED, seen_when_resolved=seen, pull_request=pull
    )


async def run_reopen(call: Call, command: Reopen) -> Answer:
    return await _changed(call, command, state=ClusterState.TRIAGED, **_AWAKE, ignored_reason="")


async def run_ignore(call: Call, command: Ignore) -> Answer:
    return await _changed(call, command, state=ClusterState.IGNORED, ignored_reason=command.reason)


async def run_snooze(call: Call, command: Snooze) -> Answer:
    """``snoozed``, with what would have been hidden last week."""
    cluster = await call.cluster(command.about)
    if command.span is None and command.until is None:
        raise NotUnderstood("snooze wants a duration or a count. Example: snooze C-12 3d")
    view = await call.view(cluster)
    until = call.ctx.now() + command.span.timedelta if command.span else None
    events = view.tally.total + command.until if command.until else None
    week = view.since(_WEEK)
    return await _changed(
        call,
        command,
        extra=Fact("Last week it would have hidden", count(week, "occurrence")),
        state=ClusterState.SNOOZED,
        snoozed_until=until,
        snoozed_events=events,
    )


async def run_unsnooze(call: Call, command: Unsnooze) -> Answer:
    return await _changed(call, command, state=ClusterState.TRIAGED, **_AWAKE)


async def run_severity(call: Call, command: Severity) -> Answer:
    reasons = (command.reason,) if command.reason else ()
    said: Any = {"severity_by": call.person.name, "severity_reasons": reasons}
    return await _changed(call, command, severity=command.grade, **said)


async def run_assign(call: Call, command: Assign) -> Answer:
    owner = command.owner
    if owner.login:
        await _require_somebody(call, command)
        return await _changed(call, command, owner=owner.login)
    named = Person(slack_team=call.person.slack_team, slack_user=owner.slack_user)
    found = await linked(call.ctx, named)
    return await _changed(call, command, owner=found.login or found.slack_user)


async def _require_somebody(call: Call, command: Assign) -> None:
    """Raises Ambiguous, with whom it may mean, for a login that is an organization's or nobody's
    who reads here."""
    if not call.ctx.settings.github_app_id:
        return  # nobody can be asked who works here
    repo, login = call.ctx.github.repo(call.project), command.owner.login
    if await people.role(repo, Person(login=login)) != "none":
        return
    able = await those_with(call.ctx, call.project, Level.L2)
    near = process.extract(login, able, limit=MOST_NAMED)
    named = [command.model_copy(update={"owner": UserRef(each)}) for each, _, _ in near]
    choices = tuple(Choice(Code(str(one.owner)), sentence=sentence(one)) for one in named)
    words = f'"{login}" is nobody who works on {call.project.full_name}. Who do you mean?'
    raise Ambiguous(words, choices)


async def run_unassign(call: Call, command: Unassign) -> Answer:
    return await _changed(call, command, owner="")


async def run_track(call: Call, command: Track) -> Answer:
    project, named = call.project, command.issue
    if named and named.repository.lower() not in ("", project.full_name.lower()):
        raise NotUnderstood(f"track wants an issue of {project.full_name}, not {named}.")
    cluster = await call.cluster(command.about)
    issue = await following.track(
        call.ctx, project, cluster.number, named.number if named else None
    )
    link = Link(f"#{issue}", call.ctx.github.page(project, f"issues/{issue}"))
    return await _tracked(call, cluster, " is tracked in ", link)


async def run_untrack(call: Call, command: Untrack) -> Answer:
    cluster = await call.cluster(command.about)
    issue = await following.untrack(call.ctx, call.project, cluster.number)
    said = f" is not tracked in #{issue} any more" if issue else " has no tracking issue"
    return await _tracked(call, cluster, said)


async def _tracked(call: Call, cluster: Cluster, *said: Inline) -> Answer:
    await refresh_soon(call.ctx, call.project.id, cluster.number)
    return call.done(f"track:{cluster.name}", Code(cluster.name), *said)


async def _changed(
    call: Call, command: _OfCluster, extra: Fact | None = None, **fields: Any
) -> Answer:
    """Write the change and say old -> new."""
    ctx, cluster = call.ctx, await call.cluster(command.about)
    if "state" in fields:
        fields |= {"state_by": call.person.name, "state_at": ctx.now()}
    if "severity" in fields:
        fields |= {"severity_at": ctx.now()}
    after = await ctx.clusters.change(
        call.project.id, cluster.number, updated_at=ctx.now(), **fields
    )
    await refresh_soon(ctx, call.project.id, cluster.number)
    await enqueue(ctx, jobs.refresh_cluster, call.project.id, cluster.number)
    if fields.keys() & {"severity", "owner"}:
        await enqueue(ctx, jobs.tell_issues, call.project.id, cluster.number)
    facts = []
    for name, label in _SHOWN.items():
        old, new = _words(getattr(cluster, name)), _words(getattr(after, name))
        if old != new:
            facts.append(Fact(label, f"{old} → {new or '—'}" if old else new))
    return call.done(
        f"life:{cluster.name}",
        Code(cluster.name),
        " is changed" if facts else " is so already: nothing was changed",
        facts=(*facts, *((extra,) if extra else ())),
        actions=cluster_actions(await call.view(after)),
    )


def _words(value: object) -> str:
    if isinstance(value, ClusterState):
        return value.words
    if isinstance(value, datetime):
        return f"{value:%d %b %H:%M} UTC"
    return "" if value is None else str(value)


_SHOWN = {
    "state": "State",
    "severity": "Severity",
    "owner": "Owner",
    "snoozed_until": "Until",
    "snoozed_events": "Until seen",
    "ignored_reason": "Because",
}
_WEEK = timedelta(days=7)
_AWAKE: Any = dict.fromkeys(("snoozed_until", "snoozed_events", "seen_when_resolved"))
