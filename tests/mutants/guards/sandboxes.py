"""What a sandbox reaches, sees and takes."""

from .guard import Guard

_LOCAL = "bot/adapters/sandboxes/local.py"
_ISOLATION = "bot/adapters/sandboxes/isolation.py"
_WATCHDOG = "bot/adapters/sandboxes/watchdog.py"
_SECCOMP = "bot/adapters/sandboxes/seccomp.py"
_REGISTRY = "bot/adapters/sandboxes/registry.py"
_MACHINE = "bot/adapters/sandboxes/machine.py"
_OF_BUILDS = "tests/contract/test_environments.py"
_OF_LANGUAGES = "tests/contract/test_languages.py"
_OF_WALLS = "tests/unit/test_isolation.py"
_OF_LOCAL = "tests/contract/test_sandbox_local.py"
_OF_LIMITS = "tests/contract/test_sandbox_limits.py"

GUARDS = (
    Guard(
        "a sandbox has no network",
        _ISOLATION,
        '    yield "--unshare-net"\n',
        "    pass\n",
        _OF_WALLS,
    ),
    Guard(
        "a sandbox is given no environment of ours",
        _ISOLATION,
        ', "--clearenv")',
        ")",
        _OF_WALLS,
    ),
    Guard(
        "the system's folders are read-only",
        _ISOLATION,
        '("--ro-bind", "/usr", "/usr")',
        '("--bind", "/usr", "/usr")',
        _OF_WALLS,
    ),
    Guard(
        "a sandbox's command gains no power",
        _ISOLATION,
        '"--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")\n\n\ndef _each',
        '"--inh-caps=-all")\n\n\ndef _each',
        _OF_WALLS,
    ),
    Guard(
        "a sandbox opens no namespaces",
        _SECCOMP,
        "for name in (*_MOUNTS, *_SPACES, *_KERNEL):",
        "for name in (*_MOUNTS, *_KERNEL):",
        "tests/unit/test_seccomp.py",
    ),
    Guard(
        "clone makes no namespace",
        _SECCOMP,
        '    yield from _rule(calls["clone"], _unless_any(_NAMESPACES))\n',
        "",
        "tests/unit/test_seccomp.py",
    ),
    Guard(
        "code of another kind calls nothing",
        _SECCOMP,
        "    yield (_RETURN, 0, 0, _KILL)  # 32-bit code has calls of other numbers\n",
        "    yield (_RETURN, 0, 0, _ALLOW)\n",
        "tests/unit/test_seccomp.py",
    ),
    Guard(
        "unisolated runs only what is trusted",
        _LOCAL,
        "if found is None and self._trusted.isdisjoint(what):",
        "if False:",
        f"{_OF_LOCAL}::test_without_isolation_only_trusted_repositories_run",
    ),
    Guard(
        "the network is not opened wider than asked",
        _LOCAL,
        "if egress:",
        "if False:",
        f"{_OF_LOCAL}::test_egress_to_hosts_is_refused_not_widened",
    ),
    Guard(
        "memory counts together",
        _WATCHDOG,
        "over = not self._memory_is_held and held > self._limits.memory_mb << 20",
        "over = False",
        f"{_OF_LOCAL}::test_memory_counts_together",
    ),
    Guard(
        "processes are counted",
        _WATCHDOG,
        "if len(running) > self._limits.processes:",
        "if False:",
        f"{_OF_LOCAL}::test_too_many_processes",
    ),
    Guard(
        "the disk is counted",
        _WATCHDOG,
        "if self._used() + on_disk > self._limits.disk_mb << 20:",
        "if False:",
        f"{_OF_LIMITS}::test_whoever_takes_too_much_is_told",
    ),
    Guard(
        "a path of a sandbox is inside it",
        "bot/adapters/sandboxes/contents.py",
        'if path.startswith("/") or ".." in parts or "\\0" in path:',
        "if False:",
        "tests/contract/test_sandbox.py::test_paths_cannot_leave",
    ),
    Guard(
        "output is capped",
        "bot/adapters/sandboxes/contents.py",
        "        del self._tail[: -(self._limit - half)]\n",
        "",
        "tests/contract/test_sandbox.py::test_output_is_capped",
    ),
    Guard(
        "a build fetches only what a page has listed",
        _REGISTRY,
        "        if url is None:\n            raise web.HTTPNotFound\n",
        '        url = url or f"http://127.0.0.1{request.path}"\n',
        f"{_OF_BUILDS}::test_nothing_else_is_passed_on",
    ),
    Guard(
        "of Maven nothing beside its layout is asked for",
        _REGISTRY,
        'if not _LAYOUT.fullmatch(request.match_info["path"]):',
        "if False:",
        _OF_LANGUAGES,
    ),
    Guard(
        "no repository of Maven leads elsewhere",
        _REGISTRY,
        'allow_redirects=request.match_info.get("kind") != "maven",',
        "allow_redirects=True,",
        _OF_LANGUAGES,
    ),
    Guard(
        "a build asks for few things that are not there",
        _REGISTRY,
        "if not more and self._missed > MAX_MISSES:",
        "if False:",
        _OF_LANGUAGES,
    ),
    Guard(
        "what was installed is read-only",
        _MACHINE,
        'return ["--ro-bind", str(kept), inside_, *modules, *out]',
        'return ["--bind", str(kept), inside_, *modules, *out]',
        f"{_OF_BUILDS}::test_nobody_changes_it_afterwards",
    ),
    Guard(
        "environments are bounded",
        "bot/adapters/sandboxes/environments.py",
        "                self._make_room(self._max - size)\n",
        "",
        f"{_OF_BUILDS}::test_the_least_used_goes_first",
    ),
)
