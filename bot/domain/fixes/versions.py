"""Versions of a fix: ``v1`` opened the pull request, each later one is a commit on top of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import AwareDatetime

from bot.domain.errors import NotFound
from bot.domain.fixes.run import FixRun, RunStep, StepName
from bot.domain.models import Person, Place, Ran, Record, Worded

Kind = Literal["fix", "revise", "revert", "prove"]

# Of kinds that do not go through them all; ``prove`` makes no version.
_STEPS: Mapping[Kind, tuple[StepName, ...]] = {
    "revert": (StepName.FETCH, StepName.PROVE, StepName.POLICY, StepName.PUBLISH),
    "prove": (StepName.FETCH, StepName.PROVE),
}


# What an attempt begins without, whatever the run came to.
_ANEW = (
    *("state", "verdict", "reason", "stop_asked_by", "green", "suite_after", "findings"),
    *("unproved", "grade", "changes", "reading", "tried", "learnt", "commit", "verified"),
    *("dollars", "ended_at"),
)


class Version(Record):
    """One proved commit of ours on the branch. The patch itself stays in git.

    ``tests`` are the files that must turn green, ``restores`` the version that a revert brought
    back. ``added`` and ``removed`` count the lines between ``parent`` and ``commit``."""

    number: int
    kind: Kind
    commit: str
    parent: str
    restores: int | None = None
    asked_by: str
    made_at: AwareDatetime
    tests: tuple[str, ...] = ()
    red: Ran | None = None
    green: Ran | None = None
    suite_after: Ran | None = None
    files: int = 0
    added: int = 0
    removed: int = 0

    @property
    def name(self) -> str:
        """``v2``."""
        return f"v{self.number}"


class Remark(Record):
    """One thread of a review: the comment that began it, and where it stands."""

    comment: int
    path: str
    words: str


class Revision(Worded):
    """A version being made, or proved again. ``key`` names the review or command that asked for it.

    ``work`` is the run's record as this attempt goes on; ``parent`` is the commit it builds on.
    ``delta`` are the paths that differ from it, once they are known; ``example`` is the test that
    something asked became. ``handed_over``: people have pushed to the branch. ``log`` is what
    checks of others say that fail: strangers wrote it."""

    key: str
    kind: Kind
    restores: int | None = None
    words: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    place: Place
    work: FixRun
    parent: str = ""
    tests: tuple[str, ...] = ()
    example: str = ""
    delta: tuple[str, ...] = ()
    version: int | None = None
    handed_over: bool = False
    log: str = ""

    @property
    def id(self) -> str:
        """The key without a colon, for the names of cards and blobs."""
        return self.key.replace(":", "-")


def first_version(run: FixRun) -> Version:
    """The version that the run itself opened its pull request with. Raises NotFound."""
    if not run.commit or run.pull_request is None:
        raise NotFound(f"{run.name} has opened no pull request.")
    return Version(
        number=1,
        kind="fix",
        commit=run.commit,
        parent=run.base_sha,
        asked_by=run.requested_by,
        made_at=run.ended_at or run.updated_at,
        tests=(run.test_path,) if run.test_path else (),
        red=run.red,
        green=run.green,
        suite_after=run.suite_after,
    )


def new_revision(
    run: FixRun,
    *,
    key: str,
    kind: Kind,
    asker: Person,
    place: Place,
    now: AwareDatetime,
    restores: int | None = None,
    words: Sequence[str] = (),
    remarks: Sequence[Remark] = (),
    operator: bool = False,
    log: str = "",
) -> Revision:
    """An attempt at the next version: the run's record with everything still to be done."""
    names = _STEPS.get(kind, tuple(StepName))
    work = run.model_copy(
        update={
            **{name: FixRun.model_fields[name].default for name in _ANEW},
            "command": key,
            "requested_by": asker.login,
            "requester_id": asker.user_id,
            "operator": operator,
            "steps": tuple(RunStep(name=name) for name in names),
            "created_at": now,
            "updated_at": now,
        }
    )
    return Revision(
        audience=run.audience,
        key=key,
        kind=kind,
        restores=restores,
        words=tuple(words),
        remarks=tuple(remarks),
        place=place,
        work=work,
        log=log,
    )


def version_of(versions: Sequence[Version], number: int) -> Version:
    """One of them. Raises NotFound with those there are."""
    found = next((v for v in versions if v.number == number), None)
    if found is None:
        raise NotFound(f"There is no v{number}; there are: {', '.join(v.name for v in versions)}.")
    return found


def review_key(review: int) -> str:
    """A review as it is written down."""
    return f"review:{review}"


def comment_key(comment: int) -> str:
    """A comment on a line of the diff as it is written down."""
    return f"comment:{comment}"


def resolved_key(comment: int) -> str:
    """A comment of a thread that was resolved, as it is written down."""
    return f"resolved:{comment}"


def trailer(run: int, version: int) -> str:
    """The last line of a version's commit message, by which people find it in the history."""
    return f"Soulcaster-Version: F-{run} v{version}"


def coauthor(run: FixRun) -> str:
    """The line of a commit message that names who asked, "" for nobody on GitHub. The address with
    the id stays theirs when they are renamed.
    https://docs.github.com/en/account-and-profile/reference/email-addresses-reference"""
    login = run.requested_by
    if run.operator or not re.fullmatch(r"[A-Za-z0-9_-]+", login):
        return ""
    number = f"{run.requester_id}+" if run.requester_id else ""
    return f"Co-authored-by: {login} <{number}{login}@users.noreply.github.com>\n"


def commit_message(revision: Revision, number: int) -> str:
    """Subject, what proved it, who asked. Holds nobody's prose."""
    run = revision.work
    if revision.kind == "revert":
        subject = f"Take the fix of C-{run.cluster} back to v{revision.restores}"
    else:
        subject = f"Revise the fix of C-{run.cluster} as asked"
    tests = " and ".join(revision.tests)
    body = f"Proved again by {tests}: red without the fix, green with this commit."
    return f"{subject}\n\n{body}\n\n{coauthor(run)}{trailer(run.number, number)}"
