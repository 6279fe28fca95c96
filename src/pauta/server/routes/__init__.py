"""The routes, one file for each subject. A file names its `Routes` ``ROUTES``; nothing else needs to know of it."""

from __future__ import annotations

import importlib
import pkgutil

from pauta.server.routing import Routes


def every_route() -> list[Routes]:
    """The routes of all subjects, by the names of their files. ``ROUTES`` may be a list where bases differ."""
    found: list[Routes] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        routes = importlib.import_module(f"{__name__}.{module.name}").ROUTES
        found.extend([routes] if isinstance(routes, Routes) else routes)
    return found
