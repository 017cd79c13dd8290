"""Read what vendors send: fields that may be missing, of another type, or absurd. Every function
takes any JSON value and gives something usable; nothing here raises but :func:`expect_mapping`."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic_core import from_json

from bot.domain.errors import BadPayload
from bot.domain.models import Frame

Level = Literal["debug", "info", "warning", "error", "critical"]

_LEVELS: dict[str, Level] = {
    **dict.fromkeys(("debug", "sample", "10"), "debug"),
    **dict.fromkeys(("log", "info", "success", "low", "20", "p4", "p5"), "info"),
    **dict.fromkeys(("warn", "warning", "medium", "moderate", "average", "30", "p3"), "warning"),
    **dict.fromkeys(("error", "high", "40", "p2"), "error"),
    **dict.fromkeys(("fatal", "critical", "urgent", "disaster", "50", "p1"), "critical"),
}
_FORM = "application/x-www-form-urlencoded"
_LONGEST = 60_000
_EARLIEST, _LATEST = 631_152_000, 7_258_118_400  # the years 1990 and 2200, in epoch seconds
_TAGS = 40


def expect_mapping(payload: object, source: str) -> Mapping[str, Any]:
    """``payload`` itself. Raises BadPayload when it is no JSON object."""
    if not isinstance(payload, dict):
        raise BadPayload(f"{source} sends a JSON object, got {type(payload).__name__}.")
    return payload


def decode(body: bytes, content_type: str) -> object:
    """The value of a body: JSON whatever it is called, or the fields of a form. A form's one field
    ``payload`` holds JSON. Raises BadPayload, in one line."""
    if not body.strip():
        raise BadPayload("The body is empty.")
    try:
        if content_type.partition(";")[0].strip().lower() == _FORM:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1_000))
            return from_json(fields["payload"]) if fields.keys() == {"payload"} else fields
        return from_json(body)
    except ValueError as error:
        raise BadPayload(f"This is no JSON: {one_line(str(error))}.") from error


def at(value: object, path: str) -> Any:
    """The value at ``data.issue.id`` or ``values.-1.type``, None where there is none."""
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and re.fullmatch(r"-?\d+", name):
            index = int(name)
            value = value[index] if -len(value) <= index < len(value) else None
        else:
            return None
    return value


def mapping(value: object) -> Mapping[str, Any]:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    """``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object, limit: int = _LONGEST) -> str:
    """A string or number as text that can be stored, without the space around it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    stored = str(value)[: 2 * limit].replace("\x00", "")
    return stored.encode("utf-8", "replace").decode().strip()[:limit]


def first_text(value: object, *paths: str, limit: int = _LONGEST) -> str:
    """The first of these fields that says anything."""
    return next((found for path in paths if (found := text(at(value, path), limit))), "")


def one_line(value: str, limit: int = 300) -> str:
    """``value`` on one line, ended by ``…`` where it was longer."""
    line = " ".join(value.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def opening(value: str) -> str:
    """The first line of a longer text as a title."""
    lines = (line.strip("#>*- \t") for line in value.splitlines())
    return one_line(next((line for line in lines if line), ""), 100)


def whole_number(value: object) -> int:
    """A count, from a number or a string; never negative."""
    found = text(value, 20)
    return min(int(found), 10**12) if re.fullmatch(r"[0-9]{1,18}", found) else 0


def web_url(*values: object) -> str:
    """The first http(s) address."""
    for value in values:
        url = text(value, 2_000)
        try:
            if urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc:
                return url
        except ValueError:
            continue
    return ""


def level(value: object) -> Level:
    """A vendor's word for how bad it is, as one of ours."""
    return _LEVELS.get(text(value, 20).lower(), "error")


def moment(value: object) -> datetime | None:
    """A time in any shape vendors use, in UTC; None where it is none. ISO 8601 (without a zone:
    UTC), RFC 2822, ``Sat Mar 09 2024 13:34:45 UTC``, and epoch seconds, milliseconds, microseconds
    or nanoseconds as number or string."""
    said = text(value, 60)
    if re.fullmatch(r"\d{9,19}(\.\d*)?", said):
        return _epoch(float(said))
    for read in (datetime.fromisoformat, _unix_date, parsedate_to_datetime):
        try:
            found = read(said)
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        if _EARLIEST <= found.timestamp() <= _LATEST:
            return found
    return None


def occurred(received_at: datetime, *values: object) -> datetime:
    """The first of these times; ``received_at`` where none is readable or it lies ahead."""
    found = next((time for value in values if (time := moment(value))), received_at)
    return min(found, received_at)


def frames(
    value: object, *, paths: Sequence[str], functions: Sequence[str], line: str, code: str = ""
) -> tuple[Frame, ...]:
    """Stack frames in their order; the names are those of the vendor's fields."""
    return tuple(
        Frame(
            path=path,
            function=first_text(frame, *functions, limit=200),
            line=whole_number(at(frame, line) or at(frame, "lineno")) or None,
            code=text(at(frame, code), 500),
            in_app=at(frame, "in_app") is not False,
        )
        for frame in listed(value)[-100:]
        if (path := first_text(frame, *paths, limit=500))
    )


def tags(value: object, hidden: Iterable[str] = ()) -> dict[str, str]:
    """Tags from an object, from ``[[key, value]]``, from ``["key:value"]`` or ``"a:1,b:2"``.
    ``hidden`` names are left out, in any case. At most forty."""
    if isinstance(value, str):
        value = value.split(",")
    pairs = list(value.items()) if isinstance(value, dict) else map(_pair, listed(value))
    kept = {text(name, 100): text(said, 200) for name, said in pairs}
    unwanted = {name.lower() for name in hidden}
    found = {name: said for name, said in kept.items() if name and name.lower() not in unwanted}
    return dict(list(found.items())[:_TAGS])


def short_hash(*parts: str) -> str:
    """A short name for a combination of texts, the same every time."""
    joined = "\x1f".join(parts).encode("utf-8", "replace")
    return hashlib.sha256(joined).hexdigest()[:24]


def joined(*parts: str) -> str:
    """A key or event id of its parts, at most 200 characters, the same every time."""
    name = ":".join(parts)
    return name if len(name) <= 200 else f"{name[:160]}:{short_hash(name)}"


def _epoch(number: float) -> datetime | None:
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        if _EARLIEST <= number / unit <= _LATEST:
            return datetime.fromtimestamp(number / unit, UTC)
    return None


def _unix_date(said: str) -> datetime:
    """``Sat Mar 09 2024 13:34:45 UTC``."""
    return datetime.strptime(said.removesuffix(" UTC"), "%a %b %d %Y %H:%M:%S").replace(tzinfo=UTC)


def _pair(tag: object) -> tuple[object, object]:
    if isinstance(tag, list | tuple) and len(tag) == 2:
        return tag[0], tag[1]
    if isinstance(tag, dict):
        return tag.get("key"), tag.get("value")
    name, _, said = text(tag).partition(":")
    return name, said
