"""views: modals, and the app's home tab."""

from __future__ import annotations

import secrets

from bot.simulators.slack.blocks import view_problems, view_too_large
from bot.simulators.slack.errors import Refused
from bot.simulators.slack.methods.calls import TIER_4, Call, Json, Roster
from bot.simulators.slack.wire import accepted_blocks
from bot.simulators.slack.workspace import Workspace

METHODS = Roster()

STACK = 3


def accept_view(
    workspace: Workspace, view: object, *, kind: str, replacing: Json | None = None
) -> Json:
    """Check a view and give it what Slack gives it. Refuses as ``views.open`` does."""
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", messages=["[ERROR] missing required field: view"])
    if view_too_large(view):
        raise Refused("view_too_large")
    if problems := view_problems(view):
        raise Refused("invalid_arguments", messages=[f"[ERROR] {p}" for p in problems])
    if view["type"] != kind:
        raise Refused("invalid_arguments", messages=[f"[ERROR] must be of type {kind}"])
    external_id = view.get("external_id") or ""
    taken = {one["external_id"] for one in workspace.views() if one is not replacing}
    if external_id and external_id in taken and kind == "modal":
        raise Refused("duplicate_external_id")
    return {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        **({"clear_on_close": False, "notify_on_close": False} if kind == "modal" else {}),
        **view,
        "blocks": accepted_blocks(workspace, view["blocks"]),
        "id": workspace.new_id("V"),
        "team_id": workspace.team.id,
        "state": {"values": {}},
        "hash": _new_hash(workspace),
        "app_id": workspace.app_id,
        "app_installed_team_id": workspace.team.id,
        "bot_id": workspace.bot_id,
    }


def _new_hash(workspace: Workspace) -> str:
    return f"{int(workspace.now())}.{secrets.token_hex(4)}"


def push_view(workspace: Workspace, user: str, view: Json) -> Json:
    """Show a modal on top of what the person has open."""
    stack = workspace.modals.setdefault(user, [])
    if len(stack) >= STACK:
        raise Refused("push_limit_reached")
    view["root_view_id"] = stack[0]["id"] if stack else view["id"]
    if stack:
        view["previous_view_id"] = stack[-1]["id"]
    stack.append(view)
    workspace.changes.tell("view", user=user)
    return view


def replace_view(workspace: Workspace, old: Json, new: Json) -> Json:
    """Put a new content in the place of a view; its identity stays."""
    keep = ("id", "root_view_id", "previous_view_id")
    values = {**new, **{name: old[name] for name in keep if name in old}}
    old.clear()
    old.update(values)
    workspace.changes.tell("view")
    return old


@METHODS.enter("views.open", tier=TIER_4)
def views_open(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.open"""
    workspace = call.workspace
    user = call.service.triggers.exchange(call.required("trigger_id"))
    view = accept_view(workspace, _sent(call), kind="modal")
    workspace.modals[user] = []
    return {"view": push_view(workspace, user, view)}


@METHODS.enter("views.update", tier=TIER_4)
def views_update(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.update"""
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if not (view_id or external_id):
        raise Refused("invalid_arguments", messages=["[ERROR] missing required field: view_id"])
    for old in call.workspace.views():
        if old["id"] == view_id or (external_id and old["external_id"] == external_id):
            break
    else:
        raise Refused("not_found")
    if call.text("hash") not in ("", old["hash"]):
        raise Refused("hash_conflict")
    new = accept_view(call.workspace, _sent(call), kind=old["type"], replacing=old)
    return {"view": replace_view(call.workspace, old, new)}


@METHODS.enter("views.publish", tier=TIER_4)
def views_publish(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.publish"""
    workspace = call.workspace
    user = workspace.user(call.required("user_id"))
    old = workspace.homes.get(user.id)
    if old and call.text("hash") not in ("", old["hash"]):
        raise Refused("hash_conflict")
    view = accept_view(workspace, _sent(call), kind="home")
    view["id"] = old["id"] if old else view["id"]
    view["root_view_id"] = view["id"]
    workspace.homes[user.id] = view
    workspace.changes.tell("home", user=user.id)
    return {"view": view}


def _sent(call: Call) -> object:
    return call.structure("view", otherwise="invalid_arguments")
