"""What a project's tests need installed, as its own files say; nothing is installed here."""

from bot.domain.fixes.environment.absences import repository_of as repository_of
from bot.domain.fixes.environment.absences import submodules as submodules
from bot.domain.fixes.environment.imports import HAD as HAD
from bot.domain.fixes.environment.needs import CONSTRAINTS as CONSTRAINTS
from bot.domain.fixes.environment.needs import Needs as Needs
from bot.domain.fixes.environment.needs import install as install
from bot.domain.fixes.environment.needs import node_manager as node_manager
from bot.domain.fixes.environment.needs import package_json as package_json
from bot.domain.fixes.environment.reading import below as below
from bot.domain.fixes.environment.reading import needs_of as needs_of
from bot.domain.fixes.environment.reading import package_root as package_root
from bot.domain.fixes.environment.reading import toml_of as toml_of
