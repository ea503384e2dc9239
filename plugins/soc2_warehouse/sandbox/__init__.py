"""The sandbox company: servers that speak the providers' APIs, seeded, with a settable clock."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def modules_with(function: str) -> dict[str, ModuleType]:
    """Modules of the sandbox that hold ``function``, by name: what a module serves or writes, its file alone says."""
    found = {
        module.name: importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
        if module.name != "serve"
    }
    return {name: module for name, module in sorted(found.items()) if hasattr(module, function)}
