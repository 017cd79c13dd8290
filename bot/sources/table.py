"""A vendor as data: where each field stands in its payload, as JMESPath expressions.
https://jmespath.org/specification.html · ``a || b`` gives the first that says anything; the parts
of a list are joined. Where a vendor is odd, ``prepare`` makes its payload even first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from bot.domain.audience import Audience
from bot.domain.clusters.tally import spelled
from bot.domain.errors import BadPayload
from bot.domain.models import Draft
from bot.sources import proof
from bot.sources.heard import Heard, Ignored, Recovery
from bot.sources.reading import (
    expect_mapping,
    frames,
    joined,
    level,
    mapping,
    occurred,
    one_line,
    short_hash,
    tags,
    text,
    web_url,
    whole_number,
)

_compiled: Callable[[str], ParsedResult] = lru_cache(1_000)(jmespath.compile)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A source of the roster, see ``Source``; the lower-case fields are expressions. ``each`` lists
    the reports of a payload, and the others are read within one of them. ``state`` says whether it
    tells of trouble (one of ``open``, or any word where that is empty), of its end (one of
    ``over``) or of something else. ``only``: where it gives nothing or false there is no report.
    ``when`` is the time of an occurrence, ``ended`` of a recovery."""

    NAME: str
    KIND: Literal["tracker", "alert", "feedback"] = "alert"
    AUDIENCE: Audience = Audience.TEAM
    SECRET_IN_URL: bool = False
    prove: proof.Prove = proof.by_token
    prepare: Callable[[Mapping[str, Any]], object] = dict
    each: str = "[@]"
    only: str = ""
    state: str = ""
    open: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    title: str
    key: str = ""
    event: str = ""
    body: str = ""
    url: str = ""
    when: str = ""
    ended: str = ""
    level: str = ""
    environment: str = ""
    release: str = ""
    author: str = ""
    people: str = ""
    fingerprint: str = ""
    frames: str = ""
    tags: str = ""

    @property
    def LABEL(self) -> str:
        """As cards call it."""
        return spelled(self.NAME)

    def parse(
        self, payload: object, headers: Mapping[str, str], received_at: datetime
    ) -> list[Heard]:
        told = self.prepare(expect_mapping(payload, self.LABEL))
        reports = find(self.each, told)
        if not isinstance(reports, list):
            raise BadPayload(f"{self.LABEL}'s payload has no {self.each}: it cannot be read.")
        found = [self._heard(mapping(report), received_at) for report in reports]
        none = Ignored(why=f"{self.LABEL} tells of nothing.")
        return list({repr(each): each for each in found or [none]}.values())

    def _heard(self, told: Mapping[str, Any], received_at: datetime) -> Heard:
        if self.only and not find(self.only, told):
            return Ignored(why=f"{self.LABEL} sends something that is no report: {self.only}.")
        word = one_line(self._said(self.state, told), 60)
        if word.lower() in self.over:
            at = occurred(received_at, *_several(find(self.ended or self.when, told)))
            return Recovery(source=self.NAME, key=self._key(told), at=at)
        if self.open and not word:
            raise BadPayload(f"{self.LABEL}'s payload has no state: keep {self.state} in it.")
        if self.open and word.lower() not in self.open:
            return Ignored(why=f"{self.LABEL} says “{word}”: no report, and no end of one.")
        title = one_line(self._said(self.title, told))
        if not title:
            raise BadPayload(f"{self.LABEL}'s payload has no title: keep {self.title} in it.")
        key = self._key(told)
        when = occurred(received_at, *_several(find(self.when, told)))
        event = joined(*_texts(find(self.event, told)))
        return Draft(
            source=self.NAME,
            key=key,
            event=event or joined(key, when.isoformat()),
            title=title,
            body=self._said(self.body, told, "\n"),
            url=web_url(*_several(find(self.url, told))),
            author=self._said(self.author, told)[:100],
            occurred_at=when,
            level=level(find(self.level, told)),
            environment=self._said(self.environment, told)[:100],
            release=self._said(self.release, told)[:200],
            people=whole_number(find(self.people, told)),
            fingerprint=self._said(self.fingerprint, told)[:200],
            frames=frames(
                find(self.frames, told),
                paths=("path",),
                functions=("function",),
                line="line",
                code="code",
            ),
            audience=self.AUDIENCE,
            tags={name: said for name, said in tags(find(self.tags, told)).items() if said},
        )

    def _key(self, told: Mapping[str, Any]) -> str:
        return joined(*_texts(find(self.key, told))) or short_hash(self._said(self.title, told))

    def _said(self, expression: str, told: object, between: str = ": ") -> str:
        return text(between.join(_texts(find(expression, told))))


def find(expression: str, value: object) -> Any:
    """What a JMESPath expression gives, None for an empty one or where nothing stands. Raises
    BadPayload where the expression cannot be read, or not on this value."""
    try:
        return _compiled(expression).search(value) if expression else None
    except (JMESPathError, RecursionError) as error:
        why = one_line(str(error), 200)
        raise BadPayload(f"The expression {expression} cannot be read here: {why}") from error


def _several(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(value: object) -> list[str]:
    return [said for part in _several(value) if (said := text(part))]
