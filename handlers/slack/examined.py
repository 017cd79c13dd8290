"""What ``soulcaster doctor`` says of Slack."""

from __future__ import annotations

from bot.context import Context
from bot.domain.rooms import WAITS


async def look_at_slack(ctx: Context) -> tuple[str, str]:
    """Who we are there, how we hear, and the channels that wait; with what mends it, "" for
    nothing. Raises Rejected or Unavailable."""
    if ctx.slack is None:
        return "not connected (SLACK_BOT_TOKEN connects it)", ""
    if at := await ctx.slack.gone():
        found = f"uninstalled or its token revoked on {at:%d %b %H:%M} UTC; nothing is posted there"
        return found, "install the app again and set SLACK_BOT_TOKEN; nothing stored is lost"
    who = await ctx.slack.identity()
    channel = ctx.settings.soulcaster_slack_channel
    if channel:
        await ctx.slack.is_shared(channel)  # Slack says what the token lacks
    ways = ["HTTP"] if ctx.settings.slack_signing_secret else []
    if token := ctx.settings.slack_app_token.get_secret_value():
        await ctx.slack.open_socket(token)  # an address that nobody takes lapses
        ways.append("Socket Mode")
    waiting = []
    for project in await ctx.projects.all():
        for wanted, how in sorted((await ctx.channels.standings(project.id)).items()):
            # Slack tells nobody who is not in a channel what became of it.
            stands = (how == "bound" and await ctx.slack.shut(wanted)) or how
            if stands in WAITS:
                waiting.append(f"{project.full_name}: {wanted} {WAITS[stands]}")
    heard = f"heard by {' and '.join(ways)}"
    found = f"{who['user_id']} in {who['team_id']}, {heard}, channel {channel or 'none'}"
    return "; ".join([found, *waiting]), "do there what its line says" if waiting else ""
