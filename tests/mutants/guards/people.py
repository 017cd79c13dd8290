"""Who may say what, and who may read the answer."""

from .guard import Guard

_LINES = "bot/domain/commands/markdown_lines.py"
_REVIEWS = "tests/e2e/test_revisions.py"
_RIGHTS = "tests/unit/test_rights_table.py"
_OF_LINES = "tests/unit/test_markdown_lines.py"

GUARDS = (
    Guard(
        "a command in a quote is none",
        _LINES,
        'if token.type == "inline" and not quotes:',
        'if token.type == "inline":',
        _OF_LINES,
    ),
    Guard(
        "a command in code or HTML is none",
        _LINES,
        "if ours and found and not within:",
        "if ours and found:",
        _OF_LINES,
    ),
    Guard(
        "an edit runs only what it adds",
        _LINES,
        'if " ".join(line.split()) not in known]',
        "]",
        _OF_LINES,
    ),
    Guard(
        "a box that was ticked before is no command again",
        "bot/render/marker.py",
        "if done and before.get(sentence) is False",
        "if done",
        "tests/unit/test_render_hostile.py::test_ticking_a_box_gives_its_sentence",
    ),
    Guard(
        "a box is ticked by an edit that changes nothing else",
        "bot/render/marker.py",
        "if _unticked(old_body) != _unticked(new_body):",
        "if False:",
        _RIGHTS,
    ),
    Guard(
        "a command is of who wrote it, by themselves, in this place",
        "bot/domain/commands/authorship.py",
        "if not alone or written.relayed or written.moved:",
        "if not alone:",
        _RIGHTS,
    ),
    Guard(
        "a line that an edit uncovers is nobody's",
        "bot/domain/commands/authorship.py",
        "if _bare(line) not in stood)",
        ")",
        _RIGHTS,
    ),
    Guard(
        "a bot is known as one",
        "workers/hearing/github/payloads.py",
        'is_bot=self.type == "Bot" or self.login.endswith("[bot]")',
        "is_bot=False",
        _RIGHTS,
    ),
    Guard(
        "a bot ticks no box",
        "workers/hearing/github/words.py",
        "if payload.sender.person.is_bot or (edited",
        "if (edited",
        _RIGHTS,
    ),
    Guard(
        "a bot says no command in Slack",
        "workers/hearing/slack.py",
        'if event.get("bot_id") or',
        "if",
        "tests/e2e/test_commands_slack.py::test_a_bots_mention_is_no_command",
    ),
    Guard(
        "a role goes with the account, not with the login",
        "bot/domain/commands/rights.py",
        'if user_id is not None and user.get("id") != user_id:',
        "if False:",
        _RIGHTS,
    ),
    Guard(
        "a command needs its level",
        "bot/domain/commands/rights.py",
        "return own or level_of(role) >= command.needs",
        "return True",
        _RIGHTS,
    ),
    Guard(
        "who can't read the place is told nothing of it",
        "bot/domain/commands/rights.py",
        "        return command.tells_nothing\n",
        "        return True\n",
        _RIGHTS,
    ),
    Guard(
        "a refusal is asked for",
        "workers/commands/permission.py",
        "if allows(role, command, own=own) or",
        "if True or",
        "tests/e2e/test_commands_github.py"
        "::test_who_may_not_is_refused_in_one_line_that_says_who_may",
    ),
    Guard(
        "before a write the role is asked for anew",
        "workers/commands/permission.py",
        "fresh=needs > Level.L0",
        "fresh=False",
        "tests/e2e/test_commands_github.py::test_a_role_that_was_taken_away_counts_at_once",
    ),
    Guard(
        "a review is heard from who may write",
        "workers/fixes/revise.py",
        "if role not in WRITERS:",
        "if False:",
        f"{_REVIEWS}::test_a_review_without_write_is_only_noted",
    ),
    Guard(
        "nobody lends a review their right to write",
        "workers/fixes/revise.py",
        "        if await people.role(repo, reviewer) in WRITERS:\n",
        "        if True:\n",
        f"{_REVIEWS}::test_a_review_without_write_is_only_noted "
        f"{_REVIEWS}::test_revise_takes_up_no_words_of_who_may_not_write",
    ),
    Guard(
        "an answer for who asked is refused where others read",
        "bot/domain/commands/rights.py",
        "if place.issue is not None and command.answers_asker:",
        "if False:",
        "tests/unit/test_answers_table.py",
    ),
    Guard(
        "in Slack nobody is told of a project that they can't read",
        "bot/domain/commands/rights.py",
        "if place.channel and not command.tells_nothing and not asker.reads:",
        "if False:",
        "tests/unit/test_answers_table.py",
    ),
    Guard(
        "a shared channel is nobody's team",
        "bot/domain/rooms.py",
        "    if room.own and not room.shared:\n        return Audience.TEAM\n",
        "    if room.own:\n        return Audience.TEAM\n",
        "tests/unit/test_answers_table.py",
    ),
    Guard(
        "a secret is shown to who asked for it only",
        "workers/commands/verbs/source.py",
        "audience=Audience.PERSON,",
        "audience=call.readers,",
        "tests/contract/test_source_secrets.py",
    ),
    Guard(
        "our comment is one that the app wrote",
        "bot/github/issues.py",
        'comment["id"] > after and await repo.wrote(comment)',
        'comment["id"] > after',
        "tests/contract/test_github_client.py"
        "::test_a_person_who_writes_our_marker_has_not_written_our_comment",
    ),
    Guard(
        "what is made of two is for those who may read each",
        "bot/domain/audience.py",
        "return max(first, *others, key=_ORDER.index) if others else first",
        "return min(first, *others, key=_ORDER.index) if others else first",
        "tests/unit/test_audience.py",
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
        "tests/contract/test_say.py::test_what_its_readers_may_not_read_is_not_said",
    ),
    Guard(
        "a cluster shows its readers no private words",
        "bot/domain/models.py",
        "if may_read(readers, self.audience):",
        "if True:",
        "tests/unit/test_audience.py",
    ),
    Guard(
        "a cluster shows its readers no private report",
        "bot/domain/cards/views/cluster.py",
        "if not i.gone and may_read(self.readers, i.audience)]",
        "if not i.gone]",
        "tests/unit/test_audience.py",
    ),
    Guard(
        "a summary's private sentences are left out",
        "bot/domain/models.py",
        "if set(one.items) <= allowed",
        "if True",
        "tests/unit/test_audience.py",
    ),
)
