"""Cards as documents: tracking issues, pull requests, answers in threads of a review, check runs;
and in Slack on a person's home tab and below links to what they say. Every function finds what an
earlier call made, so that it is harmless when repeated."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bot.context import Context
from bot.domain.cards.card import Action, Card
from bot.domain.models import Person, Place, Project
from bot.github import checks, issues, pulls
from bot.github.repo import Repo
from bot.github.wire import unless_refused
from bot.render import (
    Markdown,
    marker,
    part_of,
    render_document,
    replace_part,
    replace_sections,
    without_part,
)
from bot.render.blocks import render_blocks, words
from bot.say.audience import fit_for, fit_on_github, readers_at

Stands = Literal["written", "closed", "gone"]


async def write_issue(
    repo: Repo,
    card: Card,
    *,
    number: int | None,
    title: str,
    label: str,
    may_open: bool,
    headed: bool = False,
) -> int:
    """Keep the card as our part of an issue, between its markers; the issue's number, 0 for none.
    ``number`` is where it stood last. An issue that is gone or closed is left alone, and another
    one opened where that is allowed. Raises Unavailable or Rejected."""
    part = part_of(await fit_on_github(repo, card), headed=headed)
    if number is None:
        async for issue in issues.issues(repo, state="open", labels=label):
            if marker(card.key) in (issue.get("body") or ""):
                number = int(issue["number"])
    if number is not None and await _edit_part(repo, number, part) == "written":
        return number
    if not may_open:
        return 0
    made = await issues.create_issue(repo, title, part, [label])
    return int(made["number"])


async def keep_part(repo: Repo, number: int, card: Card, *, begin: bool = False) -> Stands:
    """Bring our part of somebody's issue up to date; ``begin`` puts it where there is none.
    ``gone`` is an issue that is not there any more, and one that a person took our part out of; one
    that is closed is left alone. Raises Unavailable or Rejected."""
    part = part_of(await fit_on_github(repo, card), headed=True)
    return await _edit_part(repo, number, part, begin=begin)


async def take_out(repo: Repo, number: int, key: str) -> None:
    """Take our part of this key out of an issue; twice is harmless. Raises as above."""
    issue = await unless_refused(issues.get_issue(repo, number), *issues.GONE)
    told = (issue or {}).get("body") or ""
    if (body := without_part(told, key)) != told:
        await issues.update_issue(repo, number, body=body)


async def _edit_part(repo: Repo, number: int, part: Markdown, *, begin: bool = True) -> Stands:
    issue = await unless_refused(issues.get_issue(repo, number), *issues.GONE)
    if issue is None:
        return "gone"
    if issue["state"] != "open":
        return "closed"
    told = issue.get("body") or ""
    if not begin and part.split("\n", 1)[0] not in told:
        return "gone"
    if (body := replace_part(told, part)) != told:
        await issues.update_issue(repo, number, body=body)
    return "written"


async def open_pull(repo: Repo, card: Card, *, branch: str, base: str, draft: bool = True) -> Any:
    """Open a pull request with the card as it is, or find the one of this branch."""
    card = await fit_on_github(repo, card)
    return await pulls.open_pull(
        repo,
        branch=branch,
        base=base,
        title=words(card.title),
        body=render_document(card),
        draft=draft,
    )


async def edit_pull(
    repo: Repo, pull: dict[str, Any], card: Card, *, title: str, sections: Sequence[str]
) -> None:
    """Bring these sections of its body up to date; what people wrote around them stays."""
    card = await fit_on_github(repo, card)
    body = replace_sections(pull.get("body") or "", card, sections)
    if (title, body) != (pull["title"], pull.get("body")):
        await pulls.update_pull(repo, int(pull["number"]), title=title, body=body)


async def hide_pull(
    repo: Repo, number: int, title: str, body: Markdown, commits: Sequence[str]
) -> None:
    """Replace the words of a pull request, and those of the check runs on its commits."""
    await unless_refused(pulls.update_pull(repo, number, title=title, body=body), 404, 410)
    for sha in commits:
        await checks.put_check(repo, sha, conclusion=None, title=title, summary=body)


async def answer_thread(repo: Repo, pull: int, comment: int, card: Card) -> None:
    """Put our one answer into a thread of a review, or edit it there."""
    body = render_document(await fit_on_github(repo, card))
    await pulls.answer_thread(repo, pull, comment, marker(card.key), body)


async def put_check(
    repo: Repo,
    sha: str,
    card: Card,
    *,
    conclusion: checks.Conclusion,
    external_id: str,
    name: str = checks.PROOF,
    lines: Sequence[tuple[str, int, str]] = (),
) -> None:
    """Report on a commit as the check run ``name``, once; its actions are buttons, ``lines`` what
    is wrong at a line of a path."""
    card = await fit_on_github(repo, card)
    buttons = [(each.label, each.sentence) for each in card.actions if each.sentence]
    card = card.model_copy(update={"actions": ()})
    await checks.put_check(
        repo,
        sha,
        conclusion=conclusion,
        title=words(card.title),
        summary=render_document(card),
        external_id=external_id,
        buttons=buttons,
        name=name,
        lines=lines,
    )


# https://docs.slack.dev/surfaces/app-home
MOST_BLOCKS = 100


async def show_home(
    ctx: Context, person: Person, channel: str, cards: Sequence[tuple[int, Card]]
) -> None:
    """Show a person, and nobody else, these cards of projects (0 for none), as many as there is
    room for; ``channel`` is where what they press there is answered. Raises Unavailable or
    Rejected; twice is harmless."""
    if ctx.slack is None:
        return
    blocks: list[dict[str, Any]] = []
    for project, card in cards:
        part = [{"type": "divider"}] * bool(blocks) + render_blocks(card, project).blocks
        if len(blocks) + len(part) <= MOST_BLOCKS:
            blocks += part
    await ctx.slack.show_home(person.slack_user, blocks, channel)


async def unfurl(
    ctx: Context, project: Project, channel: str, below: Mapping[str, str], url: str, card: Card
) -> None:
    """Show the card below a link, to those who read in the channel. Raises as above."""
    if ctx.slack is not None:
        card = fit_for(card, await readers_at(ctx, project, Place(channel=channel)))
        await ctx.slack.unfurl(channel, below, url, render_blocks(card).blocks)


async def suggest(ctx: Context, channel: str, thread: str, actions: Sequence[Action]) -> None:
    """Offer sentences in the assistant's pane: who presses one says it. Raises as above."""
    if ctx.slack is not None:
        prompts = [{"title": each.label, "message": each.sentence} for each in actions]
        await ctx.slack.suggest(channel, thread, prompts)


async def tell(ctx: Context, user: str, card: Card) -> None:
    """Say a card to one person of Slack alone. Raises Rejected or Unavailable."""
    if ctx.slack:
        await ctx.slack.post(await ctx.slack.direct(user), render_blocks(card))
