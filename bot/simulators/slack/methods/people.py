"""auth, team, users, oauth."""

from __future__ import annotations

import secrets
from math import inf

from bot.simulators.slack.errors import Refused
from bot.simulators.slack.methods.calls import TIER_4, UNTIERED, Call, Json, Roster
from bot.simulators.slack.wire import user_json

METHODS = Roster()
LIFE_SECONDS = 12 * 3600


@METHODS.enter("auth.test", tier=UNTIERED)
def auth_test(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/auth.test"""
    workspace = call.workspace
    return {
        "url": f"https://{workspace.team.domain}.slack.com/",
        "team": workspace.team.name,
        "user": workspace.bot.name,
        "team_id": workspace.team.id,
        "user_id": workspace.bot.id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


@METHODS.enter("team.info", scope="team:read")
def team_info(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/team.info"""
    team = call.workspace.team
    if call.text("team") not in ("", team.id):
        raise Refused("team_not_found")
    return {
        "team": {
            "id": team.id,
            "name": team.name,
            "domain": team.domain,
            "url": f"https://{team.domain}.slack.com/",
            "email_domain": "",
            "icon": {"image_default": True},
        }
    }


@METHODS.enter("users.info", scope="users:read", tier=TIER_4)
def users_info(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/users.info"""
    return {"user": user_json(call.workspace, call.workspace.user(call.required("user")))}


@METHODS.enter("oauth.v2.access", needs_token=False)
def oauth_v2_access(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/oauth.v2.access ·
    https://docs.slack.dev/authentication/using-token-rotation"""
    installation = call.service.installation
    if call.text("client_id") != installation.client_id:
        raise Refused("invalid_client_id")
    if call.text("client_secret") != installation.client_secret:
        raise Refused("bad_client_secret")
    if call.text("grant_type") == "refresh_token":
        if (refresh := call.text("refresh_token")) not in installation.refreshing:
            raise Refused("invalid_refresh_token")
        installation.refreshing.remove(refresh)
    else:
        code = call.text("code")
        if code not in installation.codes:
            raise Refused("invalid_code")
        if call.text("redirect_uri") not in ("", installation.codes[code]):
            raise Refused("bad_redirect_uri")
        del installation.codes[code]
    workspace, more = call.workspace, {}
    token, end = f"xoxb-{secrets.randbelow(10**12):012d}-{secrets.token_urlsafe(18)}", inf
    if installation.rotates:
        token, end = f"xoxe.{token}", workspace.now() + LIFE_SECONDS
        more = {"refresh_token": f"xoxe-1-{secrets.token_urlsafe(18)}", "expires_in": LIFE_SECONDS}
        installation.refreshing.add(str(more["refresh_token"]))
    installation.tokens[token] = end
    person = next(user for user in workspace.users.values() if not user.is_bot)
    return {
        "access_token": token,
        "token_type": "bot",
        "scope": ",".join(sorted(installation.scopes)),
        "bot_user_id": workspace.bot.id,
        "app_id": workspace.app_id,
        "team": {"id": workspace.team.id, "name": workspace.team.name},
        "authed_user": {"id": person.id},
        "is_enterprise_install": False,
        **more,
    }
