"""auth, api, team, bots, users, oauth."""

from __future__ import annotations

import secrets

from bot.simulators.slack.errors import Refused
from bot.simulators.slack.methods.calls import TIER_2, TIER_4, UNTIERED, Call, Json, Roster, page
from bot.simulators.slack.wire import user_json

METHODS = Roster()


@METHODS.enter("api.test", tier=TIER_4, needs_token=False)
def api_test(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/api.test"""
    if error := call.text("error"):
        raise Refused(error)
    return {"args": {name: value for name, value in call.arguments.items() if name == "foo"}}


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


@METHODS.enter("bots.info", scope="users:read")
def bots_info(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/bots.info"""
    workspace = call.workspace
    if call.text("bot") not in ("", workspace.bot_id):
        raise Refused("bot_not_found")
    return {
        "bot": {
            "id": workspace.bot_id,
            "deleted": False,
            "name": workspace.bot.name,
            "updated": workspace.bot.updated,
            "app_id": workspace.app_id,
            "user_id": workspace.bot.id,
            "icons": {},
        }
    }


@METHODS.enter("users.info", scope="users:read", tier=TIER_4)
def users_info(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/users.info"""
    return {"user": user_json(call.workspace, call.workspace.user(call.required("user")))}


@METHODS.enter("users.list", scope="users:read", tier=TIER_2)
def users_list(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/users.list"""
    members, cursor = page(list(call.workspace.users.values()), call)
    return {
        "members": [user_json(call.workspace, user) for user in members],
        "cache_ts": int(call.workspace.now()),
        "response_metadata": {"next_cursor": cursor},
    }


@METHODS.enter("users.lookupByEmail", scope="users:read.email")
def users_lookup_by_email(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/users.lookupByEmail"""
    email = call.required("email").lower()
    for user in call.workspace.users.values():
        if user.email.lower() == email:
            return {"user": user_json(call.workspace, user)}
    raise Refused("users_not_found")


@METHODS.enter("oauth.v2.access", needs_token=False)
def oauth_v2_access(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/oauth.v2.access"""
    installation = call.service.installation
    if call.text("client_id") != installation.client_id:
        raise Refused("invalid_client_id")
    if call.text("client_secret") != installation.client_secret:
        raise Refused("bad_client_secret")
    code = call.text("code")
    if code not in installation.codes:
        raise Refused("invalid_code")
    if call.text("redirect_uri") not in ("", installation.codes[code]):
        raise Refused("bad_redirect_uri")
    del installation.codes[code]
    token = f"xoxb-{secrets.token_urlsafe(18)}"
    installation.tokens.add(token)
    workspace = call.workspace
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
    }
