"""What a patch may be, and what the tarball may be that it comes in."""

from .guard import Guard

_POLICY = "bot/domain/fixes/policy/"
_HOSTILE = "tests/unit/test_policy_hostile.py"
_HONEST = "tests/unit/test_policy_honest.py"
_PLACES = "tests/unit/test_policy_places.py"
_TAR = "bot/domain/fixes/patch/tarball.py"
_OF_TAR = "tests/unit/test_patch.py"

GUARDS = (
    Guard(
        "a patch has a largest size",
        f"{_POLICY}files.py",
        "if counted > cap:",
        "if False:",
        _HOSTILE,
    ),
    Guard(
        "a patch makes no symbolic link",
        f"{_POLICY}files.py",
        "if after and after.is_symlink:",
        "if False:",
        _HOSTILE,
    ),
    Guard(
        "a patch makes nothing executable",
        f"{_POLICY}files.py",
        "if now and not was:",
        "if False:",
        _HOSTILE,
    ),
    Guard(
        "a patch brings no binary",
        f"{_POLICY}files.py",
        "if change.is_binary:",
        "if False:",
        _HOSTILE,
    ),
    Guard(
        "a patch brings no secret",
        f"{_POLICY}judge.py",
        "        yield from files.secrets(change)\n",
        "",
        _HOSTILE,
    ),
    Guard(
        "a patch hides nothing from who reads it",
        f"{_POLICY}judge.py",
        "        yield from files.hidden(change)\n",
        "",
        _HOSTILE,
    ),
    Guard(
        "a path leaves its folder nowhere",
        f"{_POLICY}places.py",
        'if ".." in parts or "." in parts or "" in parts:',
        "if False:",
        _HOSTILE,
    ),
    Guard(
        "two paths are no one file where case does not count",
        f"{_POLICY}places.py",
        "if other != whole:",
        "if False:",
        _HOSTILE,
    ),
    Guard(
        "what steers needs the project's word",
        f"{_POLICY}places.py",
        "    if what := steers(change.path):\n        return what\n",
        "",
        _PLACES,
    ),
    Guard(
        "sources lie among their own kind",
        f"{_POLICY}places.py",
        'return "" if at_home else f"no {language} source lives there"',
        'return ""',
        f"{_PLACES}::test_a_test_of_ours_may_be_the_first_of_its_folder_and_no_more",
    ),
    Guard(
        "a fix does not edit the test that proves it",
        f"{_POLICY}tampering.py",
        "if path in proof_tests:",
        "if False:",
        f"{_HONEST}::test_no_rule_opens_a_symlink_or_the_proof",
    ),
    Guard(
        "a test keeps every statement",
        f"{_POLICY}tampering.py",
        "found = [*lost(old, new), *switched_off",
        "found = [*switched_off",
        _HOSTILE,
    ),
    Guard(
        "a test is not switched off",
        f"{_POLICY}tampering.py",
        ", *switched_off(old_tree, new_tree, is_new)]",
        "]",
        _HOSTILE,
    ),
    Guard(
        "a weaker assertion is a lost one",
        f"{_POLICY}kept.py",
        "return new.rank > old.rank or (new.rank == old.rank and new.expected == old.expected)",
        "return True",
        _HOSTILE,
    ),
    Guard(
        "a new module takes no runner's place",
        f"{_POLICY}tampering.py",
        "    yield from _shadows(patch, tree)\n",
        "",
        _HOSTILE,
    ),
    Guard(
        "one refusal is enough",
        f"{_POLICY}judge.py",
        "return any(finding",
        "return all(finding",
        f"{_HONEST}::test_honest",
    ),
    Guard(
        "what is tracked is not ignored",
        "bot/domain/fixes/patch/ignored.py",
        "(path not in before and _is_ignored(path, specs))",
        "_is_ignored(path, specs)",
        f"{_OF_TAR}::test_droppings_and_ignored_files_are_left_out",
    ),
    Guard(
        "a tarball's sizes are capped by its headers",
        _TAR,
        "if left < 0:",
        "if False:",
        f"{_OF_TAR}::test_caps",
    ),
    Guard(
        "a tarball's headers are capped themselves",
        _TAR,
        "if self.type in _EXTENDED and self.size > _HEADER_BYTES:",
        "if False:",
        f"{_OF_TAR}::test_a_bomb_stays_small",
    ),
    Guard(
        "a tarball leaves its folder nowhere",
        _TAR,
        '    if ".." in parts:\n',
        "    if False:\n",
        f"{_OF_TAR}::test_an_unsafe_tarball_is_refused",
    ),
    Guard(
        "a tarball has no hard links",
        _TAR,
        "    if member.islnk():\n"
        '        raise BadPayload(f"the tarball has a hard link: {member.name!r}")\n',
        "",
        f"{_OF_TAR}::test_hard_links_multiply_and_are_refused",
    ),
    Guard(
        "a tarball writes through no link",
        _TAR,
        "    _refuse_files_used_as_folders(tree)\n",
        "",
        f"{_OF_TAR}::test_writing_through_a_symlink_is_refused",
    ),
    Guard(
        "a checkout makes us run none of its programs",
        "workers/fixes/steps/local.py",
        '"-c", "core.fsmonitor=false", ',
        "",
        "tests/unit/test_checkout.py",
    ),
)
