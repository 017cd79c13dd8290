"""Guards of what is a tenant's: channels, messages, and who a Slack person is."""

from .guard import Guard

_CHANNELS = "tests/contract/test_channels.py"
_SEEN = "tests/contract/test_slack_seen.py"
_TENANTS = "tests/e2e/test_tenants.py"
_ERASURE = "tests/contract/test_erasure.py"

GUARDS = (
    Guard(
        "a link unfolds only where its project is spoken of",
        "workers/hearing/slack_seen.py",
        "if not room.own:",
        "if False:",
        _SEEN,
    ),
    Guard(
        "where other companies read, no link tells of a private repository",
        "workers/hearing/slack_seen.py",
        "if known and of",
        "if of",
        _SEEN,
    ),
    Guard(
        "nothing is posted in a channel that is shut",
        "workers/clusters/channels.py",
        "if standings.get(channel) not in SHUT",
        "if True",
        _SEEN,
    ),
    Guard(
        "nothing is asked of Slack once it took our token back",
        "bot/slack/client.py",
        "if at := await self.gone():",
        "if (at := await self.gone()) and not at:",
        _SEEN,
    ),
    Guard(
        "a channel of another tenant is not asked for",
        "workers/clusters/channels.py",
        "    if any(owner.installation != project.installation for owner in held):\n        await ",
        "    if False:\n        await ",
        f"{_CHANNELS}::test_the_operators_channel_is_the_only_tenants",
    ),
    Guard(
        "a channel of another tenant is not taken",
        "workers/clusters/channels.py",
        "        if any(owner.installation != project.installation for owner in held):\n    ",
        "        if False:\n    ",
        f"{_CHANNELS}::test_two_tenants_at_once_are_one",
    ),
    Guard(
        "the operator's channel is nobody's where there are two tenants",
        "workers/clusters/channels.py",
        "if not named and len(tenants) == 1 and not left:",
        "if not named and not left:",
        f"{_CHANNELS}::test_of_two_tenants_each_is_asked_once",
    ),
    Guard(
        "a private repository is not named where anybody may be",
        "bot/domain/cards/views/channel.py",
        "named = not project.private or may_read(readers, project.github_readers)",
        "named = True",
        f"{_CHANNELS}::test_of_two_tenants_each_is_asked_once",
    ),
    Guard(
        "a button, its message and our record name one project",
        "workers/commands/addressing.py",
        "if len(named) > 1 or 0 in named:",
        "if False:",
        f"{_TENANTS}::test_a_channel_of_two_projects_asks_which",
    ),
    Guard(
        "a project named in Slack is spoken of with who reads it",
        "workers/commands/addressing.py",
        "if project is not None and (await asker_of(ctx, project, person)).reads:",
        "if project is not None:",
        "tests/e2e/test_cross_tenants.py",
    ),
    Guard(
        "a Slack person of another workspace is nobody",
        "workers/commands/linking.py",
        "or not await at_home(ctx, person):",
        "or False:",
        f"{_TENANTS}::test_a_person_is_a_team_and_a_user",
    ),
    Guard(
        "answers go to Slack's own hosts",
        "bot/slack/client.py",
        "        if not self._is_slacks(url):\n            return False\n",
        "",
        "tests/contract/test_say.py::test_an_address_is_given_up_at_its_end",
    ),
    Guard(
        "an address is given up after half an hour",
        "bot/say/cards.py",
        "place.response_url and place.answer_by and ctx.now() < place.answer_by",
        "place.response_url",
        "tests/contract/test_say.py::test_an_address_is_given_up_at_its_end",
    ),
    Guard(
        "a code links once",
        "bot/storage/accounts.py",
        "self._redis.getdel(",
        "self._redis.get(",
        "tests/e2e/test_linking.py::test_a_code_said_on_github_links_once",
    ),
    Guard(
        "codes are not guessed",
        "workers/commands/verbs/anybody.py",
        "if await ctx.accounts.tried(who) > TRIES:",
        "if False:",
        "tests/e2e/test_linking.py::test_codes_cannot_be_guessed",
    ),
    Guard(
        "who is gone from GitHub is unlinked",
        "workers/commands/linking.py",
        "await ctx.accounts.unlink(person)\n            return await linked(ctx, person)",
        "return known",
        "tests/e2e/test_linking.py::test_who_is_gone_from_github_is_unlinked",
    ),
    Guard(
        "only GitHub's own word erases",
        "workers/upkeep/erase.py",
        "if gone.removed_at and gone.removed_at <= before:",
        "if (gone.removed_at or before) <= before:",
        f"{_ERASURE}::test_what_was_not_told_by_github_is_not_erased",
    ),
    Guard(
        "who was installed again is not erased",
        "workers/upkeep/erase.py",
        "if project is None or not project.removed:",
        "if project is None:",
        f"{_ERASURE}::test_who_came_back_a_moment_before_loses_nothing",
    ),
    Guard(
        "what is being erased is not written down anew",
        "bot/storage/lua/put_project.lua",
        "if redis.call('SISMEMBER', KEYS[3], ARGV[1]) == 1 then return 0 end",
        "",
        f"{_ERASURE}::test_who_comes_back_while_it_goes_on_begins_anew",
    ),
    Guard(
        "erased is what a pass has found nothing of",
        "workers/upkeep/erase.py",
        "        if not gone:\n",
        "        if True:\n",
        f"{_ERASURE}::test_who_works_for_it_loses_the_job_and_what_they_wrote_goes",
    ),
    Guard(
        "nothing is said where the app was removed",
        "bot/say/cards.py",
        "if await ctx.projects.find(project.id) is None:",
        "if False:",
        "tests/contract/test_removal.py::test_nothing_is_said",
    ),
    Guard(
        "a run stops where the app was removed",
        "workers/fixes/steps/project.py",
        "if await self.ctx.projects.find(self.project.id) is None:",
        "if False:",
        "tests/contract/test_removal.py::test_a_run_and_a_revision_stop",
    ),
    Guard(
        "what was begun anew is not erased again",
        "workers/upkeep/erase.py",
        "if await ctx.projects.known(p) is None]",
        "]",
        f"{_ERASURE}::test_files_go_on_every_machine",
    ),
)
