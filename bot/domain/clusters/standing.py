"""What becomes of a cluster when its issues are closed on GitHub, and when they are reopened.

Only issues can be closed: alerts and feedback in the same cluster neither keep it open nor end it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from bot.domain.models import Cluster, ClusterState, Ending, IssueState

ENDINGS: tuple[Ending, ...] = get_args(Ending)
_WORKED_ON = (ClusterState.FIXING, ClusterState.PR_OPENED)
_OPEN = (ClusterState.NEW, ClusterState.TRIAGED, ClusterState.REGRESSED, ClusterState.SNOOZED)


def standing_of(ended: Mapping[Ending, int], *, issues: int, reports: int) -> IssueState:
    """How all of a cluster's issues ended; "open" while one is open, or where none is.

    An issue that was deleted or moved away is none of them; a cluster of nothing else is gone.
    One that has moved is in no count any more: neither in ``issues`` nor in ``reports``.
    """
    gone, moved = ended.get("gone", 0), ended.get("moved", 0)
    if reports == gone and (gone or moved):
        return "gone" if gone else "moved"
    closed = [how for how in ENDINGS[:3] if ended.get(how)]
    if closed and sum(ended[how] for how in closed) >= issues - gone:
        return closed[0]
    return "open"


def followed(record: Cluster, how: IssueState, total: int) -> dict[str, Any]:
    """What changes with the way its issues stand, said once: what people say later stands.

    A run that is under way decides first. ``total`` are the occurrences so far.
    """
    if how == record.standing or (how != "open" and record.state in _WORKED_ON):
        return {}
    ours = record.state is _state_of(record.standing)
    if not ours and (how == "open" or record.state not in _OPEN):
        return {"standing": how}
    state = _state_of(how) or ClusterState.TRIAGED
    return {
        "standing": how,
        "state": state,
        "ignored_reason": how if state is ClusterState.IGNORED else "",
        "seen_when_resolved": total if state is ClusterState.RESOLVED else None,
        "snoozed_until": None,
        "snoozed_events": None,
    }


def _state_of(how: IssueState) -> ClusterState | None:
    if how == "open":
        return None
    return ClusterState.RESOLVED if how == "completed" else ClusterState.IGNORED
