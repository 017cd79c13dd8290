"""What ``soulcaster doctor`` says of GitHub, and of the way from there to us."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
import yaml

from bot.context import Context
from bot.github.manifest import APP, UNREACHABLE

_TIMEOUT = aiohttp.ClientTimeout(total=8)
# Of what GitHub could not deliver, what is older says nothing of now.
_LATELY = timedelta(hours=6)


async def look_at_github(ctx: Context) -> tuple[str, str]:
    """The app, its installations, and what each lacks; with what mends it, "" for nothing."""
    if not ctx.settings.github_app_id:
        return "not connected", "register the app: `soulcaster setup` prints where"
    about = await ctx.github.about()
    projects = await ctx.projects.all()
    found = f"the app {about['slug']}, repositories that have it: {len(projects)}"
    asked = yaml.safe_load(APP.read_text(encoding="utf-8"))
    if lacking := _lacking(about, asked):
        return f"{found}; it lacks {lacking}", "in the app's settings on GitHub"
    short = []
    async for one in ctx.github.installations():
        who = one["account"]["login"]
        if one["suspended_at"]:
            short.append(f"{who} has suspended it")
        elif lacking := _lacking(one, asked):
            short.append(f"{who} has yet to accept {lacking}")
    if short:
        return f"{found}; {', '.join(short)}", "in that owner's settings of the installation"
    if missing := await ctx.github.unlisted({p.installation for p in projects}):
        waiting = [p.full_name for p in projects if p.installation in missing]
        return (
            f"{found}; it does not list the installation of {', '.join(waiting)}",
            "if nobody uninstalled the app there: check GITHUB_APP_ID and GITHUB_API_URL",
        )
    return found, ""


def _lacking(has: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """Of what ``app.yml`` asks for; of what GitHub does not tell, nothing."""
    held, heard = has.get("permissions"), has.get("events")
    wanted = asked["default_permissions"].items() if held is not None else ()
    lacking = [
        f"{n}: {level}" for n, level in wanted if (held or {}).get(n) not in (level, "write")
    ]
    deaf = sorted({*asked["default_events"]} - {*heard}) if heard is not None else []
    return ", ".join([*lacking, f"the events {', '.join(deaf)}"] if deaf else lacking)


async def look_at_webhook(ctx: Context) -> tuple[str, str]:
    """Whether GitHub sends, signed so that we believe it, and last reached us."""
    if not ctx.settings.github_app_id:
        return "none before there is an app", ""
    mend = "set the webhook's URL in the app's settings there"
    hook, here = await ctx.github.hook(), ctx.settings.soulcaster_public_url
    if not hook:
        return "GitHub sends nothing any more", mend
    if hook == UNREACHABLE:
        return "set; what GitHub would send is fetched", ""
    if here and not hook.startswith(f"{here}/"):
        return f"GitHub sends to {hook}, SOULCASTER_PUBLIC_URL is {here}", mend
    if failed := await undelivered(ctx, _LATELY):
        found = f"the last {failed['event']} was not delivered to {hook}: {failed['status']}"
        return f"{found} ({failed['status_code']})", "mend the way there"
    return "set", ""


async def undelivered(ctx: Context, lately: timedelta) -> Any:
    """What GitHub could not deliver last; None where something came after that."""
    newest = {
        status: await anext(ctx.github.deliveries(ctx.now() - lately, status=status), None)
        for status in ("failure", "success")
    }
    failed, came = newest["failure"], newest["success"]
    return None if failed and came and came["delivered_at"] >= failed["delivered_at"] else failed


async def look_at_address(ctx: Context) -> tuple[str, str]:
    """Whether a web of ours answers where people and services are sent to."""
    url = ctx.settings.soulcaster_public_url
    if not url:
        return "none: SOULCASTER_PUBLIC_URL names it", ""
    try:
        async with ctx.http.get(f"{url}/healthz", timeout=_TIMEOUT, allow_redirects=False) as said:
            ours = said.status == 200 and "connections" in await said.text()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        why = str(error) or type(error).__name__
        return f"{url} is not reached: {why}", "start `soulcaster web` and the tunnel or proxy"
    if not ours:
        return f"{url} leads to somebody else (status {said.status})", "lead it to the web's port"
    return f"{url} leads to a web of ours", ""
