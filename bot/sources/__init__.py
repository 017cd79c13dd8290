"""Where feedback comes from: one small module a source, all with the same names.

A source is pure: it proves a sender and turns a vendor's payload into drafts. To add one, write
its module and add its line to ``SOURCES``; ``tests/unit/test_sources_roster.py`` then checks it
against real payloads.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

from bot.domain.audience import Audience
from bot.domain.models import Draft
from bot.sources import datadog, feedback, github_issue, posthog, reddit, sentry
from bot.sources.proof import Proof

__all__ = ["SOURCES", "VENDORS_SECRET", "Source"]


class Source(Protocol):
    """What each module here offers.

    ``NAME`` stands in ``Draft.source`` and in URLs, ``LABEL`` is what people call it, ``KIND`` what
    sort of reports it sends, ``AUDIENCE`` who may read its words. ``SECRET_IN_URL``: a sender that
    can set no header may put the secret into the URL.
    """

    NAME: str
    LABEL: str
    KIND: Literal["tracker", "alert", "feedback"]
    AUDIENCE: Audience
    SECRET_IN_URL: bool

    def prove(self, headers: Mapping[str, str], secret: str) -> Proof:
        """What is to be fed with the raw body; raises BadSignature where the headers do for it."""

    def parse(
        self, payload: object, headers: Mapping[str, str], received_at: datetime
    ) -> list[Draft]:
        """The reports in a payload; none for what is no report, such as a recovery.

        Parsing again gives the same keys and events. Raises BadPayload, in one line, when the
        payload is not this source's.
        """


# Their vendors make the secret that they sign with, so that it has to be given to us.
VENDORS_SECRET = frozenset(("intercom", "pagerduty", "sentry", "zendesk"))
SOURCES: dict[str, Source] = {
    datadog.NAME: datadog,
    feedback.NAME: feedback,
    github_issue.NAME: github_issue,
    posthog.NAME: posthog,
    reddit.NAME: reddit,
    sentry.NAME: sentry,
}
