"""What ``soulcaster doctor`` says of Slack."""

from datetime import UTC, datetime

from bot.context import Context
from bot.domain.errors import Rejected
from bot.domain.models import Project
from bot.slack.client import Slack


async def look_at_slack(ctx: Context) -> tuple[str, str]:
    """Who we are there, how we hear, and the channels that wait; with what mends it, "" for
    nothing. Raises Rejected or Unavailable."""
    if ctx.slack is None:
        return "not connected (SLACK_BOT_TOKEN connects it)", ""
    at = await ctx.slack.gone()
    if at and not ctx.slack.workspaces:
        found = f"uninstalled or its token revoked on {at:%d %b %H:%M} UTC; nothing is posted there"
        return found, "install the app again and set SLACK_BOT_TOKEN; nothing stored is lost"
    told, mend = await _workspaces(ctx, ctx.slack)
    channel, out = ctx.settings.soulcaster_slack_channel, ""
    if channel and not mend and (how := await ctx.slack.shut(channel)):
        out = f"{channel} {await ctx.slack.wait_of(channel, how)}"
    ways = ["HTTP"] if ctx.settings.slack_signing_secret else []
    if token := ctx.settings.slack_app_token.get_secret_value():
        await ctx.slack.open_socket(token)  # an address that nobody takes lapses
        ways.append("Socket Mode")
    elif not ctx.settings.soulcaster_public_url and "//slack.com/" in ctx.settings.slack_api_url:
        mend = mend or "Slack reaches nobody here: set SLACK_APP_TOKEN, or SOULCASTER_PUBLIC_URL"
    told += [
        f"heard by {' and '.join(ways)}",
        f"channel {channel}" if channel else "no channel but those where `channel bind` was said",
    ]
    waiting = [line for p in await ctx.projects.all() for line in await _waiting(ctx, ctx.slack, p)]
    waiting += [out] if out and not any(channel in line for line in waiting) else []
    mend = mend or "do there what its line says" * bool(waiting)
    return "; ".join([", ".join(told), *waiting]), mend


async def _workspaces(ctx: Context, slack: Slack) -> tuple[list[str], str]:
    """Each workspace that the app is in, with how long its token is good where that ends."""
    spaces, told, mend = slack.workspaces, [], ""
    pasted = [""] if ctx.settings.slack_bot_token else []
    for team in [*pasted, *(await spaces.teams() if spaces else ())]:
        try:
            who = await slack.identity(team)
            bot = spaces and await spaces.bot(team)
        except Rejected as error:
            if not spaces:
                raise
            told.append(f"{team or 'SLACK_BOT_TOKEN'}: {error}")
            mend = f"install it there again: {ctx.settings.soulcaster_public_url}/slack/install"
        else:
            end = bot and bot.bot_token_expires_at
            good = f" until {datetime.fromtimestamp(end, UTC):%d %b %H:%M} UTC" if end else ""
            may = (
                "reads" if "files:read" in who["scopes"].split(",") else "does not read (optional)"
            )
            told.append(f"{who['user_id']} in {who['team_id']}{good}, {may} attached files")
    return told or ["installed in no workspace yet"], mend


async def _waiting(ctx: Context, slack: Slack, project: Project) -> list[str]:
    lines = []
    for wanted, how in sorted((await ctx.channels.standings(project.id)).items()):
        # Slack tells nobody who is not in a channel what became of it.
        stands = (how == "bound" and await slack.shut(wanted)) or how
        if words := await slack.wait_of(wanted, stands):
            lines.append(f"{project.full_name}: {wanted} {words}")
    return lines
