"""The use cases: load, decide, save. Sees the world through ports only."""
