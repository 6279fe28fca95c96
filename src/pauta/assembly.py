"""The only file that names concrete classes: reads the settings once and hands back ready services."""
