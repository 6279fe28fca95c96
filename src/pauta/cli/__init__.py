"""Commands for people. Gets everything ready-made from assembly."""
