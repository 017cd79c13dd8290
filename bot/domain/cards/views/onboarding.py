"""What a project is asked before anything else is written there: a file, and what it would do."""

from collections.abc import Sequence

from bot.domain.cards.card import Bullets, Card, Choices, Fact, Paragraph, Section, Strong, coded
from bot.domain.cards.views.choice import LookBack, Pair, pairs_section
from bot.domain.models import Project

# Every line of it is explained; nothing in it differs from what holds without it but the mode.
FILE = """\
# What Soulcaster may do in this repository. If you delete a line, its default holds.

# act: commands are answered, a tracking issue kept, fixes that somebody asked for opened as drafts.
# quiet: nothing is written to GitHub; digests go to Slack alone.
mode: act

# When the digest of open problems is posted, in any time zone, such as Europe/Paris; off: never.
# `/soulcaster digest schedule` stands above it.
digest:
  schedule: mon-fri 09:00 UTC

# Which reports are joined into one problem without asking. sure: what hardly anybody would take
# back; eager: whatever is likely the same; ask: only repeats. The rest is asked about.
cluster: sure

fix:
  # Fixes run only when somebody with write access says `/soulcaster fix`, and each is proved first.
  enabled: true
"""


def onboarding_card(
    project: Project,
    reports: int,
    problems: int,
    digest: Card,
    looked: tuple[LookBack, Sequence[Pair]] | None = None,
) -> Card:
    """The pull request that brings the file: what was read, what the digest would be, and what was
    found when we ``looked`` back."""
    found, examples = looked if looked else (None, ())
    after = (
        "Commands in comments are answered: `/soulcaster help`.",
        "One tracking issue lists the open problems and is kept up to date.",
        "A fix is made only when somebody asks for one: a draft pull request with its proof.",
        "Your issues are never closed, and your branches are neither pushed to nor merged.",
    )
    about = (
        "Soulcaster has read this repository's issues and written nothing but this pull request, "
        "which adds `.github/soulcaster.yml`. Merge it to let Soulcaster answer here. Until then, "
        "or if you close it, commands get a 👀 reaction but no answer."
    )
    first = []
    for each in digest.sections:  # nothing is obeyed before the merge, so nothing is offered
        if blocks := [block for block in each.blocks if not isinstance(block, Choices)]:
            below = [Paragraph(Strong(each.title))] if each.title else []
            first.append(Section(*below, *blocks))
    return Card(
        key=f"onboarding:{project.id}",
        audience=project.github_readers,
        title=("Let Soulcaster act here",),
        facts=(
            Fact("Read so far", f"{reports:,} reports"),
            Fact("Problems", f"{problems:,}"),
            *(Fact(*each) for each in (found.told if found else ())),
        ),
        sections=(
            Section(Paragraph(*coded(about))),
            Section(Bullets(*map(coded, after)), title="Once it is merged"),
            *((pairs_section("Duplicates nobody points out", examples),) if examples else ()),
            Section(Paragraph("This is what it would say today:"), title="The first digest"),
            *first,
        ),
    )
