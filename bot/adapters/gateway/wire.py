"""What the gateway knows of a vendor's wire, and what the wires have in common."""

import base64
import binascii
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from bot.domain.metering import Usage

BYTES_A_TOKEN = 2  # ordinary text has four, code three, so that an estimate is rather too high
LARGEST_IMAGE = 2_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Question:
    """One request, made of known fields only. ``path`` is below the vendor's address. ``tokens`` is
    how many the question may be, estimated high; ``answer`` how many the asker wants back at most.
    ``is_free`` is true of what is not billed and bears no limit for the answer."""

    path: str
    query: dict[str, str]
    body: dict[str, Any]
    tokens: int
    answer: int
    is_free: bool = False


class Wire(ABC):
    """One vendor's API, as far as agents speak it. ``routes`` are paths of aiohttp's router, and
    ``provider`` is whose prices count."""

    provider: str
    address: str
    routes: tuple[str, ...]
    key_header: str
    key_prefix = ""
    headers: tuple[str, ...] = ()
    """What the asker's request bears that the vendor is shown; nothing else of its head is."""

    @abstractmethod
    def read(
        self, model: str, parts: dict[str, str], query: dict[str, str], raw: bytes
    ) -> Question:
        """The question in a request to a route, put to ``model`` whichever it names. CLIs ask small
        models for titles, and newer ones than they were told to. Raises BadPayload and
        NotAllowed."""

    @abstractmethod
    def limited(self, question: Question, tokens: int) -> dict[str, Any]:
        """The body, with an answer of ``tokens`` at most; thinking is part of it."""

    @abstractmethod
    def usage(self, answered: bytes) -> Usage | None:
        """What an answer, whole or in events, says that it took."""

    @abstractmethod
    def refusal(self, code: int, message: str) -> dict[str, Any]:
        """An error in the vendor's shape."""


def pieces(answered: bytes) -> list[Any]:
    """The objects of an answer: of each event of a stream, of a list, or the one there is."""
    events = [line[5:] for line in answered.splitlines() if line.startswith(b"data:")]
    found: list[Any] = []
    for line in events or [answered]:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        found += [each for each in (said if isinstance(said, list) else [said]) if each]
    return found


def at(value: Any, *path: str) -> Any:
    """What stands there; None where nothing does."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def count(usage: Any, *path: str) -> int:
    """A number of tokens in what a vendor said of usage; 0 where it said none."""
    found = at(usage, *path)
    return found if isinstance(found, int) and found > 0 else 0


def tokens_of(body: dict[str, Any]) -> int:
    """The tokens of a question, estimated high."""
    return len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")) // (
        BYTES_A_TOKEN
    )


def _image(value: str) -> str:
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("it is not base64") from error
    if len(data) > LARGEST_IMAGE:
        raise ValueError(f"it is larger than {LARGEST_IMAGE:,} bytes")
    return value


def whole(least: int, most: int) -> Any:
    """An integer within these bounds."""
    return Annotated[int, Field(ge=least, le=most)]


NUMBER = int | float
IMAGE = Annotated[str, AfterValidator(_image)]
IMAGE_TYPE = Annotated[str, Field(pattern="^image/(png|jpeg|webp|heic|heif|gif)$")]
IMAGE_URL = Annotated[
    str, Field(pattern="^data:image/(png|jpeg|webp|gif);base64,", max_length=3_000_000)
]
"""An image itself: what a vendor would fetch would reach beyond the sandbox."""
