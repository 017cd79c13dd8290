"""Who is let in, with what, and what a setting or a file of a repository may say."""

from .guard import Guard

_OF_DOORS = "tests/contract/test_doors.py"
_LOOPBACK = "bot/simulators/loopback.py"

GUARDS = (
    Guard(
        "no secret of a source is no proof",
        "bot/sources/proof.py",
        "    if not secret:\n"
        '        raise BadSignature("No secret is set here, so nothing is let in.")\n',
        "    return\n",
        "tests/unit/test_sources_roster.py tests/unit/test_webhook.py",
    ),
    Guard(
        "a body is its sender's by its signature",
        "bot/sources/proof.py",
        "if not hmac.compare_digest(self._signature, self._hash.hexdigest()):",
        "if False:",
        "tests/unit/test_webhook.py",
    ),
    Guard(
        "a secret opens its own door only",
        "bot/sources/proof.py",
        "if not any(_same(each, secret) for each in shown):",
        "if False:",
        "tests/unit/test_sources_roster.py",
    ),
    Guard(
        "an old request of Slack is refused",
        "handlers/slack/door.py",
        "if abs(now - int(at)) > FRESH_SECONDS:",
        "if False:",
        f"{_OF_DOORS}::test_an_old_request_of_slack_is_refused_before_the_body",
    ),
    Guard(
        "a body is no longer than its cap",
        "handlers/doors/bodies.py",
        "if self._taken + size > self._cap:",
        "if False:",
        f"{_OF_DOORS}::test_a_body_without_a_length_keeps_to_the_cap",
    ),
    Guard(
        "a declared length is judged before the body",
        "handlers/doors/bodies.py",
        "if declared is not None and declared > cap:",
        "if False:",
        f"{_OF_DOORS}::test_what_the_headers_cannot_prove_is_refused_before_the_body",
    ),
    Guard(
        "a compressed body is not inflated",
        "handlers/doors/bodies.py",
        'if request.headers.get("Content-Encoding", "identity") != "identity":',
        "if False:",
        f"{_OF_DOORS}::test_what_the_headers_cannot_prove_is_refused_before_the_body",
    ),
    Guard(
        "bodies of the unproven keep to one budget",
        "handlers/doors/bodies.py",
        "        if self._bodies.held + size >= self._most:\n",
        "        if False:\n",
        f"{_OF_DOORS}::test_all_bodies_together_keep_to_one_budget",
    ),
    Guard(
        "the unproven give way where no more connections fit",
        "handlers/doors/connections.py",
        "            fits = self._cut(address)\n",
        "            fits = True\n",
        f"{_OF_DOORS}::test_half_sent_requests_do_not_close_the_server",
    ),
    Guard(
        "whoever guesses a secret waits",
        "handlers/doors/doors.py",
        "                self.waits.check(door, self.address(request), now)\n",
        "                pass\n",
        f"{_OF_DOORS}::test_who_guesses_waits_longer_each_time",
    ),
    Guard(
        "wrong secrets are counted to a wait",
        "handlers/doors/waits.py",
        "if known.times > self._free:",
        "if False:",
        "tests/unit/test_waits.py",
    ),
    Guard(
        "only our own proxies say whose address it is",
        "handlers/doors/address.py",
        "hops[-proxies]",
        "hops[0]",
        "tests/unit/test_waits.py",
    ),
    Guard(
        "an unknown setting of ours is refused",
        "bot/settings.py",
        "for name in sorted(ours - set(known))",
        "for name in sorted(ours - ours)",
        "tests/unit/test_settings.py",
    ),
    Guard(
        "an app without a webhook secret does not start",
        "bot/settings.py",
        "if self.github_app_id and not self.github_webhook_secret.get_secret_value():",
        "if False:",
        "tests/unit/test_settings.py",
    ),
    Guard(
        "an unknown key of a repository's file is refused",
        "bot/repo_config.py",
        'extra="forbid"',
        'extra="ignore"',
        "tests/unit/test_repo_config.py",
    ),
    Guard(
        "a repository's file is bounded in depth and length",
        "bot/repo_config.py",
        "if depth > MAX_DEPTH or nodes > MAX_NODES:",
        "if False:",
        "tests/unit/test_repo_config.py",
    ),
    Guard(
        "a repository's file is not built of itself",
        "bot/repo_config.py",
        "if isinstance(event, yaml.AliasEvent):",
        "if False:",
        "tests/unit/test_repo_config.py",
    ),
    Guard(
        "a simulator answers to its own name only",
        _LOOPBACK,
        "        if request.host not in _hosts(request):\n",
        "        if False:\n",
        "tests/e2e/test_demo_page.py::test_nobody_else_reads_along",
    ),
    Guard(
        "another page has no business with a simulator",
        _LOOPBACK,
        'if (persons_do or request.method not in ("GET", "HEAD")) and _foreign(request):',
        "if False:",
        "tests/e2e/test_demo_page.py::test_only_the_page_itself_may_act",
    ),
    Guard(
        "a person's acts on a simulator need the page's token",
        _LOOPBACK,
        "    if token and not hmac.compare_digest(shown.encode(), token.encode()):\n",
        "    if False:\n",
        "tests/e2e/test_demo_page.py::test_only_the_page_itself_may_act",
    ),
    Guard(
        "what was kept unproven is proven before it takes effect",
        "handlers/alerts.py",
        "        shown.finish()\n",
        "",
        "tests/contract/test_storing.py::test_what_was_spooled_comes_first_and_only_what_is_proven",
    ),
    Guard(
        "a malformed key tells nothing of itself",
        "bot/settings.py",
        'raise ValueError("is neither PEM text nor the path of a readable file") from None',
        "raise ValueError(value) from None",
        "tests/unit/test_settings.py",
    ),
)
