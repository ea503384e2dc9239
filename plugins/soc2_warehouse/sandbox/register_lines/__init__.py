"""Register lines that follow from the sandbox company, one module a subject, found by their file names.

A module holds ``LINES`` ({register: function(company, moment) -> rows by the columns of that register}; moment is
aware UTC) and, where a line comes, changes or goes, ``changes(company)`` with those moments.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soc2_warehouse.sandbox.company import Company

Row = dict[str, Any]


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in names)


@cache
def generated() -> dict[str, Callable[[Company, datetime], Iterator[Row]]]:
    """{register: function that yields its rows}. Raises ValueError when two modules write one register."""
    found: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {}
    for module in _modules():
        twice = found.keys() & module.LINES.keys()
        if twice:
            raise ValueError(f"{module.__name__} writes {sorted(twice)}, which another module writes already")
        found |= module.LINES
    return found


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which one of these lines comes, changes or goes."""
    for module in _modules():
        if hasattr(module, "changes"):
            yield from module.changes(company)
