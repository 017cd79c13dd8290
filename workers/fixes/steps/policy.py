"""Judge the whole patch by the rules of the base commit, without reading a word of prose."""

from __future__ import annotations

import asyncio

from bot.domain.cards.views.cluster import count
from bot.domain.fixes.patch import apply
from bot.domain.fixes.policy import Rules, judge, refused
from bot.domain.models import Verdict
from bot.domain.secrets import redact
from workers.fixes.steps.context import Ended, RunContext


async def check_policy(context: RunContext) -> None:
    """A refusal ends the run; what is only flagged is shown to the reviewer."""
    config = (await context.config()).fix
    with_test = apply(await context.tree("base"), await context.patch("test"))
    fix = await context.patch("fix")
    own, limits = context.run.own, context.run.limits
    rules = Rules(
        max_files=min(config.max_files, limits.files or config.max_files),
        max_lines=min(config.max_lines, limits.lines or config.max_lines),
        allow=config.allow,
        only=own.paths if own else (),
    )
    findings = await asyncio.to_thread(
        judge, fix, rules, proof_tests={context.run.test_path}, tree=with_test
    )
    await context.set(findings=tuple(redact(found.message) for found in findings))
    if refused(findings):
        raise Ended(Verdict.REFUSED_BY_POLICY, findings[0].message)
    flags = count(len(findings), "flag") if findings else "nothing to flag"
    await context.tell(f"{count(len(fix.changes), 'file')} checked, {flags}")
