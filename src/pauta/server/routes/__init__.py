"""The routes, one file for each subject. A file names its `Routes` ``ROUTES``, and `all` lists the files."""

from __future__ import annotations

import importlib
import pkgutil

from pauta.server.routing import Routes


def every_route() -> list[Routes]:
    """What `all.all_routes` has to list: the routes of all files here. ``ROUTES`` may be a list where bases differ."""
    found: list[Routes] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        if module.name == "all":
            continue
        routes = importlib.import_module(f"{__name__}.{module.name}").ROUTES
        found.extend([routes] if isinstance(routes, Routes) else routes)
    return found
