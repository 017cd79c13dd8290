"""The app itself: its installations, tokens, webhook deliveries and registration.

https://docs.github.com/rest/apps
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.errors import bad_request, existing, invalid, not_found
from bot.simulators.github.manifest import convert
from bot.simulators.github.records import Json
from bot.simulators.github.views import accounts
from bot.simulators.github.views.addresses import stamp
from bot.simulators.github.views.repositories import repository as repository_view
from bot.simulators.github.webhooks import Delivery
from bot.simulators.github.wire.access import issue_token
from bot.simulators.github.wire.fields import items, texts
from bot.simulators.github.wire.keys import METER
from bot.simulators.github.wire.routing import Call, Routes, answer, page_of, page_size

routes = Routes("apps/apps")
hooks = Routes("apps/webhooks")


@routes("GET", "/app", "app")
async def get_app(call: Call) -> web.StreamResponse:
    """The app the JWT is of."""
    view = accounts.app(call.world.app)
    return answer(view | {"installations_count": len(call.world.installations)})


@routes("GET", "/app/installations", "app")
async def list_installations(call: Call) -> web.StreamResponse:
    """Everywhere the app is installed."""
    found, headers = page_of(call, list(call.world.installations.values()))
    views = [accounts.installation(one) for one in found]
    for view, one in zip(views, found, strict=True):
        # GitHub's description of this one list is older, and wants of an account what only an
        # enterprise has.
        del view["client_id"], view["account"]["user_view_type"]
        made = stamp(one.account.created_at)
        more = {"name": one.account.name or one.account.login, "slug": one.account.login}
        view["account"] |= more | {"created_at": made, "updated_at": made}
    return answer(views, headers=headers)


@routes("GET", "/app/installations/{installation}", "app")
async def get_installation(call: Call) -> web.StreamResponse:
    """One installation."""
    return answer(accounts.installation(call.installation()))


@routes("GET", "/repos/{owner}/{repo}/installation", "app")
async def get_repository_installation(call: Call) -> web.StreamResponse:
    """The installation that covers a repository."""
    for installation in call.world.installations.values():
        if call.repository in call.world.covered(installation):
            return answer(accounts.installation(installation))
    raise not_found()


@routes("POST", "/app/installations/{installation}/access_tokens", "app")
async def create_token(call: Call) -> web.StreamResponse:
    """A token for an hour, narrowed to what the body names."""
    where = call.installation()
    ids = items(call.fields, "repository_ids")
    permissions = call.fields.get("permissions")
    if permissions is not None and not isinstance(permissions, dict):
        raise bad_request("Body should be a JSON object")
    token = issue_token(
        call.world,
        where,
        names=texts(call.fields, "repositories"),
        ids=ids,
        permissions=permissions,
    )
    narrowed = token.repositories is not None
    selection = "selected" if narrowed or where.repositories is not None else "all"
    view: Json = {
        "token": token.value,
        "expires_at": stamp(token.expires_at),
        "permissions": token.permissions,
        "repository_selection": selection,
    }
    if token.repositories is not None:
        reached = [r for r in call.world.covered(where) if r.id in token.repositories]
        view["repositories"] = [repository_view(one) for one in reached]
    return answer(view, 201)


@routes("GET", "/installation/repositories", "metadata:read")
async def list_repositories(call: Call) -> web.StreamResponse:
    """What the token reaches."""
    installation = call.access.installation
    if installation is None:
        raise not_found()
    covered = call.world.covered(installation)
    reached = [one for one in covered if call.access.reaches(call.world, one)]
    found, headers = page_of(call, reached)
    return answer(
        {
            "total_count": len(reached),
            "repository_selection": "all" if installation.repositories is None else "selected",
            "repositories": [repository_view(one, "read") for one in found],
        },
        headers=headers,
    )


@routes("POST", "/app-manifests/{code}/conversions", "anyone")
async def convert_manifest(call: Call) -> web.StreamResponse:
    """Register the app that a manifest describes; its code works once."""
    secrets = convert(call.world, call.path("code"))
    return answer(accounts.app(call.world.app) | secrets, 201)


@routes("GET", "/users/{login}", "anyone")
async def get_user(call: Call) -> web.StreamResponse:
    """An account's public profile."""
    return answer(accounts.profile(call.world.user(call.path("login"))))


@routes("GET", "/rate_limit", "anyone")
async def get_rate_limit(call: Call) -> web.StreamResponse:
    """What is left; asking costs nothing."""
    core = call.request[METER].core.state(call.world.clock())
    unused = {"limit": 30, "used": 0, "remaining": 30, "reset": core["reset"]}
    return answer({"resources": {"core": core, "search": unused}, "rate": core})


@hooks("GET", "/app/hook/deliveries", "app")
async def list_deliveries(call: Call) -> web.StreamResponse:
    """Webhooks sent, newest first, page by page with a cursor."""
    sent = call.world.webhooks.sent()
    size, cursor = page_size(call), call.query("cursor")
    if cursor and not cursor.startswith("v1_"):
        raise bad_request("Invalid cursor")
    if cursor:
        sent = [one for one in sent if one.id < int(cursor.removeprefix("v1_"))]
    if call.query("status") in ("success", "failure"):
        good = call.query("status") == "success"
        sent = [one for one in sent if (one.status == "OK") == good]
    shown = sent[:size]
    headers = {}
    if len(sent) > size:
        here = {"cursor": f"v1_{shown[-1].id}", "per_page": str(size)}
        target = call.request.rel_url.update_query(here)
        headers["Link"] = f'<{call.world.origin}{target}>; rel="next"'
    return answer([_item(one) for one in shown], headers=headers)


@hooks("GET", "/app/hook/deliveries/{delivery}", "app")
async def get_delivery(call: Call) -> web.StreamResponse:
    """One delivery with what was sent and answered."""
    one = existing(call.world.webhooks.deliveries, call.number("delivery"))
    return answer(
        _item(one)
        | {
            "url": call.world.app.webhook_url,
            "request": {"headers": one.request_headers, "payload": one.payload},
            "response": {"headers": one.response_headers, "payload": one.response_body},
        }
    )


@hooks("POST", "/app/hook/deliveries/{delivery}/attempts", "app")
async def redeliver(call: Call) -> web.StreamResponse:
    """Send it again, under the same guid."""
    call.world.webhooks.redeliver(existing(call.world.webhooks.deliveries, call.number("delivery")))
    return answer({}, 202)


@hooks("GET", "/app/hook/config", "app")
async def get_hook_config(call: Call) -> web.StreamResponse:
    """Where webhooks go."""
    return answer(_config(call))


@hooks("PATCH", "/app/hook/config", "app")
async def update_hook_config(call: Call) -> web.StreamResponse:
    """Send webhooks elsewhere, or sign them with another secret."""
    url, secret = call.fields.get("url"), call.fields.get("secret")
    if url is not None and not str(url).startswith(("http://", "https://")):
        raise invalid("Hook", "url")
    call.world.app.webhook_url = url or call.world.app.webhook_url
    call.world.app.webhook_secret = secret or call.world.app.webhook_secret
    return answer(_config(call))


def _config(call: Call) -> Json:
    return {
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": "********",
        "url": call.world.app.webhook_url,
    }


def _item(one: Delivery) -> Json:
    assert one.delivered_at is not None  # noqa: S101
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": one.delivered_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "redelivery": one.redelivery,
        "duration": one.duration,
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.payload.get("action"),
        "installation_id": one.installation,
        "repository_id": one.repository,
        "throttled_at": None,
    }


routes.extend(hooks)
