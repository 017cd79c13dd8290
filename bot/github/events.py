"""What each event of GitHub does here, or why it does nothing: the table of docs/github-events.md.
What does nothing is answered and dropped at the door."""

from collections.abc import Mapping

NOTHING = "nothing: "
_EDITED = "the issue as it is: a label may be a severity in the file, its assignee owns it"
_ALL = "the list of repositories is asked for again: rights, name, owner and readers follow"
_LINK = "the issue as it is now: a link on the card of its cluster, that joins nothing"
_HIDDEN = "what was said for the team is hidden, in pull requests and check runs, too"
# Event -> actions -> effect; "*" is every other action, and what has none.
HEARD: Mapping[str, Mapping[str, str]] = {
    "installation": {"deleted": "nothing is written there any more", "*": f"{_ALL}; logged"},
    "installation_repositories": {"*": _ALL},
    "repository": {"publicized": f"{_HIDDEN}; {_ALL}", "*": _ALL},
    "public": {"*": _HIDDEN},
    "meta": {"*": "logged, and in doctor: nothing is heard any more"},
    "push": {"*": "a changed .github/soulcaster.yml is checked, its line shown"},
    "issues": {
        "opened": "a report, and its commands; what it lacks of the form is asked for, once",
        "edited": "its newer words, and commands that are new in them; what was asked for is there",
        "closed": "by a person: settled; a cluster of settled ones is resolved, ignored or joined",
        "reopened": "by a person: its cluster is open again, after a merge as a regression",
        "deleted": "the report loses its words and leaves the open problems",
        "transferred": "the report leaves with its count; there it is told of as opened",
        "labeled unlabeled": f"{_EDITED}; by an app, or taken off by a person: no lesson",
        "*": _EDITED,
    },
    "discussion": {
        "created edited": "where .github/soulcaster.yml wants them, a report",
        "closed answered": "by a person: settled, as an issue is",
        "reopened unanswered": "by a person: open again, as an issue is",
        "deleted transferred": "the report leaves, as an issue does",
        "*": "its newer words and labels",
    },
    "discussion_comment": {
        "created": "one that says the same has happened counts, as on an issue",
        "*": NOTHING + "there are no commands: nobody could be answered",
    },
    "sub_issues": {"*": _LINK},
    "issue_dependencies": {"*": _LINK},
    "issue_comment": {
        "created edited": "commands; a box that is ticked is one; what was asked for is there",
        "*": NOTHING + "a command that was obeyed stays obeyed",
    },
    "pull_request": {
        "closed": "merged, what it fixes is watched; ours, its cluster follows",
        "opened": "`.github/soulcaster.yml` in it is checked",
        "reopened": "the same; ours: its cluster follows",
        "synchronize": "the same; ours: a person's commit makes the branch theirs",
        "ready_for_review converted_to_draft": "ours: said on the card",
        "*": NOTHING + "what is asked of a pull request is read when it matters",
    },
    "pull_request_review": {
        "submitted": "commands; on ours: changes asked for are the next version",
        "edited": "commands; by somebody else, the words are nobody's",
        "*": NOTHING + "reviews are read as they are when a version is made",
    },
    "pull_request_review_comment": {
        "created edited": "commands; edited by somebody else, the words are nobody's",
        "*": NOTHING + "reviews are read as they are when a version is made",
    },
    "release": {
        "published released": "no draft or prerelease: merges that it is the first to have are "
        "watched from it on",
        "*": NOTHING + "it is heard once it is out",
    },
    "check_run": {
        "completed": "on ours: what fails, and passes again, is said on the card with its step, "
        "and one revise with its log is offered",
        "rerequested": "ours: the version is proved again, and the check run says how it went",
        "requested_action": "ours: its button is a command of who pressed it, on the pull request",
        "*": NOTHING + "it is not over",
    },
    "check_suite": {
        "rerequested": "ours: as of a check run",
        "*": NOTHING + "its check runs are heard, and no push begins one of ours",
    },
    "pull_request_review_thread": {"*": "resolved, it goes into no new version"},
}
# Why -> events.
UNHEARD: Mapping[str, str] = {
    "the state of code, which is read when a fix begins": (
        "branch_protection_configuration branch_protection_rule commit_comment create delete "
        "deploy_key deployment deployment_protection_rule deployment_review deployment_status fork "
        "gollum merge_group package page_build registry_package repository_import "
        "repository_ruleset status workflow_dispatch workflow_job workflow_run"
    ),
    "who may is asked live, with every command": (
        "github_app_authorization installation_target member membership org_block organization "
        "personal_access_token_request team team_add"
    ),
    "names and lists, which come with each issue": (
        "label milestone project project_card project_column projects_v2 projects_v2_item "
        "projects_v2_status_update"
    ),
    "findings of other tools, which have their own door": (
        "code_scanning_alert dependabot_alert repository_advisory repository_vulnerability_alert "
        "secret_scanning_alert secret_scanning_alert_location secret_scanning_scan "
        "security_advisory security_and_analysis"
    ),
    "no problem is about it": (
        "custom_property custom_property_values exemption_request_push_ruleset "
        "marketplace_purchase ping repository_dispatch sponsorship star watch"
    ),
}


def effect_of(event: str, action: str) -> str:
    """What it does, or ``nothing:`` and why."""
    for actions, effect in HEARD.get(event, {}).items():
        if action in actions.split() or actions == "*":
            return effect
    why = next((why for why, events in UNHEARD.items() if event in events.split()), "not known")
    return NOTHING + why
