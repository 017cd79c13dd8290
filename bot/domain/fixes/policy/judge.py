"""The judge: every rule looks at the patch, none knows of the others."""

from collections.abc import Collection, Iterable, Iterator

from bot.domain.fixes.patch import Patch, Tree
from bot.domain.fixes.policy import code, files, places, tampering
from bot.domain.fixes.policy.rules import Finding, Rules, refuse


def judge(
    patch: Patch,
    rules: Rules,
    *,
    proof_tests: Collection[str],
    tree: Tree,
    chosen: Collection[str] = (),
) -> list[Finding]:
    """What speaks against publishing ``patch``, refusals first. ``tree`` is what the patch applies
    to: the base commit with the reproducing tests, which are the paths in ``proof_tests``. We, and
    no agent, gave the files in ``chosen`` their place: they may be the first of their language
    there."""
    findings = dict.fromkeys(_all(patch, rules, proof_tests, tree, chosen))
    return sorted(findings, key=lambda found: (found.severity != "refuse", found.path, found.rule))


def refused(findings: Iterable[Finding]) -> bool:
    """Whether any finding ends the run."""
    return any(finding.severity == "refuse" for finding in findings)


def _all(
    patch: Patch, rules: Rules, proof_tests: Collection[str], tree: Tree, chosen: Collection[str]
) -> Iterator[Finding]:
    too_large = list(files.size(patch, rules))
    yield from too_large
    yield from places.unsafe(patch, tree)
    if too_large:
        return  # refused already; reading it all could take long
    yield from places.out_of_place(patch, rules, tree, chosen)
    yield from tampering.of_tests(patch, rules, proof_tests, tree)
    for change in patch.changes:
        if not rules.covers(change.path):
            yield refuse("paths", change.path, f"is outside {', '.join(rules.only)}")
        yield from files.kind(change, rules)
        yield from files.secrets(change)
        yield from files.hidden(change)
        yield from files.rewritten(change)
        yield from code.odd_calls(change)
    yield from code.special_cases(patch, proof_tests, tree)
