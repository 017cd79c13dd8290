"""Trees, tarballs, patches; git itself is the judge of the text."""

import gzip
import io
import random
import subprocess
import tarfile
import tracemalloc
import zlib
from collections.abc import Iterable
from itertools import repeat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from properties import examples

from bot.domain.errors import BadPayload, TooLarge, UserError
from bot.domain.fixes.patch import (
    EXECUTABLE,
    SYMLINK,
    Entry,
    Patch,
    apply,
    diff,
    matcher,
    tar_from_tree,
    tree_from_tar,
    unwanted,
)
from bot.domain.fixes.patch.lines import compared, split_lines

lines = st.sampled_from([b"a\n", b"b\n", b"c\r\n", b"\n", b"    d\n", b"+x\n", b"- y\n"])
contents = st.one_of(
    st.lists(lines, max_size=40).map(b"".join),
    st.tuples(st.lists(lines, max_size=12).map(b"".join), st.binary(max_size=12)).map(b"".join),
)
names = st.sampled_from(
    ["a.py", "b c.txt", 'q"uote', "ünï.md", "d/e.py", "d/f/g", "tab\there", "back\\slash", "z"]
)
entries = st.builds(Entry, mode=st.sampled_from([0o100644, 0o100755]), data=contents) | st.builds(
    Entry, mode=st.just(SYMLINK), data=st.sampled_from([b"a.py", b"../x", b"d/e.py"])
)
trees = st.dictionaries(names, entries, max_size=6)


@given(trees, trees)
def test_applying_a_diff_gives_the_other_tree(before, after):
    patch = diff(before, after)
    assert apply(before, patch) == after
    assert apply(after, patch.reverse) == before
    assert Patch.model_validate_json(patch.model_dump_json()) == patch
    assert bool(patch) == (before != after)


@given(trees)
def test_a_tree_survives_its_tarball(tree):
    assert tree_from_tar(tar_from_tree(tree)) == tree
    assert tar_from_tree(tree) == tar_from_tree(dict(reversed(tree.items())))


@given(st.lists(lines, max_size=30), st.lists(lines, max_size=30))
@example([b"a\n"] * 30, [b"a\n"] * 3)
def test_opcodes_rebuild_the_new_text(old, new):
    rebuilt = []
    for tag, old_from, old_to, new_from, new_to in compared(old, new).get_opcodes():
        rebuilt += old[old_from:old_to] if tag == "equal" else new[new_from:new_to]
    assert rebuilt == new


@pytest.mark.parametrize(
    ("size", "kinds"), [(30, 5), (2_000, 5), (4_000, 200), (40_000, 2_000), (40_000, 100_000)]
)
def test_only_what_was_edited_is_in_the_patch(size, kinds):
    """Also where the same few lines come again and again."""
    dice = random.Random(size)
    old = [b"%d\n" % dice.randrange(kinds) for _ in range(size)]
    new = [b"first\n", *old[1 : size // 2], b"more\n", *old[size // 2 : -1], b"last\n"]
    patch = diff({"a": Entry(data=b"".join(old))}, {"a": Entry(data=b"".join(new))})
    assert (patch.stats.added, patch.stats.removed) == (3, 2)


def _checkout(folder: Path, tree) -> None:
    for path, entry in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if entry.is_symlink:
            target.symlink_to(entry.target)
        else:
            target.write_bytes(entry.data)
            target.chmod(entry.git_mode & 0o777)


def _read(folder: Path):
    found = {}
    for path in folder.rglob("*"):
        if ".git" in path.parts or (path.is_dir() and not path.is_symlink()):
            continue
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = Entry(mode=SYMLINK, data=str(path.readlink()).encode())
        else:
            mode = EXECUTABLE if path.stat().st_mode & 0o100 else 0o100644
            found[name] = Entry(mode=mode, data=path.read_bytes())
    return found


def _git(folder: Path, *args: str, data: bytes | None = None) -> bytes:
    command = ["git", "-c", "core.autocrlf=false", "-c", "user.name=t", "-c", "user.email=t@t"]
    done = subprocess.run([*command, *args], cwd=folder, input=data, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@examples(40)
@given(before=trees, after=trees)
@example({"a": Entry(data=b"")}, {"b": Entry(data=b"")})
@example({"a": Entry(data=b"x\r\ny")}, {"a": Entry(data=b"x\r\nz\r\n")})
@example({"a": Entry(data=b"x\n")}, {"a": Entry(mode=SYMLINK, data=b"b")})
@example({"a": Entry(data=b"\0\1")}, {"a": Entry(data=bytes(range(256)) * 9)})
@example({"a": Entry(data=b"x\n")}, {"a": Entry(mode=EXECUTABLE, data=b"x\n")})
def test_git_applies_the_text(tmp_path_factory, before, after):
    folder = tmp_path_factory.mktemp("repository")
    _checkout(folder, before)
    patch = diff(before, after)
    if patch:
        _git(folder, "init", "-q")
        _git(folder, "add", "-A")
        _git(folder, "apply", "--whitespace=nowarn", "-", data=patch.unified_bytes)
    assert _read(folder) == after


def test_the_text_is_what_git_prints(tmp_path):
    before = {
        "shop/cart.py": Entry(
            data=b"".join(b"%s %d\n" % (b"  line" if n % 5 else b"line", n) for n in range(30))
        ),
        "run.sh": Entry(data=b"echo\n"),
        "old name.txt": Entry(data=b"gone\n"),
        "dos.txt": Entry(data=b"one\r\ntwo\r\n"),
        "end.txt": Entry(data=b"no newline"),
    }
    after = {
        "shop/cart.py": Entry(
            data=before["shop/cart.py"]
            .data.replace(b"  line 4\n", b"  line four\n")
            .replace(b"  line 22\n", b"  line 22\n  extra\n")
        ),
        "run.sh": Entry(mode=EXECUTABLE, data=b"echo\n"),
        "dos.txt": Entry(data=b"one\r\n2\r\n"),
        "end.txt": Entry(data=b"no newline\nnow"),
        "empty": Entry(),
        "naïve.py": Entry(data=b"x = 1\n"),
    }
    _checkout(tmp_path, before)
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-qm", "base")
    for path in tmp_path.iterdir():
        if path.is_file():
            path.unlink()
    _checkout(tmp_path, after)
    _git(tmp_path, "add", "-A")
    printed = _git(tmp_path, "diff", "--cached", "--binary", "--no-renames")
    ours = diff(before, after)
    assert ours.unified_bytes == printed
    assert ours.stats.files == 7
    assert (ours.stats.added, ours.stats.removed) == (6, 4)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("/etc/passwd", tarfile.REGTYPE),
        ("../up", tarfile.REGTYPE),
        ("a/../../up", tarfile.REGTYPE),
        ("dev", tarfile.CHRTYPE),
        ("dev", tarfile.BLKTYPE),
        ("pipe", tarfile.FIFOTYPE),
        ("hard", tarfile.LNKTYPE),
    ],
)
def test_an_unsafe_tarball_is_refused(name, kind):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(BadPayload):
        tree_from_tar(buffer.getvalue())


def _tar(*members: tuple[str, bytes, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(content)
            else:
                info.linkname = content
            tar.addfile(info, io.BytesIO(content.encode()))
    return buffer.getvalue()


def test_writing_through_a_symlink_is_refused():
    with pytest.raises(BadPayload, match="as a folder"):
        tree_from_tar(_tar(("a", tarfile.SYMTYPE, "/etc"), ("a/cron", tarfile.REGTYPE, "x")))


def test_the_same_path_twice_is_refused():
    with pytest.raises(BadPayload, match="twice"):
        tree_from_tar(_tar(("a", tarfile.REGTYPE, "x"), ("./a", tarfile.REGTYPE, "y")))


def test_hard_links_multiply_and_are_refused():
    with pytest.raises(BadPayload, match="hard link: 'b'"):
        tree_from_tar(_tar(("a", tarfile.REGTYPE, "x"), ("b", tarfile.LNKTYPE, "a")))


def test_caps():
    many = _tar(*((f"f{n}", tarfile.REGTYPE, "") for n in range(20)))
    with pytest.raises(TooLarge, match="10 files"):
        tree_from_tar(many, max_files=10)
    folders = _tar(*((f"d{n}", tarfile.DIRTYPE, "") for n in range(20)))
    with pytest.raises(TooLarge, match="10 files"):
        tree_from_tar(folders, max_files=10, skip=lambda path: True)
    large = _tar(("a", tarfile.REGTYPE, "x" * 600), ("b", tarfile.REGTYPE, "x" * 600))
    assert tree_from_tar(large, max_bytes=1_200)
    for skip in (lambda path: False, lambda path: True):
        with pytest.raises(TooLarge, match="more bytes"):
            tree_from_tar(large, max_bytes=1_100, skip=skip)
    for name in ("a" * 1_100, "a/" * 200 + "b"):
        with pytest.raises(TooLarge, match="longer path"):
            tree_from_tar(_tar((name, tarfile.REGTYPE, "")))
    with pytest.raises(TooLarge, match="longer link"):
        tree_from_tar(_tar(("a", tarfile.SYMTYPE, "b" * 1_100)))
    for garbage in (b"", b"no tar" * 200, b"\x1f\x8bgarbage", gzip.compress(b"no tar" * 200)):
        with pytest.raises(BadPayload):
            tree_from_tar(garbage)


def _one(name="a", size=0, kind=tarfile.REGTYPE, form=tarfile.PAX_FORMAT, pax=()) -> bytes:
    """A header without what it promises."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.pax_headers = size, kind, dict(pax)
    return info.tobuf(form)


def _sparse(version: str) -> bytes:
    """3 GB of nothing, in the ways of GNU tar."""
    size, data = "3000000000", bytes(10_240)
    if version == "gnu":
        return _one(kind=tarfile.GNUTYPE_SPARSE, size=512) + data
    pax = {
        "0.0": {"GNU.sparse.size": size, "GNU.sparse.numblocks": "0"},
        "0.1": {"GNU.sparse.size": size, "GNU.sparse.map": "0,0"},
        "1.0": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": size},
    }[version]
    return _one(size=512, pax=pax) + b"1\n0\n0\n".ljust(512, b"\0") + data


def _gzipped(parts: Iterable[bytes]) -> bytes:
    """All of them, which are too much to hold at once."""
    packer = zlib.compressobj(1, wbits=31)
    return b"".join([*map(packer.compress, parts), packer.flush()])


_MEGABYTE = bytes(1_000_000)
BOMBS = {
    "zeros, gzipped": lambda: _gzipped(
        [_one(size=400_000_000), *repeat(_MEGABYTE, 400), bytes(1_024)]
    ),
    "many zeros, gzipped": lambda: _gzipped(
        part for n in range(400) for part in (_one(f"f{n}", 1_000_000), _MEGABYTE, bytes(448))
    ),
    "a size that is not there": lambda: _one(size=8_000_000_000) + bytes(1_024),
    "a size below zero": lambda: _one(pax={"size": "-1024"}) + bytes(2_048),
    "a header below zero": lambda: _one(size=-1024, form=tarfile.GNU_FORMAT) + bytes(2_048),
    "a long name": lambda: _one(kind=tarfile.GNUTYPE_LONGNAME, size=60_000_000) + bytes(60_000_512),
    "an extended header": lambda: _one(kind=tarfile.XHDTYPE, size=60_000_000) + bytes(60_000_512),
    **{f"holes, {v}": lambda v=v: _sparse(v) for v in ("gnu", "0.0", "0.1", "1.0")},
}


def _held_by_refusing(data: bytes, **caps: int) -> int:
    """The most bytes that were held meanwhile."""
    tracemalloc.start()
    try:
        with pytest.raises((TooLarge, BadPayload)):
            tree_from_tar(data, **caps)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_stays_small(bomb):
    assert _held_by_refusing(BOMBS[bomb]()) < 64_000_000


def test_as_many_files_as_we_take_stay_small():
    """A tenth of them, a tenth of the memory."""
    many = gzip.compress(b"".join(_one(f"a/f{n}") for n in range(11_000)), 1)
    assert _held_by_refusing(many, max_files=10_000) < 6_400_000


def test_a_github_tarball_loses_its_first_folder():
    tree = tree_from_tar(_tar(("o-r-sha/a/b.py", tarfile.REGTYPE, "x")), strip=1)
    assert list(tree) == ["a/b.py"]


def test_droppings_and_ignored_files_are_left_out():
    before = {
        "a.py": Entry(data=b"1\n"),
        ".gitignore": Entry(data=b"target/\n*.log\n"),
        "kept.log": Entry(data=b"1\n"),
    }
    after = before | {
        "a.py": Entry(data=b"2\n"),
        "kept.log": Entry(data=b"2\n"),
        "x.log": Entry(data=b"new"),
        "target/debug/app": Entry(data=b"\0"),
        "__pycache__/a.cpython-311.pyc": Entry(data=b"\0"),
        "pkg/.pytest_cache/README.md": Entry(data=b""),
        "node_modules/left-pad/index.js": Entry(data=b""),
        ".coverage": Entry(data=b""),
        ".soulcaster/task.json": Entry(data=b"{}"),
        ".git/config": Entry(data=b"[core]"),
        "a.pyc": Entry(data=b""),
    }
    assert diff(before, after).paths == ("a.py", "kept.log")


def test_an_agent_cannot_hide_a_file_by_ignoring_it():
    after = {".gitignore": Entry(data=b"evil.py\n"), "evil.py": Entry(data=b"x")}
    assert diff({}, after).paths == (".gitignore", "evil.py")


IGNORE = """
# a comment
*.log
!important.log
/build
docs/*.txt
**/cache
foo/**
a/**/b
temp/
te?t.md
[ab]c.py
[!x]y.z
\\#hash
\\!bang
trailing\\ \n"""
SAMPLES = [
    "x.log",
    "important.log",
    "d/x.log",
    "build",
    "d/build",
    "build/x",
    "docs/a.txt",
    "docs/d/a.txt",
    "cache",
    "d/cache/x",
    "foo",
    "foo/x",
    "foo/y/z",
    "a/b",
    "a/x/b",
    "a/x/y/b/c",
    "temp",
    "temp/x",
    "d/temp/x",
    "test.md",
    "tet.md",
    "te/t.md",
    "ac.py",
    "bc.py",
    "cc.py",
    "qy.z",
    "xy.z",
    "#hash",
    "!bang",
    "d/#hash",
    "other",
]


@pytest.mark.parametrize("path", SAMPLES)
def test_ignoring_agrees_with_git(tmp_path_factory, path):
    folder = tmp_path_factory.mktemp("ignore")
    (folder / ".gitignore").write_text(IGNORE)
    _git(folder, "init", "-q")
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("")
    said = subprocess.run(["git", "check-ignore", "-q", path], cwd=folder, check=False)
    rules = {".gitignore": Entry(data=IGNORE.encode())}
    assert unwanted(rules)(path) == (said.returncode == 0)


def test_the_deepest_ignore_file_decides_and_a_folder_hides_all_it_holds():
    tree = {
        ".gitignore": Entry(data=b"*.log\nbuild\nkept/**\n!kept/this\n[z-\n\\\n"),
        "sub/.gitignore": Entry(data=b"!*.log\nown\n"),
    }
    paths = (
        "a.log sub/a.log sub/d/a.log own sub/own sub/d/own/x build/sub/a.log kept/this kept/that"
    )
    ignored = [path for path in paths.split() if unwanted(tree)(path)]
    assert ignored == ["a.log", "sub/own", "sub/d/own/x", "build/sub/a.log", "kept/that"]


def test_a_hostile_pattern_cannot_keep_the_matching_busy():
    assert not matcher(["a*" * 30 + "b"])("a" * 250 + "b")
    assert not matcher(["/".join(["**/a"] * 4)])("a/" * 2_000 + "a")
    assert matcher(["**/a*a*.py"])("x/" * 10 + "aba.py")


def test_a_patch_that_does_not_fit_is_refused():
    patch = diff({"a": Entry(data=b"1")}, {"a": Entry(data=b"2")})
    with pytest.raises(UserError, match="a has changed since"):
        apply({"a": Entry(data=b"3")}, patch)


def test_a_hostile_file_cannot_keep_the_diff_busy():
    old, new = [b"same\n", b"x\n"] * 60_000, [b"y\n", b"same\n", b"same\n"] * 40_000
    assert len(compared(old, new).get_opcodes()) == 1, "too much to look at: replaced as a whole"
    unlike = [b"%d\n" % number for number in range(20_000)]
    every_other = [b"new\n" if number % 2 else b"%d\n" % number for number in range(20_000)]
    assert 1 < len(compared(unlike, every_other).get_opcodes()) < 10_000, "as far as it got"


def test_lines_end_at_lf_only():
    assert split_lines(b"a\rb\x0bc\r\nd") == [b"a\rb\x0bc\r\n", b"d"]
