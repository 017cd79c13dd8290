"""The walls as bubblewrap is told of them, whether or not this machine can build them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.sandboxes.isolation import Way, isolated

HERE = Path("/data/s1")


def told(how: Way) -> list[str]:
    return isolated(
        how,
        HERE,
        ["make", "test"],
        uid=70_001,
        cwd=".",
        env={"LANG": "C.UTF-8"},
        tools=[Path("/opt/python")],
        calls=7,
    )


def after(argv: list[str], option: str, count: int = 1) -> list[tuple[str, ...]]:
    """What follows each ``option``."""
    places = [place for place, each in enumerate(argv) if each == option]
    return [tuple(argv[place + 1 : place + 1 + count]) for place in places]


@pytest.mark.parametrize("how", ["root", "user"])
def test_only_its_own_folders_are_writable(how: Way) -> None:
    argv = told(how)
    assert after(argv, "--bind", 2) == [
        ("/data/s1/tmp", "/tmp"),
        ("/data/s1/home", "/sandbox/home"),
        ("/data/s1/work", "/sandbox/work"),
    ]
    assert ("/opt/python", "/opt/python") in after(argv, "--ro-bind", 2)
    assert {("/",), ("/dev",)} == set(after(argv, "--remount-ro"))


@pytest.mark.parametrize("how", ["root", "user"])
def test_it_is_alone_and_sees_nothing_of_ours(how: Way) -> None:
    argv = told(how)
    assert {"--unshare-net", "--unshare-pid", "--unshare-ipc", "--clearenv"} <= set(argv)
    assert {"--die-with-parent", "--new-session"} <= set(argv)
    assert after(argv, "--setenv", 2) == [("LANG", "C.UTF-8")]
    assert after(argv, "--seccomp") == [("7",)]
    assert argv[-2:] == ["make", "test"]


def test_it_has_no_power() -> None:
    inside = told("root")[told("root").index("--") :]
    assert inside[1:4] == ["setpriv", "--reuid=70001", "--regid=70001"]
    assert {"--clear-groups", "--no-new-privs", "--bounding-set=-all"} <= set(inside)
    user = told("user")
    assert "--disable-userns" in user
    assert after(user, "--cap-drop") == [("ALL",)]
