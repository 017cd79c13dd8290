"""What people see: nothing from outside comes alive, nothing is said twice, secrets stay away."""

from .guard import Guard

_DEFUSE = "bot/render/defuse.py"
_OF_DEFUSE = "tests/unit/test_defuse.py"
_SUMMARY = "bot/domain/clusters/summary.py"
_JUDGE = "bot/domain/clusters/judgement.py"
_SAY = "tests/contract/test_say.py"
_DRAFT = "bot/domain/fixes/drafting.py"

GUARDS = (
    Guard(
        "a pull request made of private reports is hidden from everybody",
        "bot/say/cards.py",
        "if run.pull_request and not may_read(project.github_readers, run.audience):",
        "if False:",
        "tests/e2e/test_repository_changes.py",
    ),
    Guard(
        "a mention from outside notifies nobody",
        _DEFUSE,
        r'return re.sub(r"([@#])(?=\w)", rf"\1{ZERO_WIDTH_SPACE}", text)',
        "return text",
        _OF_DEFUSE,
    ),
    Guard(
        "neighbours make nothing together",
        "bot/render/seams.py",
        "text += part if apart else seam + part",
        "text += part",
        _OF_DEFUSE,
    ),
    Guard(
        "an address from outside is no link",
        _DEFUSE,
        "for found in _ADDRESS.finditer(text):",
        "for found in ():",
        _OF_DEFUSE,
    ),
    Guard(
        "HTML from outside is text",
        _DEFUSE,
        'return re.sub(r"[!-/:-@\\[-`{-~]", lambda sign: f"&#{ord(sign[0])};", text)',
        "return text",
        _OF_DEFUSE,
    ),
    Guard(
        "Slack's signs from outside are text",
        _DEFUSE,
        'return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")',
        "return text",
        _OF_DEFUSE,
    ),
    Guard(
        "a fence is longer than any within",
        _DEFUSE,
        'fence = "`" * max(3, _longest_backticks(text) + 1)',
        'fence = "```"',
        _OF_DEFUSE,
    ),
    Guard(
        "a link leads to the web only",
        _DEFUSE,
        'parts.scheme in ("http", "https") and parts.netloc and',
        "parts.netloc and",
        _OF_DEFUSE,
    ),
    Guard(
        "a line from outside is no command to other bots",
        _DEFUSE,
        'return f"/{BREAK}{rendered[1:]}"',
        "return rendered",
        _OF_DEFUSE,
    ),
    Guard(
        "a marker's key ends no comment",
        "bot/render/marker.py",
        "quote(key, safe='/:#@~.,=')",
        "key",
        _OF_DEFUSE,
    ),
    Guard(
        "what nobody sees is taken out",
        _DEFUSE,
        'return "" if character in _BLANK or category in ("Cc", "Cf") else character',
        "return character",
        _OF_DEFUSE,
    ),
    Guard(
        "a comment begins with its marker",
        "bot/render/markdown.py",
        'return f"{marker(card.key)}\\n{body}\\n"',
        'return f"{body}\\n{marker(card.key)}\\n"',
        _OF_DEFUSE,
    ),
    Guard(
        "a card is looked for before it is posted again",
        "bot/say/cards.py",
        "found = await post.find(before)",
        "found = None",
        f"{_SAY}::test_after_a_crash_between_post_and_writing_down_it_is_found_again",
    ),
    Guard(
        "a post is written down before it is made",
        "bot/say/cards.py",
        'await keep("", "", words, before)',
        "pass",
        f"{_SAY}::test_a_post_whose_outcome_is_unknown_is_looked_for_before_it_is_repeated",
    ),
    Guard(
        "a card that was deleted is said again",
        "bot/say/cards.py",
        "if same or (not above and await post.edit(standing)):",
        "if same or (not above and await post.edit(standing) is not None):",
        f"{_SAY}::test_a_card_somebody_deleted_is_posted_again",
    ),
    Guard(
        "an answer stands below its question",
        "bot/say/cards.py",
        "above = asked and place.comment",
        "above = not asked and place.comment",
        f"{_SAY}::test_an_answer_stands_below_its_question",
    ),
    Guard(
        "what a person wrote into our comment is not overwritten",
        "bot/say/cards.py",
        "if body is None or words_of(body) != standing.words:",
        "if body is None:",
        f"{_SAY}::test_what_a_person_wrote_into_our_comment_stays",
    ),
    Guard(
        "a credential is taken out by its shape",
        "bot/domain/secrets.py",
        "    for pattern in _REDACTED:\n        words = pattern.sub(_cut, words)\n",
        "",
        "tests/unit/test_secrets.py",
    ),
    Guard(
        "a secret that we hold is taken out by its value",
        "bot/domain/secrets.py",
        '            words = words.replace(value, "[redacted]")\n',
        "            pass\n",
        "tests/contract/test_seal.py::test_no_secret_that_we_hold_gets_into_a_log",
    ),
    Guard(
        "a written sentence cites a report",
        _SUMMARY,
        "        if not sentence.items:\n",
        "        if False:\n",
        "tests/unit/test_summary.py",
    ),
    Guard(
        "a written summary says what its reports say",
        _SUMMARY,
        "if exact.lower() not in lower",
        "if False",
        "tests/unit/test_summary.py",
    ),
    Guard(
        "a judge's quote stands in the new report",
        _JUDGE,
        "or not _stands(said.report_quote, report, REPORT_LIMIT)",
        "or False",
        "tests/unit/test_judgement.py",
    ),
    Guard(
        "a judge's quote stands in the candidate",
        _JUDGE,
        "or not _stands(said.candidate_quote, other, CANDIDATE_LIMIT)",
        "or False",
        "tests/unit/test_judgement.py",
    ),
    Guard(
        "a plan cites reports that it was given",
        _DRAFT,
        "if number not in given",
        "if False",
        "tests/unit/test_drafting.py",
    ),
    Guard(
        "a plan suspects files that are there",
        _DRAFT,
        "if not _is_there(suspect, named, paths):",
        "if False:",
        "tests/unit/test_drafting.py",
    ),
    Guard(
        "a private report's words are no test's words",
        "bot/domain/fixes/reproduction/neutral.py",
        "if name[0] not in strange:",
        "if True:",
        "tests/unit/test_neutral.py",
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
        "tests/contract/test_plans.py::test_a_public_fix_does_not_go_by_the_teams_words",
    ),
)
