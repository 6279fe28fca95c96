"""Decides. Never does: no clock, no disk, no network, no randomness."""
