"""Where control groups may be made, read from files as the kernel writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.sandboxes import cgroups
from bot.adapters.sandboxes.cgroups import Parent
from bot.domain.ports import Limits

DOCKER = "/docker/4f2a"


def process(folder: Path, groups: str, mounts: str) -> Path:
    """A /proc/<pid> with these two files."""
    (folder / "cgroup").write_text(groups)
    (folder / "mountinfo").write_text(mounts)
    return folder


def test_version_1_has_a_place_for_each_controller(tmp_path: Path) -> None:
    here = process(
        tmp_path,
        "9:name=systemd:/\n8:pids:/\n4:memory:/server/7\n2:cpuacct,cpu:/\n0::/\n",
        "35 31 0:32 / /cg/memory rw,relatime - cgroup cgroup rw,memory\n"
        "36 31 0:33 / /cg/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
        "39 31 0:36 / /cg/pids rw,relatime - cgroup cgroup rw,pids\n"
        "40 31 0:37 / /cg/systemd rw,relatime - cgroup cgroup rw,name=systemd\n",
    )
    assert list(cgroups.groups_of(here)) == [
        Parent(Path("/cg/memory/server/7"), frozenset({"memory"})),
        Parent(Path("/cg/cpu"), frozenset({"cpu"})),
        Parent(Path("/cg/pids"), frozenset({"pids"})),
    ]


def test_version_2_has_one(tmp_path: Path) -> None:
    here = process(
        tmp_path,
        "0::/system.slice/soulcaster.service\n",
        "24 23 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
    )
    place = Path("/sys/fs/cgroup/system.slice/soulcaster.service")
    assert list(cgroups.groups_of(here)) == [Parent(place, frozenset())]


def test_a_container_sees_its_own_part_of_the_tree(tmp_path: Path) -> None:
    here = process(
        tmp_path,
        f"4:memory:{DOCKER}\n",
        f"35 31 0:32 {DOCKER} /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
    )
    place = Path("/sys/fs/cgroup/memory")
    assert list(cgroups.groups_of(here)) == [Parent(place, frozenset({"memory"}))]


def test_without_any_there_is_no_place(tmp_path: Path) -> None:
    assert list(cgroups.groups_of(tmp_path)) == []
    assert cgroups.writable(process(tmp_path, "0::/\n", "")) == ()


def test_a_folder_that_is_none_of_the_kernel_s_is_no_place(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no folder of control groups"):
        cgroups.make([Parent(tmp_path, frozenset({"memory"}))], Limits())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("files", "written"),
    [
        (
            ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.max"),
            ("104857600", "0", "1", "20", "150000 100000"),
        ),
        (("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"), ("104857600",) * 2),
        (("cpu.cfs_period_us", "cpu.cfs_quota_us"), ("100000", "150000")),
    ],
)
def test_a_group_gets_the_limits_that_its_version_has(
    tmp_path: Path, files: tuple[str, ...], written: tuple[str, ...]
) -> None:
    for file in files:
        (tmp_path / file).touch()
    cgroups.limit(tmp_path, Limits(memory_mb=100, processes=20, cpus=1.5))
    assert tuple((tmp_path / file).read_text() for file in files) == written
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)


def test_the_kernel_says_what_it_has_refused(tmp_path: Path) -> None:
    assert cgroups.out_of_memory([tmp_path]) == 0
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 31\noom 2\noom_kill 1\n")
    (tmp_path / "pids.events").write_text("max 7\n")
    assert (cgroups.out_of_memory([tmp_path]), cgroups.out_of_processes([tmp_path])) == (1, 7)
    old = tmp_path / "v1"
    old.mkdir()
    (old / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
    assert cgroups.out_of_memory([old]) == 3
