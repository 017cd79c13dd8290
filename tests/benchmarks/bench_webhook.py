"""What an acknowledged webhook costs, beside the least that one can do, in one run.

Both receivers write to the same Redis, which syncs every write to disk. Needs the shared folder
(SOULCASTER_SHARED). Prints CPU of the server a request, their ratio, and latency at 100/s.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from length import FULL, announce

from bot.storage.embedded import EmbeddedRedis
from handlers.demo.stage import free_port

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("SOULCASTER_SHARED", ROOT.parent / "shared")) / "conformance"
SECRET = "benchmark-secret"
ROUNDS, SECONDS = (4, 4) if FULL else (2, 2)


def cpu(pid: int) -> float:
    """User and system time of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(port: int, *options: str) -> dict:
    done = subprocess.run(
        [
            sys.executable,
            str(SHARED / "load_webhooks.py"),
            *("--url", f"http://127.0.0.1:{port}/github/webhook"),
            *("--payloads", str(SHARED / "github-webhooks/payloads")),
            *("--secret", SECRET, "--events", "issues,issue_comment,pull_request"),
            *("--warmup", "0", "--json", *options),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(done.stdout)


def start(argv: list[str], env: dict[str, str], port: int, path: str) -> subprocess.Popen:
    process = subprocess.Popen(
        argv, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}")
        except urllib.error.HTTPError:
            return process
        except OSError:
            time.sleep(0.05)
        else:
            return process
    raise SystemExit(f"{argv} did not start")


def main() -> None:
    announce("twenty seconds", "a minute")
    if not SHARED.is_dir():
        print(f"skipped: no shared folder at {SHARED} (set SOULCASTER_SHARED)")
        return
    with tempfile.TemporaryDirectory() as folder:
        redis = EmbeddedRedis(Path(folder))
        redis.start()
        ports = {"bare": free_port(), "ours": free_port()}
        env = {
            **os.environ,
            "REDIS_URL": redis.url,
            "PORT": str(ports["ours"]),
            "SOULCASTER_DATA_DIR": folder,
            "GITHUB_WEBHOOK_SECRET": SECRET,
        }
        bare = [sys.executable, str(ROOT / "tests/benchmarks/bare_receiver.py")]
        servers = {
            "bare": start([*bare, redis.url, str(ports["bare"]), SECRET], env, ports["bare"], "/"),
            "ours": start(
                [sys.executable, "-m", "handlers.cli", "web"], env, ports["ours"], "/healthz"
            ),
        }
        try:
            report(servers, ports)
        finally:
            for server in servers.values():
                server.terminate()
                server.wait()
            redis.stop()


def report(servers: dict[str, subprocess.Popen], ports: dict[str, int]) -> None:
    for port in ports.values():
        load(port, "-t", "1")
    spent = dict.fromkeys(servers, 0.0)
    served = dict.fromkeys(servers, 0)
    for _ in range(ROUNDS):
        for name, server in servers.items():
            before = cpu(server.pid)
            result = load(ports[name], "-c", "16", "-t", str(SECONDS))
            spent[name] += cpu(server.pid) - before
            served[name] += result["sent"]
    each = {name: spent[name] / served[name] * 1e6 for name in servers}
    print(f"{'receiver':10} {'requests':>9} {'CPU us/request':>15}")
    for name in servers:
        print(f"{name:10} {served[name]:9} {each[name]:15.0f}")
    print(f"ratio {each['ours'] / each['bare']:.2f} (goal 1.3 or less)")
    paced = load(ports["ours"], "-c", "16", "-t", "8", "--rate", "100")
    print(f"at 100/s: p50 {paced['p50_ms']} ms, p99 {paced['p99_ms']} ms (goal under 100 ms)")


if __name__ == "__main__":
    main()
