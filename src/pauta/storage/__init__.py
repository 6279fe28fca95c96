"""Keeps state: SQLAlchemy for SQLite and PostgreSQL, and an in-memory twin. Decides nothing."""
