"""Repositories, their branches and their labels."""

from __future__ import annotations

from urllib.parse import quote

from bot.simulators.github.records import Json, Label, Repository, Role
from bot.simulators.github.views.accounts import rights, user
from bot.simulators.github.views.addresses import node_id, repo_page, repo_url, stamp

_ADDRESSES = {
    "archive": "/{archive_format}{/ref}",
    "assignees": "/assignees{/user}",
    "blobs": "/git/blobs{/sha}",
    "branches": "/branches{/branch}",
    "collaborators": "/collaborators{/collaborator}",
    "comments": "/comments{/number}",
    "commits": "/commits{/sha}",
    "compare": "/compare/{base}...{head}",
    "contents": "/contents/{+path}",
    "contributors": "/contributors",
    "deployments": "/deployments",
    "downloads": "/downloads",
    "events": "/events",
    "forks": "/forks",
    "git_commits": "/git/commits{/sha}",
    "git_refs": "/git/refs{/sha}",
    "git_tags": "/git/tags{/sha}",
    "hooks": "/hooks",
    "issue_comment": "/issues/comments{/number}",
    "issue_events": "/issues/events{/number}",
    "issues": "/issues{/number}",
    "keys": "/keys{/key_id}",
    "labels": "/labels{/name}",
    "languages": "/languages",
    "merges": "/merges",
    "milestones": "/milestones{/number}",
    "notifications": "/notifications{?since,all,participating}",
    "pulls": "/pulls{/number}",
    "releases": "/releases{/id}",
    "stargazers": "/stargazers",
    "statuses": "/statuses/{sha}",
    "subscribers": "/subscribers",
    "subscription": "/subscription",
    "tags": "/tags",
    "teams": "/teams",
    "trees": "/git/trees{/sha}",
}


def minimal_repository(repository: Repository) -> Json:
    """Name, owner and addresses."""
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "owner": user(repository.owner),
        "private": repository.private,
        "html_url": repo_page(repository),
        "description": repository.description,
        "fork": False,
        "url": repo_url(repository),
    } | {f"{key}_url": repo_url(repository, path) for key, path in _ADDRESSES.items()}


def repository(repo: Repository, role: Role | None = None) -> Json:
    """A repository as it stands in webhooks, pull requests and lists."""
    opened = sum(issue.state == "open" and not issue.gone for issue in repo.issues.values())
    pushed = stamp(repo.pushed_at)
    host = repo.world.origin.split("://", 1)[-1]
    view = minimal_repository(repo) | {
        "git_url": f"git://{host}/{repo.full_name}.git",
        "ssh_url": f"git@{host}:{repo.full_name}.git",
        "clone_url": f"{repo.world.origin}/{repo.full_name}.git",
        "svn_url": repo_page(repo),
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "forks_count": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "size": 0,
        "default_branch": repo.default_branch,
        "open_issues_count": opened,
        "is_template": False,
        "topics": [],
        "has_issues": repo.has_issues,
        "has_projects": True,
        "has_wiki": False,
        "has_pages": False,
        "has_downloads": True,
        "has_discussions": False,
        "archived": repo.archived,
        "disabled": False,
        "visibility": "private" if repo.private else "public",
        "pushed_at": pushed,
        "created_at": stamp(repo.created_at),
        "updated_at": stamp(max(repo.pushed_at, repo.changed_at)),
        "allow_forking": True,
        "web_commit_signoff_required": False,
        "license": None,
        "forks": 0,
        "open_issues": opened,
        "watchers": 0,
    }
    return view | ({"permissions": rights(role)} if role else {})


def full_repository(repo: Repository, role: Role) -> Json:
    """A repository as ``GET /repos/{owner}/{repo}`` shows it."""
    organization = user(repo.owner) if repo.owner.type == "Organization" else None
    more = {
        "allow_squash_merge": True,
        "allow_merge_commit": True,
        "allow_rebase_merge": True,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
        "subscribers_count": 0,
        "network_count": 0,
        "temp_clone_token": None,
    }
    view = repository(repo, role) | more
    return view | ({"organization": organization} if organization else {})


def label(repo: Repository, one: Label) -> Json:
    """A label."""
    return {
        "id": one.id,
        "node_id": node_id("LA", one.id),
        "url": repo_url(repo, f"/labels/{quote(one.name, safe='')}"),
        "name": one.name,
        "color": one.color,
        "default": one.default,
        "description": one.description,
    }
