"""One command being obeyed: who said it, where, and what it is about."""

from dataclasses import dataclass
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Action, Card, Choice, Inline
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.commands.command import Command
from bot.domain.commands.grammar import project_in, sentence
from bot.domain.commands.references import ClusterRef, ItemRef, RunRef
from bot.domain.commands.rights import Role
from bot.domain.errors import NotAllowed, NotFound, NotUnderstood, QuotaExceeded, Unavailable
from bot.domain.fixes.run import FixRun
from bot.domain.models import Cluster, Item, Person, Place, Project
from bot.github.issues import get_issue
from bot.slack.client import Slack
from bot.slack.dropped import Dropped
from bot.sources import github_issue
from bot.storage.commands import Utterance
from workers.clusters.views import cluster_view, page
from workers.intake import issues, quota

# A report just made may not have its cluster yet: a command about it waits this long.
CLUSTERING_SECONDS = 60.0


class Ambiguous(NotUnderstood):
    """What is meant has to be asked: ``choices`` are up to five things it could be."""

    def __init__(self, message: str, choices: tuple[Choice, ...]) -> None:
        super().__init__(message)
        self.choices = choices


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb says. ``public`` cards are for everybody even where replies are whispered.
    ``refusal`` is why it did nothing."""

    card: Card
    public: bool = False
    refusal: Exception | None = None


def require_page(page: int, many: int, most: int) -> None:
    """Raises NotUnderstood for a page that there is not, of so many things with ``most`` a page."""
    if not 1 <= page <= (pages := max(1, -(-many // most))):
        raise NotUnderstood(f"There is no page {page}: the last is page {pages}.")


def next_page(command: Command, page: int, many: int, most: int) -> tuple[Action, ...]:
    """The button that leads to the page after this one, where there is one; ``most`` a page."""
    if page >= (pages := -(-many // most)):
        return ()
    said = sentence(command.model_copy(update={"page": page + 1}))
    return (Action(f"Page {page + 1} of {pages}", said),)


@dataclass
class Call:
    """Everything a verb may need."""

    ctx: Context
    project: Project
    person: Person
    said: Utterance
    readers: Audience  # who reads the answer
    role: Role = "none"

    @property
    def place(self) -> Place:
        """Where it was said."""
        return self.said.place

    def answer(self, key: str, *title: Inline, **fields: Any) -> Answer:
        """A card of its own for those who read here; ``fields`` are the card's."""
        return Answer(Card(key=key, audience=self.readers, title=title, **fields))

    def done(self, key: str, *title: Inline, **fields: Any) -> Answer:
        """``answer``, of what went well."""
        return self.answer(key, *title, tone="succeeded", **fields)

    def require_own(self) -> None:
        """Raises NotAllowed where others than those of a private repository read the answer."""
        if self.project.private and not may_read(self.readers, Audience.TEAM):
            raise NotAllowed(
                "This tells of a private repository, and here others would read it: say it on "
                "GitHub, or in the project's own channel."
            )

    def require_for(self, readers: Audience, words: str) -> None:
        """Raises NotAllowed where others than those who read here would read what comes of it."""
        if words and not may_read(readers, self.said.audience):
            raise NotAllowed(
                "What comes of your words will be public, and here they are the team's: say them "
                "on the issue or pull request on GitHub, or say it without them."
            )

    async def attached(self) -> tuple[Slack, list[tuple[str, Dropped]]]:
        """The files of the message, by name, and where they lie; none is read yet. Raises
        NotUnderstood where there is none, NotAllowed for what another put into Slack."""
        slack, names = self.ctx.slack, self.said.attached
        if slack is None or not names:
            raise NotUnderstood("Attach the file to the message that says so (see docs/files.md).")
        files = [(name, await slack.dropped(name)) for name in names]
        if others := [file.name for _, file in files if file.user != self.person.slack_user]:
            raise NotAllowed(f"{others[0]} is not yours: who put it into Slack says what to do.")
        return slack, files

    async def view(self, cluster: Cluster) -> ClusterView:
        """The cluster as it may be shown here."""
        return await cluster_view(self.ctx, self.project, cluster.number, readers=self.readers)

    async def cluster(self, ref: ClusterRef | ItemRef | None) -> Cluster:
        """The cluster named, or the one this place is about. Never a guess: raises Ambiguous."""
        if isinstance(ref, ClusterRef):
            return await self.ctx.clusters.get(self.project.id, ref.number)
        number = await self.implied(ref)
        if number is not None:
            return await self.ctx.clusters.get(self.project.id, number)
        views, _ = await page(self.ctx, self.project, "open", most=5, readers=self.readers)
        verb, _, rest = project_in(self.said.line)[1].partition(" ")
        choices = tuple(
            Choice(*v.title, sentence=f"{verb} {v.cluster.name} {rest}".strip()) for v in views
        )
        raise Ambiguous(f"Which cluster? Say for example: {verb} C-12", choices)

    async def run(self, ref: RunRef | ClusterRef | None) -> FixRun:
        """The run named, or the newest of the cluster this place is about."""
        if isinstance(ref, RunRef):
            return await self.ctx.runs.get(self.project.id, ref.number)
        cluster = await self.cluster(ref)
        runs = await self.ctx.runs.newest(self.project.id, [cluster.number])
        if not runs:
            raise NotFound(f"{cluster.name} has no fix run yet: /soulcaster fix {cluster.name}")
        return runs[cluster.number]

    async def implied(self, item: ItemRef | None = None) -> int | None:
        """The cluster of ``item``, or the one this place is about; None for one about none."""
        number: int | None
        if item is not None:
            number = item.number
        elif self.place.issue is not None:
            number = await self.report_of(self.place.issue)
            if number is None:
                run = await self.ctx.runs.of_pull(self.project.id, self.place.issue)
                if run:
                    return run.cluster
                tracked = await self.ctx.digests.tracked(self.project.id)
                about = [c for c, issue in tracked.items() if issue == self.place.issue]
                if len(about) == 1:
                    return about[0]
                number = await self._take_in(self.place.issue)
            if number is None:
                return None
        else:
            return await self._of_thread()
        return (await self.placed(number)).cluster

    async def report_of(self, issue: int) -> int | None:
        """The report that an issue is; None for one that is not known as any."""
        key = github_issue.key(issue)
        return await self.ctx.items.by_key(self.project.id, github_issue.NAME, key)

    async def placed(self, number: int) -> Item:
        """A report that has its cluster. Raises Unavailable while it is read, NotFound later."""
        found = await self.ctx.items.get(self.project.id, number)
        if found.cluster is None:
            age = (self.ctx.now() - self.said.heard_at).total_seconds()
            if age < CLUSTERING_SECONDS:
                raise Unavailable(f"{found.name} is still being read.", retry_after=0.5)
            raise NotFound(f"{found.name} has no cluster yet; try again in a minute.")
        return found

    async def _take_in(self, number: int) -> int | None:
        """The issue this was said on as a report, where its own delivery has not brought it: what
        people say overtakes it, and there are issues from before the app. None for no report."""
        ctx, project = self.ctx, self.project
        told = await get_issue(ctx.github.repo(project), number)
        since = await ctx.imports.since(project.id)
        taken = await issues.take(ctx, project, told, since=since)
        if taken is not None and taken < 0:
            raise QuotaExceeded(await quota.refusals(ctx, project))
        return taken

    async def _of_thread(self) -> int | None:
        """A card's Slack thread is about that card's cluster."""
        if not self.place.channel:
            return None
        spoken = await self.ctx.channels.about(self.place.channel, self.place.thread)
        here = spoken is not None and spoken.project == self.project.id
        return (spoken.cluster or None) if spoken and here else None
