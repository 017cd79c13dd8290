"""A fix: what is proved, what is published, what the model may be asked for."""

from .guard import Guard

_PUBLISH = "workers/fixes/steps/publish.py"
_PUBLISHING = "tests/contract/test_publishing.py"
_PROVE = "workers/fixes/steps/prove.py"
_OF_PROVE = "tests/contract/test_prove.py"
_ELSEWHERE = "workers/fixes/steps/elsewhere.py"
_OF_ELSEWHERE = "tests/contract/test_proved_elsewhere.py"
_LIMITS = "tests/e2e/test_fix_limits.py"
_PROOF = "bot/domain/fixes/proof.py"
_REASONS = "bot/domain/fixes/reproduction/reasons.py"
_GATEWAY = "bot/adapters/gateway/server.py"
_FIELDS = "bot/adapters/gateway/fields.py"
_OF_GATEWAY = "tests/contract/test_gateway.py"
_OF_FIELDS = "tests/contract/test_gateway_fields.py"

GUARDS = (
    Guard(
        "a check of another app that is run again proves nothing of ours",
        "workers/hearing/github/pulls.py",
        'if (check["app"] or {}).get("id") != ctx.settings.github_app_id:',
        "if False:",
        "tests/e2e/test_pull_followed.py",
    ),
    Guard(
        "a log of others holds no secret",
        "bot/github/checks.py",
        "return redact(said[-_LOOKED_AT:])[-_LOG:].strip()",
        "return said[-_LOOKED_AT:][-_LOG:].strip()",
        "tests/contract/test_github_checks.py",
    ),
    Guard(
        "checks that fail are taken up once",
        "bot/domain/fixes/run.py",
        "return free and seen.head == self.commit",
        "return seen.head == self.commit",
        "tests/e2e/test_pull_followed.py",
    ),
    Guard(
        "what a person pushed is said to be theirs",
        "workers/fixes/follow.py",
        "if head in await ours(ctx, project, run):",
        "if True:",
        "tests/e2e/test_pull_followed.py",
    ),
    Guard(
        "the role is asked for right before the write",
        _PUBLISH,
        "if role not in WRITERS:",
        "if False:",
        f"{_LIMITS}::test_a_role_that_was_taken_stops_the_publishing",
    ),
    Guard(
        "what the team alone may read is not published to everybody",
        _PUBLISH,
        "if not may_read(project.github_readers, run.audience):",
        "if False:",
        f"{_PUBLISHING}::test_what_the_team_alone_may_read_is_not_published_to_everybody",
    ),
    Guard(
        "a stop is heard right before the write",
        _PUBLISH,
        "if who := await context.stop_asked():",
        'if who := "":',
        f"{_PUBLISHING}::test_a_stop_that_came_late_is_heard",
    ),
    Guard(
        "the quota binds right before the write",
        _PUBLISH,
        "if not await ctx.quotas.spend_fix(project, period_of(ctx), run.number, cap):",
        "if False:",
        f"{_PUBLISHING}::test_the_last_of_the_quota_may_be_gone",
    ),
    Guard(
        "a problem has one pull request",
        _PUBLISH,
        "if other := await open_fix(ctx, project, run.cluster):",
        "if other := None:",
        f"{_LIMITS}::test_a_problem_has_one_pull_request_at_a_time",
    ),
    Guard(
        "what ends before the pull request leaves no branch",
        _PUBLISH,
        "            await _withdraw(context, repo)\n",
        "            pass\n",
        f"{_LIMITS}::test_a_branch_without_a_pull_request_is_taken_back",
    ),
    Guard(
        "what is refused by the policy is not published",
        "workers/fixes/steps/policy.py",
        "if refused(findings):",
        "if False:",
        f"{_OF_PROVE}::test_what_the_policy_refuses_ends_the_run",
    ),
    Guard(
        "a test that passes on the base reproduces nothing",
        _PROVE,
        "if red.exit_code == 0:",
        "if False:",
        f"{_OF_PROVE}::test_green_on_the_base_reproduces_nothing",
    ),
    Guard(
        "a test is red for the reason that was reported",
        _PROVE,
        "if not _as_told(context, red):",
        "if False:",
        f"{_OF_PROVE}::test_red_for_another_reason_proves_nothing",
    ),
    Guard(
        "a test that still fails proves nothing",
        _PROVE,
        "if green.exit_code != 0:",
        "if False:",
        f"{_OF_PROVE}::test_what_is_not_green_or_costs_the_suite_is_no_repair",
    ),
    Guard(
        "a suite that is worse proves nothing",
        _PROVE,
        "if not fine:",
        "if False:",
        f"{_OF_PROVE}::test_what_is_not_green_or_costs_the_suite_is_no_repair",
    ),
    Guard(
        "a call that gave a value and raises is worse",
        _PROVE,
        "if worse := elsewhere.worse(was, now):",
        "if worse := []:",
        f"{_OF_ELSEWHERE}::test_a_default_call_that_breaks_is_worse",
    ),
    Guard(
        "an example in a docstring that breaks is worse",
        _ELSEWHERE,
        "if before[0] and after[0] and before[0].tests:",
        "if False:",
        f"{_OF_ELSEWHERE}::test_an_example_in_a_docstring_that_breaks_is_worse",
    ),
    Guard(
        "what no earlier test holds is proved on one example only",
        _ELSEWHERE,
        "return Verdict.PROVED if held else Verdict.ON_ONE_EXAMPLE",
        "return Verdict.PROVED",
        f"{_OF_ELSEWHERE}::test_what_no_earlier_test_holds_needs_two_examples",
    ),
    Guard(
        "a call that holds more than plain values is not tried",
        "bot/domain/fixes/calls.py",
        "plain = resolver.expression(node)",
        "plain = node",
        "tests/unit/test_elsewhere.py",
    ),
    Guard(
        "a test that passed must pass again",
        _PROOF,
        'if outcome == "passed" and now.get(name) != "passed" and not (cut and name not in now)',
        "if False",
        "tests/unit/test_proof.py",
    ),
    Guard(
        "a line that says failed beats one that says passed",
        "bot/domain/fixes/results.py",
        'if _WORST[outcome] >= _WORST[found.get(name, "passed")]:',
        "if True:",
        "tests/unit/test_proof.py",
    ),
    Guard(
        "no line beats the exit code",
        _PROOF,
        "if began.exit_code in (0, NO_TESTS) and broken and not worse:",
        "if False:",
        "tests/unit/test_proof.py",
    ),
    Guard(
        "another exception is another reason",
        _REASONS,
        "if reason.exception and reason.exception not in raised:",
        "if False:",
        "tests/unit/test_reproduction.py",
    ),
    Guard(
        "another value is another reason",
        _REASONS,
        'return "as reported" if _found(reason.actual, shown) else None',
        'return "as reported"',
        "tests/unit/test_reproduction.py",
    ),
    Guard(
        "what no repair can satisfy is no reproduction",
        _REASONS,
        "if not raised or not _satisfiable(shown, reason.actual):",
        "if not raised:",
        "tests/unit/test_reproduction.py",
    ),
    Guard(
        "a report's code reaches only what the checkout defines",
        "bot/domain/fixes/reproduction/resolving.py",
        "if parts[at] not in self._offered(module):",
        "if False:",
        "tests/unit/test_reproduction.py",
    ),
    Guard(
        "a count in prose is no value",
        "bot/domain/fixes/reproduction/answers.py",
        '_VALUE = rf"(?:{_TICKED}|{_BARE}{_ENDS})"',
        '_VALUE = rf"(?:{_TICKED}|{_BARE})"',
        "tests/unit/test_prose.py",
    ),
    Guard(
        "a format of a text reads nothing private",
        "bot/domain/fixes/reproduction/resolving.py",
        'raise NotPlain("a format may read what is private")',
        "pass",
        "tests/unit/test_pure_library.py",
    ),
    Guard(
        "an expectation goes to the question that its sentence names",
        "bot/domain/fixes/reproduction/sentences.py",
        "asked = _named(spans[-1], seen, steps, symbols) if spans else None",
        "asked = None",
        "tests/unit/test_expectations.py",
    ),
    Guard(
        "an error that is wanted is no crash",
        "bot/domain/fixes/reproduction/examples.py",
        "if not _AN_ERROR.search(text) and others <= {one.actual.name}:",
        "if True:",
        "tests/unit/test_expectations.py",
    ),
    Guard(
        "a written test smuggles nothing in",
        "bot/domain/fixes/reproduction/written.py",
        "    found += _smuggled(module, symbols_of(tree))\n",
        "",
        "tests/unit/test_written_tests.py",
    ),
    Guard(
        "the gateway knows its run by its token",
        _GATEWAY,
        "if not hmac.compare_digest(given, self.token.encode()):",
        "if False:",
        f"{_OF_GATEWAY}::test_a_foreign_token_is_refused",
    ),
    Guard(
        "the gateway's requests are capped",
        _GATEWAY,
        "if self.requests >= self._cap.requests:",
        "if False:",
        f"{_OF_GATEWAY}::test_requests_are_capped",
    ),
    Guard(
        "the gateway's dollars are capped",
        _GATEWAY,
        "if most < min(LEAST_ANSWER, question.answer):",
        "if False:",
        f"{_OF_GATEWAY}::test_dollars_are_capped",
    ),
    Guard(
        "the gateway's time is capped",
        _GATEWAY,
        "if self._clock() >= self._ends:",
        "if False:",
        f"{_OF_GATEWAY}::test_time_is_capped",
    ),
    Guard(
        "a crowd asks the gateway one after the other",
        _GATEWAY,
        "async with self._one_at_a_time:",
        "async with asyncio.Lock():",
        f"{_OF_GATEWAY}::test_a_crowd_does_not_slip_through",
    ),
    Guard(
        "an answer without usage is as dear as it could be",
        _GATEWAY,
        "used = used or Usage(prompt=question.tokens, output=most)",
        "used = used or Usage(prompt=0, output=0)",
        _OF_GATEWAY,
    ),
    Guard(
        "one model can be asked",
        "bot/adapters/gateway/gemini.py",
        'if parts["model"] != model or call not in _CALLS:',
        "if call not in _CALLS:",
        f"{_OF_GATEWAY}::test_only_one_model_can_be_asked",
    ),
    Guard(
        "a field that is not known is not forwarded",
        _FIELDS,
        'extra="forbid"',
        'extra="ignore"',
        _OF_FIELDS,
    ),
    Guard(
        "a field stands once",
        _FIELDS,
        "if len(found) < len(pairs):",
        "if False:",
        _OF_FIELDS,
    ),
    Guard(
        "a schema points into itself only",
        _FIELDS,
        'if isinstance(target, str) and not target.startswith("#"):',
        "if False:",
        _OF_FIELDS,
    ),
)
