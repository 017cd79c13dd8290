"""pytest, through its plugin hooks; its configuration is paid once where that is safe."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from bot.adapters.agents.mechanic.engine.report import RunReport
from bot.adapters.agents.mechanic.engine.runners.order import ordered
from bot.adapters.agents.mechanic.engine.swap import hold

_Hook = TypeVar("_Hook")


class Pytest:
    """Runs node ids of pytest."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.tree: str = setup["tree"]
        self.tests = {os.path.join(self.tree, path) for path in setup["tests"]}
        self.options = [*setup["options"], "-q", "-p", "no:cacheprovider", "--capture=sys"]
        self.options += [f"--rootdir={self.tree}", "--maxfail=1000000", "--tb=no", "--no-header"]
        self.options += ["--continue-on-collection-errors", "-p", "no:randomly"]
        self.plugin: Any = None
        self.session: Any = None

    def warm(self) -> None:
        """Import pytest; start its session ahead unless that imports code under repair."""
        import pytest

        if not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
            for module, option in (("pytest_cov", "--no-cov"), ("xdist", "-n0")):
                if importlib.util.find_spec(module) is not None:
                    self.options.append(option)
        self.plugin = _plugin(pytest)
        probe = os.fork()
        if probe == 0:
            code = 1
            try:
                self._configure()
                code = int(self._has_imported_code())
            finally:
                os._exit(code)
        if os.waitpid(probe, 0)[1] == 0:
            self._configure()

    def _configure(self) -> None:
        from _pytest.config import _prepareconfig
        from _pytest.main import Session

        config = _prepareconfig(list(self.options), [self.plugin])
        config._do_configure()
        session = Session.from_config(config)
        config.hook.pytest_sessionstart(session=session)
        self.session = session

    def _has_imported_code(self) -> bool:
        files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        return any(
            name and name.startswith(self.tree + os.sep) and name not in self.tests
            for name in files
            if isinstance(name, str)
        )

    def run(self, targets: list[str], report: RunReport) -> int:
        """Collect ``targets`` and run the tests of the plan."""
        import pytest

        files = [os.path.isfile(target.partition("::")[0]) for target in targets or "-"]
        self.plugin.report = report
        self.plugin.alone = all(files) and int(pytest.__version__.split(".")[0]) > 7
        if self.session is None:
            return int(pytest.main([*self.options, *targets], plugins=[self.plugin]))
        config = self.session.config
        if targets:
            config.args = list(targets)
        config.hook.pytest_collection(session=self.session)
        config.hook.pytest_runtestloop(session=self.session)
        return int(bool(self.session.testsfailed))


def _plugin(pytest: Any) -> Any:
    """The plugin; made when pytest is known to be there."""

    def hook(**options: bool) -> Callable[[_Hook], _Hook]:
        return cast("Callable[[_Hook], _Hook]", pytest.hookimpl(**options))

    class Plugin:
        report: RunReport
        alone: bool

        def __init__(self) -> None:
            self.outcome: dict[str, str] = {}

        def pytest_ignore_collect(self) -> bool | None:
            # or each plugin reads every file beside those that are asked for
            return self.alone or None

        @hook(trylast=True)
        def pytest_collection_modifyitems(self, items: list[Any]) -> None:
            items[:] = ordered(items, lambda item: str(item.nodeid), self.report)

        @hook(tryfirst=True)
        def pytest_runtestloop(self) -> None:
            if self.report.orders is not None:
                hold(self.report.orders, self.report)

        @hook(hookwrapper=True, tryfirst=True)
        def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
            name = str(item.nodeid)
            self.outcome[name] = "passed"
            self.report.begin(name)
            yield
            self.report.end(name, self.outcome[name])
            if self.report.stopped:
                self.pytest_sessionfinish(2)  # laying out where it stopped costs more than tests
                item.session.shouldstop = "decided"

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                self.outcome[report.nodeid] = "failed"
            elif report.skipped and self.outcome.get(report.nodeid) == "passed":
                self.outcome[report.nodeid] = "skipped"

        def pytest_exception_interact(self, node: Any, call: Any, report: Any) -> None:
            error = call.excinfo.value if call.excinfo is not None else None
            if error is not None and type(error).__name__ == "CollectError":
                error = error.__cause__ or error  # the import that failed
            self.report.failure(str(node.nodeid), error)

        @hook(tryfirst=True)
        def pytest_sessionfinish(self, exitstatus: int) -> None:
            if self.report.plan.get("stop"):  # nothing that follows matters to a candidate
                self.report.finish(code=int(exitstatus), stopped=self.report.stopped)
                os._exit(0)

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                name = report.nodeid or "collection"
                self.report.begin(name)
                self.report.failure(name, None, str(report.longrepr)[-2000:])
                self.report.end(name, "failed")
                self.report.write(uncollected=name)

    return Plugin()
