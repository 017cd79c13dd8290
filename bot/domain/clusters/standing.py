"""What becomes of a cluster when its issues are closed, labelled or assigned on GitHub. Each is
taken over once, when it changes: what people say of the cluster later stands. Only issues can be
closed: alerts and feedback in the same cluster neither keep it open nor end it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from bot.domain.clusters.labels import SEVERITIES, Meaning
from bot.domain.models import Cluster, ClusterState, Ending, IssueState, Item, Severity

ENDINGS: tuple[Ending, ...] = get_args(Ending)
BY_LABEL = "a label"
_WORKED_ON = (ClusterState.FIXING, ClusterState.PR_OPENED)
_OPEN = (ClusterState.NEW, ClusterState.TRIAGED, ClusterState.REGRESSED, ClusterState.SNOOZED)


def standing_of(ended: Mapping[Ending, int], *, issues: int, reports: int) -> IssueState:
    """How all of a cluster's issues ended; "open" while one is open, or where none is. An issue
    that was deleted or moved away is none of them; a cluster of nothing else is gone. One that has
    moved is in no count any more: neither in ``issues`` nor in ``reports``."""
    gone, moved = ended.get("gone", 0), ended.get("moved", 0)
    if reports == gone and (gone or moved):
        return "gone" if gone else "moved"
    closed = [how for how in ENDINGS[:3] if ended.get(how)]
    if closed and sum(ended[how] for how in closed) >= issues - gone:
        return closed[0]
    return "open"


def followed(record: Cluster, how: IssueState, total: int) -> dict[str, Any]:
    """What changes with the way its issues stand, said once: what people say later stands. A run
    that is under way decides first; reopened while its fix is watched, it has come back. ``total``
    are the occurrences so far."""
    if how == record.standing or (how != "open" and record.state in _WORKED_ON):
        return {}
    watched = how == "open" and record.state is ClusterState.WATCHING
    ours = watched or record.state is _state_of(record.standing)
    if not ours and (how == "open" or record.state not in _OPEN):
        return {"standing": how}
    state = _state_of(how) or (ClusterState.REGRESSED if watched else ClusterState.TRIAGED)
    return {
        "standing": how,
        "state": state,
        "ignored_reason": how if state is ClusterState.IGNORED else "",
        "seen_when_resolved": total if state is ClusterState.RESOLVED else None,
        "snoozed_until": None,
        "snoozed_events": None,
    }


def sorted_in(
    record: Cluster, items: Sequence[Item], labels: Mapping[str, Meaning]
) -> dict[str, Any]:
    """What changes with the labels and the assignees of its issues. ``labels`` says what a label
    means; the worst that any issue has counts, and the person whom the oldest assigned issue names
    first."""
    meant = {
        name.lower(): bad for name, means in labels.items() for bad in SEVERITIES if bad == means
    }
    named = [name.lower() for item in items for name in listed(item, "labels")]
    worst: Severity | Literal[""] = min((meant[n] for n in named if n in meant), default="")
    owner = next((name for item in items for name in listed(item, "assignees")), "")
    changes: dict[str, Any] = {}
    if worst != record.labelled:
        changes["labelled"] = worst
        if worst and worst != record.severity:
            changes |= {"severity": worst, "severity_by": BY_LABEL, "severity_reasons": ()}
            changes["severity_at"] = None
        elif not worst and record.severity_by == BY_LABEL:
            changes["severity_by"] = ""
    if owner != record.assigned:
        changes["assigned"] = owner
        if owner or record.owner == record.assigned:
            changes["owner"] = owner
    return changes


def listed(item: Item, tag: str) -> list[str]:
    """The names in a tag of an issue, such as ``labels``."""
    return [name for name in item.tags.get(tag, "").split(", ") if name]


def _state_of(how: IssueState) -> ClusterState | None:
    if how == "open":
        return None
    return ClusterState.RESOLVED if how == "completed" else ClusterState.IGNORED
