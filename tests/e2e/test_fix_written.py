"""A report without an example: a scripted model writes the test, and we hold it to the report."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gemini_server as gemini
from aiohttp.test_utils import TestServer
from forks import run
from gemini_server import Body, GeminiServer, Reply

CALC = "def last_page(total, per_page):\n    return total // per_page + 1\n"
MENDS = "sed -i 's|total // per_page + 1|-(-total // per_page)|' calc.py"
TEST = "from calc import last_page\n\n\ndef test_pages():\n    assert last_page(21, 10) == 3\n"
REPORT = "# An empty page\n\nWith twenty products and ten a page I am shown an empty third page.\n"
PLAN = {
    "symptom": {"text": "Full last pages are followed by an empty one.", "items": [1]},
    "evidence": [{"text": "Twenty products, ten a page, show a third page.", "items": [1]}],
    "suspects": ["calc.py"],
    "approach": ["Divide rounding up."],
    "tests": ["last_page(20, 10) == 2"],
    "risks": ["No products at all."],
}


def written(question: str, **changed: Any) -> Body:
    source = f"from calc import last_page\n\n\ndef test_full_page():\n    assert {question}\n"
    return {
        "path": "tests/test_full_page.py",
        "source": source,
        "says": "20 products, 10 a page, are 2 pages, not 3",
        "report": 1,
        "quote": "I am shown an empty third page",
        "exception": "AssertionError",
        "actual": "3",
        **changed,
    }


RIGHT = written("last_page(20, 10) == 2")


@dataclass
class Model:
    """Drafts ``plan``, and writes ``tests`` one by one."""

    tests: list[Body]
    plan: Reply = field(default_factory=lambda: gemini.says(PLAN))
    asked: list[Body] = field(default_factory=list)

    def __iter__(self) -> Model:
        return self

    def __next__(self) -> gemini.Script:
        return self.answer

    def answer(self, body: Body) -> Reply:
        """To one request."""
        if "symptom" in body["generationConfig"]["responseJsonSchema"]["properties"]:
            return self.plan
        self.asked.append(body)
        return gemini.says(self.tests[len(self.asked) - 1])

    def told(self) -> Sequence[str]:
        """Why each earlier test was refused, as the model was told."""
        texts = [turn["contents"][0]["parts"][1]["text"] for turn in self.asked]
        read = [json.loads(text.partition("\n")[2].rpartition("\n")[0]) for text in texts]
        return [each["it_was_refused_because"] for each in read]


async def fix(folder: Path, model: Model) -> tuple[int, dict[str, Any], str]:
    """Exit code, proof and log of ``soulcaster fix`` on a small repository."""
    (folder / "repository" / "tests").mkdir(parents=True)
    for name, text in (("conftest.py", ""), ("calc.py", CALC), ("tests/test_calc.py", TEST)):
        (folder / "repository" / name).write_text(text)
    (folder / "report.md").write_text(REPORT)
    async with TestServer(GeminiServer(model).app()) as server:
        told = partial(
            run,
            *("fix", "repository", "--report", "report.md", "--out", "out"),
            *("--agent", "command", "--timeout", "4m"),
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "SOULCASTER_AGENT_COMMAND": MENDS,
                "GEMINI_API_KEY": "k-" + "1" * 30,
                "GEMINI_BASE_URL": str(server.make_url("/")),
            },
            timeout=180,
        )
        done = await asyncio.to_thread(told)
    proof = folder / "out" / "proof.json"
    assert proof.exists(), done.stdout + done.stderr
    log = (folder / "out" / "run.log").read_text()
    return done.returncode, json.loads(proof.read_text()), log + done.stdout + done.stderr


async def test_each_refusal_is_told_and_what_holds_is_proved_like_any_other(tmp_path: Path) -> None:
    escape = {"source": "import os\n" + RIGHT["source"]}
    model = Model([{**RIGHT, **escape}, written("last_page(21, 10) == 3"), RIGHT])
    code, proof, log = await fix(tmp_path, model)
    assert (code, proof["verdict"], len(model.asked)) == (0, "proved", 3), log
    first, second, third = model.told()
    assert first == ""
    assert "os is not the checkout's" in second
    assert "passes on the base" in third
    assert proof["reproduced"] == "written by a model"
    assert "tests/test_full_page.py" in proof["red"]["command"]
    patch = (tmp_path / "out" / "patch.diff").read_text()
    assert "As reported in I-1." in patch
    assert "calc.py" in patch


async def test_what_is_red_for_another_reason_is_no_reproduction(tmp_path: Path) -> None:
    otherwise = written("last_page(20, 10) == 2", actual="7")
    misfit = written("last_page(20) == 2")
    model = Model([otherwise, misfit, *[otherwise] * 3], plan=gemini.blocked())
    code, proof, log = await fix(tmp_path, model)
    assert (code, proof["verdict"], proof["red"]) == (1, "not reproduced", None), log
    assert len(model.asked) == 5
    assert "wrote 5 tests; none fails as reported" in log
    assert "it fails, but not with AssertionError 7" in model.told()[1]
    assert not (tmp_path / "out" / "patch.diff").exists()
