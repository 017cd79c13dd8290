"""The pull request of a fix run, as a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.audience import combined
from bot.domain.cards.card import (
    Bullets,
    Card,
    Code,
    Line,
    Link,
    Paragraph,
    Preformatted,
    Quotation,
    Section,
    coded,
)
from bot.domain.cards.views.cluster import count, item_link
from bot.domain.cards.views.run import elsewhere_section, plan_of, proof_table, reproduced
from bot.domain.fixes.run import FixRun
from bot.domain.models import Cluster, Item, Ran, Verdict

NOT_PROVED = "Not proved"
_UNPROVED_TITLE = "Unproved fix: "
_TITLES: Mapping[Verdict, str] = {
    Verdict.PROVED: "Fix: ",
    Verdict.ON_ONE_EXAMPLE: f"Fix, {Verdict.ON_ONE_EXAMPLE.value}: ",
}
# Before the title of a draft where GitHub offers none.
DRAFT_TITLE = "Draft: "


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What a pull request is written from. ``items`` are those that may be quoted in public.
    ``closes`` are issue numbers of this repository; ``hidden`` counts private reports; ``change``
    is the unified diff without the new test. ``began_unproved``: the first version was."""

    run: FixRun
    cluster: Cluster
    items: Sequence[Item]
    closes: Sequence[int]
    hidden: int
    files: Sequence[tuple[str, int, int]]
    change: str
    began_unproved: bool = False


def pull_title(cluster: Cluster, items: Sequence[Item], *, proof: Verdict) -> str:
    """One line of at most 72 characters; private reports give it no words."""
    words = " ".join(cluster.title.split()) if items else "a problem from private reports"
    begins = _TITLES.get(proof, _UNPROVED_TITLE)
    room = 71 - len(begins)
    return f"{begins}{words[:room]}" + ("…" if len(words) > room else "")


def title_with(title: str, proof: Verdict) -> str:
    """The title of a pull request whose proof has come to another end; people's stays theirs."""
    for begins in (*_TITLES.values(), _UNPROVED_TITLE):
        if title.removeprefix(DRAFT_TITLE).startswith(begins):
            return title.replace(begins, _TITLES.get(proof, _UNPROVED_TITLE), 1)
    return title


def pull_card(pull: PullRequest) -> Card:
    """The body: problem with citations, change, proof, what was not tested, how to steer."""
    run, cluster = pull.run, pull.cluster
    problem: list[Paragraph | Bullets | Quotation] = [
        Paragraph(
            Code(cluster.name),
            f" has {count(len(pull.items) + pull.hidden, 'report')}"
            + (f", {pull.hidden} of them private." if pull.hidden else "."),
        )
    ]
    for item in pull.items[:2]:
        if item.body.strip():
            source = Link(item.name, item.url) if item.url.startswith("http") else None
            problem.append(Quotation(text=item.body[:800], source=source))
    problem.append(Bullets(*(item_link(item) for item in pull.items[:20])))
    change: tuple[Line, ...] = tuple(
        (Code(path), f" +{added} −{removed}") for path, added, removed in pull.files
    )
    if pull.closes:
        # What is not proved closes nothing when it is merged.
        word = "closes" if run.proof is Verdict.PROVED else "about"
        linked = ", ".join(f"{word} #{number}" for number in pull.closes)
        problem.append(Paragraph(linked.capitalize() + "."))
    sections = [
        *_standing(pull),
        Section(*problem, title="Problem"),
        Section(
            Bullets(*change),
            Preformatted(text=pull.change[:6_000], language="diff"),
            title="Change",
        ),
        Section(
            Paragraph(
                "Run by Soulcaster in a second, clean sandbox, not by the agent. The new test is ",
                Code(run.test_path),
                *((", reproduced ", *reproduced(run)) if run.test_grade else ()),
                ".",
            ),
            proof_table(run),
            title="Proof",
        ),
        *elsewhere_section(run),
    ]
    tails = _tails(run.red, run.green)
    if tails:
        sections.append(Section(*tails, title="Output", collapsed=True))
    sections += [
        Section(
            Paragraph(
                "Only what the new test and the existing suite cover. Other inputs, "
                "performance and deployment were not looked at."
            ),
            title="Not tested",
        ),
        Section(
            Paragraph(
                *coded(
                    "Request changes in a review, or say `/soulcaster revise -- what to change`: "
                    "the next version is proved and pushed here. An example that fails on this "
                    "branch helps most. `/soulcaster versions` lists them; close this to decline."
                )
            ),
            title="Ask for changes",
        ),
    ]
    return Card(
        key=f"pull:{run.name}",
        audience=combined(run.audience, cluster.audience, *(i.audience for i in pull.items)),
        title=(pull_title(cluster, pull.items, proof=run.proof),),
        tone="failed" if run.unproved else "succeeded",
        sections=tuple(sections),
        footer=_made_by(run),
    )


def _standing(pull: PullRequest) -> tuple[Section, ...]:
    """What a reviewer of a draft that is not proved, or was not, has to know first."""
    run = pull.run
    if run.unproved:
        lines: tuple[Line, ...] = (
            ("This draft is not proved: it is a proposal to start from, not to merge as it is.",),
            ("The proof ended with ", Code(run.unproved.value), ". ", *coded(run.reason)),
            ("It is here because ", Code("fix.unproved_drafts"), " is on for this repository."),
        )
    elif pull.began_unproved:
        lines = (("This draft began unproved; ", f"v{run.version} is proved, as below."),)
    elif run.proof is Verdict.ON_ONE_EXAMPLE:
        held: Line = ("One example asks for it. ", *coded(run.reason))
        return (Section(Paragraph(*held), title=run.proof.value.capitalize()),)
    else:
        return ()
    return (Section(*(Paragraph(*line) for line in lines), title=NOT_PROVED),)


def _made_by(run: FixRun) -> Line:
    """Who asked, who made it, and the plan it went by."""
    made: Line = (f"Asked for by {run.requested_by}; made by the agent {run.made_by or run.agent}",)
    if run.plan_version:
        made += (" after plan ", *plan_of(run))
    return (*made, ".")


def _tails(*ran: Ran | None) -> tuple[Preformatted, ...]:
    return tuple(
        Preformatted(text=f"$ {r.command}\n{r.tail}") for r in ran if r is not None and r.tail
    )
