"""How GitHub says no: status, message, and the list of what was wrong.

https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

DOCS = "https://docs.github.com/rest"
Thing = TypeVar("Thing")


class GitHubError(Exception):
    """An answer other than success; the error middleware writes it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: list[Any] | None = None,
        headers: Mapping[str, str] | None = None,
        docs: str = "",
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})
        self.docs = docs
        self.more = dict(more or {})

    def body(self, docs: str) -> dict[str, Any]:
        """The JSON body; ``docs`` is the page of the operation, for errors that name none."""
        body: dict[str, Any] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        return (
            body | self.more | {"documentation_url": self.docs or docs, "status": str(self.status)}
        )


def not_found(message: str = "Not Found") -> GitHubError:
    """404, also for what the caller may not see."""
    return GitHubError(404, message)


def existing(things: Mapping[int, Thing], identity: int) -> Thing:
    """The one of this number. Raises 404."""
    if identity not in things:
        raise not_found()
    return things[identity]


def not_accessible() -> GitHubError:
    """403 for a token that lacks the permission."""
    return GitHubError(403, "Resource not accessible by integration")


def bad_request(message: str) -> GitHubError:
    """400: the body is not what it says it is."""
    return GitHubError(400, message)


def malformed(message: str) -> GitHubError:
    """422 for a body of the wrong shape."""
    return GitHubError(422, f"Invalid request.\n\n{message}")


def invalid(
    resource: str, field: str, code: str = "invalid", message: str = "", **more: Any
) -> GitHubError:
    """422 for a value that GitHub does not accept."""
    entry: dict[str, Any] = {"resource": resource, "code": code, "field": field, **more}
    if message:
        entry["message"] = message
    return GitHubError(422, "Validation Failed", errors=[entry])


def refused(resource: str, message: str) -> GitHubError:
    """422 with a sentence of its own."""
    entry = {"resource": resource, "code": "custom", "message": message}
    return GitHubError(422, "Validation Failed", errors=[entry])


def unprocessable(message: str) -> GitHubError:
    """422 without a list of errors."""
    return GitHubError(422, message)
