"""What services let us send: shared, people first, and nothing where we were told to wait."""

from .guard import Guard

_BUDGET = "tests/contract/test_budget.py"
_BREAKERS = "tests/contract/test_breakers.py"
_LANGUAGE = "tests/contract/test_language_model.py"
_OF_PROJECTS = "tests/contract/test_models_of_projects.py"
_CLIENT = "tests/contract/test_github_client.py"

GUARDS = (
    Guard(
        "no more is sent than the limit",
        "bot/storage/lua/budget.lua",
        "if over > 0 then",
        "if false then",
        f"{_BUDGET}::test_two_processes_spend_one_budget",
    ),
    Guard(
        "who is less urgent leaves a reserve",
        "bot/storage/lua/budget.lua",
        "math.floor(most * ARGV[2] + 0.001)",
        "most",
        f"{_BUDGET}::test_who_is_less_urgent_leaves_a_reserve",
    ),
    Guard(
        "who is told by Reddit to wait asks nobody meanwhile",
        "bot/reddit.py",
        "                await self._budget.told(request, wait)\n",
        "",
        "tests/contract/test_polls.py::test_who_is_told_to_wait_asks_nobody_meanwhile",
    ),
    Guard(
        "history leaves a part of the hour to what is live",
        "bot/storage/lua/budget.lua",
        "if remaining and remaining + 0 < (1 - ARGV[2]) / 2 then",
        "if false then",
        f"{_CLIENT}::test_history_leaves_a_part_of_the_hours_requests_to_what_is_live",
    ),
    Guard(
        "nobody passes an answer that waits",
        "bot/storage/lua/budget.lua",
        "if content and ARGV[2] + 0 < 1 then wait = math.max(wait, first) end",
        "",
        f"{_BUDGET}::test_nobody_passes_an_answer_that_waits",
    ),
    Guard(
        "a shorter wait does not end a longer one",
        "bot/storage/lua/told.lua",
        "math.max(before[1] or 0, now + wait)",
        "now + wait",
        f"{_BUDGET}::test_who_was_told_to_wait_tells_everybody",
    ),
    Guard(
        "what may have been sent counts until it cannot have been",
        "bot/storage/lua/budget.lua",
        "key == KEYS[2] and now + ARGV[4] or now",
        "now",
        f"{_BUDGET}::test_so_many_are_under_way_and_what_never_ended_counts_longer",
    ),
    Guard(
        "a refusal of GitHub keeps everybody from asking",
        "bot/github/wire.py",
        "wait = await self._budget.told(request, wait_of(answered), too_many=too_many)",
        "wait = wait_of(answered) or 60.0",
        f"{_CLIENT}::test_who_is_told_to_wait_sends_nothing_meanwhile",
    ),
    Guard(
        "a limit that nobody told us of is learnt",
        "bot/github/wire.py",
        "too_many = limited and content and bool(_SECONDARY.search(said))",
        "too_many = False",
        f"{_CLIENT}::test_a_limit_that_nobody_told_us_of_is_met_once",
    ),
    Guard(
        "an open breaker keeps everybody from calling",
        "bot/storage/breakers.py",
        "if left:\n",
        "if False:\n",
        f"{_BREAKERS}::test_two_failures_in_a_row_open_it_for_everybody",
    ),
    Guard(
        "half open, one call passes",
        "bot/storage/lua/breaker.lua",
        "if ARGV[1] == 'ask' and found[1] and left == 0 then",
        "if false then",
        f"{_BREAKERS}::test_one_call_passes_half_open_and_decides",
    ),
    Guard(
        "a cap of a month binds before the call",
        "bot/storage/lua/reserve.lua",
        ") + more > tonumber(ARGV[i + 1])",
        ") > 1e15",
        f"{_OF_PROJECTS}::TestCaps::test_two_workers_at_once_pass_no_cap",
    ),
    Guard(
        "with our key a project's file chooses no model that we did not name",
        "bot/language_models.py",
        "if n in lent or n",
        "if n in names or n",
        f"{_OF_PROJECTS}::TestWhoAnswers::test_nobody_makes_us_pay_for_another",
    ),
    Guard(
        "what one model refuses no other is asked",
        "bot/adapters/language/structured.py",
        "error.status not in _NOT_ASKED",
        "False",
        f"{_LANGUAGE}::TestStandingIn::test_nobody_else_is_asked_what_one_refuses",
    ),
    Guard(
        "Gemini is sent only schemas that it takes",
        "bot/adapters/language/structured.py",
        "        if name in keywords\n",
        "",
        f"{_LANGUAGE}::test_every_vendor_takes_the_schema_of_every_answer",
    ),
    Guard(
        "Gemini is asked in the version that knows schemas",
        "bot/adapters/hosted.py",
        'VERSION = "v1beta"',
        'VERSION = "v1"',
        f"{_LANGUAGE}::test_every_vendor_takes_the_schema_of_every_answer",
    ),
    Guard(
        "an engine works off the loop",
        "workers/clusters/evidence.py",
        "return await asyncio.to_thread(alone)",
        "return alone()",
        "tests/contract/test_machines.py::test_an_engine_works_off_the_loop",
    ),
    Guard(
        "a patch is compared off the loop",
        "workers/fixes/steps/repair.py",
        "await asyncio.to_thread(lambda: (redact(patch.unified), patch.stats))",
        "redact(patch.unified), patch.stats",
        "tests/e2e/test_free_loop.py::test_a_fix_of_large_files",
    ),
)
