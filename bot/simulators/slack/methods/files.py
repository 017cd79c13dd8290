"""files: what people attach to their messages."""

from __future__ import annotations

from typing import Any

from bot.simulators.slack.errors import Refused
from bot.simulators.slack.methods.calls import TIER_4, Call, Json, Roster
from bot.simulators.slack.workspace import Workspace

METHODS = Roster()


@METHODS.enter("files.info", scope="files:read", tier=TIER_4)
def files_info(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/files.info"""
    file = call.required("file")
    if file not in call.workspace.files:
        raise Refused("file_not_found")
    return {"file": call.workspace.files[file][0], "comments": []}


def attach(
    workspace: Workspace, user: str, name: str, text: str, origin: str, **changed: Any
) -> Json:
    """A file of a person, as https://docs.slack.dev/reference/objects/file-object; ``changed``
    are fields that tell otherwise."""
    file, data = workspace.new_id("F"), text.encode()
    told: Json = {"id": file, "name": name, "title": name, "mimetype": "text/plain", "user": user}
    told |= {"mode": "hosted", "is_external": False, "size": len(data), "is_public": False}
    told["url_private_download"] = f"{origin}/files-pri/{file}/download/{name}"
    told["permalink"] = f"https://{workspace.team.domain}.slack.com/files/{user}/{file}/{name}"
    workspace.files[file] = {**told, **changed}, data
    return workspace.files[file][0]
