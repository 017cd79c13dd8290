"""The guards that must never fall without a test that says so: ``make mutants`` breaks each.

A line is a file, what stands there, what it is broken to, and the tests that must notice.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guard:
    """``before`` stands in ``path`` exactly once; ``tests`` are arguments of pytest."""

    what: str
    path: str
    before: str
    after: str
    tests: str


GUARDS = (
    Guard(
        "only who holds the lease settles a job",
        "bot/storage/lua/settle.lua",
        "if redis.call('GET', KEYS[4]) ~= ARGV[2] then return -1 end",
        "",
        "tests/contract/test_jobs.py",
    ),
    Guard(
        "only who holds the lease places a report",
        "bot/storage/lua/place.lua",
        "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end",
        "",
        "tests/contract/test_storage.py",
    ),
    Guard(
        "a placement knows of every correction",
        "bot/storage/lua/place.lua",
        "if redis.call('LLEN', KEYS[7]) ~= tonumber(ARGV[7]) then return -2 end",
        "",
        "tests/contract/test_corrections.py",
    ),
    Guard(
        "an event is counted once",
        "bot/storage/lua/record.lua",
        "if redis.call('ZADD', KEYS[3], 'NX', now, ARGV[2]) == 0 then "
        "return {tonumber(number), new, 0} end",
        "redis.call('ZADD', KEYS[3], 'NX', now, ARGV[2])",
        "tests/contract/test_storage.py",
    ),
    Guard(
        "what has taken effect is not taken in again",
        "bot/storage/lua/accept.lua",
        "if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end",
        "",
        "tests/contract/test_storage.py",
    ),
    Guard(
        "a Redis that is away counts against no job",
        "workers/worker.py",
        "    if is_away(error):\n        raise error\n",
        "",
        "tests/contract/test_jobs.py",
    ),
    Guard(
        "what was kept unproven is proven before it takes effect",
        "handlers/alerts.py",
        "        shown.finish()\n",
        "",
        "tests/contract/test_storing.py",
    ),
    Guard(
        "a malformed key tells nothing of itself",
        "bot/settings.py",
        'raise ValueError("is neither PEM text nor the path of a readable file") from None',
        "raise ValueError(value) from None",
        "tests/unit/test_settings.py",
    ),
    Guard(
        "a month's fixes have an end",
        "bot/storage/lua/spend.lua",
        "if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end",
        "",
        "tests/contract/test_storage.py tests/e2e/test_fix_limits.py",
    ),
    Guard(
        "no secret of a source is no proof",
        "bot/sources/proof.py",
        "    if not secret:\n"
        '        raise BadSignature("No secret is set here, so nothing is let in.")\n',
        "    return\n",
        "tests/unit/test_sources_roster.py tests/unit/test_webhook.py",
    ),
    Guard(
        "a run shows its readers what they may read",
        "bot/domain/fixes/run.py",
        "return [item for item in self.items if may_read(readers, item.audience)]",
        "return list(self.items)",
        "tests/unit/test_audience.py",
    ),
    Guard(
        "a card stands only where it may be read",
        "bot/say/audience.py",
        "    if may_read(readers, card.audience):\n        return card\n",
        "    return card\n",
        "tests/contract/test_say.py",
    ),
    Guard(
        "what is made of two is for those who may read each",
        "bot/domain/audience.py",
        "return max(first, *others, key=_ORDER.index) if others else first",
        "return min(first, *others, key=_ORDER.index) if others else first",
        "tests/unit/test_audience.py",
    ),
    Guard(
        "a cluster's words are those that its readers may read",
        "bot/domain/cards/views/cluster.py",
        "self.cluster.as_read_by(self.readers, self.shown)",
        "self.cluster",
        "tests/unit/test_private_history.py",
    ),
    Guard(
        "a plan is written from what its readers may read",
        "workers/fixes/planning.py",
        "    cluster = cluster.as_read_by(readers, shown)\n",
        "",
        "tests/contract/test_plans.py",
    ),
    Guard(
        "a fix that was made for the team is not published for everybody",
        "workers/fixes/steps/publish.py",
        "    if not may_read(project.github_readers, run.audience):\n",
        "    if False:\n",
        "tests/contract/test_plans.py",
    ),
    Guard(
        "neighbours in a line make nothing together",
        "bot/render/seams.py",
        "seam + part",
        "part",
        "tests/unit/test_render_read_back.py",
    ),
    Guard(
        "our comment is one that a bot wrote",
        "bot/github/issues.py",
        "if by_bot and (comment",
        "if (comment",
        "tests/contract/test_github_client.py",
    ),
    Guard(
        "a job that is asked for is declared",
        "workers/jobs.py",
        'judge_watch = Job("workers.fixes.watch:judge_watch")\n',
        "",
        "tests/unit/test_house.py",
    ),
    Guard(
        "an answer for who asked is refused where others read",
        "workers/commands/obey.py",
        "    if command.answers_asker and place.issue is not None:\n",
        "    if False:\n",
        "tests/e2e/test_bad_input.py tests/e2e/test_commands_github.py",
    ),
    Guard(
        "bodies of the unproven keep to one budget",
        "handlers/doors/bodies.py",
        "        if self._bodies.held + size >= self._most:\n",
        "        if False:\n",
        "tests/contract/test_doors.py",
    ),
    Guard(
        "the unproven give way where no more connections fit",
        "handlers/doors/connections.py",
        "            fits = self._cut(address)\n",
        "            fits = True\n",
        "tests/contract/test_doors.py",
    ),
    Guard(
        "whoever guesses a secret waits",
        "handlers/doors/doors.py",
        "                self.waits.check(door, self.address(request), now)\n",
        "                pass\n",
        "tests/contract/test_doors.py",
    ),
    Guard(
        "nobody else reads the data folder",
        "bot/storage/private.py",
        "path.chmod(stat.S_IMODE(mode) & ~_OTHERS)",
        "path.chmod(stat.S_IMODE(mode))",
        "tests/contract/test_at_rest.py",
    ),
    Guard(
        "words in a Redis that is not ours are sealed",
        "bot/storage/items.py",
        'self._seal.shut(item.model_dump_json(exclude={"number", "cluster"}))',
        'item.model_dump_json(exclude={"number", "cluster"})',
        "tests/contract/test_seal.py",
    ),
    Guard(
        "a simulator answers to its own name only",
        "bot/simulators/loopback.py",
        "        if request.host not in _hosts(request):\n",
        "        if False:\n",
        "tests/e2e/test_demo_page.py",
    ),
    Guard(
        "a person's acts on a simulator need the page's token",
        "bot/simulators/loopback.py",
        "    if token and not hmac.compare_digest(shown.encode(), token.encode()):\n",
        "    if False:\n",
        "tests/e2e/test_demo_page.py",
    ),
    Guard(
        "a command is of who wrote it, by themselves, in this place",
        "bot/domain/commands/authorship.py",
        "if not alone or written.relayed or written.moved:",
        "if not alone:",
        "tests/unit/test_rights_table.py",
    ),
    Guard(
        "a box is ticked by an edit that changes nothing else",
        "bot/render/marker.py",
        "if _unticked(old_body) != _unticked(new_body):",
        "if False:",
        "tests/unit/test_rights_table.py",
    ),
    Guard(
        "a role goes with the account, not with the login",
        "bot/domain/commands/rights.py",
        'if user_id is not None and user.get("id") != user_id:',
        "if False:",
        "tests/unit/test_rights_table.py",
    ),
    Guard(
        "a review is heard from who may write",
        "workers/fixes/revise.py",
        "        if await people.role(repo, reviewer) in WRITERS:",
        "        if True:",
        "tests/e2e/test_revisions.py",
    ),
)
