"""May this patch be published? Judged without reading a word of prose.

**Invariant:** the rules are those of the base commit; a patch can't loosen what judges it."""

from bot.domain.fixes.policy.judge import judge, refused
from bot.domain.fixes.policy.rules import Finding, Rules
