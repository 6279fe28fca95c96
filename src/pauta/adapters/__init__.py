"""One file per outside system. Nothing here knows another adapter."""
