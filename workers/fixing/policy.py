"""Judge the whole patch by the rules of the base commit, without reading a word of prose."""

from __future__ import annotations

from bot.domain.models import Verdict
from bot.domain.patch import apply
from bot.domain.policy import Rules, judge, refused
from bot.domain.views.cluster import count
from workers.fixing.desk import Desk, Ended


async def check_policy(desk: Desk) -> None:
    """A refusal ends the run; what is only flagged is shown to the reviewer."""
    config = (await desk.config()).fix
    with_test = apply(await desk.tree("base"), await desk.patch("test"))
    fix = await desk.patch("fix")
    rules = Rules(max_files=config.max_files, max_lines=config.max_lines, allow=config.allow)
    findings = judge(fix, rules, proof_tests={desk.run.test_path}, tree=with_test)
    await desk.set(findings=tuple(f"{f.path}: {f.message}" for f in findings))
    if refused(findings):
        raise Ended(Verdict.REFUSED_BY_POLICY, findings[0].message)
    flags = count(len(findings), "flag") if findings else "nothing to flag"
    await desk.tell(f"{count(len(fix.changes), 'file')} checked, {flags}")
