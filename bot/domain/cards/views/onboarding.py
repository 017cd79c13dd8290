"""What a project is asked before anything else is written there: a file, and what it would do."""

from __future__ import annotations

from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Fact, Line, Paragraph, Section
from bot.domain.models import Project

# Every line of it is explained; nothing in it differs from what holds without it but the mode.
FILE = """\
# What Soulcaster may do in this repository. Delete a line, and its default holds.

# act: commands are answered, a tracking issue kept, fixes that somebody asked for opened as drafts.
# quiet: nothing is written to GitHub; digests go to Slack alone.
mode: act

# When the digest of open problems comes: a time zone's own words.
digest:
  schedule: mon-fri 09:00 UTC

# What becomes one problem unasked. sure: what hardly anybody would take back; eager: what is
# likely; ask: repeats alone. The rest is asked about.
cluster: sure

fix:
  # Fixes run only when somebody with write access says `/soulcaster fix`, and each is proved first.
  enabled: true
"""


def onboarding_card(
    project: Project, reports: int, problems: int, digest: Card, *, readers: Audience
) -> Card:
    """The pull request that brings the file: what was read, and what the digest would be."""
    after: tuple[Line, ...] = (
        ("Commands in comments are answered: ", Code("/soulcaster help"), "."),
        ("One tracking issue shows the open problems, and is kept true.",),
        ("A fix is made when somebody asks for one, and opened as a draft with its proof.",),
        ("No issue is closed, nothing merged, and no branch of yours pushed to.",),
    )
    return Card(
        key=f"onboarding:{project.id}",
        audience=readers,
        title=("Let Soulcaster act here",),
        facts=(
            Fact("Read so far", f"{reports:,} reports"),
            Fact("Problems", f"{problems:,}"),
        ),
        sections=(
            Section(
                Paragraph(
                    "Soulcaster has read this repository's issues and written nothing but this "
                    "pull request. Until it is merged a command gets a reaction and no more; "
                    "closed, it stays so."
                )
            ),
            Section(Bullets(*after), title="Once it is merged"),
            Section(Paragraph("As it would be today:"), title="The first digest"),
            *digest.sections,
        ),
    )
