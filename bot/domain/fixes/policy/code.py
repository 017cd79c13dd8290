"""Added code that a reviewer should look at twice."""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator

from bot.domain.fixes.patch import Change, Patch, Tree, text_of
from bot.domain.fixes.policy.rules import Finding, flag, refuse
from bot.domain.fixes.python import parsed
from bot.domain.fixes.testfiles import is_test_file

# What reaches out of the process, by the name it is called with.
_REACHING = re.compile(
    r"(subprocess|socket|requests|httpx|urllib|urllib3|http\.client|aiohttp|ftplib|smtplib|ctypes|"
    r"telnetlib|paramiko|multiprocessing|marshal|pty)(\..*)?"
    r"|os\.(system|popen|exec\w*|spawn\w*|posix_spawn\w*|fork\w*|kill|environ\.copy|putenv)"
    r"|getattr\((__builtins__|builtins|os|sys)\b.*|(__builtins__|builtins)\..*|globals\(\)\[.*"
    r"|pickle\.loads?|shutil\.rmtree|eval|exec|compile|__import__|importlib\.import_module"
)
_REACHING_ELSEWHERE = re.compile(
    r"child_process|\bfetch\(|XMLHttpRequest|WebSocket\(|\beval\(|new Function\("
    r"|\b(globalThis|window|global|process)\["
    r"|require\(['\"](https?|net|dgram|dns)['\"]\)"
    r"|\"(net/http|os/exec|net|syscall|unsafe)\"|exec\.Command\(|http\.(Get|Post)\("
    r"|Runtime\.getRuntime\(\)|ProcessBuilder|HttpURLConnection|std::process|Command::new|TcpStream"
    r"|\bcurl\b|\bwget\b|\bnc\b -|/dev/tcp/|base64 -d|\bsystem\(|\bpopen\(|Net::HTTP|Kernel\.exec"
)
_EXITING = re.compile(r"sys\.exit|os\._exit|os\.abort|pytest\.exit|exit|quit|SystemExit")
_EXITING_ELSEWHERE = re.compile(
    r"process\.(exit|abort)\(|os\.Exit\(|System\.exit\(|process::exit\("
)
_UNDER_TEST = re.compile(
    r"PYTEST_CURRENT_TEST|PYTEST_VERSION|JEST_WORKER_ID|VITEST|NODE_ENV\W{1,6}test\b"
    r"|sys\.modules\W.*(pytest|unittest)|(pytest|unittest)\W.*sys\.modules"
    r"|inspect\.stack\(|sys\._getframe|inspect\.currentframe|testing\.Testing\(\)"
)
_COMMAND_LINE = re.compile(
    r"(^|/)(__main__|cli|main|manage|cmd|run\w*|bin|scripts?|tools?)(\.|/|$)"
)
_COMMAND_LINE_TEXT = re.compile(r"argparse|click|typer|__name__ *==|func main\(|process\.argv")
_PROSE = re.compile(r".*\.(md|rst|txt|adoc|html?|css|svg|po)", re.IGNORECASE)


def odd_calls(change: Change) -> Iterator[Finding]:
    """Calls to network, processes and exits where the file made none before."""
    if change.after is None or change.is_binary or _PROSE.fullmatch(change.path):
        return
    path, text = change.path, change.after.data.decode("utf-8", "replace")
    before = change.before.data.decode("utf-8", "replace") if change.before else ""
    added = b"".join(change.lines[1]).decode("utf-8", "replace")
    if not is_test_file(path) and _UNDER_TEST.search(added):
        yield refuse("test detection", path, "asks whether it runs under test")
    exits_are_usual = _COMMAND_LINE.search(path) or _COMMAND_LINE_TEXT.search(before or text)
    if path.endswith(".py"):
        calls = Counter(_calls(text)) - Counter(_calls(before))
        known = _imported(before)
        reaching = {
            name
            for name in calls
            if _REACHING.fullmatch(name) and name.partition(".")[0] not in known - {"os"}
        } | {name for name in _imported(text) - known if _REACHING.fullmatch(name)}
        exiting = {name for name in calls if _EXITING.fullmatch(name)}
    else:
        reaching = set(_found(_REACHING_ELSEWHERE, added)) - set(
            _found(_REACHING_ELSEWHERE, before)
        )
        exiting = set(_found(_EXITING_ELSEWHERE, added))
    for name in sorted(reaching):
        yield flag("reaches out", path, f"newly uses {name}, which reaches out of the program")
    for name in sorted(exiting) if not exits_are_usual else ():
        yield flag("exit", path, f"newly ends the whole process ({name})")


def _found(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    return (match[0].strip("( ") for match in pattern.finditer(text))


def _calls(text: str) -> Iterator[str]:
    """Dotted names called or raised, as written."""
    for node in ast.walk(parsed(text) or ast.Module([], [])):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name):
            yield node.exc.id


def _imported(text: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(parsed(text) or ast.Module([], [])):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def special_cases(patch: Patch, proof_tests: Collection[str], tree: Tree) -> Iterator[Finding]:
    """Code that asks for the very values of the reproducing test."""
    literals: set[object] = set()
    for test in proof_tests:
        literals |= _literals(parsed(text_of(tree.get(test))))
    for change in patch.changes:
        path = change.path
        if not path.endswith(".py") or is_test_file(path) or not change.after:
            continue
        before = _asked_for(parsed(text_of(change.before)))
        after = _asked_for(parsed(text_of(change.after)))
        for value in sorted(map(repr, (after - before).keys() & literals)):
            yield flag(
                "special case", path, f"asks for {value[:40]}, a value of the reproducing test"
            )


def _is_telling(node: ast.AST) -> bool:
    """Whether a constant is particular enough to betray its test."""
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    if isinstance(node.value, str | bytes):
        return len(node.value) >= 2
    return isinstance(node.value, int | float) and abs(node.value) > 2


def _literals(tree: ast.Module | None) -> set[object]:
    nodes = ast.walk(tree or ast.Module([], []))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and _is_telling(node)}


def _asked_for(tree: ast.Module | None) -> Counter[object]:
    """Constants compared with, matched against or looked up by."""
    found: Counter[object] = Counter()
    for node in ast.walk(tree or ast.Module([], [])):
        match node:
            case ast.Compare():
                candidates = [part for side in node.comparators for part in ast.walk(side)]
                candidates += ast.walk(node.left)
            case ast.Dict():
                candidates = [part for key in node.keys if key for part in ast.walk(key)]
            case ast.MatchValue():
                candidates = [node.value]
            case _:
                continue
        found.update(
            part.value
            for part in candidates
            if isinstance(part, ast.Constant) and _is_telling(part)
        )
    return found
