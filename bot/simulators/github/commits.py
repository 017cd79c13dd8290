"""The text of a commit object, written and read; GitHub's signature on its own commits.

https://git-scm.com/docs/git-commit-tree and gitformat-signature describe the format.
"""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """Who wrote or committed something, and when (aware, whole seconds)."""

    name: str
    email: str
    at: datetime

    def line(self) -> str:
        """As it stands in a commit; what would break the line is taken out."""
        name, email = (re.sub(r"[<>\n\0]", "", word) for word in (self.name, self.email))
        return f"{name} <{email}> {int(self.at.timestamp())} +0000"


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as read. ``verified`` says that GitHub itself signed it."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signed
    committer: Signed
    message: str
    signature: str | None
    payload: str | None

    @property
    def verified(self) -> bool:
        """Whether the signature is the one that GitHub puts on what is made through its API."""
        return self.payload is not None and self.signature == _signature(self.payload)


def commit_text(
    tree: str,
    parents: Sequence[str],
    author: Signed,
    committer: Signed,
    message: str,
    *,
    by_github: bool,
) -> bytes:
    """A commit object's content."""
    headers = [
        f"tree {tree}",
        *(f"parent {parent}" for parent in parents),
        f"author {author.line()}",
        f"committer {committer.line()}",
    ]
    text = "\n".join(headers) + "\n\n" + message
    if not by_github:
        return text.encode()
    signature = "gpgsig " + _signature(text).replace("\n", "\n ")
    return ("\n".join([*headers, signature]) + "\n\n" + message).encode()


def parse_commit(sha: str, content: bytes) -> Commit:
    """Read a commit object's content."""
    text = content.decode(errors="replace")
    head, _, message = text.partition("\n\n")
    # The blank line inside an armoured signature is a lone space, so the first real blank line
    # is the end of the headers.
    signature = re.search(r"^gpgsig (.*(?:\n .*)*)\n?", head, re.MULTILINE)
    payload = None
    if signature:
        bare = (head[: signature.start()] + head[signature.end() :]).rstrip("\n")
        payload = f"{bare}\n\n{message}"
    fields = [line.split(" ", 1) for line in head.splitlines() if line and line[0] != " "]
    found = {name: value for name, value in fields if name != "parent"}
    return Commit(
        sha=sha,
        tree=found["tree"],
        parents=tuple(value for name, value in fields if name == "parent"),
        author=_signed(found["author"]),
        committer=_signed(found["committer"]),
        message=message,
        signature=signature[1].replace("\n ", "\n") if signature else None,
        payload=payload,
    )


def _signed(line: str) -> Signed:
    found = re.fullmatch(r"(.*?) ?<(.*)> (\d+) [+-]\d{4}", line)
    if found is None:
        return Signed(line, "", datetime.fromtimestamp(0, UTC))
    return Signed(found[1], found[2], datetime.fromtimestamp(int(found[3]), UTC))


def _signature(payload: str) -> str:
    """Stands for GitHub's web-flow key: the same armour, made from the payload alone."""
    digest = hashlib.sha512(b"web-flow" + payload.encode()).digest()
    body = "\n".join(textwrap.wrap(base64.b64encode(digest * 3).decode(), 64))
    return f"-----BEGIN PGP SIGNATURE-----\n\n{body}\n-----END PGP SIGNATURE-----\n"
