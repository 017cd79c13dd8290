"""Splunk: saved searches, by its webhook alert action, with the first row of what was found.
https://docs.splunk.com/Documentation/Splunk/latest/Alert/Webhooks · Nothing is signed and no header
can be set, so the secret comes in the URL. An item is a saved search, a run of it that found
something an occurrence."""

from collections.abc import Mapping
from typing import Any

from bot.sources.reading import mapping, text
from bot.sources.table import Table

_OWN = ("date_", "time", "linecount", "punct", "splunk_server", "tag", "eventtype")


def _with_row(told: Mapping[str, Any]) -> dict[str, Any]:
    """``row``: the fields that the search itself gave, one a line."""
    fields = {name: text(said, 500) for name, said in mapping(told.get("result")).items()}
    own = [name for name in fields if fields[name] and not name.startswith(("_", *_OWN))]
    return {**told, "row": "\n".join(f"{name}: {fields[name]}" for name in own[:40])}


SOURCE = Table(
    NAME="splunk",
    SECRET_IN_URL=True,
    prepare=_with_row,
    only="sid || search_name || result",
    key="search_name && [app, search_name] || [app, result.source, result.sourcetype]",
    event="[sid, result._serial, to_string(result._time)]",
    title="search_name || result._raw || row",
    body="[result._raw, row]",
    url="results_link",
    when="[result._time, result._indextime]",
    level="result.severity || result.level || result.log_level",
    environment="result.environment || result.env",
    tags="{app: app, host: result.host, source: result.source, index: result.index}",
)
