"""``plan fix steer stop retry logs``: a fix run, from its plan to its end."""

from typing import Annotated

from bot.domain.audience import combined, may_read
from bot.domain.cards.card import Card, Code, Paragraph, Preformatted, Section
from bot.domain.cards.views.plan import plan_card
from bot.domain.commands.command import REST, TEXT, WORD, Command, Level
from bot.domain.commands.references import AgentRef, ClusterRef, Duration, RunRef, VersionRef
from bot.domain.errors import NotAllowed, NotFound, NotUnderstood
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.versions import Revision
from bot.domain.models import RunState
from bot.repo_config import PATH
from workers.commands.call import Answer, Call
from workers.commands.requests import request_fix
from workers.fixes import planning
from workers.fixes.own_agents import chosen
from workers.fixes.steps.starting import allowed_seconds
from workers.fixes.steps.telling import card_of


class ShowPlan(Command, verb="plan", level=Level.L3, calls="costly"):
    """Symptom, evidence with links, suspected files, approach, tests, risks; approve or steer it.

    Fixes go by the approved version until somebody steers."""

    examples = ("plan C-12", "plan C-12 --approve=v2", "plan C-12 -- look at the parser first")

    about: Annotated[ClusterRef | None, WORD] = None
    approve: VersionRef | None = None
    steer: Annotated[str, TEXT] = ""


async def run_plan(call: Call, command: ShowPlan) -> Answer:
    """From the evidence itself, or from the model where there is one."""
    ctx, project = call.ctx, call.project
    if command.approve and command.steer:
        raise NotUnderstood("Either --approve it or steer it: your words make the next version.")
    cluster = await call.cluster(command.about)
    call.require_for(project.github_readers, command.steer)
    view = await call.view(cluster)
    paths = await planning.files_of(ctx, project)
    if command.approve:
        who, to = call.person.name, command.approve.number
        plan = await planning.approve(ctx, project, cluster, to, who=who, readers=call.readers)
    else:
        if command.steer:
            await planning.steer(ctx, project, cluster, command.steer)
        model = await ctx.models.of(project.id, "plan")
        plan = await planning.plan_for(
            ctx, project, cluster, model=model, readers=call.readers, paths=paths
        )
    stands = await planning.standing(ctx, project, cluster.number)
    return Answer(plan_card(view, plan.among(paths), stands), public=True)


class Fix(Command, verb="fix", level=Level.L3, calls="costly", cost="one fix run"):
    """Reproduce, repair, prove, and open a draft pull request.

    One run a cluster: while one is under way, your note joins it."""

    examples = ("fix C-12", "fix C-12 --timeout=30m -- keep the public API")

    about: Annotated[ClusterRef | None, WORD] = None
    agent: AgentRef | None = None
    base: str = ""
    dry_run: bool = False
    timeout: Duration | None = None
    steer: Annotated[str, TEXT] = ""


async def run_fix(call: Call, command: Fix) -> Answer:
    ctx, project = call.ctx, call.project
    cluster = await call.cluster(command.about)
    call.require_for(project.github_readers, command.steer)
    config = await ctx.configs.in_force(project)
    if not config.fix.enabled:
        raise NotAllowed(f"fix is off for this repository ({PATH}: fix.enabled).")
    agent, theirs = await chosen(ctx, project, command.agent.name if command.agent else "")
    await ctx.models.agents(project.id, 0, agent)  # refuses one that lacks something
    seconds = allowed_seconds(ctx, config.fix, command.timeout)
    made, own = await request_fix(
        call,
        cluster,
        agent=agent,
        own=theirs,
        base=command.base or config.fix.base,
        dry_run=command.dry_run,
        seconds=theirs.seconds(seconds) if theirs else seconds,
        notes=[(call.person.name, command.steer)] if command.steer else [],
    )
    if not own:
        step = f"step {made.step.name.value}" if made.step else made.state.value
        noted = " Your note was added to it." if command.steer else ""
        return call.answer(
            f"joined:{made.name}:{call.said.id}",
            Code(made.name),
            f" is already fixing {cluster.name} ({step}).{noted}",
            tone="running",
        )
    return Answer(await card_of(ctx, project, made, cluster, call.readers), public=True)


class Steer(Command, verb="steer", aliases=("say",), level=Level.L3):
    """Tell the running agent something; it is heard before its next step."""

    examples = ("steer the bug is in the parser, not in the printer",)

    about: Annotated[RunRef | ClusterRef | None, WORD] = None
    text: Annotated[str, REST]


async def run_steer(call: Call, command: Steer) -> Answer:
    found = await call.run(command.about)
    if found.ended:
        raise NotFound(f"{found.name} has ended: /soulcaster fix C-{found.cluster} starts another.")
    call.require_for(found.audience, command.text)
    await call.ctx.runs.note(call.project.id, found.number, call.person.name, command.text)
    return call.done(f"steer:{call.said.id}", "Noted for ", Code(found.name), ".")


class Stop(Command, verb="stop", aliases=("cancel",), level=Level.L3, calls="free"):
    """Stop a fix run within seconds, also in the middle of a command. Who asked for it may.

    Where a next version of its fix is being made, that is stopped."""

    examples = ("stop", "stop F-7")
    cost = "none; who asked for the run may stop it, too"

    about: Annotated[RunRef | ClusterRef | None, WORD] = None


async def requested(call: Call, command: Stop) -> bool:
    """Whether the person asked for what would be stopped."""
    found, attempt = await _meant(call, command)
    work = attempt.work if attempt else found
    return call.person.is_same(work.requested_by, work.requester_id)


async def run_stop(call: Call, command: Stop) -> Answer:
    """Ask for the stop; the worker that holds the run obeys it."""
    found, attempt = await _meant(call, command)
    if found.ended and attempt is None:
        return call.answer(f"stop:{found.name}", Code(found.name), " has ended already.")
    who = call.person.name

    def stop(run: FixRun) -> FixRun:
        return run if run.stop_asked_by else run.model_copy(update={"stop_asked_by": who})

    if attempt is None:
        await call.ctx.runs.update(call.project.id, found.number, stop)
    else:

        def stop_attempt(one: Revision) -> Revision:
            return one.model_copy(update={"work": stop(one.work)})

        of = call.project.id, found.number, attempt.key
        await call.ctx.versions.update(*of, stop_attempt)
    said = ("Stopping ", Code(found.name), ". Nothing will be published.")
    return call.answer(f"stop:{found.name}", *said, tone="cancelled")


async def _meant(call: Call, command: Stop) -> tuple[FixRun, Revision | None]:
    """The run, and the attempt at a next version of its fix that is under way."""
    found = await call.run(command.about)
    attempts = await call.ctx.versions.attempts(call.project.id, found.number)
    return found, next((one for one in attempts if not one.work.ended), None)


class Retry(Command, verb="retry", level=Level.L3, calls="costly", cost="one fix run"):
    """Run a fix that ended without a pull request again, from the start."""

    examples = ("retry F-7", "retry F-7 -- the test needs TZ=UTC")

    about: Annotated[RunRef | ClusterRef | None, WORD] = None
    steer: Annotated[str, TEXT] = ""


async def run_retry(call: Call, command: Retry) -> Answer:
    ctx, project = call.ctx, call.project
    old = await call.run(command.about)
    if not old.ended:
        raise NotUnderstood(f"{old.name} is still running: /soulcaster stop {old.name} first.")
    if old.state is RunState.SUCCEEDED and not old.dry_run:
        raise NotUnderstood(f"{old.name} has its pull request already: {old.pull_url}")
    cluster = await ctx.clusters.get(project.id, old.cluster)
    call.require_for(project.github_readers, command.steer)
    heard = [note.partition(": ") for note in await ctx.runs.notes(project.id, old.number)]
    if not may_read(project.github_readers, old.audience):
        heard = []  # the repository was private then
    notes = [(who, words) for who, _, words in heard]
    if command.steer:
        notes.append((call.person.name, command.steer))
    made, _ = await request_fix(
        call,
        cluster,
        agent=old.agent,
        own=old.own,
        base=old.base,
        dry_run=old.dry_run,
        seconds=old.seconds_allowed,
        attempt=old.attempt + 1,
        notes=notes,
    )
    return Answer(await card_of(ctx, project, made, cluster, call.readers), public=True)


class Logs(Command, verb="logs", level=Level.L3, examples=("logs F-7",)):
    """The last lines of a fix run."""

    about: Annotated[RunRef | ClusterRef | None, WORD] = None


async def run_logs(call: Call, command: Logs) -> Answer:
    found = await call.run(command.about)
    lines = await call.ctx.runs.log_tail(call.project.id, found.number)
    block = Preformatted(text="\n".join(lines)) if lines else Paragraph("Nothing yet.")
    readers = combined(found.audience, call.readers)
    title, sections = ("Log of ", Code(found.name)), (Section(block),)
    return Answer(Card(key=f"logs:{found.name}", audience=readers, title=title, sections=sections))
