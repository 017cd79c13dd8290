"""Where feedback comes from: one small module a source. A source is pure: it proves a sender and
says what a vendor's payload tells. Most are a ``Table`` of where each field stands; an odd one is a
module with the same names. To add one, write its module, its line in ``SOURCES`` and its page
``docs/sources/NAME.md``; ``tests/unit/test_sources_roster.py`` then checks it against real
payloads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

from bot.domain.audience import Audience
from bot.sources import (
    alertmanager,
    bugsnag,
    cloudwatch,
    datadog,
    feedback,
    generic,
    github_issue,
    grafana,
    honeybadger,
    intercom,
    newrelic,
    opsgenie,
    pagerduty,
    posthog,
    reddit,
    rollbar,
    sentry,
    splunk,
    zendesk,
)
from bot.sources.heard import Heard
from bot.sources.proof import Prove

__all__ = ["SOURCES", "VENDORS_SECRET", "Source"]


class Source(Protocol):
    """What each of them offers. ``NAME`` stands in ``Draft.source`` and in URLs, ``LABEL`` is what
    people call it, ``KIND`` what sort of reports it sends, ``AUDIENCE`` who may read its words.
    ``SECRET_IN_URL``: a sender that can set no header may put the secret into the URL."""

    @property
    def NAME(self) -> str: ...  # noqa: D102
    @property
    def LABEL(self) -> str: ...  # noqa: D102
    @property
    def KIND(self) -> Literal["tracker", "alert", "feedback"]: ...  # noqa: D102
    @property
    def AUDIENCE(self) -> Audience: ...  # noqa: D102
    @property
    def SECRET_IN_URL(self) -> bool: ...  # noqa: D102
    @property
    def prove(self) -> Prove:
        """What is to be fed with the raw body; raises BadSignature where the headers do for it."""

    def parse(
        self, payload: object, headers: Mapping[str, str], received_at: datetime
    ) -> list[Heard]:
        """What a payload tells, and where it is nothing that counts, why. Parsing again gives the
        same keys and events. Raises BadPayload, in one line, when the payload is not this
        source's."""


# Their vendors make the secret that they sign with, so that it has to be given to us.
VENDORS_SECRET = frozenset(("intercom", "pagerduty", "sentry", "zendesk"))
# What these send may be the fields of a form; of others a form holds JSON, or nothing we know.
FORMS = frozenset(("datadog", "feedback", "generic"))
_ALL: tuple[Source, ...] = (
    *(alertmanager.SOURCE, bugsnag.SOURCE, cloudwatch.SOURCE, datadog.SOURCE, feedback.SOURCE),
    *(generic.SOURCE, github_issue, grafana.SOURCE, honeybadger.SOURCE, intercom.SOURCE),
    *(newrelic.SOURCE, opsgenie.SOURCE, pagerduty.SOURCE, posthog.SOURCE, reddit.SOURCE),
    *(rollbar.SOURCE, sentry, splunk.SOURCE, zendesk.SOURCE),
)
# Their alerts are open until they say otherwise, however long they are silent.
INCIDENTS = frozenset(("alertmanager", "grafana", "newrelic", "opsgenie", "pagerduty"))
SOURCES: dict[str, Source] = {source.NAME: source for source in _ALL}
