"""What is said about a history, on GitHub and in Slack: a card of every kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from private_history import NOW, PROJECT, History

from bot.domain.audience import Audience, combined
from bot.domain.cards.card import Card
from bot.domain.cards.views.cluster import ClusterView, cluster_card
from bot.domain.cards.views.correction import Seen, done_card, history_card, preview_card
from bot.domain.cards.views.digest import Board, digest_card
from bot.domain.cards.views.plan import plan_card
from bot.domain.cards.views.pull import PullRequest, pull_card, pull_title
from bot.domain.cards.views.run import check_card, person_card, run_card
from bot.domain.cards.views.suggestion import Settled, suggestion_card
from bot.domain.cards.views.version import (
    answer_card,
    diff_card,
    handover_card,
    noted_card,
    revision_card,
    versions_card,
)
from bot.domain.cards.views.why import Compared, Explanation, why_card
from bot.domain.clusters import written_summary
from bot.domain.clusters.engine.reasons import reasons
from bot.domain.clusters.evidence import Because, Near
from bot.domain.clusters.judgement import Judged, Judgement
from bot.domain.fixes.drafting import plan_material
from bot.domain.fixes.plan import Plan, extract_plan
from bot.domain.fixes.run import Case, FixRun, RunStep, StepName
from bot.domain.fixes.versions import Remark, Revision, Version, commit_message, new_revision
from bot.domain.models import (
    Item,
    Person,
    Place,
    Ran,
    RunState,
    Verdict,
)
from workers.clusters.evidence import report_of
from workers.clusters.summarize import reports_for, sources_of
from workers.fixes.steps import publish


def board_of(views: Sequence[ClusterView]) -> Board:
    """A digest in which each of them is shown."""
    open_ = [view for view in views if view.cluster.state.is_open]
    fixed = [view for view in views if view not in open_]
    return Board(open_, fixed, open=len(open_), new=1, reports=len(views), day=[1] * 24)


class Told(History):
    """A history, and all that the verbs and runs say about it."""

    def cards(self, readers: Audience) -> Iterator[Card]:
        """A card of every kind, made for these readers as the verbs make it."""
        views = [self.view(number, readers) for number in sorted(self.clusters)]
        runs = {
            view.cluster.number: self.run(view.cluster.number, Audience.PROJECT) for view in views
        }
        seen = Seen(self.items, self.clusters, readers)
        yield from (cluster_card(view, run=runs[view.cluster.number]) for view in views)
        for compact in (True, False):
            yield digest_card(PROJECT, board_of(views), runs, compact=compact)
        for proposal, said in self.before:
            yield preview_card("p", said, proposal, seen, changed=self.chance.random() < 0.5)
        yield from (done_card("d", entry, seen) for entry in self.log)
        yield history_card("", self.log, shown=self.log[::-1], readers=readers)
        told = [self._explained(item) for item in self.items.values()]
        yield why_card("C-1", told, readers=readers)
        for each in told:
            open_ = [*each.others, *filter(None, (each.joined, each.rejected))]
            settled = [Settled(alike=True, other=1, cluster=1, by="@ana", operation=1)]
            yield suggestion_card(each.item, open_, settled, readers=readers)
        for view in views:
            yield self._plan_card(view)
            yield from self._of_run(view.cluster.number, runs[view.cluster.number], readers)

    def cards_of_before(self) -> Iterator[Card]:
        """Of runs and plans that were made for the team, while the repository was private."""
        for number in self.clusters:
            yield from self._of_run(number, self.run(number, Audience.TEAM), Audience.PROJECT)
            plan = self._plan_of(self.view(number, Audience.TEAM))
            yield plan_card(self.view(number, Audience.PROJECT), plan)
        yield person_card(self.run(1, Audience.PROJECT), [*self.items.values()])

    def _plan_of(self, view: ClusterView) -> Plan:
        return extract_plan(
            self.clusters[view.cluster.number].as_read_by(view.readers, view.shown), view.shown
        )

    def _plan_card(self, view: ClusterView) -> Card:
        plan = self._plan_of(view)
        approved = plan.model_copy(update={"approved_by": "@ana", "approved_at": NOW})
        return plan_card(view, self.chance.choice((plan, approved)), approved)

    def _explained(self, item: Item) -> Explanation:
        others = [other for other in self.items.values() if other is not item]
        compared = [
            self._compared(item, o) for o in self.chance.sample(others, min(3, len(others)))
        ]
        entries = [entry for entry in self.log if self.chance.random() < 0.3]
        judged = Judged(
            audience=combined(*(i.audience for i in self.items.values())),
            model="m",
            at=NOW,
            problem=self.canary() if self.chance.random() < 0.3 else "",
        )
        return Explanation(
            item=item,
            because=Because(action=self.chance.choice(("join", "new", "suggest"))),
            joined=compared[0] if compared else None,
            others=compared[1:2],
            rejected=compared[2] if len(compared) > 2 else None,
            judged=judged,
            corrections=entries,
            together=(1, 2),
            apart=(3,),
            contradictions=((1, 2, 3),),
        )

    def _compared(self, item: Item, other: Item) -> Compared:
        found = reasons(report_of(item), report_of(other))
        judgement = Judgement(
            other=other.number, verdict="same", ours=item.title, theirs=other.title
        )
        near = Near(
            item=other.number, cluster=1, score=0.6, similarity=0.6, parts=(("meaning", 1.0),)
        )
        placed = other.model_copy(update={"cluster": self.state.membership[other.number]})
        return Compared(near, placed, found, self.chance.choice((judgement, None)))

    def run(self, cluster: int, audience: Audience) -> FixRun:
        """A run in any state, its every text from what its readers may read."""
        chance = self.chance

        def made(public: str) -> str:
            return f"{public} {self.canary()}" if audience is Audience.TEAM else public

        ran = Ran(command=made("pytest"), exit_code=1, seconds=1.0, tail=made("1 failed"))
        verdict = chance.choice((None, *Verdict))
        opened = verdict is Verdict.PROVED and chance.random() < 0.7
        steps = tuple(
            RunStep(name=name, state=chance.choice([*RunState]), note=made("done"))
            for name in StepName
        )
        return FixRun(
            audience=audience,
            number=7,
            cluster=cluster,
            state=RunState.SUCCEEDED if verdict else chance.choice([*RunState]),
            verdict=verdict,
            reason=made("It ended.") if verdict else "",
            command="c",
            requested_by="ana",
            agent="mechanic",
            dry_run=chance.random() < 0.3,
            seconds_allowed=900,
            steps=steps,
            plan_version=1,
            test_path="tests/test_made.py",
            test_source=made("def test_made(): ..."),
            test_name="test_made",
            change=made("+1"),
            red=ran,
            green=ran,
            suite_before=ran,
            suite_after=ran,
            findings=(made("tests/x.py is weakened"),),
            private_examples=tuple(self.items),
            commit="4f2a9c01de",
            unproved=Verdict.NOT_REPAIRED if chance.random() < 0.3 else None,
            pull_request=19 if opened else None,
            pull_url="https://github.com/acme/shop/pull/19" if opened else "",
            created_at=NOW,
            updated_at=NOW,
            ended_at=NOW if verdict else None,
        )

    def _case(self, cluster: int) -> Case:
        return Case(cluster=self.clusters[cluster], items=tuple(self.members(cluster)))

    def _of_run(self, cluster: int, run: FixRun, readers: Audience) -> Iterator[Card]:
        """What is said about a run in a place where ``readers`` read, and on GitHub."""
        yield run_card(run, self.clusters[cluster], NOW, readers=readers)
        yield check_card(run)
        yield pull_card(self._pull(cluster, run))
        revision = self._revision(run)
        versions = [self._version(run, n) for n in (1, 2)]
        yield revision_card(revision, NOW)
        yield answer_card(revision, Remark(comment=1, path="shop/cart.py", words="no"))
        yield versions_card(run, versions)
        files = [{"filename": "shop/cart.py", "patch": run.change}]
        yield diff_card(run, *versions, {"html_url": "https://github.com/x", "files": files})
        yield handover_card(run)
        yield noted_card(run, 1, "eve", "read")

    def _pull(self, cluster: int, run: FixRun) -> PullRequest:
        case = self._case(cluster)
        return PullRequest(
            run=run,
            cluster=case.named(run.audience),
            items=case.shown(run.audience),
            closes=(3,),
            hidden=case.hidden(run.audience),
            files=[("shop/cart.py", 1, 1)],
            change=run.change,
        )

    def _revision(self, run: FixRun) -> Revision:
        said = self.canary() if run.audience is Audience.TEAM else "round up"
        revision = new_revision(
            run,
            key="command:1",
            kind="revise",
            asker=Person(login="ana"),
            place=Place(issue=1),
            now=NOW,
            words=[said],
        )
        ended = run.model_copy(update={"pull_url": "https://github.com/acme/shop/pull/19"})
        return revision.model_copy(update={"work": ended, "version": 2, "delta": ("shop/cart.py",)})

    def _version(self, run: FixRun, number: int) -> Version:
        return Version(
            number=number, kind="fix", commit="4f2a9c01de", parent="0" * 10, asked_by="ana",
            made_at=NOW, red=run.red, green=run.green, suite_after=run.suite_after,
        )  # fmt: skip

    def plain_words(self) -> Iterator[str]:
        """What a fix in public writes that is no card: titles, branches, commit messages."""
        for cluster in self.clusters:
            run = self.run(cluster, Audience.PROJECT)
            case = self._case(cluster)
            title = pull_title(
                case.named(run.audience), case.shown(run.audience), proof=Verdict.PROVED
            )
            yield title
            yield publish.branch_name(run, title)
            yield publish.commit_message(run, title)
            yield commit_message(self._revision(run), 2)

    def prompts(self) -> Iterator[str]:
        """What a model reads whose answer everybody may read."""
        for cluster in self.clusters:
            view = self.view(cluster, Audience.TEAM)
            read = reports_for(PROJECT, view)
            if read and read[0].audience is Audience.PROJECT:
                yield written_summary.material(sources_of(read))
            shown = self.view(cluster, Audience.PROJECT).shown
            named = self.clusters[cluster].as_read_by(Audience.PROJECT, shown)
            yield plan_material(named, shown, steering=["round up"])
