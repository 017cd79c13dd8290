"""What the demo's reports offer, run: red on the shop as it is, for the reason reported."""

from pathlib import Path

import pytest
import yaml

from bot.adapters.sandboxes.local import LocalSandboxes
from bot.domain.fixes.patch import Entry, tar_from_tree
from bot.domain.fixes.reproduction import BugReport, attempts, graded
from bot.domain.fixes.testplan import how_to_test
from bot.domain.ports import Limits

DEMO = Path(__file__).parents[2] / "handlers" / "demo"
SHOWN = {
    "last-page-missing",
    "refund-without-vat",
    "coupon-spaces",
    "saved-lines-shared",
    "free-shipping-boundary",
    "reorder-new-product",
    "discount-loses-cents",
    "mail-swaps-name",
}


@pytest.fixture(scope="module")
def shop():
    folder = DEMO / "shop"
    return {
        str(path.relative_to(folder)): Entry(data=path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def reports():
    found: dict[str, list[BugReport]] = {}
    for number, row in enumerate(yaml.safe_load((DEMO / "reports" / "github.yml").read_text())):
        if "issue" in row:
            issue = row["issue"]
            report = BugReport(number=number, title=issue["title"], body=issue["body"])
            found.setdefault(row["problem"], []).append(report)
    return found


async def test_every_bug_of_the_shop_is_reproduced(shop, reports, tmp_path):
    best = {
        problem: found[0]
        for problem, about in reports.items()
        if (found := attempts(about, shop, name="C-1").tests)
    }
    assert set(best) == SHOWN
    plan = how_to_test(shop)
    adapter = LocalSandboxes(tmp_path, trusted=frozenset({"acme/shop"}))
    sandbox = await adapter.open(
        template="", limits=Limits(), key="k", labels={"repository": "acme/shop"}
    )
    await sandbox.upload(tar_from_tree(shop))
    for problem, one in best.items():
        await sandbox.write(one.path, one.source.encode())
        done = await sandbox.run(plan.command_for(one.path), timeout=60)
        assert done.exit_code == 1, (problem, done)
        assert graded(done.stdout + done.stderr, one.test, one.reason), (problem, done)
    await sandbox.kill()
