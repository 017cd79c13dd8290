"""The list of guards that ``make mutants`` breaks: it does not rot."""

import re
from pathlib import Path

import pytest
from mutants.guards import GUARDS, Guard

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.what)
def test_a_guard_stands_where_the_list_says(guard: Guard) -> None:
    text = (PROJECT / guard.path).read_text()
    assert text.count(guard.before) == 1
    if guard.path.endswith(".py"):
        compile(text.replace(guard.before, guard.after), guard.path, "exec")
    for test in guard.tests.split():
        path, *names = test.split("::")
        text = (PROJECT / path).read_text()
        for depth, name in enumerate(names):
            assert re.search(rf"^{'    ' * depth}(class|(async )?def) {name}\b", text, re.M)


def test_each_is_there_once() -> None:
    assert len({guard.what for guard in GUARDS}) == len(GUARDS)
    assert len({(guard.path, guard.before) for guard in GUARDS}) == len(GUARDS)
