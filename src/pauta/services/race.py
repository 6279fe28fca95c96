"""Somebody else was quicker."""

from __future__ import annotations


class LostRace(Exception):
    """A row was changed by somebody else since it was read."""
