"""Claims stages, has them run, watches, reports. Sees no database."""
